"""The history: what ran in this database, in schema ``platformdb``. Rows are only ever added.

Each row carries the SHA-256 of itself and of the row before it, computed by the server in the one INSERT: who changes
or removes a row later breaks the chain, and ``verify_history`` names the place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg

from platformdb.errors import Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.postgres.session import Session
from platformdb.provenance import Provenance
from platformdb.report.history import Checksums, Entry, Event, History, Record
from platformdb.report.model import Finding, Statement, Step

# What the three checksums are made of; a later version of platformdb that computes them differently raises it.
CHECKSUM_ALGORITHM = 1
COMMENT = "What platformdb did here: rows are only added, and chained by hash. platformdb validate checks them."


def read_history(connection: Connection, platform: str) -> History:
    """Reads a platform's history; changes nothing.

    Raises:
        Refused: the server does not let us, or the table is not ours.
    """
    try:
        _, exists, ours = _look(connection)
        if exists and not ours:
            raise Refused(
                "platformdb.history has another layout than this version of platformdb knows",
                help="it was made by another version: use that one, or move the table away if nothing relies on it",
            )
        rows = connection.execute(query("history_read"), (platform,)).fetchall() if exists else []
    except psycopg.ProgrammingError as error:  # a timeout, a lost connection: `connect` knows what they mean
        raise _unreadable(error) from None
    return History(exists, tuple(_entry(platform, *row) for row in rows))


def _look(connection: Connection) -> tuple[bool, bool, bool]:
    """Whether there is our schema, a history table in it, and whether its layout is ours."""
    row = connection.execute(query("history_exists")).fetchone() or (False, False, False)
    return bool(row[0]), bool(row[1]), bool(row[2])


def _entry(platform: str, *row: object) -> Entry:
    number, kind, version, name, event, segment, segments, raw, normalised, tokens, digest, late, error, at, ms = row
    checksums = Checksums(raw, normalised, tokens)  # type: ignore[arg-type]
    values = (platform, kind, version, name, checksums, segment, segments, digest, "", Event(str(event)), late)
    return Entry(Record(*values), at, ms, error, number)  # type: ignore[arg-type]


def _unreadable(error: psycopg.Error) -> Refused:
    return Refused(
        f"cannot read the history, platformdb.history: {error.diag.message_primary or error}",
        help="connect as the role that migrates this database, or grant it USAGE on the schema and SELECT",
    )


def read_texts(connection: Connection, numbers: Sequence[int]) -> Mapping[int, str]:
    """The executed text of some rows, by their ids."""
    return dict(connection.execute(query("history_texts"), (list(numbers),)).fetchall())


def read_head(connection: Connection) -> str | None:
    """The hash of the last row: kept elsewhere, it also shows when rows were cut off at the end."""
    row = connection.execute("SELECT hash FROM platformdb.history ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0]) if row else None


def verify_history(connection: Connection) -> tuple[Finding, ...]:
    """The rows that are not what was written, or do not follow the row before them: of all platforms.

    Raises:
        Refused: the server does not let us.
    """
    try:
        rows = connection.execute(query("history_verify")).fetchall()
    except psycopg.ProgrammingError as error:
        raise _unreadable(error) from None
    return tuple(_tampered(*row) for row in rows)


def _tampered(number: int, kind: str, version: str, name: str, event: str, follows: bool) -> Finding:  # noqa: FBT001 - a column
    what = " ".join(part for part in (event, kind, version, name) if part)
    wrong = "was changed after it was written" if follows else "does not follow the row before it: rows are missing"
    return Finding(
        "history-tampered",
        f"row {number} of platformdb.history ({what}) {wrong}",
        f"platformdb.history {number}",
        help="find out who changed the history; a backup from before shows what it said",
    )


def write(
    record: Record,
    provenance: Provenance,
    *,
    elapsed_ms: float,
    statements_ms: Sequence[float] = (),
    error: str = "",
    applied_at: datetime | None = None,
) -> Statement:
    """The statement that adds a row; inside a transaction it becomes true together with the work.

    ``applied_at`` is for what was done at another time; None is now.
    """
    sums = record.checksums
    place = (record.platform, record.kind, record.version, record.name, record.event.value)
    what = (record.segment, record.segments, CHECKSUM_ALGORITHM, sums.raw, sums.normalised, sums.tokens, record.digest)
    who = (provenance.os_user, provenance.host, provenance.tool_version, provenance.git_commit, provenance.git_dirty)
    went = (record.text, record.out_of_order, error, elapsed_ms, tuple(statements_ms))
    values = (*place, *what, *went, *who, applied_at)
    return Statement(query("history_write"), values)


def creation(session: Session, history: History) -> tuple[Step, ...]:
    """The step that makes the history table, where there is none yet.

    The schema may be there before: a role without CREATE on the database can be given one.

    Raises:
        Refused: this role may make neither.
    """
    if history.exists:
        return ()
    connection = session.work
    row = connection.execute(query("history_may_create"), {"role": session.role}).fetchone()
    if row and row[0] is False:
        raise Refused(
            "this role may not make the history, platformdb.history, in this database",
            help="let an administrator run once: CREATE SCHEMA platformdb AUTHORIZATION <the role that migrates>; "
            "or name a role that may do this with --role",
        )
    schema = () if _look(connection)[0] else (Statement("CREATE SCHEMA platformdb"),)
    table = Statement(query("history_create"))
    comment = Statement(f"COMMENT ON TABLE platformdb.history IS '{COMMENT}'")
    reason = "the database has no history yet"
    return (Step("history", "platformdb.history", reason, (*schema, table, comment)),)
