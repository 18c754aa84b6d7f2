"""Who is in the way while the work waits, seen from the guard's connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.postgres.session import Session
from platformdb.report.masking import shown_query
from platformdb.report.model import Step
from platformdb.report.progress import Observer
from platformdb.settings import seconds

# Work that is done within this time is not looked at; so a run of quick steps costs the guard no round trip.
FIRST_LOOK_SECONDS = 0.1
LOOK_SECONDS = 0.4
# How often a long wait is worth a line.
NOTE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that another one waits for. Where its query is hidden from us, so are its state and its age.

    ``age_seconds`` is how long its transaction is open, ``relation`` what the waiting one wants, as far as known.
    """

    pid: int
    user: str | None
    application: str | None
    state: str | None
    age_seconds: float | None
    query: str | None
    relation: str | None = None

    def describe(self, mask: Callable[[str], str] = str) -> str:
        """For people: ``pid 4711 (ada, psql, idle in transaction for 3 min): UPDATE …``."""
        if not self.pid:
            return "a prepared transaction (see pg_prepared_xacts)"
        age = f" for {_duration(self.age_seconds)}" if self.age_seconds is not None else ""
        traits = (self.user, self.application, self.state and self.state + age)
        known = ", ".join(trait for trait in traits if trait)
        query = shown_query(self.query, mask)
        return f"pid {self.pid}" + (f" ({known})" if known else "") + (f": {query}" if query else "")


def blockers_of(connection: Connection, pid: int) -> tuple[Blocker, ...]:
    """Whom the server session ``pid`` waits for now, oldest transaction first."""
    return tuple(Blocker(*row) for row in connection.execute(query("blockers"), {"pid": pid}).fetchall())


class Watch:
    """To be called over and over while a step waits: keeps the guard alive, and remembers who was in the way.

    ``pid`` is the work's session on the server; None where a pooler hides it, until somebody asked.
    """

    def __init__(self, session: Session, step: Step, observer: Observer) -> None:
        self.pid = None if session.guard.pooled else session.work.info.backend_pid
        self.seen: tuple[Blocker, ...] = ()
        self._session = session
        self._step = step
        self._observer = observer
        # A short lock_timeout is looked into twice at least, as far as the waits for the server are that short.
        short = seconds(step.lock_timeout or session.lock_timeout) / 3 or LOOK_SECONDS
        self._pause = min(short, LOOK_SECONDS)
        self._next_look = time.monotonic() + min(short, FIRST_LOOK_SECONDS)
        self._next_note = time.monotonic() + NOTE_SECONDS

    def __call__(self) -> None:
        """Looks when it is time to.

        Raises:
            NotNow: the guard lost its lock.
        """
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + self._pause
        self._session.guard.beat()
        if self.pid is not None:
            with suppress(psycopg.Error):  # a guard that lost its connection says so by itself
                self._look(self._session.guard.connection, self.pid, now)

    def _look(self, connection: Connection, pid: int, now: float) -> None:
        seen = blockers_of(connection, pid)
        self.seen = seen or self.seen
        if self._step.transactional:
            return
        waits = [f"waits for {blocker.describe(self._session.mask)}" for blocker in seen]
        row = connection.execute(query("blockers_progress"), {"pid": pid}).fetchone()
        if row:
            self._observer.progress(f"{self._step.subject}: {'; '.join([_progress(*row), *waits])}")
        elif now >= self._next_note:
            self._next_note = now + NOTE_SECONDS
            self._observer.note(f"{self._step.subject}: {'; '.join(waits) or 'still at work'}")


def _progress(phase: str, unit: str, done: int, total: int) -> str:
    """``building index: scanning table, 45 % (1,215 of 2,700 blocks)``; some phases count nothing."""
    return f"{phase}, {100 * done // total} % ({done:,} of {total:,} {unit})" if total else phase


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
