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
    (at_work,) = connection.execute(query("company", "platformdb.bench.mutate")).fetchall()[0]
    if at_work:
        raise NotNow(
            f"{counted(at_work, 'other session')} at work in this database, and would wait while indexes are dropped",
            help="run it on a copy of the database, or when the others have ended",
        )
