"""How far chance may move what is measured. Pure.

Every bound is exceeded by chance in less than one of a hundred thousand measurements, so that a report of a few hundred
lines does not cry wolf: five standard deviations, with what small samples need on top.
"""

from __future__ import annotations

import math

import numpy as np

from platformdb.seeding.codes import Floats
from platformdb.seeding.shape_report.laws import LARGE, Law

DEVIATIONS = 5.0
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


def quantile_range(law: Law, share: float, parents: int, slack: float) -> tuple[float, float]:
    """Between which a quantile of so many parents lies: where the share of those below may be what is asked for."""
    below, variance = law.below()
    margin = DEVIATIONS * np.sqrt(variance / parents) + DEVIATIONS**2 / (3 * parents) + slack
    low = int(np.searchsorted(np.maximum.accumulate(below + margin), share))
    high = int(np.searchsorted(np.maximum.accumulate(below - margin), share))
    most = largest_range(law, parents)[1]
    return float(law.children[min(low, len(below) - 1)]), float(law.children[high]) if high < len(below) else most


def largest_range(law: Law, parents: int) -> tuple[float, float]:
    """Between which the largest of so many parents lies."""
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
