"""The clock: runs a prepared query many times, and asks the server for its plan."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import psycopg

from platformdb.errors import Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.read import advice

# After five runs PostgreSQL may change from custom plans to a generic one; what is timed lies behind that point.
WARM_UP_RUNS = 6


def settle(connection: Connection) -> None:
    """Makes the session read only and its plans comparable; what the URL or PGOPTIONS set (search_path) stays."""
    connection.execute("SET default_transaction_read_only = on; SET jit = off")


def read_parameters(connection: Connection, sql: str, *, what: str) -> tuple[object, ...] | None:
    """The first row of a persona's query, or None where it has no row, or one of NULLs: max() of an empty table.

    Raises:
        Refused: the server rejects the query.
    """
    try:
        row = connection.execute(sql.encode()).fetchone()
    except psycopg.Error as error:
        raise _rejected(connection, error, what) from None
    return row if row and any(value is not None for value in row) else None


def time_query(
    connection: Connection, sql: str, parameters: tuple[object, ...], *, samples: int, what: str
) -> tuple[float, ...]:
    """Wall times in milliseconds of ``samples`` runs, until all rows have arrived; warm-up runs come first.

    Raises:
        Refused: the server rejects the query.
    """
    connection.prepare_threshold = 0
    try:
        with psycopg.RawCursor(connection) as cursor:
            for _ in range(WARM_UP_RUNS):
                cursor.execute(sql.encode(), parameters, prepare=True)
            return tuple(_timed(cursor, sql.encode(), parameters) for _ in range(samples))
    except psycopg.Error as error:
        raise _rejected(connection, error, what) from None


def _timed(cursor: psycopg.RawCursor[Any], sql: bytes, parameters: tuple[object, ...]) -> float:
    began = time.perf_counter()
    # A client-side cursor: execute() returns when every row has arrived. To turn them into Python values is not the
    # query's time, and not every value can be (infinity).
    cursor.execute(sql, parameters, prepare=True)
    return (time.perf_counter() - began) * 1000


def explain(connection: Connection, sql: str, parameters: tuple[object, ...], *, what: str) -> Mapping[str, Any]:
    """The plan as the query really ran; TIMING OFF, for the clock calls of each row would be measured too.

    Raises:
        Refused: the server rejects the query.
    """
    wanted = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}"
    try:
        with psycopg.RawCursor(connection) as cursor:
            row = cursor.execute(wanted.encode(), parameters).fetchone()
    except psycopg.Error as error:
        raise _rejected(connection, error, what) from None
    plan: Mapping[str, Any] = row[0][0] if row else {}
    return plan


def _rejected(connection: Connection, error: psycopg.Error, what: str) -> Exception:
    if connection.broken:
        return error  # not the query's fault; `connect` says what it means
    message = error.diag.message_primary or str(error).strip()
    return Refused(
        f"benchmark {what}: {message}",
        detail=f"SQLSTATE: {error.sqlstate}" if error.sqlstate else "",
        help=advice(error),
    )
