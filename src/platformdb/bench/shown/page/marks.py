"""How parts of the page are named, found and judged. Pure."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from platformdb.bench.model import Entry, Verdict
from platformdb.bench.shown.table import is_notable, verdict_of


def anchor(entry: Entry) -> str:
    """The name of a persona's part of the page."""
    return re.sub(r"\s+", "-", f"{entry.query}.{entry.persona}")


def link(entry: Entry, text: str) -> str:
    """A link to a persona's part of the page."""
    return f'<a href="#{quote(anchor(entry))}">{escape(text)}</a>'


def verdict_mark(verdict: Verdict) -> str:
    """The verdict with a sign and a colour."""
    kind, sign = ("fail", "✗") if not verdict.passed else ("warn", "!") if is_notable(verdict) else ("pass", "✓")
    return f'<span class="{kind}">{sign} {escape(verdict_of(verdict))}</span>'


def found_by(verdict: Verdict) -> str:
    """The attributes by which the search finds it: its words, and whether it wants a look."""
    entry = verdict.entry
    nodes = [*entry.plan.walk(), *(verdict.reference.plan.walk() if verdict.reference else ())]
    names = {name for node in nodes for name in (node.relation, node.alias, node.index, node.kind) if name}
    words = " ".join((entry.query, entry.persona, verdict_of(verdict), verdict.changed, *sorted(names))).lower()
    return f'data-words="{escape(words, quote=True)}"{" data-notable" if is_notable(verdict) else ""}'
