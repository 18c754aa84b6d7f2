"""What has to be asked when an index is gone, and whether the answer is worse: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from platformdb.workload.model import Catalog, IndexFacts, Measurement, Work
from platformdb.workload.plan_tree import PlanNode

OWN_SCHEMA = "platformdb"
# A query that takes so much longer than it did is caught without waiting for its end: 20 times a run, of which a look
# at it has five.
PATIENCE, LEAST_PATIENCE_MS = 4, 1000
COUNTED = ("buffers", "touched", "removed", "heap_fetches", "temp_blocks", "wal_records")


def roots(catalog: Catalog) -> tuple[IndexFacts, ...]:
    """The indexes that can be dropped: that of a partitioned table goes with all its parts. Constraints come last.

    Not those of the history, on which no query of a platform depends.
    """
    own = f"{OWN_SCHEMA}."
    whole = (index for index in catalog.indexes if not (index.parent or index.table.startswith(own)) and index.valid)
    return tuple(sorted(whole, key=lambda index: (bool(index.constraint), index.table, index.name)))


def root_of(catalog: Catalog) -> Mapping[str, str]:
    """For each index the name of the one that is dropped with it; of most it is their own."""
    parents = {index.name: index.parent for index in catalog.indexes}

    def top(name: str) -> str:
        return top(parents[name]) if parents.get(name) else name

    return {name: top(name) for name in parents}


def whole_tables(catalog: Catalog) -> Mapping[str, str]:
    """For each table the outermost partitioned table that it is part of; of most it is their own name."""
    return {table.name: table.parent or table.name for table in catalog.tables}


def touched_tables(seen: Measurement, whole: Mapping[str, str]) -> frozenset[str]:
    """The tables of both plans, and what functions and triggers touched beside them."""
    planned = {node.relation for plan in (seen.plan, seen.forced) for node in plan.walk() if node.relation}
    return frozenset(whole.get(name, name) for name in planned | {table.table for table in seen.work.tables})


def planned_indexes(seen: Measurement, roots: Mapping[str, str]) -> frozenset[str]:
    """The indexes of both plans. A plan has no schemas for them: of two with one name both are meant."""
    bare = {node.index for plan in (seen.plan, seen.forced) for node in plan.walk() if node.index}
    return frozenset(root for name, root in roots.items() if name.rpartition(".")[2] in bare)


def could_need(index: IndexFacts, present: frozenset[str], *, first: bool) -> bool:
    """Whether a query may be worse without an index, of those that were read and those that stand in its plans.

    The planner took the cheapest of its ways, and still has it when another is gone. Only of a unique one it also
    draws conclusions without reading it: that a join finds one row, that a GROUP BY may be shorter. These are the same
    for every persona, so that the ``first`` of a query tells.
    """
    return index.name in present or (index.unique and first)


def same_plan(before: PlanNode, after: PlanNode) -> bool:
    """Whether two plans are one, whatever one of them counted while it ran."""
    return _shape(before) == _shape(after)


def _shape(plan: PlanNode) -> tuple[object, ...]:
    return tuple(
        (node.kind, node.relation, node.alias, node.index, node.condition, node.filter, node.keys, node.cost, node.role)
        for node in plan.walk()
    )


def grown(before: Work, after: Work, tolerance: float) -> str:
    """What there is more of, in numbers; empty if nothing is."""
    return ", ".join(
        f"{name.replace('_', ' ')} {had:,} → {has:,}"
        for name, had, has in _counts(before, after)
        if has > had * (1 + tolerance)
    )


def _counts(before: Work, after: Work) -> Iterator[tuple[str, int, int]]:
    for name in COUNTED:
        yield name, getattr(before, name), getattr(after, name)
    had = {table.table: table for table in before.tables}
    for table in after.tables:
        old = had.get(table.table)
        yield f"rows of {table.table}", old.sequential + old.indexed if old else 0, table.sequential + table.indexed


def patience_ms(took_ms: float) -> int:
    """How long one run may take of a query of which a look took so long."""
    return round(LEAST_PATIENCE_MS + PATIENCE * took_ms)


def indexed_columns(catalog: Catalog) -> frozenset[str]:
    """The bare names of all columns that an index has as they are."""
    names = {column.strip('"') for index in catalog.indexes for column in index.columns}
    return frozenset(name for name in names if name.isidentifier())
