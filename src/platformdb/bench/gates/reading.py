"""What a plan reads whole: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platformdb.bench.gates.contract import Scan, places_of, scans_of
from platformdb.bench.gates.scans import METHODS, by_name, lookups
from platformdb.workload.model import Catalog, IndexFacts
from platformdb.workload.plan_tree import PlanNode

# What hands rows on one by one, so that a LIMIT above it ends what is below it; of a join, the outer side.
_STREAMS = frozenset(
    {"Append", "Group", "Hash Join", "Incremental Sort", "Limit", "LockRows", "Materialize", "Memoize", "Merge Append"}
    | {"Merge Join", "Nested Loop", "ProjectSet", "Result", "Subquery Scan", "Unique", "WindowAgg"}
)
_OUTER_ONLY = frozenset({"Nested Loop", "Hash Join"})


@dataclass(frozen=True, slots=True)
class Whole:
    """A table that a plan reads from end to end: its rows by the statistics, those of the partitions so read."""

    place: str
    table: str
    rows: int
    method: str
    index: str = ""


def read_whole(plan: PlanNode, catalog: Catalog, large: int) -> tuple[Whole, ...]:
    """Tables of more than ``large`` rows in a Seq Scan, or in an index scan that nothing bounds, by place."""
    rows = {facts.name: facts.rows for facts in catalog.tables}
    indexes = by_name(catalog)
    endless = {id(node) for node in _endless(plan, large, cut=False)}
    found = []
    for place, scans in places_of(scans_of(plan, catalog)).items():
        wholly = [scan for scan in scans if id(scan.node) in endless and not _bounded(scan, indexes, large)]
        total = sum(rows.get(scan.node.relation, 0) for scan in wholly)
        if total > large:
            node = wholly[0].node
            found.append(Whole(place, wholly[0].root, total, METHODS[node.kind], node.index))
    return tuple(sorted(found, key=lambda whole: whole.place))


def _endless(node: PlanNode, large: int, *, cut: bool) -> Iterator[PlanNode]:
    """The nodes that no LIMIT above ends early, by what it is or by what was read before it did."""
    if not cut or _searches(node) or (node.actual or 0) + node.removed > large:
        yield node
    passes = (cut or node.kind == "Limit") and node.kind in _STREAMS
    for part in node.parts:
        is_input = part.role in {"Outer", "Member", "Subquery"} or (
            part.role == "Inner" and node.kind not in _OUTER_ONLY
        )
        yield from _endless(part, large, cut=passes and is_input)


def _searches(node: PlanNode) -> bool:
    """Whether a plan that did not run looks through a table for rows: a LIMIT ends that only if there are any."""
    return node.actual is None and METHODS.get(node.kind) == "seq" and bool(node.filter)


def _bounded(scan: Scan, indexes: Mapping[str, IndexFacts], large: int) -> bool:
    """Whether a scan reads a part of its table that does not grow with it."""
    node = scan.node
    if METHODS[node.kind] == "seq":
        return False
    used = lookups(node, indexes)
    # A partial index alone bounds a scan if what is in it is little; with a filter nobody knows what was read.
    small = not node.filter and node.rows <= large
    return not used or all(lookup.narrows or (lookup.partial and small) for lookup in used)
