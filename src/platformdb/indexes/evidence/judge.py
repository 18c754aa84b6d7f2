"""Which tier an index belongs to, by what was measured: pure.

The document's tiers: 1, a target is missed without it; 2, it helps; 3, under 10 % effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from platformdb.indexes.evidence.model import Effect, Evidence
from platformdb.report.model import Finding, Severity
from platformdb.report.words import counted

HELPS = 0.10
# A page more or less is the height of another index's tree; a time below this is the machine's.
FEWEST_PAGES = 3
SHORTEST_MS = 0.05
# Targets are promises about this much data; on less, none is missed, whatever is dropped.
FULL_PROFILE = "load"


def tier_of(evidence: Evidence) -> int:
    """The tier that the evidence speaks for."""
    if any(misses(effect) for effect in evidence.effects):
        return 1
    return 2 if any(helps(effect) for effect in evidence.effects) else 3


def misses(effect: Effect) -> bool:
    """Whether the target is missed without the index, and met with it: in every round, and by more than noise.

    By medians: a single persona's times are equal but for the machine, so where the median is over the target the 99th
    percentile is, too.
    """
    kept, dropped = effect.kept.rounds, effect.dropped.rounds
    if effect.dropped.stopped is not None:
        return max(kept, default=0.0) <= effect.target_ms
    return helps(effect) and bool(dropped) and min(dropped) > effect.target_ms >= max(kept)


def helps(effect: Effect) -> bool:
    """Whether pages or time are more than 10 % less with the index; time only if it was so in every round."""
    if not effect.changes:
        return False
    if effect.dropped.stopped is not None:
        return True
    kept, dropped = effect.kept, effect.dropped
    if differs(kept.pages, dropped.pages):
        return kept.pages < dropped.pages
    return _always_faster(kept.rounds, dropped.rounds)


def differs(pages: int, others: int) -> bool:
    """Whether two numbers of pages are more than 10 % of the larger one apart."""
    return abs(pages - others) > HELPS * max(pages, others) and abs(pages - others) >= FEWEST_PAGES


def _always_faster(kept: tuple[float, ...], dropped: tuple[float, ...]) -> bool:
    pairs = tuple(zip(kept, dropped, strict=True))
    return bool(pairs) and all(slow - fast > max(HELPS * slow, SHORTEST_MS) for fast, slow in pairs)


def best(evidence: Evidence) -> tuple[Effect, ...]:
    """The effects that count, the largest first."""
    counted = (effect for effect in evidence.effects if helps(effect) or misses(effect))
    return tuple(sorted(counted, key=lambda effect: (not misses(effect), -_times_slower(effect))))


def _times_slower(effect: Effect) -> float:
    kept, dropped = effect.kept.p50, effect.dropped.p50
    return dropped / kept if kept and dropped else effect.dropped.pages / max(effect.kept.pages, 1)


def judge(found: Iterable[Evidence], profile: str) -> tuple[Finding, ...]:
    """Where the declared tier is not what was measured over the data of ``profile``."""
    wrong = [evidence for evidence in found if _is_wrong(evidence, profile)]
    # What keeps a rule, or what a deletion of the parent needs, is there for more than the measured queries.
    kept = [each for each in wrong if tier_of(each) == 3 and (each.unique or each.foreign_keys)]
    return (*(_wrong(each) for each in wrong if each not in kept), *([_kept(kept)] if kept else ()))


def _is_wrong(evidence: Evidence, profile: str) -> bool:
    declared, tier = evidence.declared, tier_of(evidence)
    if evidence.skipped or declared is None or declared == tier:
        return False
    return not (declared == 1 and tier == 2 and profile != FULL_PROFILE)


def _wrong(evidence: Evidence) -> Finding:
    tier = tier_of(evidence)
    return Finding(
        "tier-wrong",
        f"{evidence.index} is declared in tier {evidence.declared}, but {_why(evidence, tier)}",
        evidence.index,
        Severity.WARNING,
        evidence.place,
        f"move it from {evidence.place} to a file of tier {tier}"
        + (", or write down the query that needs it" if tier == 3 else ""),
    )


def _kept(found: Sequence[Evidence]) -> Finding:
    return Finding(
        "tier-unproven",
        f"{counted(len(found), 'index')} {'help' if len(found) > 1 else 'helps'} no measured query, but alone "
        "serve a foreign key or keep a rule",
        severity=Severity.NOTE,
        help="keep them where rows of the parents are deleted; a query that does so (rollback=on) would show it",
        detail=", ".join(f"{each.index} (tier {each.declared})" for each in found),
    )


def _why(evidence: Evidence, tier: int) -> str:
    effects = best(evidence)
    if not effects:
        return "no measured query is 10 % worse without it"
    first = effects[0]
    who = f"{first.query} for {first.persona}"
    if tier == 1:
        return f"without it {who} takes {_time(first)}, the target is {first.target_ms:g} ms"
    return f"{who} reads {first.dropped.pages:,} pages without it instead of {first.kept.pages:,}, and meets its target"


def _time(effect: Effect) -> str:
    if effect.dropped.stopped is not None:
        return f"more than {effect.dropped.stopped:,.0f} ms"
    return f"{effect.dropped.p50:,.1f} ms instead of {effect.kept.p50:,.1f}"
