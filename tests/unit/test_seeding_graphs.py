from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Ints
from platformdb.seeding.rows.streams import Stream
from platformdb.seeding.shape.alike import Alike
from platformdb.seeding.shape.distributions import Skew
from platformdb.seeding.shape.pairs import CHUNK, Popularity, Wanted, draw_pairs
from seeding_worlds import HEAD, network, rows_of, world

STREAM = Stream("1/follows/rows")


def drawn(rows: int, wanted: Wanted, left: Skew, right: Skew, alike: Alike | None = None) -> tuple[Ints, Ints]:
    sides = (Popularity(left, rows, STREAM.aspect("who")), Popularity(right, rows, STREAM.aspect("whom")))
    lefts, rights = zip(*draw_pairs(*sides, wanted, STREAM, alike), strict=True)
    return np.concatenate(lefts).astype(np.int64), np.concatenate(rights).astype(np.int64)


def gini(counts: Ints) -> float:
    rising, size = np.sort(counts), len(counts)
    return float((2 * np.arange(1, size + 1) - size - 1) @ rising / (size * rising.sum()))


def steepness(counts: Ints) -> float:
    """The exponent of the rank: how steeply the most popular (but the very first, of whom chance decides) fall off."""
    ranks = np.arange(10, 1_000)
    return -float(np.polyfit(np.log(ranks), np.log(np.sort(counts)[::-1][ranks]), 1)[0])


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_reciprocity_is_the_share_of_pairs_whose_answer_is_there(share: float) -> None:
    lefts, rights = drawn(1_000, Wanted(20_000, share, within=True), Skew(lognormal=0.6), Skew(zipf=0.7))
    both = set(zip(lefts.tolist(), rights.tolist(), strict=True))
    assert len(both) == 20_000
    assert sum((b, a) in both for a, b in both) / len(both) == pytest.approx(share, abs=0.0001)


def test_who_never_asks_does_not_answer_either() -> None:
    left, right = Skew(childless=0.3), Skew(zipf=0.7, childless=0.2)
    lefts, rights = drawn(1_000, Wanted(20_000, 0.4, within=True), left, right)
    assert 1_000 - len(np.unique(lefts)) == 300
    assert 1_000 - len(np.unique(rights)) == 200
    both = set(zip(lefts.tolist(), rights.tolist(), strict=True))
    assert len(both) == 20_000
    assert sum((b, a) in both for a, b in both) / len(both) == pytest.approx(0.4, abs=0.02)


def test_pairs_of_many_chunks_keep_their_rules_and_the_declared_degrees() -> None:
    rows, total = 100_000, 2 * CHUNK
    lefts, rights = drawn(rows, Wanted(total, within=True), Skew(lognormal=0.6), Skew(zipf=0.7))
    assert len(np.unique(lefts * rows + rights)) == total
    assert not (lefts == rights).any()
    received = np.bincount(rights, minlength=rows)
    assert steepness(received) == pytest.approx(0.7, abs=0.05)
    ranks = np.arange(1, rows + 1) ** -0.7
    assert received.max() == pytest.approx(total * ranks[0] / ranks.sum(), rel=0.1)
    # A Gini of 0.329 has the log-normal distribution itself; chance adds to it.
    assert 0.33 < gini(np.bincount(lefts, minlength=rows)) < 0.42


def test_nobody_is_paired_more_often_than_there_are_partners() -> None:
    every = drawn(60, Wanted(60 * 59, within=True), Skew(zipf=2.0), Skew(zipf=2.0))
    assert len(set(zip(*(side.tolist() for side in every), strict=True))) == 60 * 59
    lefts, rights = drawn(60, Wanted(60 * 58, 0.5, within=True), Skew(zipf=2.0), Skew(zipf=2.0))
    assert len(set(zip(lefts.tolist(), rights.tolist(), strict=True))) == 60 * 58
    assert not (lefts == rights).any()


def test_more_pairs_than_there_are_is_refused() -> None:
    with pytest.raises(Misfit, match="13 different pairs are wanted and only 12 are possible") as caught:
        network(people=4, follows=13).layout("follows")
    assert caught.value.key == "tables.follows.rows"
    assert network(people=4, follows=12).layout("follows").rows == 12


def test_friends_know_the_two_edges_that_make_them_friends() -> None:
    made = network(people=60, follows=900)
    ends = [list(zip(*(rows_of(made, "friends", path) for path in paths), strict=True)) for paths in EDGES]
    assert len(ends[0]) > 100
    assert ends[0] == ends[1] == ends[2]


EDGES = (("low_id", "high_id"), ("up.who_id", "up.whom_id"), ("down.whom_id", "down.who_id"))


def test_friends_are_counted_once_however_often_they_follow_each_other() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.people]
rows = {{ shape = "independent", count = 12 }}
[tables.visits]
rows = {{ shape = "per", of = [{{ table = "people", link = "guest", total = 200 }}] }}
links.host = {{ make = "draw", table = "people" }}
differ = ["guest", "host"]
[tables.friends]
[tables.friends.rows]
shape = "mutual"
of = "visits"
left = "guest"
right = "host"
low = "low"
high = "high"
edges = ["up", "down"]
"""
    made = world(text)
    visits = set(zip(rows_of(made, "visits", "guest"), rows_of(made, "visits", "host"), strict=True))
    friends = list(zip(rows_of(made, "friends", "low"), rows_of(made, "friends", "high"), strict=True))
    assert len(friends) == len(set(friends))
    assert set(friends) == {(a, b) for a, b in visits if a < b and (b, a) in visits}


MEMBERS = f"""{HEAD}
[profiles.test]
[tables.groups]
rows = {{ shape = "independent", count = 50 }}
[tables.people]
rows = {{ shape = "independent", count = 2_000 }}
[tables.members]
[tables.members.rows]
shape = "pairs"
left = {{ table = "groups", link = "group", skew = {{ histogram = [[1, 0.5], [10, 0.4], [100, 0.1]] }} }}
right = {{ table = "people", link = "member", skew = {{ childless = 0.25 }} }}
total = 725
"""


def test_the_left_side_of_pairs_has_the_histogram_of_its_skew() -> None:
    made = world(MEMBERS)
    counts = Counter(rows_of(made, "members", "group"))
    assert Counter(counts.values()) == {1: 25, 10: 20, 100: 5}
    assert len(set(rows_of(made, "members", "member"))) <= 1_500


# Homophily


def same(values: Ints, lefts: Ints, rights: Ints) -> tuple[float, float]:
    """The share of pairs within the same value, and the share that chance alone would give."""
    shares = [np.bincount(values[side], minlength=values.max() + 1) / len(side) for side in (lefts, rights)]
    return float((values[lefts] == values[rights]).mean()), float(shares[0] @ shares[1])


def closed(lefts: Ints, rights: Ints, rows: int) -> float:
    """The share of a person's pairs of neighbours who are neighbours themselves."""
    edges = np.unique(np.minimum(lefts, rights) * rows + np.maximum(lefts, rights))
    ends = np.concatenate([edges // rows, edges % rows])
    others = np.concatenate([edges % rows, edges // rows])[np.argsort(ends, kind="stable")]
    ends = np.sort(ends)
    low, high = np.minimum(others[:-1], others[1:]), np.maximum(others[:-1], others[1:])
    wanted = (low * rows + high)[ends[:-1] == ends[1:]]
    return float((np.append(edges, -1)[np.searchsorted(edges, wanted)] == wanted).mean())


def test_people_follow_people_like_them_and_popularity_stays_what_it_was() -> None:
    rows = 100_000
    wanted, left, right = Wanted(500_000, 0.4, within=True), Skew(lognormal=0.6), Skew(zipf=0.7)
    chance = np.random.default_rng(1)
    country, topic = chance.zipf(1.6, rows) % 50, chance.integers(0, 20, rows)
    weights = right.weights(STREAM.aspect("whom"), rows)
    strangers = drawn(rows, wanted, left, right)
    alike = drawn(rows, wanted, left, right, Alike.of([country, topic], 0.9, weights, STREAM))
    for values in (country, topic):
        assert same(values, *strangers)[0] == pytest.approx(same(values, *strangers)[1], abs=0.01)
        found, expected = same(values, *alike)
        assert (found - expected) / (1 - expected) > 0.3
    assert closed(*alike, rows) > 4 * closed(*strangers, rows)
    received, before = (np.bincount(side[1], minlength=rows) for side in (alike, strangers))
    assert gini(received) == pytest.approx(gini(before), abs=0.03)
    assert received.max() == pytest.approx(before.max(), rel=0.15)
    asked, before = (np.bincount(side[0], minlength=rows) for side in (alike, strangers))
    assert gini(asked) == pytest.approx(gini(before), abs=0.03)


def test_a_share_of_none_leaves_chance_alone_and_of_all_still_finds_all_pairs() -> None:
    weights = np.ones(300)
    topic = np.arange(300) % 3
    for share in (0.0, 1.0):
        alike = Alike.of([topic], share, weights, STREAM)
        lefts, rights = drawn(300, Wanted(6_000, within=True), Skew(), Skew(), alike)
        assert len(set(zip(lefts.tolist(), rights.tolist(), strict=True))) == 6_000
        assert same(topic, lefts, rights)[0] == pytest.approx(0.98 if share else 1 / 3, abs=0.03)


ALIKE = f"""{HEAD}
[profiles.test]
[tables.people]
rows = {{ shape = "independent", count = 500 }}
[tables.people.helpers]
town = {{ make = "choice", values = ["Ulm", "Bonn", "Kiel", "Jena"] }}
age = {{ make = "number", spread = {{ dist = "uniform", min = 18, max = 90 }} }}
[tables.follows]
[tables.follows.rows]
shape = "pairs"
left = {{ table = "people", link = "who" }}
right = {{ table = "people", link = "whom" }}
total = 3_000
alike = [%s]
"""


def test_what_is_alike_is_named_by_its_path() -> None:
    towns = world(ALIKE % '"town"')
    pairs = zip(rows_of(towns, "follows", "who.town"), rows_of(towns, "follows", "whom.town"), strict=True)
    assert sum(a == b for a, b in pairs) > 2_000
    ages = world(ALIKE % '"age"')
    pairs = zip(rows_of(ages, "follows", "who.age"), rows_of(ages, "follows", "whom.age"), strict=True)
    assert np.mean([abs(a - b) < 15 for a, b in pairs]) > 0.7
    with pytest.raises(Misfit, match="alike: people has no column, helper or link 'city'") as caught:
        world(ALIKE % '"city"').layout("follows")
    assert caught.value.key == "tables.follows.rows"
