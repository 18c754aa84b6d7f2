"""What the catalog says of the tables to seed, and how many rows they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.model import ColumnFact, TableFact

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


def count_filled(connection: Connection, tables: Sequence[TableFact]) -> Mapping[str, int]:
    """The rows of those tables that are not empty."""
    exist = _one_row(connection, [f"EXISTS (SELECT FROM {table.quoted})" for table in tables])
    filled = [table for table, some in zip(tables, exist, strict=True) if some]
    counts = _one_row(connection, [f"(SELECT count(*) FROM {table.quoted})" for table in filled])  # noqa: S608
    return {table.name: rows for table, rows in zip(filled, counts, strict=True)}


def _one_row(connection: Connection, expressions: Sequence[str]) -> tuple[int, ...]:
    """The values of all expressions, in one round trip."""
    return connection.execute(f"SELECT {', '.join(expressions)}".encode()).fetchone() or ()
