from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from platformdb.seeding.fit.limits import impossible
from platformdb.seeding.rows.codes import Floats
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.bursts import Bursts
from platformdb.seeding.shape.chance import FEW, Wheel, poisson, spread
from platformdb.seeding.shape.distributions import Skew
from platformdb.seeding.shape.times import DAY
from seeding_worlds import HEAD, NETWORK, definition, rows_of, world

STREAM = Stream("1/t/c")
HOUR = DAY // 24


@pytest.mark.parametrize(
    "weights",
    [
        np.arange(1.0, 100.0),
        np.arange(1.0, 5 * FEW) ** -0.7,
        np.arange(1.0, 5 * FEW) ** -4.0,
        np.where(np.arange(3 * FEW) % 700 == 3, 2.0, 0.0),
        np.ones(2 * FEW),
    ],
    ids=["few", "flat tail", "steep", "most without weight", "alike"],
)
def test_a_wheel_finds_what_binary_search_finds(weights: Floats) -> None:
    wheel = Wheel.of(weights)
    borders = wheel.ends[wheel.ends < wheel.width]
    points = np.concatenate([STREAM.uniform(Span(0, 50_000)) * wheel.width, [0.0], borders])
    found = wheel.at(points)
    assert np.array_equal(found, np.searchsorted(wheel.ends, points, side="right"))
    assert (weights[found] > 0).all()
    assert weights[wheel.at(np.array([wheel.width]))] > 0


@pytest.mark.parametrize("rate", [0.3, 4.0, 11.9, 12.1, 80.0])
def test_poisson_numbers_have_the_mean_the_variance_and_the_skewness_of_their_rate(rate: float) -> None:
    found = poisson(np.full(100_000, rate), STREAM)
    assert found.mean() == pytest.approx(rate, rel=0.02)
    assert found.var() == pytest.approx(rate, rel=0.03)
    assert ((found - rate) ** 3).mean() == pytest.approx(rate, rel=0.3)


def test_shares_come_to_the_total_and_are_as_unequal_as_their_weights() -> None:
    weights = np.repeat([0.0, 1.0, 3.0, 50.0], 1_000)
    for total in (0, 1, 17, 54_000, 5_400_000):
        found = spread(weights, total, STREAM)
        assert found.sum() == total
        assert found.min() >= 0
        assert not found[:1_000].any()
    sums = found.reshape(4, 1_000).sum(axis=1)
    assert sums / sums.sum() == pytest.approx([0, 1 / 54, 3 / 54, 50 / 54], rel=0.01)


def test_nobody_gives_back_more_than_he_has() -> None:
    for number in range(300):
        found = spread(np.ones(50), 10, Stream(str(number)))
        assert (found.sum(), found.min()) == (10, 0)


MEASURED = Skew(histogram=((0, 0.4), (1, 0.3), (2, 0.2), (10, 0.1)))


def test_a_histogram_is_kept_exactly() -> None:
    assert Counter(MEASURED.counts(STREAM, 200, 340).tolist()) == {0: 80, 1: 60, 2: 40, 10: 20}
    assert Counter(MEASURED.counts(STREAM, 1_000, 1_700).tolist()) == {0: 400, 1: 300, 2: 200, 10: 100}


def test_a_histogram_is_scaled_to_the_total_and_keeps_its_tail_and_its_childless() -> None:
    larger = MEASURED.counts(STREAM, 1_000, 17_001)
    assert larger.sum() == 17_001
    assert np.count_nonzero(larger == 0) == 400
    assert Counter(np.rint(larger / 10).tolist()) == {0: 400, 1: 300, 2: 200, 10: 100}
    fewer = MEASURED.counts(STREAM, 1_000, 850)
    assert fewer.sum() == 850
    assert sorted(fewer.tolist())[-100:] == [5] * 100


def test_one_parent_has_all_the_children_whatever_the_histogram() -> None:
    assert MEASURED.counts(STREAM, 1, 7).tolist() == [7]
    assert Skew(histogram=((0, 0.9), (5, 0.1))).counts(STREAM, 1, 7).tolist() == [7]
    assert MEASURED.counts(STREAM, 0, 0).tolist() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"histogram": [[1, 1.0]], "zipf": 1}, "leave out zipf, lognormal and childless"),
        ({"histogram": [[0, 1.0]]}, "some parents must have children"),
        ({"histogram": [[1, -1.0], [2, 2.0]]}, "neither children nor shares can be negative"),
    ],
)
def test_a_skew_that_cannot_be_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Skew).validate_python(options)


def test_children_are_spread_by_the_histogram() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.parents]
rows = {{ shape = "independent", count = 200 }}
[tables.children]
[tables.children.rows]
shape = "per"
of = [{{ table = "parents", total = 340, skew = {{ histogram = [[0, 0.4], [1, 0.3], [2, 0.2], [10, 0.1]] }} }}]
"""
    children = Counter(rows_of(world(text), "children", "parents"))
    assert Counter(children.values()) == {1: 60, 2: 40, 10: 20}


def test_what_is_drawn_by_weight_hangs_on_no_last_bit_of_a_power() -> None:
    for skew in (Skew(zipf=0.7, lognormal=0.5), Skew(zipf=9.0)):
        weights = skew.weights(STREAM, 100_000)
        assert (weights > 0).all()
        assert np.array_equal(np.frexp(weights)[0] * 2.0**24 % 1, np.zeros(100_000))


def test_more_pairs_than_there_can_be_are_found_without_a_row() -> None:
    def found(**sizes: int) -> list[str]:
        numbers = {"people": 4, "follows": 12, "posts": 1, "comments": 1, "likes": 1, **sizes}
        return [problem.message for problem in impossible(definition(NETWORK.format(**numbers)))]

    assert found() == []
    assert found(follows=13) == ["13 different pairs are wanted and only 12 are possible"]
    assert found(people=0, follows=1) == ["1 different pairs are wanted and only 0 are possible"]


LIMITED = f"""{HEAD}
[profiles.test]
[tables.a]
rows = {{ shape = "independent", count = 10 }}
[tables.b]
rows = {{ shape = "per", of = [{{ table = "a", total = 5 }}, {{ table = "a", link = "other" }}] }}
[tables.c]
rows = {{ shape = "per", of = [{{ table = "a", %s }}] }}
[tables.ab]
[tables.ab.rows]
shape = "pairs"
left = {{ table = "b", link = "left", skew = {{ childless = 0.2 }} }}
right = {{ table = "c", link = "right" }}
total = 130
"""


def test_how_many_rows_there_can_be_is_followed_through_the_shapes() -> None:
    (problem,) = impossible(definition(LIMITED % "share = 0.9"))
    assert problem.message == "130 different pairs are wanted and only 120 are possible"
    assert problem.key == "tables.ab.rows"
    assert not list(impossible(definition(LIMITED % "total = 11")))
    assert not list(impossible(definition(LIMITED % 'count = { dist = "uniform", min = 0, max = 2 }')))


def test_rows_that_depend_on_themselves_have_no_known_number() -> None:
    circle = LIMITED.replace('table = "a", total = 5', 'table = "c"') % 'table = "b"'
    assert not list(impossible(definition(circle.replace('table = "a", table', "table"))))


# Bursts


BURSTS = f"""{HEAD}
[profiles.test]
[tables.posts]
rows = {{ shape = "independent", count = 5_000 }}
time = {{ bursts = {{ share = 0.6, count = 3, width = "6h", name = "news" }} }}
[tables.comments]
rows = {{ shape = "per", of = [{{ table = "posts", link = "post", total = 5_000 }}] }}
[tables.comments.time]
lag = {{ dist = "lognormal", median = "2h", sigma = 1.0 }}
bursts = {{ share = 0.6, count = 3, width = "6h", name = "%s" }}
"""


def crowded(times: list[int]) -> set[int]:
    """The hours of the story in which very many rows appear."""
    hours = Counter(at // HOUR for at in times)
    return {hour for hour, rows in hours.items() if rows > 100}


def test_bursts_of_one_name_gather_the_rows_of_several_tables_at_the_same_instants() -> None:
    together, apart = world(BURSTS % "news"), world(BURSTS % "elsewhere")
    posts = crowded(rows_of(together, "posts", "time"))
    assert len([hour for hour in posts if hour - 1 not in posts]) == 3
    assert crowded(rows_of(together, "comments", "time")) <= {hour + late for hour in posts for late in range(6)}
    others = crowded(rows_of(apart, "comments", "time"))
    # One of three instants may lie near by chance; all do where the name is the same.
    assert not others <= {hour + late for hour in posts for late in range(24)}


def test_a_burst_begins_at_once_and_fades_within_its_width() -> None:
    one = BURSTS.replace("count = 3", "count = 1").replace("share = 0.6", "share = 0.9") % "news"
    times = np.array(rows_of(world(one), "posts", "time"))
    begin = min(crowded(times.tolist())) * HOUR
    within = times[(times >= begin) & (times < begin + 12 * HOUR)]
    assert len(within) == pytest.approx(4_500, rel=0.05)
    begin = np.sort(within)[20]
    shares = [np.mean(within < begin + hours * HOUR) for hours in (2, 6)]
    assert shares == pytest.approx([0.63, 0.95], abs=0.05)


def test_rows_come_after_what_they_refer_to_in_bursts_too() -> None:
    made = world(BURSTS % "news")
    pairs = zip(rows_of(made, "comments", "post.time"), rows_of(made, "comments", "time"), strict=True)
    assert all(post < comment for post, comment in pairs)
    assert max(rows_of(made, "comments", "time")) <= made.definition.calendar.end
    # In the middle of a burst too it takes them a while.
    pairs = zip(rows_of(made, "comments", "post.time"), rows_of(made, "comments", "time"), strict=True)
    assert sum(comment - post < 1_000 for post, comment in pairs) < 10
    times = rows_of(made, "posts", "time")
    assert all(before < after for before, after in pairwise(times))


@pytest.mark.parametrize(
    "options",
    [
        {"share": 1.1, "count": 1, "width": "1h"},
        {"share": 0.1, "count": 0, "width": "1h"},
        {"share": 0.1, "count": 1, "width": 0},
        {"share": 0.1, "count": 1, "width": "soon"},
    ],
)
def test_bursts_that_cannot_be_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Bursts).validate_python(options)
