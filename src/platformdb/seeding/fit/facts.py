"""What the catalog says of the tables to seed, and how many rows they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.fit.constraints import Check, Exclusion, ForeignKey, Partition, Partitioning, Unique
from platformdb.seeding.model import ColumnFact, TableFact

PACKAGE = "platformdb.seeding"
# The first columns of tables.sql are the table's; this one of the others is the oid of an array's elements.
HEAD, ELEMENT = 4, 7

Row = tuple[Any, ...]
# Tables by schema and name.
Address = tuple[str, str]
ByTable = Mapping[Address, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class _Types:
    """Labels of enums and CHECKs of domains, by their oids."""

    labels: Mapping[int, tuple[str, ...]]
    checks: Mapping[int, tuple[Check, ...]]


def read_facts(connection: Connection) -> Mapping[str, TableFact]:
    """Every table of the database by the name that seed.toml calls it."""
    rows = _rows(connection, "tables")
    names = {(schema, relation): relation if near else f"{schema}.{relation}" for schema, relation, near, *_ in rows}
    types = _types(connection)
    parts = {part: _by_table(connection, part) for part in ("checks", "uniques", "exclusions", "partitions")}
    keys = _by_table(connection, "foreign_keys")
    found: dict[str, TableFact] = {}
    for (schema, relation, _, partitioned), columns in groupby(rows, key=lambda row: row[:HEAD]):
        own = [key for key in keys[schema, relation] if key[:2] in names]
        name = names[schema, relation]
        found[name] = TableFact(
            name,
            schema,
            relation,
            tuple(_column(column[HEAD:], types) for column in columns),
            tuple(dict.fromkeys(names[key[:2]] for key in own if not key[2])),
            tuple(dict.fromkeys(names[key[:2]] for key in own if key[2])),
            partitioned,
            tuple(Check(*_frozen(row)) for row in parts["checks"][schema, relation]),
            tuple(Unique(*_frozen(row)) for row in parts["uniques"][schema, relation]),
            tuple(_foreign_key(key, names) for key in own),
            tuple(Exclusion(*_frozen(row)) for row in parts["exclusions"][schema, relation]),
            _partitioning(parts["partitions"][schema, relation]),
        )
    return found


def _rows(connection: Connection, name: str) -> list[Row]:
    return connection.execute(query(name, PACKAGE)).fetchall()


def _by_table(connection: Connection, name: str) -> ByTable:
    """The rows of a query whose first two columns are a table's schema and name, without these."""
    found: dict[Address, list[Row]] = defaultdict(list)
    for schema, relation, *rest in _rows(connection, name):
        found[schema, relation].append(tuple(rest))
    return found


def _types(connection: Connection) -> _Types:
    labels = {oid: tuple(names) for oid, names in _rows(connection, "enums")}
    checks: dict[int, tuple[Check, ...]] = defaultdict(tuple)
    for oid, name, expression, domain, validated in _rows(connection, "domains"):
        checks[oid] += (Check(name, expression, (), domain, validated),)
    return _Types(labels, checks)


def _column(row: Row, types: _Types) -> ColumnFact:
    *values, labelled, declared = row
    own, elements = types.checks.get(declared, ()), types.checks.get(values[ELEMENT], ())
    return replace(ColumnFact(*values), labels=types.labels.get(labelled, ()), checks=own, element_checks=elements)


def _foreign_key(key: Row, names: Mapping[Address, str]) -> ForeignKey:
    schema, relation, deferrable, name, columns, referenced, full = key
    return ForeignKey(name, tuple(columns), names[schema, relation], tuple(referenced), deferrable, full)


def _partitioning(rows: Sequence[Row]) -> Partitioning | None:
    if not rows:
        return None
    strategy, columns = rows[0][:2]
    partitions = tuple(
        Partition(name, bounds, expression, bounds == "DEFAULT") for _, _, name, bounds, expression in rows if name
    )
    return Partitioning(strategy, tuple(columns), partitions)


def _frozen(row: Row) -> Row:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


def count_filled(connection: Connection, tables: Sequence[TableFact]) -> Mapping[str, int]:
    """The rows of those tables that are not empty."""
    exist = _one_row(connection, [f"EXISTS (SELECT FROM {table.quoted})" for table in tables])
    filled = [table for table, some in zip(tables, exist, strict=True) if some]
    counts = _one_row(connection, [f"(SELECT count(*) FROM {table.quoted})" for table in filled])  # noqa: S608
    return {table.name: rows for table, rows in zip(filled, counts, strict=True)}


def _one_row(connection: Connection, expressions: Sequence[str]) -> tuple[int, ...]:
    """The values of all expressions, in one round trip."""
    return connection.execute(f"SELECT {', '.join(expressions)}".encode()).fetchone() or ()
