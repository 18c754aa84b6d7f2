"""Versions for files that their tool runs by name, in an order of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from platformdb.errors import Place
from platformdb.migrations.model import version_key
from platformdb.report.model import Finding, Severity


def in_sequence(numbered: Iterable[tuple[str, str]], title: str, findings: list[Finding]) -> Iterator[tuple[str, str]]:
    """Names with their versions, given names with their numbers as the tool runs them.

    Of several with one number the second is ``.1``, the third ``.2``. Where a number is lower than the one before it
    the tool and platformdb would not run in one order: that is a finding, and so nothing runs.
    """
    given = tuple(numbered)
    findings += ascending(given, title)
    before, tied = "", 0
    for name, number in given:
        tied = tied + 1 if before and version_key(number) == version_key(before) else 0
        before = number
        yield name, f"{number}.{tied}" if tied else number


def ascending(numbered: Iterable[tuple[str, str]], title: str) -> Iterator[Finding]:
    """Where a number is lower than the one before it, given names with their numbers as the tool runs them."""
    for (before, low), (name, number) in pairwise(numbered):
        if version_key(number) < version_key(low):
            message = f"{title} runs {name} after {before}, and by its number platformdb would run it before"
            help_text = "give the files numbers that ascend in the order in which they were run"
            yield Finding("order-differs", message, name, place=Place(name), help=help_text)


def refusal(rule: str, message: str, shown: str, help_text: str) -> Finding:
    """What forbids to run a tool's files at all."""
    return Finding(rule, message, shown, Severity.ERROR, Place(shown), help_text)
