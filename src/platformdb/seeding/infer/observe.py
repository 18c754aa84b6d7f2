"""What the rows of a database look like: how many, how unequal, how often NULL; from statistics, else from a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from platformdb.postgres.attempt import attempt
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.fit.constraints import ForeignKey
from platformdb.seeding.infer.model import Seen
from platformdb.seeding.infer.shapes import Statistics, shape_of
from platformdb.seeding.infer.uniques import COUNTED, MOMENTS, TEXTS
from platformdb.seeding.model import ColumnFact, TableFact
from platformdb.sqltext.quote import quote_identifier

PACKAGE = "platformdb.seeding.infer"
# Of so many rows at most a column without statistics is looked at, and the children of each parent counted.
SAMPLE, MOST_COUNTED = 20_000, 5_000_000
# Types whose values have an order, and a text that says all of them.
PLAIN = ("bool", *COUNTED, *TEXTS, *MOMENTS)


def observe(connection: Connection, facts: Mapping[str, TableFact]) -> Mapping[str, Seen]:
    """What is in the tables that hold rows. A table that this role may not read is as good as empty."""
    names = [fact.quoted for fact in facts.values()]
    sizes = {(schema, name): rows for schema, name, rows in connection.execute(query("rows", PACKAGE), (names,))}
    seen: dict[str, Seen] = {}
    for name, fact in facts.items():
        found: list[Seen] = []
        look = partial(_seen, connection, fact, facts, sizes)
        # Policies may call functions that write.
        attempt(connection, lambda look=look, found=found: found.append(look()), writes=False)  # type: ignore[misc]
        if found and found[0].rows:
            seen[name] = found[0]
    return seen


def _seen(
    connection: Connection, fact: TableFact, facts: Mapping[str, TableFact], sizes: Mapping[tuple[str, str], float]
) -> Seen:
    rows = int(sizes[fact.schema, fact.relation])
    if rows <= SAMPLE:
        rows = _one(connection, f"SELECT count(*) FROM {fact.quoted}")[0]  # noqa: S608
    if not rows:
        return Seen()
    columns = {column.name: shape_of(column, found, rows) for column, found in _statistics(connection, fact)}
    children = {
        key.name: tuple(_children(connection, fact, key, facts[key.table]))
        for key in fact.foreign_keys
        if key.table in facts
    }
    return Seen(rows, columns, children if rows <= MOST_COUNTED else {})


def _statistics(connection: Connection, fact: TableFact) -> Iterator[tuple[ColumnFact, Statistics]]:
    known = {
        name: Statistics(*rest)
        for name, *rest in connection.execute(query("statistics", PACKAGE), (fact.schema, fact.relation))
    }
    for column in fact.columns:
        if column.name in known:
            yield column, known[column.name]
        elif not known and (column.type in PLAIN or column.enum) and not column.element:
            name = quote_identifier(column.name)
            sample = f"WITH sample AS (SELECT {name} AS value FROM {fact.quoted} LIMIT {SAMPLE}), "  # noqa: S608
            yield column, Statistics(*_one(connection, sample + query("sample", PACKAGE).partition("WITH ")[2]))


def _children(connection: Connection, fact: TableFact, key: ForeignKey, parent: TableFact) -> Iterator[tuple[int, int]]:
    """How many parents have how many children, those with none too."""
    columns = [quote_identifier(name) for name in key.columns]
    complete = " AND ".join(f"{name} IS NOT NULL" for name in columns)
    found = connection.execute(
        f"SELECT times, count(*) FROM (SELECT count(*) AS times FROM {fact.quoted} WHERE {complete}"  # noqa: S608
        f" GROUP BY {', '.join(columns)}) AS fans GROUP BY times ORDER BY times".encode()
    ).fetchall()
    parents = _one(connection, f"SELECT count(*) FROM {parent.quoted}")[0]  # noqa: S608
    childless = parents - sum(many for _, many in found)
    yield from ((0, childless), *found) if childless > 0 else found


def _one(connection: Connection, sql: str) -> Sequence[Any]:
    return connection.execute(sql.encode()).fetchone() or (0,)
