"""Decides what to load and in which order; finds everything that does not fit before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from platformdb.errors import Place
from platformdb.seeding.columns import Column
from platformdb.seeding.model import ColumnFact, Definition, SeedPlan, Table, TableFact, TablePlan
from platformdb.seeding.problems import Invalid, Misfit, Problem
from platformdb.seeding.world import World


def plan_seed(definition: Definition, facts: Mapping[str, TableFact]) -> SeedPlan:
    """What to load and in which order.

    Raises:
        Invalid: with everything that does not fit.
    """
    problems = [*_unknown(definition, facts), *_undescribed(definition, facts), *rehearse(definition)]
    known = [facts[name] for name in definition.tables if name in facts]
    order, circle = load_order({fact: (*fact.needs, *fact.deferrable) for fact in known})
    deferred = bool(circle)
    if deferred:
        order, circle = load_order({fact: fact.needs for fact in known})
    if circle:
        message = f"the foreign keys of {', '.join(circle)} form a circle; make one of them DEFERRABLE"
        problems.append(Problem(message, Place(definition.source), "tables"))
    if problems:
        raise Invalid(tuple(problems))
    tables = tuple(TablePlan(fact, _columns(definition.tables[fact.name], fact)) for fact in order)
    return SeedPlan(tables, _bystanders(definition, facts), deferred)


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


def rehearse(definition: Definition) -> Iterator[Problem]:
    """Makes every column of every table without rows: what cannot be made at all shows here."""
    world = World(definition, 0, empty=True)
    seen: set[tuple[str, str]] = set()
    for table, spec in definition.tables.items():
        for name in ("time", *spec.helpers, *spec.columns):
            problem = _attempt(world, table, name)
            if problem is not None and (problem.key, problem.message) not in seen:
                seen.add((problem.key, problem.message))
                yield problem


def _attempt(world: World, table: str, name: str) -> Problem | None:
    try:
        column = world.whole(table).value(name)
    except Misfit as misfit:
        return Problem(misfit.message, Place(world.definition.source), misfit.key or f"tables.{table}")
    return _loose(world.definition, table, name, column)


def _loose(definition: Definition, table: str, name: str, column: Column) -> Problem | None:
    if column.kind != "link" or name not in definition.tables[table].columns:
        return None
    key = f"tables.{table}.columns.{name}"
    return Problem(f'a link is no value: copy a column of it, such as "{name}.id"', Place(definition.source), key)


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


def _columns(spec: Table, fact: TableFact) -> tuple[ColumnFact, ...]:
    return tuple(column for column in fact.columns if column.name in spec.columns)
