"""A transaction that holds or leaves no trace, and says in our words why it did not hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from platformdb.errors import Interrupted, NotNow
from platformdb.postgres.connect import Connection
from platformdb.postgres.failure import explain_failure
from platformdb.report.model import Step


@contextmanager
def all_or_nothing(connection: Connection, step: Step, *, lock_timeout: str) -> Iterator[None]:
    """One transaction for a step made of many statements; locks are waited for no longer than ``lock_timeout``.

    Raises:
        NotNow: a lock was not to be had.
        ApplyFailed: the server refused something.
        Interrupted: the user stopped it; where that was too late to know, the message says so.
    """
    became_of_it = "nothing was changed"
    try:
        with connection.transaction():
            connection.execute("SELECT set_config('lock_timeout', %s, true)", (lock_timeout,))
            yield
            became_of_it = "while it was committed, perhaps too late"
    except psycopg.errors.LockNotAvailable:
        message = f"{step.subject}: the tables are in use, no lock within {lock_timeout}"
        raise NotNow(message, help="end the other sessions' transactions, then run it again") from None
    except psycopg.Error as error:
        raise explain_failure(error, step) from error
    except KeyboardInterrupt:
        raise Interrupted(f"{step.subject}: interrupted, {became_of_it}", help="run it again") from None
