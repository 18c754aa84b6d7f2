"""Reads a database's schema from the catalog."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.schema.model import Column, Constraint, Enum, ForeignKey, Index, Schema, Table, Trigger

PACKAGE = "platformdb.schema"
# CREATE TRIGGER name AFTER INSERT ON table … EXECUTE FUNCTION f(); names may be quoted, and hold anything then.
_TRIGGER = re.compile(
    r'CREATE (?P<kind>CONSTRAINT )?TRIGGER (?:"(?:[^"]|"")*"|\S+) (?P<when>(?:BEFORE|AFTER|INSTEAD OF) .*?)'
    r' ON (?:(?:"(?:[^"]|"")*"|[^\s".]+)\.?)+ (?P<rest>.*)EXECUTE FUNCTION .*',
    re.DOTALL,
)

Rows = Mapping[int, Sequence[tuple[Any, ...]]]


def read_schemas(connection: Connection) -> tuple[Schema, ...]:
    """The users' schemas that hold a table, a view or an enum, by name.

    Partitions, what extensions brought and the tool's own tables are left out. Names in definitions are qualified,
    but for those in ``public``, whatever search_path the role has.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('search_path', 'public', true)")
        tables = _tables(connection)
        enums = [
            Enum(schema, name, tuple(labels), comment)
            for schema, name, labels, comment in connection.execute(query("enums", PACKAGE))
        ]
        comments: dict[str, str] = dict(connection.execute(query("schemas", PACKAGE)).fetchall())
    return tuple(
        Schema(
            name,
            comments[name],
            tuple(table for table in tables if table.schema == name),
            tuple(each for each in enums if each.schema == name),
        )
        for name in sorted({each.schema for each in tables} | {each.schema for each in enums})
    )


def _tables(connection: Connection) -> list[Table]:
    relations = connection.execute(query("relations", PACKAGE)).fetchall()
    oids = [oid for oid, *_ in relations]
    columns, constraints, indexes, triggers = (
        _by_relation(connection.execute(query(part, PACKAGE), (oids,)))
        for part in ("columns", "constraints", "indexes", "triggers")
    )
    return [
        Table(
            schema,
            name,
            kind,
            comment,
            partition_key,
            tuple(Column(*row) for row in columns[oid]),
            tuple(Constraint(*row[:4]) for row in constraints[oid] if row[1] != "foreign key"),
            tuple(ForeignKey(*row) for row in constraints[oid] if row[1] == "foreign key"),
            tuple(Index(*row) for row in indexes[oid]),
            tuple(_trigger(*row) for row in triggers[oid]),
        )
        for oid, schema, name, kind, comment, partition_key in relations
    ]


def _by_relation(rows: Iterable[tuple[Any, ...]]) -> Rows:
    """The rest of the rows by their first column; arrays become tuples."""
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for oid, *facts in rows:
        found[oid].append(tuple(tuple(fact) if isinstance(fact, list) else fact for fact in facts))
    return found


def _trigger(name: str, definition: str, function: str) -> Trigger:
    match = _TRIGGER.fullmatch(definition)
    timing = f"{match['kind'] or ''}{match['when']} {match['rest']}".strip() if match else definition
    return Trigger(name, timing, function)
