"""Several connections at work at the same time, by chance (many rounds) or by arrangement (one waits for the other)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pytest

from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from rows import value

T = TypeVar("T")
Work = Callable[[Connection, int], object]

# Never measured, only the end of a test that hangs.
PATIENCE_SECONDS = 60


def at_the_same_instant(target: Target, works: Sequence[Work], *, rounds: int) -> None:
    """Each work on its own connection and thread; in every round they start together. Any error ends it all."""
    barrier = threading.Barrier(len(works), timeout=PATIENCE_SECONDS)

    def run(work: Work) -> None:
        try:
            with connect(target) as connection:
                for number in range(rounds):
                    barrier.wait()
                    work(connection, number)
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(run, work) for work in works]
    failures = [error for future in futures if (error := future.exception()) is not None]
    # The others fail because somebody broke the barrier; the one who did says why.
    causes = [error for error in failures if not isinstance(error, threading.BrokenBarrierError)]
    if failures:
        raise (causes or failures)[0]


@contextmanager
def held_up(target: Target, by: Connection, work: Callable[[Connection], T]) -> Iterator[Future[T]]:
    """Starts work on a connection of its own; entered when the server says that it waits for ``by``."""
    with connect(target) as connection, connect(target) as watcher, ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, connection)
        try:
            _wait_until_blocked(watcher, by.info.backend_pid, future)
            yield future
        finally:
            by.rollback()


def _wait_until_blocked(watcher: Connection, blocker: int, future: Future[T]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid)))"
    while not value(watcher, waiting, blocker):
        if future.done():
            pytest.fail(f"it did not wait: {future.exception() or future.result()!r}")
        if time.monotonic() > deadline:
            pytest.fail("nobody waits for the other connection")
        time.sleep(0.005)


def deadlocks(target: Target) -> int:
    """How many the server has seen in this database; on a connection of its own, for sessions cache statistics."""
    with connect(target) as connection:
        return int(value(connection, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
