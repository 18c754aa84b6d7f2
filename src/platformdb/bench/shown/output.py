"""A judged run as a report: for a terminal, for CI and for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from platformdb.bench.model import Entry, HeldSeed, Judged, Verdict
from platformdb.bench.shown.headline import headline
from platformdb.bench.shown.table import bench_table, chosen_by, milliseconds, verdict_of
from platformdb.bench.shown.together import together
from platformdb.report.masking import masked, masked_words
from platformdb.report.model import Case, Report, Severity
from platformdb.workload import plan_tree

# In this order somebody reads them.
ORDER = tuple(Severity)


def as_report(judged: Judged) -> Report:
    """The sentence, the table, a case for each persona, and every finding, the worst first; without passwords."""
    judged = masked(judged, masked_words)
    findings = (*judged.findings, *together(judged.verdicts))
    return Report(
        headline(judged),
        findings=tuple(sorted(findings, key=lambda finding: ORDER.index(finding.severity))),
        tables=(bench_table(judged),) if judged.verdicts else (),
        cases=tuple(_case(verdict) for verdict in judged.verdicts),
        data=as_data(judged),
    )


def _case(verdict: Verdict) -> Case:
    entry = verdict.entry
    facts = dict(_facts(verdict))
    return Case(entry.query, entry.persona, verdict.findings, facts, entry.times.p50 if entry.times else 0.0)


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    entry = verdict.entry
    yield "verdict", verdict_of(verdict)
    yield "chosen", chosen_by(entry)
    yield "target_ms", f"{entry.target_ms:g}"
    if entry.times is not None:
        yield "p50_ms", milliseconds(entry.times.p50)
        yield "p95_ms", milliseconds(entry.times.p95)
        yield "p99_ms", milliseconds(entry.times.p99)
    yield "buffers", str(entry.work.buffers)
    if verdict.plan:
        yield "plan", verdict.plan
    if verdict.changed:
        yield "changed", verdict.changed


def as_data(judged: Judged) -> dict[str, Any]:
    """Everything for JSON: the environment, and each query with its personas."""
    run, reference = judged.run, judged.reference
    return {
        "platform": run.platform,
        "server": run.server,
        "seed": _seed(run.seed),
        "settings": dict(run.settings),
        "tables": dict(run.tables),
        "noise": run.noise,
        "taken": run.taken.isoformat() if run.taken else None,
        "commit": run.commit,
        "gated": [gate.value for gate in judged.gated],
        "reference": {"commit": reference.commit, "server": reference.server} if reference else None,
        "queries": [
            _query([*verdicts]) for _, verdicts in groupby(judged.verdicts, lambda verdict: verdict.entry.query)
        ],
    }


def _seed(held: HeldSeed | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return asdict(held) | {"as_of": held.as_of.isoformat() if held.as_of else None}


def _query(verdicts: list[Verdict]) -> dict[str, Any]:
    entry = verdicts[0].entry
    return {
        "name": entry.query,
        "purpose": entry.purpose,
        "target_ms": entry.target_ms,
        "writes": entry.writes,
        "personas": [_persona(verdict) for verdict in verdicts],
    }


def _persona(verdict: Verdict) -> dict[str, Any]:
    entry = verdict.entry
    return {
        "name": entry.persona,
        "rule": entry.rule,
        "weight": entry.weight,
        "verdict": verdict_of(verdict),
        "passed": verdict.passed,
        "failed": verdict.failed.value if verdict.failed else None,
        "tie": verdict.tie,
        "changed": verdict.changed,
        "rules": [finding.rule for finding in verdict.findings],
        **_measured(entry),
        "reference": _measured(verdict.reference) if verdict.reference else None,
        "in_words": verdict.plan,
        "plan": plan_tree.as_data(entry.plan),
    }


def _measured(entry: Entry) -> dict[str, Any]:
    return {"times_ms": asdict(entry.times) if entry.times else None, "work": asdict(entry.work)}
