"""A plan drawn as a tree: nested lists, so that it is one for a screen reader, too. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from platformdb.bench.shown.table import milliseconds
from platformdb.workload.plan_tree import PlanNode

# The planner's rows are off by this factor: worth a word, and worth a warning.
OFF, FAR_OFF = 2.0, 10.0


def tree(plan: PlanNode, marks: Sequence[str] = ()) -> str:
    """The plan; ``marks`` has for each node, parents first, what is other than in the plan beside it."""
    said = iter(marks or [""] * sum(1 for _ in plan.walk()))
    timed = plan.self_ms is not None
    total = sum(_cost(node, timed=timed) for node in plan.walk()) or 1.0
    bars = f'<p class="soft">Bars: the share of the {"time" if timed else "buffers"}.</p>'
    return f'{bars}<ul class="plan">{_node(plan, said, total, timed=timed)}</ul>'


def _cost(node: PlanNode, *, timed: bool) -> float:
    return (node.self_ms or 0.0) if timed else node.own_buffers


def _node(node: PlanNode, said: Iterator[str], total: float, *, timed: bool) -> str:
    mark = next(said)
    share = _cost(node, timed=timed) / total
    parts = "".join(_node(part, said, total, timed=timed) for part in node.parts)
    lines = (
        f'<div class="op"><b>{escape(_name(node))}</b> {_on(node)}{_role(node)}</div>',
        f'<div class="mark">≠ {escape(mark)}</div>' if mark else "",
        f'<div class="bar" aria-hidden="true"><span style="width:{share * 100:.1f}%"></span></div>',
        f'<div class="facts">{"".join(_facts(node))}</div>',
        *(f'<div class="cond"><i>{name}</i> <code>{escape(text)}</code></div>' for name, text in _conditions(node)),
        f"<ul>{parts}</ul>" if parts else "",
    )
    return f"<li{' class=other' if mark else ''}>{''.join(lines)}</li>"


def _name(node: PlanNode) -> str:
    join = f"{node.join} " if node.join and node.join != "Inner" else ""
    return f"{join}{node.kind}{' backward' if node.backward else ''}"


def _on(node: PlanNode) -> str:
    name = node.relation.removeprefix("public.")
    alias = f" {node.alias}" if node.alias and node.alias != name else ""
    using = f" using {node.index}" if node.index else ""
    return escape(f"{name}{alias}{using}".strip())


def _role(node: PlanNode) -> str:
    return (
        f' <span class="soft">({escape(node.role)})</span>' if node.role not in ("", "Outer", "Inner", "Member") else ""
    )


def _facts(node: PlanNode) -> Iterator[str]:
    if node.self_ms is not None:
        yield f"<span>self <b>{milliseconds(node.self_ms)} ms</b></span>"
    yield f"<span>buffers <b>{node.own_buffers:,}</b> own, {node.buffers:,} in all</span>"
    yield f"<span>{_rows(node)}</span>"
    for name, value in (("removed by filter", node.removed), ("heap fetches", node.heap_fetches), ("temp", node.temp)):
        if value:
            yield f'<span class="warn">{name} <b>{value:,}</b></span>'
    if node.spilled:
        yield '<span class="warn"><b>spilled to disk</b></span>'
    if node.wal_records:
        yield f"<span>WAL records {node.wal_records:,}</span>"


def _rows(node: PlanNode) -> str:
    expected = node.rows * node.loops
    if node.actual is None:
        return f"rows {_count(expected)} expected"
    loops = f" in {_count(node.loops)} loops" if node.loops > 1 else ""
    return f"rows <b>{_count(node.actual)}</b>, {_count(expected)} expected{loops}{_error(expected, node.actual)}"


def _count(value: float) -> str:
    whole = value >= 10 or abs(value - round(value)) < 0.05
    return f"{value:,.0f}" if whole else f"{value:.1f}"


def error_factor(expected: float, actual: float) -> float:
    """By what factor the planner was off, at least 1; less than one row counts as one."""
    low, high = sorted((max(expected, 1.0), max(actual, 1.0)))
    return high / low


def _error(expected: float, actual: float) -> str:
    factor = error_factor(expected, actual)
    if factor < OFF:
        return ""
    kind = "fail" if factor >= FAR_OFF else "warn"
    return f' <b class="{kind}">{_count(factor)} times too {"few" if expected < actual else "many"}</b>'


def _conditions(node: PlanNode) -> Iterator[tuple[str, str]]:
    if node.condition:
        yield "condition" if node.relation or node.index else "on", node.condition
    if node.filter:
        yield "filter", node.filter
    if node.order:
        yield "nearest by", node.order
    if node.keys:
        yield "by", ", ".join(node.keys)
