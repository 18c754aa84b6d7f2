"""The evidence as a table for people and as data for programs: pure."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.indexes.evidence.judge import best, tier_of
from platformdb.indexes.evidence.model import Effect, Evidence, Side, WriteCost
from platformdb.report.model import Finding, Table
from platformdb.report.words import counted

COLUMNS = (
    "index",
    "tier",
    "evidence",
    "helps most",
    "pages with / without",
    "p50 with / without",
    "size",
    "log per insert",
    "heap-only updates lost",
)

# Indexes of no tier file come last.
UNDECLARED = 9


def summary(platform: str, found: Sequence[Evidence], findings: Sequence[Finding]) -> str:
    """One line: how many were measured, how many tiers are not what was found."""
    wrong = sum(finding.rule == "tier-wrong" for finding in findings)
    measured = sum(not evidence.skipped for evidence in found)
    return f"{platform}: {counted(measured, 'index')} measured, {counted(wrong, 'tier')} not borne out"


def table(found: Sequence[Evidence]) -> Table:
    """A line for each index; of the queries that it helps the one that would suffer most."""
    ordered = sorted(found, key=lambda evidence: (evidence.declared or UNDECLARED, evidence.index))
    return Table("evidence", COLUMNS, tuple(_row(evidence) for evidence in ordered))


def _row(evidence: Evidence) -> tuple[object, ...]:
    effects = best(evidence)
    first = effects[0] if effects else None
    return (
        evidence.index,
        evidence.declared or "",
        "" if evidence.skipped else tier_of(evidence),
        evidence.skipped or _helps(effects, evidence),
        f"{first.kept.pages:,} / {_pages(first.dropped)}" if first else "",
        f"{_ms(first.kept)} / {_ms(first.dropped)}" if first else "",
        f"{evidence.bytes / 1024:,.0f} kB",
        _log(evidence.cost),
        _lost(evidence.cost),
    )


def _helps(effects: Sequence[Effect], evidence: Evidence) -> str:
    queries = {effect.query for effect in effects}
    if not effects:
        return (
            f"foreign key {evidence.foreign_keys[0].rpartition('.')[2]}"
            if evidence.foreign_keys
            else "nothing measured"
        )
    more = f" and {len(queries) - 1} more" if len(queries) > 1 else ""
    return f"{effects[0].query} ({effects[0].persona}){more}"


def _pages(side: Side) -> str:
    return "?" if side.stopped is not None else f"{side.pages:,}"


def _ms(side: Side) -> str:
    if side.stopped is not None:
        return f"> {side.stopped:,.0f} ms"
    return f"{side.p50:,.2f}" if side.p50 is not None else "same"


def _log(cost: WriteCost) -> str:
    return "" if cost.wal_bytes is None else f"{max(cost.wal_bytes, 0):,.0f} B"


def _lost(cost: WriteCost) -> str:
    if not cost.columns or (cost.updates and not cost.heap_only_lost):
        return ""
    columns = ", ".join(cost.columns)
    return f"{cost.heap_only_lost} of {cost.updates}: {columns}" if cost.updates else f"{columns} (not tried)"


def as_data(evidence: Evidence) -> dict[str, object]:
    """All that was measured."""
    cost = evidence.cost
    return {
        "name": evidence.index,
        "table": evidence.table,
        "declared_tier": evidence.declared,
        "evidence_tier": None if evidence.skipped else tier_of(evidence),
        "bytes": evidence.bytes,
        "foreign_keys": list(evidence.foreign_keys),
        "skipped": evidence.skipped,
        "wal_bytes_per_insert": _rounded(cost.wal_bytes, 1),
        "ms_per_insert": _rounded(cost.elapsed_ms, 5),
        "heap_only_columns": list(cost.columns),
        "updates_tried": cost.updates,
        "heap_only_with": cost.heap_only_kept,
        "heap_only_without": cost.heap_only_dropped,
        "helps": sorted({effect.query for effect in best(evidence)}),
        "queries": [_effect(effect) for effect in evidence.effects],
    }


def _effect(effect: Effect) -> dict[str, object]:
    return {
        "query": effect.query,
        "persona": effect.persona,
        "target_ms": effect.target_ms,
        "pages_with": effect.kept.pages,
        "pages_without": None if effect.dropped.stopped is not None else effect.dropped.pages,
        "p50_ms_with": _rounded(effect.kept.p50, 4),
        "p50_ms_without": _rounded(effect.dropped.p50, 4),
        "stopped": effect.dropped.stopped is not None,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
