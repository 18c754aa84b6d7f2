"""The one screen that ``up`` ends with: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from platformdb.report.leftout import merged
from platformdb.report.model import Outcome, Report, Table
from platformdb.report.words import counted


@dataclass(frozen=True, slots=True)
class Created:
    """What a database holds: counts. ``tiers`` counts the built indexes by tier."""

    tables: int
    indexes: int
    constraint_indexes: int
    tiers: Mapping[int, int]
    triggers: int
    rows: int


class Reached(Protocol):
    """A target, as far as the screen names it."""

    @property
    def provider(self) -> str:
        """Where the database comes from."""

    @property
    def url(self) -> str:
        """Its URL without secrets."""


def summarise(platform: str, target: Reached, reports: Sequence[Report], created: Created) -> Report:
    """One report out of those of all parts: the steps become a count, findings and targets stay whole."""
    steps = tuple(result for report in reports for result in report.steps)
    worst = max((report.outcome for report in reports), default=Outcome.DONE)
    findings = merged(finding for report in reports for finding in report.findings)
    return Report(
        _headline(platform, reports, worst, len(steps)),
        outcome=worst,
        steps=steps,
        folded=worst is Outcome.DONE,
        findings=findings,
        tables=(_parts(platform, reports), _contents(created), *_notable(reports[-1].tables)),
        facts={"connection URL": target.url},
        data={
            "platform": platform,
            "url": target.url,
            "changed": bool(steps),
            "created": asdict(created),
            "parts": [{"summary": report.summary, "ok": report.ok, "data": dict(report.data)} for report in reports],
        },
        next=_next(platform, target),
    )


def _next(platform: str, target: Reached) -> tuple[str, ...]:
    if target.provider != "embedded":
        if "passfile=" not in target.url:
            return (f"platformdb up {platform} --provider {target.provider} --keep",)
        there = f"--platform {platform} --url '{target.url}'"
        return (f"psql '{target.url}'", f"platformdb bench {there}", f"platformdb indexes status {there}")
    return (
        f"platformdb server psql --database {platform}",
        f"platformdb bench --platform {platform}",
        f"platformdb indexes status --platform {platform}",
    )


def _contents(created: Created) -> Table:
    others = created.indexes - created.constraint_indexes - sum(created.tiers.values())
    kinds = {f"tier {tier}": count for tier, count in created.tiers.items()}
    kinds |= {"constraints": created.constraint_indexes, "other": others}
    rows = (
        ("tables", created.tables, ""),
        ("indexes", created.indexes, ", ".join(f"{kind}: {count}" for kind, count in kinds.items() if count)),
        ("triggers", created.triggers, ""),
        ("rows", created.rows, ""),
    )
    return Table("in the database", ("what", "count", ""), rows)


def _headline(platform: str, reports: Sequence[Report], worst: Outcome, steps: int) -> str:
    if worst is not Outcome.DONE:
        return f"{platform} is not up"
    changed = f"{counted(steps, 'step')} applied" if steps else "it was up already, nothing was changed"
    failed = sum(not report.ok for report in reports)
    return f"{platform} is up: {changed}" + (f", but {counted(failed, 'check')} failed" if failed else "")


def _parts(platform: str, reports: Sequence[Report]) -> Table:
    rows = tuple(("✓" if report.ok else "✗", report.summary.removeprefix(f"{platform}: ")) for report in reports)
    return Table("what was done", ("", ""), rows)


def _notable(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Of the queries those that somebody should look at: `bench` shows all of them."""
    return tuple(
        replace(table, rows=tuple(table.rows[place] for place in table.notable), notable=())
        for table in tables
        if table.notable
    )
