"""How a run of migrations is reported: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platformdb.migrations.model import Plan
from platformdb.report.model import Event, Finding, Outcome, Report, Severity, Step, StepResult, StepState
from platformdb.report.words import counted

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


def done(results: Sequence[StepResult], name: str) -> Report:
    """The report of a run that went through."""
    records = [result.step.record for result in results if result.step.record is not None]
    whole = [(record.event, record.kind) for record in records if record.segment == record.segments]
    said = [
        f"{VERBS[event]} {counted(whole.count((event, kind)), NOUNS[kind])}" for event, kind in dict.fromkeys(whole)
    ]
    counts = {kind: sum(known == kind for _, known in whole) for _, kind in whole}
    summary = f"{name}: {_sentence(said)}" if said else f"{name}: nothing to do, the database is up to date"
    return Report(summary, steps=tuple(results), data={"platform": name, "applied": counts})


def _sentence(parts: Sequence[str]) -> str:
    """``applied 1 a, 2 b``: the verb once where it is the same for all."""
    first, *rest = parts
    verb = first.split(" ", 1)[0]
    return ", ".join((first, *(part.removeprefix(f"{verb} ") for part in rest)))


def preview(plan: Plan, name: str, lock_timeout: str) -> Report:
    """The report of a dry run: the SQL in the order in which it would run, as one script."""
    steps = (*plan.steps, *plan.later)
    summary = f"{name}: {counted(len(steps), 'step')} would run" if steps else f"{name}: nothing to do"
    lines = [f"-- {summary}; nothing was changed", *(line for step in steps for line in _script(step, lock_timeout))]
    return Report(
        summary,
        steps=tuple(StepResult(step, StepState.PLANNED) for step in steps),
        data={"platform": name, "steps": len(steps)},
        raw="\n".join(lines),
    )


def _script(step: Step, lock_timeout: str) -> Iterator[str]:
    yield ""
    yield f"-- {step.subject}: {step.reason}"
    local = "LOCAL " if step.transactional else ""
    if step.transactional:
        yield f"{step.begin};"
    yield f"SET {local}lock_timeout = '{step.lock_timeout or lock_timeout}';"
    yield from (f"{statement.text};" for statement in (*step.settings, *step.statements))
    yield "COMMIT;" if step.transactional else "RESET lock_timeout;"
