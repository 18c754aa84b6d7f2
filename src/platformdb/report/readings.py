"""What was read of a run while it ran, as values: ``postgres/`` reads them, ``rehearse/`` makes sense of them."""

from __future__ import annotations

from dataclasses import dataclass

from platformdb.report.model import Step


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, index or view of the users as it was before the run.

    ``table`` is the number of the table that an index belongs to, or its own. ``file`` is the number of the file that
    holds it. ``bytes`` is its size: of a table with what is stored out of line, of a partitioned one with all its
    parts. ``scans``, ``inserted`` and ``changed`` are the server's counters: full scans, and rows.
    """

    number: int
    table: int
    schema: str
    name: str
    kind: str
    file: int
    bytes: int = 0
    scans: int = 0
    inserted: int = 0
    changed: int = 0

    @property
    def shown(self) -> str:
        """Its name, with the schema where that is not ``public``."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A relation as a question found it, and the locks that the work's session holds on it, as pg_locks calls them.

    ``relation`` is None where it was dropped.
    """

    number: int
    modes: tuple[str, ...]
    relation: Relation | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer to one question: the server's WAL so far, in bytes, and what was seen."""

    wal: int
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """A statement that ran: how long, how many rows the server says, its temporary files, and what was read after it.

    ``temporary`` is in bytes, None where the server does not tell; ``reading`` where nothing may be asked yet.
    """

    number: int
    seconds: float
    rows: int | None = None
    temporary: int | None = None
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class Glimpsed:
    """A lock of a statement outside transactions, as it was seen from another session, and for how long."""

    number: int
    mode: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A step, and what was heard of it: of those of its statements that ran, in order; ``before`` is the first reading.

    ``commit_seconds`` is from its last statement to the end of its transaction.
    """

    step: Step
    before: Reading | None = None
    statements: tuple[Ran, ...] = ()
    glimpsed: tuple[Glimpsed, ...] = ()
    commit_seconds: float = 0.0
