"""Observes a query for a persona: its plan, its work, its times; nothing stays of it in the database."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from itertools import pairwise

from platformdb.postgres.connect import Connection
from platformdb.postgres.explain import Counts, explain_plan, explain_run, forbid_sequential_scans, read_counts
from platformdb.postgres.prepared import Prepared, prepared, run
from platformdb.postgres.queries import query as own_query
from platformdb.postgres.rows import refusing
from platformdb.postgres.tidy import tidy
from platformdb.postgres.undone import undone
from platformdb.workload.model import Catalog, IndexFacts, Measurement, Persona, Query, TableFacts, Touched, Work
from platformdb.workload.plan_tree import PlanNode, read_plan, with_times

PACKAGE = "platformdb.workload"
COUNTED_RUNS = 3
# A write meets other pages each time: one of so many runs splits no page and finds room where it looks first.
WRITE_RUNS = 8
WARM_UP_RUNS = 2
# Enough for a p99 where a query is quick, and soon done where it is slow: at most so many runs, in as many seconds.
MOST_SAMPLES = 200
ENOUGH: Mapping[int, float] = {20: 0.015, 5: 0.15}


def observe(connection: Connection, query: Query, persona: Persona, runs: int | None = None) -> Measurement:
    """The plan as it ran, the plan without sequential scans, and the least work of some runs after a warm one.

    The work of a read's later runs differs only by what the session had to look up anew: catalog pages, after another
    session changed something. What a write left behind is taken away before the next one. Inside an open transaction
    it sees what was done there, a dropped index for example, and nothing is taken away.

    Raises:
        QueryRefused, QueryStopped: the server rejects the query, or gives it up.
    """
    if query.writes:
        tidy(connection)
    with undone(connection, writes=query.writes), _statement(connection, query, persona) as statement:
        timed = _run(connection, query, statement, timing=True)
        counts, plans = [read_counts(connection)], []
        for _ in range(runs or (WRITE_RUNS if query.writes else COUNTED_RUNS)):
            plans.append(_run(connection, query, statement))
            counts.append(read_counts(connection))
    works = [work_of(plan, touched_between(*pair)) for plan, pair in zip(plans, pairwise(counts), strict=True)]
    least = min(works, key=lambda work: work.buffers)
    return Measurement(
        query=query,
        persona=persona,
        plan=with_times(plans[works.index(least)], timed),
        forced=explain_forced(connection, query, persona),
        work=least_of(works),
        steady=all(work == least for work in works),
    )


def explain(connection: Connection, query: Query, persona: Persona) -> PlanNode:
    """The plan that it would take; the query is not run.

    Raises:
        QueryRefused, QueryStopped: the server rejects the query, or gives it up.
    """
    with undone(connection, writes=query.writes), _statement(connection, query, persona) as statement:
        return read_plan(explain_plan(connection, statement))


def time(connection: Connection, query: Query, persona: Persona, samples: int | None = None) -> tuple[float, ...]:
    """Wall times in milliseconds of so many runs, after warm ones; without a number of as many as are worth while.

    Raises:
        QueryRefused, QueryStopped: the server rejects the query, or gives it up.
    """
    with stopwatch(connection, query, persona) as sample:
        if samples is not None:
            return tuple(sample() for _ in range(samples))
        return tuple(_worth_while(sample))


@contextmanager
def stopwatch(connection: Connection, query: Query, persona: Persona) -> Iterator[Callable[[], float]]:
    """Warms the query up; each call of what it yields runs it once and returns the wall time in milliseconds.

    Several may be open on one connection, to be called in turns. A write runs in a transaction of its own, whose
    beginning and end are not timed.

    Raises:
        QueryRefused, QueryStopped: the server rejects the query, or gives it up.
    """
    with _statement(connection, query, persona) as statement:

        def sample() -> float:
            if not query.writes:
                return run(connection, statement)
            with undone(connection, writes=True):
                return run(connection, statement)

        for _ in range(WARM_UP_RUNS):
            sample()
        yield sample


def _worth_while(sample: Callable[[], float]) -> Iterator[float]:
    began = clock.perf_counter()
    for number in range(MOST_SAMPLES):
        spent = clock.perf_counter() - began
        if any(number >= fewest and spent > seconds for fewest, seconds in ENOUGH.items()):
            return
        yield sample()


@contextmanager
def _statement(connection: Connection, query: Query, persona: Persona, *, settled: bool = True) -> Iterator[Prepared]:
    """The query prepared for the persona; what the server says against it is said with the file's place."""
    what = f"{query.name}, persona {persona.name}"
    with (
        refusing(connection, what=what, place=query.place),
        prepared(connection, query.sql, persona.parameters, persona.types, settled=settled) as statement,
    ):
        yield statement


def _run(connection: Connection, query: Query, statement: Prepared, *, timing: bool = False) -> PlanNode:
    """One run, of which nothing stays."""
    with undone(connection, writes=True) if query.writes else nullcontext():
        return read_plan(explain_run(connection, statement, writes=query.writes, timing=timing))


def explain_forced(connection: Connection, query: Query, persona: Persona) -> PlanNode:
    """The plan without sequential scans; prepared anew, for a plan that is kept already does not heed the setting.

    Raises:
        QueryRefused, QueryStopped: the server rejects the query, or gives it up.
    """
    with undone(connection, writes=query.writes):
        forbid_sequential_scans(connection)
        with _statement(connection, query, persona, settled=False) as statement:
            return read_plan(explain_plan(connection, statement))


def touched_between(before: Mapping[str, Counts], after: Mapping[str, Counts]) -> tuple[Touched, ...]:
    """What lies between two readings of the server's counters, by table."""
    nothing: Counts = (0, 0, 0, 0)
    lying = {
        name: [later - earlier for later, earlier in zip(counts, before.get(name, nothing), strict=True)]
        for name, counts in after.items()
    }
    return tuple(Touched(name, *counts) for name, counts in sorted(lying.items()) if any(counts))


def work_of(plan: PlanNode, tables: tuple[Touched, ...]) -> Work:
    """The work of one run. Rows touched are the server's count: a plan rounds the rows of each loop."""
    nodes = tuple(plan.walk())
    return Work(
        buffers=plan.buffers,
        touched=sum(table.sequential + table.indexed for table in tables),
        removed=sum(node.removed for node in nodes),
        returned=round(plan.actual or 0),
        heap_fetches=sum(node.heap_fetches for node in nodes),
        temp_blocks=plan.temp,
        wal_records=plan.wal_records,
        tables=tables,
    )


def least_of(works: list[Work]) -> Work:
    """The least of each number over several runs."""
    numbers = [field.name for field in fields(Work) if field.name != "tables"]
    tables = {table.table: table for work in works for table in work.tables}
    return Work(
        **{name: min(getattr(work, name) for work in works) for name in numbers},
        tables=tuple(_least_touched(name, works) for name in sorted(tables)),
    )


def _least_touched(name: str, works: list[Work]) -> Touched:
    seen = [next((table for table in work.tables if table.table == name), Touched(name)) for work in works]
    numbers = [field.name for field in fields(Touched) if field.name != "table"]
    return Touched(name, **{number: min(getattr(table, number) for table in seen) for number in numbers})


def read_catalog(connection: Connection) -> Catalog:
    """The users' tables and indexes by name, as the catalog has them now."""
    tables = connection.execute(own_query("tables", PACKAGE)).fetchall()
    indexes = connection.execute(own_query("indexes", PACKAGE)).fetchall()
    return Catalog(
        tuple(TableFacts(name, rows, pages, parent) for name, rows, pages, parent in tables),
        tuple(
            IndexFacts(name, table, tuple(columns), tuple(included), *others)
            for name, table, columns, included, *others in indexes
        ),
    )
