"""The one executor: runs steps in order, each with its history row, and stops at the first failure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext

import psycopg

from platformdb.errors import ApplyFailed, Interrupted, Place, PlatformdbError
from platformdb.postgres.connect import Connection
from platformdb.postgres.history import write_record
from platformdb.report.model import Statement, Step, StepResult, StepState
from platformdb.report.progress import Observer


def execute(connection: Connection, steps: Iterable[Step], observer: Observer) -> tuple[StepResult, ...]:
    """Runs every step on an autocommit connection.

    A transactional step and its history row share a transaction; a solo step's row follows it. Session settings
    that a step leaves behind are reset before the next one.

    Raises:
        ApplyFailed: with the server's words, the place in the file, and in ``results`` what was applied before.
        Interrupted: on Ctrl-C; the step under way was rolled back, unless it is a solo step.
    """
    done: list[StepResult] = []
    connection.add_notice_handler(lambda notice: _pass_on(notice, observer))
    try:
        for step in steps:  # which may be planned only now, and that may fail too
            done.append(_carry_out(connection, step, observer))
    except PlatformdbError as error:
        error.results = (*done, *error.results)
        raise
    return tuple(done)


def _carry_out(connection: Connection, step: Step, observer: Observer) -> StepResult:
    observer.started(step)
    began = time.perf_counter()
    try:
        rows = _run(connection, step, began)
    except psycopg.Error as error:
        failure = explain_failure(error, step)
        failure.results = (StepResult(step, StepState.FAILED, _milliseconds_since(began)),)
        observer.finished(failure.results[0])
        raise failure from None
    except KeyboardInterrupt:
        stopped = Interrupted(f"interrupted during {step.subject}", help="run the same command again to go on")
        stopped.results = (StepResult(step, StepState.FAILED, _milliseconds_since(began)),)
        raise stopped from None
    result = StepResult(step, StepState.APPLIED, _milliseconds_since(began), rows)
    observer.finished(result)
    return result


def _pass_on(notice: psycopg.errors.Diagnostic, observer: Observer) -> None:
    """A warning is for the user; a notice ("relation exists, skipping") is the file's own talk."""
    if notice.severity_nonlocalized == "WARNING":
        observer.note(f"warning of the server: {notice.message_primary}")


def _run(connection: Connection, step: Step, began: float) -> int | None:
    with connection.transaction() if step.transactional else nullcontext():
        rows = None
        for statement in step.statements:
            rows = _send(connection, statement)
        if step.record is not None:
            with _as_ourselves(connection, for_good=step.record.segment == step.record.segments):
                write_record(connection, step.record, _milliseconds_since(began))
    return rows


@contextmanager
def _as_ourselves(connection: Connection, *, for_good: bool) -> Iterator[None]:
    """The history is written by the role that connected, whatever SET ROLE the file is under.

    A file's SET (search_path, role …) holds to its end, and must not reach the next file: then it is ``for_good``.
    """
    if for_good:
        connection.execute("RESET ALL; RESET SESSION AUTHORIZATION")
        yield
        return
    row = connection.execute("SELECT session_user, current_setting('role')").fetchone()
    connection.execute("RESET SESSION AUTHORIZATION")
    yield
    restore = "SELECT set_config('session_authorization', %s, false), set_config('role', %s, false)"
    connection.execute(restore, row)


def _send(connection: Connection, statement: Statement) -> int | None:
    # Without parameters psycopg uses the simple protocol, which takes a whole file and leaves % alone.
    cursor = connection.execute(statement.sql.encode(), statement.parameters)
    return cursor.rowcount if cursor.rowcount >= 0 else None


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def explain_failure(error: psycopg.Error, step: Step) -> ApplyFailed:
    """The server's error as ours: first line, then SQLSTATE, detail and hint, and the place in the file."""
    diagnostic = error.diag
    message = diagnostic.message_primary or str(error).strip()
    parts = (
        ("SQLSTATE", diagnostic.sqlstate),
        ("detail", diagnostic.message_detail),
        ("hint", diagnostic.message_hint),
        ("context", diagnostic.context),
    )
    return ApplyFailed(
        f"{step.subject}: {message}",
        detail="\n".join(f"{name}: {value}" for name, value in parts if value),
        place=_place(diagnostic.statement_position, step),
        help=_advice(error, step),
    )


def _advice(error: psycopg.Error, step: Step) -> str:
    if step.transactional and _lost_connection(error):
        return (
            "the connection was lost before the server confirmed this step; run the command again, it sees what holds"
        )
    if step.transactional:
        return "this step was rolled back whole; correct the cause and run the command again"
    return (
        "this step runs outside a transaction: check what it left behind, correct the cause and run the command again"
    )


def _lost_connection(error: psycopg.Error) -> bool:
    """Then nobody knows whether a COMMIT under way still arrived. 57P…: the server is being shut down, or crashed."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "57P").startswith("57P")


def _place(position: str | None, step: Step) -> Place | None:
    """Turns the server's position (characters from 1 in the statement's text) into a place in the step's file.

    Without a position, any of a transactional step's statements may have failed: then only the file is known.
    """
    if step.source is None or not step.statements:
        return step.source
    if step.source.column is None:  # the text was made from the file's, so positions in it say nothing
        return step.source
    if position is None:
        return Place(step.source.name) if step.transactional else step.source
    # What comes before the file's own text was replayed for it, and went well once already.
    sql = step.statements[-1].sql
    before = sql[: int(position) - 1]
    line = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1) + 1
    text = sql.split("\n")[line]
    if line == 0 and step.source.column is not None:
        column += step.source.column - 1
        text = step.source.text or text
    return Place(step.source.name, (step.source.line or 1) + line, column, text)
