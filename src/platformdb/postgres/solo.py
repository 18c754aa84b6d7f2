"""Steps that refuse a transaction: announced in the history before they run, and asked after in the catalog.

Source: PostgreSQL's documentation of CREATE INDEX, "Building Indexes Concurrently".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import psycopg

from platformdb.errors import Refused
from platformdb.postgres.blockers import Watch
from platformdb.postgres.failure import not_proven
from platformdb.postgres.frame import RESET, closing, commit_apart, send_framed, settings
from platformdb.postgres.history import write
from platformdb.postgres.postconditions import Found, Look, look
from platformdb.postgres.retry import patiently, pause
from platformdb.postgres.session import Session
from platformdb.postgres.wire import Answer, Stopped, send, send_alone
from platformdb.report.history import Event
from platformdb.report.model import Probe, Statement, Step
from platformdb.report.progress import Observer

# They may commit in the middle.
COMMITTING = re.compile(r"\s*(?:call|do)\b", re.IGNORECASE)
THERE = frozenset({Found.DONE, Found.AGAIN})
BUSY_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Solo:
    """One run of a step outside any transaction."""

    session: Session
    step: Step
    observer: Observer

    def run(self) -> tuple[Answer, ...]:
        """Runs the step's statements, with a row in the history before and after them.

        Raises:
            Refused: through a pooler its settings would not hold.
            ApplyFailed: the server reported success, and the catalog does not.
            NotNow: the lock was lost, or others kept the tables busy.
            Stopped: the server's error.
        """
        refuse_pooler(self.session, self.step)
        self.session.guard.check()
        if self.step.record is not None:
            started = write(replace(self.step.record, event=Event.STARTED), self.session.provenance, elapsed_ms=0.0)
            commit_apart(self.session, self._watch(), (), started)
        if any(COMMITTING.match(statement.sql) and not statement.probe for statement in self.step.statements):
            answers = self._attempt(self._watch())  # what it committed before it failed must not be done twice
        else:
            answers = patiently(self.session, self.step, self.observer, self._attempt)
        self.session.guard.check()
        self._finish(answers)
        return answers

    def _watch(self) -> Watch:
        return Watch(self.session, self.step, self.observer)

    def _attempt(self, watch: Watch) -> tuple[Answer, ...]:
        answers: list[Answer] = []
        with self._reset_on_failure():
            if not self.session.guard.pooled:
                # lock_timeout would cut the waits for old snapshots too; they block nobody, an INVALID index does.
                patience = settings(self.session, self.step, "SET", patient=self.step.is_concurrent)
                send_framed(self.session, patience, (), (), watch)
            for index, statement in enumerate(self.step.statements):
                try:
                    answers.append(self._one(statement, watch))
                except Stopped as stopped:
                    raise Stopped(index, stopped.error) from None
        return tuple(answers)

    @contextmanager
    def _reset_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with suppress(Stopped):  # of a lost connection
                send(self.session.work, RESET, lambda: None)
            raise

    def _one(self, statement: Statement, watch: Watch) -> Answer:
        probe = statement.probe
        if probe is None:
            return send_alone(self.session.work, statement, watch)
        if self.step.resumes or probe.kind == "index_built":
            before = self._swept(probe, watch)
            if self.step.resumes and before.found is Found.DONE:
                self.observer.note(f"{self.step.subject}: already done by an earlier run, as the catalog shows")
                return Answer(None, 0.0)
        return self._proven(statement, probe, watch)

    def _proven(self, statement: Statement, probe: Probe, watch: Watch) -> Answer:
        """Runs the statement until the catalog shows its work, twice at most."""
        for _ in range(2):
            try:
                answer = send_alone(self.session.work, statement, watch)
            except Stopped:
                if self._mended(probe, watch):
                    return Answer(None, 0.0)
                raise
            after = self._swept(probe, watch)
            if after.found in THERE:
                return answer
        raise not_proven(self.step, statement, after.detail)

    def _mended(self, probe: Probe, watch: Watch) -> bool:
        """Takes away what a failed statement left half done; whether its work is there then (a detach is finished).

        An INVALID index costs every write, and a unique one still refuses some: it does not stay until the next run.
        """
        with suppress(Stopped):  # the statement's own error is the one to tell
            return self._look(probe).found is Found.BROKEN and self._swept(probe, watch).found is Found.DONE
        return False

    def _swept(self, probe: Probe, watch: Watch) -> Look:
        """What the catalog says, once nobody is at it any more and what was half done is taken away."""
        seen = self._look(probe)
        if seen.found is Found.BUSY:
            self.observer.note(f"{self.step.subject}: waiting, {seen.detail}")
        while seen.found is Found.BUSY:
            pause(self.session, BUSY_PAUSE_SECONDS)
            seen = self._look(probe)
        if seen.found is not Found.BROKEN:
            return seen
        self.observer.note(f"{self.step.subject}: {seen.detail}; cleaning up")
        for statement in seen.cleanup:
            send_alone(self.session.work, statement, watch)
        return self._look(probe)

    def _look(self, probe: Probe) -> Look:
        try:
            return look(self.session.work, probe)
        except psycopg.Error as error:
            raise Stopped(0, error) from None

    def _finish(self, answers: tuple[Answer, ...]) -> None:
        after = closing(self.session, self.step)
        if self.step.record is None:
            send_framed(self.session, after, (), (), self._watch())
            return
        times = tuple(answer.seconds * 1000 for answer in answers)
        row = write(self.step.record, self.session.provenance, elapsed_ms=sum(times), statements_ms=times)
        commit_apart(self.session, self._watch(), after, row)


def refuse_pooler(session: Session, step: Step) -> None:
    """Asked before a run begins, and again before the step itself.

    Raises:
        Refused: outside a transaction a pooler keeps neither settings nor roles, and the step needs some; what may
            lock others out needs a lock_timeout.
    """
    if session.guard.pooled and not step.transactional and (step.settings or session.role or not step.is_concurrent):
        raise Refused(
            f"{step.subject}: through a pooler no setting, lock_timeout or role holds outside a transaction",
            help="connect to the server itself: its own host and port, not the pooler's",
            place=step.source,
        )
