"""How a run of migrations is reported: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platformdb.migrations.model import Plan
from platformdb.report.history import Event, Record
from platformdb.report.model import Finding, Outcome, Report, Severity, Statement, Step, StepResult, StepState, ended
from platformdb.report.words import counted
from platformdb.sqltext.quote import quote_identifier

# More rows than this a dry run does not print.
ROWS_SHOWN = 1 << 20
NOUNS = {"versioned": "versioned migration", "repeatable": "repeatable migration", "index": "index"}
VERBS = {Event.APPLIED: "applied", Event.REVERTED: "took back", Event.BASELINE: "recorded", Event.ACCEPTED: "accepted"}


def refused(findings: Sequence[Finding]) -> Report:
    """The report of a run that did nothing because of findings."""
    problems = sum(finding.severity is Severity.ERROR for finding in findings)
    return Report(
        f"refused: {counted(problems, 'problem')} found, nothing was changed",
        outcome=Outcome.REFUSED,
        findings=tuple(findings),
    )


def stopped(plan: Plan, report: Report) -> Report:
    """The report of a run that went well as far as it could go, where that was not to the end."""
    if plan.stop is None:
        return report
    outcome = Outcome.FAILED if any(result.state is StepState.APPLIED for result in report.steps) else report.outcome
    summary = f"{report.summary}; it stops before {plan.stop.subject}"
    return report.but(summary=summary, outcome=outcome, findings=(*report.findings, plan.stop))


def done(results: Sequence[StepResult], name: str) -> Report:
    """The report of a run that went through."""
    whole = [
        (_verb(step, step.record), step.record.kind)
        for step in (result.step for result in results)
        if step.record is not None and (step.kind == "repair" or step.record.segment == step.record.segments)
    ]
    said = [f"{verb} {counted(whole.count((verb, kind)), NOUNS[kind])}" for verb, kind in dict.fromkeys(whole)]
    # A partition belongs to the time of the day, not to the history.
    made = len({result.step.subject for result in results if result.step.kind == "partition"})
    said += [f"made {counted(made, 'partition')}"] if made else []
    kinds = [kind for _, kind in whole]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    summary = f"{name}: {_sentence(said)}" if said else f"{name}: nothing to do, the database is up to date"
    return Report(summary, steps=tuple(results), data={"platform": name, "applied": counts})


def _verb(step: Step, record: Record) -> str:
    """What somebody decided was not done by this run; a baseline file, of which there is a digest, was."""
    if record.event is Event.BASELINE and record.digest:
        return VERBS[Event.APPLIED]
    return "recorded" if step.kind == "repair" and record.event is not Event.ACCEPTED else VERBS[record.event]


def _sentence(parts: Sequence[str]) -> str:
    """``applied 1 a, 2 b``: the verb once where it is the same for all."""
    first, *rest = parts
    verb = first.split(" ", 1)[0]
    return ", ".join((first, *(part.removeprefix(f"{verb} ") for part in rest)))


def preview(plan: Plan, name: str, *, lock_timeout: str, role: str | None = None) -> Report:
    """The report of a dry run: the SQL in the order in which it would run, as one script for psql."""
    steps = (*plan.steps, *plan.later)
    summary = f"{name}: {counted(len(steps), 'step')} would run" if steps else f"{name}: nothing to do"
    script = (line for step in steps for line in _script(step, lock_timeout, role))
    text = "\n".join((f"-- {summary}; nothing was changed", *script))
    return Report(
        summary,
        steps=tuple(StepResult(step, StepState.PLANNED) for step in steps),
        findings=plan.findings,
        data={"platform": name, "steps": len(steps), "sql": text},
        raw=text,
    )


def _script(step: Step, lock_timeout: str, role: str | None) -> Iterator[str]:
    yield ""
    yield f"-- {step.subject}: {step.reason}"
    local = "LOCAL " if step.transactional else ""
    if step.transactional:
        yield f"{step.begin};"
    timeout = "0" if step.is_concurrent else step.lock_timeout or lock_timeout
    yield f"SET {local}lock_timeout = '{timeout}';"
    if role is not None:
        yield f"SET {local}ROLE {quote_identifier(role)};"
    for statement in (*step.settings, *step.statements):
        yield from _sent(statement)
    if step.settings or _sets_something(step):
        yield from ("RESET ALL;", "RESET SESSION AUTHORIZATION;")
    elif not step.transactional:
        yield from ("RESET lock_timeout;", *(("RESET ROLE;",) if role is not None else ()))
    if step.transactional:
        yield "COMMIT;"


def _sent(statement: Statement) -> Iterator[str]:
    """A statement, and the rows of a COPY as psql reads them, if they are no more than people read."""
    if statement.data is None:
        yield ended(statement.text)
        return
    rows, size = b"", 0
    for chunk in statement.data.chunks():
        size += len(chunk)
        rows = rows + chunk if size <= ROWS_SHOWN else b""
    copy = ended(statement.shown or statement.sql)
    if size > ROWS_SHOWN:
        yield from (f"-- {line}" for line in (*copy.splitlines(), f"{size:,} bytes of rows, which stand in the file"))
        return
    yield copy
    yield rows.decode() + ("\n" if rows and not rows.endswith(b"\n") else "") + "\\."


def _sets_something(step: Step) -> bool:
    """Whether the statements set what the next step must not see."""
    from platformdb.sqltext.classify import sets_session
    from platformdb.sqltext.source import Source
    from platformdb.sqltext.statements import split

    text = "\n;\n".join(statement.sql for statement in step.statements if statement.data is None)
    return any(map(sets_session, split(Source("", text))))
