"""Waiting for other runners: until a deadline, saying once what for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from platformdb.errors import NotNow
from platformdb.postgres.holders import Holder
from platformdb.report.progress import Observer

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What is in the way, and what can be done about it."""

    what: str
    help: str


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits until the deadline, on time.monotonic()'s clock."""

    deadline: float
    observer: Observer

    def wait(self, look: Callable[[], Obstacle | None], *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Looks until nothing is in the way any more; says once what it waits for.

        Raises:
            NotNow: something still is, at the deadline.
        """
        said = False
        while (obstacle := look()) is not None:
            if time.monotonic() >= self.deadline:
                raise NotNow(obstacle.what, help=obstacle.help)
            if not said:
                self.observer.note(f"waiting: {obstacle.what}")
                said = True
            meanwhile()
            # Two that meet, each giving way to the other, must not meet again and again.
            time.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - nothing to guess here


def another(holder: object) -> Obstacle:
    """Somebody has the lock or the lease; None is somebody who was gone when we asked who it is."""
    return Obstacle(
        f"another platformdb is at work on this database ({holder or 'which has just ended'})",
        "wait for it to end, then run this again; platformdb lock status shows what it does",
    )


def still_running(holder: Holder) -> Obstacle:
    """The work of a runner that is gone itself, or has lost its lock."""
    doing = f"statement still runs ({holder}): {holder.query}" if holder.query else f"session lasts ({holder})"
    return Obstacle(f"an earlier platformdb's {doing}", "wait for it to end, or end it: platformdb lock break")
