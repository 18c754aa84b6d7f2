"""What a definition declares of a column's values: how many are NULL, and how often each one comes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from platformdb.seeding.generators.keys import Copy, Ordinal, Uuid7
from platformdb.seeding.generators.links import Earlier
from platformdb.seeding.generators.secrets import RandomBytes
from platformdb.seeding.generators.values import Choice, Constant, Flag, Later, Number, Present
from platformdb.seeding.model import ColumnFact, Generator, Table, TablePlan, Value
from platformdb.seeding.shape.distributions import Weighted, amount
from platformdb.seeding.shape_report.model import ValueSpec

# Types whose values read the same in SQL as in the file.
PLAIN = ("text", "varchar", "bpchar", "name", "bool", "int2", "int4", "int8", "float4", "float8", "numeric")
# What stands in such columns is nobody's business, be it made up.
SECRET = re.compile(
    r"passw|pwd|secret|token|hash|salt|nonce|credential|(api|private|secret|access)_?key", re.IGNORECASE
)
# More values than this make no picture, and each has too few rows.
MOST_VALUES = 40


def value_specs(spec: Table, plan: TablePlan) -> tuple[ValueSpec, ...]:
    """What is declared of each loaded column."""
    return tuple(_spec(spec, column) for column in plan.columns)


def _spec(spec: Table, column: ColumnFact) -> ValueSpec:
    value = spec.columns[column.name]
    names = {column.name, *_aliases(spec, value)}
    nulls, exact = _nulls(spec, value)
    weights = {} if names & set(spec.distinct) else _weights(_made(spec, value))
    plain = (column.enum or column.type in PLAIN) and len(weights) <= MOST_VALUES and not SECRET.search(column.name)
    return ValueSpec(column.name, nulls, not exact, weights if plain else {}, _earlier(spec, value))


def _aliases(spec: Table, value: Value) -> Iterator[str]:
    """The names in the same table that a column copies, one after the other."""
    if isinstance(value.generator, Copy) and (inner := _own(spec, value.generator.of)) is not None:
        yield value.generator.of
        yield from _aliases(spec, inner)


def _own(spec: Table, name: str) -> Value | None:
    return spec.links.get(name) or spec.helpers.get(name) or spec.columns.get(name)


def _made(spec: Table, value: Value) -> Generator:
    """What makes the values, however often they are copied within the table."""
    inner = _own(spec, value.generator.of) if isinstance(value.generator, Copy) else None
    return value.generator if inner is None else _made(spec, inner)


def _nulls(spec: Table, value: Value) -> tuple[float, bool]:
    """The share of NULLs, and whether no others can come on top."""
    inner = _own(spec, value.generator.of) if isinstance(value.generator, Copy) else None
    share, exact = _own_nulls(value.generator) if inner is None else _nulls(spec, inner)
    return 1 - (1 - share) * (1 - value.nulls), exact and not value.condition


def _own_nulls(generator: Generator) -> tuple[float, bool]:
    match generator:
        case Choice() | Constant() | Flag() | Present() | Ordinal() | RandomBytes():
            return 0.0, True
        case Number(times=""):
            return 0.0, True
        case Uuid7(of="time") | Copy(of="time"):
            return 0.0, True
        case Later(of="time"):
            return 0.0 if generator.same else 1 - generator.share, generator.same or generator.beyond != "null"
        case _:
            return 0.0, False


def _weights(generator: Generator) -> Mapping[str, float]:
    match generator:
        case Choice():
            return _shares(generator.values, generator.weights or (1.0,) * len(generator.values))
        case Flag():
            return {"true": generator.share, "false": 1 - generator.share}
        case Constant():
            return {written(generator.value): 1.0}
        case Number(spread=Weighted() as spread, times="", decimals=0):
            return _shares(tuple(int(amount(value) // 1) for value in spread.values), spread.weights)
        case _:
            return {}


def _shares(values: tuple[object, ...], weights: tuple[float, ...]) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for value, weight in zip(values, weights, strict=True):
        found[written(value)] = found.get(written(value), 0.0) + weight / sum(weights)
    return found


def written(value: object) -> str:
    """A value as SQL writes it; numbers without zeros at the end, however many decimals the column has."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, (int, float)) else str(value)


def _earlier(spec: Table, value: Value) -> tuple[str, float] | None:
    """Of a column that holds the key of an earlier row of the same group: the group's link, and the chance of one."""
    if not isinstance(value.generator, Copy) or value.condition or value.nulls:
        return None
    link = _own(spec, value.generator.of.rpartition(".")[0])
    if link is None or not isinstance(link.generator, Earlier) or link.condition or link.nulls:
        return None
    return link.generator.same, link.generator.share
