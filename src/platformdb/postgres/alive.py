"""What can be known of a connection without a round trip, or without waiting for ever."""

from __future__ import annotations

import select
import time

import psycopg
from psycopg.pq import ConnStatus

from platformdb.postgres.connect import Connection

# For connections that idle for hours beside the work: firewalls forget those that say nothing, and a dead link shows.
KEEPALIVES = {"keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}


def is_alive(connection: Connection) -> bool:
    """Whether an idle connection is open as far as this side has heard; costs no round trip."""
    pgconn = connection.pgconn
    try:
        while pgconn.status == ConnStatus.OK and select.select([pgconn.socket], [], [], 0)[0]:
            pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return bool(pgconn.status == ConnStatus.OK)


def answers(connection: Connection, command: bytes, *, seconds: float) -> bool:
    """Sends a command, and says whether its answer came in time; where not, it may still come.

    Raises:
        psycopg.OperationalError: the connection was lost.
    """
    connection.pgconn.send_query(command)
    return settles(connection, seconds=seconds)


def settles(connection: Connection, *, seconds: float) -> bool:
    """Whether what was asked has been answered in time; the answer is thrown away.

    Raises:
        psycopg.OperationalError: the connection was lost.
    """
    pgconn, deadline = connection.pgconn, time.monotonic() + seconds
    while pgconn.is_busy():
        if not select.select([pgconn.socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        pgconn.consume_input()
    while pgconn.get_result() is not None:
        pass
    return True
