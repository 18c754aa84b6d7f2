"""CHECK expressions as values: a small language, in which what is not understood is said so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

# What a value may be: times and dates are microseconds since 1970, ids and enums texts, arrays tuples.
Value = bool | int | float | Decimal | str | bytes | tuple["Value", ...] | None


@dataclass(frozen=True, slots=True)
class Column:
    """The value of a column; a domain's VALUE is the column ``value``."""

    name: str
    family: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the expression."""

    value: Value
    family: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function of ``evaluate.FUNCTIONS`` and what it is called with."""

    name: str
    operands: tuple[Expression, ...]
    family: str = "bool"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A part that is not understood, with the columns that it looks at."""

    columns: tuple[str, ...] = ()
    family: str = "other"


Expression = Column | Literal | Call | Opaque


def columns_of(expression: Expression) -> tuple[str, ...]:
    """The columns it looks at, each once."""
    return tuple(dict.fromkeys(_columns(expression)))


def _columns(expression: Expression) -> Iterator[str]:
    match expression:
        case Column(name):
            yield name
        case Call(_, operands):
            for operand in operands:
                yield from _columns(operand)
        case Opaque(names):
            yield from names


def understood(expression: Expression) -> bool:
    """Whether no part of it is opaque."""
    if isinstance(expression, Call):
        return all(understood(operand) for operand in expression.operands)
    return not isinstance(expression, Opaque)


def renamed(expression: Expression, name: str) -> Expression:
    """The same of another column, for an expression that looks at one."""
    match expression:
        case Column(_, kind):
            return Column(name, kind)
        case Call(called, operands, kind):
            return Call(called, tuple(renamed(operand, name) for operand in operands), kind)
        case Opaque(names, kind):
            return Opaque((name,) if names else (), kind)
    return expression


# PostgreSQL's types by what their values are here. What is not named is "other", and only compared with NULL.
FAMILIES = {
    **dict.fromkeys(("int2", "int4", "int8", "smallint", "integer", "bigint"), "int"),
    **dict.fromkeys(("numeric", "decimal"), "numeric"),
    **dict.fromkeys(("float4", "real"), "real"),
    **dict.fromkeys(("float8", "double precision"), "float"),
    **dict.fromkeys(("text", "varchar", "character varying", "name"), "text"),
    **dict.fromkeys(("bpchar", "character", "char"), "bpchar"),
    **dict.fromkeys(("bool", "boolean"), "bool"),
    **dict.fromkeys(("timestamp", "timestamp without time zone"), "timestamp"),
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), "timestamptz"),
    **{name: name for name in ("date", "uuid", "jsonb", "bytea")},
}


def family(kind: str, element: str = "", *, enum: bool = False) -> str:
    """The family of a type by its name in pg_type; of an array, with "[]", that of its elements."""
    if element:
        return f"{family(element, enum=enum)}[]"
    return "enum" if enum else FAMILIES.get(kind, "other")
