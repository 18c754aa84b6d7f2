"""Tries a table's first rows on the server, where only the rows themselves can tell whether they meet its CHECKs.

They go into a temporary table with the same columns and no constraints, which is gone afterwards. A load of many rows
would find out late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from platformdb.postgres.attempt import attempt
from platformdb.postgres.connect import Connection
from platformdb.postgres.copy import copy_in, stream
from platformdb.postgres.copy_types import encode
from platformdb.seeding.fit.constraints import Check
from platformdb.seeding.fit.refused import columns_of_check, explain_refusal, value_in
from platformdb.seeding.fit.wires import wire_of
from platformdb.seeding.model import ColumnFact, TablePlan
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World
from platformdb.sqltext.quote import quote_identifier

# So many show what one row in 200 does wrong, and take some milliseconds.
ROWS = 1_000
# A smaller load says as soon by itself which row is wrong.
MANY_ROWS = 100_000
TRIED = 'pg_temp."platformdb trial"'
# What the role may not do, or what the server says of something else than a row, is no reason to refuse anything.
ABOUT_ROWS = ("22", "23")


def try_rows(connection: Connection, world: World, table: TablePlan) -> None:
    """Offers the first rows to the table's unproven CHECKs; nothing stays of them.

    Raises:
        Misfit: one is against a CHECK, or no value of its type; says which.
    """
    rows = min(world.rows(table.fact.name), ROWS)
    checks = tuple(_answerable(table))
    if not rows or not checks:
        return
    with connection.transaction(force_rollback=True):
        found: list[tuple[int, Check]] = []
        refusal = attempt(connection, lambda: found.extend(_violations(connection, world, table, checks, rows)))
    if refusal is not None and refusal.sqlstate[:2] in ABOUT_ROWS:
        error = explain_refusal(world, [table], refusal)
        if error is not None:
            said = [line.strip() for line in error.detail.splitlines()[:-1]]
            raise Misfit(f"{error.message} ({'; '.join(said)})", error.key)
    for number, check in found:
        raise Misfit(*_told(world, table, number, check))


def _answerable(table: TablePlan) -> Iterator[Check]:
    """Those that look at nothing but columns which are filled, or NULL."""
    filled = {column.name for column in table.columns}
    for check in table.unproven:
        others = [table.fact.column(name) for name in columns_of_check(check) if name not in filled]
        if not any(column is None or column.default or column.identity or column.generated for column in others):
            yield check


def _violations(
    connection: Connection, world: World, table: TablePlan, checks: Sequence[Check], rows: int
) -> list[tuple[int, Check]]:
    """The first row that is against a CHECK, and which."""
    looked_at = {name for check in checks for name in columns_of_check(check)}
    columns = [column for column in table.fact.columns if column.name in looked_at]
    names = ", ".join(quote_identifier(column.name) for column in columns)
    create = f"CREATE TEMP TABLE {TRIED} ON COMMIT DROP AS SELECT {names} FROM {table.fact.quoted} WITH NO DATA"  # noqa: S608
    connection.execute(create.encode())
    _offer(connection, world, table, [column for column in columns if column in table.columns], rows)
    verdicts = ", ".join(f"({check.expression}) IS FALSE" for check in checks)
    statement = (
        f"SELECT number, array_position(wrong, true) FROM (SELECT row_number() OVER (ORDER BY ctid) AS number, "  # noqa: S608
        f"ARRAY[{verdicts}] AS wrong FROM {TRIED}) AS judged WHERE true = ANY (wrong) ORDER BY number LIMIT 1"
    )
    return [(number, checks[place - 1]) for number, place in connection.execute(statement.encode()).fetchall()]


def _offer(connection: Connection, world: World, table: TablePlan, columns: Sequence[ColumnFact], rows: int) -> None:
    name = table.fact.name
    block = world.block(name, Span(0, min(world.rows(name), BLOCK)))
    first = np.arange(rows)
    fields = [encode(block.value(column.name).take(first), wire_of(name, column)) for column in columns]
    quoted = ", ".join(quote_identifier(column.name) for column in columns)
    copy_in(connection, f"COPY {TRIED} ({quoted}) FROM STDIN (FORMAT binary)", stream([fields]))


def _told(world: World, table: TablePlan, number: int, check: Check) -> tuple[str, str]:
    """What to say, and the key of the generator."""
    filled = [column.name for column in table.columns]
    names = [name for name in columns_of_check(check) if table.fact.column(name)]
    values = ", ".join(f"{name} = {value_in(world, table, name, number)}" for name in names)
    made = next((name for name in names if name in filled), "")
    key = f"tables.{table.fact.name}.columns.{made}" if made else f"tables.{table.fact.name}"
    against = f"is against {check.name}, CHECK {check.expression}" if check.name else "fits into no partition"
    return f"row {number:,} of {table.fact.name} {against}: {values}", key
