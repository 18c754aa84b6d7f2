"""What was measured beside what was declared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from platformdb.seeding.model import Definition
from platformdb.seeding.shape.times import STEP
from platformdb.seeding.shape_report.degrees import Degrees
from platformdb.seeding.shape_report.fans import judge_fan
from platformdb.seeding.shape_report.measured import ColumnMeasured, TableMeasured
from platformdb.seeding.shape_report.model import (
    FanShape,
    Line,
    Shape,
    TableShape,
    TableSpec,
    TimeSpec,
    Unit,
    ValueSpec,
)
from platformdb.seeding.shape_report.periods import DAY, period_count, period_length
from platformdb.seeding.shape_report.tolerances import band, mean_margin, share_margin
from platformdb.seeding.shape_report.values import written

# A table of fewer rows has no order worth a word.
FEW, MANY = 100, 1_000
SORTED = 0.99
# Of longer values so many characters are shown.
LONGEST = 24
# Rows of one parent may stand beside each other by chance, but not as if they had been made parent by parent.
NEIGHBOURS_FACTOR, NEIGHBOURS_SLACK = 4.0, 0.1


def judge(definition: Definition, specs: Sequence[TableSpec], measured: Sequence[TableMeasured]) -> Shape:
    """The whole report."""
    calendar = definition.calendar
    story = calendar.start, calendar.end
    weights = calendar.rhythm or (1.0,) * 24
    rhythm = tuple(weight / sum(weights) for weight in weights)
    found = {table.name: table for table in measured}
    rows = {table.name: table.rows for table in measured}
    tables = tuple(_table(spec, found, rows, story, rhythm) for spec in specs)
    unseen = tuple(f"{spec.name}: alike {path}" for spec in specs if spec.ends for path in spec.ends.unseen)
    return Shape(definition.source, definition.profile, story, rhythm, tables, unseen)


def _table(
    spec: TableSpec,
    found: Mapping[str, TableMeasured],
    rows: Mapping[str, int],
    story: tuple[int, int],
    rhythm: tuple[float, ...],
) -> TableShape:
    table = found[spec.name]
    fans = tuple(judge_fan(fan, rows) for fan in table.fans)
    pace = _pace(spec.time, story) if spec.time and spec.time.free else ()
    return TableShape(
        table,
        (*_rows(spec, table, fans, found), *_edges(spec, table)),
        fans,
        tuple(_columns(spec, table)),
        tuple(_times(spec, table, story, rhythm, pace)) if table.moments else (),
        pace,
    )


def _rows(
    spec: TableSpec, table: TableMeasured, fans: Sequence[FanShape], found: Mapping[str, TableMeasured]
) -> Iterator[Line]:
    declared, margin = _declared_rows(spec, fans, found)
    if declared is None:
        yield Line(spec.name, "rows", table.rows, unit=Unit.COUNT)
        return
    low = None if spec.dropped else declared - margin
    yield Line(spec.name, "rows", table.rows, declared, low, declared + margin, Unit.COUNT)


def _declared_rows(
    spec: TableSpec, fans: Sequence[FanShape], found: Mapping[str, TableMeasured]
) -> tuple[float | None, float]:
    """How many rows are declared, and how far chance may be from that."""
    if spec.rows is not None:
        return spec.rows, 0.0
    edges = found[spec.mutual].ends if spec.mutual in found else None
    if edges is not None and edges.edges == found[spec.mutual].rows:
        return edges.answered / 2, 0.0
    for fan in fans:
        if fan.fan.link == spec.source and fan.law is not None:
            return fan.law.degrees(fan.parents).rows, mean_margin(fan.law, fan.parents) * fan.parents
    return None, 0.0


def _edges(spec: TableSpec, table: TableMeasured) -> Iterator[Line]:
    if spec.ends is None or table.ends is None or not table.ends.edges:
        return
    share, declared = table.ends.answered / table.ends.edges, spec.ends.reciprocity
    # Both edges of a pair that is answered say the same.
    margin = share_margin(declared, table.ends.edges / 2)
    high = declared + margin if declared else None
    yield Line(spec.name, "reciprocity", share, declared, declared - margin, high, Unit.SHARE)
    for column, same, by_chance in table.ends.alike:
        # How much more than by chance depends on how many there are of each value.
        chance = by_chance / table.ends.edges
        yield Line(spec.name, f"alike {column}", same / table.ends.edges, chance, chance, None, Unit.SHARE)


def _columns(spec: TableSpec, table: TableMeasured) -> Iterator[Line]:
    if not table.looked:
        return
    # Rows that are written in a file keep to no shares.
    slack = min(spec.reserved / table.rows, 1.0)
    for value, column in zip(spec.values, table.columns, strict=True):
        yield from _nulls(spec, value, column, table, slack)
        if value.weights and column.filled:
            yield from _shares(f"{spec.name}.{value.name}", value, column, slack)


def _nulls(
    spec: TableSpec, value: ValueSpec, column: ColumnMeasured, table: TableMeasured, slack: float
) -> Iterator[Line]:
    declared, exact = value.nulls, not value.at_least
    if value.earlier is not None:
        first = _first_of_groups(table, value.earlier[0])
        declared, exact = (declared, exact) if first is None else (1 - value.earlier[1] * (1 - first), True)
    share = 1 - column.filled / table.looked
    if not (declared or share):
        return
    margin = share_margin(declared, table.looked) + slack
    low = declared - margin if declared or exact else None
    yield Line(
        f"{spec.name}.{value.name}", "NULL", share, declared, low, declared + margin if exact else None, Unit.SHARE
    )


def _first_of_groups(table: TableMeasured, link: str) -> float | None:
    """The share of rows that are the first of their group."""
    for fan in table.fans:
        if fan.fan.link == link and table.rows and fan.degrees.rows == table.rows:
            return fan.degrees.pool * (1 - fan.degrees.childless) / table.rows
    return None


def _shares(name: str, value: ValueSpec, column: ColumnMeasured, slack: float) -> Iterator[Line]:
    found: dict[str, int] = {}
    for text, rows in column.values.items():
        found[_same(text)] = found.get(_same(text), 0) + rows
    for text, share in {**value.weights, **dict.fromkeys(found.keys() - value.weights.keys(), 0.0)}.items():
        margin = (share_margin(share, column.filled) if share else 0.0) + slack
        has = found.get(text, 0) / column.filled
        yield Line(name, f"'{_short(text)}'", has, share, share - margin, share + margin, Unit.SHARE)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _same(text: str) -> str:
    """A value as it is written in a declaration: 1.50 is 1.5."""
    try:
        return written(float(text))
    except ValueError:
        return text.rstrip()


def _times(
    spec: TableSpec, table: TableMeasured, story: tuple[int, int], rhythm: tuple[float, ...], pace: tuple[float, ...]
) -> Iterator[Line]:
    time, moments = spec.time, table.moments
    if time is None or moments is None:
        return
    name, length = f"{spec.name}.{time.column}", story[1] - story[0]
    until = time.until if time.free else 1.0
    # Rows of one instant are put 4 µs apart; within its day an instant moves with the rhythm.
    late = (table.rows * STEP + (DAY if until < 1 else 0)) / length
    yield Line(name, "first", (moments.first - story[0]) / length, 0.0, 0.0, unit=Unit.PLACE)
    yield Line(name, "last", (moments.last - story[0]) / length, until, None, until + late, Unit.PLACE)
    if pace:
        yield Line(
            name,
            "growth, off by",
            _apart(moments.periods, pace),
            0.0,
            None,
            band(table.rows) + DAY / length,
            Unit.SHARE,
        )
    if time.roaming and not time.bursts:
        # The last day of a story may be a part of one, and rows after others have less room there.
        off = band(table.rows) + 3 * DAY / length
        yield Line(name, "rhythm, off by", _apart(moments.hours, rhythm), 0.0, None, off, Unit.SHARE)
    if time.bursts and moments.busiest is not None:
        # What a burst has beyond its window, and a window beside its burst, depends on where they happen to begin.
        yield Line(name, "in bursts", moments.busiest, time.bursts.share, unit=Unit.SHARE)
    yield from _order(spec, table, name)


def _apart(rows: Sequence[int], shares: Sequence[float]) -> float:
    """How far two distributions are apart where they are farthest."""
    total = sum(rows)
    return max(abs(has / total - share) for has, share in zip(accumulate(rows), accumulate(shares), strict=True))


def _order(spec: TableSpec, table: TableMeasured, name: str) -> Iterator[Line]:
    """Rows come in the order of time, and not grouped by parent; in a partitioned table nothing has one order."""
    if table.rows < FEW or spec.time is None or spec.partitioned:
        return
    correlation = next((c.correlation for c in table.columns if c.name == spec.time.column), None)
    if correlation is not None:
        yield Line(name, "order on disk", correlation, 1.0, SORTED)
    for fan in table.fans:
        if fan.together is not None and fan.degrees.rows:
            yield _together(spec.time, fan.fan.name, fan.together, fan.degrees)


def _together(time: TimeSpec, name: str, share: float, degrees: Degrees) -> Line:
    """Neighbours on disk with the same parent, beside how many there would be in any order."""
    rows = degrees.rows
    chance = float((degrees.parents * degrees.children * (degrees.children - 1)).sum()) / max(rows * (rows - 1), 1)
    judged = time.roaming and rows >= MANY
    high = NEIGHBOURS_FACTOR * chance + NEIGHBOURS_SLACK if judged else None
    return Line(name, "same neighbour", share, chance, None, high, Unit.SHARE)


def _pace(time: TimeSpec, story: tuple[int, int]) -> tuple[float, ...]:
    """The share of the rows in each period: (t / until) ^ growth of them come before t."""
    length, count = period_length(story), period_count(story)
    end = time.until * (story[1] - story[0])
    before = [min(number * length / end, 1.0) ** time.growth for number in range(count + 1)]
    return tuple(later - earlier for earlier, later in pairwise(before))
