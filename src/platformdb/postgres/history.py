"""The history: what ran in this database, in schema ``platformdb``. Rows are only ever added."""

from __future__ import annotations

import psycopg

from platformdb import __version__
from platformdb.errors import Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.model import Entry, History, Record, Statement, Step


def read_history(connection: Connection, platform: str) -> History:
    """Reads a platform's history; changes nothing.

    Raises:
        Refused: the server does not let us, or the table is not ours.
    """
    try:
        row = connection.execute(query("history_exists")).fetchone()
        if not (row and row[0]):
            return History(exists=False)
        rows = connection.execute(query("history_read"), (platform,)).fetchall()
    except psycopg.Error as error:
        raise Refused(
            f"cannot read the history, platformdb.history: {error.diag.message_primary or error}",
            help="connect as the role that migrates this database, or grant it USAGE on the schema and SELECT",
        ) from None
    return History(
        exists=True,
        entries=tuple(
            Entry(Record(platform, kind, version, name, checksum, segment, segments, sql), applied_at, elapsed_ms)
            for kind, version, name, checksum, segment, segments, sql, applied_at, elapsed_ms in rows
        ),
    )


def write_record(connection: Connection, record: Record, elapsed_ms: float) -> None:
    """Adds a row; inside a transaction it becomes true together with the work."""
    connection.execute(
        query("history_write"),
        (
            record.platform,
            record.kind,
            record.version,
            record.name,
            record.checksum,
            record.segment,
            record.segments,
            record.text,
            elapsed_ms,
            __version__,
        ),
    )


def creation(history: History) -> tuple[Step, ...]:
    """The step that makes the history table, where there is none yet."""
    if history.exists:
        return ()
    statement = Statement(query("history_create"))
    return (Step("history", "platformdb.history", "the database has no history yet", (statement,)),)
