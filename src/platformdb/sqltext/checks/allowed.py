"""What CHECKs leave to a column, and to several together: lists, ranges, lengths, patterns, NULLs, and their orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import reduce
from itertools import product
from math import prod
from typing import Any

from platformdb.sqltext.checks.evaluate import evaluate
from platformdb.sqltext.checks.model import Call, Column, Expression, Literal, Value, columns_of, understood
from platformdb.sqltext.checks.patterns import similar

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
SIZES = ("length", "octet_length", "cardinality", "array_length")
PATTERNS = ("~", "~*", "~~", "~~*")
MOST_CASES = 4_096


class Other(Enum):
    """Some value that the expression does not name."""

    VALUE = "other"


OTHER = Other.VALUE
Named = Value | Other


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range."""

    value: Any
    included: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a column may hold; None and () ask for nothing.

    ``values``: only these; ``without``: not these. ``shortest`` and ``longest`` count characters, bytes or items.
    ``patterns`` are (operator, pattern, whether it must match). ``filled``: more than blanks. ``folded``: "lower" or
    "upper". ``documents`` are the types of JSON documents. ``null``: it may be NULL. ``complete``: nothing that was not
    understood, or that is not said here, is asked of this column alone.
    """

    values: tuple[Value, ...] | None = None
    without: tuple[Value, ...] = ()
    least: Bound | None = None
    most: Bound | None = None
    shortest: int = 0
    longest: int | None = None
    patterns: tuple[tuple[str, str, bool], ...] = ()
    filled: bool = False
    folded: str = ""
    documents: tuple[str, ...] | None = None
    null: bool = True
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """Two columns that compare so, where both have values: ``left`` is <, <=, = or <> ``right``."""

    left: str
    operator: str
    right: str


@dataclass(frozen=True, slots=True)
class Cases:
    """All combinations that an expression allows: of NULL, values that it names, and ``OTHER``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Named, ...], ...] = field(default=())


def conjuncts(expression: Expression) -> Iterator[Expression]:
    """The parts all of which must hold."""
    if isinstance(expression, Call) and expression.name == "and":
        for operand in expression.operands:
            yield from conjuncts(operand)
    else:
        yield expression


def allowed(expressions: Iterable[Expression], column: str) -> Allowed:
    """What all of these CHECKs together leave to a column, apart from those that look at other columns too."""
    parts = [part for expression in expressions for part in conjuncts(expression) if columns_of(part) == (column,)]
    found = reduce(lambda known, part: _narrowed(known, part, column), parts, Allowed())
    return replace(found, null=all(evaluate(part, {column: None}) is not False for part in parts))


def orders(expression: Expression) -> tuple[Order, ...]:
    """The pairs of columns that a CHECK compares, where that is all that a part of it does."""
    return tuple(found for part in conjuncts(expression) if (found := _order(_unless_null(part))))


def _order(part: Expression) -> Order | None:
    match part:
        case Call(name, (Column(left), Column(right))) if name in FLIPPED:
            return Order(left, name, right) if name not in (">", ">=") else Order(right, FLIPPED[name], left)
    return None


def cases(expression: Expression) -> Cases | None:
    """What a CHECK allows, where it only asks which columns are NULL or equal to named values; else None."""
    names = columns_of(expression)
    choices: list[list[Named]] = [[None, *_choices(expression, name)] for name in names]
    if not names or not understood(expression) or prod(map(len, choices)) > MOST_CASES:
        return None
    if not _asks_only_which(expression):
        return None
    rows = tuple(row for row in product(*choices) if _passes(expression, dict(zip(names, row, strict=True))))
    return Cases(names, rows)


def _passes(expression: Expression, row: Mapping[str, Any]) -> bool:
    return evaluate(expression, row) is not False


def _asks_only_which(expression: Expression) -> bool:
    """Whether columns appear only where NULL or a named value is looked for."""
    match expression:
        case Call("is null" | "num_nulls" | "num_nonnulls", operands):
            return all(isinstance(operand, Column) for operand in operands)
        case Call("=" | "<>" | "among" | "distinct", (Column(), *others)) if _literal(others):
            return True
        case Call(_, operands):
            return all(_asks_only_which(operand) for operand in operands)
        case Column(_, kind):
            return kind == "bool"
    return isinstance(expression, Literal)


def _literal(operands: Iterable[Expression]) -> bool:
    return all(isinstance(operand, Literal) for operand in operands)


def _named(expression: Expression, column: str) -> Iterator[Value]:
    """The values that a column is compared with."""
    match expression:
        case Call(_, (Column(name), *others)) if name == column:
            yield from (other.value for other in others if isinstance(other, Literal) and other.value is not None)
        case Call(_, operands):
            for operand in operands:
                yield from _named(operand, column)
        case Column(name, "bool") if name == column:
            yield from (True, False)


def _choices(expression: Expression, column: str) -> tuple[Named, ...]:
    """The values that a column is compared with, and ``OTHER`` unless there are no others."""
    named = tuple(dict.fromkeys(_named(expression, column)))
    return named if {True, False} <= set(named) and isinstance(named[0], bool) else (*named, OTHER)


def _unless_null(part: Expression) -> Expression:
    """The rest of ``x IS NULL OR …``, where it looks at x itself: where x is NULL it is met in any case."""
    match part:
        case Call("or", operands):
            tests = [each for each in operands if isinstance(each, Call) and each.name == "is null"]
            rest = tuple(each for each in operands if each not in tests)
            if len(rest) == 1 and {name for test in tests for name in columns_of(test)} <= set(columns_of(rest[0])):
                return rest[0]
    return part


def _narrowed(known: Allowed, part: Expression, column: str) -> Allowed:
    part = _unless_null(part)
    if isinstance(part, Call) and part.name == "and":  # inside x IS NULL OR (…)
        return reduce(lambda sofar, each: _narrowed(sofar, each, column), part.operands, known)
    if not understood(part):
        return replace(known, complete=False)
    if (listed := _listed(part, column)) is not None:
        values = listed if known.values is None else tuple(value for value in known.values if value in listed)
        return replace(known, values=values)
    demand = _demand(part)
    found = next((found for rule in RULES if (found := rule(known, demand))), None) if demand else None
    return found or replace(known, complete=False)


def _listed(part: Expression, column: str) -> tuple[Value, ...] | None:
    """The only values for which it may be met; None where there are others."""
    if not _asks_only_which(part):
        return None
    met = tuple(value for value in _choices(part, column) if _passes(part, {column: value}))
    return None if OTHER in met else met  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _Demand:
    """An operator with its two sides, the column on the left; ``wanted``: it must be true, not false."""

    name: str
    left: Expression
    right: Expression
    wanted: bool = True


def _demand(part: Expression) -> _Demand | None:
    wanted = True
    while isinstance(part, Call) and part.name == "not":
        part, wanted = part.operands[0], not wanted
    match part:
        case Call("is null", (Column() as value,)):
            return _Demand("is null", value, value, wanted)
        case Call("among", (value, *others)) if _literal(others):
            items = tuple(other.value for other in others if isinstance(other, Literal))
            return _Demand("among", value, Literal(items, "list"), wanted)
        case Call(name, (left, right)) if name in FLIPPED:
            name = name if wanted else NEGATED[name]
            return _Demand(FLIPPED[name], right, left) if isinstance(left, Literal) else _Demand(name, left, right)
        case Call(name, (left, right)):
            return _Demand(name, left, right, wanted)
    return None


def _by_null(known: Allowed, demand: _Demand) -> Allowed | None:
    return known if demand.name == "is null" and not demand.wanted else None


def _by_value(known: Allowed, demand: _Demand) -> Allowed | None:
    match demand:
        case _Demand("among", Column(), Literal(tuple(values)), wanted=False):
            return replace(known, without=(*known.without, *values))
        case _Demand("<>", Column(_, kind), Literal(value)):
            shortest = max(known.shortest, int(value == "" and kind == "text"))
            return replace(known, without=(*known.without, value), shortest=shortest)
        case _Demand("<" | "<=" | ">" | ">=" as name, Column(), Literal(value)):
            return _ranged(known, name, value)
    return None


def _by_pattern(known: Allowed, demand: _Demand) -> Allowed | None:
    match demand:
        case _Demand(name, Column(), Literal(str(pattern)), wanted) if name in PATTERNS:
            return replace(known, patterns=(*known.patterns, (name, pattern, wanted)))
        case _Demand("~", Column(), Call("similar_to_escape", (Literal(str(pattern)),)), wanted):
            return replace(known, patterns=(*known.patterns, ("~", similar(pattern), wanted)))
    return None


def _by_size(known: Allowed, demand: _Demand) -> Allowed | None:
    match demand:
        case _Demand("<>", Call(size, (Column(), *_)), Literal(int(limit))) if size in SIZES and limit:
            return None
        case _Demand(name, Call(size, (Column(), *_)), Literal(int(limit))) if size in SIZES:
            return _sized(known, name, limit)
        case _Demand("<>" | ">", Call("length", (Call("btrim", (Column(),)),)), Literal(0)):
            return replace(known, filled=True, shortest=max(known.shortest, 1))
    return None


def _by_words(known: Allowed, demand: _Demand) -> Allowed | None:
    match demand:
        case _Demand("<>", Call("btrim", (Column(),)), Literal("")):
            return replace(known, filled=True, shortest=max(known.shortest, 1))
        case _Demand("=", Call("lower" | "upper" as folded, (Column(),)), Column()):
            return replace(known, folded=folded)
        case _Demand("=", Column(), Call("lower" | "upper" as folded, (Column(),))):
            return replace(known, folded=folded)
        case _Demand("=", Call("jsonb_typeof", (Column(),)), Literal(str(document))):
            return replace(known, documents=(document,))
    return None


# Each looks for one sort of demand.
RULES = (_by_null, _by_value, _by_pattern, _by_size, _by_words)


def _ranged(known: Allowed, name: str, value: Any) -> Allowed:
    bound = Bound(value, name in ("<=", ">="))
    if name in (">", ">="):
        old = known.least
        closer = old is None or (value, not bound.included) > (old.value, not old.included)
        return replace(known, least=bound) if closer else known
    old = known.most
    closer = old is None or (value, bound.included) < (old.value, old.included)
    return replace(known, most=bound) if closer else known


def _sized(known: Allowed, name: str, limit: int) -> Allowed:
    least = {">": limit + 1, ">=": limit, "=": limit, "<>": 1}.get(name, 0)
    most: int | None = {"<": limit - 1, "<=": limit, "=": limit}.get(name)
    limits = [each for each in (known.longest, most) if each is not None]
    return replace(known, shortest=max(known.shortest, least), longest=min(limits, default=None))
