"""Measures what each statement of a run does: which locks it takes, what it rewrites, scans and writes.

A question goes to the server after each statement, in the same session and the same round trip, so that a run costs
little more for it. What refuses a transaction is looked at from a second session instead while it runs, for its locks
are gone when it can be asked.

Source: PostgreSQL's documentation, "pg_locks" and "The Cumulative Statistics System".
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.glimpses import Glimpses, glimpsing
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target
from platformdb.report.model import Listener, Statement, Step, StepResult
from platformdb.report.progress import Observer
from platformdb.report.readings import Glimpsed, Heard, Ran, Reading, Relation, Seen

# Before it a transaction's isolation level must be chosen, which no question may precede.
SETTING = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:set|reset)\b", re.IGNORECASE | re.DOTALL)
# A question takes longer to plan than a small statement to run, and so does not know when that ended.
NOW = "SELECT extract(epoch FROM pg_catalog.clock_timestamp())"
# How the server tells of a temporary file: with its name and, last, its bytes.
TEMPORARY_FILE = re.compile(r"pgsql_tmp.*?(\d+)\D*$", re.DOTALL)


@dataclass(slots=True)
class _Turn:
    """A step under way: what was heard of its statements, by their numbers from 0; -1 is before the first."""

    step: Step
    seconds: dict[int, float] = field(default_factory=dict)
    rows: dict[int, int | None] = field(default_factory=dict)
    temporary: dict[int, int] = field(default_factory=dict)
    begun: dict[int, float] = field(default_factory=dict)
    answers: dict[int, bytes] = field(default_factory=dict)
    glimpsed: Glimpses = field(default_factory=dict)
    last: float = 0.0
    commit_seconds: float = 0.0

    def heard(self, *, temporary: bool) -> Heard:
        """What became of it; ``temporary``: the server tells of temporary files."""
        read = {number: json.loads(raw) for number, raw in self.answers.items()}
        readings = {number: Reading(wal, tuple(map(_seen, rows or ()))) for number, (wal, rows, _) in read.items()}
        ended = {number: float(when) for number, (*_, when) in read.items()}
        # Before the first that is asked about there was a question, too, with what sets something ahead of both.
        asked = min((number for number in self.begun if number >= 0), default=0)
        began = {number: ended.get(number - 1 if number > asked else -1) for number in self.begun}
        ran = (
            Ran(
                number,
                seconds if (since := began.get(number)) is None else self.begun[number] - since,
                self.rows[number],
                self.temporary[number] if temporary else None,
                readings.get(number),
            )
            for number, seconds in sorted(self.seconds.items())
        )
        seen = (Glimpsed(*which, last - first) for which, (first, last) in self.glimpsed.items())
        return Heard(self.step, readings.get(-1), tuple(ran), tuple(seen), self.commit_seconds)


def read_relations(connection: Connection) -> Mapping[int, Relation]:
    """The users' relations by their numbers, as they are now."""
    return {row[0]: Relation(*row) for row in connection.execute(query("gauge_relations")).fetchall()}


def read_wal(connection: Connection) -> int:
    """Where the server's WAL ends, in bytes: it grows by what all sessions write."""
    row = connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").fetchone()
    return int(row[0]) if row else 0


class Gauge:
    """Has every statement of a run in ``target`` measured, and keeps what was heard of it; an observer of the run.

    ``newest`` is the highest number of a relation that was there before: what is newer is nobody else's yet, and there
    may be thousands of it. ``tells``: the server tells of temporary files, which only a superuser may ask it to.
    """

    def __init__(self, target: Target, observer: Observer, *, newest: int, tells: bool) -> None:
        self._turns: list[_Turn] = []
        self._newest = newest
        self._tells = tells
        self._target = target
        self._observer = observer
        # A step's number is its own only as long as it lives, so it is kept, too.
        self._asking: dict[int, tuple[Step, _Turn]] = {}
        self._pid = 0
        self._temporary = 0
        self._looks: ExitStack = ExitStack()
        # One session looks at all steps: to open one takes longer than most of these.
        self._eyes: Connection | None = None
        self._open: ExitStack = ExitStack()

    def close(self) -> None:
        """Ends its own session; what was heard stays."""
        self._looks.close()
        self._open.close()

    @property
    def heard(self) -> tuple[Heard, ...]:
        """The steps that were measured, in the order in which they began."""
        return tuple(turn.heard(temporary=self._tells) for turn in self._turns)

    def attend(self, work: Connection) -> None:
        """Says which session does the work. It hears of temporary files from then on, where the server tells."""
        if self._pid != work.info.backend_pid:
            self._pid = work.info.backend_pid
            work.add_notice_handler(self._hear)

    def measured(self, step: Step) -> Step:
        """The same step, with questions between its statements."""
        turn = _Turn(step)
        asking = replace(step, statements=tuple(self._interleaved(turn)))
        self._asking[id(asking)] = asking, turn
        return asking

    def stage(self, title: str, total: int | None = None) -> None:
        """Passed on."""
        self._observer.stage(title, total)

    def started(self, step: Step) -> None:
        """A step begins: one outside transactions is looked at from now on."""
        self._observer.started(step)
        _, turn = self._asking.get(id(step), (None, None))
        if turn is None:
            return
        self._turns.append(turn)
        if not step.transactional:
            if self._eyes is None or self._eyes.closed:
                self._eyes = self._open.enter_context(connect(self._target))
            self._looks.enter_context(glimpsing(self._eyes, self._pid, step.sql, turn.glimpsed))

    def finished(self, result: StepResult) -> None:
        """A step ended, and its transaction with it."""
        now = time.perf_counter()
        self._looks.close()
        _, turn = self._asking.get(id(result.step), (None, None))
        if turn is not None and turn.last and result.step.transactional:
            turn.commit_seconds = now - turn.last
        self._observer.finished(result)

    def note(self, text: str) -> None:
        """Passed on."""
        self._observer.note(text)

    def progress(self, text: str) -> None:
        """Passed on."""
        self._observer.progress(text)

    def _interleaved(self, turn: _Turn) -> Iterator[Statement]:
        asked = False
        for number, statement in enumerate(turn.step.statements):
            if not asked and not SETTING.match(statement.sql):
                yield from self._question(turn, -1)
                asked = True
            yield replace(statement, listener=self._heard(turn, number))
            if asked:
                yield from self._question(turn, number)

    def _question(self, turn: _Turn, number: int) -> Iterator[Statement]:
        """By the server's clock: what it answers may lie here for a while before it is read."""

        def begin(_: int | None, __: float, value: bytes | None) -> None:
            turn.begun[number] = float(value or 0)

        def listen(_: int | None, __: float, value: bytes | None) -> None:
            turn.last = time.perf_counter()
            if value is not None:
                turn.answers[number] = value  # read when the run is over: the next statement's time is running

        yield Statement(NOW, listener=begin)
        asked = query("gauge" if turn.step.transactional else "gauge_all")
        yield Statement(asked, (self._newest,), listener=listen)

    def _heard(self, turn: _Turn, number: int) -> Listener:
        def listen(rows: int | None, seconds: float, _: bytes | None) -> None:
            turn.seconds[number] = seconds
            turn.rows[number] = rows
            turn.temporary[number], self._temporary = self._temporary, 0

        return listen

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        file = TEMPORARY_FILE.search(notice.message_primary or "") if notice.severity_nonlocalized == "LOG" else None
        self._temporary += int(file[1]) if file else 0


def _seen(row: list[Any]) -> Seen:
    number, modes, table, schema, name, kind, *figures = row
    relation = None if name is None else Relation(number, table, schema, name, kind, *figures)
    return Seen(number, tuple(modes), relation)
