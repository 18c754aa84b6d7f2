"""What the catalog says of the tables to seed, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from psycopg import sql

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.model import ColumnFact, Marker, TableFact

PACKAGE = "platformdb.seeding"


def read_facts(connection: Connection) -> Mapping[str, TableFact]:
    """Every table of the database by the name that seed.toml calls it."""
    rows = connection.execute(query("tables", PACKAGE)).fetchall()
    keys = connection.execute(query("foreign_keys", PACKAGE)).fetchall()
    names = {(schema, relation): relation if near else f"{schema}.{relation}" for schema, relation, near, *_ in rows}
    found: dict[str, TableFact] = {}
    for (schema, relation, _, partitioned), columns in groupby(rows, key=lambda row: row[:4]):
        own = [key for key in keys if key[:2] == (schema, relation) and key[2:4] in names]
        name = names[schema, relation]
        found[name] = TableFact(
            name,
            schema,
            relation,
            tuple(ColumnFact(*column[4:]) for column in columns),
            tuple(dict.fromkeys(names[key[2:4]] for key in own if not key[4])),
            tuple(dict.fromkeys(names[key[2:4]] for key in own if key[4])),
            partitioned,
        )
    return found


def read_marker(connection: Connection, platform: str) -> Marker | None:
    """Which seed the database says it holds."""
    exists = connection.execute(query("marker_exists", PACKAGE)).fetchone()
    if not (exists and exists[0]):
        return None
    row = connection.execute(query("marker_read", PACKAGE), (platform,)).fetchone()
    return Marker(*row) if row else None


def count_filled(connection: Connection, tables: Iterable[TableFact]) -> Mapping[str, int]:
    """The rows of those tables that are not empty."""
    return {
        table.name: _count(connection, table)
        for table in tables
        if _one(connection, sql.SQL("SELECT EXISTS (SELECT FROM {})").format(identifier(table)))
    }


def _count(connection: Connection, table: TableFact) -> int:
    return int(_one(connection, sql.SQL("SELECT count(*) FROM {}").format(identifier(table))))


def _one(connection: Connection, statement: sql.Composed) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def identifier(table: TableFact) -> sql.Identifier:
    """The table's quoted name."""
    return sql.Identifier(table.schema, table.relation)
