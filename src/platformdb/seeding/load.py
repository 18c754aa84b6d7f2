"""Loads a planned seed in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import psycopg
from psycopg import sql

from platformdb.errors import ApplyFailed, ConfigError, Interrupted, NotNow, Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.copy import copy_in
from platformdb.postgres.copy_types import Field, WireType, encode
from platformdb.postgres.queries import query
from platformdb.report.model import Report, Statement, Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.seeding.facts import PACKAGE, count_filled, identifier, read_marker
from platformdb.seeding.model import Definition, Marker, Misfit, SeedPlan, TablePlan
from platformdb.seeding.plan import judge_state
from platformdb.seeding.streams import BLOCK, Span
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
        ConfigError: a generator's values do not fit a column; everything was rolled back.
        ApplyFailed: the server refused a row; everything was rolled back.
    """
    if not _may_load(connection, platform, plan, wanted, replace=replace):
        return _nothing_to_do(connection, platform, wanted)
    try:
        with connection.transaction():
            _take(connection, plan)
            # Again, now that nobody can write any more.
            if not _may_load(connection, platform, plan, wanted, replace=replace):
                return _nothing_to_do(connection, platform, wanted)
            results = _fill(connection, definition, plan, wanted, observer)
            _mark(connection, platform, plan, wanted, results)
    except psycopg.errors.LockNotAvailable:
        message = f"the tables are in use: no lock within {LOCK_TIMEOUT}"
        raise NotNow(message, help="end the other sessions' transactions, then run it again") from None
    except psycopg.Error as error:
        raise _explained(error) from None
    except Misfit as misfit:
        raise ConfigError(f"{misfit.key}: {misfit.message}", help="correct seed.toml; nothing was changed") from None
    except KeyboardInterrupt:
        raise Interrupted("interrupted; nothing was loaded", help="run it again") from None
    connection.execute(sql.SQL("ANALYZE {}").format(_list(plan.tables)))
    return _report(wanted, results)


def generate_fields(world: World, table: TablePlan) -> Iterator[Sequence[Field]]:
    """The rows of a table in wire format, block by block."""
    name, rows = table.fact.name, world.rows(table.fact.name)
    types = [WireType(f"{name}.{fact.name}", fact.type, fact.enum) for fact in table.columns]
    for first in range(0, rows, BLOCK):
        block = world.block(name, Span(first, min(first + BLOCK, rows)))
        yield [encode(block.value(fact.name), wire) for fact, wire in zip(table.columns, types, strict=True)]


def _may_load(connection: Connection, platform: str, plan: SeedPlan, wanted: Marker, *, replace: bool) -> bool:
    outside = count_filled(connection, plan.bystanders)
    filled = count_filled(connection, (table.fact for table in plan.tables))
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


def _fill(
    connection: Connection, definition: Definition, plan: SeedPlan, wanted: Marker, observer: Observer
) -> tuple[StepResult, ...]:
    world = World(definition, wanted.seed)
    observer.stage(f"seeding profile {wanted.profile}", len(plan.tables))
    enable = list(_disable_triggers(connection, plan.tables))
    # FREEZE asks for a table that this very (sub)transaction has emptied.
    names = sql.SQL(", ").join(identifier(fact) for fact in (*(t.fact for t in plan.tables), *plan.bystanders))
    connection.execute(sql.SQL("TRUNCATE {}").format(names))
    if plan.deferred:
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
    results = tuple(_copy(connection, world, table, observer) for table in plan.tables)
    # A table with checks still to come cannot be altered.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in enable:
        connection.execute(statement)
    for table in plan.tables:
        _advance_sequences(connection, table)
    return results


def _disable_triggers(connection: Connection, tables: Sequence[TablePlan]) -> Iterator[sql.Composed]:
    """Disables the users' triggers; yields the statements that bring each back to what it was."""
    for table in tables:
        quoted = identifier(table.fact)
        found = connection.execute(query("triggers", PACKAGE), {"table": quoted.as_string(connection)}).fetchall()
        for schema, relation, trigger, state in found:
            alter = sql.SQL("ALTER TABLE ONLY {} ").format(sql.Identifier(schema, relation))
            connection.execute(alter + sql.SQL("DISABLE TRIGGER {}").format(sql.Identifier(trigger)))
            yield alter + sql.SQL(ENABLE[state]) + sql.SQL(" {}").format(sql.Identifier(trigger))


def _copy(connection: Connection, world: World, table: TablePlan, observer: Observer) -> StepResult:
    rows = world.rows(table.fact.name)
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    # A partitioned table takes no FREEZE.
    options = sql.SQL("FORMAT binary" if table.fact.partitioned else "FORMAT binary, FREEZE")
    statement = sql.SQL("COPY {} ({}) FROM STDIN ({})").format(identifier(table.fact), columns, options)
    step = Step("copy", table.fact.name, f"{rows:,} rows", (Statement(statement.as_string(connection)),))
    observer.started(step)
    began = time.perf_counter()
    copied = copy_in(connection, statement, generate_fields(world, table)) if rows else 0
    result = StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000, copied)
    observer.finished(result)
    return result


def _advance_sequences(connection: Connection, table: TablePlan) -> None:
    for column in table.columns:
        if column.sequence:
            statement = sql.SQL("SELECT setval(%s, max({})) FROM {} HAVING max({}) IS NOT NULL")
            name = sql.Identifier(column.name)
            connection.execute(statement.format(name, identifier(table.fact), name), (column.sequence,))


def _mark(connection: Connection, platform: str, plan: SeedPlan, wanted: Marker, results: Iterable[StepResult]) -> None:
    connection.execute(query("marker_create", PACKAGE))
    connection.execute(
        query("marker_write", PACKAGE),
        {
            "platform": platform,
            "profile": wanted.profile,
            "seed": wanted.seed,
            "checksum": wanted.checksum,
            "tables": [table.fact.name for table in plan.tables],
            "rows": sum(result.rows or 0 for result in results),
        },
    )


def _list(tables: Sequence[TablePlan]) -> sql.Composed:
    return sql.SQL(", ").join(identifier(table.fact) for table in tables)


def _nothing_to_do(connection: Connection, platform: str, wanted: Marker) -> Report:
    found = read_marker(connection, platform)
    rows = found.rows if found else 0
    return Report(
        f"nothing to do: profile {wanted.profile}, seed {wanted.seed} is loaded already ({rows:,} rows)",
        data={**_data(wanted), "rows": rows, "changed": False},
    )


def _report(wanted: Marker, results: tuple[StepResult, ...]) -> Report:
    rows = sum(result.rows or 0 for result in results)
    return Report(
        f"seeded {len(results)} tables, {rows:,} rows (profile {wanted.profile}, seed {wanted.seed})",
        steps=results,
        data={
            **_data(wanted),
            "rows": rows,
            "changed": True,
            "tables": {result.step.subject: result.rows for result in results},
        },
    )


def _data(wanted: Marker) -> dict[str, object]:
    return {"profile": wanted.profile, "seed": wanted.seed, "checksum": wanted.checksum}


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
