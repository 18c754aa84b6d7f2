"""Who may be paired with whom: the right rows take seats, and each left row may choose among some of them.

First sit those who are left rows as well, in a circle in random order. Of the circle each may choose those who follow
it: all but itself, or, where pairs are to be answered, only the next half. So of two rows one asks and the other
answers, whoever draws first, and no pair need be looked for in both directions. Who sits beyond the circle can be
chosen by everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.rows.codes import Floats, Ints, Mask
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.chance import Wheel

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Seats:
    """``rows``: the right row of each seat; ``place``: the seat of each left row, -1 for those not on the circle."""

    rows: Rows
    place: Rows
    circle: int
    halved: bool

    @classmethod
    def taken(cls, left: Floats, right: Floats, stream: Stream, *, within: bool, halved: bool) -> Seats:
        """The seats of all that have weight; ``within``: left and right rows are those of one table."""
        place = np.full(len(left), -1, np.int32)
        if not within:
            return cls(np.flatnonzero(right > 0).astype(np.int32), place, 0, halved)
        both = np.flatnonzero((left > 0) & (right > 0)).astype(np.int32)
        circle = both[stream.shuffled(len(both))]
        place[circle] = np.arange(len(circle), dtype=np.int32)
        beyond = np.flatnonzero((left <= 0) & (right > 0)).astype(np.int32)
        return cls(np.concatenate([circle, beyond]), place, len(circle), halved)

    def arcs(self, places: Rows) -> Ints:
        """How many seats of the circle those in these places may choose from; they follow their own."""
        if not self.circle:
            return np.zeros(len(places), np.int64)
        reach = np.full(len(places), self.circle - 1, np.int64)
        if self.halved:
            # Of two opposite each other the one in front asks.
            reach = (self.circle - 1) // 2 + ((self.circle % 2 == 0) & (places < self.circle // 2))
        return np.where(places < 0, self.circle, reach)

    def choices(self, lefts: Ints) -> Ints:
        """How many seats each may choose from."""
        return self.arcs(self.place[lefts]) + (len(self.rows) - self.circle)

    def allowed(self, lefts: Ints, seats: Ints) -> Mask:
        """Whether each left row may choose this seat."""
        places = self.place[lefts]
        steps = seats - places - 1
        steps = np.where(steps < 0, steps + self.circle, steps)
        return np.asarray((seats >= self.circle) | (steps < self.arcs(places)))


class Ring:
    """Draws seats by weight, for each left row among those it may choose."""

    def __init__(self, seats: Seats, weights: Floats) -> None:
        self._seats = seats
        wheel = Wheel.of(weights)
        self._before = np.concatenate([[0.0], wheel.ends])
        self._wheel = Wheel(self._before[1:], wheel.guide)

    def draw(self, lefts: Ints, stream: Stream) -> Ints:
        """A seat for each; by rounding at an arc's end it may be one that is not allowed."""
        points = stream.uniform(Span(0, len(lefts)))
        if not self._seats.circle:
            return self._wheel.at(points * self._wheel.width)
        places = self._seats.place[lefts]
        begins = places.astype(np.int64) + 1
        ends = begins + self._seats.arcs(places)
        around = self._before[self._seats.circle]
        first = self._before[begins]
        on_arc = self._before[np.minimum(ends, self._seats.circle)] - first
        on_arc += self._before[np.maximum(ends - self._seats.circle, 0)]
        points *= on_arc + (self._wheel.width - around)
        beyond = points >= on_arc
        points += np.where(beyond, around - on_arc, first)
        points -= np.where(~beyond & (points >= around), around, 0.0)
        return self._wheel.at(points)
