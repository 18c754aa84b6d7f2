"""Proposes the indexes that the queries miss: read → copy → build and measure → choose → report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from platformdb.indexes.advise.demands import of_foreign_keys, of_queries
from platformdb.indexes.advise.model import Advice, Demand, Proposal
from platformdb.indexes.advise.read import Facts, read_facts
from platformdb.indexes.advise.search import Search, Writes, search
from platformdb.indexes.advise.seen import of_statements
from platformdb.indexes.advise.shown import data, findings, lines, summary, table
from platformdb.indexes.advise.tier_file import append
from platformdb.indexes.advise.tiers import tiered
from platformdb.indexes.advise.workspace import Place, workspace
from platformdb.postgres.connect import connect
from platformdb.postgres.statements_seen import Seen, read_statements
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.leftout import left_out
from platformdb.report.model import Finding, Outcome, Report, Severity
from platformdb.report.progress import Observer
from platformdb.sqltext.writes import updated_in
from platformdb.workload.model import Query
from platformdb.workload.personas import find_personas
from platformdb.workload.read import read_queries


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    ``statements`` of pg_stat_statements are looked at beside the platform's queries, those that took most time;
    ``foreign_keys``: the look for children when a parent is deleted counts as a query. ``check``: a proposal is an
    error. ``write``: the proposals are appended to the tier files.
    """

    statements: int = 0
    foreign_keys: bool = True
    check: bool = False
    write: bool = False


def advise(target: Target, platform: Platform, observer: Observer, wish: Wish | None = None) -> Report:
    """Finds the smallest set of new indexes for the workload, measured on a copy of the database, which stays as it is.

    Raises:
        Refused: no copy can be made and the database holds more than a seed; the server rejects a query.
        ConfigError: ``statements`` are wanted, and the server does not count them.
    """
    wish = wish or Wish()
    queries, problems = read_queries(platform)
    if problems:
        return Report("refused, nothing was measured", Outcome.REFUSED, findings=problems)
    seen: tuple[Seen, ...] = ()
    if wish.statements:
        with connect(target) as connection:
            seen = read_statements(connection, wish.statements)
    if not queries and not seen:
        return Report(f"{platform.name}: no queries to advise on", findings=(_nothing(platform),))
    observer.stage("copy the database")
    with workspace(target, platform.name) as place:
        facts = read_facts(place.connection)
        demands, notes = _workload(place, queries, seen, facts, wish)
        advice = search(Search(place.connection, facts, demands, writes_of(demands, facts), place.copied), observer)
        advice = tiered(place.connection, advice, facts)
    return _report(platform, advice, facts, notes, wish)


def _workload(
    place: Place, queries: Sequence[Query], seen: Sequence[Seen], facts: Facts, wish: Wish
) -> tuple[tuple[Demand, ...], tuple[Finding, ...]]:
    connection = place.connection
    absent = {query.extension for query in queries} - facts.extensions - {""}
    served = [query for query in queries if query.extension not in absent]
    personas, empty = find_personas(connection, served)
    demands, notes = of_queries(served, personas, facts)
    left = [
        left_out(extension, [f"query {query.name}" for query in queries if query.extension == extension])
        for extension in sorted(absent)
    ]
    told = [replace(finding, severity=Severity.WARNING) for finding in empty]
    whole = of_statements(connection, seen, demands, facts)
    keys = of_foreign_keys(connection, facts) if wish.foreign_keys else ()
    return (*whole.demands, *keys), (*left, *told, *notes, *whole.notes)


def writes_of(demands: Sequence[Demand], facts: Facts) -> dict[str, Writes]:
    """How tables are written in one pass: by the workload's own statements, and once where it holds none.

    Columns that a routine updates, in a trigger for example, count as updated.
    """
    inserts: defaultdict[str, float] = defaultdict(float)
    updates: defaultdict[str, float] = defaultdict(float)
    columns: defaultdict[str, set[str]] = defaultdict(set)
    for demand in demands:
        for write in demand.written:
            inserts[write.table] += demand.weight if write.inserts else 0
            updates[write.table] += demand.weight if write.columns else 0
            columns[write.table] |= set(write.columns)
    for routine in facts.routines:
        for written, changed in updated_in(routine.body):
            columns[facts.relations.visible.get(written, written)] |= changed
    return {
        name: Writes(inserts[name] or 1.0, updates[name] or float(bool(columns[name])), frozenset(columns[name]))
        for name in facts.tables
    }


def _report(platform: Platform, advice: Advice, facts: Facts, notes: Sequence[Finding], wish: Wish) -> Report:
    found = tuple(findings(advice, facts.tables, error=wish.check))
    files = append(platform, advice, facts.tables) if wish.write else ()
    by_tier = {} if wish.write else _texts(advice.proposals, facts)
    return Report(
        summary(platform.name, advice) + (f", written to {', '.join(files)}" if files else ""),
        findings=(*found, *notes),
        tables=(table(advice),) if advice.proposals else (),
        facts=by_tier,
        data={"platform": platform.name, "files": list(files), **data(advice, facts.tables)},
        next=("platformdb indexes apply --tier 2",) if files else (),
    )


def _texts(proposals: Sequence[Proposal], facts: Facts) -> dict[str, str]:
    """The lines for each tier's file."""
    tiers = sorted({proposal.tier for proposal in proposals})
    return {
        f"for tier {tier}": "\n".join(lines(each, facts.tables) for each in proposals if each.tier == tier).rstrip()
        for tier in tiers
    }


def _nothing(platform: Platform) -> Finding:
    return Finding(
        "no-queries",
        f"{platform.name} has no queries to advise on",
        platform.name,
        Severity.WARNING,
        help=f"put some in {platform.shown(platform.sql)}/queries, or ask a live server: --statements 50",
    )
