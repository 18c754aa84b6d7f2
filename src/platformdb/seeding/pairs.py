"""Different pairs (edges of a graph, members of sets) drawn by the popularity of both ends, without repetition."""

from __future__ import annotations

import numpy as np

from platformdb.seeding.codes import Floats, Ints, Mask
from platformdb.seeding.distributions import choose
from platformdb.seeding.problems import Misfit
from platformdb.seeding.streams import Span, Stream

# Up to so many possible pairs all are weighed, exact however dense the graph; above, drawn until enough differ.
WEIGH_ALL = 1 << 20
# Where a quarter of all pairs is wanted, chance would meet the same ones again and again: weigh all up to here.
WEIGH_ALL_DENSE = 1 << 24
ROUNDS = 24


def sample_pairs(
    left: Floats, right: Floats, total: int, reciprocity: float, stream: Stream, *, loops: bool
) -> tuple[Ints, Ints]:
    """``total`` different pairs of positions; ``loops``: whether a position may be paired with itself.

    Raises:
        Misfit: so many different pairs do not exist.
    """
    size = len(right)
    possible = int(np.count_nonzero(left)) * int(np.count_nonzero(right))
    possible -= 0 if loops else int(np.count_nonzero((left > 0) & (right > 0)))
    if total > possible:
        raise Misfit(f"{total} different pairs are wanted and only {possible} are possible")
    alone = round(total / (1 + reciprocity))
    codes = _sample(left, right, alone, stream.aspect("pairs"), loops=loops)
    if reciprocity:
        codes = _answered(codes, total, reciprocity, size, stream)
        codes = _filled(codes, total, left, right, stream, loops=loops)
    return codes // max(size, 1), codes % max(size, 1)


def _answered(codes: Ints, total: int, reciprocity: float, size: int, stream: Stream) -> Ints:
    """The pairs and the answers to some of them, no more than ``total``."""
    answers = codes % max(size, 1) * size + codes // max(size, 1)
    missing = ~_among(answers, codes)
    willing = stream.aspect("answer").uniform(Span(0, len(codes))) < reciprocity
    return np.concatenate([codes, answers[missing & willing]])[:total]


def _filled(codes: Ints, total: int, left: Floats, right: Floats, stream: Stream, *, loops: bool) -> Ints:
    """As many more pairs as are still missing, now that chance has decided how many answers there are."""
    if len(codes) >= total:
        return codes
    more = _sample(left, right, total, stream.aspect("fill"), loops=loops)
    return np.concatenate([codes, more[~_among(more, codes)]])[:total]


def _among(values: Ints, codes: Ints) -> Mask:
    """Which values are among the codes (np.isin hashes: 10 s for 1.5 M of each, this 0.4 s)."""
    known = np.append(np.sort(codes), np.iinfo(np.int64).max)
    return np.asarray(known[np.searchsorted(known, values)] == values)


def _sample(left: Floats, right: Floats, total: int, stream: Stream, *, loops: bool) -> Ints:
    if not total:
        return np.zeros(0, np.int64)
    possible = len(left) * len(right)
    if possible <= (WEIGH_ALL_DENSE if total * 4 > possible else WEIGH_ALL):
        return _weighed(left, right, total, stream, loops=loops)
    return _drawn(left, right, total, stream, loops=loops)


def _weighed(left: Floats, right: Floats, total: int, stream: Stream, *, loops: bool) -> Ints:
    """Every pair gets a race time, exponential with its weight as rate; the first win (Efraimidis-Spirakis)."""
    weights = np.outer(left, right)
    if not loops:
        np.fill_diagonal(weights, 0.0)
    flat = weights.ravel()
    race = -np.log1p(-stream.uniform(Span(0, len(flat))))
    with np.errstate(divide="ignore", invalid="ignore"):
        race = np.where(flat > 0, race / flat, np.inf)
    # Only the winners are sorted: partitioning takes a tenth of the time.
    ahead = np.flatnonzero(race <= np.partition(race, total - 1)[total - 1])
    return ahead[np.argsort(race[ahead], kind="stable")[:total]].astype(np.int64)


def _drawn(left: Floats, right: Floats, total: int, stream: Stream, *, loops: bool) -> Ints:
    """Pairs drawn until enough differ; popularity is flattened round by round where the popular are used up."""
    found = np.zeros(0, np.int64)
    for number in range(ROUNDS):
        missing = total - len(found)
        if not missing:
            break
        power = 0.9**number
        span, turn = Span(0, missing + missing // 8 + 16), stream.aspect(f"round {number}")
        lefts = choose(_flattened(left, power), turn.aspect("left"), span)
        rights = choose(_flattened(right, power), turn.aspect("right"), span)
        codes = lefts * len(right) + rights
        codes = codes if loops else codes[lefts != rights]
        found = _with_new(found, codes, total)
    if len(found) < total:
        raise Misfit(f"only {len(found)} of {total} different pairs were found: choose fewer, or a flatter skew")
    return found


def _flattened(weights: Floats, power: float) -> Floats:
    return np.asarray(weights**power * (weights > 0))


def _with_new(found: Ints, codes: Ints, total: int) -> Ints:
    """``found`` and those codes that are not in it, in the order in which they were drawn."""
    together = np.concatenate([found, codes])
    _, first = np.unique(together, return_index=True)
    return together[np.sort(first)][:total]
