"""Which seed a database holds, and what that means for the one that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from platformdb.errors import Refused
from platformdb.seeding.request import Existing, Request

Identity = tuple[str, int, str, float, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Marker:
    """A seed: what was asked for (see Request) and the checksum of its files.

    The checksum may be followed by a space and the extensions that were missed. ``rows`` were loaded, into ``tables``,
    each with a checksum of its bytes in ``checksums``; ``before`` are the identities of seeds that it was added to.
    """

    profile: str
    seed: int
    checksum: str
    scale: float = 1.0
    as_of: datetime | None = None
    subset: tuple[str, ...] = ()
    rows: int = 0
    tables: tuple[str, ...] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    before: tuple[Identity, ...] = ()

    def same_seed(self, other: Marker | None) -> bool:
        """Whether both are the same rows."""
        return other is not None and self.identity == other.identity

    def is_among(self, other: Marker | None) -> bool:
        """Whether the other is the same rows, or was added to them."""
        return other is not None and self.identity in (other.identity, *other.before)

    @property
    def identity(self) -> Identity:
        """What tells seeds apart."""
        as_of = self.as_of.astimezone(UTC).isoformat() if self.as_of else ""
        return self.profile, self.seed, self.checksum, self.scale, as_of, self.subset

    @property
    def shown(self) -> str:
        """What tells it from other seeds, for people."""
        return Request(self.profile, self.seed, self.scale, self.as_of, self.subset).shown


def wanted_marker(request: Request, checksum: str) -> Marker:
    """The marker of a seed that is asked for."""
    subset = tuple(sorted(set(request.tables)))
    return Marker(request.profile, request.seed, checksum, request.scale, request.as_of, subset)


def added(wanted: Marker, found: Marker | None) -> Marker:
    """The marker of a seed that is added to what is there."""
    if found is None:
        return wanted
    tables = tuple(dict.fromkeys((*found.tables, *wanted.tables)))
    return replace(wanted, rows=found.rows + wanted.rows, tables=tables, before=(*found.before, found.identity))


def judge_state(wanted: Marker, found: Marker | None, filled: Mapping[str, int], existing: Existing) -> bool:
    """Whether to load (True), or nothing is to be done (False).

    ``filled`` has the rows of those tables that are not empty.

    Raises:
        Refused: the tables hold other rows.
    """
    if not filled or existing is Existing.REPLACE:
        return True
    if existing is Existing.APPEND:
        _refuse_twice(wanted, found)
        return True
    if wanted.same_seed(found):
        return False
    holds = ", ".join(f"{table} ({rows:,})" for table, rows in filled.items())
    help_ = "platformdb seed --replace empties these tables first, --append adds to them; or use an empty database"
    if found is None:
        raise Refused("the database holds rows that seed did not make", detail=holds, help=help_)
    raise Refused(
        f"the database holds {_described(found, wanted)}: {found.shown}, {found.rows:,} rows", detail=holds, help=help_
    )


def _refuse_twice(wanted: Marker, found: Marker | None) -> None:
    if wanted.is_among(found):
        raise Refused(
            f"the database holds this seed already ({wanted.shown}): its keys would be there twice",
            help=f"add other rows of the same shape with --seed {wanted.seed + 1}",
        )


def _described(found: Marker, wanted: Marker) -> str:
    asked = (*wanted.identity[:2], *wanted.identity[3:])
    if asked != (*found.identity[:2], *found.identity[3:]):
        return "another seed"
    same_files = wanted.checksum.partition(" ")[0] == found.checksum.partition(" ")[0]
    return "this seed as it is with other extensions" if same_files else "this seed of an older definition"
