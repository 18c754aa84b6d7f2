"""status and validate: where everything stands, and whether it agrees. Nothing is changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from platformdb.errors import ConfigError, NotNow
from platformdb.migrations.judge import awaiting, contradictions, pending, unfinished
from platformdb.migrations.model import Kind, Standing, State
from platformdb.migrations.outlook import Options, executed_texts, look
from platformdb.migrations.read import list_files
from platformdb.postgres.connect import connect
from platformdb.postgres.history import read_head, verify_history
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report, Severity, Table
from platformdb.report.progress import Observer
from platformdb.report.words import counted

POLL_SECONDS = 1.0


def status(target: Target, platform: Platform, *, options: Options | None = None, check: bool = False) -> Report:
    """Where every migration stands. With ``check``, what is pending is a finding: exit code 1."""
    with connect(target) as connection:
        outlook = look(connection, list_files(platform), platform, (options or Options()).variables)
        texts = executed_texts(connection, outlook.found)
    found = outlook.found
    counts = {state.value: sum(s.state is state for s in found) for state in State}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return Report(
        f"{platform.name}: {said or 'no migrations'}",
        findings=(
            *outlook.findings,
            *contradictions(found, texts=texts),
            *unfinished(found),
            *awaiting(found),
            *(pending(found) if check else ()),
        ),
        tables=(_table(found),),
        data={"platform": platform.name, "counts": counts, "migrations": [_as_data(s) for s in found]},
    )


def await_migrated(opening: Callable[[], Report], observer: Observer, *, seconds: float) -> Report:
    """Asks for the status again and again until nothing is pending and nothing is wrong.

    ``opening`` opens the database and gives the status with ``check``: the database may not be there yet.

    Raises:
        NotNow: it did not come to that within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    said = ""
    while True:
        reached, why = _try(opening)
        if reached is not None:
            return reached
        if time.monotonic() >= deadline:
            raise NotNow(
                f"the database is not where its files say, after {seconds:g} s: {why}", help="run: platformdb status"
            )
        if why != said:
            observer.note(f"waiting: {why}")
            said = why
        time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0)))


def _try(opening: Callable[[], Report]) -> tuple[Report | None, str]:
    """The report where all is well, else why not."""
    try:
        report = opening()
    except (NotNow, ConfigError) as error:
        if isinstance(error, ConfigError) and "does not exist" not in error.detail:  # the database may be made yet
            raise
        return None, error.message
    return (report, "") if report.ok else (None, report.summary)


def validate(target: Target, platform: Platform, *, options: Options | None = None) -> Report:
    """Whether files and history agree, and whether the history is what was written."""
    with connect(target) as connection:
        outlook = look(connection, list_files(platform), platform, (options or Options()).variables)
        texts = executed_texts(connection, outlook.found)
        tampered, head = (verify_history(connection), read_head(connection)) if outlook.history.exists else ((), None)
    found = outlook.found
    findings = (*outlook.findings, *contradictions(found, texts=texts), *unfinished(found), *tampered)
    settled = sum(s.state in {State.APPLIED, State.BASELINE, State.COSMETIC} for s in found)
    agree = f"files and history agree, {settled} applied, {len(found) - settled} to apply"
    problems = sum(finding.severity is Severity.ERROR for finding in findings)
    verdict = f"{counted(problems, 'problem')} found" if problems else agree
    return Report(
        f"{platform.name}: {verdict}",
        findings=findings,
        data={"platform": platform.name, "checked": len(found), "head": head},
    )


def _table(found: Sequence[Standing]) -> Table:
    rows = (
        (
            standing.version if standing.kind is Kind.VERSIONED else "",
            standing.name,
            _state(standing),
            f"{standing.applied_at:%Y-%m-%d %H:%M}" if standing.applied_at else "",
            f"{standing.past.elapsed_ms:.0f} ms" if standing.past and standing.past.done else "",
        )
        for standing in found
    )
    return Table("migrations", ("version", "name", "state", "applied", "took"), tuple(rows))


def _state(standing: Standing) -> str:
    """The state, and how far it came where it is not whole."""
    past = standing.past
    if past is None or standing.state not in {State.PARTIAL, State.FAILED, State.HALF_UNDONE}:
        return standing.state.value
    if past.failed is not None and standing.state is State.FAILED:
        statement = past.failed.error.partition(" at ")[0]
        return f"failed at {statement}" if statement.startswith("statement ") else "failed"
    if standing.state is State.HALF_UNDONE:
        return f"half undone: {counted(past.undone, 'part')} of its undo file ran"
    return f"{standing.state.value}: {past.done} of {past.segments} parts"


def _as_data(standing: Standing) -> dict[str, object]:
    past = standing.past
    return {
        "kind": standing.kind.value,
        "version": standing.version,
        "name": standing.name,
        "state": standing.state.value,
        "applied_at": standing.applied_at.isoformat() if standing.applied_at else None,
        "elapsed_ms": past.elapsed_ms if past and past.done else None,
        "done": past.done if past else 0,
        "segments": past.segments if past else None,
        "error": past.failed.error if past and past.failed else None,
        "out_of_order": bool(past and past.out_of_order),
    }
