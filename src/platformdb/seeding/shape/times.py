"""When rows come into being: after everything they refer to, and before the end of the story.

Time is laid out in *activity time*, in which people are equally awake at every hour, and bent to wall time at the end
by one rising function for all tables (``Calendar``). So what came first stays first, whatever the rhythm of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from platformdb.seeding.rows.codes import Floats, Ints
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.bursts import Bursts
from platformdb.seeding.shape.distributions import FORBID, Distribution

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
    the share of the story in which rows appear; ``bursts`` gather some of them.
    """

    lag: Distribution | None = None
    gap: Distribution | None = None
    per: str = ""
    together: bool = False
    after: tuple[str, ...] = ()
    growth: float = 1.0
    until: float = 1.0
    bursts: Bursts | None = None
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if sum((self.lag is not None, self.gap is not None, self.together)) > 1:
            raise ValueError("choose one of lag, gap and together")
        if (self.gap is None) != (not self.per):
            raise ValueError("gap and per belong together")
        if self.bursts and (self.gap or self.together):
            raise ValueError("bursts go with lag, or alone")
        if self.growth <= 0 or not 0 < self.until <= 1:
            raise ValueError("growth must be greater than 0, until more than 0 and at most 1")

    def instants(self, base: Ints, span: Span, calendar: Calendar, stream: Stream) -> Ints:
        """The instant of each row, in no order; ``base`` is that of the last row it refers to. Not for ``gap``."""
        if self.together:
            return base
        room = self.room(base, calendar)
        waited = room * stream.aspect("anywhere").uniform(span) ** (1.0 / self.growth)
        if self.lag is not None:
            lag = self.lag.sample(stream.aspect("lag"), span) * SECOND
            waited = np.where(lag < room, lag, waited)
        if self.bursts:
            story = (calendar.opens, calendar.closes)
            rows, long = self.bursts.gathered(base, span, story, stream, next_only=self.lag is not None)
            waited[rows] = np.where(long < room[rows], long, waited[rows])
        return base + _steps(waited)

    def room(self, base: Ints, calendar: Calendar) -> Floats:
        """How long after its base each row can be."""
        last = calendar.opens + self.until * (calendar.closes - calendar.opens)
        return np.asarray(np.maximum(last - base, 0.0))

    def gaps(self, span: Span, stream: Stream) -> Ints:
        """How long each row waits for the one before it, if there is room."""
        if self.gap is None:
            return np.zeros(span.rows, np.int64)
        return (self.gap.sample(stream.aspect("gap"), span) * SECOND).astype(np.int64)


def in_turn(base: Ints, groups: Ints, gaps: Ints, room: Floats) -> Ints:
    """The instants of whole groups of rows, group by group: gaps summed up, compressed where there is no room.

    Gaps are whole numbers: sums of others would depend on which groups come before.
    """
    if not len(gaps):
        return base
    sums: Ints = np.cumsum(gaps)
    first = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
    sizes = np.diff(np.append(first, len(groups)))
    sums -= np.repeat(sums[first] - gaps[first], sizes)
    total = np.repeat(sums[first + sizes - 1], sizes)
    least = np.repeat(np.minimum.reduceat(room, first), sizes)
    return base + _steps(np.asarray(sums * np.minimum(1.0, 0.98 * least / np.maximum(total, 1.0))))


def _steps(waited: Floats) -> Ints:
    return np.asarray(np.maximum(waited.astype(np.int64) // STEP * STEP, STEP))
