"""One query under one mutation: run it, and have the gate judge it by what it was before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from platformdb.bench.entry import entry_of
from platformdb.bench.gates.judge import judge
from platformdb.bench.model import Entry
from platformdb.bench.mutate.model import BROKEN, TOO_SLOW, Effect
from platformdb.bench.mutate.plan import (
    grown,
    patience_ms,
    planned_indexes,
    root_of,
    same_plan,
    touched_tables,
    whole_tables,
)
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query as sql_of
from platformdb.postgres.rows import QueryRefused, QueryStopped
from platformdb.postgres.undone import undone
from platformdb.postgres.without import limit_statements
from platformdb.report.model import Severity
from platformdb.workload.model import Catalog, IndexFacts, Measurement, Persona, Query
from platformdb.workload.run import COUNTED_RUNS, explain, explain_forced, observe

PACKAGE = "platformdb.bench.mutate"
CANCELLED = "57014"
# What the gate says of a plan that did not run it says of the same plan after it ran, too.
SAID_BY_PLANS = frozenset({"not-servable", "plan-index-lost"})


@dataclass(frozen=True, slots=True)
class Rules:
    """By what is judged: the catalog as it is, and what may grow by how much.

    ``roots`` has for each index the one that is dropped with it, ``whole`` for each table the one that it is part of.
    """

    catalog: Catalog
    tolerance: float
    roots: Mapping[str, str]
    whole: Mapping[str, str]

    @classmethod
    def of(cls, catalog: Catalog, tolerance: float) -> Rules:
        """The rules for a catalog."""
        return cls(catalog, tolerance, root_of(catalog), whole_tables(catalog))

    def table_of(self, index: IndexFacts) -> str:
        """The table of an index; of a partition's, the whole one."""
        return self.whole.get(index.table, index.table)


@dataclass(frozen=True, slots=True)
class Seen:
    """A query for one persona as it is without a mutation.

    ``failing`` are the errors that the gate has for it anyway, ``used`` the indexes that were read, in functions and
    triggers too, ``planned`` those that stand in its plans, ``tables`` the tables that it touches.
    """

    measured: Measurement
    entry: Entry
    failing: frozenset[str]
    used: frozenset[str]
    planned: frozenset[str]
    tables: frozenset[str]
    took_ms: float

    @property
    def query(self) -> Query:
        """The query."""
        return self.measured.query

    @property
    def persona(self) -> Persona:
        """For whom it ran."""
        return self.measured.persona


def look(connection: Connection, query: Query, persona: Persona, rules: Rules, runs: int = COUNTED_RUNS) -> Seen:
    """How the query is as things are now."""
    with undone(connection, writes=query.writes):
        scanned = _scans(connection)
        began = time.perf_counter()
        measured = observe(connection, query, persona, runs)
        took_ms = (time.perf_counter() - began) * 1000
        used = {index for index, scans in _scans(connection).items() if scans > scanned.get(index, 0)}
    entry = entry_of(measured, rules.catalog)
    return Seen(
        measured,
        entry,
        frozenset(_errors(measured, entry, rules, None)),
        frozenset(rules.roots.get(index, index) for index in used),
        planned_indexes(measured, rules.roots),
        touched_tables(measured, rules.whole),
        took_ms,
    )


def try_out(
    connection: Connection, seen: Seen, rules: Rules, *, sql: str = "", used: bool = False
) -> Effect | Measurement:
    """Tries the query, or ``sql`` in its place, in the transaction in which something was done: an effect, or a run.

    What was measured in a run is still to be judged. Most needs none, see ``_by_plans``; but what was ``used`` has its
    effect perhaps in a function, which shows no plan.
    """
    changed = replace(seen.query, sql=sql) if sql else seen.query
    effect = Effect(seen.query.name, seen.persona.name)
    patience = patience_ms(seen.took_ms)
    try:
        with undone(connection, writes=seen.query.writes):
            said = _by_plans(connection, seen, changed, rules)
            if said or (said is not None and not used):
                return replace(effect, rules=said)
            limit_statements(connection, patience)
            return observe(connection, changed, seen.persona, COUNTED_RUNS if changed.writes else 1)
    except QueryStopped as stopped:
        if stopped.sqlstate != CANCELLED:
            raise
        return replace(effect, rules=(TOO_SLOW,), worse=f"over {patience:,} ms")
    except QueryRefused as refused:
        return replace(effect, rules=(BROKEN,), worse=refused.message)


def _by_plans(connection: Connection, seen: Seen, query: Query, rules: Rules) -> tuple[str, ...] | None:
    """What the gate says of the plans alone, which cost a fraction of a run: errors, none as both stay, or None.

    The one without sequential scans comes first, for it is planned once and the other six times.
    """
    planned = replace(seen.measured, query=query, forced=explain_forced(connection, query, seen.persona))
    if said := _final(seen, planned, rules):
        return said
    planned = replace(planned, plan=explain(connection, query, seen.persona))
    if said := _final(seen, planned, rules):
        return said
    stays = same_plan(seen.measured.plan, planned.plan) and same_plan(seen.measured.forced, planned.forced)
    return () if stays else None


def _final(seen: Seen, planned: Measurement, rules: Rules) -> tuple[str, ...]:
    return tuple(rule for rule in judged(seen, planned, rules).rules if rule in SAID_BY_PLANS)


def judged(seen: Seen, measured: Measurement, rules: Rules) -> Effect:
    """What the gate says of a run beside the one without the mutation, and what there is more of."""
    errors = _errors(measured, entry_of(measured, rules.catalog), rules, seen.entry)
    return Effect(
        seen.query.name,
        seen.persona.name,
        tuple(rule for rule in errors if rule not in seen.failing),
        grown(seen.measured.work, measured.work, rules.tolerance),
    )


def _errors(measured: Measurement, entry: Entry, rules: Rules, reference: Entry | None) -> tuple[str, ...]:
    verdict = judge(measured, entry, rules.catalog, reference, rules.tolerance)
    found = (finding.rule for finding in verdict.findings if finding.severity is Severity.ERROR)
    return tuple(dict.fromkeys(found))


def _scans(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(sql_of("index_scans", PACKAGE)).fetchall())
