"""A plan as EXPLAIN (VERBOSE, BUFFERS, FORMAT JSON) gives it, as frozen values: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A node of a plan.

    ``rows`` is what the planner expected of one loop, ``actual`` what really came, of all loops together; None where
    the query did not run. ``buffers`` (shared hit and read), ``temp`` blocks and ``wal_records`` are those of the node
    and everything below it. ``condition`` is what an index looks up, ``filter`` what is checked row by row, of which
    ``removed`` rows (all loops) were thrown away; ``order`` is what an index of distances sorts by. ``relation`` has
    its schema. ``self_ms`` is the time spent in the node itself, all loops together, where EXPLAIN timed the nodes.
    """

    kind: str
    relation: str = ""
    alias: str = ""
    index: str = ""
    backward: bool = False
    role: str = ""
    join: str = ""
    condition: str = ""
    filter: str = ""
    order: str = ""
    keys: tuple[str, ...] = ()
    startup_cost: float = 0.0
    cost: float = 0.0
    rows: float = 0.0
    actual: float | None = None
    loops: float = 1.0
    removed: int = 0
    heap_fetches: int = 0
    buffers: int = 0
    temp: int = 0
    wal_records: int = 0
    spilled: bool = False
    self_ms: float | None = None
    parts: tuple[PlanNode, ...] = ()

    def walk(self) -> Iterator[PlanNode]:
        """This node and all below it, parents first."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def own_buffers(self) -> int:
        """The buffers of the node itself."""
        return max(self.buffers - sum(part.buffers for part in self.parts), 0)


def read_plan(explained: Mapping[str, Any]) -> PlanNode:
    """The tree of one element of EXPLAIN's JSON."""
    return _node(explained["Plan"])


def with_times(plan: PlanNode, timed: PlanNode) -> PlanNode:
    """A plan with the times of another run of it, which was slower for being timed; without where it ran otherwise."""
    if plan.kind != timed.kind or len(plan.parts) != len(timed.parts):
        return plan
    parts = tuple(with_times(part, other) for part, other in zip(plan.parts, timed.parts, strict=True))
    return replace(plan, self_ms=timed.self_ms, parts=parts)


def _node(found: Mapping[str, Any]) -> PlanNode:
    loops = float(found.get("Actual Loops", 1))
    relation = found.get("Relation Name") or found.get("Function Name") or found.get("CTE Name") or ""
    schema = found.get("Schema", "") if relation else ""
    return PlanNode(
        kind=found["Node Type"],
        relation=f"{schema}.{relation}" if schema else relation,
        alias=found.get("Alias", ""),
        index=found.get("Index Name", ""),
        backward=found.get("Scan Direction") == "Backward",
        role=found.get("Subplan Name") or found.get("Parent Relationship", ""),
        join=found.get("Join Type", ""),
        condition=found.get("Index Cond")
        or found.get("Recheck Cond")
        or found.get("Hash Cond")
        or found.get("Merge Cond")
        or "",
        filter=found.get("Filter") or found.get("Join Filter") or "",
        order=found.get("Order By", ""),
        keys=tuple(found.get("Sort Key") or found.get("Group Key") or ()),
        startup_cost=found.get("Startup Cost", 0.0),
        cost=found.get("Total Cost", 0.0),
        rows=found.get("Plan Rows", 0),
        actual=found["Actual Rows"] * loops if "Actual Rows" in found else None,
        loops=loops,
        removed=round(
            sum(found.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Join Filter", "Index Recheck")) * loops
        ),
        heap_fetches=found.get("Heap Fetches", 0),
        buffers=found.get("Shared Hit Blocks", 0) + found.get("Shared Read Blocks", 0),
        temp=found.get("Temp Read Blocks", 0) + found.get("Temp Written Blocks", 0),
        wal_records=found.get("WAL Records", 0),
        spilled=found.get("Sort Space Type") == "Disk"
        or found.get("Hash Batches", 1) > 1
        or found.get("Disk Usage", 0) > 0,
        self_ms=_self_ms(found),
        parts=tuple(_node(part) for part in found.get("Plans", ())),
    )


def _self_ms(found: Mapping[str, Any]) -> float | None:
    """The time spent in the node itself, all loops together; None where the nodes were not timed."""
    if "Actual Total Time" not in found:
        return None
    below = sum(_total_ms(part) for part in found.get("Plans", ()))
    # A subplan's time may be counted with another node than the one that it hangs below.
    return max(round(_total_ms(found) - below, 3), 0.0)


def _total_ms(found: Mapping[str, Any]) -> float:
    return float(found.get("Actual Total Time", 0.0)) * float(found.get("Actual Loops", 1))


def as_data(node: PlanNode) -> dict[str, Any]:
    """For JSON: only what is not as it is by default."""
    plain = {
        f.name: getattr(node, f.name)
        for f in fields(node)
        if f.name not in {"kind", "parts"} and getattr(node, f.name) != f.default
    }
    return {"kind": node.kind, **plain} | ({"parts": [as_data(part) for part in node.parts]} if node.parts else {})
