"""In which order a SELECT wants its rows, as far as one table can give it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from platformdb.sqltext.qualified import Place, terms
from platformdb.sqltext.usages import Search, Sorted, Term

# pgvector's operators that sqlglot knows, and what an HNSW index must be made with to serve them.
_DISTANCES = {"nullsafeeq": "vector_cosine_ops", "distance": "vector_l2_ops"}


@dataclass(frozen=True, slots=True)
class Ordered:
    """The table that decides the order from its first term on, and the terms up to the first of another table."""

    place: Place
    by: tuple[Sorted, ...]
    limited: bool


def read_order(scope: Any) -> Ordered | None:
    """By ORDER BY; else by GROUP BY, whose groups an index brings together; else by a lone max() or min()."""
    select = scope.expression
    found: list[tuple[Place, Sorted]] = []
    for expression, ordered in _wanted(select):
        each = [(place, _sorted(term, ordered)) for place, term in terms(_meant(expression, select), scope)]
        if len(each) != 1 or (found and each[0][0] != found[0][0]) or _has_parameter(expression):
            break
        found += each
    if not found:
        return None
    limited = bool(select.args.get("limit")) or bool(_extreme(select))
    return Ordered(found[0][0], tuple(by for _, by in found), limited)


def nearest(scope: Any) -> Iterator[tuple[Place, Search]]:
    """The vector that rows are sorted by their distance from a parameter of, where only the nearest are wanted."""
    select = scope.expression
    for expression, _ in _wanted(select)[:1]:
        distance = _meant(expression, select).unnest()
        if distance.key in _DISTANCES and select.args.get("limit"):
            for side in (distance.this, distance.expression):
                for place, term in terms(side, scope):
                    if term.column:
                        yield place, Search("hnsw", term, _DISTANCES[distance.key], "vector")


def _wanted(select: Any) -> list[tuple[Any, Any]]:
    if select.args.get("order"):
        return [(part.this, part) for part in select.args["order"].expressions]
    if select.args.get("group"):
        return [(part, None) for part in select.args["group"].expressions]
    return _extreme(select)


def _extreme(select: Any) -> list[tuple[Any, Any]]:
    from sqlglot import exp

    shown = [part.unalias() for part in select.selects]
    alone = len(shown) == 1 and isinstance(shown[0], exp.Max | exp.Min) and not select.args.get("group")
    return [(shown[0].this, None)] if alone else []


def _has_parameter(expression: Any) -> bool:
    from sqlglot import exp

    return expression.find(exp.Parameter) is not None


def _meant(expression: Any, select: Any) -> Any:
    """An ORDER BY may name what the SELECT shows."""
    from sqlglot import exp

    if isinstance(expression, exp.Column) and not expression.table:
        shown = next((part for part in select.selects if part.alias_or_name == expression.name), None)
        return shown.unalias() if shown is not None else expression
    return expression


def _sorted(term: Term, ordered: Any) -> Sorted:
    if ordered is None:
        return Sorted(term)
    descending, first = bool(ordered.args.get("desc")), bool(ordered.args.get("nulls_first"))
    return Sorted(term, descending, "" if first == descending else ("first" if first else "last"))
