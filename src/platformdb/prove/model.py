"""What a proof of undo is: values only."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from platformdb.migrations.model import MigrationFile
from platformdb.report.model import Finding
from platformdb.schema.differences import Difference


class Verdict(enum.StrEnum):
    """What came of running a migration, its undo file, and the migration again."""

    EXACT = "exact"
    REORDERED = "reordered"  # exact, but that columns come in another order: PostgreSQL adds them at the end only
    DIFFERS = "differs"  # going back leaves another schema than there was
    AGAIN_DIFFERS = "differs again"  # it goes back, and what it makes the second time is another schema
    EMPTY = "empty"  # the undo file holds no statement
    FAILS = "fails"  # the server refuses the undo file, or it cannot be read
    BLOCKED = "blocked"  # going back from all of the real database's schema and rows, the server refuses the undo file
    AGAIN_FAILS = "fails again"  # after the undo file the migration does not run any more
    MISSING = "no undo"
    UNPROVEN = "not proven"  # the migration itself does not run here


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict on one migration, and why.

    ``differences`` are those of the schema after going back, against before (EMPTY: what would stay), ``again`` those
    after the second time, against the first. ``problem`` is what the server, or reading the file, had to say.
    ``fingerprint`` is that of the schema after the migration, where all three runs went well.
    """

    file: MigrationFile
    verdict: Verdict
    undo: MigrationFile | None = None
    differences: tuple[Difference, ...] = ()
    again: tuple[Difference, ...] = ()
    problem: Finding | None = None
    fingerprint: str = ""
    elapsed_ms: float = 0.0

    @property
    def astray(self) -> bool:
        """Whether the trial is no longer where the migration had led: the next one needs a new trial."""
        return bool(self.again) or (self.problem is not None and self.verdict is not Verdict.UNPROVEN)
