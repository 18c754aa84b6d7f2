"""One query under one mutation: run it, and have the gate judge it by what it was before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from platformdb.bench.entry import entry_of
from platformdb.bench.judge import judge
from platformdb.bench.model import Entry
from platformdb.bench.mutate.model import BROKEN, TOO_SLOW, Effect
from platformdb.bench.mutate.plan import (
    grown,
    hidden_tables,
    patience_ms,
    root_of,
    same_plan,
    touched_tables,
    whole_tables,
)
from platformdb.errors import Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query as sql_of
from platformdb.postgres.undone import undone
from platformdb.report.model import Severity
from platformdb.workload.model import Catalog, IndexFacts, Measurement, Persona, Query
from platformdb.workload.run import explain, observe

PACKAGE = "platformdb.bench.mutate"
CANCELLED = "57014"
# What the gate says of a plan that did not run it says of the same plan after it ran, too.
SAID_BY_PLANS = frozenset({"not-servable", "plan-index-lost"})


@dataclass(frozen=True, slots=True)
class Rules:
    """By what is judged: the catalog as it is, and what may grow by how much."""

    catalog: Catalog
    tolerance: float
    roots: Mapping[str, str]
    whole: Mapping[str, str]

    @classmethod
    def of(cls, catalog: Catalog, tolerance: float) -> Rules:
        """The rules for a catalog."""
        return cls(catalog, tolerance, root_of(catalog), whole_tables(catalog))


@dataclass(frozen=True, slots=True)
class Seen:
    """A query for one persona as it is without a mutation.

    ``failing`` are the errors that the gate has for it anyway, ``used`` the indexes it read, in functions and triggers
    too, ``tables`` those it touches, ``hidden`` those of them that no plan shows.
    """

    measured: Measurement
    entry: Entry
    failing: frozenset[str]
    used: frozenset[str]
    tables: frozenset[str]
    hidden: frozenset[str]
    took_ms: float

    @property
    def query(self) -> Query:
        """The query."""
        return self.measured.query

    @property
    def persona(self) -> Persona:
        """For whom it ran."""
        return self.measured.persona


def whole_table(rules: Rules, index: IndexFacts) -> str:
    """The table of an index; of a partition's, the one that it is part of."""
    return rules.whole.get(index.table, index.table)


def look(connection: Connection, query: Query, persona: Persona, rules: Rules) -> Seen:
    """How the query is as things are now."""
    with undone(connection, writes=query.writes):
        scanned = _scans(connection)
        began = time.perf_counter()
        measured = observe(connection, query, persona)
        took_ms = (time.perf_counter() - began) * 1000
        used = {index for index, scans in _scans(connection).items() if scans > scanned.get(index, 0)}
    entry = entry_of(measured, rules.catalog)
    return Seen(
        measured,
        entry,
        frozenset(_errors(measured, entry, rules, None)),
        frozenset(rules.roots.get(index, index) for index in used),
        touched_tables(measured, rules.whole),
        hidden_tables(measured, rules.whole),
        took_ms,
    )


def try_out(
    connection: Connection, seen: Seen, rules: Rules, *, sql: str = "", runs: bool = False
) -> tuple[Effect, str]:
    """What the gate says of the query, or of ``sql`` in its place, in the transaction in which something was done.

    The plan is asked for first, which is many times quicker than a run: where it stays as it is there is no effect,
    unless it does not show everything (``runs``), and where the gate already fails for it there is nothing to add.
    Beside the effect what the server says, if it does not run the query at all; that counts as caught, too.
    """
    changed = replace(seen.query, sql=sql) if sql else seen.query
    effect = Effect(seen.query.name, seen.persona.name)
    patience = patience_ms(seen.took_ms)
    try:
        with undone(connection, writes=seen.query.writes):
            plan, forced = explain(connection, changed, seen.persona)
            if same_plan(seen.measured.plan, plan) and same_plan(seen.measured.forced, forced) and not runs:
                return effect, ""
            planned = replace(seen.measured, query=changed, plan=plan, forced=forced)
            if found := tuple(rule for rule in _new(seen, planned, rules) if rule in SAID_BY_PLANS):
                return replace(effect, rules=found), ""
            connection.execute("SELECT set_config('statement_timeout', %s, true)", (str(patience),))
            measured = observe(connection, changed, seen.persona)
    except Refused as refused:
        if CANCELLED in refused.detail:
            return replace(effect, rules=(TOO_SLOW,), worse=f"over {patience:,} ms"), ""
        return replace(effect, rules=(BROKEN,), worse=refused.message), refused.message
    worse = grown(seen.measured.work, measured.work, rules.tolerance)
    return replace(effect, rules=_new(seen, measured, rules), worse=worse), ""


def _new(seen: Seen, measured: Measurement, rules: Rules) -> tuple[str, ...]:
    """The errors that there are not without the mutation."""
    errors = _errors(measured, entry_of(measured, rules.catalog), rules, seen.entry)
    return tuple(rule for rule in errors if rule not in seen.failing)


def _errors(measured: Measurement, entry: Entry, rules: Rules, reference: Entry | None) -> tuple[str, ...]:
    verdict = judge(measured, entry, rules.catalog, reference, rules.tolerance)
    found = (finding.rule for finding in verdict.findings if finding.severity is Severity.ERROR)
    return tuple(dict.fromkeys(found))


def _scans(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(sql_of("index_scans", PACKAGE)).fetchall())
