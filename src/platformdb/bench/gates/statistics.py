"""Percentiles, and whether one series of times is slower than another: pure.

The test is Mann and Whitney's ("On a test of whether one of two random variables is stochastically larger than the
other", 1947) with the normal approximation, its continuity and the correction for ties, which is good from eight values
on each side. The effect is Vargha and Delaney's A ("A critique and improvement of the CL common language effect size
statistics", 2000). Many comparisons in one run are corrected as Holm says ("A simple sequentially rejective multiple
test procedure", 1979). On the same machine, in random order, a rank test finds slowdowns of a tenth (Laaber, Scheuner
and Leitner, "Software microbenchmarking in the cloud", 2019).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Significant, large enough to matter, and above what a clock and a socket do by themselves: all three.
SIGNIFICANT = 0.01
RATIO = 1.10
FLOOR_MS = 0.02


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two series of times: medians in milliseconds, how often the second is the longer one, and by chance or not.

    ``effect`` is the probability that a time of the second exceeds one of the first, a tie half; 0.5 is no effect.
    ``p`` is the probability of at least such an effect in that direction if there were none.
    """

    before_ms: float
    now_ms: float
    effect: float
    p: float

    @property
    def ratio(self) -> float:
        """By what the median was multiplied."""
        return self.now_ms / self.before_ms if self.before_ms else math.inf


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least ``share`` (0 to 1) of all samples do not exceed: the nearest-rank method."""
    ordered = sorted(samples)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def compare_samples(before: Sequence[float], now: Sequence[float]) -> Comparison:
    """Whether the times of ``now`` are longer than those of ``before``, one-sided."""
    ranks = _ranks((*before, *now))
    here, there = len(now), len(before)
    larger = sum(ranks[there:]) - here * (here + 1) / 2
    return Comparison(
        percentile(before, 0.5),
        percentile(now, 0.5),
        larger / (here * there),
        _chance(larger, here, there, before, now),
    )


def slower(comparisons: Sequence[Comparison]) -> tuple[bool, ...]:
    """Which of all comparisons of a run are slowdowns: by Holm's correction, and large enough to matter."""
    order = sorted(range(len(comparisons)), key=lambda at: comparisons[at].p)
    found = [False] * len(comparisons)
    for rank, at in enumerate(order):
        if comparisons[at].p >= SIGNIFICANT / (len(order) - rank):
            break
        found[at] = _matters(comparisons[at])
    return tuple(found)


def _matters(comparison: Comparison) -> bool:
    return comparison.ratio >= RATIO and comparison.now_ms - comparison.before_ms >= FLOOR_MS


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1, equal ones sharing the mean of theirs."""
    counts = Counter(values)
    first: dict[float, float] = {}
    below = 0
    for value in sorted(counts):
        first[value] = below + (counts[value] + 1) / 2
        below += counts[value]
    return [first[value] for value in values]


def _chance(larger: float, here: int, there: int, before: Sequence[float], now: Sequence[float]) -> float:
    total = here + there
    ties = sum(count**3 - count for count in Counter((*before, *now)).values())
    variance = here * there / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:  # all are equal
        return 1.0
    return 0.5 * math.erfc((larger - here * there / 2 - 0.5) / math.sqrt(2 * variance))


def noise_of(series: Iterable[Sequence[float]]) -> float | None:
    """By how much equal rounds differ: each series is two rounds, its first half and its second; the median of all.

    0.1 is a tenth of the quicker round's median. None where nothing was timed twice.
    """
    rounds = [(values[: len(values) // 2], values[len(values) // 2 :]) for values in series if len(values) > 1]
    medians = [sorted(percentile(half, 0.5) for half in halves) for halves in rounds]
    return percentile([slow / quick - 1 for quick, slow in medians if quick], 0.5) if medians else None
