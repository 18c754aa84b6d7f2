"""Two versions of a query timed in turns, so that whatever slows the machine down slows both."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

# Rounds of four blocks each: before, now, now, before, or the other way round. Each goes over all queries, so that a
# busy moment of the machine falls on a few blocks of each query and not on all of one.
ROUNDS = 20
BLOCK_SECONDS = 0.003
MOST_IN_BLOCK = 10

Sample = Callable[[], float]


@dataclass(slots=True)
class Turns:
    """The two sides of one query and persona: how each is run once, and the times so far."""

    before: Sample
    now: Sample
    times: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    blocks: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))


def take_turns(pairs: Sequence[Turns], seed: int = 1, rounds: int = ROUNDS) -> Iterator[int]:
    """Fills in the times of all pairs, in an order that chance gives and ``seed`` fixes; yields each round's number."""
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    order = list(pairs)
    for number in range(rounds):
        chance.shuffle(order)
        for pair in order:
            first = chance.randrange(2)
            for side in (first, 1 - first, 1 - first, first):
                _block(pair, side)
        yield number


def _block(pair: Turns, side: int) -> None:
    """Some runs on end, and their median; the first is not counted, for the other side's pages lie in the caches."""
    sample = (pair.before, pair.now)[side]
    sample()
    began = time.perf_counter()
    times = [sample()]
    while len(times) < MOST_IN_BLOCK and time.perf_counter() - began < BLOCK_SECONDS:
        times.append(sample())
    pair.times[side].extend(times)
    pair.blocks[side].append(median(times))
