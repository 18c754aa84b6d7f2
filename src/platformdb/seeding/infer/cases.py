"""Finds values that meet CHECKs of no simple form, by trying those which the CHECKs themselves speak of.

Columns that such CHECKs look at together make a group. A *case* gives each of them a value, NULL, or ``ANY``: whatever
its own generator makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from platformdb.seeding.infer.limits import Rule, TableLimits
from platformdb.seeding.infer.model import ANY, Case, Group
from platformdb.seeding.model import ColumnFact, TableFact
from platformdb.sqltext.checks.evaluate import evaluate
from platformdb.sqltext.checks.model import Call, Expression, Literal, columns_of, understood

MOST_TRIED = 20_000
MOST_KEPT = 8


# What stands for ANY when an expression is judged: nothing that a CHECK would name.
SAMPLES: Mapping[str, Any] = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), 17),
    **dict.fromkeys(("timestamptz", "timestamp", "date"), 1_750_000_000_000_000),
    "bool": True,
    "uuid": "11111111-2222-4333-8444-555555555555",
    "bytea": b"some bytes",
    "jsonb": "{}",
}


@dataclass(frozen=True, slots=True)
class Freedom:
    """Which columns take no values of one's choice (``fixed``), may be NULL, and had better be (``lost``)."""

    fixed: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


def find_cases(fact: TableFact, limits: TableLimits, freedom: Freedom) -> tuple[Group, ...]:
    """The groups of a table."""
    rules = [rule for rule in limits.rules if rule.columns and understood(rule.expression)]
    return tuple(
        Group(columns, _cases(fact, limits, columns, together, freedom)) for columns, together in _groups(rules)
    )


def _groups(rules: Sequence[Rule]) -> Iterator[tuple[tuple[str, ...], tuple[Rule, ...]]]:
    """Rules that share columns belong together."""
    left = list(rules)
    while left:
        columns, mine = dict.fromkeys(left[0].columns), [left.pop(0)]
        while more := [rule for rule in left if columns.keys() & set(rule.columns)]:
            for rule in more:
                columns |= dict.fromkeys(rule.columns)
                left.remove(rule)
            mine += more
        yield tuple(columns), tuple(mine)


def _cases(
    fact: TableFact, limits: TableLimits, columns: tuple[str, ...], rules: Sequence[Rule], freedom: Freedom
) -> tuple[Case, ...]:
    facts = [column for name in columns if (column := fact.column(name)) is not None]
    offered = [_offered(column, limits, rules, freedom) for column in facts]
    found: list[Case] = []
    for values in islice(product(*offered), MOST_TRIED):
        case = dict(zip(columns, values, strict=True))
        if _meets(fact, rules, case):
            found.append(case)
    return _chosen(found)


def _offered(column: ColumnFact, limits: TableLimits, rules: Sequence[Rule], freedom: Freedom) -> tuple[Any, ...]:
    """What a column may be in a case, most welcome first."""
    if column.name in freedom.lost:
        return (None,)
    values: tuple[Any, ...] = (ANY,)
    if column.name not in freedom.fixed:
        own = limits.of(column.name).values
        listed = own or column.labels or ((True, False) if column.type == "bool" else ())
        values = tuple(listed) or (ANY, *_spoken_of(column, rules))
    return (*values, None) if column.name in freedom.nullable else values


def _spoken_of(column: ColumnFact, rules: Sequence[Rule]) -> Iterator[Any]:
    """The constants that a column is compared with, and their neighbours."""
    found: dict[Any, None] = {}
    for rule in rules:
        for value in _constants(rule.expression, column.name):
            near = [value]
            if isinstance(value, int) and not isinstance(value, bool) and column.type.startswith(("int", "numeric")):
                near += [value + 1, value - 1]
            found |= dict.fromkeys(near)
    yield from found
    if column.type in ("jsonb", "json"):
        yield from ("{}", "[]")


def _constants(expression: Expression, name: str) -> Iterator[Any]:
    match expression:
        case Call(_, operands):
            if any(name in str(operand) for operand in operands):
                yield from (each.value for each in operands if isinstance(each, Literal) and each.value is not None)
            for operand in operands:
                yield from _constants(operand, name)


def names_values(expression: Expression, name: str) -> bool:
    """Whether a CHECK asks for more than that a column has a value or none."""
    return name in columns_of(expression) and (
        not understood(expression) or next(_constants(expression, name), None) is not None
    )


def _meets(fact: TableFact, rules: Sequence[Rule], case: Case) -> bool:
    row = {name: sample(fact, name) if value is ANY else value for name, value in case.items()}
    return all(evaluate(rule.expression, row) in (True, None) for rule in rules)


def sample(fact: TableFact, name: str) -> Any:
    """A value of a column of which nothing is asked."""
    column = fact.column(name)
    return SAMPLES.get(column.type if column else "", "Some words of text")


def _chosen(found: Sequence[Case]) -> tuple[Case, ...]:
    """A few that show every value of every column, the fullest first."""
    fullest = sorted(found, key=lambda case: sum(value is None for value in case.values()))
    seen: set[tuple[str, str]] = set()
    kept: list[Case] = []
    for case in fullest:
        shown = {(name, repr(value)) for name, value in case.items()}
        if not shown <= seen and len(kept) < MOST_KEPT:
            kept.append(case)
            seen |= shown
    return tuple(kept)
