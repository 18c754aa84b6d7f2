"""When rows come into being: after everything they refer to, and before the end of the story.

Time is laid out in *activity time*, in which people are equally awake at every hour, and bent to wall time at the end
by one rising function for all tables (``Calendar``). So what came first stays first, whatever the rhythm of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from platformdb.seeding.codes import Floats, Ints
from platformdb.seeding.distributions import FORBID, Distribution
from platformdb.seeding.streams import Span, Stream

SECOND = 1_000_000
DAY = 86_400 * SECOND
# Activity time goes in steps of 4 µs, so that two instants stay two where the rhythm compresses time.
STEP = 4
STEEPEST = 3.9


@dataclass(frozen=True, slots=True)
class Calendar:
    """The story's first and last instant (µs since 1970), and how busy each of the 24 hours (UTC) is."""

    start: int
    end: int
    rhythm: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.end - self.start < DAY:
            raise ValueError("end must be at least a day after start")
        if self.rhythm and (len(self.rhythm) != 24 or min(self.rhythm) <= 0):
            raise ValueError("rhythm needs 24 weights greater than 0, one for each hour")
        if self.rhythm and max(self.rhythm) * 24 / sum(self.rhythm) > STEEPEST:
            raise ValueError(f"no hour of the rhythm can be more than {STEEPEST} times as busy as the average")

    @property
    def opens(self) -> int:
        """The start in activity time."""
        return int(self._bent(np.array([self.start]), self._hours(), self._busy())[0]) // STEP * STEP + STEP

    @property
    def closes(self) -> int:
        """The end in activity time."""
        return int(self._bent(np.array([self.end]), self._hours(), self._busy())[0]) // STEP * STEP

    def wall(self, instants: Ints) -> Ints:
        """Activity time as wall time: µs since 1970."""
        return self._bent(instants, self._busy(), self._hours())

    def _bent(self, instants: Ints, of: Floats, to: Floats) -> Ints:
        within = instants % DAY
        return np.asarray(instants - within + np.interp(within, of, to).astype(np.int64))

    def _hours(self) -> Floats:
        return np.linspace(0, DAY, 25)

    def _busy(self) -> Floats:
        """Where in activity time each hour begins."""
        weights = self.rhythm or (1.0,) * 24
        return np.concatenate([[0.0], np.cumsum(weights)]) / sum(weights) * DAY


@dataclass(frozen=True, slots=True)
class Time:
    """How long after what it refers to a row comes into being.

    ``lag``: so long after the last of them; without it, at any time until the end. ``gap``: so long after the row
    before it in the same group, ``per`` naming the link which makes the group. ``together``: at the same instant.
    ``after``: further links to wait for. ``growth`` above 1 puts more rows late, below 1 more early; ``until`` is
    the share of the story in which rows appear.
    """

    lag: Distribution | None = None
    gap: Distribution | None = None
    per: str = ""
    together: bool = False
    after: tuple[str, ...] = ()
    growth: float = 1.0
    until: float = 1.0
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if sum((self.lag is not None, self.gap is not None, self.together)) > 1:
            raise ValueError("choose one of lag, gap and together")
        if (self.gap is None) != (not self.per):
            raise ValueError("gap and per belong together")
        if self.growth <= 0 or not 0 < self.until <= 1:
            raise ValueError("growth must be greater than 0, until more than 0 and at most 1")

    def instants(self, base: Ints, groups: Ints | None, calendar: Calendar, stream: Stream) -> Ints:
        """The instant of each row, unsorted; ``base`` is that of the last row it refers to."""
        if self.together:
            return base
        last = calendar.opens + self.until * (calendar.closes - calendar.opens)
        room = np.maximum(last - base, 0.0)
        anywhere = room * stream.aspect("anywhere").uniform(Span(0, len(base))) ** (1.0 / self.growth)
        waited = self._waited(base, groups, room, anywhere, stream)
        return base + np.maximum(waited.astype(np.int64) // STEP * STEP, STEP)

    def _waited(self, base: Ints, groups: Ints | None, room: Floats, anywhere: Floats, stream: Stream) -> Floats:
        span = Span(0, len(base))
        if self.gap is not None and groups is not None:
            return _stepwise(self.gap.sample(stream.aspect("gap"), span) * SECOND, groups, room)
        if self.lag is not None:
            lag = self.lag.sample(stream.aspect("lag"), span) * SECOND
            return np.where(lag < room, lag, anywhere)
        return anywhere


def _stepwise(gaps: Floats, groups: Ints, room: Floats) -> Floats:
    """The gaps summed up within each group, compressed where a group would not end in time."""
    if not len(gaps):
        return gaps
    order = np.argsort(groups, kind="stable")
    sums = np.cumsum(gaps[order])
    first = np.flatnonzero(np.diff(groups[order], prepend=groups[order][0] - 1))
    sizes = np.diff(np.append(first, len(order)))
    sums -= np.repeat(sums[first] - gaps[order][first], sizes)
    total = np.repeat(sums[first + sizes - 1], sizes)
    least = np.repeat(np.minimum.reduceat(room[order], first), sizes)
    waited = np.empty(len(gaps))
    waited[order] = sums * np.minimum(1.0, 0.98 * least / np.maximum(total, 1.0))
    return waited


def ascending(instants: Ints) -> tuple[Ints, Ints]:
    """The order of the rows in time, and their instants in that order, each later than the one before."""
    order = np.argsort(instants, kind="stable").astype(np.int64)
    steps = np.arange(len(order), dtype=np.int64) * STEP
    return order, np.maximum.accumulate(instants[order] - steps) + steps


def latest(instants: Sequence[Ints], rows: int, start: int) -> Ints:
    """The last of several instants for each row; ``start`` where there is none."""
    return np.asarray(np.maximum.reduce([np.full(rows, start, np.int64), *instants]))
