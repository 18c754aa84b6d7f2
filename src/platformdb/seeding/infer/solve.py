"""Asks the server for values that meet a CHECK which nobody else understands: it judges what might do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from platformdb.postgres.attempt import attempt
from platformdb.postgres.connect import Connection
from platformdb.seeding.infer.cases import MOST_KEPT
from platformdb.seeding.infer.desk import scalar
from platformdb.seeding.infer.model import Case, Group, Known, Trouble
from platformdb.seeding.infer.uniques import COUNTED, TEXTS, key_columns
from platformdb.seeding.model import ColumnFact, TableFact
from platformdb.sqltext.quote import quote_identifier

# So many columns at most, for their values are tried in every combination.
MOST_COLUMNS = 4
NUMBERS = ("1", "0", "2", "3", "5", "7", "10", "100", "1000", "100000", "-1")
WORDS = (
    "abc",
    "ABC",
    "a",
    "Some words",
    "12345",
    "abc123",
    "a@example.com",
    "https://example.com/",
    "2025-01-01",
    "{}",
    "",
)
_TEXT, _NUMBER = re.compile(r"'((?:[^']|'')*)'"), re.compile(r"(?<![\w.'])\d+(?:\.\d+)?")


def solved(connection: Connection, known: Known, trouble: Trouble) -> Group | None:
    """Values for the columns of the CHECK that was broken; None: it is no CHECK, or none of the values will do."""
    fact = known.facts[trouble.table]
    check = next((check for check in fact.checks if check.name == trouble.constraint), None)
    if check is None or not 1 <= len(check.columns) <= MOST_COLUMNS:
        return None
    keys = set[str]().union(*(key_columns(fact, unique) for unique in fact.uniques))
    keys |= {name for key in fact.foreign_keys for name in key.columns}
    columns = [column for name in check.columns if (column := fact.column(name)) is not None]
    known_already = any(set(group.columns) & set(check.columns) for group in known.solved.get(fact.name, ()))
    if known_already or keys & set(check.columns) or any(column.generated for column in columns):
        return None
    found: list[Case] = []
    # A CHECK may call a function that writes.
    attempt(connection, lambda: found.extend(_cases(connection, fact, columns)), writes=False)
    return Group(tuple(column.name for column in columns), tuple(found[:MOST_KEPT])) if found else None


def _cases(connection: Connection, fact: TableFact, columns: list[ColumnFact]) -> Iterator[Case]:
    names = {column.name for column in columns}
    checks = [check.expression for check in fact.checks if check.columns and set(check.columns) <= names]
    offered = {column.name: list(_offered(column, " ".join(checks))) for column in columns}
    tables = ", ".join(_values(n, column) for n, column in enumerate(columns))
    places = ", ".join(quote_identifier(f"{n} place") for n in range(len(columns)))
    told = " AND ".join(f"({expression}) IS NOT FALSE" for expression in checks)
    query = f"SELECT {places} FROM {tables} WHERE {told} ORDER BY {places} LIMIT {MOST_KEPT}"  # noqa: S608
    parameters = dict(enumerate(offered.values()))
    # Named parameters, for an expression may have a % of its own.
    for row in connection.execute(_escaped(query, len(columns)), {str(n): values for n, values in parameters.items()}):
        chosen = zip(columns, row, strict=True)
        yield {column.name: _value(column, offered[column.name][place - 1]) for column, place in chosen}


def _values(number: int, column: ColumnFact) -> str:
    """What a column may be, as a table: its value and the place of that among those offered."""
    name, place, whole = map(quote_identifier, (column.name, f"{number} place", f"{number} values"))
    listed = f"unnest(\0{number}\0::text[]) WITH ORDINALITY AS t (v, i)"
    return f"(SELECT v::{column.declared} AS {name}, i AS {place} FROM {listed}) AS {whole}"  # noqa: S608


def _escaped(query: str, parameters: int) -> bytes:
    """A query for psycopg, whatever signs of its own are in it."""
    query = query.replace("%", "%%")
    for number in range(parameters):
        query = query.replace(f"\0{number}\0", f"%({number})s")
    return query.encode()


def _offered(column: ColumnFact, expressions: str) -> Iterator[str | None]:
    """What a value of the type may be, what the CHECKs speak of first."""
    texts = [text.replace("''", "'") for text in _TEXT.findall(expressions)]
    numbers = [Decimal(number) for number in _NUMBER.findall(expressions)]
    if column.labels:
        yield from column.labels
    elif column.type == "bool":
        yield from ("true", "false")
    elif column.type in COUNTED:
        near = [number + step for number in numbers for step in (0, 1, -1, 2)]
        yield from dict.fromkeys((*map(str, near), *NUMBERS))
    elif column.type in TEXTS:
        yield from dict.fromkeys((*texts, *WORDS))
    elif column.type in ("json", "jsonb"):
        yield from ("{}", "[]", *(f'{{"{text}": 1}}' for text in texts if text.isidentifier()))
    if not column.not_null:
        yield None


def _value(column: ColumnFact, text: str | None) -> Any:
    if text is None:
        return None
    if column.type == "bool":
        return text == "true"
    return scalar(Decimal(text)) if column.type in COUNTED else text
