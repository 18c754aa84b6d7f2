"""Which tier the evidence says: tier 1 where a query misses its target without the index and meets it with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from platformdb.indexes.advise.candidates import definition
from platformdb.indexes.advise.model import Advice, Demand, Proposal
from platformdb.indexes.advise.read import Facts
from platformdb.indexes.advise.trials import drop
from platformdb.postgres.connect import Connection
from platformdb.postgres.undone import undone
from platformdb.workload.run import time

SAMPLES = 20


def tiered(connection: Connection, advice: Advice, facts: Facts) -> Advice:
    """The advice with each proposal's tier: all proposals are built, and one after the other is left out and timed."""
    with undone(connection, writes=True):
        for proposal in advice.proposals:
            connection.execute(_statement(proposal, facts).encode())
        return replace(
            advice, proposals=tuple(replace(each, tier=_tier(connection, each)) for each in advice.proposals)
        )


def _statement(proposal: Proposal, facts: Facts) -> str:
    return definition(proposal.index, facts.tables[proposal.index.table].spelled)


def _tier(connection: Connection, proposal: Proposal) -> int:
    demands = [effect.demand for effect in proposal.effects if effect.saved > 0 and not effect.demand.estimated]
    timed = [demand for demand in demands if demand.query.target_ms < float("inf")]
    if not timed:
        return 2
    beside = _slowest(connection, timed)
    with undone(connection, writes=True):
        drop(connection, {proposal.index.name: proposal.index})
        without = _slowest(connection, timed)
    targets = [demand.query.target_ms for demand in timed]
    missed = zip(without, beside, targets, strict=True)
    return 1 if any(before > target >= after for before, after, target in missed) else 2


def _slowest(connection: Connection, demands: Sequence[Demand]) -> list[float]:
    """Of so few samples the highest is the 99th percentile."""
    return [max(time(connection, demand.query, demand.persona, SAMPLES)) for demand in demands]
