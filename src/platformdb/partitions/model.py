"""Partitions by time as values: what a platform wants of a table, and what the catalog says of it."""

from __future__ import annotations

import enum
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

ARCHIVE = "archive"


class Interval(enum.StrEnum):
    """How much time one partition holds; all of them begin at a round moment of UTC, weeks on a Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    def floor(self, moment: datetime) -> datetime:
        """The beginning of the period that holds a moment."""
        start = moment.replace(minute=0, second=0, microsecond=0)
        if self is Interval.HOUR:
            return start
        start = start.replace(hour=0)
        if self is Interval.DAY:
            return start
        if self is Interval.WEEK:
            return start - timedelta(days=start.weekday())
        months = _MONTHS[self]
        return start.replace(month=(start.month - 1) // months * months + 1, day=1)

    def after(self, start: datetime, periods: int = 1) -> datetime:
        """The beginning of the period that comes so many later."""
        if self in _LENGTHS:
            return start + _LENGTHS[self] * periods
        return months_later(start, _MONTHS[self] * periods)

    def suffix(self, start: datetime) -> str:
        """What stands in a partition's name for its period: ``2026_11``."""
        if self is Interval.WEEK:
            year, week, _ = start.isocalendar()
            return f"{year:04}_w{week:02}"
        if self is Interval.QUARTER:
            return f"{start:%Y}_q{(start.month + 2) // 3}"
        return start.strftime(_SUFFIXES[self])


_LENGTHS = {Interval.HOUR: timedelta(hours=1), Interval.DAY: timedelta(days=1), Interval.WEEK: timedelta(weeks=1)}
_MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}
_SUFFIXES = {
    Interval.HOUR: "%Y_%m_%d_%H",
    Interval.DAY: "%Y_%m_%d",
    Interval.MONTH: "%Y_%m",
    Interval.YEAR: "%Y",
}


def months_later(moment: datetime, months: int) -> datetime:
    """As PostgreSQL adds months: the 31st becomes the last day of a shorter one."""
    index = moment.year * 12 + moment.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Age:
    """A time span as people give it: ``24 months``, ``90 days``."""

    months: int = 0
    span: timedelta = timedelta()
    text: str = ""

    def before(self, moment: datetime) -> datetime:
        """The moment that lies this much earlier."""
        return months_later(moment, -self.months) - self.span


class Retire(enum.StrEnum):
    """What becomes of a partition that is older than its table's retention."""

    ARCHIVE = "archive"  # detached, and moved into the schema of that name
    DROP = "drop"
    DETACH = "detach"  # stays where it is, a table of its own


@dataclass(frozen=True, slots=True)
class Policy:
    """What a platform wants of one table: an entry of partitions.toml.

    ``start`` is the earliest period that is made. ``before_retire`` is one statement that takes $1 and $2, the
    beginning and the end of a partition that is about to go.
    """

    table: str
    interval: Interval
    premake: int = 3
    start: datetime | None = None
    retention: Age | None = None
    retire: Retire = Retire.DETACH
    before_retire: str = ""
    default: bool = True


@dataclass(frozen=True, slots=True)
class Relation:
    """A table by its schema and name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition in the catalog; ``low`` or ``high`` is None where it has no end on that side.

    ``pending``: its detachment was begun and not finished. ``marked``: it was on its way out when that began.
    """

    relation: Relation
    low: datetime | None
    high: datetime | None
    pending: bool = False
    marked: bool = False
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of another table into a partitioned one; ``key`` is its column for the partition key."""

    name: str
    relation: Relation
    columns: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A partitioned table in the catalog.

    ``key_type`` is the type of its one key column. ``columns`` are those that an INSERT may fill. ``options`` is what
    CREATE TABLE needs so that a partition lies where the parent says. ``refers_to`` are the tables of its foreign keys.
    ``stray`` are the default (by its name) and partitions on their way out that stand detached; ``taken`` are the names
    beside it that new partitions cannot have.
    """

    relation: Relation
    key: str
    key_type: str
    columns: tuple[str, ...]
    options: str = ""
    default: Partition | None = None
    partitions: tuple[Partition, ...] = ()
    references: tuple[Reference, ...] = ()
    refers_to: frozenset[Relation] = frozenset()
    stray: tuple[Relation, ...] = ()
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Heap:
    """Rows of one period that lie in a default partition; ``start`` is None for those without a (finite) time."""

    start: datetime | None
    rows: int


@dataclass(frozen=True, slots=True)
class Policed:
    """A policy, its table, and what lies in that table's default partition."""

    policy: Policy
    parent: Parent
    heaps: tuple[Heap, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """All that is decided from: ``now`` is the server's clock."""

    now: datetime
    tables: tuple[Policed, ...]
    archive_exists: bool = False
    may_move: bool = True  # the role may set session_replication_role


def mark_of(parent: Relation) -> str:
    """The comment of a partition that is on its way out: by it an interrupted retirement is known and finished."""
    return f"platformdb: retired from {parent}"
