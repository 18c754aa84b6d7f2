"""Timing in turns, with sides whose times are given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle

from platformdb.bench.compare.turns import SESSIONS, Key, Sample, Turns, compare_turns, take_turns
from platformdb.bench.gates.statistics import Comparison, slower

FEED = ("feed", "median")


def times(*each: float) -> Sample:
    """A side that takes these times, over and over."""
    found = cycle(each)
    return lambda: next(found)


def compared(make: Callable[[], tuple[Sample, Sample]]) -> tuple[Mapping[Key, Comparison], int]:
    """What is found, and how many sessions were opened."""
    opened = []

    @contextmanager
    def opening(keys: Collection[Key]) -> Iterator[Mapping[Key, Turns]]:
        opened.append(keys)
        yield {key: Turns(make()) for key in keys}

    return compare_turns(opening, [FEED], lambda _: None)[1], len(opened)


def test_what_is_a_fifth_slower_below_the_noise_is_found() -> None:
    found, _ = compared(lambda: (times(9.0, 1.0, 1.01, 5.0), times(1.2, 7.0, 1.21, 11.0)))
    assert slower(tuple(found.values())) == (True,)


def test_equal_sides_are_not_timed_again() -> None:
    assert compared(lambda: (times(1.0, 2.0, 9.0), times(2.0, 1.0, 9.0))) == ({}, 1)


def test_a_hundredth_is_no_cause_to_look_again() -> None:
    assert compared(lambda: (times(10.0), times(10.1))) == ({}, 1)


def test_a_session_that_was_unlucky_does_not_condemn() -> None:
    """Slow as long as the first sessions live, and never again."""
    luck = iter((2.0, 2.0, 2.0))
    found, opened = compared(lambda: (times(1.0), times(next(luck, 1.0))))
    assert opened == 1 + SESSIONS
    assert slower(tuple(found.values())) == (False,)


def test_both_sides_run_as_often_and_in_either_order() -> None:
    order: list[int] = []

    def side(number: int) -> Sample:
        def sample() -> float:
            order.append(number)
            return 5.0

        return sample

    pair = Turns((side(0), side(1)))
    list(take_turns([pair], seed=1, rounds=20))
    assert order.count(0) == order.count(1)
    assert (len(pair.times[0]), len(pair.times[1])) == (40, 40)
    firsts = order[6::8]
    assert 0 < sum(firsts) < len(firsts)


def test_the_order_is_the_same_for_a_seed() -> None:
    def order(seed: int) -> list[int]:
        seen: list[int] = []

        def side(number: int) -> Sample:
            return lambda: seen.append(number) or 5.0

        list(take_turns([Turns((side(n), side(n + 10))) for n in range(5)], seed))
        return seen

    assert order(1) == order(1) != order(2)
