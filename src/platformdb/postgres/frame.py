"""What stands around a step's own statements: how a transaction begins and ends, and how its history row is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache

from psycopg import sql
from psycopg.pq import TransactionStatus

from platformdb.errors import NotNow
from platformdb.postgres.blockers import Watch
from platformdb.postgres.holders import WORK_KEY
from platformdb.postgres.session import Session
from platformdb.postgres.wire import Answer, Heard, Idle, Stopped, nobody, send
from platformdb.report.model import Leaves, Statement, Step

# Deferred triggers run under the file's own settings, and their error is the file's.
CHECK_CONSTRAINTS = Statement("SET CONSTRAINTS ALL IMMEDIATE")
COMMIT = Statement("COMMIT")
ROLLBACK = Statement("ROLLBACK")
# What a file sets must not reach the next one, and its role does not write the history.
RESET = (Statement("RESET ALL"), Statement("RESET SESSION AUTHORIZATION"))
# The work lock is taken again at once. Another runner that got it in between has the division by zero stop this one.
UNLOCK = f"SELECT pg_advisory_unlock_all(), 1 / pg_try_advisory_lock({WORK_KEY[0]}, {WORK_KEY[1]})::integer"
# DISCARD ALL, which would take the work lock, too.
DISCARD = tuple(
    map(Statement, ("CLOSE ALL", "UNLISTEN *", "DEALLOCATE ALL", "DISCARD TEMP", "DISCARD SEQUENCES", UNLOCK)),
)


def begin(session: Session, watch: Watch, begin_sql: str = "BEGIN") -> tuple[Statement, ...]:
    """What is to be sent first; where there is a fence, it is begun already, for the fence's answer comes first.

    Raises:
        NotNow: another runner took over.
    """
    first = Statement(begin_sql)
    fence = session.guard.fence
    if fence is None:
        return (first,)
    asked = (first, *_role(session, "SET LOCAL"), fence, Statement("SELECT pg_backend_pid()"))
    try:
        *_, row, pid = send(session.work, asked, watch)
    except Stopped as stopped:
        raise Stopped(-1, stopped.error) from None  # none of the step's own
    if row.rows != 1:
        raise NotNow(
            "another runner took over this database while this one was away",
            help="look at what it did with platformdb status, then run the command again",
        )
    watch.pid = int(pid.value or 0)
    return ()


def settings(session: Session, step: Step, scope: str, *, patient: bool = False) -> tuple[Statement, ...]:
    """The lock_timeout, the role, and what earlier segments of the file set; ``scope`` is SET or SET LOCAL.

    Not set_config: a query takes a snapshot, and after it the file could not choose its isolation level. ``patient``
    waits for ever.
    """
    timeout = "0" if patient else step.lock_timeout or session.lock_timeout
    return (_lock_timeout(scope, timeout), *_role(session, scope), *step.settings)


@cache
def _lock_timeout(scope: str, timeout: str) -> Statement:
    return Statement(f"{scope} lock_timeout = {sql.Literal(timeout).as_string(None)}")


def closing(session: Session, step: Step) -> tuple[Statement, ...]:
    """Makes the session what it was before the step; one that a pooler lends us may hold what is another's."""
    if step.leaves is Leaves.NOTHING and not step.settings:
        return ()
    last = step.record is None or step.record.segment == step.record.segments
    if step.leaves is not Leaves.ANYTHING or not last:
        return RESET
    # Through a pooler there is no work lock to be taken again.
    return (*(DISCARD[:-1] if session.guard.pooled else DISCARD), *RESET)


def writing(session: Session, *rows: Statement) -> tuple[Statement, ...]:
    """Rows of the history, by our own role, and the end of the transaction."""
    return (*_role(session, "SET LOCAL"), *rows, COMMIT)


def commit_apart(session: Session, watch: Watch, before: Sequence[Statement], row: Statement) -> None:
    """A row of the history in a transaction of its own, after what is to be sent before it.

    Raises:
        Stopped: with an index that is none of the step's.
        NotNow: another runner took over.
    """
    with rolled_back(session):
        send_framed(session, (*begin(session, watch), *before, *writing(session, row)), (), (), watch)


def send_framed(
    session: Session,
    before: Sequence[Statement],
    own: Sequence[Statement],
    after: Sequence[Statement],
    idle: Idle,
    heard: Heard = nobody,
) -> tuple[Answer, ...]:
    """Sends all; the answers are those to the step's ``own`` statements, and an error's index counts from these."""
    try:
        answers = send(session.work, (*before, *own, *after), idle, heard)
    except Stopped as stopped:
        raise Stopped(stopped.index - len(before), stopped.error) from None
    return answers[len(before) : len(before) + len(own)]


@contextmanager
def rolled_back(session: Session) -> Iterator[None]:
    """Whatever goes wrong inside leaves no transaction open."""
    try:
        yield
    except BaseException:
        if session.work.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
            with suppress(Stopped):
                send(session.work, (ROLLBACK,), lambda: None)
        raise


def _role(session: Session, scope: str) -> tuple[Statement, ...]:
    if session.role is None:
        return ()
    return (Statement(f"{scope} ROLE {sql.Identifier(session.role).as_string(None)}"),)
