"""Two versions of a query timed in turns, so that whatever slows the machine down slows both."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from platformdb.bench.gates.statistics import Comparison, compare_samples

# Rounds of four blocks each: before, now, now, before, or the other way round. Each goes over all queries, so that a
# busy moment of the machine falls on a few blocks of each query and not on all of one.
ROUNDS = 10
BLOCK_MS = 3.0
MOST_IN_BLOCK = 10
WARM = 3
# What looks slower is timed anew and judged by those times alone, for the first ones chose it. A session may be slow as
# long as it lives, by where the system put it: so there are several pairs of them.
SUSPECT_RATIO, SUSPECT_MS = 1.05, 0.01
SESSIONS, SESSION_ROUNDS = 10, 6

Sample = Callable[[], float]
Key = tuple[str, str]


@dataclass(slots=True)
class Turns:
    """The two sides of one query for one persona: how each is run once, and their times so far, in milliseconds.

    ``bests`` are the least times of the rounds: what others do on the machine only ever adds to a time.
    """

    sides: tuple[Sample, Sample]
    times: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    bests: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))

    @property
    def looks_slower(self) -> bool:
        """Whether the least of all times says so: cause to look again, and no more."""
        before, now = map(min, self.bests)
        return now >= before * SUSPECT_RATIO and now - before >= SUSPECT_MS


# Opens a pair of new sessions and gives both sides of what is asked for.
Opening = Callable[[Collection[Key]], AbstractContextManager[Mapping[Key, Turns]]]


def compare_turns(
    opening: Opening, keys: Collection[Key], told: Callable[[str], None], seed: int = 1
) -> tuple[Mapping[Key, Turns], Mapping[Key, Comparison]]:
    """The times of all keys; and of those that looked slower, how the best times of several sessions compare."""
    with opening(keys) as looked:
        for number in take_turns(tuple(looked.values()), seed):
            told(f"round {number + 1} of {ROUNDS}")
    bests: dict[Key, tuple[list[float], list[float]]] = {
        key: ([], []) for key, turns in looked.items() if turns.looks_slower
    }
    for session in range(SESSIONS if bests else 0):
        told(f"{len(bests)} look slower: session {session + 1} of {SESSIONS}")
        with opening(bests) as again:
            for _ in take_turns(tuple(again.values()), seed + session + 1, SESSION_ROUNDS):
                pass
        for key, turns in again.items():
            for side in (0, 1):
                bests[key][side].extend(turns.bests[side])
    return looked, {key: compare_samples(*found) for key, found in bests.items()}


def take_turns(pairs: Sequence[Turns], seed: int, rounds: int = ROUNDS) -> Iterator[int]:
    """Fills in the times of all pairs, in an order that chance gives and ``seed`` fixes; yields each round's number."""
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    order = [(pair, _size(pair)) for pair in pairs]
    for number in range(rounds):
        chance.shuffle(order)
        for pair, size in order:
            _round(pair, size, first=chance.randrange(2))
        yield number


def _size(pair: Turns) -> int:
    """As many runs as a block has time for, the same for both sides: of more runs the least is less by itself."""
    longest = max(min(sample() for _ in range(WARM)) for sample in pair.sides)
    return min(max(int(BLOCK_MS / longest), 1), MOST_IN_BLOCK)


def _round(pair: Turns, size: int, first: int) -> None:
    found: tuple[list[float], list[float]] = ([], [])
    for side in (first, 1 - first, 1 - first, first):
        sample = pair.sides[side]
        sample()  # not counted: what the other side left in the processor's caches
        found[side].extend(sample() for _ in range(size))
    for side in (0, 1):
        pair.times[side].extend(found[side])
        pair.bests[side].append(min(found[side]))
