"""How advice is told: a table, a finding for each proposal, the lines for the tier file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from platformdb.indexes.advise.candidates import definition
from platformdb.indexes.advise.model import Advice, Effect, Proposal, Table
from platformdb.report.model import Finding, Severity
from platformdb.report.model import Table as Shown
from platformdb.report.words import counted

# In a sentence; the table and JSON have them all.
NAMED = 2


def statement(proposal: Proposal, tables: Mapping[str, Table]) -> str:
    """Its CREATE INDEX as the tier file has it."""
    return definition(proposal.index, tables[proposal.index.table].spelled) + ";"


def reason(proposal: Proposal) -> str:
    """Why it is there, with the measured figures, for the comment above it."""
    best = sorted(proposal.effects, key=lambda effect: -effect.saved)
    told = [f"{effect.demand.name}: {_pages(effect)}" for effect in best[:NAMED]]
    more = len([effect for effect in best[NAMED:] if effect.saved > 0])
    return "; ".join(told) + (f"; {more} more" if more else "") + f". {_cost(proposal)}."


def _pages(effect: Effect) -> str:
    about = "about " if effect.demand.estimated else ""
    return f"{about}{effect.without:,.0f} pages without it, {effect.beside:,.0f} with it"


def _cost(proposal: Proposal) -> str:
    cost = proposal.cost
    lost = f", {cost.hot_lost:.0%} of updates of {', '.join(cost.updated)} no longer HOT" if cost.hot_lost else ""
    about = "" if cost.measured else "about "
    return f"{_size(proposal.bytes)}, {about}{cost.wal_bytes:,.0f} bytes of WAL more for each insert{lost}"


def _size(count: int) -> str:
    return f"{count / 1024:,.0f} kB" if count < 10 << 20 else f"{count / (1 << 20):,.0f} MB"


def lines(proposal: Proposal, tables: Mapping[str, Table]) -> str:
    """What is written into the tier file."""
    extension = {"hnsw": "vector"}.get(proposal.index.method, "")
    directive = f"-- platformdb: extension={extension}\n" if extension else ""
    return f"{directive}-- {reason(proposal)}\n{statement(proposal, tables)}\n"


def findings(advice: Advice, tables: Mapping[str, Table], *, error: bool) -> Iterator[Finding]:
    """A finding for each proposal, and a note for each index that it makes needless."""
    for proposal in advice.proposals:
        worse = [effect for effect in proposal.effects if effect.saved < 0]
        yield Finding(
            "index-advised",
            f"{proposal.index.table.rpartition('.')[2]} lacks an index: {reason(proposal)}",
            proposal.index.name,
            Severity.ERROR if error else Severity.WARNING,
            detail="\n".join(f"worse: {effect.demand.name}: {_pages(effect)}" for effect in worse),
            help=statement(proposal, tables),
        )
        for name in proposal.replaces:
            yield Finding(
                "index-replaced",
                f"{proposal.index.name} answers all that {name} does",
                name,
                Severity.NOTE,
                help=f"once it is built, take {name} out of its tier file and drop it",
            )


def table(advice: Advice) -> Shown:
    """A line for each proposal and demand that it changes."""
    columns = ("index", "tier", "query", "pages before", "pages after", "size", "WAL per insert")
    rows = tuple(
        (
            proposal.index.name if first else "",
            proposal.tier if first else "",
            effect.demand.name,
            f"{effect.without:,.0f}",
            f"{effect.beside:,.0f}",
            _size(proposal.bytes) if first else "",
            f"{proposal.cost.wal_bytes:,.0f} B" if first else "",
        )
        for proposal in advice.proposals
        for first, effect in zip((True, *[False] * len(proposal.effects)), proposal.effects, strict=False)
    )
    return Shown("indexes advised", columns, rows)


def data(advice: Advice, tables: Mapping[str, Table]) -> dict[str, object]:
    """The same for programs."""
    return {
        "candidates": advice.tried,
        "proposals": [_proposal(proposal, tables) for proposal in advice.proposals],
        "demands": [
            {"name": demand.name, "weight": demand.weight, "pages_before": before, "pages_after": after}
            for demand, before, after in zip(advice.demands, advice.before, advice.after, strict=True)
        ],
    }


def _proposal(proposal: Proposal, tables: Mapping[str, Table]) -> dict[str, object]:
    cost = proposal.cost
    return {
        "name": proposal.index.name,
        "table": proposal.index.table,
        "tier": proposal.tier,
        "sql": statement(proposal, tables),
        "bytes": proposal.bytes,
        "replaces": list(proposal.replaces),
        "insert": {"pages": round(cost.blocks, 2), "wal_bytes": round(cost.wal_bytes), "measured": cost.measured},
        "update": {"columns": list(cost.updated), "hot_lost": round(cost.hot_lost, 3)},
        "effects": [
            {"demand": effect.demand.name, "pages_without": effect.without, "pages_with": effect.beside}
            for effect in proposal.effects
        ],
    }


def summary(platform: str, advice: Advice) -> str:
    """One line."""
    asked = len({demand.query.name for demand in advice.demands})
    of = f"{counted(asked, 'statement')}, {counted(advice.tried, 'candidate')} tried"
    if not advice.proposals:
        return f"{platform}: nothing to propose ({of})"
    return f"{platform}: {counted(len(advice.proposals), 'index')} proposed ({of})"
