"""Who holds what: the sessions that runners have on a server, and the names by which they are known there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from platformdb.errors import Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.masking import shown_query

# "pgdb", then "run" and "wrk": the two-key space keeps clear of applications that lock on bigint ids.
LOCK_KEY = (0x70676462, 0x0072756E)
WORK_KEY = (0x70676462, 0x0077726B)

# The server cuts an application_name here (NAMEDATALEN - 1, in bytes).
LONGEST_NAME = 63
# How long a session may take to end: one that is in the middle of a write rolls back first.
END_MILLISECONDS = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """A process that runs platformdb: who started it, where, and its process id."""

    os_user: str
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.os_user}@{self.host}:{self.pid}"

    def name(self, task: str) -> str:
        """What its session for ``task`` is called on the server; the process id stays whole, whatever is cut."""
        start, end = f"platformdb {task} {self.os_user}@{self.host}", f":{self.pid}"
        # What is not ASCII each version of the server would spell in its own way.
        return start.encode("ascii", "replace").decode()[: LONGEST_NAME - len(end)] + end


@dataclass(frozen=True, slots=True)
class Holder:
    """A session of a runner: ``task`` is "lock" or "work".

    ``query`` is the beginning of what it runs, "" while it runs nothing. What only its own role may see of a session
    is None to others: ``address`` (also of a local one), ``since``, ``state``, ``wait``.
    """

    task: str
    pid: int
    user: str
    application: str
    address: str | None
    since: datetime | None
    state: str | None
    wait: str | None
    query: str

    @property
    def caller(self) -> Caller | None:
        """Who runs it, as its name says; None where that has another form."""
        found = re.fullmatch(r"platformdb \w+ (.*?)@(.*):(\d+)", self.application)
        return Caller(found[1], found[2], int(found[3])) if found else None

    def __str__(self) -> str:
        seen = self.since is not None
        parts = (
            f"pid {self.pid}",
            str(self.caller or ""),
            f"user {self.user}",
            f"from {self.address or 'this machine'}" if seen else "",
            f"since {moment(self.since)}" if self.since else "",
        )
        return ", ".join(part for part in parts if part)


def lock_holders(connection: Connection) -> tuple[Holder, ...]:
    """The sessions that hold one of the two advisory locks in this database: runners that connected directly."""
    keys = {"space": LOCK_KEY[0], "lock": LOCK_KEY[1], "work": WORK_KEY[1]}
    return _holders(connection.execute(query("lock_sessions"), keys).fetchall())


def busy_workers(connection: Connection) -> tuple[Holder, ...]:
    """The sessions in which a runner's work is doing something just now, as far as this role may see that."""
    return _holders(connection.execute(query("lock_leftovers")).fetchall())


def end_session(connection: Connection, pid: int) -> bool:
    """Ends a runner's session; whether it is gone. False as well where the number is by now another program's.

    Raises:
        Refused: this role may not.
    """
    keys = {"space": LOCK_KEY[0], "lock": LOCK_KEY[1], "work": WORK_KEY[1]}
    try:
        row = connection.execute(query("lock_end"), {"pid": pid, "milliseconds": END_MILLISECONDS, **keys}).fetchone()
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(
            f"this role may not end the session of pid {pid}",
            detail="\n".join(filter(None, (error.diag.message_primary, error.diag.message_detail))),
            help="connect as the role that runs it, as a member of pg_signal_backend, or as a superuser",
        ) from None
    return bool(row and row[0])


def _holders(rows: Iterable[TupleRow]) -> tuple[Holder, ...]:
    return tuple(
        Holder(task, pid, user, name, address, since, state, wait, "" if state == "idle" else shown_query(text))
        for task, pid, user, name, address, since, state, wait, text in rows
    )


def moment(when: datetime) -> str:
    """A moment to the second, with its distance from UTC."""
    return f"{when:%Y-%m-%d %H:%M:%S%z}"
