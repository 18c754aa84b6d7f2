"""What a query's plan shows: which indexes it reads, and how many rows its scans touch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from platformdb.postgres.connect import Connection
from platformdb.workload.model import Query
from platformdb.workload.personas import find_personas
from platformdb.workload.plan_tree import PlanNode, read_plan
from platformdb.workload.run import observe
from rows import value

PARENT = """
    WITH RECURSIVE up AS (
        SELECT %s::regclass::oid AS oid, 0 AS step
        UNION ALL
        SELECT inhparent, step + 1 FROM up JOIN pg_inherits ON inhrelid = up.oid
    )
    SELECT oid::regclass::text FROM up ORDER BY step DESC LIMIT 1
"""
SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}


def plans(conn: Connection, query: Query) -> Iterator[tuple[str, tuple[PlanNode, ...]]]:
    """For every persona: its name, and the nodes of the plan as it was executed, with sequential scans discouraged."""
    conn.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
    personas, findings = find_personas(conn, [query])
    assert findings == ()
    for persona in personas[query.name]:
        yield persona.name, tuple(observe(conn, query, persona, runs=1).plan.walk())


def plan_of(conn: Connection, sql: str) -> tuple[PlanNode, ...]:
    """The nodes of a statement's plan; it is not run."""
    (explained,) = value(conn, f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}")
    return tuple(read_plan(explained).walk())


def indexes(conn: Connection, plan: Iterable[PlanNode]) -> set[str]:
    """The indexes that a plan reads; one of a partition goes by its parent's name."""
    return {value(conn, PARENT, json.dumps(node.index)) for node in plan if node.index}


def rows_touched(plan: Iterable[PlanNode]) -> float:
    """Rows that scans of tables return or throw away, over all their loops."""
    return sum((node.actual or 0) + node.removed for node in plan if node.kind in SCANS)
