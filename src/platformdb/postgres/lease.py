"""The runner lock where advisory locks are not safe: a row in the database that its holder keeps renewing.

Through a pooler that shares its connections a session's lock belongs to whoever gets that connection next. A lease
needs no session: it is taken, renewed and given back by single statements, under the server's clock alone. Inside each
transaction of the work a *fence* locks the row against being taken over, so that a runner which slept past the end of
its lease cannot commit anything beside its successor.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from platformdb.errors import NotNow, Refused
from platformdb.postgres.alive import is_alive
from platformdb.postgres.connect import Connection
from platformdb.postgres.holders import Caller, moment
from platformdb.postgres.queries import query
from platformdb.report.model import Statement

TTL_SECONDS = 30.0
BEAT_SECONDS = 5.0
# How long a transaction that ends just now may still hold the row.
REMOVE_SECONDS = 5.0
POLL_SECONDS = 0.1
CREATE_ATTEMPTS = 5

# What another runner that creates the same schema or table at the same time makes of ours; DuplicateObject is the
# table's row type, which is made before the table.
RACES = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateSchema,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateObject,
)


@dataclass(frozen=True, slots=True)
class Held:
    """The lease as the database says it is; ``expired`` by the server's clock."""

    token: uuid.UUID
    holder: Caller
    user: str
    since: datetime
    expires_at: datetime
    expired: bool

    def __str__(self) -> str:
        return f"{self.holder}, user {self.user}, through a pooler, since {moment(self.since)}"


@dataclass(slots=True)
class Lease:
    """The Guard of a runner behind a pooler. Made before the lease is taken; ``take`` takes it."""

    connection: Connection
    caller: Caller
    role: str | None = None
    pooled: bool = True
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    taken: bool = False
    _renewed: float = 0.0
    _lost: bool = False

    @property
    def fence(self) -> Statement:
        """Returns a row while the lease is ours, and keeps it ours until the transaction ends."""
        return Statement(query("lease_fence"), (self.token,))

    def take(self) -> tuple[bool, str | None]:
        """Tries once: whether it is ours now, and whose expired lease that was before."""
        asked = time.monotonic()
        who = {"os_user": self.caller.os_user, "host": self.caller.host, "pid": self.caller.pid}
        with as_role(self.connection, self.role):
            values = {"token": self.token, "seconds": TTL_SECONDS, **who}
            row = self.connection.execute(query("lease_take"), values).fetchone()
        self.taken, self._renewed = row is not None, asked
        return self.taken, row[0] if row else None

    def check(self) -> None:
        """Renews the lease where that is due, which is the only round trip.

        Raises:
            NotNow: it is no longer ours, or nobody can say.
        """
        self.beat()
        if self._lost or not is_alive(self.connection):
            raise NotNow(
                "the runner lease was lost (taken away, or it could not be renewed): another platformdb may be at work",
                help="see platformdb lock status, then run this again; platformdb status says what was applied",
            )

    def beat(self) -> None:
        """Renews the lease every few seconds; what goes wrong ``check`` will say."""
        asked = time.monotonic()  # before the server's clock gives the new end, so that ours is never the later one
        if self._lost or asked - self._renewed < BEAT_SECONDS:
            return
        try:
            with as_role(self.connection, self.role):
                row = self.connection.execute(query("lease_renew"), (TTL_SECONDS, self.token)).fetchone()
        except psycopg.Error:
            row = None
        self._renewed, self._lost = asked, row is None

    def give_back(self) -> bool:
        """Whether it was still ours until now."""
        self.taken = False
        with as_role(self.connection, self.role):
            return remove_lease(self.connection, self.token)


@contextmanager
def as_role(connection: Connection, role: str | None) -> Iterator[None]:
    """What runs inside does so with the rights of ``role``, in a transaction, for no session lasts through a pooler."""
    if role is None:
        yield
        return
    with connection.transaction():
        connection.execute("SELECT set_config('role', %s, true)", (role,))
        yield


def ensure_lease_table(connection: Connection, role: str | None) -> None:
    """Makes schema and table where they are missing; several may do so at once.

    Raises:
        Refused: this role may not make them, or not use what is there.
    """
    try:
        for _ in range(CREATE_ATTEMPTS):
            with suppress(*RACES), as_role(connection, role):
                _create(connection)
                return
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(
            f"through a connection pooler platformdb needs its table platformdb.lease, and may not make it: "
            f"{error.diag.message_primary}",
            help="let an administrator run once: CREATE SCHEMA platformdb AUTHORIZATION <the role that migrates>; "
            "or connect to the server itself, not through the pooler",
        ) from None
    raise NotNow("platformdb.lease could not be made: others were making it as well", help="run the same command again")


def _create(connection: Connection) -> None:
    schema, table = lease_exists(connection)
    if not schema:  # CREATE SCHEMA IF NOT EXISTS asks for a right on the database even where there is nothing to do
        connection.execute("CREATE SCHEMA IF NOT EXISTS platformdb")
    if not table:
        connection.execute(query("lease_create"))


def lease_exists(connection: Connection) -> tuple[bool, bool]:
    """Whether there is a schema platformdb, and a table lease in it; needs no right on either."""
    schema, table = connection.execute(query("lease_exists")).fetchone() or (False, False)
    return bool(schema), bool(table)


def read_lease(connection: Connection, role: str | None = None) -> Held | None:
    """The lease that somebody has or had, expired or not."""
    return _held(_ask(connection, role, "lease_read"))


def clear_expired(connection: Connection, role: str | None = None) -> str | None:
    """Removes a lease that expired, and says whose it was.

    Not just passed over: its holder may only have slept, and must find at its fence that the lease is gone.
    """
    row = _ask(connection, role, "lease_clear")
    return None if row is None else str(row[0])


def _ask(connection: Connection, role: str | None, name: str) -> tuple[object, ...] | None:
    """The row of a question to the lease table, None also where there is no table."""
    if not lease_exists(connection)[1]:
        return None
    with as_role(connection, role):
        return connection.execute(query(name)).fetchone()


def _held(row: tuple[object, ...] | None) -> Held | None:
    if row is None:
        return None
    token, os_user, host, pid, user, since, expires_at, expired = row
    return Held(token, Caller(os_user, host, pid), user, since, expires_at, expired)  # type: ignore[arg-type]


def remove_lease(connection: Connection, token: str) -> bool:
    """Deletes the lease; whether that was done: it is gone already, or a transaction keeps it for longer than 5 s."""
    deadline = time.monotonic() + REMOVE_SECONDS
    while connection.execute(query("lease_remove"), (token,)).fetchone() is None:
        held = _held(connection.execute(query("lease_read")).fetchone())
        if held is None or str(held.token) != token or time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
