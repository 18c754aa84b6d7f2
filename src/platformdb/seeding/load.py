"""Loads a planned seed in one transaction."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql

from platformdb.errors import ApplyFailed, Interrupted, NotNow, Place, Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.copy import copy_in
from platformdb.postgres.queries import query
from platformdb.report.model import Report, Statement, Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.seeding.facts import count_filled, identifier
from platformdb.seeding.marker import PACKAGE, read_marker, write_marker
from platformdb.seeding.model import Definition, SeedPlan, TablePlan
from platformdb.seeding.problems import Invalid, Misfit, Problem
from platformdb.seeding.reports import loaded, nothing_to_do
from platformdb.seeding.state import Marker, judge_state
from platformdb.seeding.wires import encode_table
from platformdb.seeding.world import World

LOCK_TIMEOUT = "5s"
ENABLE = {"O": "ENABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}


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
    try:
        # Before anything is locked: which rows there are, and the larger part of the work.
        for table in plan.tables:
            world.rows(table.fact.name)
        with connection.transaction():
            _take(connection, plan)
            # Again, now that nobody can write any more.
            if not _may_load(connection, platform, plan, wanted, replace=replace):
                return nothing_to_do(wanted, read_marker(connection, platform))
            results = _fill(connection, world, plan, observer)
            write_marker(connection, platform, _marked(connection, plan, wanted, results))
    except psycopg.errors.LockNotAvailable:
        message = f"the tables are in use: no lock within {LOCK_TIMEOUT}"
        raise NotNow(message, help="end the other sessions' transactions, then run it again") from None
    except psycopg.Error as error:
        raise _explained(error) from None
    except Misfit as misfit:
        raise Invalid((Problem(misfit.message, Place(definition.source), misfit.key),)) from None
    except KeyboardInterrupt:
        raise Interrupted("interrupted; nothing was loaded", help="run it again") from None
    connection.execute(sql.SQL("ANALYZE {}").format(_list(plan.tables)))
    return loaded(wanted, results)


def _may_load(connection: Connection, platform: str, plan: SeedPlan, wanted: Marker, *, replace: bool) -> bool:
    outside = count_filled(connection, plan.bystanders)
    filled = count_filled(connection, [table.fact for table in plan.tables])
    needed = judge_state(wanted, read_marker(connection, platform), filled, replace=replace)
    if needed and outside:
        holds = ", ".join(f"{table} ({rows:,})" for table, rows in outside.items())
        raise Refused(
            f"other tables refer to those to be filled, and hold rows: {holds}",
            help="empty them, or describe them in seed.toml",
        )
    return needed


def _take(connection: Connection, plan: SeedPlan) -> None:
    connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
    facts = [*(table.fact for table in plan.tables), *plan.bystanders]
    # In one order for everybody, so that two who do this at once wait and do not deadlock.
    names = sql.SQL(", ").join(
        identifier(fact) for fact in sorted(facts, key=lambda fact: (fact.schema, fact.relation))
    )
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))


def _fill(connection: Connection, world: World, plan: SeedPlan, observer: Observer) -> tuple[StepResult, ...]:
    observer.stage(f"seeding profile {world.definition.profile}", len(plan.tables))
    enable = _disable_triggers(connection, plan.tables)
    # FREEZE asks for a table that this very (sub)transaction has emptied.
    names = sql.SQL(", ").join(identifier(fact) for fact in (*(t.fact for t in plan.tables), *plan.bystanders))
    connection.execute(sql.SQL("TRUNCATE {}").format(names))
    if plan.deferred:
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
    results = tuple(_copy(connection, world, table, observer) for table in plan.tables)
    # A table with checks still to come cannot be altered.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute(enable)
    for table in plan.tables:
        _advance_sequences(connection, table)
    return results


def _disable_triggers(connection: Connection, tables: Sequence[TablePlan]) -> sql.Composed:
    """Disables the users' triggers; returns the statements that bring each back to what it was."""
    names = [identifier(table.fact).as_string(connection) for table in tables]
    found = connection.execute(query("triggers", PACKAGE), (names,)).fetchall()
    disable, enable = [], []
    for schema, relation, name, state in found:
        alter = sql.SQL("ALTER TABLE ONLY {} ").format(sql.Identifier(schema, relation))
        trigger = sql.Identifier(name)
        disable.append(alter + sql.SQL("DISABLE TRIGGER {}").format(trigger))
        enable.append(alter + sql.SQL(ENABLE[state]) + sql.SQL(" {}").format(trigger))
    # One message for all: a round trip each would take longer than the work.
    connection.execute(sql.SQL("; ").join(disable))
    return sql.SQL("; ").join(enable)


def _copy(connection: Connection, world: World, table: TablePlan, observer: Observer) -> StepResult:
    rows = world.rows(table.fact.name)
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    # A partitioned table takes no FREEZE.
    options = sql.SQL("FORMAT binary" if table.fact.partitioned else "FORMAT binary, FREEZE")
    statement = sql.SQL("COPY {} ({}) FROM STDIN ({})").format(identifier(table.fact), columns, options)
    step = Step("copy", table.fact.name, f"{rows:,} rows", (Statement(statement.as_string(connection)),))
    observer.started(step)
    began = time.perf_counter()
    copied = copy_in(connection, statement, encode_table(world, table)) if rows else 0
    result = StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000, copied)
    observer.finished(result)
    return result


def _advance_sequences(connection: Connection, table: TablePlan) -> None:
    for column in table.columns:
        if column.sequence:
            statement = sql.SQL("SELECT setval(%s, max({})) FROM {} HAVING max({}) IS NOT NULL")
            name = sql.Identifier(column.name)
            connection.execute(statement.format(name, identifier(table.fact), name), (column.sequence,))


def _list(tables: Sequence[TablePlan]) -> sql.Composed:
    return sql.SQL(", ").join(identifier(table.fact) for table in tables)


def _marked(connection: Connection, plan: SeedPlan, wanted: Marker, results: Iterable[StepResult]) -> Marker:
    names = tuple(identifier(table.fact).as_string(connection) for table in plan.tables)
    return dataclasses.replace(wanted, rows=sum(result.rows or 0 for result in results), tables=names)


def _explained(error: psycopg.Error) -> ApplyFailed:
    diagnostic = error.diag
    parts = (
        ("SQLSTATE", diagnostic.sqlstate),
        ("detail", diagnostic.message_detail),
        ("hint", diagnostic.message_hint),
        ("context", diagnostic.context),
    )
    return ApplyFailed(
        f"the seed was not loaded: {diagnostic.message_primary or str(error).strip()}",
        detail="\n".join(f"{name}: {value}" for name, value in parts if value),
        help="everything was rolled back; correct seed.toml (or the permissions), then run it again",
    )
