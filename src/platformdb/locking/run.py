"""lock status, lock break."""

from __future__ import annotations

import os
from collections.abc import Callable

from platformdb.errors import NotNow, Refused
from platformdb.locking.picture import Picture, show
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.holders import Caller, Holder, busy_workers, end_session, lock_holders
from platformdb.postgres.lease import as_role, read_lease, remove_lease
from platformdb.postgres.target import Target
from platformdb.provenance import read_provenance
from platformdb.report.model import Outcome, Report


def lock_status(target: Target, *, role: str | None = None) -> Report:
    """Who holds the runner lock, and what the work is doing now. Changes nothing."""
    with connect(target) as connection:
        return show(_look(connection, role))


def break_lock(target: Target, *, confirm: Callable[[str], bool], role: str | None = None) -> Report:
    """Ends the holder's sessions and takes its lease away, if ``confirm`` says yes; what they had open is rolled back.

    Raises:
        Refused: this process holds the lock itself, or this role may not end the sessions.
        NotNow: a session did not end.
    """
    with connect(target) as connection:
        picture = _look(connection, role)
        if not picture.sessions and picture.lease is None:
            return Report("the runner lock is free, there is nothing to break", data={"ended": [], "lease": False})
        _refuse_own(picture)
        if not confirm(f"{picture.said}. End it? What it has open is rolled back"):
            return Report("the lock was left as it is", Outcome.REFUSED)
        return _break(connection, picture, role)


def _look(connection: Connection, role: str | None) -> Picture:
    holders = lock_holders(connection)
    known = {holder.pid for holder in holders}
    workers = tuple(worker for worker in busy_workers(connection) if worker.pid not in known)
    return Picture((*holders, *workers), read_lease(connection, role))


def _refuse_own(picture: Picture) -> None:
    provenance = read_provenance(None)
    if Caller(provenance.os_user, provenance.host, os.getpid()) in picture.callers:
        raise Refused("this process holds the runner lock itself", help="let its own work end instead of breaking it")


def _break(connection: Connection, picture: Picture, role: str | None) -> Report:
    """Sessions first: a transaction that is open keeps the lease from being removed."""
    ended = [session for session in picture.sessions if end_session(connection, session.pid)]
    removed = picture.lease is not None and _remove(connection, str(picture.lease.token), role)
    after = _look(connection, role)
    left = _still_there(picture, after)
    if left:
        raise NotNow(
            f"not everything ended: {left}", help="see what is left with: platformdb lock status; then try again"
        )
    said = [_named(session) for session in ended] + (["the lease"] if removed else [])
    return Report(
        f"ended {', '.join(said)}" if said else "the holder had ended by itself",
        data={"ended": [session.pid for session in ended], "lease": removed},
        next=("platformdb status",),
    )


def _remove(connection: Connection, token: str, role: str | None) -> bool:
    with as_role(connection, role):
        return remove_lease(connection, token)


def _still_there(before: Picture, after: Picture) -> str:
    pids = {session.pid for session in before.sessions} & {session.pid for session in after.sessions}
    lease = before.lease is not None and after.lease is not None and before.lease.token == after.lease.token
    return ", ".join([*(f"pid {pid}" for pid in sorted(pids)), *(["the lease"] if lease else [])])


def _named(session: Holder) -> str:
    return f"the {session.task} session (pid {session.pid}, user {session.user})"
