"""Decides what to load and in which order; finds everything that does not fit before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from platformdb.errors import Place
from platformdb.seeding.fit.allowed import judge_table
from platformdb.seeding.fit.constraints import Check
from platformdb.seeding.fit.limits import impossible
from platformdb.seeding.fit.possible import reserved_problems, unique_problems
from platformdb.seeding.model import Definition, SeedPlan, Table, TableFact, TablePlan
from platformdb.seeding.problems import Invalid, Misfit, Problem
from platformdb.seeding.rows.world import World


def plan_seed(
    definition: Definition,
    facts: Mapping[str, TableFact],
    installed: Collection[str] = (),
    chosen: Collection[str] | None = None,
) -> SeedPlan:
    """What to load and in which order.

    Args:
        definition: of all tables.
        facts: of the catalog.
        installed: the extensions that the database has.
        chosen: the tables to load, None: all.

    Raises:
        Invalid: with everything that does not fit.
    """
    kinds, unmakable = rehearse(definition)
    # What is left out can still be made: other columns may look at it.
    left_out = tuple(_left_out(definition, installed))
    unchosen = definition.tables.keys() - chosen if chosen is not None else set()
    definition = _without(definition, {name for name, _ in left_out} | unchosen)
    problems = [*_unknown(definition, facts), *_undescribed(definition, facts), *unmakable]
    problems += [*reserved_problems(definition, facts), *unique_problems(definition, facts), *impossible(definition)]
    known = [facts[name] for name in definition.tables if name in facts]
    judged = {fact.name: judge_table(definition, fact) for fact in known}
    problems += [problem for wrong, _ in judged.values() for problem in wrong]
    order, circle = load_order({fact: (*fact.needs, *fact.deferrable) for fact in known})
    deferred = bool(circle)
    if deferred:
        order, circle = load_order({fact: fact.needs for fact in known})
    if problems:
        raise Invalid(tuple(problems))
    tables = tuple(_table_plan(definition.tables[fact.name], fact, kinds, judged[fact.name][1]) for fact in order)
    return SeedPlan(tables, _bystanders(definition, facts), deferred, bool(circle), left_out)


def _left_out(definition: Definition, installed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Tables and columns, and the extension that each misses."""
    for name, table in definition.tables.items():
        if table.extension and table.extension not in installed:
            yield name, table.extension
            continue
        for column, value in table.columns.items():
            if value.extension and value.extension not in installed:
                yield f"{name}.{column}", value.extension


def _without(definition: Definition, left_out: Collection[str]) -> Definition:
    tables = {
        name: replace(table, columns={c: value for c, value in table.columns.items() if f"{name}.{c}" not in left_out})
        for name, table in definition.tables.items()
        if name not in left_out
    }
    return replace(definition, tables=tables)


def load_order(needs: Mapping[TableFact, tuple[str, ...]]) -> tuple[tuple[TableFact, ...], tuple[str, ...]]:
    """The tables, each after those it needs, else in the given order; and the names of those that form a circle."""
    waiting = {fact.name: fact for fact in needs}
    order: list[TableFact] = []
    while waiting:
        ready = [fact for fact in waiting.values() if not any(n in waiting and n != fact.name for n in needs[fact])]
        if not ready:
            return (*order, *waiting.values()), tuple(waiting)
        order.extend(ready)
        for fact in ready:
            del waiting[fact.name]
    return tuple(order), ()


def _bystanders(definition: Definition, facts: Mapping[str, TableFact]) -> tuple[TableFact, ...]:
    """Tables outside the definition whose foreign keys lead into it: TRUNCATE takes all or none."""
    inside = set(definition.tables)
    found: list[TableFact] = []
    while more := [f for f in facts.values() if f.name not in inside and inside & {*f.needs, *f.deferrable}]:
        found += more
        inside |= {fact.name for fact in more}
    return tuple(found)


def rehearse(definition: Definition) -> tuple[Mapping[tuple[str, str], str], tuple[Problem, ...]]:
    """Makes every column of every table without rows: the kinds of their values, and what cannot be made at all."""
    world = World(definition, 0, empty=True)
    kinds: dict[tuple[str, str], str] = {}
    problems: dict[Problem, None] = {}
    for table, spec in definition.tables.items():
        for name in ("time", *spec.helpers, *spec.columns):
            try:
                rows = world.whole(table)
                kinds[table, name] = (rows.loaded if name in spec.columns else rows.value)(name).kind
            except Misfit as misfit:
                problem = Problem(misfit.message, Place(definition.source), misfit.key or f"tables.{table}")
                problems.setdefault(problem)
    return kinds, (*problems, *_loose(definition, kinds))


def _loose(definition: Definition, kinds: Mapping[tuple[str, str], str]) -> Iterator[Problem]:
    for (table, name), kind in kinds.items():
        if kind == "link" and name in definition.tables[table].columns:
            message = f'a link is no value: copy a column of it, such as "{name}.id"'
            yield Problem(message, Place(definition.source), f"tables.{table}.columns.{name}")


def _unknown(definition: Definition, facts: Mapping[str, TableFact]) -> Iterator[Problem]:
    place = Place(definition.source)
    for name, spec in definition.tables.items():
        if name not in facts:
            yield Problem(f"the database has no table '{name}'", place, f"tables.{name}")
            continue
        for column in spec.columns:
            fact = facts[name].column(column)
            if fact is None:
                has = ", ".join(fact.name for fact in facts[name].columns)
                yield Problem(f"{name} has no column '{column}', only {has}", place, f"tables.{name}.columns.{column}")
            elif fact.generated:
                message = "the database computes this column itself: leave it out"
                yield Problem(message, place, f"tables.{name}.columns.{column}")


def _undescribed(definition: Definition, facts: Mapping[str, TableFact]) -> Iterator[Problem]:
    for name, spec in definition.tables.items():
        for column in facts[name].columns if name in facts else ():
            if column.required and column.name not in spec.columns:
                message = f"{name}.{column.name} is NOT NULL and has no default: give it a generator"
                yield Problem(message, Place(definition.source), f"tables.{name}.columns")


def _table_plan(
    spec: Table, fact: TableFact, kinds: Mapping[tuple[str, str], str], unproven: tuple[Check, ...]
) -> TablePlan:
    columns = tuple(column for column in fact.columns if column.name in spec.columns)
    return TablePlan(fact, columns, tuple(kinds[fact.name, column.name] for column in columns), unproven)
