"""What a query's plan shows: which indexes it reads, and how many rows its scans touch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from platformdb.bench.judge import walk_plan
from platformdb.bench.model import Query
from platformdb.postgres.connect import Connection
from platformdb.postgres.measure import explain, read_parameters
from rows import value

PARENT = """
    WITH RECURSIVE up AS (
        SELECT %s::regclass::oid AS oid, 0 AS step
        UNION ALL
        SELECT inhparent, step + 1 FROM up JOIN pg_inherits ON inhrelid = up.oid
    )
    SELECT oid::regclass::text FROM up ORDER BY step DESC LIMIT 1
"""
REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")


def plans(conn: Connection, query: Query) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """For every persona that finds somebody: its name, and the nodes of the plan as it was executed."""
    conn.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
    for persona in query.personas:
        parameters = read_parameters(conn, persona.sql, what=persona.name)
        assert parameters is not None, f"{query.name}: nobody is {persona.name}"
        yield persona.name, list(walk_plan(explain(conn, query.sql, parameters, what=query.name)["Plan"]))


def indexes(conn: Connection, plan: list[Mapping[str, Any]]) -> set[str]:
    """The indexes that a plan reads; one of a partition goes by its parent's name."""
    names = {(node.get("Schema", "public"), node["Index Name"]) for node in plan if "Index Name" in node}
    return {value(conn, PARENT, f"{json.dumps(schema)}.{json.dumps(name)}") for schema, name in names}


def rows_touched(plan: list[Mapping[str, Any]]) -> float:
    """Rows that scans of tables return or throw away, over all their loops."""
    return sum(
        node["Actual Loops"] * (node["Actual Rows"] + sum(node.get(key, 0) for key in REMOVED))
        for node in plan
        if "Relation Name" in node and "Scan" in node["Node Type"]
    )
