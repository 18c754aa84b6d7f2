"""One runner at a time: advisory locks on the server itself, or a lease where a pooler stands before it.

Two locks. The *runner lock* is held by a connection of its own (the guard), because after an error the work's
connection could not unlock it, and is polled: a session that *blocks* in pg_advisory_lock holds a snapshot, the
holder's CREATE INDEX CONCURRENTLY waits for it, and the deadlock detector kills one of the two (measured; the index
stays behind INVALID). The *work lock* is held by the work's connection for its whole life: where a runner was killed,
or lost only its guard, its statement may still run on the server, and the next runner waits until that session is gone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypedDict, Unpack

import psycopg

from platformdb.errors import NotNow, Refused
from platformdb.postgres.alive import KEEPALIVES, answers, is_alive, settles
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.holders import LOCK_KEY, WORK_KEY, Caller, Holder, busy_workers, lock_holders
from platformdb.postgres.lease import Lease, clear_expired, ensure_lease_table, read_lease
from platformdb.postgres.patience import Obstacle, Patience, another, still_running
from platformdb.postgres.queries import query
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.provenance import read_provenance
from platformdb.report.model import Statement
from platformdb.report.progress import Observer

# How long a pooler may take to find a second connection to the server.
POOLER_SECONDS = 5.0

# What ALTER ROLE or ALTER DATABASE set for applications would end a runner in the middle; lock_timeout is per step.
TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")


class Manners(TypedDict, total=False):
    """Fields of Session that the caller may set."""

    role: str | None
    lock_timeout: str
    lock_retries: int
    mask: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Server:
    """What a first look says; ``started`` tells one server from another, ``timeouts`` are those we pass over."""

    pooled: bool
    standby: bool
    started: str
    primary: str | None
    timeouts: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """What both ways of getting in need."""

    target: Target
    guard: Connection
    server: Server
    caller: Caller
    role: str | None
    patience: Patience


@contextmanager
def one_runner(
    target: Target,
    *,
    wait_seconds: float,
    observer: Observer,
    **manners: Unpack[Manners],
) -> Iterator[Session]:
    """The only runner's session in this database, for as long as the context lasts.

    Timeouts that a role or a database sets for its sessions do not hold for it, except those that the target's own
    options name; of a statement_timeout that is passed over a note is made.

    Raises:
        NotNow: another runner was at work for ``wait_seconds``, or a statement of one that was killed; it is named.
        Refused: the server is a standby, or this role may not do what is needed.
    """
    provenance = read_provenance()
    caller = Caller(provenance.os_user, provenance.host, os.getpid())
    target = Target(target.provider, {**KEEPALIVES, **target.parameters})
    with connect(target, application_name=caller.name("lock")) as connection:
        server = _look(connection)
        _refuse_standby(server, target)
        patience = Patience(time.monotonic() + wait_seconds, observer)
        opening = Opening(target, connection, server, caller, manners.get("role"), patience)
        with (_leased if server.pooled else _locked)(opening) as (guard, work):
            yield Session(work, guard, provenance, **manners)


@dataclass(frozen=True, slots=True)
class Advisory:
    """The Guard of a runner that is connected to the server itself."""

    connection: Connection
    pooled: bool = False
    fence: Statement | None = None

    def check(self) -> None:
        """Looks at the socket: a lock lives as long as its session.

        Raises:
            NotNow: the session ended.
        """
        if not is_alive(self.connection):
            raise NotNow(
                "the runner lock was lost, for the connection that held it has ended",
                help="run the same command again; platformdb status says what was applied",
            )

    def beat(self) -> None:
        """Nothing: TCP keeps the connection alive, the connection the lock."""


def _look(connection: Connection) -> Server:
    """A pooler is known by the process number it hands out when a session begins: that is not the backend's.

    Seen with PgBouncer 1.18, in every pool mode; from outside the modes cannot be told apart.
    """
    row = connection.execute(query("lock_server")).fetchone()
    assert row is not None  # noqa: S101 - a query without FROM has one row
    pid, standby, started, primary, timeouts = row
    return Server(pid != connection.info.backend_pid, standby, started, primary, timeouts)


def _refuse_standby(server: Server, target: Target) -> None:
    if server.standby:
        primary = f"the primary, {server.primary}" if server.primary else "its primary"
        raise Refused(
            f"{target.url} is a standby: it only repeats what its primary does, and cannot be migrated",
            help=f"connect to {primary}; with several hosts in the URL target_session_attrs=read-write finds it",
        )


@contextmanager
def _locked(opening: Opening) -> Iterator[tuple[Advisory, Connection]]:
    guard, patience = opening.guard, opening.patience
    names = _timeouts(guard)
    guard.execute("SELECT set_config(name, '0', false) FROM unnest(%s::text[]) AS name", (list(names),))
    patience.wait(lambda: _try_lock(guard))
    try:
        patience.wait(lambda: _lease_in_the_way(opening))
        with _work_connection(opening, names) as work:
            patience.wait(lambda: _try_work(work, guard))
            patience.wait(lambda: _leftover(guard))
            advisory = Advisory(guard)
            advisory.check()
            try:
                yield advisory, work
            finally:
                _unlock_work(work)
    finally:
        _release(guard, patience.observer)


def _timeouts(connection: Connection) -> tuple[str, ...]:
    return (*TIMEOUTS, "transaction_timeout") if connection.info.server_version >= 170_000 else TIMEOUTS


@contextmanager
def _work_connection(opening: Opening, timeouts: tuple[str, ...]) -> Iterator[Connection]:
    """Its settings come with the connection, so that they outlive RESET ALL; the user's own options go before ours."""
    own = opening.guard.info.get_parameters().get("options", "")
    # `connect` made it ISO for the guard, with the database's own order of day and month.
    style = (opening.guard.info.parameter_status("DateStyle") or "ISO").replace(" ", "")
    options = " ".join([*(f"-c {name}=0" for name in timeouts), f"-c DateStyle={style}", own]).strip()
    with connect(opening.target, application_name=opening.caller.name("work"), options=options) as work:
        row = work.execute("SELECT extract(epoch FROM pg_postmaster_start_time())::text").fetchone()
        if row != (opening.server.started,):
            raise NotNow(
                f"two connections to {opening.target.url} reached two servers: the lock of one is not the other's",
                help="name one server; or write target_session_attrs=read-write, so that both reach the primary",
            )
        if opening.server.timeouts:
            opening.patience.observer.note(f"{opening.server.timeouts}, meant for applications, is 0 in this run")
        yield work


def _try_advisory(connection: Connection, key: tuple[int, int]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", key).fetchone()
    return bool(row and row[0])


def _try_lock(guard: Connection) -> Obstacle | None:
    return None if _try_advisory(guard, LOCK_KEY) else another(_first(lock_holders(guard), "lock"))


def _try_work(work: Connection, guard: Connection) -> Obstacle | None:
    if _try_advisory(work, WORK_KEY):
        return None
    holder = _first(lock_holders(guard), "work")
    return still_running(holder) if holder else another(None)


def _first(holders: tuple[Holder, ...], task: str) -> Holder | None:
    return next((holder for holder in holders if holder.task == task), None)


def _lease_in_the_way(opening: Opening) -> Obstacle | None:
    """Looked for when the lock is ours; who takes a lease looks for the lock afterwards. So one sees the other."""
    if (earlier := clear_expired(opening.guard, opening.role)) is not None:
        opening.patience.observer.note(f"removed the lease of {earlier}")
    held = read_lease(opening.guard, opening.role)
    return another(held) if held else None


def _leftover(guard: Connection) -> Obstacle | None:
    workers = busy_workers(guard)
    return still_running(workers[0]) if workers else None


def _unlock_work(work: Connection) -> None:
    """So that the next runner need not wait until the server noticed that this connection is closed."""
    with suppress(psycopg.Error):
        work.rollback()
        work.execute("SELECT pg_advisory_unlock(%s, %s)", WORK_KEY)


def _release(guard: Connection, observer: Observer) -> None:
    try:
        row = guard.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK_KEY).fetchone()
    except psycopg.Error as error:
        observer.note(f"the lock's connection was lost, and with it the lock: {error}")
        return
    if not (row and row[0]):
        observer.note("the runner lock was no longer ours at the end: did something unlock it?")


@contextmanager
def _leased(opening: Opening) -> Iterator[tuple[Lease, Connection]]:
    guard, patience = opening.guard, opening.patience
    lease = Lease(guard, opening.caller, opening.role)
    ensure_lease_table(guard, opening.role)
    try:
        patience.wait(lambda: _try_lease(lease, patience.observer))
        with connect(opening.target, application_name=opening.caller.name("work")) as work:
            _refuse_single_connection(work, guard)
            patience.wait(lambda: _leftover(guard), meanwhile=lease.check)
            if opening.server.timeouts:
                patience.observer.note(
                    f"{opening.server.timeouts} holds for statements outside transactions: a pooler keeps no settings"
                )
            lease.check()
            yield lease, work
            work.rollback()  # psycopg would commit what was left open
    finally:
        _give_back(lease, patience.observer)


def _try_lease(lease: Lease, observer: Observer) -> Obstacle | None:
    """Whoever is connected directly goes first: it keeps its lock while it waits for the lease to be given back."""
    mine, earlier = lease.take()
    if not mine:
        return another(read_lease(lease.connection, lease.role))
    if holders := lock_holders(lease.connection):
        lease.give_back()
        return another(holders[0])
    if earlier:
        observer.note(f"took over the lease of {earlier}")
    return None


def _refuse_single_connection(work: Connection, guard: Connection) -> None:
    """The lease must be renewed while the work is in a transaction: that takes two connections of the pooler's."""
    if answers(work, b"BEGIN", seconds=POOLER_SECONDS) and answers(guard, b"SELECT 1", seconds=POOLER_SECONDS):
        work.rollback()
        return
    work.close()
    settles(guard, seconds=POOLER_SECONDS)
    raise NotNow(
        f"the pooler had no second connection to the server for {POOLER_SECONDS:.0f} seconds",
        help="give this user and database at least two (PgBouncer: default_pool_size), or connect to the server itself",
    )


def _give_back(lease: Lease, observer: Observer) -> None:
    if not lease.taken:
        return
    try:
        ours = lease.give_back()
    except psycopg.Error as error:
        observer.note(f"the lease could not be given back, and will expire by itself: {error}")
        return
    if not ours:
        observer.note("the runner lease was no longer ours at the end: another took it, or platformdb lock break")
