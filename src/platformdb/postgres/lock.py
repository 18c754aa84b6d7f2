"""One runner at a time: an advisory lock on its own connection, polled.

Polled, because a session that *blocks* in pg_advisory_lock holds a snapshot: the holder's CREATE INDEX CONCURRENTLY
waits for it, and the deadlock detector kills one of the two (measured; the index stays behind INVALID). On its own
connection, because after an error the work's connection could not unlock it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from platformdb.errors import NotNow, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target
from platformdb.report.progress import Observer

# "pgdb" and "run": the two-key space keeps clear of applications that lock on bigint ids.
LOCK_KEY = (0x70676462, 0x0072756E)
POLL_SECONDS = 0.1


@contextmanager
def one_runner(target: Target, *, wait_seconds: float, observer: Observer) -> Iterator[None]:
    """Holds the database's runner lock.

    Raises:
        NotNow: another runner held it for ``wait_seconds``, or one that was killed still builds; the message names it.
        Refused: a connection pooler stands between us and the server.
    """
    with connect(target, application_name="platformdb lock") as connection:
        _refuse_pooler(connection, target)
        # It idles as long as the work takes; a server that ends idle sessions would give the lock away meanwhile.
        connection.execute("SET idle_session_timeout = 0")
        _acquire(connection, wait_seconds, observer)
        try:
            _await_builds(connection, wait_seconds, observer)
            yield
        finally:
            _release(connection, observer)


def _refuse_pooler(connection: Connection, target: Target) -> None:
    """A pooler that shares its connections would give the same lock to two runners, and both would believe it.

    It is known by the process number it hands out when a session begins: that is not the backend's (seen with
    PgBouncer 1.18, in every pool mode; from outside the modes cannot be told apart).
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if row and row[0] != connection.info.backend_pid:
        raise Refused(
            f"a connection pooler stands before {target.url}: through it the lock against other runners is not safe",
            help="connect to the server itself: its own host and port, not the pooler's",
        )


def _acquire(connection: Connection, wait_seconds: float, observer: Observer) -> None:
    deadline = time.monotonic() + wait_seconds
    said = False
    while not _try(connection):
        if time.monotonic() >= deadline:
            raise NotNow(
                f"another platformdb is at work on this database ({_holder(connection)})",
                help="wait for it to end, then run this again",
            )
        if not said:
            observer.note(f"waiting for another platformdb ({_holder(connection)})")
            said = True
        time.sleep(POLL_SECONDS)


def _await_builds(connection: Connection, wait_seconds: float, observer: Observer) -> None:
    """A killed runner's lock is gone at once, its CREATE INDEX CONCURRENTLY is not: it ends on the server.

    To drop or build beside it is a deadlock (measured: one of the two fails).
    """
    deadline = time.monotonic() + wait_seconds
    said = False
    while (row := connection.execute(query("lock_builds")).fetchone()) is not None:
        if time.monotonic() >= deadline:
            raise NotNow(
                f"an index build that another platformdb began still runs (pid {row[0]})",
                help=f"wait for it to end, or end it: SELECT pg_cancel_backend({row[0]})",
            )
        if not said:
            observer.note(f"waiting for an index build that another platformdb began (pid {row[0]})")
            said = True
        time.sleep(POLL_SECONDS)


def _try(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK_KEY).fetchone()
    return bool(row and row[0])


def _holder(connection: Connection) -> str:
    row = connection.execute(query("lock_holder"), LOCK_KEY).fetchone()
    return str(row[0]) if row else "which has just ended"


def _release(connection: Connection, observer: Observer) -> None:
    try:
        row = connection.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK_KEY).fetchone()
    except psycopg.Error as error:
        observer.note(f"the lock's connection was lost, and with it the lock: {error}")
        return
    if not (row and row[0]):
        observer.note(
            "the runner lock was no longer ours at the end: is there a transaction-pooling pooler in between?"
        )
