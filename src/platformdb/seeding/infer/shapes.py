"""The shape of a column's values from its statistics. Values of people and secrets are not copied out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from platformdb.seeding.infer.lexicon import PERSONAL
from platformdb.seeding.infer.model import Shape
from platformdb.seeding.infer.names import words
from platformdb.seeding.infer.uniques import COUNTED, MOMENTS
from platformdb.seeding.model import ColumnFact

# A value is copied out where no more than so many different ones make up the column, and so many rows have it.
FEW, CROWD = 30, 10
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Statistics:
    """A column's line of pg_stats: of ``distinct`` a negative number is a share of the rows."""

    nulls: float
    distinct: float
    width: int
    values: list[str] | None
    shares: list[float] | None
    bounds: list[str] | None


def shape_of(column: ColumnFact, found: Statistics, rows: int) -> Shape:
    """What is told of a column: no single row's values, and none at all of what is personal by its name."""
    nulls = round(found.nulls, 3)
    if personal(column):
        return Shape(nulls, width=found.width)
    values, shares = _common(column, found, rows)
    return Shape(nulls, values, shares, () if values else _quantiles(column, found), found.width)


def personal(column: ColumnFact) -> bool:
    """Whether the name says that the values are somebody's, or secret."""
    return bool(PERSONAL & set(words(column.name))) and not column.labels and column.type != "bool"


def _common(column: ColumnFact, found: Statistics, rows: int) -> tuple[tuple[str, ...], tuple[float, ...]]:
    distinct = found.distinct if found.distinct >= 0 else -found.distinct * rows
    pairs = list(zip(found.values or (), found.shares or (), strict=True))
    kept = [(value, round(share, 4)) for value, share in pairs if share * rows >= CROWD and len(value) <= LONGEST]
    told = sum(share for _, share in kept) / max(1 - found.nulls, 0.0001)
    if column.type in MOMENTS or column.element or not kept or distinct > FEW or told < 0.9:
        return (), ()
    return tuple(value for value, _ in kept), tuple(max(share, 0.0001) for _, share in kept)


def _quantiles(column: ColumnFact, found: Statistics) -> tuple[float, ...]:
    """Rounded, for the ends are single rows' values."""
    try:
        if column.type in COUNTED:
            numbers = [float(Decimal(bound)) for bound in (*(found.bounds or ()), *(found.values or ()))]
            return tuple(sorted(float(f"{number:.2g}") for number in numbers)) if len(numbers) > 1 else ()
        if column.type in MOMENTS:
            return tuple(sorted(_day(bound) for bound in found.bounds or ()))
    except (ValueError, ArithmeticError):  # infinity, or years that Python does not have
        return ()
    return ()


def _day(bound: str) -> float:
    """The day on which a time lies, in microseconds since 1970."""
    day = date.fromisoformat(bound[:10])
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1_000_000
