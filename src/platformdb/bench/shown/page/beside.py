"""A plan beside that of the reference: which nodes are others, and what about them. Pure.

Join order is free, so nodes are paired by what they do and not by where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence

from platformdb.workload.plan_tree import PlanNode

# What a run of the same plan over the same rows does not differ by.
TOLERANCE = 0.02
NAMED = frozenset({"kind", "index", "join"})
# A parameter, or a constant with its type, in a condition.
VALUE = re.compile(r"\$\d+|'(?:[^']|'')*'(?:::[\w \"]+(?:\[\])?)?|\b\d+(?:\.\d+)?\b")
NOT_THERE = "not in the reference"
Pairs = dict[int, int]


def compared(plan: PlanNode, reference: PlanNode) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """For the nodes of both plans, parents first, what differs from the other plan; empty where nothing does."""
    now, then = [*plan.walk()], [*reference.walk()]
    pairs: Pairs = {}
    for alike in (_all_of, _place, _kind):
        pairs |= _paired(now, then, pairs, alike)
    back = {there: here for here, there in pairs.items()}
    ours = tuple(
        ", ".join(_differences(node, then[pairs[here]])) if here in pairs else NOT_THERE
        for here, node in enumerate(now)
    )
    theirs = (("now otherwise" if ours[back[there]] else "") if there in back else "gone" for there in range(len(then)))
    return ours, tuple(theirs)


def _paired(
    now: Sequence[PlanNode], then: Sequence[PlanNode], pairs: Pairs, alike: Callable[[PlanNode], Hashable]
) -> Pairs:
    """Nodes of both that are alike and have no partner yet, in their order."""
    free: dict[Hashable, list[int]] = {}
    for there, node in enumerate(then):
        if there not in pairs.values():
            free.setdefault(alike(node), []).append(there)
    found: Pairs = {}
    for here, node in enumerate(now):
        if here not in pairs and free.get(alike(node)):
            found[here] = free[alike(node)].pop(0)
    return found


def _all_of(node: PlanNode) -> Hashable:
    return (*_place(node), *(VALUE.sub("?", value) for _, value in _doing(node)))


def _place(node: PlanNode) -> tuple[str, ...]:
    """A relation is read under its alias; what reads none is told by what it is and what it joins or sorts by."""
    return (node.relation, node.alias) if node.relation else (node.kind, node.join, *node.keys)


def _kind(node: PlanNode) -> tuple[str, ...]:
    return (node.relation, node.alias) if node.relation else (node.kind,)


def _doing(node: PlanNode) -> tuple[tuple[str, str], ...]:
    return (
        ("kind", node.kind + (" backward" if node.backward else "")),
        ("index", node.index),
        ("join", node.join),
        ("condition", node.condition),
        ("filter", node.filter),
        ("order", ", ".join((node.order, *node.keys))),
    )


def _differences(node: PlanNode, before: PlanNode) -> Iterator[str]:
    for (name, value), (_, was) in zip(_doing(node), _doing(before), strict=True):
        if not _same(value, was):
            yield f"was {was}" if name in NAMED and was else _otherwise(name, value, was)
    figures = (
        ("buffers", node.own_buffers, before.own_buffers),
        ("rows", node.actual or 0, before.actual or 0),
        ("removed", node.removed, before.removed),
    )
    for figure, now, then in figures:
        if abs(now - then) > TOLERANCE * max(now, then):
            yield f"{figure} {then:,.0f} → {now:,.0f}"


def _otherwise(name: str, value: str, was: str) -> str:
    """What is long is not repeated: it stands in the other plan."""
    return f"{'no' if not value else 'other' if was else 'new'} {name}"


def _same(value: str, was: str) -> bool:
    """Also where one of them has a value and the other a parameter: that is how a generic plan is written."""
    generic = ("$" in value) != ("$" in was)
    return value == was or (generic and VALUE.sub("?", value) == VALUE.sub("?", was))
