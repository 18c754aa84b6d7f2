"""The one executor: runs steps in order, each with its history row, and stops at the first failure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import psycopg

from platformdb.errors import ApplyFailed, Interrupted, NotNow, PlatformdbError
from platformdb.postgres.blockers import Watch
from platformdb.postgres.connect import Connection
from platformdb.postgres.failure import explain_failure, failure_text, not_proven
from platformdb.postgres.frame import (
    CHECK_CONSTRAINTS,
    COMMIT,
    begin,
    closing,
    commit_apart,
    rolled_back,
    send_framed,
    settings,
    writing,
)
from platformdb.postgres.history import write
from platformdb.postgres.postconditions import look
from platformdb.postgres.retry import patiently
from platformdb.postgres.session import Session
from platformdb.postgres.solo import THERE, Solo
from platformdb.postgres.wire import Answer, Stopped
from platformdb.report.model import Event, Statement, Step, StepResult, StepState
from platformdb.report.progress import Observer

# May return another step to run instead of one that failed and was rolled back.
Rescue = Callable[[Connection, Step, psycopg.Error], Step | None]


def execute(
    session: Session, steps: Iterable[Step], observer: Observer, *, rescue: Rescue | None = None
) -> tuple[StepResult, ...]:
    """Runs every step; a transactional one and its history row share a transaction, and two round trips.

    What a step waits for longer than its lock_timeout, or a deadlock, takes it back and tries it again. A step of kind
    "repeatable" that fails otherwise is handed to ``rescue``. What a step set for the session is reset after it.

    Raises:
        ApplyFailed: with the server's words, the place in the file, and in ``results`` what was applied before.
        NotNow: tables were busy all the time, or the runner lock was lost.
        Refused: a solo step that needs a session came through a pooler.
        Interrupted: on Ctrl-C; the step under way was rolled back, unless it is a solo step.
    """
    done: list[StepResult] = []
    pass_on = partial(_pass_on, session, observer)
    session.work.add_notice_handler(pass_on)
    try:
        for step in steps:  # which may be planned only now, and that may fail too
            done.append(_carry_out(session, step, observer, rescue))
    except PlatformdbError as error:
        error.results = (*done, *error.results)
        raise
    finally:
        session.work.remove_notice_handler(pass_on)
    return tuple(done)


def _pass_on(session: Session, observer: Observer, notice: psycopg.errors.Diagnostic) -> None:
    """A warning is for the user; a notice ("relation exists, skipping") is the file's own talk."""
    if notice.severity_nonlocalized == "WARNING":
        observer.note(f"warning of the server: {session.mask(notice.message_primary or '')}")


def _carry_out(session: Session, step: Step, observer: Observer, rescue: Rescue | None) -> StepResult:
    observer.started(step)
    began = time.perf_counter()
    try:
        answers = _run(session, step, observer)
    except (Stopped, PlatformdbError, KeyboardInterrupt) as error:
        instead = _rescued(session, step, error, rescue)
        if instead is not None:
            return _carry_out(session, instead, observer, None)
        result = StepResult(step, StepState.FAILED, _milliseconds_since(began))
        _record_failure(session, result, error, observer)
        observer.finished(result)
        failure = _explained(session, step, error)
        failure.results = (result,)
        raise failure from None
    times = tuple(answer.seconds * 1000 for answer in answers)
    rows = answers[-1].rows if answers else None
    result = StepResult(step, StepState.APPLIED, _milliseconds_since(began), rows, times)
    observer.finished(result)
    return result


def _run(session: Session, step: Step, observer: Observer) -> tuple[Answer, ...]:
    if step.transactional:
        return patiently(session, step, observer, partial(_in_transaction, session, step))
    return Solo(session, step, observer).run()


def _in_transaction(session: Session, step: Step, watch: Watch) -> tuple[Answer, ...]:
    """One try: all of it holds, or nothing."""
    began = time.perf_counter()
    session.guard.check()
    with rolled_back(session):
        before = (*begin(session, watch, step.begin), *settings(session, step, "SET LOCAL"))
        answers = send_framed(session, before, step.statements, (CHECK_CONSTRAINTS,), watch)
        _prove(session, step)
        session.guard.check()
        send_framed(session, (*closing(session, step), *_record(session, step, answers, began)), (), (), watch)
    return answers


def _record(session: Session, step: Step, answers: Sequence[Answer], began: float) -> tuple[Statement, ...]:
    if step.record is None:
        return (COMMIT,)
    times = tuple(answer.seconds * 1000 for answer in answers)
    row = write(step.record, session.provenance, elapsed_ms=_milliseconds_since(began), statements_ms=times)
    return writing(session, row)


def _prove(session: Session, step: Step) -> None:
    """Asks the catalog, where a statement can be asked after, before anything is committed."""
    for index, statement in enumerate(step.statements):
        if statement.probe is None:
            continue
        try:
            seen = look(session.work, statement.probe)
        except psycopg.Error as error:
            raise Stopped(index, error) from None
        if seen.found not in THERE:
            raise not_proven(step, statement, seen.detail)


def _rescued(session: Session, step: Step, error: BaseException, rescue: Rescue | None) -> Step | None:
    if rescue is None or step.kind != "repeatable" or not isinstance(error, Stopped) or session.work.closed:
        return None
    try:
        return rescue(session.work, step, error.error)
    except psycopg.Error:  # the step's own error is the one to tell
        return None


def _explained(session: Session, step: Step, error: BaseException) -> PlatformdbError:
    if isinstance(error, Stopped):
        return explain_failure(error.error, step, error.index, session.mask)
    if isinstance(error, PlatformdbError):
        return error
    return Interrupted(f"interrupted during {step.subject}", help="run the same command again to go on")


def _record_failure(session: Session, result: StepResult, error: BaseException, observer: Observer) -> None:
    """A row that says why, in a transaction of its own; it is only for people, so the run's own error comes first."""
    step = result.step
    text = _text(session, step, error)
    if step.record is None or not text or session.work.closed:
        return
    failed = replace(step.record, event=Event.FAILED)
    row = write(failed, session.provenance, elapsed_ms=result.elapsed_ms, error=text)
    try:
        commit_apart(session, Watch(session, step, observer), (), row)
    except (Stopped, PlatformdbError) as unwritten:
        observer.note(f"the history does not tell of this failure: {unwritten}")


def _text(session: Session, step: Step, error: BaseException) -> str:
    """What the history says of an error; nothing where the step itself did not fail: an interrupt, a lost lock."""
    stopped = error.__cause__ if isinstance(error, NotNow) else error
    if isinstance(stopped, Stopped):
        return failure_text(stopped.error, step, stopped.index, session.mask)
    return session.mask(error.message) if isinstance(error, ApplyFailed) else ""


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
