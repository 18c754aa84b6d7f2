"""Reading rows with SQL that comes from a project's files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from platformdb.errors import Refused
from platformdb.postgres.connect import Connection


def fetch(connection: Connection, sql: str, *, what: str) -> list[tuple[Any, ...]]:
    """All rows of a query without parameters.

    Raises:
        Refused: the server rejects it; ``what`` names where the query comes from.
    """
    try:
        return connection.execute(sql.encode()).fetchall()
    except psycopg.Error as error:
        raise _rejected(connection, error, what) from None


def stream(connection: Connection, sql: str, *, what: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query one after the other, however many there are.

    Raises:
        Refused: the server rejects it; ``what`` names where the query comes from.
    """
    try:
        with connection.transaction(), connection.cursor(name="platformdb_stream") as cursor:
            cursor.itersize = 10_000
            yield from cursor.execute(sql.encode())
    except psycopg.Error as error:
        raise _rejected(connection, error, what) from None


def advice(error: psycopg.Error) -> str:
    """What to do where the server rejects a project's query."""
    if error.sqlstate == "42501":  # insufficient_privilege
        return "connect as a role that may do this, or grant it what is missing"
    return "is the platform migrated? see: platformdb status"


def _rejected(connection: Connection, error: psycopg.Error, what: str) -> Exception:
    if connection.broken:
        return error  # not the query's fault; `connect` says what it means
    message = error.diag.message_primary or str(error).strip()
    detail = f"SQLSTATE: {error.sqlstate}" if error.sqlstate else ""
    return Refused(f"{what}: {message}", detail=detail, help=advice(error))
