"""Percentiles, and the rank test; the known values are scipy 1.x's (mannwhitneyu, alternative greater, asymptotic)."""

from __future__ import annotations

import pytest

from platformdb.bench.gates.statistics import Comparison, compare_samples, percentile, slower

LOW, HIGH = tuple(range(1, 9)), tuple(range(5, 13))


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.01, 1), (0.5, 2), (0.51, 3), (0.75, 3), (0.76, 4), (0.99, 4), (1.0, 4)]
)
def test_a_percentile_is_a_sample_that_was_measured(share: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], share) == expected


@pytest.mark.parametrize(
    ("before", "now", "effect", "p"),
    [
        (LOW, HIGH, 0.875, 0.006656501381908327),
        ((1, 1, 2, 2, 3, 3, 4, 4), (2, 2, 3, 3, 4, 4, 5, 5), 0.71875, 0.07319954964148198),
        (tuple(range(20)), tuple(range(10, 30)), 0.875, 2.6062748103018756e-05),
        ((9, 8, 7, 6, 5, 4, 3, 2), LOW, 0.3828125, 0.8008122633068867),
    ],
)
def test_effect_and_probability_are_those_of_scipy(
    before: tuple[float, ...], now: tuple[float, ...], effect: float, p: float
) -> None:
    found = compare_samples(before, now)
    assert (found.effect, found.p) == (pytest.approx(effect), pytest.approx(p))


def test_the_order_of_samples_says_nothing() -> None:
    assert compare_samples(LOW, HIGH) == compare_samples(LOW[::-1], HIGH[::-1])


def test_equal_times_are_no_difference() -> None:
    assert compare_samples((1.0,) * 9, (1.0,) * 9) == Comparison(1.0, 1.0, 0.5, 1.0)


def alike(p: float, ratio: float = 1.5, before: float = 1.0) -> Comparison:
    return Comparison(before, before * ratio, 1.0, p)


def test_a_slowdown_is_significant_and_large_and_longer_than_the_clocks_own_noise() -> None:
    assert slower([alike(0.001)]) == (True,)
    assert slower([alike(0.011)]) == (False,)
    assert slower([alike(0.001, ratio=1.09)]) == (False,)
    assert slower([alike(0.001, before=0.03)]) == (False,)


def test_many_comparisons_are_corrected_as_holm_says() -> None:
    assert slower([alike(0.004), alike(0.006)]) == (True, True)
    assert slower([alike(0.006), alike(0.006)]) == (False, False)
    assert slower([alike(0.9), alike(0.004)]) == (False, True)


def test_nothing_compared_is_nothing_slower() -> None:
    assert slower([]) == ()
