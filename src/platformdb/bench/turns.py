"""Two versions of a query timed in turns, so that whatever slows the machine down slows both."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

# Rounds of four blocks each: before, now, now, before, or the other way round. Each goes over all queries, so that a
# busy moment of the machine falls on a few blocks of each query and not on all of one.
ROUNDS = 10
# What looks slower then is timed anew, more often, and judged by those times alone: the first look chose it.
SUSPECT, MORE_ROUNDS = 1.05, 60
BLOCK_MS = 3.0
MOST_IN_BLOCK = 10
WARM = 3

Sample = Callable[[], float]
Times = tuple[float, ...]


@dataclass(slots=True)
class Turns:
    """The two sides of one query for one persona: how each is run once, and the times of each round so far."""

    sides: tuple[Sample, Sample]
    rounds: list[tuple[Times, Times]] = field(default_factory=list)

    def times(self, side: int) -> Times:
        """All times of one side."""
        return tuple(time for each in self.rounds for time in each[side])

    def best(self, side: int) -> Times:
        """The least time of each round: what others do on the machine only ever adds to a time."""
        return tuple(min(each[side]) for each in self.rounds)


def take_turns(pairs: Sequence[Turns], seed: int = 1, rounds: int = ROUNDS) -> Iterator[int]:
    """Fills in the rounds of all pairs, in an order that chance gives and ``seed`` fixes; yields each one's number."""
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    order = [(pair, _size(pair)) for pair in pairs]
    for number in range(rounds):
        chance.shuffle(order)
        for pair, size in order:
            pair.rounds.append(_round(pair, size, first=chance.randrange(2)))
        yield number


def _size(pair: Turns) -> int:
    """As many runs as a block has time for, the same for both sides: of more runs the least is less by itself."""
    longest = max(min(sample() for _ in range(WARM)) for sample in pair.sides)
    return min(max(int(BLOCK_MS / longest), 1), MOST_IN_BLOCK)


def _round(pair: Turns, size: int, first: int) -> tuple[Times, Times]:
    found: tuple[list[float], list[float]] = ([], [])
    for side in (first, 1 - first, 1 - first, first):
        sample = pair.sides[side]
        sample()  # not counted: what the other side left in the processor's caches
        found[side].extend(sample() for _ in range(size))
    return tuple(found[0]), tuple(found[1])
