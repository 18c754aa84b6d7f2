"""What the shape report is made of: what was declared, and the lines that hold it beside what was measured."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platformdb.seeding.shape.bursts import Bursts
    from platformdb.seeding.shape.distributions import Distribution, Skew
    from platformdb.seeding.shape_report.degrees import Degrees
    from platformdb.seeding.shape_report.laws import Law
    from platformdb.seeding.shape_report.measured import TableMeasured


class Verdict(enum.StrEnum):
    """What a line says: within what is allowed, outside, or nothing to compare with."""

    PASSED = "pass"
    FAILED = "fail"
    SHOWN = ""


class Unit(enum.StrEnum):
    """How a number is written."""

    COUNT = "count"
    SHARE = "share"
    NUMBER = "number"
    # A place in the story, from 0 to 1, which like no share can lie outside of it.
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Line:
    """One measured number. ``declared`` is what the declaration amounts to for these rows, where it says something.

    ``low`` and ``high`` are what is allowed; without either the line is only shown.
    """

    subject: str
    measure: str
    measured: float
    declared: float | None = None
    low: float | None = None
    high: float | None = None
    unit: Unit = Unit.NUMBER

    @property
    def verdict(self) -> Verdict:
        """Whether the measured number is among those allowed."""
        if (self.low is None and self.high is None) or self._says_nothing():
            return Verdict.SHOWN
        too_low = self.low is not None and self.measured < self.low
        return Verdict.FAILED if too_low or (self.high is not None and self.measured > self.high) else Verdict.PASSED

    def _says_nothing(self) -> bool:
        """Whether any share at all would be allowed: there are too few rows."""
        if self.unit is not Unit.SHARE:
            return False
        return (self.low is None or self.low < 0) and (self.high is None or self.high > 1)


@dataclass(frozen=True, slots=True)
class Limit:
    """A condition on a loaded column: it has one of these ``values``, or ``given`` says whether it has one at all."""

    column: str
    values: tuple[bool | float | str, ...] = ()
    given: bool = True


@dataclass(frozen=True, slots=True)
class Pool:
    """The rows of ``table`` that may have children: those within the limits, and of them a ``share``."""

    table: str
    limits: tuple[Limit, ...] = ()
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Spread:
    """How the children of a fan are declared to be spread over the pool.

    By ``skew``, ``total`` of them (None: as many as there are); or each parent has its own, by ``count``. Of a graph
    ``skew`` is one end's, ``other`` that of the other end, which is in the table ``partners``; the left end ``asks``.
    """

    skew: Skew | None = None
    total: int | None = None
    count: Distribution | None = None
    other: Skew | None = None
    reciprocity: float = 0.0
    partners: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Fan:
    """A foreign key, and how its rows are declared to be spread over what they refer to.

    ``link`` is the link whose key the columns hold. ``spread`` and ``pool`` are None where the definition does not say.
    ``dropped``: rows are dropped afterwards, so that what is declared is the most that can be.
    """

    table: str
    columns: tuple[str, ...]
    parent: str
    link: str = ""
    spread: Spread | None = None
    pool: Pool | None = None
    dropped: bool = False

    @property
    def name(self) -> str:
        """The key as people write it."""
        return f"{self.table}.{', '.join(self.columns)}"


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """What is declared of a column: the share of NULLs (``at_least``, where others come on top), and of its values.

    ``weights`` are shares of the rows that have a value; without it nothing is declared of them. ``earlier``: a link
    that groups the rows, of which all but the first of a group have a value with this chance.
    """

    name: str
    nulls: float = 0.0
    at_least: bool = True
    weights: Mapping[str, float] = field(default_factory=dict)
    earlier: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class TimeSpec:
    """What is declared of a table's instants, which ``column`` holds.

    ``free``: at any time, with nothing to come after but ``growth``; ``roaming``: at any time after what they refer to.
    ``until`` is the share of the story.
    """

    column: str
    free: bool
    roaming: bool
    growth: float = 1.0
    until: float = 1.0
    bursts: Bursts | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """A graph within the table ``parent``: the columns of both ends, and the share of edges that are answered.

    Both refer to the ``key`` of the parent, whose columns ``alike`` are more often equal than by chance; ``unseen`` are
    such paths that lead to no loaded column.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    reciprocity: float
    parent: str = ""
    key: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What a definition says of a table, as far as a database can show it.

    ``rows`` is how many there are, where that is known beforehand; ``dropped``: at most so many. ``source`` is the only
    link that brings rows; ``mutual`` the graph whose answered edges are the rows; ``reserved`` rows are as in a file.
    """

    name: str
    rows: int | None = None
    dropped: bool = False
    fans: tuple[Fan, ...] = ()
    values: tuple[ValueSpec, ...] = ()
    time: TimeSpec | None = None
    ends: Ends | None = None
    mutual: str = ""
    source: str = ""
    reserved: int = 0
    partitioned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FanShape:
    """A fan with what was declared in words, its lines, and both distributions: measured, and that of ``parents``."""

    fan: Fan
    said: str
    lines: tuple[Line, ...]
    measured: Degrees
    law: Law | None = None
    parents: int = 0


@dataclass(frozen=True, slots=True)
class TableShape:
    """Everything the report says of a table."""

    measured: TableMeasured
    lines: tuple[Line, ...]
    fans: tuple[FanShape, ...]
    columns: tuple[Line, ...]
    times: tuple[Line, ...]
    pace: tuple[float, ...] = ()

    def all_lines(self) -> Iterator[Line]:
        """Its lines, those of its keys, columns and times."""
        yield from self.lines
        for fan in self.fans:
            yield from fan.lines
        yield from self.columns
        yield from self.times


@dataclass(frozen=True, slots=True)
class Shape:
    """The whole report. ``story`` is the first and the last instant (µs), ``rhythm`` the share of each hour.

    ``unseen`` is what is declared of values that are not loaded, so that no database can show it.
    """

    source: str
    profile: str
    story: tuple[int, int]
    rhythm: tuple[float, ...]
    tables: tuple[TableShape, ...]
    unseen: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines of all tables."""
        return tuple(line for table in self.tables for line in table.all_lines())

    @property
    def misses(self) -> tuple[Line, ...]:
        """The lines in which the database is not what was declared."""
        return tuple(line for line in self.lines if line.verdict is Verdict.FAILED)
