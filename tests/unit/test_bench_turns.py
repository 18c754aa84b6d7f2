"""Timing in turns, with sides whose times are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle

from platformdb.bench.statistics import slower
from platformdb.bench.turns import MOST_IN_BLOCK, ROUNDS, Turns, compare_turns, take_turns


def times(*each: float) -> Callable[[], float]:
    """A side that takes these times, over and over."""
    found = cycle(each)
    return lambda: next(found)


def silent(_: str) -> None:
    pass


def test_what_is_a_fifth_slower_below_the_noise_is_found() -> None:
    pair = Turns((times(1.0, 9.0, 1.01, 5.0), times(1.2, 7.0, 1.21, 11.0)))
    assert slower(tuple(compare_turns({("feed", "median"): pair}, silent).values())) == (True,)


def test_equal_sides_are_not_timed_again() -> None:
    pair = Turns((times(1.0, 2.0, 9.0), times(1.0, 2.0, 9.0)))
    assert compare_turns({("feed", "median"): pair}, silent) == {}
    assert len(pair.rounds) == ROUNDS


def test_the_second_look_judges_alone() -> None:
    """Slow for so long as the first look takes, and never again: what chose it does not condemn it."""
    calls = {"left": 5 + ROUNDS * 2 * (MOST_IN_BLOCK + 1)}

    def once_slow() -> float:
        calls["left"] -= 1
        return 0.3 if calls["left"] > 0 else 0.2

    (compared,) = compare_turns({("feed", "median"): Turns((times(0.2), once_slow))}, silent).values()
    assert not any(slower([compared]))


def test_both_sides_run_as_often_and_in_either_order() -> None:
    order: list[int] = []

    def side(number: int) -> Callable[[], float]:
        def sample() -> float:
            order.append(number)
            return 5.0

        return sample

    pair = Turns((side(0), side(1)))
    list(take_turns([pair], rounds=20, seed=1))
    assert order.count(0) == order.count(1)
    assert {len(each) for times in pair.rounds for each in times} == {2}
    firsts = order[6::8]
    assert 0 < sum(firsts) < len(firsts)


def test_the_order_is_the_same_for_a_seed() -> None:
    def order(seed: int) -> Sequence[int]:
        seen: list[int] = []

        def side(number: int) -> Callable[[], float]:
            return lambda: seen.append(number) or 5.0

        list(take_turns([Turns((side(n), side(n + 10))) for n in range(5)], rounds=3, seed=seed))
        return seen

    assert order(1) == order(1) != order(2)
