"""Trying again what failed only because others were at the same tables."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import psycopg

from platformdb.errors import NotNow
from platformdb.postgres.blockers import Blocker, Watch
from platformdb.postgres.failure import is_busy
from platformdb.postgres.session import Session
from platformdb.postgres.wire import Stopped
from platformdb.report.model import Step
from platformdb.report.progress import Observer

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
BEAT_SECONDS = 0.25

T = TypeVar("T")


def patiently(session: Session, step: Step, observer: Observer, attempt: Callable[[Watch], T]) -> T:
    """What ``attempt`` returns; tried again, after a pause, where it met a lock_timeout or a deadlock.

    Raises:
        NotNow: all attempts failed; its cause is the last one's Stopped.
        Stopped: the server's error was another one.
    """
    attempts = session.lock_retries + 1
    number = 1
    while True:
        watch = Watch(session, step, observer)
        try:
            return attempt(watch)
        except Stopped as stopped:
            if not is_busy(stopped.error):
                raise
            if number == attempts:
                raise _given_up(session, step, watch.seen, attempts) from stopped
            seconds = pause_after(number)
            trouble = _trouble(stopped.error, step, watch.seen, f"attempt {number} of {attempts}")
            who = _named(session, watch.seen, "; ")
            observer.note(f"{trouble}{who and f': {who}'}; trying again in {seconds:.1f} s")
            pause(session, seconds)
        number += 1


def pause_after(number: int) -> float:
    """How many seconds to wait after a failed attempt, counted from 1: at random, so that two do not meet again."""
    longest = min(FIRST_PAUSE_SECONDS * 2 ** min(number - 1, 10), LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - nothing secret about it


def pause(session: Session, seconds: float) -> None:
    """Waits, and keeps the guard alive meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        session.guard.beat()
        time.sleep(min(left, BEAT_SECONDS))


def _trouble(error: psycopg.Error, step: Step, seen: Sequence[Blocker], attempt: str) -> str:
    what = next((blocker.relation for blocker in seen if blocker.relation), step.subject)
    if isinstance(error, psycopg.errors.DeadlockDetected):
        return f"{what}: a deadlock with other sessions ({attempt})"
    return f"{what} is busy ({attempt})"


def _named(session: Session, seen: Sequence[Blocker], between: str) -> str:
    return between.join(blocker.describe(session.mask) for blocker in seen)


def _given_up(session: Session, step: Step, seen: Sequence[Blocker], attempts: int) -> NotNow:
    timeout = step.lock_timeout or session.lock_timeout
    # A step's own timeout is there for those who wait behind it.
    instead = (
        "try more often with --lock-retries"
        if step.lock_timeout
        else f"wait longer with --lock-timeout (now {timeout})"
    )
    return NotNow(
        f"{step.subject}: others kept its tables busy, {attempts} attempts of {timeout} were not enough",
        detail=_named(session, seen, "\n"),
        help=f"end those transactions, or {instead}, then run the command again",
        place=step.source,
    )
