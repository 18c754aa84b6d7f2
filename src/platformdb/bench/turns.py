"""Two versions of a query timed in turns, so that whatever slows the machine down slows both."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from platformdb.bench.statistics import Comparison, compare_samples

# Rounds of four blocks each: before, now, now, before, or the other way round. Each goes over all queries, so that a
# busy moment of the machine falls on a few blocks of each query and not on all of one.
ROUNDS = 10
# What looks slower then is timed anew, more often, and judged by those times alone, for the first ones chose it.
SUSPECT_RATIO, SUSPECT_MS, MORE_ROUNDS = 1.05, 0.01, 60
BLOCK_MS = 3.0
MOST_IN_BLOCK = 10
WARM = 3

Sample = Callable[[], float]
Times = tuple[float, ...]
Key = tuple[str, str]


@dataclass(slots=True)
class Turns:
    """The two sides of one query for one persona: how each is run once, and the times of each round so far."""

    sides: tuple[Sample, Sample]
    rounds: list[tuple[Times, Times]] = field(default_factory=list)

    def times(self, side: int) -> Times:
        """All times of one side."""
        return tuple(time for each in self.rounds for time in each[side])

    def compared(self) -> Comparison:
        """Both sides by the least time of each round: what others do on the machine only ever adds to a time."""
        return compare_samples(*([min(each[side]) for each in self.rounds] for side in (0, 1)))


def compare_turns(pairs: Mapping[Key, Turns], told: Callable[[str], None], seed: int = 1) -> Mapping[Key, Comparison]:
    """Times all pairs, and those that look slower again; what came of the second time, of them only."""
    for number in take_turns(tuple(pairs.values()), ROUNDS, seed):
        told(f"round {number + 1} of {ROUNDS}")
    again = {key: Turns(pair.sides) for key, pair in pairs.items() if _is_suspect(pair.compared())}
    for number in take_turns(tuple(again.values()), MORE_ROUNDS, seed):
        told(f"{len(again)} that look slower: round {number + 1} of {MORE_ROUNDS}")
    for key, pair in again.items():
        pairs[key].rounds.extend(pair.rounds)
    return {key: pair.compared() for key, pair in again.items()}


def _is_suspect(seen: Comparison) -> bool:
    return seen.ratio >= SUSPECT_RATIO and seen.now_ms - seen.before_ms >= SUSPECT_MS


def take_turns(pairs: Sequence[Turns], rounds: int, seed: int) -> Iterator[int]:
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
