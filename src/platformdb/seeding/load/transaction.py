"""The transactions of a load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.postgres.transaction import all_or_nothing
from platformdb.report.model import Step

PACKAGE = "platformdb.seeding.load"
LOCK_TIMEOUT = "5s"


@contextmanager
def one_transaction(connection: Connection, step: Step) -> Iterator[None]:
    """All or nothing; it may idle while rows are made, and ends soon after the process that holds it.

    Raises:
        NotNow, ApplyFailed, Interrupted: see ``all_or_nothing``.
    """
    with all_or_nothing(connection, step, lock_timeout=LOCK_TIMEOUT):
        connection.execute(query("settings", PACKAGE))
        yield
