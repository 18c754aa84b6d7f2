"""Mutations for people and for programs: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from platformdb.bench.mutate.model import DroppedIndex, Effect, Fate, MutationResult, WorseQuery, score, shown
from platformdb.report.model import Finding, Table

# The tiers whose indexes must be needed: without one of the first a target is missed, one of the second helps.
PROVEN_TIERS = frozenset({1, 2})
SHOWN = 3


def mutation_report(result: MutationResult) -> tuple[tuple[Finding, ...], tuple[Table, ...], Mapping[str, Any]]:
    """What the gate missed and which index nothing needs, as findings; the tables; and everything as data."""
    findings = (*_of_indexes(result.indexes), *_of_queries(result.queries))
    tables = (_index_table(result), *((_query_table(result),) if result.queries else ()))
    return findings, tables, _data(result)


def headline(result: MutationResult) -> str:
    """The score in one line."""
    parts = [f"indexes caught: {score(result.plain)}", f"of constraints: {score(result.constraints)}"]
    return "; ".join([*parts, f"worse queries caught: {score(result.queries)}"])


def _of_indexes(indexes: Iterable[DroppedIndex]) -> Iterator[Finding]:
    for dropped in indexes:
        name = shown(dropped.index.name)
        if dropped.fate is Fate.SURVIVED:
            worst = next(effect for effect in dropped.effects if effect.worse)
            yield Finding(
                "mutant-survived",
                f"without {name} {worst.query} does more for persona {worst.persona} ({worst.worse}), "
                "and no gate fails",
                name,
                help="give the query a budget that notices it, or a persona for whom it matters more",
            )
        elif is_unproven(dropped):
            others = f"; {_listed(dropped.used)} read it, and do as well with another" if dropped.used else ""
            yield Finding(
                "index-unneeded",
                f"{name} on {shown(dropped.index.table)} is in tier {dropped.tier}, and no query needs it{others}",
                name,
                help="move it to tier 3 or drop it; if a page does need it, put that page's query into queries/",
            )


def is_unproven(dropped: DroppedIndex) -> bool:
    """Whether it is in a tier that says somebody needs it, and nobody does."""
    return dropped.fate is Fate.HARMLESS and dropped.tier in PROVEN_TIERS


def _of_queries(queries: Iterable[WorseQuery]) -> Iterator[Finding]:
    for worse in queries:
        if worse.fate is Fate.SURVIVED:
            effect = next(effect for effect in worse.effects if effect.worse)
            yield Finding(
                "mutant-survived",
                f"{worse.query.name} with {worse.mutant.kind} ({worse.mutant.place}) does more for persona "
                f"{effect.persona} ({effect.worse}), and no gate fails",
                worse.query.name,
                place=worse.query.place,
                help="give the query a budget that notices it",
                detail=worse.mutant.sql,
            )


def _index_table(result: MutationResult) -> Table:
    """All that somebody made for speed; of constraints' indexes, which stay anyway, those that a query needs."""
    needed = (dropped for dropped in result.constraints if dropped.fate is not Fate.HARMLESS)
    ordered = sorted((*result.plain, *needed), key=lambda each: (bool(each.index.constraint), each.tier or 9))
    rows = tuple((shown(each.index.name), _tier(each), each.fate.value, _by(each)) for each in ordered)
    title = f"indexes dropped: {score(result.plain)} caught; of constraints: {score(result.constraints)}"
    alarming = (number for number, each in enumerate(ordered) if each.fate is Fate.SURVIVED or is_unproven(each))
    return Table(title, ("index", "tier", "without it", "by"), rows, spare=("by",), notable=tuple(alarming))


def _tier(dropped: DroppedIndex) -> str:
    return "constraint" if dropped.index.constraint else str(dropped.tier or "")


def _by(dropped: DroppedIndex) -> str:
    if dropped.fate is Fate.HARMLESS:
        if dropped.used:
            return f"read by {_listed(dropped.used)}, served as well without"
        return f"queries asked: {dropped.asked}" if dropped.asked else "no query touches its table"
    said = ((effect.query, effect.rules[0] if effect.rules else effect.worse) for effect in dropped.effects)
    return _listed([f"{name} ({what})" for name, what in said])


def _query_table(result: MutationResult) -> Table:
    kinds: dict[str, list[WorseQuery]] = {}
    for worse in result.queries:
        kinds.setdefault(worse.mutant.kind.value, []).append(worse)
    rows = []
    for kind, mutations in sorted(kinds.items()):
        fates = Counter(mutation.fate for mutation in mutations)
        rows.append((kind, *(fates[fate] for fate in Fate), _by_rule(mutations)))
    title = f"queries made worse: {score(result.queries)} caught"
    return Table(title, ("how", *(fate.value for fate in Fate), "caught by"), tuple(rows), spare=("caught by",))


def _by_rule(mutations: Iterable[WorseQuery]) -> str:
    caught = (mutation.effects for mutation in mutations if mutation.fate is Fate.CAUGHT)
    first = Counter(next(effect.rules[0] for effect in effects if effect.rules) for effects in caught)
    return ", ".join(f"{rule} {times}" for rule, times in first.most_common())


def _listed(names: Iterable[str]) -> str:
    all_of_them = list(dict.fromkeys(names))
    more = len(all_of_them) - SHOWN
    return ", ".join(all_of_them[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _data(result: MutationResult) -> Mapping[str, Any]:
    scores = {
        "indexes": score(result.plain),
        "constraints": score(result.constraints),
        "queries": score(result.queries),
    }
    return {
        "score": {name: {"caught": one.caught, "needed": one.needed} for name, one in scores.items()},
        "elapsed_ms": round(result.elapsed_ms),
        "indexes": [_index_data(dropped) for dropped in result.indexes],
        "queries": [_query_data(worse) for worse in result.queries],
    }


def _index_data(dropped: DroppedIndex) -> Mapping[str, Any]:
    return {
        "name": dropped.index.name,
        "table": dropped.index.table,
        "tier": dropped.tier,
        "constraint": dropped.index.constraint or None,
        "fate": dropped.fate.value,
        "asked": dropped.asked,
        "used_by": list(dropped.used),
        "effects": [_effect_data(effect) for effect in dropped.effects],
    }


def _query_data(worse: WorseQuery) -> Mapping[str, Any]:
    return {
        "query": worse.query.name,
        "kind": worse.mutant.kind.value,
        "place": worse.mutant.place,
        "fate": worse.fate.value,
        "refused": worse.refused or None,
        "effects": [_effect_data(effect) for effect in worse.effects],
    }


def _effect_data(effect: Effect) -> Mapping[str, Any]:
    return {"query": effect.query, "persona": effect.persona, "rules": list(effect.rules), "worse": effect.worse}
