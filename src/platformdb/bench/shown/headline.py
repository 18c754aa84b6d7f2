"""What a run of bench came to, in one sentence. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from platformdb.bench.model import Gate, Judged, Verdict
from platformdb.report.model import Finding, Severity
from platformdb.report.words import counted

# What happened to a query, by the rule that says it.
WORDS = {
    "not-servable": "has no index that serves it",
    "plan-sequential": "reads a large table in sequence",
    "plan-sort": "sorts rows",
    "plan-spill": "spills to disk",
    "plan-index-lost": "lost its index",
    "work-grown": "does more work",
    "work-over-budget": "is over its budget",
    "target-missed": "misses its target",
    "slower": "is slower",
    "persona-empty": "has nobody to be run for",
    "plan-partitions": "reads more partitions",
    "plan-tie": "may be planned another way at the same cost",
    "work-shrunk": "does less work",
    "work-unsteady": "does not do the same work in every run",
    "query-new": "is new",
}
# So many failures are named; the findings say the rest.
NAMED = 2


def gate_of(rule: str) -> Gate | None:
    """The gate that a finding's rule is of, if it is of one."""
    if rule == "not-servable":
        return Gate.SERVABLE
    if rule in {"target-missed", "slower"}:
        return Gate.TIME
    return {"plan": Gate.PLAN, "work": Gate.WORK}.get(rule.partition("-")[0])


def headline(judged: Judged) -> str:
    """How many gates passed, and what failed: ``shop: 61 of 62 gates passed; feed for heaviest lost its index``."""
    name = judged.run.platform
    refused = [finding for finding in judged.findings if finding.severity is Severity.ERROR]
    if not judged.verdicts:
        return f"{name}: nothing was gated" + (f": {refused[0].message}" if refused else "")
    total = len(judged.gated) * len(judged.verdicts)
    failed = sum(len(_failed_gates(verdict)) for verdict in judged.verdicts)
    passed = f"{total - failed:,} of {total:,} gates passed" if failed else f"all {counted(total, 'gate')} passed"
    return "; ".join((f"{name}: {passed}", *_failures(judged.verdicts), *_told(refused), *_asides(judged.verdicts)))


def _failed_gates(verdict: Verdict) -> set[Gate]:
    gates = {gate_of(finding.rule) for finding in verdict.findings if finding.severity is Severity.ERROR}
    return {gate for gate in gates if gate is not None}


def _failures(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What became of the queries that failed first, and for whom if not for all; then how many personas more."""
    found: dict[tuple[str, str], list[str]] = {}
    for verdict in verdicts:
        if (first := _first(verdict)) is not None:
            found.setdefault((verdict.entry.query, WORDS.get(first.rule, first.rule)), []).append(verdict.entry.persona)
    named = dict(list(found.items())[:NAMED])
    everybody = Counter(verdict.entry.query for verdict in verdicts)
    for (query, happened), personas in named.items():
        whose = f" for {listed(personas)}" if len(personas) < everybody[query] else ""
        yield f"{query}{whose} {happened}"
    if rest := sum(map(len, found.values())) - sum(map(len, named.values())):
        yield f"{rest:,} more failed"


def _first(verdict: Verdict) -> Finding | None:
    """The first error of the first gate that failed."""
    errors = [finding for finding in verdict.findings if finding.severity is Severity.ERROR]
    of_gate = [finding for finding in errors if gate_of(finding.rule) is verdict.failed]
    return next(iter(of_gate or errors), None)


def _told(refused: Sequence[Finding]) -> Iterator[str]:
    if refused:
        yield refused[0].message + (f", and {len(refused) - 1} more" if len(refused) > 1 else "")


def _asides(verdicts: Sequence[Verdict]) -> Iterator[str]:
    ties = sum(verdict.tie for verdict in verdicts)
    late = sum(
        finding.rule == "target-missed" and finding.severity is not Severity.ERROR
        for verdict in verdicts
        for finding in verdict.findings
    )
    if ties:
        yield counted(ties, "tie")
    if late:
        yield f"{late:,} over target"


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
