"""HypoPG, where the server has it: which candidates the planner would not even read, so that they need not be built.

It only sifts. What is left is built for real and measured, for a hypothetical index has guessed costs and no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from platformdb.indexes.advise.candidates import definition
from platformdb.indexes.advise.model import Demand, Index
from platformdb.indexes.advise.read import Facts
from platformdb.postgres.attempt import attempt
from platformdb.postgres.catalog import read_available_extensions
from platformdb.postgres.connect import Connection
from platformdb.postgres.explain import explain_plan
from platformdb.postgres.prepared import prepared
from platformdb.postgres.rows import refusing
from platformdb.workload.plan_tree import read_plan

EXTENSION = "hypopg"


def plausible(
    connection: Connection, facts: Facts, demands: Sequence[Demand], wanted: Iterable[Index]
) -> tuple[Index, ...]:
    """The candidates that some demand's plan would read, and those of which HypoPG knows nothing: GIN, expressions."""
    indexes = tuple(wanted)
    if EXTENSION not in facts.extensions and (
        EXTENSION not in read_available_extensions(connection)
        or attempt(connection, lambda: connection.execute(f"CREATE EXTENSION {EXTENSION}".encode())) is not None
    ):
        return indexes
    hidden = {table for demand in demands if demand.hidden or demand.generic for table in demand.tables}
    return tuple(
        index
        for index in indexes
        if index.method != "btree"
        or any("(" in key.text for key in index.keys)
        or index.table in hidden
        or _is_read(connection, facts, [demand for demand in demands if index.table in demand.tables], index)
    )


def _is_read(connection: Connection, facts: Facts, demands: Sequence[Demand], index: Index) -> bool:
    statement = definition(replace(index, name="hypothetical"), facts.tables[index.table].spelled)
    made = connection.execute("SELECT indexname FROM hypopg_create_index(%s)", (statement,)).fetchone()
    try:
        return made is None or any(made[0] in _indexes(connection, demand) for demand in demands)
    finally:
        connection.execute("SELECT hypopg_reset()")


def _indexes(connection: Connection, demand: Demand) -> frozenset[str]:
    """The indexes of a demand's plan, which is not run: only such plans show hypothetical ones."""
    query, persona = demand.query, demand.persona
    with (
        refusing(connection, what=demand.name, place=query.place),
        prepared(connection, query.sql, persona.parameters, persona.types, settled=False) as statement,
    ):
        plan = read_plan(explain_plan(connection, statement))
    return frozenset(node.index for node in plan.walk())
