"""A plan and a change in a few words: pure."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.bench.gates.against import Change, described
from platformdb.bench.model import Access, Contract, Entry

_SHOWN = 2
# A sort of fewer rows is not worth a word.
_MANY = 1_000


def plan_words(entry: Entry) -> str:
    """The plan in about five words: ``index idx_posts_user_created, top 20``."""
    accesses = list(dict.fromkeys(map(_short, _by_pages(entry))))
    parts = [accesses[0] + (f" + {len(accesses) - 1} more" if len(accesses) > 1 else "")] if accesses else []
    # Of several the outermost: inner ones are found first from the end.
    kinds = {node.kind: node for node in reversed([*entry.plan.walk()])}
    if entry.writes:
        parts.append("writes")
    if entry.contract.sorted_rows >= _MANY:
        parts.append(f"sorts {entry.contract.sorted_rows:,}")
    if entry.contract.spills:
        parts.append("spills")
    if "Limit" in kinds:
        parts.append(f"top {round(kinds['Limit'].rows):,}")
    elif "Aggregate" in kinds:
        parts.append("aggregated")
    return ", ".join(parts) or entry.plan.kind.lower()


def changed_words(before: Entry, now: Entry, moved: Sequence[Change], tolerance: float) -> str:
    """What is other than in the reference: the plan first, then the work that moved most; empty where nothing is."""
    plan = _plan_changes(before.contract, now.contract)
    words = [plan[0] + (f" and {len(plan) - 1} more" if len(plan) > 1 else "")] if plan else []
    if before.work.returned != now.work.returned:
        words.append(f"rows {before.work.returned:,} → {now.work.returned:,}")
    notable = [change for change in moved[:6] if change.grew(tolerance) or change.shrank(tolerance)]
    words += [str(change) for change in notable[: 1 if plan else _SHOWN]]
    return ", ".join(words)


def _plan_changes(before: Contract, now: Contract) -> list[str]:
    """What an access is instead; of an index that nothing looks up in any more only that it is lost."""
    held = {access.place: access for access in before.accesses}
    used = {access.index for access in now.accesses}
    pairs = [(held[access.place], access) for access in now.accesses if access.place in held]
    changes = (
        f"lost {_bare(was)}"
        if was.index and was.index not in used and not set(was.sought) <= set(access.sought)
        else f"{access.place}: {_short(was)} → {_short(access)}"
        for was, access in pairs
        if described(was) != described(access)
    )
    return list(dict.fromkeys(changes))


def _by_pages(entry: Entry) -> list[Access]:
    """The accesses, those that read most pages first."""
    pages: dict[str, int] = {}
    for node in entry.plan.walk():
        if node.alias:
            pages[node.alias] = pages.get(node.alias, 0) + node.own_buffers
    return sorted(entry.contract.accesses, key=lambda access: -pages.get(access.place, 0))


def _short(access: Access) -> str:
    return f"{access.method} {_bare(access) or access.relation.rpartition('.')[2]}"


def _bare(access: Access) -> str:
    """The names of its indexes without schemas."""
    return ", ".join(name.rpartition(".")[2] for name in access.index.split(", "))
