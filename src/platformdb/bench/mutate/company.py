"""Nobody else should be at work while indexes are gone for a moment."""

from __future__ import annotations

from platformdb.errors import NotNow
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.words import counted


def expect_nobody(connection: Connection) -> None:
    """Before the first index is dropped.

    Raises:
        NotNow: other sessions are at work in the database.
    """
    at_work, _ = _company(connection)
    if at_work:
        raise NotNow(
            f"{counted(at_work, 'other session')} at work in this database, and would wait while indexes are dropped",
            help="run it on a copy of the database, or when the others have ended",
        )


def expect_nobody_waits(connection: Connection) -> None:
    """Between two queries, while a table is locked.

    Raises:
        NotNow: somebody came and waits; the transaction is rolled back, and lets him go on.
    """
    _, waiting = _company(connection)
    if waiting:
        raise NotNow(
            f"{counted(waiting, 'other session')} came to wait for a table whose index was dropped; it is there again",
            help="run it on a copy of the database, or when nobody needs it",
        )


def _company(connection: Connection) -> tuple[int, int]:
    at_work, waiting = connection.execute(query("company", "platformdb.bench.mutate")).fetchall()[0]
    return at_work, waiting
