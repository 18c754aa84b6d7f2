"""How a query uses its tables: what it seeks by, sorts by and needs, as candidates for indexes are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from platformdb.sqltext.orders import nearest, read_order
from platformdb.sqltext.qualified import (
    Place,
    parse,
    places,
    qualify,
    scopes,
    selects,
    terms,
    touched,
    without_tables,
)
from platformdb.sqltext.searches import is_document_type, search_of
from platformdb.sqltext.usages import Compared, Reading, Relations, Search, Sorted, Term, Usage
from platformdb.sqltext.writes import written


@dataclass(slots=True)
class _Notes:
    """What was found about one reading of one table so far, each thing once and in order."""

    equal: dict[Term, None] = field(default_factory=dict)
    fixed: dict[Term, None] = field(default_factory=dict)
    joined: dict[Term, None] = field(default_factory=dict)
    ranged: dict[Term, None] = field(default_factory=dict)
    conditions: dict[str, None] = field(default_factory=dict)
    searches: dict[Search, None] = field(default_factory=dict)
    needed: dict[str, None] = field(default_factory=dict)
    alternatives: dict[Term, None] = field(default_factory=dict)
    order: tuple[Sorted, ...] = ()
    limited: bool = False


@dataclass(frozen=True, slots=True)
class _Query:
    """One SELECT being read: the tables that there are, and the notes about each reading of one of them."""

    relations: Relations
    notes: dict[Place, _Notes] = field(default_factory=dict)
    compared: list[Compared] = field(default_factory=list)

    def at(self, place: Place) -> _Notes:
        return self.notes.setdefault(place, _Notes())

    def type_of(self, place: Place, term: Term) -> str:
        return self.relations.tables.get(place.table, {}).get(term.column, "")


def read_usages(sql: str, relations: Relations) -> Reading:
    """What a statement asks of the tables, through views, subqueries and common table expressions.

    Raises:
        Refused: it cannot be read or understood.
    """
    tree = parse(sql)
    compared: list[Compared] = []
    usages: list[Usage] = []
    for select in selects(tree):
        query = _Query(relations)
        found = scopes(qualify(select.copy(), relations))
        for scope in found:
            _read_scope(query, scope)
        usages += [usage for place, notes in query.notes.items() for usage in _usages(place, notes)]
        compared += query.compared
    writes, values = written(tree, relations)
    return Reading(tuple(dict.fromkeys(usages)), writes, tuple(dict.fromkeys((*compared, *values))))


def _usages(place: Place, notes: _Notes) -> Iterator[Usage]:
    yield Usage(
        place.table,
        tuple(notes.equal),
        tuple(notes.fixed),
        tuple(notes.joined),
        tuple(notes.ranged),
        notes.order,
        tuple(notes.conditions),
        tuple(notes.searches),
        tuple(notes.needed),
        notes.limited,
    )
    # Each arm of an OR is looked up by itself, and the pages found are put together.
    for term in notes.alternatives:
        yield Usage(place.table, (term,), conditions=tuple(notes.conditions), needed=tuple(notes.needed))


def _read_scope(query: _Query, scope: Any) -> None:
    from sqlglot import exp

    if not isinstance(scope.expression, exp.Select):
        return
    for column in scope.columns:
        for place, name in places(column, scope):
            query.at(place).needed.setdefault(name)
    for conjunct in _conjuncts(scope.expression):
        _read_condition(query, scope, conjunct)
    ordered = read_order(scope)
    if ordered is not None:
        notes = query.at(ordered.place)
        notes.order, notes.limited = ordered.by, ordered.limited
    for place, search in nearest(scope):
        query.at(place).searches.setdefault(search)


def _conjuncts(select: Any) -> Iterator[Any]:
    where = select.args.get("where")
    roots = [where.this] if where else []
    roots += [join.args["on"] for join in select.args.get("joins") or () if join.args.get("on")]
    for root in roots:
        yield from (part.unnest() for part in root.unnest().flatten() if part) if _is_and(root) else [root.unnest()]


def _is_and(root: Any) -> bool:
    from sqlglot import exp

    return isinstance(root.unnest(), exp.And)


def _read_condition(query: _Query, scope: Any, conjunct: Any) -> None:
    from sqlglot import exp

    if isinstance(conjunct, exp.Or):
        _read_alternatives(query, scope, conjunct)
    elif isinstance(conjunct, exp.Between):
        _seek(query, scope, conjunct.this, conjunct.args["low"], "ranged", ">=")
        _seek(query, scope, conjunct.this, conjunct.args["high"], "ranged", "<=")
    elif isinstance(conjunct, exp.In):
        _read_in(query, scope, conjunct)
    elif isinstance(conjunct, _ranges()) and isinstance(conjunct.this.unnest(), exp.Tuple):
        _read_rows(query, scope, conjunct)
    elif conjunct.key in _OPERATORS:
        kind = "equal" if isinstance(conjunct, exp.EQ) else "ranged"
        _seek(query, scope, conjunct.this, conjunct.expression, kind, _OPERATORS[conjunct.key])
        _seek(query, scope, conjunct.expression, conjunct.this, kind, _TURNED[conjunct.key])
    else:
        _read_search(query, scope, conjunct)
    _read_constant(query, scope, conjunct)


_OPERATORS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_TURNED = {"eq": "=", "gt": "<", "gte": "<=", "lt": ">", "lte": ">="}


def _ranges() -> tuple[Any, ...]:
    from sqlglot import exp

    return exp.GT, exp.GTE, exp.LT, exp.LTE


def _seek(query: _Query, scope: Any, side: Any, other: Any, kind: str, operator: str) -> None:
    """Notes a term that is compared with something known before the row is read."""
    from sqlglot import exp

    others = touched(other, scope)
    for place, term in terms(side, scope):
        if place in others:
            continue
        for parameter in other.find_all(exp.Parameter):
            how = "any" if parameter.find_ancestor(exp.Any) else operator
            query.compared.append(Compared(int(parameter.name), place.table, term.column, how))
        notes = query.at(place)
        if kind == "equal" and other.find(exp.Column, exp.Query):
            notes.joined.setdefault(term)
        elif kind == "equal" and not other.find(exp.Parameter):
            notes.fixed.setdefault(term)
        else:
            getattr(notes, kind).setdefault(term)


def _read_in(query: _Query, scope: Any, conjunct: Any) -> None:
    from sqlglot import exp

    inner = conjunct.args.get("query")
    other = inner if inner is not None else exp.Tuple(expressions=[part.copy() for part in conjunct.expressions])
    _seek(query, scope, conjunct.this, other, "equal", "=")
    if inner is None:
        return
    # What the subquery shows is compared with, too: an index that holds it answers from itself.
    branch = next((s for s in scope.subquery_scopes if s.expression is inner.unnest()), None)
    if branch is not None and isinstance(branch.expression, exp.Select):
        for place, term in terms(branch.expression.selects[0].unalias(), branch):
            query.at(place).joined.setdefault(term)


def _read_rows(query: _Query, scope: Any, conjunct: Any) -> None:
    """(a, b) < (x, y): a page behind a cursor; the first column bounds the range, the others only refine it."""
    from sqlglot import exp

    left, right = conjunct.this.unnest(), conjunct.expression.unnest()
    values = right.expressions if isinstance(right, exp.Tuple) else [right]
    for column, value in zip(left.expressions, values, strict=False):
        _seek(query, scope, column, value, "ranged", _OPERATORS[conjunct.key])


def _read_alternatives(query: _Query, scope: Any, conjunct: Any) -> None:
    from sqlglot import exp

    for arm in conjunct.flatten():
        first = arm.unnest()
        if isinstance(first, exp.EQ):
            for side, other in ((first.this, first.expression), (first.expression, first.this)):
                for place, term in terms(side, scope):
                    if place not in touched(other, scope):
                        query.at(place).alternatives.setdefault(term)


def _read_search(query: _Query, scope: Any, conjunct: Any) -> None:
    for side, search in search_of(conjunct):
        for place, term in terms(side, scope):
            if search.method != "gin" or search.opclass or is_document_type(query.type_of(place, term) or term.text):
                found = Search(search.method, term, search.opclass, search.extension)
                query.at(place).searches.setdefault(found)


def _read_constant(query: _Query, scope: Any, conjunct: Any) -> None:
    """A condition without parameters holds for every run, so an index may be over just the rows that meet it."""
    from sqlglot import exp

    used = touched(conjunct, scope)
    changing = (exp.Parameter, exp.Query, exp.CurrentTimestamp, exp.CurrentDate, exp.Rand, exp.Anonymous)
    if len(used) == 1 and not conjunct.find(*changing) and len(list(terms(exp.paren(conjunct.copy()), scope))) == 1:
        query.at(next(iter(used))).conditions.setdefault(without_tables(conjunct))
