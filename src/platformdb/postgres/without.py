"""The database as it would be without one of its indexes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from platformdb.errors import NotNow, Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.undone import undone

# Whoever wants the table meanwhile queues behind us, so that is not long.
PATIENCE = "2s"


@contextmanager
def without_index(connection: Connection, index: str, drop: str = "") -> Iterator[None]:
    """A transaction in which the index, by its name as SQL has it, is dropped; rolled back at the end.

    ``drop`` is the statement that does it, where DROP INDEX is not the one: for the index of a constraint.

    Until then the index's table is locked for everybody else. The index itself is not touched: only the catalog says
    for a while that there is none.

    Raises:
        NotNow: others keep the table busy.
        Refused: this role may not drop it, or a constraint stands on it.
    """
    with undone(connection, writes=True):
        try:
            connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'".encode())
            connection.execute((drop or f"DROP INDEX {index}").encode())
        except psycopg.errors.LockNotAvailable:
            raise NotNow(
                f"the table of index {index} is busy", help="try again when nobody else is at work in this database"
            ) from None
        except psycopg.errors.Error as error:
            if connection.broken:
                raise
            raise Refused(f"cannot leave out index {index}: {error.diag.message_primary}") from None
        yield


def limit_statements(connection: Connection, milliseconds: float) -> None:
    """Until the transaction ends, a statement that takes longer is cancelled."""
    connection.execute(f"SET LOCAL statement_timeout = {round(milliseconds)}".encode())
