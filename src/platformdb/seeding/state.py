"""Which seed a database holds, and what that means for the one that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from platformdb.errors import Refused


@dataclass(frozen=True, slots=True)
class Marker:
    """A seed: its profile, number and the checksum of its files. ``rows`` were loaded, into ``tables``."""

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
    same_choice = (wanted.profile, wanted.seed) == (found.profile, found.seed)
    other = "this seed of an older definition" if same_choice else "another seed"
    raise Refused(
        f"the database holds {other}: profile {found.profile}, seed {found.seed}, {found.rows:,} rows",
        detail=holds,
        help=help_,
    )
