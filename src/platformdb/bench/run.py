"""The gate: read queries → prepare → observe and time → judge. Reads first, writes in a copy."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from platformdb.bench.entry import entry_of
from platformdb.bench.gates.judge import judge, missing
from platformdb.bench.gates.statistics import noise_of
from platformdb.bench.ground.preflight import preflight
from platformdb.bench.model import Gate, Judged
from platformdb.bench.request import Request
from platformdb.bench.setup import Bench, set_up
from platformdb.errors import ConfigError, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.scratch import scratch_copy
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Severity, Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.workload.model import Measurement, Query
from platformdb.workload.read import read_queries
from platformdb.workload.run import observe
from platformdb.workload.run import time as time_query

# Rows that were rolled back leave pages behind, which the next run vacuums, but which stay.
IN_PLACE = Finding(
    "writes-in-place",
    "writes were measured in the database itself, each rolled back, but for the numbers that they took from sequences:"
    " no copy of it could be made",
    severity=Severity.NOTE,
    help="a copy needs the right to create databases, nobody else connected, and at most 1 GB",
)
DETERMINISTIC = (Gate.SERVABLE, Gate.PLAN, Gate.WORK)


def wanted_queries(platform: Platform, only: Sequence[str] = ()) -> tuple[Query, ...]:
    """The platform's queries, or those of the given names.

    Raises:
        Refused: a file is wrong.
        ConfigError: there are none, or none of a name.
    """
    queries, problems = read_queries(platform)
    if problems:
        first = problems[0]
        more = f"and {len(problems) - 1} more files are wrong" if len(problems) > 1 else ""
        raise Refused(first.message, place=first.place, help=first.help, detail=more)
    if not queries:
        folder = platform.shown(platform.sql / "queries")
        raise ConfigError(
            f"{platform.name} has no benchmark queries, so there is nothing to gate", help=f"put some in {folder}"
        )
    if unknown := sorted(set(only) - {query.name for query in queries}):
        known = ", ".join(query.name for query in queries)
        raise ConfigError(f"{platform.name} has no query '{unknown[0]}'", help=f"known are: {known}")
    return tuple(query for query in queries if not only or query.name in only)


def measure_queries(target: Target, platform: Platform, observer: Observer, request: Request) -> Judged:
    """Observes and times every query for every persona, and judges it by its file and by the reference.

    Raises:
        Refused: a file is wrong, or the server rejects a query.
        ConfigError: there is nothing to gate.
    """
    queries = wanted_queries(platform, request.only)
    with connect(target) as connection:
        bench = set_up(connection, platform, queries, request)
        if bench.refused:
            return Judged(bench.run, (), bench.findings, request.reference)
        observer.stage("bench", len(bench.queries))
        measured = [*_measured(connection, bench, request, observer, writes=False)]
        meanwhile = preflight(connection, platform, (), bench.prepared, any_rows=request.any_rows)
    if meanwhile:
        return Judged(bench.run, (), tuple(map(_since, meanwhile)), request.reference)
    if any(query.writes for query in bench.queries):
        with open_copy(target) as (database, notes), connect(database) as connection:
            pin(connection)
            measured += _measured(connection, bench, request, observer, writes=True)
            bench = replace(bench, findings=(*bench.findings, *notes))
    return judged(bench, measured, request)


@contextmanager
def open_copy(target: Target) -> Iterator[tuple[Target, tuple[Finding, ...]]]:
    """A copy of the database for what changes it; the database itself where none can be made, with a note of it.

    Raises:
        ConfigError, NotNow: the database cannot be reached.
    """
    with scratch_copy(target) as copy:
        yield copy or target, () if copy else (IN_PLACE,)


def _since(finding: Finding) -> Finding:
    return replace(finding, message=f"while it was measured: {finding.message}")


def _measured(
    connection: Connection, bench: Bench, request: Request, observer: Observer, *, writes: bool
) -> Iterator[Measurement]:
    """What timed writes leave behind depends on how many the time allowed: they come after everything is counted."""
    asked = [query for query in bench.queries if query.writes is writes]
    observed = {
        query.name: [observe(connection, query, each) for each in bench.personas[query.name]] for query in asked
    }
    for query in asked:
        began = time.perf_counter()
        for found in observed[query.name]:
            yield replace(found, samples_ms=time_query(connection, query, found.persona, request.samples))
        step = Step("query", query.name, f"target {query.target_ms:g} ms")
        observer.finished(StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000))


def judged(bench: Bench, measured: Iterable[Measurement], request: Request) -> Judged:
    """The verdicts in the order of the files, and what one of run and reference lacks."""
    order = [query.name for query in bench.queries]
    found = sorted(measured, key=lambda measurement: order.index(measurement.query.name))
    entries = tuple(entry_of(measurement, bench.catalog) for measurement in found)
    held = {(entry.query, entry.persona): entry for entry in request.reference.entries} if request.reference else {}
    verdicts = tuple(
        judge(
            measurement,
            entry,
            bench.catalog,
            # Written in place, it meets other pages in each run: only the gates that need no reference hold.
            None if entry.writes and IN_PLACE in bench.findings else held.get((entry.query, entry.persona)),
            request.tolerance,
            strict_time=request.strict_time,
        )
        for measurement, entry in zip(found, entries, strict=True)
    )
    run = replace(bench.run, entries=entries, noise=noise_of(measurement.samples_ms for measurement in found))
    unmatched = missing(run, request.reference, _not_asked(bench, request)) if request.reference else ()
    gated = (*DETERMINISTIC, Gate.TIME) if request.strict_time else DETERMINISTIC
    return Judged(run, verdicts, (*bench.findings, *unmatched), request.reference, gated)


def _not_asked(bench: Bench, request: Request) -> frozenset[str]:
    """Queries of the reference that this run leaves out, for want of an extension or because others were asked for."""
    others = {entry.query for entry in request.reference.entries} - set(request.only) if request.reference else set()
    return bench.left | (others if request.only else set())
