"""How far chance may move what is measured. Pure.

Every bound is exceeded by chance in less than one of a hundred thousand measurements, so that a report of a few hundred
lines does not cry wolf: five standard deviations, with what small samples need on top.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platformdb.seeding.rows.codes import Floats
from platformdb.seeding.shape_report.laws import LARGE, Law

DEVIATIONS = 5.0
Range = tuple[float, float]
# Of the distribution as a whole: 2 exp(-2 n d²), see band().
CHANCE = 1e-6
# So many parents are expected of the most popular that is reckoned with.
RARE = 1e-3


def share_margin(share: float, rows: float) -> float:
    """How far a share of so many rows may be from its chance (Bernstein's inequality)."""
    if rows <= 0:
        return 1.0
    inside = min(max(share, 0.0), 1.0)
    return DEVIATIONS * math.sqrt(inside * (1 - inside) / rows) + DEVIATIONS**2 / (3 * rows)


def band(parents: float) -> float:
    """How far a distribution of so many may be anywhere from its own law (Dvoretzky, Kiefer, Wolfowitz, Massart)."""
    return min(math.sqrt(math.log(2 / CHANCE) / (2 * parents)), 1.0) if parents else 1.0


def mean_margin(law: Law, parents: int) -> float:
    """How far the mean of so many parents may be from its own (Bernstein again)."""
    mean = law.degrees(1).mean
    beyond = max(float(law.children[-1]) - mean, 0.0)
    return DEVIATIONS * law.deviation(law.children) / math.sqrt(parents) + DEVIATIONS**2 * beyond / (3 * parents)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which the share of childless, some quantiles and the largest of so many parents lie."""

    childless: Range
    quantiles: tuple[Range, ...]
    largest: Range


def bounds(law: Law, shares: Sequence[float], parents: int, slack: float) -> Bounds:
    """The bounds of a law; a quantile lies where the share of those below may be what is asked for."""
    below, variance = law.below()
    margin = DEVIATIONS * np.sqrt(variance / parents) + DEVIATIONS**2 / (3 * parents) + slack
    most, least = np.maximum.accumulate(below + margin), np.maximum.accumulate(below - margin)
    largest = _largest(law, parents)
    ends = [(int(np.searchsorted(most, share)), int(np.searchsorted(least, share))) for share in shares]
    last = len(below) - 1
    quantiles = [
        (float(law.children[min(low, last)]), float(law.children[high]) if high <= last else largest[1])
        for low, high in ends
    ]
    return Bounds((float(least[0]), float(most[0])), tuple(quantiles), largest)


def _largest(law: Law, parents: int) -> Range:
    chances = law.none_above(parents)
    ends = np.searchsorted(chances, (math.log(CHANCE), math.log1p(-CHANCE)))
    low, high = (float(law.children[min(int(end), len(chances) - 1)]) for end in ends)
    # Popular beyond the grid of whole numbers: they are points there.
    return low - DEVIATIONS * math.sqrt(low) * (low > LARGE), high + DEVIATIONS * math.sqrt(high) * (high > LARGE)


def figure_margin(law: Law, influence: Floats, parents: int) -> float:
    """How far a figure may be off to which each of so many parents adds its influence."""
    margin = DEVIATIONS * law.deviation(influence) / math.sqrt(parents) + 1 / parents
    if not law.drawn:
        return margin
    # The most popular may be one that is met once in a thousand seeds, and moves the figure alone.
    reach = float(np.abs(influence[law.degrees(parents).parents > RARE]).max(initial=0.0))
    return margin + min(reach / parents, 1.0)


def exponent_bias(exponent: float, parents: float) -> float:
    """What ranks that are not drawn but given do to the exponent of a tail of so many: log n! is not n log n."""
    return exponent * math.log(2 * math.pi * parents) / (2 * parents)
