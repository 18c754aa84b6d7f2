"""Checking and repairing counters: the nightly job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from platformdb.counters.model import Counter, Drift
from platformdb.counters.plan import find_drift_sql, judge, plan_repairs, refuse_ambiguous
from platformdb.counters.read import read_counters
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.lock import Manners, one_runner
from platformdb.postgres.read import fetch
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.report.progress import Observer
from platformdb.report.words import counted


def check_counters(target: Target, platform: Platform) -> Report:
    """Every drifted row as a finding. Changes nothing."""
    counters = read_counters(platform)
    with connect(target) as connection:
        drifts = find_drifts(connection, counters)
    verdict = f"{counted(len(drifts), 'row')} drifted" if drifts else "no row drifted"
    said = f"{counted(len(counters), 'counter')} checked, {verdict}"
    return Report(
        f"{platform.name}: {said if counters else 'no counters, nothing was checked'}",
        findings=judge(drifts),
        data={"platform": platform.name, "counters": [counter.name for counter in counters], "drifted": len(drifts)},
    )


def fix_counters(
    target: Target, platform: Platform, observer: Observer, *, wait_seconds: float = 60.0, **manners: Unpack[Manners]
) -> Report:
    """Repairs every drifted row, batch by batch; what a batch repaired stays when a later one fails.

    Raises:
        NotNow: another runner is at work.
        ApplyFailed: a batch failed.
    """
    counters = read_counters(platform)
    with one_runner(target, wait_seconds=wait_seconds, observer=observer, **manners) as session:
        steps = plan_repairs(find_drifts(session.work, counters))
        observer.stage("counters", len(steps))
        results = execute(session, steps, observer)
    repaired = sum(result.rows or 0 for result in results)
    summary = f"repaired {counted(repaired, 'row')}" if steps else "nothing to do, no row drifted"
    if not counters:
        summary = "no counters, nothing to repair"
    return Report(f"{platform.name}: {summary}", steps=results, data={"platform": platform.name, "repaired": repaired})


def find_drifts(connection: Connection, counters: Sequence[Counter]) -> tuple[Drift, ...]:
    """The drifted rows of all counters, in the order of the counters and of their keys.

    Raises:
        Refused: a counter's query says two things of one row.
    """
    drifts = tuple(
        Drift(counter, *row)
        for counter in counters
        for row in fetch(connection, find_drift_sql(counter), what=counter.name)
    )
    refuse_ambiguous(drifts)
    return drifts
