"""What a rehearsal measured, and what may not be passed: values only."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from platformdb.errors import Place


class Lock(enum.IntEnum):
    """PostgreSQL's locks on tables, weakest first.

    Source: PostgreSQL's documentation 13.3, "Table-Level Locks", with its table of which one conflicts with which.
    """

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def words(self) -> str:
        """As PostgreSQL's documentation writes it: ``ACCESS EXCLUSIVE``."""
        return self.name.replace("_", " ")

    @property
    def blocks(self) -> str:
        """Who has to wait meanwhile: plain reads conflict with the strongest only, writes with SHARE and above."""
        if self is Lock.ACCESS_EXCLUSIVE:
            return "reads and writes"
        return "writes" if self >= Lock.SHARE else "nothing"

    @property
    def waits(self) -> str:
        """The same as a sentence."""
        return f"{self.blocks} wait" if self >= Lock.SHARE else "nothing waits"


# As pg_locks has them: AccessExclusiveLock.
BY_MODE: Mapping[str, Lock] = {f"{lock.name.title().replace('_', '')}Lock": lock for lock in Lock}


@dataclass(frozen=True, slots=True)
class Guess:
    """What something may take on the target, in milliseconds: an estimate. None where there is nothing to go by.

    ``basis`` says how it was made; ``times`` is how much more work there is than on the clone.
    """

    ms: float | None
    basis: str
    times: float | None = 1.0


@dataclass(frozen=True, slots=True)
class Holding:
    """A lock that a statement took on a table that was there before, and how long: to the end of its transaction.

    ``bytes`` is the table's size on the target.
    """

    table: str
    lock: Lock
    held_ms: float
    guess: Guess
    bytes: int


def strongest(holdings: Iterable[Holding]) -> Holding | None:
    """The strongest lock; of equal ones the one on the largest table."""
    return max(holdings, key=lambda held: (held.lock, held.bytes, held.held_ms), default=None)


@dataclass(frozen=True, slots=True)
class Work:
    """What a statement did to what was there before; ``built`` are new indexes on tables that were.

    Of the ``rows`` that it wrote ``changed`` were there before, and had to be locked. ``wal`` and ``temp`` are bytes;
    ``temp`` is None where the server does not tell of temporary files.
    """

    ms: float
    rows: int = 0
    changed: int = 0
    wal: int = 0
    temp: int | None = None
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    built: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """One statement of a migration, as it ran on the clone.

    ``touched`` is in which tables it worked through rows. ``still`` is the strongest lock that statements before it
    took in the same transaction, and that is still held.
    """

    migration: str
    sql: str
    place: Place | None
    work: Work
    guess: Guess
    holdings: tuple[Holding, ...] = ()
    touched: tuple[str, ...] = ()
    still: Holding | None = None

    @property
    def worst(self) -> Holding | None:
        """The strongest of its locks."""
        return strongest(self.holdings)

    @property
    def wal(self) -> float | None:
        """How many bytes of WAL it may write on the target: an estimate."""
        return None if self.guess.times is None else self.work.wal * self.guess.times

    @property
    def waits(self) -> str:
        """What it keeps waiting: words."""
        blocked = self.worst.lock.waits if self.worst else "nothing waits"
        if blocked == "nothing waits" and self.worst and self.work.changed:
            return "writes to the same rows wait"
        return blocked


@dataclass(frozen=True, slots=True)
class Budget:
    """What no statement may do, on tables of more than ``tables_over`` bytes on the target.

    ``lock``: take this lock or a stronger one, for longer than ``held`` milliseconds. ``takes``: last longer than so
    many milliseconds. ``rewrites``: rewrite more tables and indexes. ``wal``: write more bytes of WAL.
    """

    lock: Lock | None = None
    tables_over: int = 0
    held: float = 0.0
    takes: float | None = None
    rewrites: int | None = None
    wal: int | None = None
