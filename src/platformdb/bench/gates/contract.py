"""What a plan promises, in a form that can be compared with another plan: pure.

A plan is compared by place, that is by alias, and not by table. RegreSQL keys a plan's signature by the table's name
alone (plan_analysis.go, ``map[RelationName]ScanInfo``), so that of a self-join, of the branches of a UNION and of two
tables of one name in two schemas only the last scan is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from platformdb.bench.gates.scans import METHODS, by_name, filtered, lookups
from platformdb.bench.model import Access, Contract
from platformdb.workload.model import Catalog, IndexFacts
from platformdb.workload.plan_tree import PlanNode

# How far a method is from the best one. A bitmap is no worse than an index scan: it reads each page once.
RANKS = {"index-only": 0, "index": 1, "bitmap": 1, "other": 1, "seq": 2}
_NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan in its plan, and the partitioned table that it reads a part of, or the table itself."""

    node: PlanNode
    root: str

    @property
    def is_part(self) -> bool:
        """Whether it reads one partition."""
        return self.root != self.node.relation


def contract_of(plan: PlanNode, catalog: Catalog) -> Contract:
    """What the plan promises."""
    return Contract(
        accesses=accesses_of(plan, catalog),
        sorted_rows=max((_sorted(node) for node in plan.walk() if node.kind == "Sort"), default=0),
        spills=plan.temp > 0 or any(node.spilled for node in plan.walk()),
        startup_cost=plan.startup_cost,
        cost=plan.cost,
    )


def accesses_of(plan: PlanNode, catalog: Catalog) -> tuple[Access, ...]:
    """How the plan reads each relation, by place; all partitions of a table that one node joins are one reading."""
    indexes = by_name(catalog)
    named = places_of(scans_of(plan, catalog))
    return tuple(_access(place, scans, indexes) for place, scans in sorted(named.items()))


def scans_of(plan: PlanNode, catalog: Catalog) -> tuple[Scan, ...]:
    """The plan's scans of tables. Functions, CTEs and VALUES are no tables."""
    parents = {facts.name: facts.parent for facts in catalog.tables if facts.parent}
    nodes = (node for node in plan.walk() if node.kind in METHODS)
    return tuple(Scan(node, parents.get(node.relation, node.relation)) for node in nodes)


def places_of(scans: Iterable[Scan]) -> Mapping[str, Sequence[Scan]]:
    """The scans by place, which is the alias, for PostgreSQL makes those unique.

    It numbers them over partitions too, of which there may be more tomorrow; so a table's partitions are one place, and
    places of partitions are numbered anew.
    """
    named: dict[str, list[Scan]] = {}
    seen: dict[tuple[str, str], int] = {}
    for scan in sorted(scans, key=lambda scan: _unnumbered(scan.node.alias)[1]):
        place = scan.node.alias
        if scan.is_part:
            # Whoever reads a partition again is another branch of a UNION, or a subquery.
            name = _unnumbered(place)[0]
            again = seen[name, scan.node.relation] = seen.get((name, scan.node.relation), -1) + 1
            place = f"{name}_{again}" if again else name
        named.setdefault(place, []).append(scan)
    return named


def _unnumbered(alias: str) -> tuple[str, int]:
    match = _NUMBERED.fullmatch(alias)
    return (match["name"], int(match["number"])) if match else (alias, 0)


def _access(place: str, scans: Sequence[Scan], indexes: Mapping[str, IndexFacts]) -> Access:
    """One reading; of partitions that are read in different ways the worst one counts."""
    worst = max(scans, key=lambda scan: RANKS[METHODS[scan.node.kind]])
    used = [lookups(scan.node, indexes) for scan in scans]
    seeks = [tuple(dict.fromkeys(column for lookup in each for column in lookup.sought)) for each in used]
    sought = tuple(column for column in seeks[0] if all(column in seek for seek in seeks))
    return Access(
        place=place,
        relation=worst.root,
        method=METHODS[worst.node.kind],
        index=", ".join(dict.fromkeys(lookup.index for each in used for lookup in each)),
        sought=sought,
        filtered=tuple(sorted({column for scan in scans for column in filtered(scan.node, sought)})),
        backward=worst.node.backward,
        # One whose turn never came was pruned while the query ran.
        partitions=max(sum(scan.node.loops > 0 for scan in scans), 1) if worst.is_part else 0,
    )


def _sorted(sort: PlanNode) -> int:
    """The rows of one sort. An Incremental Sort is none: it takes a few rows that are equal so far at a time."""
    below = sort.parts[0]
    return round(below.rows if below.actual is None else below.actual / max(below.loops, 1))
