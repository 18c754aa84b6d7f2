"""Constants of PostgreSQL's types as values: numbers, times as microseconds since 1970, ids, arrays."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from math import isfinite
from typing import Any

from platformdb.sqltext.checks.model import Literal, Value

MICROSECOND = timedelta(microseconds=1)
INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
# Without quotes, so without NULL, blanks or anything that needs them.
PLAIN_ARRAY = re.compile(r"\{(?!NULL\b)[^\s{}\"\\]*\}", re.IGNORECASE)


def typed(literal: Literal, kind: str, family: str) -> Literal | None:
    """A constant of a type; a text of a type that is not known here may be the label of an enum."""
    if literal.value is None:
        return Literal(None, "null")
    if family == "other" and isinstance(literal.value, str):
        return Literal(literal.value, f"label of {kind}")
    convert = CONSTANTS.get(family)
    try:
        return Literal(convert(literal.value), family) if convert else None
    except (ValueError, TypeError, ArithmeticError, InvalidOperation):
        return None


def _whole(value: Value) -> int:
    return int(value) if isinstance(value, int | str) else int(str(value))


def _moment(value: Value) -> int:
    """Microseconds since 1970."""
    said = datetime.fromisoformat(str(value))
    return (said.replace(tzinfo=said.tzinfo or UTC) - INSTANT) // MICROSECOND


def _zoned(value: Value) -> int:
    if datetime.fromisoformat(str(value)).tzinfo is None:
        raise ValueError(value)  # it would depend on the session's time zone
    return _moment(value)


def _day(value: Value) -> int:
    return _moment(f"{date.fromisoformat(str(value))}")


def _finite(value: float | Decimal) -> float | Decimal:
    if not isfinite(value):
        raise ValueError(value)
    return value


def _items(value: Any, family: str) -> Value:
    """An array: read already, or a text such as {a,b}."""
    if isinstance(value, tuple):
        return value
    if not PLAIN_ARRAY.fullmatch(value):
        raise ValueError(value)
    return tuple(CONSTANTS[family](item) for item in value[1:-1].split(",") if value != "{}")


# What a constant of a family is here.
CONSTANTS: Mapping[str, Callable[[Any], Value]] = {
    "int": _whole,
    "numeric": lambda value: _finite(Decimal(str(value))),
    "float": lambda value: _finite(float(value)),
    "text": str,
    "bpchar": lambda value: str(value).rstrip(" "),
    "bool": lambda value: {"t": True, "true": True, "f": False, "false": False}[str(value).lower()],
    "date": _day,
    "timestamp": _moment,
    "timestamptz": _zoned,
    "uuid": lambda value: str(uuid.UUID(value)),
    "bytea": lambda value: bytes.fromhex(value.removeprefix("\\x")),
    **{f"{name}[]": partial(_items, family=name) for name in ("text", "int", "numeric")},
}
