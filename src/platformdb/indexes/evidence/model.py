"""What was measured about an index, as values."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from platformdb.errors import Place


@dataclass(frozen=True, slots=True)
class Side:
    """A query with the index, or without it.

    ``pages`` are all that one run fetches, in functions and triggers too. ``rounds`` are the medians, in milliseconds,
    of rounds that were timed in turns with those of the other side; none where the two sides do the same work.
    ``stopped``: it was cancelled after so many milliseconds, and nothing else is known.
    """

    pages: int = 0
    rounds: tuple[float, ...] = ()
    stopped: float | None = None

    @property
    def p50(self) -> float | None:
        """The median of the rounds, or what it took at least."""
        return median(self.rounds) if self.rounds else self.stopped


@dataclass(frozen=True, slots=True)
class Effect:
    """What an index does for one query and persona."""

    query: str
    persona: str
    target_ms: float
    kept: Side
    dropped: Side

    @property
    def changes(self) -> bool:
        """Whether the two sides were found to differ at all."""
        return self.dropped.stopped is not None or bool(self.dropped.rounds)


@dataclass(frozen=True, slots=True)
class InsertCost:
    """What one row more costs: bytes of write-ahead log and milliseconds, without triggers and foreign keys' checks."""

    wal_bytes: float
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class WriteCost:
    """Inserts with and without an index, and heap-only updates that it prevents.

    ``columns`` are those that no other index of the table names: a change of them alone could be heap-only without
    this one. Of ``updates`` of them so many were ``heap_only`` with and without it.
    """

    kept: InsertCost | None = None
    dropped: InsertCost | None = None
    columns: tuple[str, ...] = ()
    updates: int = 0
    heap_only_kept: int = 0
    heap_only_dropped: int = 0

    @property
    def wal_bytes(self) -> float | None:
        """What the index adds to the log with each row."""
        return self.kept.wal_bytes - self.dropped.wal_bytes if self.kept and self.dropped else None

    @property
    def elapsed_ms(self) -> float | None:
        """What the index adds to the time of each row."""
        return self.kept.elapsed_ms - self.dropped.elapsed_ms if self.kept and self.dropped else None

    @property
    def heap_only_lost(self) -> int:
        """How many updates stop being heap-only because of the index."""
        return self.heap_only_dropped - self.heap_only_kept


@dataclass(frozen=True, slots=True)
class Evidence:
    """All about one index. ``declared`` is its tier, None where no tier file knows it; ``place`` is its line there.

    ``foreign_keys`` are those that no other index serves. ``skipped`` says why nothing was measured.
    """

    index: str
    table: str
    bytes: int
    declared: int | None = None
    place: Place | None = None
    unique: bool = False
    effects: tuple[Effect, ...] = ()
    foreign_keys: tuple[str, ...] = ()
    cost: WriteCost = WriteCost()
    skipped: str = ""
