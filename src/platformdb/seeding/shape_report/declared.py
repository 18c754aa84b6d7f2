"""What a definition declares of each table, as far as a database can show it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from platformdb.seeding.fit.constraints import ForeignKey
from platformdb.seeding.generators.keys import Copy
from platformdb.seeding.generators.links import Draw
from platformdb.seeding.model import Definition, SeedPlan, Table, TablePlan, Value
from platformdb.seeding.rows.conditions import Condition
from platformdb.seeding.shape.graphs import Mutual, Pairs
from platformdb.seeding.shape.shapes import FromFile, Independent, Per, Source
from platformdb.seeding.shape_report.links import Links
from platformdb.seeding.shape_report.model import Ends, Fan, Pool, Spread, TableSpec, TimeSpec
from platformdb.seeding.shape_report.values import value_specs

INSTANTS = ("timestamptz", "timestamp")


def declare(definition: Definition, plan: SeedPlan) -> tuple[TableSpec, ...]:
    """What is declared of each table of the plan, in its order."""
    links = Links(definition, {table.fact.name: {c.name for c in table.columns} for table in plan.tables})
    return tuple(_table(links, table) for table in plan.tables)


def _table(links: Links, plan: TablePlan) -> TableSpec:
    spec = links.definition.tables[plan.fact.name]
    fans = tuple(_fans(links, spec, plan))
    return TableSpec(
        name=spec.name,
        rows=_rows(links.definition, spec),
        dropped=_drops(spec),
        fans=fans,
        values=value_specs(spec, plan),
        time=_time(links, spec, plan),
        ends=_ends(links, spec, plan),
        mutual=spec.rows.of if isinstance(spec.rows, Mutual) else "",
        source=spec.rows.of[0].name if isinstance(spec.rows, Per) and len(spec.rows.of) == 1 else "",
        partitioned=plan.fact.partitioned,
        reserved=links.definition.references[spec.reserved].rows if spec.reserved else 0,
    )


def _drops(spec: Table) -> bool:
    return bool(spec.distinct or spec.differ or spec.require)


def _rows(definition: Definition, spec: Table) -> int | None:
    match spec.rows:
        case Independent():
            return spec.rows.count
        case FromFile():
            return definition.references[spec.rows.file].rows
        case Pairs():
            return spec.rows.total
        case Per():
            totals = [source.total for source in spec.rows.of if source.total is not None]
            return sum(totals) if len(totals) == len(spec.rows.of) else None
        case _:
            return None


def _fans(links: Links, spec: Table, plan: TablePlan) -> Iterator[Fan]:
    for key in plan.fact.foreign_keys:
        if key.table not in links.loaded or not set(key.columns) <= set(links.loaded[spec.name]):
            continue
        link = _link(spec, key)
        spread, pool = _declared(links, spec, link) if link else (None, None)
        if spread is not None and spread.skew is not None and pool is None:
            spread = None
        yield Fan(spec.name, key.columns, key.table, link, spread, pool, _drops(spec))


def _link(spec: Table, key: ForeignKey) -> str:
    """The link whose key the columns hold, "" where that is no link's."""
    paths = {
        _copied(spec.columns.get(column), referenced)
        for column, referenced in zip(key.columns, key.referenced, strict=True)
    }
    link = paths.pop() if len(paths) == 1 else ""
    value = spec.links.get(link) or spec.helpers.get(link)
    # Another name of the same link.
    while value is not None and isinstance(value.generator, Copy) and not value.condition and not value.nulls:
        link = value.generator.of
        value = spec.links.get(link) or spec.helpers.get(link)
    return link


def _copied(value: Value | None, referenced: str) -> str:
    if value is None or not isinstance(value.generator, Copy):
        return ""
    link, _, column = value.generator.of.rpartition(".")
    return link if column == referenced else ""


def _declared(links: Links, spec: Table, link: str) -> tuple[Spread | None, Pool | None]:
    if isinstance(spec.rows, Per):
        for source in spec.rows.of:
            if source.name == link:
                return _of_source(links, source)
    if isinstance(spec.rows, Pairs) and link in (spec.rows.left.link, spec.rows.right.link):
        return _of_side(spec.rows, link)
    value = spec.links.get(link) or spec.helpers.get(link)
    if value is not None and isinstance(value.generator, Draw) and not value.generator.weight:
        limits = links.limits(value.generator.table, Condition(value.generator.among))
        pool = None if limits is None else Pool(value.generator.table, limits)
        return Spread(value.generator.skew), pool
    return None, None


def _of_source(links: Links, source: Source) -> tuple[Spread | None, Pool | None]:
    limits = links.limits(source.table, Condition(source.where or {}, source.given, source.absent))
    pool = None if limits is None else Pool(source.table, limits, source.share)
    if isinstance(source.count, str):
        return None, pool
    if source.total is None:
        return Spread(count=source.count), pool
    return Spread(source.skew, source.total), pool


def _of_side(rows: Pairs, link: str) -> tuple[Spread, Pool]:
    asks = link == rows.left.link
    own, other = (rows.left, rows.right) if asks else (rows.right, rows.left)
    spread = Spread(own.skew, rows.total, None, other.skew, rows.reciprocity, other.table, asks)
    return spread, Pool(own.table)


def _time(links: Links, spec: Table, plan: TablePlan) -> TimeSpec | None:
    kinds: Mapping[str, str] = {column.name: column.type for column in plan.columns}
    holding = [
        name
        for name, value in spec.columns.items()
        if value.generator == Copy("copy", "time")
        and not value.nulls
        and not value.condition
        and kinds.get(name) in INSTANTS
    ]
    if not holding:
        return None
    roaming = spec.time.lag is None and spec.time.gap is None and not spec.time.together
    alone = not spec.time.after and not any(links.target(spec.name, name) for name in _names(spec))
    return TimeSpec(
        column=holding[0],
        free=roaming and alone and spec.time.bursts is None,
        roaming=roaming,
        growth=spec.time.growth,
        until=spec.time.until,
        bursts=spec.time.bursts,
    )


def _names(spec: Table) -> Iterator[str]:
    yield from spec.links
    if isinstance(spec.rows, Per):
        yield from (source.name for source in spec.rows.of)
    if isinstance(spec.rows, Pairs):
        yield from (spec.rows.left.link, spec.rows.right.link)
    if isinstance(spec.rows, Mutual):
        yield from spec.rows.edges


def _ends(links: Links, spec: Table, plan: TablePlan) -> Ends | None:
    rows = spec.rows
    if not isinstance(rows, Pairs) or not rows.within:
        return None
    keys = {_link(spec, key): key for key in plan.fact.foreign_keys}
    left, right = keys.get(rows.left.link), keys.get(rows.right.link)
    if left is None or right is None or left.referenced != right.referenced:
        return None
    columns = {path: links.column(left.table, path) if left.table in links.loaded else None for path in rows.alike}
    return Ends(
        left=left.columns,
        right=right.columns,
        reciprocity=rows.reciprocity,
        parent=left.table,
        key=left.referenced,
        alike=tuple(column for column in columns.values() if column is not None),
        unseen=tuple(path for path, column in columns.items() if column is None),
    )
