"""The value of an expression for given values of its columns, as PostgreSQL has it; or that it cannot be told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from platformdb.sqltext.checks.model import Call, Column, Expression, Literal, Value
from platformdb.sqltext.checks.patterns import Foreign, similar, translated


class Verdict(Enum):
    """Of what cannot be told."""

    UNKNOWN = "unknown"


UNKNOWN = Verdict.UNKNOWN
Outcome = Value | Verdict


def evaluate(expression: Expression, row: Mapping[str, Outcome]) -> Outcome:
    """The expression's value; a column that ``row`` lacks is unknown. A CHECK is met unless this is False."""
    match expression:
        case Column(name):
            return row.get(name, UNKNOWN)
        case Literal(value):
            return value
        case Call(name, operands):
            return _called(name, operands, row)
    return UNKNOWN


def _called(name: str, operands: Sequence[Expression], row: Mapping[str, Outcome]) -> Outcome:
    values = [evaluate(operand, row) for operand in operands]
    if name in LENIENT:
        return LENIENT[name](values)
    if None in values:
        return None
    if UNKNOWN in values:
        return UNKNOWN
    try:
        return STRICT[name](*values)
    except (ValueError, TypeError, ArithmeticError, Foreign):
        return UNKNOWN  # PostgreSQL may raise an error of its own


def _and(values: Sequence[Outcome]) -> Outcome:
    return next((value for value in (False, UNKNOWN, None) if value in values), True)


def _or(values: Sequence[Outcome]) -> Outcome:
    return next((value for value in (True, UNKNOWN, None) if value in values), False)


def _is_null(values: Sequence[Outcome]) -> Outcome:
    return UNKNOWN if values[0] is UNKNOWN else values[0] is None


def _is(truth: Value) -> Callable[[Sequence[Outcome]], Outcome]:
    return lambda values: UNKNOWN if values[0] is UNKNOWN else values[0] is truth


def _distinct(values: Sequence[Outcome]) -> Outcome:
    return UNKNOWN if UNKNOWN in values else values[0] != values[1]


def _among(values: Sequence[Outcome]) -> Outcome:
    """``x = ANY (ARRAY[…])``."""
    wanted, *offered = values
    if wanted is None or wanted is UNKNOWN:
        return wanted if offered else False
    return _or([value if value is None or value is UNKNOWN else value == wanted for value in offered])


def _first(values: Sequence[Outcome]) -> Outcome:
    return next((value for value in values if value is not None), None)


def _case(values: Sequence[Outcome]) -> Outcome:
    """Condition and value by turns, and the value for the rest."""
    for condition, value in zip(values[:-1:2], values[1::2], strict=True):
        if condition is UNKNOWN:
            return UNKNOWN
        if condition is True:
            return value
    return values[-1]


def _nulls(*, count: bool) -> Callable[[Sequence[Outcome]], Outcome]:
    return lambda values: UNKNOWN if UNKNOWN in values else sum((value is None) == count for value in values)


def _matches(operator: str) -> Callable[[str, str], Outcome]:
    def matches(text: str, pattern: str) -> Outcome:
        verdict = translated(operator, pattern).verdict(text)
        return UNKNOWN if verdict is None else verdict

    return matches


def _folded(change: Callable[[str], str]) -> Callable[[str], Outcome]:
    """Beyond ASCII it depends on the locale."""
    return lambda text: change(text) if text.isascii() else UNKNOWN


def _array_length(items: tuple[Value, ...], dimension: int) -> Outcome:
    return UNKNOWN if dimension != 1 else len(items) or None


def _json_type(document: str) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(json.loads(document)), "number")


def _json_has(document: str, key: str) -> bool:
    held = json.loads(document)
    return held == key if isinstance(held, str) else isinstance(held, dict | list) and key in held


def _within(items: tuple[Value, ...], others: tuple[Value, ...]) -> bool:
    """NULL is contained in nothing."""
    return all(item is not None and item in others for item in items)


def _exact(value: Any) -> Any:
    return Fraction(value) if isinstance(value, Decimal) else value


# What also looks at NULL, or does not wait for all of its operands.
LENIENT: dict[str, Callable[[Sequence[Outcome]], Outcome]] = {
    "and": _and,
    "or": _or,
    "is null": _is_null,
    "is true": _is(True),  # noqa: FBT003 - it is the value that is looked for
    "is false": _is(False),  # noqa: FBT003
    "distinct": _distinct,
    "among": _among,
    "coalesce": _first,
    "case": _case,
    "num_nulls": _nulls(count=True),
    "num_nonnulls": _nulls(count=False),
}
# NULL where an operand is.
STRICT: dict[str, Callable[..., Outcome]] = {
    "not": lambda value: not value,
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "+": lambda left, right: _exact(left) + _exact(right),
    "-": lambda left, right: _exact(left) - _exact(right),
    "*": lambda left, right: _exact(left) * _exact(right),
    "%": lambda left, right: abs(_exact(left)) % abs(_exact(right)) * (1 if left >= 0 else -1),
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "abs": lambda value: abs(_exact(value)),
    "negative": lambda value: -_exact(value),
    "float": float,
    "~": _matches("~"),
    "~*": _matches("~*"),
    "~~": _matches("~~"),
    "~~*": _matches("~~*"),
    "similar_to_escape": similar,
    "length": len,
    "octet_length": lambda value: len(value.encode() if isinstance(value, str) else value),
    "cardinality": len,
    "array_length": _array_length,
    "btrim": lambda text, chars=" ": text.strip(chars) if chars else text,
    "ltrim": lambda text, chars=" ": text.lstrip(chars) if chars else text,
    "rtrim": lambda text, chars=" ": text.rstrip(chars) if chars else text,
    "lower": _folded(str.lower),
    "upper": _folded(str.upper),
    "strpos": lambda text, part: text.find(part) + 1,
    "jsonb_typeof": _json_type,
    "?": _json_has,
    "<@": _within,
    "@>": lambda left, right: _within(right, left),
}
