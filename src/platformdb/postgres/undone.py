"""A transaction that is always taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from platformdb.postgres.connect import Connection


@contextmanager
def undone(connection: Connection, *, writes: bool = False) -> Iterator[None]:
    """A transaction, or a part of the one that is open, that is rolled back at the end, whatever came of it.

    Where it ``writes`` nothing the server sees to that. Inside another one that reads only, none can write.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION READ WRITE" if writes else "SET TRANSACTION READ ONLY")
        yield
