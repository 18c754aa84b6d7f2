"""The one screen that ``up`` ends with: pure."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.report.model import Outcome, Report, Table

NARROW = 6


def summarise(platform: str, url: str, reports: Sequence[Report], created: Table) -> Report:
    """One report out of those of all parts: the steps become a count, findings and targets stay whole."""
    steps = tuple(result for report in reports for result in report.steps)
    worst = max((report.outcome for report in reports), default=Outcome.DONE)
    findings = tuple(finding for report in reports for finding in report.findings)
    return Report(
        _headline(platform, reports, worst, len(steps)),
        outcome=worst,
        steps=steps,
        folded=worst is Outcome.DONE,
        findings=findings,
        tables=(_parts(platform, reports), created, *map(_narrow, reports[-1].tables)),
        facts={"connection URL": url},
        data={
            "platform": platform,
            "url": url,
            "changed": bool(steps),
            "created": {str(row[0]): row[1] for row in created.rows},
            "parts": [{"summary": report.summary, "ok": report.ok, "data": dict(report.data)} for report in reports],
        },
        next=(
            f"platformdb server psql --platform {platform}",
            f"platformdb bench --platform {platform}",
            f"platformdb indexes status --platform {platform}",
        ),
    )


def _headline(platform: str, reports: Sequence[Report], worst: Outcome, steps: int) -> str:
    if worst is not Outcome.DONE:
        return f"{platform} is not up"
    changed = f"{steps} steps applied" if steps else "it was up already, nothing was changed"
    failed = sum(not report.ok for report in reports)
    return f"{platform} is up: {changed}" + (f", but {failed} of its checks failed" if failed else "")


def _parts(platform: str, reports: Sequence[Report]) -> Table:
    rows = tuple(("✓" if report.ok else "✗", report.summary.removeprefix(f"{platform}: ")) for report in reports)
    return Table("what was done", ("", ""), rows)


def _narrow(table: Table) -> Table:
    """The first columns: on this screen a target needs its figures and its verdict, `bench` shows the rest."""
    return Table(table.title, table.columns[:NARROW], tuple(row[:NARROW] for row in table.rows))
