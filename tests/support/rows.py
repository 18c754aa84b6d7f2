"""Short ways to put rows into a database and to look at what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg import sql
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from platformdb.postgres.connect import Connection


def insert(conn: Connection, table: str, **values: Any) -> Any:
    """Inserts exactly these values and returns the row."""
    columns = sql.SQL("({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
    )
    into = sql.SQL("INSERT INTO {} {} RETURNING *")
    statement = into.format(sql.Identifier(table), columns if values else sql.SQL("DEFAULT VALUES"))
    adapted = tuple(Jsonb(given) if isinstance(given, dict) else given for given in values.values())
    with conn.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(statement, adapted).fetchone()


def values(conn: Connection, query: str, *parameters: Any) -> list[Any]:
    return conn.execute(query.encode(), parameters or None).fetchall()


def value(conn: Connection, query: str, *parameters: Any) -> Any:
    """The one value of a query's one row."""
    ((found,),) = values(conn, query, *parameters)
    return found


def count(conn: Connection, table: str, **conditions: Any) -> int:
    """How many rows have these values; without conditions, all rows."""
    tests = [sql.SQL("{} IS NOT DISTINCT FROM {}").format(sql.Identifier(c), sql.Placeholder()) for c in conditions]
    where = sql.SQL(" AND ").join(tests) if tests else sql.SQL("TRUE")
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(table), where)
    row = conn.execute(statement, tuple(conditions.values())).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def taken_back(conn: Connection) -> Iterator[None]:
    """What the block does is undone at its end; the transaction can go on, whatever failed in there."""
    conn.execute("SAVEPOINT before_this")
    try:
        yield
    finally:
        conn.execute("ROLLBACK TO SAVEPOINT before_this; RELEASE SAVEPOINT before_this")


def digests(conn: Connection, tables: Mapping[str, Any] | tuple[str, ...]) -> dict[str, str]:
    """A digest of each table's rows, in an order that does not depend on how they lie on disk."""
    return {
        table: value(conn, f"SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {table} AS t")
        for table in tables
    }
