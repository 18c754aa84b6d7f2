"""From the workload to the proposals: candidates, trials, choice, evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from platformdb.indexes.advise.build import Built, build, estimated_cost
from platformdb.indexes.advise.candidates import covering, named, propose
from platformdb.indexes.advise.choose import NONE, Market, choose, is_better
from platformdb.indexes.advise.demands import usages_of
from platformdb.indexes.advise.hypothetical import plausible
from platformdb.indexes.advise.model import Advice, Demand, Effect, Index, Proposal, WriteCost
from platformdb.indexes.advise.read import Facts, read_indexes
from platformdb.indexes.advise.trials import Trials, drop, touching
from platformdb.indexes.advise.writes import measure_costs
from platformdb.postgres.connect import Connection
from platformdb.report.progress import Observer
from platformdb.workload.plan_tree import PlanNode

PAGE = 8192
# An index lies in memory beside what else is read, is backed up and vacuumed: a thousandth of its pages each pass.
RENT = 0.001
# Of two that save the same the one with fewer columns: it is changed by fewer updates, and understood at once.
WIDER = 0.5
# Beside the best of a query so many others stay in the choice: one of them may serve two queries.
RUNNERS_UP = 3


@dataclass(frozen=True, slots=True)
class Writes:
    """How often a table's rows are inserted and updated in one pass of the workload, and which columns change."""

    inserts: float = 1.0
    updates: float = 1.0
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Search:
    """What is needed all the way: the place where candidates are built, the workload, how tables are written.

    ``measurable``: what a write costs can be measured there, for what is made is committed.
    """

    connection: Connection
    facts: Facts
    demands: Sequence[Demand]
    writes: Mapping[str, Writes]
    measurable: bool = True

    def price(self, built: Built, cost: WriteCost) -> float:
        """What the index costs in one pass of the workload, in pages."""
        writes = self.writes.get(built.index.table, Writes())
        inserting = writes.inserts * (cost.blocks + cost.wal_bytes / PAGE)
        wider = WIDER * (len(built.index.keys) - 1 + len(built.index.include))
        return inserting + writes.updates * cost.update_blocks + RENT * built.bytes / PAGE + wider


def search(what: Search, observer: Observer) -> Advice:
    """The smallest set of new indexes for the workload; the candidates are built on the way, and dropped at the end."""
    what = replace(what, demands=[demand for demand in what.demands if demand.measured])
    usages = usages_of(what.demands)
    there = [index for index, _ in read_indexes(what.connection).values()]
    known: dict[tuple[int, PlanNode], float] = {}
    made_up = propose(usages, what.facts.tables, what.facts.extensions)
    wanted = plausible(what.connection, what.facts, what.demands, made_up)
    built = build(what.connection, what.facts, wanted, observer)
    observer.stage("measure each alone")
    narrow = _promising(what, built, known)
    wider = dict.fromkeys(
        other
        for each in narrow.values()
        for other in covering(each.wanted, usages, what.facts.tables[each.wanted.table])
    )
    more = build(what.connection, what.facts, wider, observer, first=len(wanted))
    observer.stage("measure the best ones together")
    finalists = _promising(what, narrow | more, known)
    costs = _costs(what, finalists)
    market = Market(
        {name: what.price(each, costs[name]) for name, each in finalists.items()},
        [demand.weight for demand in what.demands],
        _trials(what, finalists, known).measure,
    )
    chosen = choose(market, {name: each.index.table for name, each in finalists.items()})
    exact = replace(market, measure=_trials(what, finalists, known, settled=True).measure)
    found = {name: (finalists[name], costs[name]) for name in sorted(chosen)}
    advice = Advice(
        _proposals(what, exact, found, there),
        tuple(exact.measure(NONE)),
        tuple(exact.measure(chosen)),
        tuple(what.demands),
        len(made_up) + len(wider),
    )
    drop(what.connection, {name: each.index for name, each in finalists.items()})
    return advice


def _trials(
    what: Search, built: Mapping[str, Built], known: dict[tuple[int, PlanNode], float], *, settled: bool = False
) -> Trials:
    indexes = {name: each.index for name, each in built.items()}
    mattering = [touching(demand, indexes) for demand in what.demands]
    return Trials(what.connection, what.demands, indexes, mattering, settled=settled, by_plan=known)


def _promising(what: Search, built: Mapping[str, Built], known: dict[tuple[int, PlanNode], float]) -> dict[str, Built]:
    """Those that are among the best of some demand, or of all together on their table; the others are dropped."""
    trials = _trials(what, built, known)
    base = trials.measure(NONE)
    alone = {name: trials.measure(frozenset({name})) for name in built}
    gains = {name: sum(map(_worth, base, pages, (d.weight for d in what.demands))) for name, pages in alone.items()}

    def rank(name: str) -> tuple[float, int, str]:
        return -gains[name], built[name].bytes, name

    kept: set[str] = set()
    for number, pages in enumerate(base):
        helping = [name for name in built if is_better(pages, alone[name][number])]
        kept |= set(sorted(helping, key=lambda name: (alone[name][number], *rank(name)))[:RUNNERS_UP])
    for table in {each.index.table for each in built.values()}:
        helping = [name for name, each in built.items() if each.index.table == table and gains[name] > 0]
        kept |= set(sorted(helping, key=rank)[:RUNNERS_UP])
    drop(what.connection, {name: each.index for name, each in built.items() if name not in kept})
    return {name: each for name, each in built.items() if name in kept}


def _worth(without: float, beside: float, weight: float) -> float:
    return weight * (without - beside)


def _costs(what: Search, built: Mapping[str, Built]) -> dict[str, WriteCost]:
    if not what.measurable:
        return {
            name: estimated_cost(each.index, each.bytes, what.facts.tables[each.index.table])
            for name, each in built.items()
        }
    costs: dict[str, WriteCost] = {}
    for table in sorted({each.index.table for each in built.values()}):
        indexes = [each.index for each in built.values() if each.index.table == table]
        costs |= dict(measure_costs(what.connection, what.facts, indexes, what.writes.get(table, Writes()).columns))
    return costs


def _proposals(
    what: Search, market: Market, chosen: Mapping[str, tuple[Built, WriteCost]], there: Sequence[Index]
) -> tuple[Proposal, ...]:
    taken = {index.name for index in there}
    found = []
    for name, (built, cost) in chosen.items():
        index = named(built.wanted, taken)
        taken.add(index.name)
        effects = tuple(
            Effect(demand, without, beside)
            for demand, without, beside in zip(
                what.demands,
                market.measure(frozenset(chosen) - {name}),
                market.measure(frozenset(chosen)),
                strict=True,
            )
            if is_better(without, beside) or is_better(beside, without)
        )
        replaces = tuple(
            other.name for other in there if not other.unique and not other.constraint and built.index.serves(other)
        )
        found.append(Proposal(index, effects, cost, built.bytes, replaces=replaces))
    return tuple(sorted(found, key=lambda proposal: -sum(e.saved * e.demand.weight for e in proposal.effects)))
