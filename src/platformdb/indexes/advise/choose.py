"""The smallest set of indexes for a whole workload, writes included: pure but for the measure it is given.

Indexes help and hinder each other, and the planner decides which one is read; so a set's worth is never added up from
its members': every set that is considered is measured as a set. Greedy: the index that saves most beside those chosen
comes next, until none saves more than it costs. Then the set is pruned, and last, table by table, every subset of the
table's finalists is compared beside what is chosen on the others, for greed can take an index that two later ones make
needless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

Names = frozenset[str]
# Of each table: every subset of four is 16 sets, and each is measured.
FINALISTS = 4
# The tiers' own line: an index that changes no query by a tenth is not worth having.
LEAST_EFFECT = 0.10
# Below it is a page more or less of an upper level.
LEAST_PAGES = 5.0
NONE: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Market:
    """What is to be chosen from.

    ``price`` is what each candidate costs by itself, in pages for one pass of the workload; ``weights`` how often each
    demand is in a pass. ``measure`` gives the pages of each demand once with just these candidates there.
    """

    price: Mapping[str, float]
    weights: Sequence[float]
    measure: Callable[[Names], Sequence[float]]

    def total(self, names: Names) -> float:
        """What a pass of the workload costs with these."""
        reads = sum(weight * pages for weight, pages in zip(self.weights, self.measure(names), strict=True))
        return reads + sum(self.price[name] for name in names)


def choose(market: Market, tables: Mapping[str, str]) -> Names:
    """The candidates worth having together; ``tables`` has each candidate's table."""
    ranked = _worthwhile(market, tables)
    chosen = pruned(market, _greedy(market, ranked))
    for table in sorted(set(tables.values())):
        here = frozenset(name for name in ranked if tables[name] == table)
        first = sorted(chosen & here, key=ranked.index)
        finalists = tuple(dict.fromkeys((*first, *(name for name in ranked if name in here))))[:FINALISTS]
        kept = chosen - frozenset(finalists)
        if len(finalists) > 1:
            chosen = min((kept | subset for subset in _subsets(finalists)), key=lambda names: _rank(market, names))
        chosen = _exchanged(market, chosen, here)
    return pruned(market, chosen)


def _exchanged(market: Market, chosen: Names, here: Names) -> Names:
    """With each index of a table in turn as the one that does best in its place, a plainer one mostly."""
    for name in sorted(chosen & here):
        others = [chosen - {name} | {other} for other in sorted(here - chosen)]
        chosen = min((chosen, *others), key=lambda names: _rank(market, names))
    return chosen


def _rank(market: Market, names: Names) -> tuple[float, int, tuple[str, ...]]:
    """Less work first; of equals the smaller set, and the names decide at last, so that every run says the same."""
    return round(market.total(names), 3), len(names), tuple(sorted(names))


def _worthwhile(market: Market, candidates: Iterable[str]) -> tuple[str, ...]:
    """Those that alone save more than they cost, the best first."""
    nothing = market.total(NONE)
    gains = {name: nothing - market.total(frozenset({name})) for name in candidates}
    return tuple(sorted((name for name in gains if gains[name] > 0), key=lambda name: (-round(gains[name], 3), name)))


def _greedy(market: Market, ranked: Sequence[str]) -> Names:
    """Adds the best one left, again and again. A gain measured earlier bounds a later one, so few are measured anew."""
    chosen, now = NONE, market.total(NONE)
    bounds = {name: now - market.total(frozenset({name})) for name in ranked}
    while bounds:
        name = min(bounds, key=lambda each: (-bounds[each], each))
        gain = now - market.total(chosen | {name})
        rest = [bound for other, bound in bounds.items() if other != name]
        if gain <= 0:
            del bounds[name]
        elif gain >= max(rest, default=0.0):
            chosen, now = chosen | {name}, now - gain
            del bounds[name]
        else:
            bounds[name] = gain
    return chosen


def pruned(market: Market, names: Names) -> Names:
    """Without those that the others make needless, the least useful first."""
    while names:
        now = market.total(names)
        losses = {name: round(market.total(names - {name}) - now, 3) for name in sorted(names)}
        needless = [name for name in losses if losses[name] <= 0 or not matters(market, names, name)]
        if not needless:
            return names
        names -= {min(needless, key=losses.__getitem__)}
    return names


def matters(market: Market, names: Names, name: str) -> bool:
    """Whether some demand is a tenth and a few pages better for it, beside the others."""
    return any(map(is_better, market.measure(names - {name}), market.measure(names)))


def is_better(without: float, beside: float) -> bool:
    """Whether so many pages less are worth speaking of."""
    return without - beside >= max(LEAST_EFFECT * without, LEAST_PAGES)


def _subsets(names: Sequence[str]) -> Iterable[Names]:
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(names, size))
