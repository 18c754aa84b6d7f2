"""Rows of a project's query as the server writes them: texts, with the types of their columns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from platformdb.errors import NotNow, Place, Refused
from platformdb.postgres.connect import TROUBLE, Connection
from platformdb.postgres.read import advice

Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """A query's columns, by name and type, and its rows."""

    columns: tuple[str, ...]
    types: tuple[int, ...]
    rows: tuple[Row, ...]


def read_texts(connection: Connection, sql: str, *, what: str, place: Place, most: int | None = None) -> Texts:
    """The rows of a query without parameters, at most the first ``most``.

    Raises:
        Refused: the server rejects it; ``what`` names it and ``place`` says where it stands.
    """
    with refusing(connection, what=what, place=place):
        result = connection.execute(sql.encode()).pgresult
    if result is None:
        return Texts((), (), ())
    columns = range(result.nfields)
    names = tuple((result.fname(column) or b"").decode() for column in columns)
    count = result.ntuples if most is None else min(most, result.ntuples)
    rows = tuple(tuple(_text(result.get_value(row, column)) for column in columns) for row in range(count))
    return Texts(names, tuple(result.ftype(column) for column in columns), rows)


class QueryRefused(Refused):
    """The server rejects a project's query; ``sqlstate`` says why."""

    sqlstate = ""


class QueryStopped(NotNow):
    """The server gave a project's query up for lack of time, locks or resources; ``sqlstate`` says of what."""

    sqlstate = ""


@contextmanager
def refusing(connection: Connection, *, what: str, place: Place) -> Iterator[None]:
    """Says what the server has against a project's query in our words; a lost connection stays what it is.

    Raises:
        QueryRefused: the server rejects the query.
        QueryStopped: it may take it another time.
    """
    try:
        yield
    except psycopg.Error as error:
        if connection.broken:
            raise  # not the query's fault; `connect` says what it means
        raise _explained(error, what, place) from None


def _explained(error: psycopg.Error, what: str, place: Place) -> QueryRefused | QueryStopped:
    message, state = f"{what}: {error.diag.message_primary or str(error).strip()}", error.sqlstate or ""
    kind: type[QueryRefused | QueryStopped] = QueryRefused
    help_text = advice(error)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        help_text = "it writes: add rollback=on to its '-- platformdb:' line, and it runs in transactions rolled back"
    if state[:2] in TROUBLE:
        kind, help_text = QueryStopped, "see to the cause and run the same command again"
    explained = kind(message, detail=f"SQLSTATE: {state}" if state else "", place=place, help=help_text)
    explained.sqlstate = state
    return explained


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
