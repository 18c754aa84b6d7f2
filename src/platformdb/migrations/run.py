"""migrate, status, validate: one line of work, of which the shorter commands stop earlier.

read and render files (before any connection) → open target → lock → read history → plan (pure) → execute → report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain

from platformdb.migrations.model import Kind, Plan, Planner, Sources, Standing, State
from platformdb.migrations.plan import contradictions, plan_steps, standings, unfinished
from platformdb.migrations.read import read_sources
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.history import creation, read_history
from platformdb.postgres.lock import one_runner
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, History, Outcome, Report, Severity, Step, StepResult, Table
from platformdb.report.progress import Observer
from platformdb.report.words import counted


def migrate(
    opening: AbstractContextManager[Target],
    platform: Platform,
    observer: Observer,
    *,
    wait_seconds: float = 60.0,
    also: Sequence[Planner] = (),
) -> Report:
    """Applies what is pending: versioned files, then changed repeatable ones, then what ``also`` plans.

    ``opening`` is entered when the files have been read. Every problem is reported at once, and nothing runs if
    there is one. What only shows when the migrations are in (the name of an index is taken by one of theirs) ends
    as a report of exit code 4.

    Raises:
        NotNow: no server, or another runner is at work for longer than ``wait_seconds``.
        ApplyFailed: a step failed; it was rolled back, the ones before it stand.
    """
    sources = read_sources(platform)
    if problems := [*sources.findings, *(finding for other in also for finding in other.findings)]:
        return refused(problems)
    with (
        opening as target,
        one_runner(target, wait_seconds=wait_seconds, observer=observer),
        connect(target) as connection,
    ):
        return _apply(connection, sources, observer, also)


def _apply(connection: Connection, sources: Sources, observer: Observer, also: Sequence[Planner]) -> Report:
    history = read_history(connection, sources.platform)
    found = standings(sources, history)
    own = Plan(plan_steps(sources, found), contradictions(found))
    plans = [own, *(other.plan(connection, history) for other in also)]
    findings = tuple(finding for plan in plans for finding in plan.findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return refused(findings)
    expected = sum(len(plan.steps) for plan in plans)
    first = creation(history) if expected else ()
    # The others plan again when the migrations are in, for only then do they see the tables.
    obstacles: list[Finding] = []
    later = _planned_again(connection, history, also, obstacles)
    observer.stage("migrate", len(first) + expected)
    results = execute(connection, chain(first, own.steps, later), observer)
    report = applied(results, sources.platform)
    if any(finding.severity is Severity.ERROR for finding in obstacles):
        summary = f"{report.summary}; then {counted(len(obstacles), 'problem')} found"
        report = report.but(summary=summary, outcome=Outcome.FAILED)
    return report.but(findings=(*findings, *obstacles))


def _planned_again(
    connection: Connection, history: History, also: Sequence[Planner], obstacles: list[Finding]
) -> Iterator[Step]:
    for other in also:
        plan = other.plan(connection, history)
        obstacles += plan.findings
        yield from plan.steps


NOUNS = {"versioned": "versioned migration", "repeatable": "repeatable migration", "index": "index"}


def refused(findings: Sequence[Finding]) -> Report:
    """The report of a run that did nothing because of findings."""
    return Report(
        f"refused: {counted(len(findings), 'problem')} found, nothing was changed",
        outcome=Outcome.REFUSED,
        findings=tuple(findings),
    )


def applied(results: Sequence[StepResult], name: str) -> Report:
    """The report of a run that went through."""
    records = [result.step.record for result in results if result.step.record is not None]
    kinds = [record.kind for record in records if record.segment == record.segments]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    said = ", ".join(counted(count, NOUNS[kind]) for kind, count in counts.items())
    summary = f"{name}: applied {said}" if counts else f"{name}: nothing to do, the database is up to date"
    return Report(summary, steps=tuple(results), data={"platform": name, "applied": counts})


def status(target: Target, platform: Platform) -> Report:
    """Where every migration stands. Changes nothing."""
    sources = read_sources(platform)
    found = _standings(target, sources)
    counts = {state.value: sum(s.state is state for s in found) for state in State}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return Report(
        f"{platform.name}: {said or 'no migrations'}",
        findings=_problems(sources, found),
        tables=(_table(found),),
        data={"platform": platform.name, "counts": counts, "migrations": [_as_data(s) for s in found]},
    )


def validate(target: Target, platform: Platform) -> Report:
    """Whether files and history agree. Changes nothing."""
    sources = read_sources(platform)
    found = _standings(target, sources)
    findings = _problems(sources, found)
    whole = sum(standing.state is State.APPLIED for standing in found)
    agree = f"files and history agree, {whole} applied, {len(found) - whole} to apply"
    verdict = f"{counted(len(findings), 'problem')} found" if findings else agree
    return Report(
        f"{platform.name}: {verdict}", findings=findings, data={"platform": platform.name, "checked": len(found)}
    )


def _problems(sources: Sources, found: Sequence[Standing]) -> tuple[Finding, ...]:
    return (*sources.findings, *contradictions(found), *unfinished(found))


def _standings(target: Target, sources: Sources) -> tuple[Standing, ...]:
    with connect(target) as connection:
        return standings(sources, read_history(connection, sources.platform))


def _table(found: Sequence[Standing]) -> Table:
    rows = (
        (
            standing.version if standing.kind is Kind.VERSIONED else "",
            standing.name,
            standing.state.value,
            f"{standing.applied_at:%Y-%m-%d %H:%M}" if standing.applied_at else "",
            f"{standing.elapsed_ms:.0f} ms" if standing.elapsed_ms is not None else "",
        )
        for standing in found
    )
    return Table("migrations", ("version", "name", "state", "applied", "took"), tuple(rows))


def _as_data(standing: Standing) -> dict[str, object]:
    return {
        "kind": standing.kind.value,
        "version": standing.version,
        "name": standing.name,
        "state": standing.state.value,
        "applied_at": standing.applied_at.isoformat() if standing.applied_at else None,
        "elapsed_ms": standing.elapsed_ms,
    }
