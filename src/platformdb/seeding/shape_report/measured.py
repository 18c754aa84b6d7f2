"""What a database holds of a seed, as it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from platformdb.seeding.shape_report.model import Fan

if TYPE_CHECKING:
    from platformdb.seeding.shape_report.degrees import Degrees


@dataclass(frozen=True, slots=True)
class Size:
    """A table's bytes, those of its partitions among them."""

    heap: int = 0
    indexes: int = 0
    toast: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FanMeasured:
    """A fan as the database has it. ``pool`` is how many parents may have children, None where that cannot be asked.

    ``together`` is the share of neighbouring rows on disk that have the same parent.
    """

    fan: Fan
    degrees: Degrees
    pool: int | None
    together: float | None = None
    correlation: float | None = None


@dataclass(frozen=True, slots=True)
class ColumnMeasured:
    """A column of the rows looked at: how many have a value, the most frequent values, and what pg_stats says."""

    name: str
    filled: int
    values: Mapping[str, int] = field(default_factory=dict)
    distinct: float | None = None
    correlation: float | None = None


@dataclass(frozen=True, slots=True)
class Moments:
    """Rows by time: in ``periods`` of equal length from the story's start, by the hour (UTC), the first and the last.

    ``first`` and ``last`` are µs since 1970; ``busiest`` is the share of rows in as many windows as there are bursts.
    """

    first: int
    last: int
    periods: tuple[int, ...]
    hours: tuple[int, ...]
    busiest: float | None = None


@dataclass(frozen=True, slots=True)
class EndsMeasured:
    """How many of the edges looked at are answered; for each path how many are alike, and would be by chance."""

    edges: int
    answered: int
    alike: tuple[tuple[str, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TableMeasured:
    """A table as the database has it; ``looked`` is how many rows were looked at where not all were needed."""

    name: str
    rows: int
    size: Size
    looked: int
    rate: float | None = None
    fans: tuple[FanMeasured, ...] = ()
    columns: tuple[ColumnMeasured, ...] = ()
    moments: Moments | None = None
    ends: EndsMeasured | None = None
