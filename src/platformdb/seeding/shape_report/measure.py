"""Measures a seeded database: a few queries a table, read only, each of which brings back a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.model import TableFact
from platformdb.seeding.shape.bursts import Bursts
from platformdb.seeding.shape.distributions import amount
from platformdb.seeding.shape_report.degrees import Degrees, counted
from platformdb.seeding.shape_report.measured import (
    ColumnMeasured,
    EndsMeasured,
    FanMeasured,
    Moments,
    Size,
    TableMeasured,
)
from platformdb.seeding.shape_report.model import Ends, Fan, Limit, Pool, TableSpec, TimeSpec
from platformdb.seeding.shape_report.periods import period_count, period_length
from platformdb.sqltext.quote import quote_identifier

PACKAGE = "platformdb.seeding.shape_report"
# Of larger tables about so many rows are looked at where a share is asked for; degrees are always counted exactly.
ENOUGH = 300_000
# Two neighbours on a page say as much as two hundred: a tenth of that.
ENOUGH_NEIGHBOURS = 30_000
MOST_FREQUENT = 60
HOUR = 3_600_000_000

Row = tuple[Any, ...]
Statistics = Mapping[tuple[str, str], tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Probe:
    """The connection, and what is known of all tables; ``story`` is the first and the last instant (µs since 1970)."""

    connection: Connection
    facts: Mapping[str, TableFact]
    sizes: Mapping[str, Size]
    statistics: Statistics
    story: tuple[int, int]

    def rows(self, name: str, parameters: Sequence[object] = (), **parts: str) -> list[Row]:
        """A query of this package, with parts of SQL in its gaps."""
        text = query(name, PACKAGE).format(**parts)
        return self.connection.execute(text.encode(), parameters or None).fetchall()


def open_probe(connection: Connection, facts: Sequence[TableFact], story: tuple[int, int]) -> Probe:
    """What can be asked of all tables at once."""
    quoted = [fact.quoted for fact in facts]
    sizes = connection.execute(query("sizes", PACKAGE), (quoted,)).fetchall()
    split = [fact.relation for fact in facts if fact.partitioned]
    found = connection.execute(
        query("statistics", PACKAGE), ([f.schema for f in facts], [f.relation for f in facts], split)
    ).fetchall()
    names = {(fact.schema, fact.relation): fact.name for fact in facts}
    statistics = {(names[row[0], row[1]], row[2]): (row[3], row[4]) for row in found}
    by_quoted = {name: Size(*rest) for name, *rest in sizes}
    return Probe(
        connection,
        {fact.name: fact for fact in facts},
        {fact.name: by_quoted.get(fact.quoted, Size()) for fact in facts},
        statistics,
        story,
    )


def measure_table(probe: Probe, spec: TableSpec, rate: float | None) -> TableMeasured:
    """One table: its rows, keys, columns and instants."""
    rows = _count(probe, spec.name, "true", ())
    looked, columns = _columns(probe, spec, rows)
    return TableMeasured(
        name=spec.name,
        rows=rows,
        size=probe.sizes[spec.name],
        looked=looked,
        rate=rate,
        fans=tuple(_fan(probe, fan, rows) for fan in spec.fans),
        columns=columns,
        moments=_moments(probe, spec.name, spec.time) if spec.time and rows else None,
        ends=_answered(probe, spec.name, spec.ends, rows) if spec.ends else None,
    )


def _count(probe: Probe, table: str, condition: str, parameters: Sequence[object]) -> int:
    text = f"SELECT count(*) FROM {probe.facts[table].quoted} WHERE {condition}"  # noqa: S608
    row = probe.connection.execute(text.encode(), parameters or None).fetchone()
    return int(row[0]) if row else 0


def _sample(rows: int, enough: int) -> str:
    """All rows, or whole pages of a larger table: the same ones when it is asked again."""
    return "" if rows <= 2 * enough else f"TABLESAMPLE SYSTEM ({100 * enough / rows:.6f}) REPEATABLE (1)"


def _columns(probe: Probe, spec: TableSpec, rows: int) -> tuple[int, tuple[ColumnMeasured, ...]]:
    table, sample = probe.facts[spec.name].quoted, _sample(rows, ENOUGH)
    quoted = [quote_identifier(value.name) for value in spec.values]
    if not rows or not quoted:
        return 0, ()
    looked, *filled = probe.rows("filled", table=table, sample=sample, counts=", ".join(f"count({q})" for q in quoted))[
        0
    ]
    found: list[ColumnMeasured] = []
    for value, name, number in zip(spec.values, quoted, filled, strict=True):
        values: dict[str, int] = {}
        if value.weights and number:
            values = dict(probe.rows("frequent", table=table, sample=sample, column=name, most=str(MOST_FREQUENT)))
        distinct, correlation = probe.statistics.get((spec.name, value.name), (None, None))
        found.append(ColumnMeasured(value.name, number, values, _different(distinct, rows), correlation))
    return looked, tuple(found)


def _different(distinct: float | None, rows: int) -> float | None:
    return distinct if distinct is None or distinct >= 0 else -distinct * rows


def _fan(probe: Probe, fan: Fan, rows: int) -> FanMeasured:
    quoted = [quote_identifier(column) for column in fan.columns]
    parts = {
        "table": probe.facts[fan.table].quoted,
        "columns": ", ".join(quoted),
        "present": " AND ".join(f"{name} IS NOT NULL" for name in quoted),
    }
    found = probe.rows("degrees", **parts)
    pool = None if fan.pool is None else _pool(probe, fan.pool)
    return FanMeasured(
        fan,
        _degrees(found, pool),
        pool,
        _together(probe, parts, rows),
        probe.statistics.get((fan.table, fan.columns[0]), (None, None))[1],
    )


def _degrees(found: list[Row], pool: int | None) -> Degrees:
    children, parents = [row[0] for row in found], [row[1] for row in found]
    return counted(children, parents, 0 if pool is None else pool - sum(parents))


def _pool(probe: Probe, pool: Pool) -> int:
    """How many parents meet the conditions."""
    parts = [_limit(limit) for limit in pool.limits]
    condition = " AND ".join(text for text, _ in parts) or "true"
    return _count(probe, pool.table, condition, [value for _, values in parts for value in values])


def _limit(limit: Limit) -> tuple[str, list[object]]:
    name = quote_identifier(limit.column)
    if not limit.values:
        return f"{name} IS {'NOT ' if limit.given else ''}NULL", []
    first = limit.values[0]
    kind = "bool" if isinstance(first, bool) else "text" if isinstance(first, str) else "float8"
    return f"{name}::{kind} = ANY (%s::{kind}[])", [list(limit.values)]


def _together(probe: Probe, parts: Mapping[str, str], rows: int) -> float | None:
    same, neighbours = probe.rows("together", **parts, sample=_sample(rows, ENOUGH_NEIGHBOURS))[0]
    return same / neighbours if neighbours else None


def _moments(probe: Probe, table: str, time: TimeSpec) -> Moments | None:
    column, name = quote_identifier(time.column), probe.facts[table].quoted
    found = probe.rows("moments", table=name, column=column)
    if not found:
        return None
    periods, hours = [0] * period_count(probe.story), [0] * 24
    for hour, number, _, _ in found:
        place = (hour * HOUR - probe.story[0]) // period_length(probe.story)
        periods[min(max(place, 0), len(periods) - 1)] += number
        hours[hour % 24] += number
    busiest = None if time.bursts is None else _busiest(probe, name, column, time.bursts)
    first, last = min(row[2] for row in found), max(row[3] for row in found)
    return Moments(first, last, tuple(periods), tuple(hours), busiest)


def _busiest(probe: Probe, table: str, column: str, bursts: Bursts) -> float:
    """The share of the rows in as many windows as there are bursts, each as wide as one."""
    parameters = (bursts.count, amount(bursts.width))
    rows, of = probe.rows("busiest", parameters, table=table, column=column)[0]
    return rows / of if of else 0.0


def _answered(probe: Probe, table: str, ends: Ends, rows: int) -> EndsMeasured:
    back = (*zip(ends.left, ends.right, strict=True), *zip(ends.right, ends.left, strict=True))
    parts = {"table": probe.facts[table].quoted, "sample": _sample(rows, ENOUGH)}
    edges, answered = probe.rows("answered", **parts, answers=_equal("back", "edge", back))[0]
    return EndsMeasured(edges, answered, tuple(_alike(probe, ends, parts, column) for column in ends.alike))


def _alike(probe: Probe, ends: Ends, parts: Mapping[str, str], column: str) -> tuple[str, int, float]:
    edges, same, by_chance = probe.rows(
        "alike",
        **parts,
        parent=probe.facts[ends.parent].quoted,
        column=quote_identifier(column),
        left=_equal("one", "edge", zip(ends.key, ends.left, strict=True)),
        right=_equal("other", "edge", zip(ends.key, ends.right, strict=True)),
    )[0]
    return column, same, float(by_chance) / max(edges, 1)


def _equal(one: str, other: str, columns: Iterable[tuple[str, str]]) -> str:
    """That columns of two rows are the same."""
    return " AND ".join(f"{one}.{quote_identifier(a)} = {other}.{quote_identifier(b)}" for a, b in columns)
