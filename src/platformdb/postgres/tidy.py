"""Taking away what rolled-back writes leave behind."""

from __future__ import annotations

from psycopg.pq import TransactionStatus

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query

# Since then a session can be told to report what it did at once, and not up to a second later.
REPORTS_AT_ONCE = 150_000


def tidy(connection: Connection) -> None:
    """Vacuums the tables that hold dead rows, so that the next write meets what the one before it met.

    Without it an insert finds other pages, and an update more entries of dead rows in its indexes, the more was rolled
    back before. Inside a transaction there is no VACUUM: nothing happens.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        return
    if connection.info.server_version >= REPORTS_AT_ONCE:
        connection.execute("SELECT pg_stat_force_next_flush()")
    if names := [name for (name,) in connection.execute(query("dead_rows"))]:
        connection.execute(f"VACUUM (INDEX_CLEANUP ON, TRUNCATE ON) {', '.join(names)}".encode())
