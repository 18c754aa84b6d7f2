"""The locks of a statement that refuses a transaction, seen from another session while it runs.

On a small table it is over sooner than anybody can look. So the tables that it names are locked before, in a way that
lets reads and writes go on and nothing else; it has to wait, is seen, and let through.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query

LOOK_SECONDS = 0.001
WORD = re.compile(r"\w+")
# What passes over a table that somebody has locked must find it free.
SKIPS = re.compile(r"\bskip_locked\b", re.IGNORECASE)
# The first and the last moment at which a lock was seen, by the relation's number and the lock's name.
Glimpses = dict[tuple[int, str], tuple[float, float]]


@contextmanager
def glimpsing(connection: Connection, pid: int, statement: str, seen: Glimpses) -> Iterator[None]:
    """Adds to ``seen`` what the session ``pid`` locks while the context lasts, in which it runs ``statement``."""
    over = threading.Event()
    _stand_in_the_way(connection, statement)
    thread = threading.Thread(target=_look, args=(connection, pid, seen, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with suppress(psycopg.Error):  # of a session that was lost
            connection.rollback()


def _stand_in_the_way(connection: Connection, statement: str) -> None:
    """Locks the tables that the statement names, or whose indexes it names."""
    found = connection.execute(query("gauge_named"), (WORD.findall(statement),)).fetchall()
    if not found or SKIPS.search(statement):
        return
    tables = sql.SQL(", ").join(sql.Identifier(*name) for name in found)
    connection.execute("BEGIN")
    try:
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE").format(tables))
    except psycopg.Error:  # what may not be locked is only looked at
        connection.execute("ROLLBACK")


def _look(connection: Connection, pid: int, seen: Glimpses, over: threading.Event) -> None:
    with suppress(psycopg.Error):  # what it does not see is not known; the work goes on
        while not over.wait(LOOK_SECONDS):
            locks = connection.execute(query("gauge_locks"), (pid,)).fetchall()
            if locks and connection.info.transaction_status:
                connection.execute("ROLLBACK")
            now = time.perf_counter()
            for number, mode in locks:
                first, _ = seen.get((number, mode), (now, now))
                seen[number, mode] = first, now
