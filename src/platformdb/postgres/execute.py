"""The one executor: runs steps in order, each with its history row, and stops at the first failure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
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
from platformdb.postgres.postconditions import Found, look
from platformdb.postgres.retry import patiently
from platformdb.postgres.session import Session
from platformdb.postgres.solo import Solo
from platformdb.postgres.wire import Answer, Stopped, prepare
from platformdb.report.history import Event
from platformdb.report.model import Leaves, Statement, Step, StepResult, StepState
from platformdb.report.progress import Observer

ROW = "platformdb_history_row"
# May return another step to run instead of one that failed and was rolled back.
Rescue = Callable[[Connection, Step, psycopg.Error], Step | None]


def execute(
    session: Session, steps: Iterable[Step], observer: Observer, *, rescue: Rescue | None = None
) -> tuple[StepResult, ...]:
    """Runs every step; a transactional one and its history row share a transaction.

    That takes two round trips; where the next step is known, the second goes together with its first. What a step
    waits for longer than its lock_timeout, or a deadlock, takes it back and tries it again. A step of kind "repeatable"
    that fails otherwise is handed to ``rescue``. What a step set for the session is reset after it.

    Raises:
        ApplyFailed: with the server's words, the place in the file, and in ``results`` what was applied before.
        NotNow: tables were busy all the time, or the runner lock was lost.
        Refused: a solo step that needs a session came through a pooler.
        Interrupted: on Ctrl-C; the step under way was rolled back, unless it is a solo step.
    """
    line = _Line(session, observer, rescue)
    pass_on = partial(_pass_on, session, observer)
    session.work.add_notice_handler(pass_on)
    try:
        with rolled_back(session):
            for step in steps:  # which may be planned only now, and that may fail too
                line.add(step)
                if not isinstance(steps, Sequence):  # the next one is planned by what this one made
                    line.end()
            line.end()
    except PlatformdbError as error:
        error.results = (*line.done, *error.results)
        raise
    except KeyboardInterrupt:  # between two steps
        stopped = Interrupted("interrupted between two steps", help="run the same command again to go on")
        stopped.results = tuple(line.done)
        raise stopped from None
    finally:
        session.work.remove_notice_handler(pass_on)
    return tuple(line.done)


class _Unconfirmed(Exception):
    """The end of a transaction failed, and with it all of it: not to be sent again without its beginning."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped)
        self.stopped = stopped


@dataclass(frozen=True, slots=True)
class _OpenEnd:
    """A step whose statements went well, and what is still to be sent of its transaction."""

    result: StepResult
    statements: tuple[Statement, ...]


class _Line:
    """Steps one after the other, where the end of a transaction may travel with the beginning of the next."""

    def __init__(self, session: Session, observer: Observer, rescue: Rescue | None) -> None:
        self.done: list[StepResult] = []
        self._session = session
        self._observer = observer
        self._rescue = rescue
        self._open_end: _OpenEnd | None = None
        # The server plans the history's INSERT once (0.12 ms a row less, of 0.3), as long as no file can take it away.
        self._keeps_prepared = not session.guard.pooled and session.role is None
        self._prepared = ""

    def add(self, step: Step) -> None:
        """Runs a step; at the return the end of its transaction may not have been sent."""
        self._prepare(step)
        if self._open_end is None:
            self._observer.started(step)
        elif not step.transactional or self._session.guard.fence:
            self.end()
            self._observer.started(step)
        began = time.perf_counter()
        try:
            if step.transactional:
                attempt = partial(self._attempt, step)
                self._open_end = patiently(self._session, step, self._observer, attempt)
            else:
                answers = Solo(self._session, step, self._observer).run()
                self._finished(_applied(step, answers, began))
        except (_Unconfirmed, Stopped, PlatformdbError, KeyboardInterrupt) as error:
            self._failed(step, error, began)
        if self._session.guard.fence:
            self.end()

    def _prepare(self, step: Step) -> None:
        if step.leaves is Leaves.ANYTHING:
            self._keeps_prepared, self._prepared = False, ""
        elif self._keeps_prepared and not self._prepared and step.record is not None:
            self.end()
            self._keeps_prepared = False
            with suppress(psycopg.Error):  # the row itself will say what is wrong
                prepare(self._session.work, ROW, write(step.record, self._session.provenance, elapsed_ms=0))
                self._keeps_prepared, self._prepared = True, ROW

    def end(self) -> None:
        """Sends what is still to be sent."""
        if self._open_end is None:
            return
        step, began = self._open_end.result.step, time.perf_counter()
        try:
            self._session.guard.check()
            with rolled_back(self._session):
                self._send((), (), (), Watch(self._session, step, self._observer), None)
        except (_Unconfirmed, PlatformdbError, KeyboardInterrupt) as error:
            self._failed(step, error, began)

    def _attempt(self, step: Step, watch: Watch) -> _OpenEnd:
        """One try at a step, up to the end of its transaction."""
        session, began = self._session, time.perf_counter()
        session.guard.check()
        with rolled_back(session):
            before = (*begin(session, watch, step.begin), *settings(session, step, "SET LOCAL"))
            checks = (CHECK_CONSTRAINTS,) if step.leaves is not Leaves.NOTHING else ()
            answers = self._send(before, step.statements, checks, watch, step)
            _prove(session, step)
            session.guard.check()
        result = _applied(step, answers, began)
        return _OpenEnd(result, (*closing(session, step), *_record(session, result, self._prepared)))

    def _send(
        self,
        before: Sequence[Statement],
        own: Sequence[Statement],
        after: Sequence[Statement],
        watch: Watch,
        following: Step | None,
    ) -> tuple[Answer, ...]:
        """Sends these after what was left open; as soon as that is confirmed, ``following`` is the step under way."""
        left = self._open_end.statements if self._open_end else ()

        def heard(count: int) -> None:
            if left and count == len(left):
                self._confirm(following)

        try:
            return send_framed(self._session, (*left, *before), own, after, watch, heard)
        except Stopped as stopped:
            if self._open_end is not None:
                raise _Unconfirmed(stopped) from None
            raise

    def _confirm(self, following: Step | None) -> None:
        assert self._open_end is not None  # noqa: S101 - it was just sent
        self._finished(self._open_end.result)
        self._open_end = None
        if following is not None:
            self._observer.started(following)

    def _finished(self, result: StepResult) -> None:
        self.done.append(result)
        self._observer.finished(result)

    def _failed(self, step: Step, error: BaseException, began: float) -> None:
        """Says what became of the step under way, which is the one before where its end was not confirmed yet."""
        if self._open_end is not None:
            step, self._open_end = self._open_end.result.step, None
        # What failed at its very end is not rescued: another step was to follow in its place.
        instead = _rescued(self._session, step, error, self._rescue)
        if isinstance(error, _Unconfirmed):
            error = error.stopped
        if instead is not None:
            rescue, self._rescue = self._rescue, None
            self.add(instead)
            self._rescue = rescue
            return
        result = StepResult(step, StepState.FAILED, _milliseconds_since(began))
        _record_failure(self._session, result, error, self._observer)
        self._observer.finished(result)
        failure = _explained(self._session, step, error)
        failure.results = (result,)
        raise failure from None


def _applied(step: Step, answers: Sequence[Answer], began: float) -> StepResult:
    times = tuple(answer.seconds * 1000 for answer in answers)
    rows = answers[-1].rows if answers else None
    return StepResult(step, StepState.APPLIED, _milliseconds_since(began), rows, times)


def _record(session: Session, result: StepResult, prepared: str) -> tuple[Statement, ...]:
    record, provenance = result.step.record, session.provenance
    if record is None:
        rows = [
            write(entry.record, provenance, elapsed_ms=entry.elapsed_ms, applied_at=entry.applied_at)
            for entry in result.step.taken
        ]
        return writing(session, *rows) if rows else (COMMIT,)
    row = write(record, provenance, elapsed_ms=result.elapsed_ms, statements_ms=result.statements_ms)
    return writing(session, replace(row, prepared=prepared))


def _pass_on(session: Session, observer: Observer, notice: psycopg.errors.Diagnostic) -> None:
    """A warning is for the user; a notice ("relation exists, skipping") is the file's own talk."""
    if notice.severity_nonlocalized == "WARNING":
        observer.note(f"warning of the server: {session.mask(notice.message_primary or '')}")


def _prove(session: Session, step: Step) -> None:
    """Asks the catalog, where a statement can be asked after, before anything is committed."""
    for index, statement in enumerate(step.statements):
        if statement.probe is None:
            continue
        try:
            seen = look(session.work, statement.probe)
        except psycopg.Error as error:
            raise Stopped(index, error) from None
        if seen.found is Found.BROKEN:  # what is gone a later statement of the same transaction may have dropped
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
        why = str(unwritten.error).partition("\n")[0] if isinstance(unwritten, Stopped) else unwritten.message
        observer.note(f"the history does not tell of this failure: {session.mask(why)}")


def _text(session: Session, step: Step, error: BaseException) -> str:
    """What the history says of an error; nothing where the step itself did not fail: an interrupt, a lost lock."""
    stopped = error.__cause__ if isinstance(error, NotNow) else error
    if isinstance(stopped, Stopped) and not step.transactional and not 0 <= stopped.index < len(step.statements):
        return ""  # only its row could not be written: what became of it the catalog must tell
    if isinstance(stopped, Stopped):
        return failure_text(stopped.error, step, stopped.index, session.mask)
    return session.mask(error.message) if isinstance(error, ApplyFailed) else ""


def _milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
