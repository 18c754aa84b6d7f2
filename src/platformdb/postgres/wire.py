"""Sends statements to the server and reads what comes back: one round trip for any number of them.

libpq's pipeline mode underneath: everything is sent at once, and the server is asked to answer each statement of a file
as soon as it is done, so that each can be timed (for the tool's own that would only cost time). Two things cannot go
that way: a COPY of our rows, which libpq has no way to send there, and what PostgreSQL refuses inside a transaction, as
which it sees a pipeline. They go by themselves.

Source: PostgreSQL's documentation of libpq, "Pipeline Mode" and "Functions Associated with the COPY Command".
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, PipelineStatus

from platformdb.postgres.connect import Connection
from platformdb.report.model import CopyData, Statement

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

# How often ``idle`` is called at least: who is in the way is to be seen before even a short lock_timeout ends.
WAIT_SECONDS = 0.05
# How long the server may take to stop what was cancelled; after that the connection is closed instead.
CANCEL_SECONDS = 10.0

COPYING = frozenset({ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH})

Idle = Callable[[], None]
# Hears how many of the statements that were sent together are done.
Heard = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to one statement.

    ``rows`` were read or written, where the command counts them; ``seconds`` is from the answer before to this one;
    ``value`` is the first field of the first row, as text.
    """

    rows: int | None
    seconds: float
    value: bytes | None = None


class Stopped(Exception):
    """A statement failed: the ``index``-th of those that were sent, from 0. None after it ran."""

    def __init__(self, index: int, error: psycopg.Error) -> None:
        super().__init__(index, error)
        self.index = index
        self.error = error


def nobody(_: int) -> None:
    """Hears nothing."""


def send(
    connection: Connection, statements: Sequence[Statement], idle: Idle, heard: Heard = nobody
) -> tuple[Answer, ...]:
    """Runs statements in order, each a single SQL command; those between two COPY cost one round trip.

    ``heard`` is called after each answer. ``idle`` is called between waits for the server, at least 20 times a second:
    it is to be quick. What it raises, or Ctrl-C, cancels the statement under way on the server. Afterwards the
    connection can be used again, and a transaction that was open is an aborted one; what the server does not stop in
    time loses its connection.

    Raises:
        Stopped: with the server's error, or psycopg's OperationalError where the connection was lost.
    """
    answers: list[Answer] = []
    with _left_usable(connection, answers):
        for copies, together in groupby(statements, lambda statement: statement.data is not None):
            if copies:
                for statement in together:
                    answers.append(_alone(connection, statement, idle))
                    _pass_on(statement, answers[-1])
                    heard(len(answers))
            else:
                _pipeline(connection, tuple(together), idle, answers, heard)
    return tuple(answers)


def prepare(connection: Connection, name: str, statement: Statement) -> None:
    """Has the server plan a statement once, and keep it under a name; outside any transaction.

    Raises:
        psycopg.Error: the server refused it.
    """
    result = connection.pgconn.prepare(name.encode(), statement.sql.encode())
    if result.status == ExecStatus.FATAL_ERROR:
        raise error_from_result(result)


def send_alone(connection: Connection, statement: Statement, idle: Idle) -> Answer:
    """Runs one statement outside any pipeline, for those that refuse a transaction; otherwise as ``send``."""
    with _left_usable(connection, ()):
        answer = _alone(connection, statement, idle)
        _pass_on(statement, answer)
        return answer


@contextmanager
def _left_usable(connection: Connection, answers: Sequence[Answer]) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise Stopped(len(answers), error) from None
    except BaseException:
        _abandon(connection)
        raise


def _alone(connection: Connection, statement: Statement, idle: Idle) -> Answer:
    began = time.perf_counter()
    _dispatch(connection, statement, alone=True)
    return _answer(connection, began, idle, statement.data)


def _pipeline(
    connection: Connection, statements: Sequence[Statement], idle: Idle, answers: list[Answer], heard: Heard
) -> None:
    """Adds to ``answers`` as they come, so that their number tells which statement failed."""
    pgconn = connection.pgconn
    began = time.perf_counter()
    pgconn.enter_pipeline_mode()
    for statement, following in zip(statements, (*statements[1:], None), strict=True):
        _dispatch(connection, statement)
        # What comes before it would else be answered with it, and its time be taken for that of the one before.
        if _is_timed(statement) or _is_timed(following):
            pgconn.send_flush_request()
    pgconn.pipeline_sync()
    try:
        for statement in statements:
            answers.append(_answer(connection, began, idle))
            began = time.perf_counter()
            _pass_on(statement, answers[-1])
            heard(len(answers))
    except psycopg.Error:
        with suppress(psycopg.Error):  # of a lost connection; the first error is the one to tell
            _drain(connection, idle)
        raise
    _drain(connection, idle)


def _is_timed(statement: Statement | None) -> bool:
    """Whether it is a file's own, or somebody wants to hear of it."""
    return statement is not None and (statement.origin is not None or statement.listener is not None)


def _pass_on(statement: Statement, answer: Answer) -> None:
    if statement.listener is not None:
        statement.listener(answer.rows, answer.seconds, answer.value)


def _dispatch(connection: Connection, statement: Statement, *, alone: bool = False) -> None:
    """Hands a statement to libpq. Its text stays as it is: values are known by number ($1), and % is just %."""
    pgconn = connection.pgconn
    sql = statement.sql.encode()
    values = [_as_text(value) for value in statement.parameters or ()]
    if statement.prepared:
        pgconn.send_query_prepared(statement.prepared.encode(), values)
    elif values:
        pgconn.send_query_params(sql, values)
    elif alone:
        pgconn.send_query(sql)
    else:
        pgconn.send_query_params(sql, None)


def _as_text(value: object) -> bytes | None:
    """A value as PostgreSQL reads it, whatever type the statement gives it; a sequence as an array."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return f"{{{','.join(map(_as_element, value))}}}".encode()
    return str(value).encode()


def _as_element(value: object) -> str:
    """Quoted, for text may hold anything; numbers need none of it."""
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _answer(connection: Connection, began: float, idle: Idle, data: CopyData | None = None) -> Answer:
    """Reads one statement's results to their end; rows come one by one, so that none are kept."""
    rows, value, error = None, None, None
    with suppress(psycopg.OperationalError):  # where there is an error to read instead
        connection.pgconn.set_single_row_mode()
    try:
        while (result := _result(connection, idle)) is not None:
            if result.status == ExecStatus.FATAL_ERROR:
                error = error or error_from_result(result)
            elif result.status in COPYING:
                _copy(connection, result, data, idle)
            else:
                rows = result.command_tuples
                value = result.get_value(0, 0) if value is None and result.ntuples else value
    except psycopg.OperationalError:
        if error is None:  # else the server said why it ends the connection
            raise
    if error:
        raise error
    return Answer(rows, time.perf_counter() - began, value)


def _copy(connection: Connection, result: PGresult, data: CopyData | None, idle: Idle) -> None:
    """Sends no more than the server takes, so that memory stays flat.

    libpq tells of a row that the server refused only when all were sent.
    """
    if data is None or result.status != ExecStatus.COPY_IN:
        connection.close()  # in the middle of a COPY it is good for nothing else
        raise psycopg.NotSupportedError("COPY to or from the client's side without rows in the file")
    pgconn = connection.pgconn
    for chunk in data.chunks():
        pgconn.put_copy_data(chunk)
        while pgconn.flush():
            _wait(connection, idle, writing=True)
    pgconn.put_copy_end()


def _result(connection: Connection, idle: Idle) -> PGresult | None:
    """The next result; None after a statement's last."""
    pgconn = connection.pgconn
    while pgconn.is_busy():
        _wait(connection, idle, writing=bool(pgconn.flush()))
    return pgconn.get_result()


def _wait(connection: Connection, idle: Idle, *, writing: bool) -> None:
    """Until the server sent something, which is taken in, or takes something; for a moment at most."""
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN | (select.POLLOUT if writing else 0))
    if any(event & ~select.POLLOUT for _, event in poll.poll(WAIT_SECONDS * 1000)):
        connection.pgconn.consume_input()
    idle()


def _drain(connection: Connection, idle: Idle) -> None:
    """Reads what is still to come of everything that was sent."""
    pgconn = connection.pgconn
    silent = False
    while not (silent and pgconn.pipeline_status == PipelineStatus.OFF):
        result = _result(connection, idle)
        if result is None and silent:
            raise psycopg.OperationalError("the server's answers are out of step")
        silent = result is None
        if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
            pgconn.exit_pipeline_mode()
            return
        if result is not None and result.status in COPYING:
            pgconn.put_copy_end(b"stopped by the client")


def _abandon(connection: Connection) -> None:
    """Cancels what runs on the server and reads to its end; what does not end loses its connection."""
    deadline = time.monotonic() + CANCEL_SECONDS

    def idle() -> None:
        if time.monotonic() >= deadline:
            raise TimeoutError

    try:
        connection.cancel_safe(timeout=CANCEL_SECONDS)
        _drain(connection, idle)
    except (psycopg.Error, TimeoutError, KeyboardInterrupt):
        connection.close()
