"""Which seed a database holds, and what that means for the one that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from platformdb.errors import Refused


@dataclass(frozen=True, slots=True)
class Marker:
    """A seed: its profile, number and the checksum of its files. ``rows`` were loaded, into ``tables``.

    The checksum may be followed by a space and the extensions that were missed.
    """

    profile: str
    seed: int
    checksum: str
    rows: int = 0
    tables: tuple[str, ...] = ()

    def same_seed(self, other: Marker | None) -> bool:
        """Whether both are the same rows."""
        return other is not None and self.identity == other.identity

    @property
    def identity(self) -> tuple[str, int, str]:
        """What tells seeds apart."""
        return self.profile, self.seed, self.checksum


def judge_state(wanted: Marker, found: Marker | None, filled: Mapping[str, int], *, replace: bool) -> bool:
    """Whether to load (True), or nothing is to be done (False).

    ``filled`` has the rows of those tables that are not empty.

    Raises:
        Refused: the tables hold other rows.
    """
    if not filled or replace:
        return True
    if wanted.same_seed(found):
        return False
    holds = ", ".join(f"{table} ({rows:,})" for table, rows in filled.items())
    help_ = "platformdb seed --replace empties these tables first; or use an empty database"
    if found is None:
        raise Refused("the database holds rows that seed did not make", detail=holds, help=help_)
    raise Refused(
        f"the database holds {_described(found, wanted)}: "
        f"profile {found.profile}, seed {found.seed}, {found.rows:,} rows",
        detail=holds,
        help=help_,
    )


def _described(found: Marker, wanted: Marker) -> str:
    if (wanted.profile, wanted.seed) != (found.profile, found.seed):
        return "another seed"
    same_files = wanted.checksum.partition(" ")[0] == found.checksum.partition(" ")[0]
    return "this seed as it is with other extensions" if same_files else "this seed of an older definition"
