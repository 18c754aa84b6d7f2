"""A run of bench as a table that is understood at a glance. Pure."""

from __future__ import annotations

from platformdb.bench.model import Entry, Judged, Times, Verdict
from platformdb.report.model import Severity, Table

# What a narrow terminal goes without, the first of them first.
SPARE = ("p50 ms", "p95 ms", "plan", "changed", "has", "target")
COLUMNS = ("query", "persona", "has", "p50 ms", "p95 ms", "p99 ms", "target", "buffers", "plan", "verdict", "changed")


def bench_table(judged: Judged) -> Table:
    """A row for each query and persona, in the files' order; columns in which nothing stands are left out."""
    rows = tuple(_row(verdict) for verdict in judged.verdicts)
    said = [place for place in range(len(COLUMNS)) if any(row[place] != "" for row in rows)]
    return Table(
        "queries",
        tuple(COLUMNS[place] for place in said),
        tuple(tuple(row[place] for place in said) for row in rows),
        spare=SPARE,
        grouped=True,
        notable=tuple(number for number, verdict in enumerate(judged.verdicts) if is_notable(verdict)),
    )


def is_notable(verdict: Verdict) -> bool:
    """Whether somebody should look at it: it failed, missed its target, or is a tie."""
    return verdict.tie or any(finding.severity is not Severity.NOTE for finding in verdict.findings)


def _row(verdict: Verdict) -> tuple[object, ...]:
    entry = verdict.entry
    return (
        entry.query,
        entry.persona,
        weight_of(entry),
        *_times(entry.times),
        f"{entry.target_ms:,g}",
        entry.work.buffers,
        verdict.plan,
        verdict_of(verdict),
        verdict.changed,
    )


def weight_of(entry: Entry) -> str:
    """How much a persona has, as a number."""
    return "" if entry.weight is None else f"{entry.weight:,.10g}"


def chosen_by(entry: Entry) -> str:
    """How a persona was chosen, and how much it has: ``the most accounts followed: 2,036``."""
    return ": ".join(part for part in (entry.rule, weight_of(entry)) if part)


def _times(times: Times | None) -> tuple[str, str, str]:
    return (
        ("", "", "") if times is None else (milliseconds(times.p50), milliseconds(times.p95), milliseconds(times.p99))
    )


def milliseconds(value: float) -> str:
    """A time to three digits that count, and never finer than a hundredth of a millisecond."""
    return f"{value:.2f}" if value < 10 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def verdict_of(verdict: Verdict) -> str:
    """One or two words: pass, tie, new, over target, or the gate that failed first."""
    rules = {finding.rule for finding in verdict.findings}
    if not verdict.passed:
        return f"fail: {verdict.failed.value if verdict.failed else 'not measured'}"
    words = (("over target", "target-missed" in rules), ("tie", verdict.tie), ("new", "query-new" in rules))
    return next((word for word, is_so in words if is_so), "pass")
