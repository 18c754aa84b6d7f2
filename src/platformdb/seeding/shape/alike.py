"""People look for partners like themselves: a graph in which neighbours live in one town or share an interest.

As in the generator of LDBC's Social Network Benchmark: all rows stand in the order of a similarity, those with equal
values side by side, and the chance of a link falls with the distance (0.95 to its power, from 0.2 on no more) until
the degree is filled. Here who is popular stands as broad as his weight, up to a limit, so that popularity counts in the
neighbourhood too. What a weight has beyond the limit counts among strangers: all together have what they should.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.rows.codes import Floats, Ints
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.chance import Wheel
from platformdb.seeding.shape.seats import Rows

FALL = -math.log(0.95)
FLOOR = 0.2
# The distance from which on the chance is the floor, and the number of links expected up to there.
LEVEL = -math.log(FLOOR) / FALL
NEAR = (1 - FLOOR) / FALL
# Nobody looks further than this, in rows of average weight to either side.
FARTHEST = 5_000.0
# So many times the average is the breadth of the most popular.
BROADEST = 8.0
# Of few links not all lead to the very next.
LEAST = 5.0
# So many times as many as are looked for are in sight. Were it fewer, the popular would soon be used up.
SIGHT = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """All rows in the order of one similarity: who stands where, how broad, and in which group of equals."""

    order: Rows
    wheel: Wheel
    middle: Floats
    breadths: Floats
    group: Rows
    begins: Floats

    @classmethod
    def of(cls, values: NDArray[Any], breadths: Floats, stream: Stream) -> _Line:
        mixed = stream.shuffled(len(values))
        order = mixed[np.argsort(values[mixed], kind="stable")]
        wheel = Wheel.of(breadths[order])
        middle, group = np.empty(len(values)), np.empty(len(values), np.int32)
        middle[order] = wheel.ends - breadths[order] / 2
        differs = values[order][1:] != values[order][:-1]
        group[order] = np.concatenate([[0], np.cumsum(differs)])
        begins = np.concatenate([[0.0], wheel.ends[:-1][differs], [wheel.width]])
        return cls(order.astype(np.int32), wheel, middle, breadths, group, begins)

    def draw(self, rows: Ints, links: Floats, stream: Stream) -> Ints:
        """Somebody near each of the rows; ``links``: how many each must have in sight, to either side."""
        points = 2 * stream.uniform(Span(0, len(rows))) - 1
        steps = np.minimum(_distance(np.abs(points) * links), FARTHEST) + self.breadths[rows] / 2
        first, end = self.begins[self.group[rows]], self.begins[self.group[rows] + 1]
        # Who has enough equals stays among them.
        alone = end - first < links
        first, end = np.where(alone, 0.0, first), np.where(alone, self.wheel.width, end)
        points = first + (self.middle[rows] + np.copysign(steps, points) - first) % (end - first)
        return self.order[self.wheel.at(points)].astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Lines of similar rows, how often a partner is looked for there, and how popular each is among strangers."""

    lines: tuple[_Line, ...]
    share: float
    rest: Floats

    @classmethod
    def of(cls, values: Sequence[NDArray[Any]], share: float, weights: Floats, stream: Stream) -> Alike:
        """``values``: for each similarity a number for each row, equal or close for those alike."""
        breadths = np.minimum(weights / weights.mean(), BROADEST)
        lines = tuple(_Line.of(each, breadths, stream.aspect(str(number))) for number, each in enumerate(values))
        return cls(lines, share * breadths.mean(), np.maximum(weights / weights.mean() - share * breadths, 0.0))

    def wishes(self, degrees: Ints, stream: Stream) -> Ints:
        """How many of so many partners each wants to be alike."""
        return np.floor(degrees * self.share + stream.uniform(Span(0, len(degrees)))).astype(np.int64)

    def draw(self, lefts: Ints, wishes: Ints, stream: Stream, *, halved: bool) -> Ints:
        """For each somebody who is alike; ``wishes``: how many each is looking for.

        ``halved``: only half of those they find may be theirs, so they look twice as far.
        """
        links = np.maximum(wishes / len(self.lines), LEAST) * SIGHT / (1 if halved else 2)
        line = stream.aspect("line").below(len(self.lines), Span(0, len(lefts)))
        found = np.empty(len(lefts), np.int64)
        for number, each in enumerate(self.lines):
            rows = np.flatnonzero(line == number)
            found[rows] = each.draw(lefts[rows], links[rows], stream.aspect(str(number)))
        return found


def _distance(links: Floats) -> Floats:
    """How far one has to go to meet so many, if the chance to link falls as it does."""
    return np.where(links < NEAR, -np.log1p(-np.minimum(links, NEAR) * FALL) / FALL, LEVEL + (links - NEAR) / FLOOR)
