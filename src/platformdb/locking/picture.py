"""What is known of the runner lock at one moment, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platformdb.postgres.holders import Caller, Holder, moment
from platformdb.postgres.lease import Held
from platformdb.report.model import Report, Table

COLUMNS = ("session", "pid", "runner", "state", "query")


@dataclass(frozen=True, slots=True)
class Picture:
    """``sessions`` hold an advisory lock, or do a runner's work just now; ``lease`` may have expired."""

    sessions: tuple[Holder, ...] = ()
    lease: Held | None = None

    @property
    def leased(self) -> Held | None:
        """The lease, where it is in force."""
        return None if self.lease is None or self.lease.expired else self.lease

    @property
    def first(self) -> Holder | None:
        """The session that says best who holds it: that of the runner lock, else one that still works."""
        return min(self.sessions, key=lambda session: session.task, default=None)

    @property
    def callers(self) -> frozenset[Caller]:
        """The processes that are involved."""
        named = {session.caller for session in self.sessions} | {self.leased.holder if self.leased else None}
        return frozenset(caller for caller in named if caller is not None)

    @property
    def said(self) -> str:
        """Who holds it, in one line."""
        if self.leased:
            return f"held by {self.leased}; the lease ends {moment(self.leased.expires_at)} unless it is renewed"
        if self.first is None:
            left = f"; the expired lease of {self.lease.holder} will be removed by the next run" if self.lease else ""
            return f"free{left}"
        if self.first.task == "work":
            return f"held by the work of a runner that is gone: {self.first}"
        return f"held by {self.first}"


def show(picture: Picture) -> Report:
    """The report of ``lock status``."""
    table = Table("sessions", COLUMNS, tuple(_row(session) for session in picture.sessions))
    return Report(
        picture.said,
        tables=(table,) if picture.sessions else (),
        data=_data(picture),
        next=("platformdb lock break",) if picture.first or picture.leased else (),
    )


def _row(session: Holder) -> tuple[object, ...]:
    waits = f", {session.wait}" if session.wait and session.query else ""
    return session.task, str(session.pid), session.caller or "", f"{session.state or 'hidden'}{waits}", session.query


def _data(picture: Picture) -> dict[str, Any]:
    mode = "lease" if picture.leased else "advisory" if picture.sessions else None
    return {
        "held": mode is not None,
        "mode": mode,
        "lease": _lease(picture.lease) if picture.lease else None,
        "sessions": [_session(session) for session in picture.sessions],
    }


def _session(session: Holder) -> Mapping[str, object]:
    return {
        "task": session.task,
        "pid": session.pid,
        **_caller(session.caller),
        "user": session.user,
        "address": session.address,
        "since": session.since.isoformat() if session.since else None,
        "state": session.state,
        "wait": session.wait,
        "query": session.query,
    }


def _lease(lease: Held) -> Mapping[str, object]:
    return {
        **_caller(lease.holder),
        "user": lease.user,
        "since": lease.since.isoformat(),
        "expires_at": lease.expires_at.isoformat(),
        "expired": lease.expired,
    }


def _caller(caller: Caller | None) -> Mapping[str, object]:
    return {
        "os_user": caller.os_user if caller else None,
        "host": caller.host if caller else None,
        "process": caller.pid if caller else None,
    }
