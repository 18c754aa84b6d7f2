"""A process that loads: takes tasks from a pipe, and sends back what came of each."""

from __future__ import annotations

import os
import queue
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any

from platformdb.errors import PlatformdbError
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.seeding.load.job import is_about_rows
from platformdb.seeding.load.tasks import Task
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.world import World, WorldRecipe


@dataclass(frozen=True, slots=True)
class Gear:
    """What a process needs before its first task."""

    target: Target
    recipe: WorldRecipe


@dataclass(frozen=True, slots=True)
class Failure:
    """A task could not be done. ``lasting``: it would fail again, for it is the rows that are wrong."""

    error: Exception
    lasting: bool


def work(pipe: Pipe) -> None:
    """Does what comes through the pipe, until nothing comes any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us decides
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, tasks), daemon=True).start()
    gear: Gear = tasks.get()
    try:
        world = gear.recipe.open()
        with connect(gear.target) as connection:
            while True:
                pipe.send(_outcome(tasks.get(), connection, world))
    except Exception as error:  # noqa: BLE001 - a process of its own: whatever it is, somebody must hear of it
        pipe.send(_failure(error))


def _listen(pipe: Pipe, tasks: queue.SimpleQueue[Any]) -> None:
    """Tells the end of whoever started us at once, whatever is being done: the server then undoes it."""
    try:
        while True:
            tasks.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(1)


def _outcome(task: Task, connection: Connection, world: World) -> object:
    try:
        return task.run(connection, world)
    except Exception as error:  # noqa: BLE001 - it is raised again by whoever gave the task
        return _failure(error)


def _failure(error: Exception) -> Failure:
    if isinstance(error, PlatformdbError | Misfit):
        return Failure(error, is_about_rows(error))
    detail = traceback.format_exc()
    return Failure(PlatformdbError(f"{type(error).__name__}: {error}", detail=detail), lasting=False)
