"""Puts one table together: its links, its columns, and the cases of columns that are decided together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from platformdb.seeding.infer.cases import Freedom, find_cases
from platformdb.seeding.infer.desk import Desk, alias, scalar
from platformdb.seeding.infer.model import ANY, Group, Known, Link, Options, Outline, Wiring
from platformdb.seeding.infer.names import BUILT_IN, fresh
from platformdb.seeding.infer.values import column_options
from platformdb.seeding.infer.write import toml
from platformdb.seeding.model import ColumnFact


def outline(desk: Desk, known: Known, wirings: Mapping[str, Wiring], rows: Options) -> Outline:
    """The table as it is written."""
    fact = desk.fact
    silent = desk.wiring.silent | desk.roles.silent | known.silent.get(fact.name, frozenset())
    groups = _groups(desk, known, silent)
    silent |= {name for group, _ in groups for name in group.columns if all(case[name] is None for case in group.cases)}
    links, conditions = _links(desk, groups, silent)
    columns: dict[str, Options] = {}
    for column in fact.columns:
        if column.generated or column.name in silent:
            continue
        made = _column(desk, known, column, groups, conditions)
        if made is not None:
            columns[column.name] = made
    if not columns:
        columns = _something(desk, silent)
    _by_their_own_names(desk, columns)
    distinct, differ = _drops(desk, links, columns, silent)
    require = [link.name for link in desk.wiring.links if link.needed]
    require += _ordered(desk, links, wirings)
    late = {
        link.name: _options(desk, link, conditions)
        for link in desk.wiring.links
        if link.late and _used(desk, link, silent)
    }
    _with_what_they_use(links, desk.helpers)
    helpers = {name: options for name, options in {**late, **desk.helpers}.items() if name not in links}
    return Outline(fact.name, rows, links, helpers, columns, distinct, tuple(require), differ)


def _with_what_they_use(links: dict[str, Options], helpers: Mapping[str, Options]) -> None:
    """Links are made before helpers: a helper that one of them looks at is made with them."""
    for _ in helpers:
        said = toml(links)
        links |= {name: helpers[name] for name in helpers if name not in links and re.search(rf"\b{name}\b", said)}


def _something(desk: Desk, silent: frozenset[str]) -> dict[str, Options]:
    """One column of a table that could do without any: rows are sent column by column."""
    for column in desk.fact.columns:
        if not column.generated and column.name not in silent:
            made = column_options(desk, replace(column, default=""))
            if made is not None:
                return {column.name: made}
    return {}


def _links(
    desk: Desk, groups: list[tuple[Group, str]], silent: frozenset[str]
) -> tuple[dict[str, Options], dict[str, Options]]:
    """The links that are no part of the shape, and by link or column the condition under which it has a value."""
    conditions: dict[str, Options] = {}
    links: dict[str, Options] = {}
    early = {link.name for link in desk.wiring.links if not link.late and link.options is not None}
    for group, name in groups:
        for column in group.columns:
            there = [number for number, case in enumerate(group.cases) if case[column] is not None]
            if len(there) < len(group.cases):
                conditions[column] = {"where": {name: there}}
        alone = len(group.columns) == 1 and not any(ANY in case.values() for case in group.cases)
        if len(group.cases) == 1 or alone:
            continue
        if any(desk.wiring.sources.get(column, ("",))[0] in early for column in group.columns):
            links[name] = _numbers(group)
        else:
            desk.helpers[name] = _numbers(group)
    for link in desk.wiring.links:
        if link.options is not None and not link.late and _used(desk, link, silent):
            links[link.name] = _options(desk, link, conditions)
    return links, conditions


def _used(desk: Desk, link: Link, silent: frozenset[str]) -> bool:
    return any(source == link.name and column not in silent for column, (source, _) in desk.wiring.sources.items())


def _numbers(group: Group) -> Options:
    return {"make": "choice", "values": list(range(len(group.cases)))}


def _options(desk: Desk, link: Link, conditions: Mapping[str, Options]) -> Options:
    found = next((conditions[name] for name in link.key.columns if name in conditions), {})
    kept = dict(link.options or {})
    if found or desk.roles.filled & set(link.key.columns):
        kept.pop("nulls", None)
    return {**kept, **found}


def _groups(desk: Desk, known: Known, silent: frozenset[str]) -> list[tuple[Group, str]]:
    """The groups of columns for which there is a way, with the names of their cases."""
    heads = {column for link in desk.wiring.links if link.options is None for column in link.key.columns}
    uncertain = {link.name for link in desk.wiring.links if (link.options or {}).get("make") == "member"}
    lost = silent | {name for name, (link, _) in desk.wiring.sources.items() if link in uncertain}
    fixed = frozenset({*desk.wiring.sources, *desk.roles.single, *desk.roles.numbered, *silent})
    nullable = frozenset(c.name for c in desk.fact.columns if desk.may_be_null(c) and c.name not in heads)
    found: list[tuple[Group, str]] = []
    solved = known.solved.get(desk.fact.name, ())
    decided = {column for group in solved for column in group.columns}
    for group in (*solved, *find_cases(desk.fact, desk.limits, Freedom(fixed, nullable, lost & nullable))):
        if group not in solved and decided & set(group.columns):
            continue
        if group.cases and not _always_free(group):
            taken = {*BUILT_IN, *(column.name for column in desk.fact.columns), *(name for _, name in found)}
            taken |= {link.name for link in desk.wiring.links}
            found.append((group, fresh("case", taken)))
    return found


def _always_free(group: Group) -> bool:
    return all(value is ANY for case in group.cases for value in case.values())


def _column(
    desk: Desk, known: Known, column: ColumnFact, groups: list[tuple[Group, str]], conditions: Mapping[str, Options]
) -> Options | None:
    if column.name in desk.wiring.sources:
        return _copied(desk, known, column)
    for group, name in groups:
        if column.name in group.columns:
            return _by_case(desk, column, group, name, conditions)
    return column_options(desk, column)


def _copied(desk: Desk, known: Known, column: ColumnFact) -> Options:
    link, referenced = desk.wiring.sources[column.name]
    target = known.facts[desk.wiring.link(link).table]
    path = f"{link}.{alias(target, referenced) or referenced}"
    own = desk.wiring.fallbacks.get(column.name)
    return {"make": "first", "of": [path, desk.path(own)]} if own else {"make": "copy", "of": path}


def _by_case(
    desk: Desk, column: ColumnFact, group: Group, name: str, conditions: Mapping[str, Options]
) -> Options | None:
    values = [case[column.name] for case in group.cases]
    if all(value is None for value in values):
        return None
    if any(value is ANY for value in values):
        made = column_options(desk, column)
        dropped = ("nulls", "share") if (made or {}).get("make") == "later" else ("nulls",)
        bare = {key: value for key, value in (made or {}).items() if key not in dropped}
        return {**bare, **conditions.get(column.name, {})} if bare else None
    if len(values) == 1:
        return {"make": "constant", "value": scalar(values[0])}
    if len(group.columns) == 1:
        return {"make": "choice", "values": [scalar(value) for value in values if value is not None]}
    return {
        "make": "map",
        "of": name,
        "values": {str(number): scalar(value) for number, value in enumerate(values) if value is not None},
    }


def _by_their_own_names(desk: Desk, columns: dict[str, Options]) -> None:
    """Columns whose names paths read in another way are made as helpers with plain names."""
    for name, options in list(columns.items()):
        if own := alias(desk.fact, name):
            desk.helpers[own] = options
            columns[name] = {"make": "copy", "of": own}


def _drops(
    desk: Desk, links: dict[str, Options], columns: dict[str, Options], silent: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What makes rows repeat one another, as links; and two links that must be different rows."""
    names: list[str] = []
    # Rows that lack a value equal no other, unless the key says that NULLs are not distinct.
    missing = silent & set(desk.roles.distinct)
    kept = [] if missing - desk.roles.filled else [name for name in desk.roles.distinct if name not in missing]
    for name in kept:
        source = desk.wiring.sources.get(name)
        if source and _alone(desk, source[0], name):
            names.append(source[0])
        elif name in columns:
            own = fresh(f"by_{desk.path(name)}", {*links, *columns, *desk.helpers})
            links[own] = columns[name]
            columns[name] = {"make": "copy", "of": own}
            names.append(own)
    pairs = [
        (desk.wiring.sources.get(o.left), desk.wiring.sources.get(o.right))
        for o in desk.limits.orders
        if o.operator == "<>"
    ]
    early = {link.name for link in desk.wiring.links if not link.late}
    differ = next(((a[0], b[0]) for a, b in pairs if a and b and {a[0], b[0]} <= early and a[0] != b[0]), ())
    return tuple(dict.fromkeys(names)), tuple(differ) if desk.wiring.shape != "pairs" else ()


def _alone(desk: Desk, link: str, column: str) -> bool:
    """Whether the column's value is that of one link and tells its rows apart."""
    return desk.wiring.link(link).key.columns == (column,)


def _ordered(desk: Desk, links: dict[str, Options], wirings: Mapping[str, Wiring]) -> list[str]:
    """Links to rows whose keys must rise: keys rise with time, so the rows are compared by that."""
    required: list[str] = []
    for order in desk.limits.orders:
        left, right = desk.wiring.sources.get(order.left), desk.wiring.sources.get(order.right)
        if left is None or right is None or order.operator not in ("<", "<=") or left[0] == right[0]:
            continue
        rises = fresh("rises", links)
        links[rises] = {"make": "compare", "left": f"{left[0]}.time", "op": "<", "right": f"{right[0]}.time"}
        links[f"{rises}_{left[0]}"] = {"make": "copy", "of": left[0], "where": {rises: True}}
        required.append(f"{rises}_{left[0]}")
    return required
