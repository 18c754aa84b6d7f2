"""Trying something inside a transaction: what the server says to it, as a value, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from platformdb.postgres.connect import Connection
from platformdb.postgres.refusal import Refusal, refusal_of

__all__ = ["Refusal", "attempt"]


def attempt(connection: Connection, work: Callable[[], object], *, writes: bool = True) -> Refusal | None:
    """Does the work in a transaction of its own, or a part of the one that is open; None: the server took it all.

    Where it ``writes`` nothing the server sees to that, whatever functions it calls; temporary tables are no matter.

    Raises:
        psycopg.Error: the connection is lost.
    """
    try:
        with connection.transaction():
            if not writes:
                connection.execute("SET LOCAL transaction_read_only = on")
            work()
    except psycopg.Error as error:
        if connection.broken:
            raise
        return refusal_of(error)
    return None
