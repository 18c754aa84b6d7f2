"""Puts right what triggers did, where the role may not keep them from firing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platformdb.postgres.connect import Connection
from platformdb.seeding.load.copying import copy, copy_statement
from platformdb.seeding.model import TablePlan
from platformdb.seeding.rows.world import World
from platformdb.sqltext.quote import quote_identifier

# What is put right may fire triggers again: counts of one table may follow rows of another.
ROUNDS = 3


def mend(connection: Connection, world: World, tables: Sequence[TablePlan]) -> None:
    """Makes the rows of the tables those that were generated again: others go, changed ones are set back.

    A table without a primary key is left as it is.
    """
    kept = [table for table in tables if _key(table) and world.rows(table.fact.name)]
    for number, table in enumerate(kept):
        connection.execute(f"CREATE TEMP TABLE {_copy(number)} (LIKE {table.fact.quoted}) ON COMMIT DROP".encode())
        for column in set(table.fact.columns) - set(table.columns):
            drop = f"ALTER TABLE {_copy(number)} DROP COLUMN {quote_identifier(column.name)}"
            connection.execute(drop.encode())
        copy(connection, world, table, copy_statement(table, freezes=False, into=_copy(number)))
    for _ in range(ROUNDS):
        if not sum(_changed(connection, table, number) for number, table in enumerate(kept)):
            return


def _changed(connection: Connection, table: TablePlan, number: int) -> int:
    """How many rows were not as they were generated."""
    statements = _statements(table, _copy(number))
    return sum(connection.execute(statement.encode()).rowcount for statement in statements)


def _statements(table: TablePlan, copy: str) -> Iterator[str]:
    key = " AND ".join(f"t.{name} = g.{name}" for name in _key(table))
    quoted = table.fact.quoted
    yield f"DELETE FROM {quoted} AS t WHERE NOT EXISTS (SELECT FROM {copy} AS g WHERE {key})"  # noqa: S608
    values = [quote_identifier(c.name) for c in table.columns if quote_identifier(c.name) not in _key(table)]
    if values:
        ours, theirs = (", ".join(f"{side}.{name}" for name in values) for side in "tg")
        names = ", ".join(values)
        yield (
            f"UPDATE {quoted} AS t SET ({names}) = ROW({theirs}) FROM {copy} AS g "  # noqa: S608
            f"WHERE {key} AND ROW({ours})::text IS DISTINCT FROM ROW({theirs})::text"
        )


def _key(table: TablePlan) -> tuple[str, ...]:
    """The columns of the primary key, if all of them are loaded."""
    own = {column.name for column in table.columns}
    first = next((unique for unique in table.fact.uniques if unique.primary), None)
    return tuple(map(quote_identifier, first.columns)) if first and own.issuperset(first.columns) else ()


def _copy(number: int) -> str:
    return f"platformdb_generated_{number}"
