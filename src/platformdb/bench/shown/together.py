"""What the gates say of several personas in the same words, said once. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from platformdb.bench.model import Verdict
from platformdb.bench.shown.headline import WORDS, listed
from platformdb.report.model import Finding

Heard = tuple[Verdict, Finding]


def together(verdicts: Sequence[Verdict]) -> tuple[Finding, ...]:
    """One finding for all personas of a query that have it from the same rule at the same place.

    Its subject is the query. Where the words differ, by numbers mostly, they stand in the detail with their personas.
    """
    groups: dict[tuple[object, ...], list[Heard]] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            alike = (verdict.entry.query, finding.rule, finding.severity, finding.place, finding.help)
            groups.setdefault(alike, []).append((verdict, finding))
    asked = Counter(verdict.entry.query for verdict in verdicts)
    return tuple(
        _one(heard, asked[heard[0][0].entry.query]) if len(heard) > 1 else heard[0][1] for heard in groups.values()
    )


def _one(heard: Sequence[Heard], asked: int) -> Finding:
    """What ``heard`` says of some of the personas that were asked; where it is all of them, they are not named."""
    verdict, first = heard[0]
    query = verdict.entry.query
    personas = list(dict.fromkeys(each.entry.persona for each, _ in heard))
    said = {(_what(each, finding), finding.detail) for each, finding in heard}
    who = f"{query} for {listed(personas)}" if len(personas) < asked else query
    if len(said) == 1:
        return replace(first, subject=query, message=f"{who}: {_what(verdict, first)}")
    return replace(
        first,
        subject=query,
        message=f"{who} {WORDS.get(first.rule, f'has {first.rule}')}",
        detail="\n".join(_lines(heard, len(personas))),
    )


def _lines(heard: Sequence[Heard], told: int) -> Iterator[str]:
    """What is said of each, with its personas; what is said of several once, and of all that are told of without."""
    whose: dict[tuple[str, str], list[str]] = {}
    for verdict, finding in heard:
        whose.setdefault((_what(verdict, finding), finding.detail), []).append(verdict.entry.persona)
    for (what, detail), personas in whose.items():
        whom = f"{listed(personas)}: " if len(personas) < told else ""
        yield "\n".join((f"{whom}{what}", *(f"  {line}" for line in detail.splitlines())))


def _what(verdict: Verdict, finding: Finding) -> str:
    """A message without its beginning, which says whom it is about."""
    return finding.message.removeprefix(f"{verdict.entry.query} for {verdict.entry.persona}: ")
