"""Processes that load at the same time, and the tasks they are given."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from platformdb.errors import ApplyFailed
from platformdb.seeding.load.tasks import Task
from platformdb.seeding.load.worker import Failure, Gear

# The path comes through the pipe: whoever starts us may have changed it. Nothing secret is among the arguments.
PROGRAM = """
import sys
from multiprocessing.connection import Connection
pipe = Connection(int(sys.argv[1]))
sys.path[:] = pipe.recv()
from platformdb.seeding.load.worker import work
work(pipe)
"""
FAREWELL_SECONDS = 5
# glibc keeps freed arrays, in an arena for each thread. Asked to give them back it needs a sixth less memory, and no
# more time (4 M rows, two processes); elsewhere nobody reads these.
FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(8 << 20),
}

T = TypeVar("T", bound=Task)


class Failed(Exception):
    """A task failed; see Failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.error))
        self.failure = failure


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One process, and the pipe to it."""

    process: subprocess.Popen[bytes]
    pipe: Connection


class Crew:
    """Some processes. Give them tasks with ``do``."""

    def __init__(self, hands: tuple[Hand, ...]) -> None:
        self._hands = hands

    def do(self, tasks: Iterable[T], started: Callable[[T], None]) -> Iterator[tuple[T, Any]]:
        """Every task with its result, in the order in which they end; ``started`` hears of each when it begins.

        Raises:
            Failed: a task failed, or a process died. Others are under way.
        """
        waiting, busy = deque(tasks), dict[Any, tuple[Hand, T]]()
        idle = list(self._hands)
        while waiting or busy:
            while waiting and idle:
                hand, task = idle.pop(), waiting.popleft()
                started(task)
                with suppress(OSError):  # a process that died is noticed when its answer is read
                    hand.pipe.send(task)
                busy[hand.pipe] = hand, task
            for pipe in wait(list(busy)):
                hand, task = busy.pop(pipe)
                result = _answer(hand, task)
                idle.append(hand)
                yield task, result


def _answer(hand: Hand, task: Task) -> object:
    try:
        result = hand.pipe.recv()
    except (EOFError, OSError):
        raise Failed(Failure(_died(hand, task), lasting=False)) from None
    if isinstance(result, Failure):
        raise Failed(result)
    return result


def _died(hand: Hand, task: Task) -> ApplyFailed:
    hand.process.wait()
    code = hand.process.returncode
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return ApplyFailed(
        f"{task.step.subject}: the process that loaded it {how}",
        help="the system kills a process when memory runs out: try fewer --jobs" if code == -9 else "",
    )


@contextmanager
def crew(gear: Gear, number: int) -> Iterator[Crew]:
    """So many processes, which end with the block: what they have not finished by then the server undoes."""
    hands = tuple(_start(gear) for _ in range(number))
    try:
        yield Crew(hands)
    finally:
        for hand in hands:
            hand.pipe.close()
        for hand in hands:
            _dismiss(hand.process)


def _start(gear: Gear) -> Hand:
    ours, theirs = Pipe()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, **FRUGAL},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C on the terminal is for us alone
        )
    ours.send(sys.path)
    ours.send(gear)
    return Hand(process, ours)


def _dismiss(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
