"""A statement prepared for one set of parameters, and run as quickly as libpq can."""

from __future__ import annotations

import itertools
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from platformdb.postgres.alive import settles
from platformdb.postgres.connect import Connection

# So many times PostgreSQL plans a prepared statement for its values (plancache.c); then it settles by costs.
CUSTOM_PLANS = 5
# How long the server may take to stop what was cancelled.
CANCEL_SECONDS = 5.0
_TEXT_TYPE = 25
_GOOD = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY})
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that the session knows by ``name``, with the values it is run with, as text."""

    name: str
    values: tuple[str | None, ...]

    @property
    def call(self) -> str:
        """``EXECUTE`` with the values written out: what EXPLAIN takes."""
        values = ", ".join(sql.Literal(value).as_string(None) for value in self.values)
        return f"EXECUTE {self.name}({values})" if self.values else f"EXECUTE {self.name}"


@contextmanager
def prepared(
    connection: Connection, text: str, values: Sequence[str | None], types: Sequence[int] = (), *, settled: bool = True
) -> Iterator[Prepared]:
    """Prepares a statement; of values that are text the server itself says what type they stand for.

    ``settled``: it was planned as often as PostgreSQL tries plans for the values, so from here on it keeps to a kind.

    Raises:
        psycopg.Error: the server rejects it.
    """
    statement = Prepared(f"platformdb_{next(_numbers)}", tuple(values))
    oids = [0 if oid == _TEXT_TYPE else oid for oid in types]
    result = connection.pgconn.prepare(statement.name.encode(), text.encode(), oids or None)
    if result.status not in _GOOD:
        raise error_from_result(result)
    try:
        for _ in range(CUSTOM_PLANS if settled and values else 0):
            connection.execute(f"EXPLAIN (COSTS OFF) {statement.call}".encode())
        yield statement
    finally:
        with suppress(psycopg.Error):  # inside a transaction that failed it stays until the session ends
            connection.execute(f"DEALLOCATE {statement.name}".encode())


def run(connection: Connection, statement: Prepared) -> float:
    """Runs it until all of its rows have arrived, which are thrown away unread; the wall time in milliseconds.

    Ctrl-C cancels it on the server. Python adds 10 to 20 µs.

    Raises:
        psycopg.Error: the server rejects it, or the connection is lost.
    """
    values = [None if value is None else value.encode() for value in statement.values]
    pgconn, name = connection.pgconn, statement.name.encode()
    try:
        began = time.perf_counter()
        pgconn.send_query_prepared(name, values)
        _arrive(connection)
        ended = time.perf_counter()
    except KeyboardInterrupt:
        _cancel(connection)
        raise
    result = pgconn.get_result()
    while pgconn.get_result() is not None:
        pass
    if result is None or result.status not in _GOOD:
        raise error_from_result(result) if result else psycopg.OperationalError("the server did not answer")
    return (ended - began) * 1000


def _cancel(connection: Connection) -> None:
    """Stops what runs on the server; what does not stop loses its connection."""
    try:
        connection.cancel_safe(timeout=CANCEL_SECONDS)
        if settles(connection, seconds=CANCEL_SECONDS):
            return
    except (psycopg.Error, KeyboardInterrupt):
        pass
    connection.close()


def _arrive(connection: Connection) -> None:
    """Waits until the whole answer is here. Not in libpq, which would let nobody in until it is."""
    pgconn = connection.pgconn
    while pgconn.flush():
        select.select([pgconn.socket], [pgconn.socket], [])
        pgconn.consume_input()
    while pgconn.is_busy():
        select.select([pgconn.socket], [], [])
        pgconn.consume_input()
