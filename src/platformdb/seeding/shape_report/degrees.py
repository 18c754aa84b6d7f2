"""Distributions of fan-out: how many parents have how many children, as counted or as a declaration predicts it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from platformdb.seeding.rows.codes import Floats

# Fewer parents in the tail say nothing about its exponent.
TAIL = 30
SEARCH_STEPS = 60
STEEPEST, FLATTEST = 12.0, 1.05


@dataclass(frozen=True, slots=True, eq=False)
class Degrees:
    """``parents[i]`` parents have ``children[i]`` children each; ascending. Predicted parents are no whole numbers."""

    children: Floats
    parents: Floats

    @property
    def pool(self) -> float:
        """How many parents there are."""
        return float(self.parents.sum())

    @property
    def rows(self) -> float:
        """How many children there are."""
        return float((self.children * self.parents).sum())

    @property
    def mean(self) -> float:
        """Children per parent."""
        return self.rows / self.pool if self.pool else 0.0

    @property
    def childless(self) -> float:
        """The share of parents without children."""
        return float(self.parents[self.children == 0].sum()) / self.pool if self.pool else 0.0

    @property
    def largest(self) -> float:
        """The most children that a parent has."""
        return float(self.children[-1]) if len(self.children) else 0.0

    def quantile(self, share: float) -> float:
        """The least number of children that this share of the parents does not exceed."""
        if not len(self.children):
            return 0.0
        ends = np.cumsum(self.parents)
        # Sums of shares end a little beside 1: nobody means a parent beyond the last by that.
        place = np.searchsorted(ends, share * ends[-1] * (1 - 1e-12), side="left")
        return float(self.children[min(int(place), len(self.children) - 1)])

    @property
    def gini(self) -> float:
        """0 where all parents are alike, near 1 where one has nearly all children."""
        if not self.rows:
            return 0.0
        held = np.cumsum(self.children * self.parents)
        # Twice the area between the Lorenz curve and the diagonal, trapezoid by trapezoid.
        below = float((self.parents * (held - self.children * self.parents / 2)).sum())
        return 1.0 - 2.0 * below / (self.pool * self.rows)

    @property
    def gini_influence(self) -> Floats:
        """What one more parent with so many children does to the Gini coefficient (Langel and Tillé 2013)."""
        if not self.rows:
            return np.zeros(len(self.children))
        shares, mean = self.parents / self.pool, self.mean
        rank = np.cumsum(shares) - shares / 2
        held = np.cumsum(self.children * shares) - self.children * shares / 2
        influence = 2 * (rank * self.children - held) + mean - self.children - self.gini * (mean + self.children)
        return np.asarray(influence / mean)

    @property
    def tail(self) -> tuple[float, float]:
        """Where the tail begins, and how many parents are in it: beyond what chance makes of three quarters of them."""
        quarter = self.quantile(0.75)
        least = max(5.0, math.ceil(quarter + 3 * math.sqrt(quarter)))
        return least, float(self.parents[self.children >= least].sum())

    @property
    def exponent(self) -> float | None:
        """The exponent of popularity by rank, by maximum likelihood above a threshold (Clauset, Shalizi, Newman 2009).

        Where popularity is proportional to rank^-s, its density has the exponent a = 1 + 1/s. Counted in whole children
        it is not the zeta distribution of that paper but Waring's: p(k) ~ Γ(k + 1 - a) / Γ(k + 1), Irwin 1963. None
        where the tail is too short to say.
        """
        least, parents = self.tail
        if parents < TAIL:
            return None
        among = self.children >= least
        density = _likeliest(self.children[among], self.parents[among], least)
        return None if density is None else 1 / (density - 1)


def _likeliest(children: Floats, parents: Floats, least: float) -> float | None:
    """The exponent a at which the derivative of the log-likelihood is 0, by bisection."""
    low, high = FLATTEST, min(STEEPEST, least + 0.9)
    if not _slope(low, children, parents, least) > 0 > _slope(high, children, parents, least):
        return None
    for _ in range(SEARCH_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(middle, children, parents, least) > 0 else (low, middle)
    return low


def _slope(a: float, children: Floats, parents: Floats, least: float) -> float:
    """The derivative of Σ log p(k) after a."""
    total = float(parents.sum())
    return (
        total / (a - 1)
        + total * float(_digamma(np.array([least + 1 - a]))[0])
        - float((parents * _digamma(children + 1 - a)).sum())
    )


def _digamma(values: Floats) -> Floats:
    """The derivative of log Γ, by its recurrence up to 6 and the asymptotic series from there."""
    result, values = np.zeros(len(values)), values.astype(np.float64).copy()
    while (small := values < 6).any():
        result[small] -= 1 / values[small]
        values[small] += 1
    inverse = 1 / values**2
    return np.asarray(result + np.log(values) - 0.5 / values - inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252)))


def counted(children: list[int], parents: list[int], childless: int) -> Degrees:
    """Degrees as the database has them, and the parents that have none."""
    every = [0, *children] if childless > 0 else children
    sizes = [childless, *parents] if childless > 0 else parents
    return Degrees(np.array(every, np.float64), np.array(sizes, np.float64))


def sigma(degrees: Degrees, childless: float) -> float:
    """The sigma of log-normal popularity, from the first two factorial moments (Aitchison and Ho 1989)."""
    mean = degrees.mean
    second = float((degrees.parents * degrees.children * (degrees.children - 1)).sum()) / max(degrees.pool, 1)
    ratio = (1 - childless) * second / mean**2 if mean else 0.0
    return math.sqrt(math.log(ratio)) if ratio > 1 else 0.0


def sigma_influence(degrees: Degrees, childless: float) -> Floats:
    """What one more parent with so many children does to ``sigma``."""
    found, mean, values = sigma(degrees, childless), degrees.mean, degrees.children
    if not found:
        return np.zeros(len(values))
    second = float((degrees.parents * values * (values - 1)).sum()) / degrees.pool
    change = (values * (values - 1) - second) / mean**2 - 2 * second * (values - mean) / mean**3
    return np.asarray((1 - childless) * change / (2 * found * math.exp(found**2)))


def exponent_influence(degrees: Degrees, exponent: float) -> Floats:
    """What one more parent with so many children does to the exponent found in the tail."""
    least = degrees.tail[0]
    density, among = 1 + 1 / exponent, degrees.children >= least
    offset = 1 / (density - 1) + float(_digamma(np.array([least + 1 - density]))[0])
    score = np.zeros(len(among))
    score[among] = offset - _digamma(degrees.children[among] + 1 - density)
    information = float((degrees.parents * score**2).sum()) / degrees.pool
    return score * exponent**2 / information if information else score
