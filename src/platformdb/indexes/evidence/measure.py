"""Runs queries with an index and without it, in turns, inside transactions that are taken back."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from platformdb.indexes.evidence.judge import differs
from platformdb.indexes.evidence.model import Effect, Side
from platformdb.postgres.connect import Connection
from platformdb.postgres.rows import QueryStopped
from platformdb.postgres.tidy import tidy
from platformdb.postgres.undone import undone
from platformdb.postgres.without import limit_statements, without_index
from platformdb.workload.model import Measurement, Persona, Query
from platformdb.workload.plan_tree import PlanNode
from platformdb.workload.run import explain, observe, stopwatch

ROUNDS, LONG_SECONDS = 3, 1.0
# In each round: enough for a median, and soon done where the query is slow.
MOST_SAMPLES, FEWEST_SAMPLES, ENOUGH_SECONDS = 30, 3, 0.05
WRITE_RUNS = 3
# A query that is so much beyond its target is not worth waiting for.
PATIENCE_TARGETS, SHORTEST_PATIENCE_MS = 3, 250

# What the server says where statement_timeout cut a query short.
CANCELLED = "57014"


@dataclass(frozen=True, slots=True)
class Case:
    """A query for one persona, as it is with all indexes. ``hidden``: functions or triggers read tables for it."""

    query: Query
    persona: Persona
    seen: Measurement
    hidden: bool

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it touches, with their schemas."""
        return frozenset(table.table for table in self.seen.work.tables)

    @property
    def runs(self) -> int:
        """A write meets other pages each time: its least work is that of several runs."""
        return WRITE_RUNS if self.query.writes else 1

    @property
    def patience_ms(self) -> float:
        """After that it counts as too slow."""
        return max(PATIENCE_TARGETS * self.query.target_ms, SHORTEST_PATIENCE_MS)


def watch(
    connection: Connection,
    queries: Sequence[Query],
    personas: Mapping[str, tuple[Persona, ...]],
    roots: Mapping[str, str],
) -> Iterator[Case]:
    """Every query for each of its personas; ``roots`` are the partitioned tables of partitions."""
    for query in queries:
        for persona in personas.get(query.name, ()):
            seen = observe(connection, query, persona)
            planned = {roots.get(node.relation, node.relation) for node in seen.plan.walk()}
            hidden = any(touched.table not in planned for touched in seen.work.tables)
            yield Case(query, persona, seen, hidden)


def effects(connection: Connection, index: str, cases: Sequence[Case]) -> tuple[Effect, ...]:
    """What becomes of each case without an index, by its SQL name. The cases are all reads, or all writes.

    Raises:
        Refused: the index cannot be dropped.
        NotNow: its table is busy.
    """
    with without_index(connection, index):
        looked = [(case, _look(connection, case)) for case in cases]
    return tuple(
        _timed(connection, index, case, _clean(connection, index, case, dropped))
        if dropped
        else _effect(case, _side(case.seen), _side(case.seen))
        for case, dropped in looked
    )


def _clean(connection: Connection, index: str, case: Case, dropped: Side) -> Side:
    """The same side, without what the writes before it left behind, where it seems to differ.

    Rolled-back writes leave dead rows, which nothing can take away inside the transaction.
    """
    if not case.query.writes or dropped.stopped or not differs(_side(case.seen).pages, dropped.pages):
        return dropped
    tidy(connection)
    with without_index(connection, index):
        return _look(connection, case) or _side(case.seen)


def _plan(connection: Connection, case: Case) -> PlanNode:
    return explain(connection, case.query, case.persona)


def _shape(plan: PlanNode) -> tuple[object, ...]:
    return tuple((node.kind, node.relation, node.index, node.condition, node.filter) for node in plan.walk())


def _look(connection: Connection, case: Case) -> Side | None:
    """The query inside the open transaction; None where its plan is the same, and no function hides another."""
    if not case.hidden and _shape(_plan(connection, case)) == _shape(case.seen.plan):
        return None
    try:
        with undone(connection, writes=True):
            limit_statements(connection, case.patience_ms)
            return _side(observe(connection, case.query, case.persona, runs=case.runs))
    except QueryStopped as stopped:
        if stopped.sqlstate != CANCELLED:
            raise
        return Side(stopped=case.patience_ms)


def _side(seen: Measurement) -> Side:
    counted = sum(table.blocks for table in seen.work.tables)
    return Side(max(seen.work.buffers, counted))


def _timed(connection: Connection, index: str, case: Case, dropped: Side) -> Effect:
    kept = _side(case.seen)
    if dropped.stopped is not None:
        return _effect(case, Side(kept.pages, (_round(connection, case),)), dropped)
    if case.query.writes and differs(kept.pages, dropped.pages):
        # As many runs as the other side had, and in the same state.
        kept = _side(observe(connection, case.query, case.persona, runs=case.runs))
    if case.hidden and not differs(kept.pages, dropped.pages):  # its plan is no reason: it hides others, always
        return _effect(case, kept, dropped)
    with_it, without_it = zip(*_rounds(connection, index, case), strict=True)
    return _effect(case, Side(kept.pages, with_it), Side(dropped.pages, without_it))


def _effect(case: Case, kept: Side, dropped: Side) -> Effect:
    return Effect(case.query.name, case.persona.name, case.query.target_ms, kept, dropped)


def _rounds(connection: Connection, index: str, case: Case) -> Iterator[tuple[float, float]]:
    """With and without the index in turns; once, where that takes long: what takes long is well above the noise."""
    until = clock.perf_counter() + LONG_SECONDS
    for number in range(ROUNDS):
        if number and clock.perf_counter() > until:
            return
        kept = _round(connection, case)
        with without_index(connection, index):
            dropped = _round(connection, case)
        yield kept, dropped


def _round(connection: Connection, case: Case) -> float:
    with stopwatch(connection, case.query, case.persona) as sample:
        return median(_samples(sample))


def _samples(sample: Callable[[], float]) -> Iterator[float]:
    until = clock.perf_counter() + ENOUGH_SECONDS
    for number in range(MOST_SAMPLES):
        if number >= FEWEST_SAMPLES and clock.perf_counter() > until:
            return
        yield sample()
