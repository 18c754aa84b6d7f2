"""The distribution of fan-out that a declaration amounts to, for so many parents and children."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from platformdb.seeding.rows.codes import Floats
from platformdb.seeding.shape.distributions import EVEN, Distribution, Fixed, Lognormal, Skew, Uniform, Weighted, amount
from platformdb.seeding.shape_report.laws import Law
from platformdb.seeding.shape_report.model import Spread

# So many ranks stand for themselves; above, ever more of them stand together.
SINGLE_RANKS = 200
RANK_GROUPS = 300
# Log-normal weights: from -6 to 6 standard deviations.
REACH, STEPS = 6.0, 240
# Products of two sets of rates are put in so many classes.
CLASSES = 1_200
# Every end of a graph meets every other: fewer will do.
COARSE = 60
MOST_PRESSURE, HALVINGS = 1e12, 26


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """How popular parents are, 1 on average over all, and the share of those with a chance that are so popular.

    ``noise`` is the relative standard deviation of the sum: what one seed differs from another in.
    """

    rates: Floats
    shares: Floats
    noise: float = 0.0

    def with_silent(self, silent: float) -> Rates:
        """Those without a chance among them."""
        if not silent:
            return self
        return Rates(np.append(self.rates, 0.0), np.append(self.shares * (1 - silent), silent))

    def times(self, other: Rates) -> Rates:
        """The product of two independent popularities."""
        return _classed(np.outer(self.rates, other.rates).ravel(), np.outer(self.shares, other.shares).ravel())


def predict(spread: Spread, parents: int, children: int, share: float, partners: int) -> tuple[Law, float]:
    """How many children each of so many parents gets, and how far chance may move all of it (relatively).

    A ``share`` of the parents takes part at all; ``partners`` are the rows at the other end of a graph.
    """
    if spread.skew is None:
        return Law.of_counts(*_numbers(spread.count), silent=1 - share), 0.0
    if spread.other is not None:
        return _of_graph(spread, (parents, partners), children)
    each = children / (parents * share) if share else 0.0
    silent = 1 - share * (1 - spread.skew.silent)
    if spread.skew.histogram:
        return _of_histogram(spread.skew, each, silent), 0.0
    popular = popularity(spread.skew, max(round(parents * share), 1))
    law = Law.of_rates(popular.rates * each, popular.shares, silent=silent, drawn=bool(spread.skew.lognormal))
    return law, popular.noise


def popularity(skew: Skew, parents: int) -> Rates:
    """How popular ``parents`` rows are by a skew."""
    if skew.histogram:
        children, sizes = _having(skew)
        return Rates(children / float(children @ sizes) / (1 - skew.silent), sizes)
    ranks, sizes = _ranks(parents) if skew.zipf else (np.ones(1), np.array([parents], np.float64))
    weights = Rates(np.power(ranks, -skew.zipf), sizes / sizes.sum())
    squares = float((weights.shares * weights.rates**2).sum())
    noise = squares / float((weights.shares * weights.rates).sum()) ** 2 / parents
    noise *= math.exp(skew.lognormal**2) / (1 - skew.childless) - 1
    if skew.lognormal:
        weights = weights.times(_lognormal(skew.lognormal))
    average = float((weights.rates * weights.shares).sum()) * (1 - skew.childless)
    return Rates(weights.rates / average, weights.shares, math.sqrt(max(noise, 0.0)))


def _having(skew: Skew) -> tuple[Floats, Floats]:
    """The numbers of children of a histogram, and how often each comes among those that have some."""
    children, shares = np.array(skew.histogram, np.float64).T
    return children[children > 0], shares[children > 0] / shares[children > 0].sum()


def _of_histogram(skew: Skew, each: float, silent: float) -> Law:
    """Its numbers scaled, so that on average there are ``each``: some parents get one more than others."""
    children, shares = _having(skew)
    wanted = children * each / float(children @ shares) / (1 - skew.silent)
    below = np.floor(wanted)
    values = np.concatenate([below, below + 1])
    above = shares * (wanted - below)
    return Law.of_counts(values, np.concatenate([shares - above, above]), silent=silent)


def _ranks(parents: int) -> tuple[Floats, Floats]:
    """Ranks, and how many parents each stands for."""
    if parents <= SINGLE_RANKS:
        return np.arange(1.0, parents + 1), np.ones(parents)
    edges = np.unique(np.geomspace(SINGLE_RANKS + 1, parents + 1, RANK_GROUPS).round())
    starts = np.concatenate([np.arange(1.0, SINGLE_RANKS + 1), edges[:-1]])
    ends = np.concatenate([np.arange(2.0, SINGLE_RANKS + 2), edges[1:]])
    return np.sqrt((starts - 0.5) * (ends - 0.5)).clip(starts, ends - 1), ends - starts


def _lognormal(spread: float) -> Rates:
    steps = np.linspace(-REACH, REACH, STEPS + 1)
    shares = np.exp(-(steps**2) / 2)
    return Rates(np.exp(spread * steps), shares / shares.sum())


def _classed(rates: Floats, shares: Floats, classes: int = CLASSES) -> Rates:
    """The same in fewer classes; the average of each stays."""
    if len(rates) <= classes:
        return Rates(rates, shares)
    logs = np.log(np.maximum(rates, 1e-12))
    low, high = float(logs.min()), float(logs.max())
    places = ((logs - low) / max(high - low, 1e-9) * (classes - 1)).astype(np.int64)
    weights: Floats = np.bincount(places, shares, classes).astype(np.float64)
    sums = np.bincount(places, shares * rates, classes)
    filled = weights > 0
    return Rates(sums[filled] / weights[filled], weights[filled])


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """One end of a graph: ``rows`` of a table in classes of popularity, 1 on average over all; some are silent."""

    rates: Floats
    shares: Floats
    rows: int
    silent: float
    noise: float

    @classmethod
    def of(cls, skew: Skew, rows: int) -> End:
        """Those of a table that are so popular."""
        popular = popularity(skew, rows)
        coarse = _classed(popular.rates, popular.shares, COARSE)
        return cls(coarse.rates, coarse.shares, rows, skew.silent, popular.noise)

    @property
    def sizes(self) -> Floats:
        """How many rows are in each class."""
        return self.shares * (1 - self.silent) * self.rows

    def law(self, rates: Floats, *, drawn: bool) -> Law:
        """The law of rows whose classes have these rates."""
        return Law.of_rates(rates, self.shares, silent=self.silent, drawn=drawn)


def _of_graph(spread: Spread, sizes: tuple[int, int], edges: int) -> tuple[Law, float]:
    """One end of a graph without double edges: who asks has partners by his popularity, and they are chosen by theirs.

    Where answers are wanted, each two are asked for once, and the answer is an edge of the other.
    """
    skews = spread.skew or EVEN, spread.other or EVEN
    own, other = (End.of(skew, rows) for skew, rows in zip(skews, sizes, strict=True))
    asking, chosen = (own, other) if spread.asks else (other, own)
    answers = spread.reciprocity / 2
    asked = _asked(asking, edges * (1 - answers), chosen.rows / (2 if answers else 1))
    found = _chosen(asking, asked, chosen)
    noise = own.noise + other.noise
    drawn = bool(skews[0].lognormal)
    if not answers:
        return own.law(asked if spread.asks else found, drawn=drawn), noise
    # The same people at both ends, popular here and there independently of each other.
    each = answers / (1 - answers)
    mine, back = (asked, found * each) if spread.asks else (found, asked * each)
    here, there = (Rates(rates, end.shares).with_silent(end.silent) for rates, end in ((mine, own), (back, other)))
    rates, shares = np.add.outer(here.rates, there.rates).ravel(), np.outer(here.shares, there.shares).ravel()
    both = _classed(rates, shares)
    return Law.of_rates(both.rates, both.shares, silent=0.0, drawn=True), noise


def _asked(asking: End, edges: float, room: float) -> Floats:
    """How many partners each class has: by its popularity, up to as many as there are."""
    enough = _halved(lambda by: float(np.minimum(asking.rates * by, room) @ asking.sizes) >= edges)
    return np.minimum(asking.rates * enough, room)


def _chosen(asking: End, asked: Floats, chosen: End) -> Floats:
    """How often each class is chosen, where nobody chooses the same one twice."""
    sizes = chosen.sizes
    found = np.zeros(len(sizes))
    for wanted, number in zip(asked.tolist(), asking.sizes.tolist(), strict=True):
        most = min(wanted, float(sizes.sum()) * (1 - 1e-9))
        found -= number * np.expm1(-chosen.rates * _pressure(chosen, most))
    return found


def _pressure(chosen: End, partners: float) -> float:
    """By which popularity must be multiplied so that somebody who chooses by it finds so many."""
    sizes = chosen.sizes
    return _halved(lambda by: float(-np.expm1(-chosen.rates * by) @ sizes) >= partners)


def _halved(enough: Callable[[float], bool]) -> float:
    """The least positive number that is enough."""
    low, high = 0.0, 1.0
    while high < MOST_PRESSURE and not enough(high):
        low, high = high, high * 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _numbers(count: Distribution | None) -> tuple[Floats, Floats]:
    """Numbers and how often each comes, close to a distribution."""
    match count:
        case None:
            return np.ones(1), np.ones(1)
        case Fixed():
            return np.array([amount(count.value)]), np.ones(1)
        case Uniform():
            low, high = amount(count.min), amount(count.max)
            parts = int(high - low + 1) * 64
            return np.floor(low + (np.arange(parts) + 0.5) / parts * (high - low + 1)), np.ones(parts)
        case Weighted():
            return np.array([amount(value) for value in count.values]), np.array(count.weights, np.float64)
        case Lognormal():
            normal, parts = NormalDist(), 8_192
            steps = np.array([normal.inv_cdf((part + 0.5) / parts) for part in range(parts)])
            values = amount(count.median) * np.exp(count.sigma * steps)
            return np.clip(values, amount(count.min), None if count.max is None else amount(count.max)), np.ones(parts)
