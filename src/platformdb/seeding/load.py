"""Loads a planned seed in one transaction."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence

from platformdb.errors import Place, Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.copy import copy_in, stream
from platformdb.postgres.queries import query
from platformdb.postgres.transaction import all_or_nothing
from platformdb.report.model import Report, Statement, Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.seeding.facts import count_filled
from platformdb.seeding.marker import PACKAGE, read_marker, write_marker
from platformdb.seeding.model import Definition, SeedPlan, TableFact, TablePlan
from platformdb.seeding.problems import Invalid, Misfit, Problem
from platformdb.seeding.reports import loaded, nothing_to_do
from platformdb.seeding.state import Marker, judge_state
from platformdb.seeding.suspend import disable_triggers, postpone_keys
from platformdb.seeding.wires import encode_table
from platformdb.seeding.world import World
from platformdb.sqltext.quote import quote_identifier

LOCK_TIMEOUT = "5s"


def load(
    connection: Connection,
    platform: str,
    definition: Definition,
    plan: SeedPlan,
    wanted: Marker,
    *,
    replace: bool,
    observer: Observer,
) -> Report:
    """Loads the plan's tables unless they hold this very seed already.

    Raises:
        Refused: the tables hold other rows, and ``replace`` was not given.
        NotNow: the tables are in use.
        Invalid: the definition asks for rows that cannot be; everything was rolled back.
        ConfigError: a generator's values do not fit a column; everything was rolled back.
        ApplyFailed: the server refused a row; everything was rolled back.
    """
    if not _may_load(connection, platform, plan, wanted, replace=replace):
        return nothing_to_do(wanted, read_marker(connection, platform))
    world = World(definition, wanted.seed)
    whole = Step("seed", f"seeding {platform}", f"profile {wanted.profile}, seed {wanted.seed}")
    try:
        # Before anything is locked: which rows there are, the larger part of the work.
        for table in plan.tables:
            world.rows(table.fact.name)
        with all_or_nothing(connection, whole, lock_timeout=LOCK_TIMEOUT):
            _lock(connection, plan)
            # Again, now that nobody can write any more.
            if not _may_load(connection, platform, plan, wanted, replace=replace):
                return nothing_to_do(wanted, read_marker(connection, platform))
            results = _fill(connection, world, plan, observer)
            write_marker(connection, platform, _marked(plan, wanted, results))
            refreshed = _refresh_views(connection, plan, observer)
    except Misfit as misfit:
        raise Invalid((Problem(misfit.message, Place(definition.source), misfit.key),)) from None
    return loaded(wanted, results, refreshed, plan.left_out)


def _may_load(connection: Connection, platform: str, plan: SeedPlan, wanted: Marker, *, replace: bool) -> bool:
    filled = count_filled(connection, _facts(plan))
    needed = judge_state(wanted, read_marker(connection, platform), filled, replace=replace)
    outside = count_filled(connection, plan.bystanders) if needed else {}
    if outside:
        holds = ", ".join(f"{table} ({rows:,})" for table, rows in outside.items())
        raise Refused(
            f"other tables refer to those to be filled, and hold rows: {holds}",
            help="empty them, or describe them in seed.toml",
        )
    return needed


def _lock(connection: Connection, plan: SeedPlan) -> None:
    # In one order for everybody, so that two who do this at once wait and do not deadlock.
    facts = sorted((*_facts(plan), *plan.bystanders), key=lambda fact: (fact.schema, fact.relation))
    connection.execute(f"LOCK TABLE {_listed(facts)} IN ACCESS EXCLUSIVE MODE".encode())


def _fill(connection: Connection, world: World, plan: SeedPlan, observer: Observer) -> tuple[StepResult, ...]:
    observer.stage(f"seeding profile {world.definition.profile}", len(plan.tables))
    facts = [*_facts(plan), *plan.bystanders]
    enable = disable_triggers(connection, facts)
    check = postpone_keys(connection, _facts(plan), sum(world.rows(table.fact.name) for table in plan.tables))
    # FREEZE asks for a table that this very (sub)transaction has emptied.
    connection.execute(f"TRUNCATE {_listed(facts)}".encode())
    if plan.deferred:
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
    results = tuple(_copy(connection, world, table, observer) for table in plan.tables)
    # A table with checks still to come cannot be altered.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute(enable.encode())
    # Before the foreign keys: whoever joins must know how large the tables are.
    connection.execute(f"ANALYZE {_listed(_facts(plan))}".encode())
    connection.execute(check.encode())
    for table in plan.tables:
        _advance_sequences(connection, table)
    return results


def _refresh_views(connection: Connection, plan: SeedPlan, observer: Observer) -> tuple[StepResult, ...]:
    names = [fact.quoted for fact in _facts(plan)]
    views = connection.execute(query("materialized_views", PACKAGE), (names,)).fetchall()
    return tuple(_refresh(connection, quoted, name, observer) for quoted, name in views)


def _refresh(connection: Connection, quoted: str, name: str, observer: Observer) -> StepResult:
    statement = f"REFRESH MATERIALIZED VIEW {quoted}"

    def work() -> None:
        connection.execute(f"{statement}; ANALYZE {quoted}".encode())

    return _told(Step("refresh", name, "it reads what was loaded", (Statement(statement),)), work, observer)


def _copy(connection: Connection, world: World, table: TablePlan, observer: Observer) -> StepResult:
    rows = world.rows(table.fact.name)
    columns = ", ".join(quote_identifier(column.name) for column in table.columns)
    # A partitioned table takes no FREEZE.
    options = "FORMAT binary" if table.fact.partitioned else "FORMAT binary, FREEZE"
    statement = f"COPY {table.fact.quoted} ({columns}) FROM STDIN ({options})"

    def work() -> int:
        return copy_in(connection, statement, stream(encode_table(world, table))) if rows else 0

    return _told(Step("copy", table.fact.name, f"{rows:,} rows", (Statement(statement),)), work, observer)


def _told(step: Step, work: Callable[[], int | None], observer: Observer) -> StepResult:
    """Does the work, and tells the observer before and after."""
    observer.started(step)
    began = time.perf_counter()
    rows = work()
    result = StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000, rows)
    observer.finished(result)
    return result


def _advance_sequences(connection: Connection, table: TablePlan) -> None:
    for column in table.columns:
        if column.sequence:
            name = quote_identifier(column.name)
            statement = f"SELECT setval(%s, max({name})) FROM {table.fact.quoted} HAVING max({name}) IS NOT NULL"  # noqa: S608
            connection.execute(statement.encode(), (column.sequence,))


def _marked(plan: SeedPlan, wanted: Marker, results: Iterable[StepResult]) -> Marker:
    tables = tuple(fact.quoted for fact in _facts(plan))
    return dataclasses.replace(wanted, rows=sum(result.rows or 0 for result in results), tables=tables)


def _facts(plan: SeedPlan) -> list[TableFact]:
    return [table.fact for table in plan.tables]


def _listed(facts: Sequence[TableFact]) -> str:
    return ", ".join(fact.quoted for fact in facts)
