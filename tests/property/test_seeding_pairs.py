"""Whatever the sizes and the skew: pairs are different, exactly as many as wanted, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from platformdb.seeding.rows.codes import Ints
from platformdb.seeding.rows.streams import Stream
from platformdb.seeding.shape import pairs
from platformdb.seeding.shape.alike import Alike
from platformdb.seeding.shape.chance import spread
from platformdb.seeding.shape.distributions import Skew
from platformdb.seeding.shape.pairs import Popularity, Wanted, draw_pairs

STREAMS = st.integers(0, 2**63 - 1).map(lambda seed: Stream(f"{seed}/follows/rows"))
SHARES = st.sampled_from([0.0, 0.1, 0.4, 1.0])
HISTOGRAMS = st.lists(st.tuples(st.integers(0, 30), st.floats(0.01, 1)), min_size=1, max_size=4)
SKEWS = st.one_of(
    st.builds(
        Skew,
        zipf=st.sampled_from([0.0, 0.7, 1.0, 2.5]),
        lognormal=st.sampled_from([0.0, 0.6, 2.0]),
        childless=st.sampled_from([0.0, 0.2, 0.9]),
    ),
    HISTOGRAMS.filter(lambda bars: any(children for children, _ in bars)).map(lambda bars: Skew(histogram=tuple(bars))),
)


def drawn(left: Popularity, right: Popularity, wanted: Wanted, stream: Stream, alike: Alike | None) -> Ints:
    with pytest.MonkeyPatch.context() as patch:
        # Chunks and races so small that few rows need many of them.
        patch.setattr(pairs, "CHUNK", 50)
        patch.setattr(pairs, "CELLS", 200)
        found = [np.stack(portion) for portion in draw_pairs(left, right, wanted, stream, alike)]
    return np.concatenate([np.zeros((2, 0), np.int64), *found], axis=1)


def most(left: Popularity, right: Popularity, *, within: bool) -> int:
    lefts, rights = left.weights() > 0, right.weights() > 0
    return int(lefts.sum() * rights.sum() - (np.count_nonzero(lefts & rights) if within else 0))


@given(STREAMS, SKEWS, SKEWS, st.integers(0, 60), st.integers(0, 60), SHARES, st.floats(0, 1))
def test_pairs_of_two_tables(
    stream: Stream, skew: Skew, other: Skew, rows: int, others: int, share: float, chance: float
) -> None:
    left, right = Popularity(skew, rows, stream.aspect("a")), Popularity(other, others, stream.aspect("b"))
    total = round(most(left, right, within=False) * (share if chance < 0.5 else chance))
    found = drawn(left, right, Wanted(total), stream, None)
    assert found.shape[1] == len(set(zip(*found.tolist(), strict=True))) == total
    assert (left.weights()[found[0]] > 0).all()
    assert (right.weights()[found[1]] > 0).all()


@given(STREAMS, SKEWS, SKEWS, st.integers(0, 60), st.floats(0, 1), SHARES, st.none() | SHARES)
def test_pairs_of_one_table(
    stream: Stream, skew: Skew, other: Skew, rows: int, density: float, reciprocity: float, share: float | None
) -> None:
    left, right = Popularity(skew, rows, stream.aspect("a")), Popularity(other, rows, stream.aspect("b"))
    possible = most(left, right, within=True)
    wanted = Wanted(round(density * possible), reciprocity, within=True)
    alike = None
    if share is not None and rows:
        alike = Alike.of([np.arange(rows) % 3, np.arange(rows)], share, right.weights(), stream)
    found = drawn(left, right, wanted, stream, alike)
    different = set(zip(*found.tolist(), strict=True))
    assert found.shape[1] == len(different) == wanted.total
    assert all(one != two for one, two in different)
    assert (left.weights()[found[0]] > 0).all()
    assert (right.weights()[found[1]] > 0).all()
    assert np.array_equal(found, drawn(left, right, wanted, stream, alike))


@given(STREAMS, st.integers(2, 80), st.floats(0, 0.5), SHARES)
def test_the_share_of_answered_pairs_is_what_is_asked_for(
    stream: Stream, rows: int, density: float, reciprocity: float
) -> None:
    assume(reciprocity > 0)
    side = Popularity(Skew(lognormal=0.6), rows, stream.aspect("a"))
    wanted = Wanted(round(density * rows * (rows - 1)), reciprocity, within=True)
    found = drawn(side, side, wanted, stream, None)
    different = set(zip(*found.tolist(), strict=True))
    answered = sum((two, one) in different for one, two in different)
    assert 0 <= reciprocity * wanted.total - answered < 2


@given(STREAMS, st.lists(st.just(0.0) | st.floats(1e-9, 1e6), min_size=1, max_size=50), st.integers(0, 5_000))
def test_what_is_spread_comes_to_the_total_and_goes_to_those_with_weight(
    stream: Stream, weights: list[float], total: int
) -> None:
    assume(sum(weights) > 0)
    found = spread(np.array(weights), total, stream)
    assert found.sum() == total
    assert found.min() >= 0
    assert all(weight > 0 for weight, count in zip(weights, found, strict=True) if count)


@given(STREAMS, SKEWS, st.integers(1, 300), st.integers(0, 5_000))
def test_children_come_to_the_total_whatever_the_skew(stream: Stream, skew: Skew, rows: int, total: int) -> None:
    found = skew.counts(stream, rows, total)
    assert found.sum() == total
    assert found.min() >= 0
    assert (skew.weights(stream, rows)[found > 0] > 0).all()
