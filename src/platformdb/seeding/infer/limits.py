"""What CHECKs and partitions leave to the columns of a table, and which CHECKs nothing simple expresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from platformdb.seeding.fit.constraints import Check
from platformdb.seeding.model import ColumnFact, TableFact
from platformdb.sqltext.checks.allowed import Allowed, Bound, Order, allowed, conjuncts, orders
from platformdb.sqltext.checks.evaluate import evaluate
from platformdb.sqltext.checks.model import Call, Column, Expression, Literal, columns_of, family, understood
from platformdb.sqltext.checks.read import read_check

# Texts as the generators make them: what all of these meet asks nothing.
ORDINARY = ("a", "Some words of text", "name-17", "x" * 20)
DOMAIN = "value"
ANYTHING = Allowed()


@dataclass(frozen=True, slots=True)
class Rule:
    """A part of a CHECK that must be tried: it looks at columns in a way which no limit expresses."""

    check: Check
    expression: Expression
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableLimits:
    """By column what it may hold, and what the items of its arrays may be; the orders of columns; and the rules."""

    columns: Mapping[str, Allowed] = field(default_factory=dict)
    items: Mapping[str, Allowed] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    rules: tuple[Rule, ...] = ()

    def of(self, column: str) -> Allowed:
        """The limits of a column."""
        return self.columns.get(column, ANYTHING)


def read_limits(fact: TableFact) -> TableLimits:
    """What the constraints of a table and of its columns' domains leave."""
    families = {column.name: family(column.type, column.element, enum=column.enum) for column in fact.columns}
    asked = [(check, part) for check, text in _asked(fact, families) for part in conjuncts(_unpadded(text))]
    columns = {
        name: allowed([part for _, part in asked], name) for name in {n for _, part in asked for n in columns_of(part)}
    }
    for name, inside in _partitions(fact, families).items():
        columns[name] = _both(columns.get(name, ANYTHING), inside)
    items = {column.name: _items(column) for column in fact.columns if column.element_checks}
    found = tuple(order for _, part in asked for order in orders(part))
    return TableLimits(columns, items, found, tuple(_rules(asked)))


def _asked(fact: TableFact, families: Mapping[str, str]) -> Iterator[tuple[Check, Expression]]:
    for column in fact.columns:
        for check in column.checks:
            yield check, _about(read_check(check.expression, {DOMAIN: families[column.name]}), column.name)
    for check in fact.checks:
        yield check, read_check(check.expression, families)


def _about(expression: Expression, name: str) -> Expression:
    """A domain's expression as one about a column."""
    match expression:
        case Column(_, kind):
            return Column(name, kind)
        case Call(call, operands, kind):
            return Call(call, tuple(_about(operand, name) for operand in operands), kind)
    return expression


def _unpadded(expression: Expression) -> Expression:
    """Without what is done about the blanks at the end of char(n): no value that is made ends with one."""
    match expression:
        case Call("rtrim", (Column(name, "bpchar"),)):
            return Column(name, "text")
        case Call("rtrim", (Literal(str() as value),)):
            return Literal(value.rstrip(" "), "text")
        case Call(call, operands, kind):
            return Call(call, tuple(_unpadded(operand) for operand in operands), kind)
    return expression


def _items(column: ColumnFact) -> Allowed:
    families = {DOMAIN: family(column.element, enum=column.enum)}
    return allowed([read_check(check.expression, families) for check in column.element_checks], DOMAIN)


def _rules(asked: Sequence[tuple[Check, Expression]]) -> Iterator[Rule]:
    for check, part in asked:
        columns = columns_of(part)
        if orders(part) or (len(columns) == 1 and _expressed(part, columns[0])):
            continue
        yield Rule(check, part, columns or check.columns)


def _expressed(part: Expression, column: str) -> bool:
    """Whether its limits say all of it, or any text that a generator makes is good enough."""
    if not understood(part):
        return False
    return allowed([part], column).complete or all(evaluate(part, {column: text}) is True for text in ORDINARY)


def _partitions(fact: TableFact, families: Mapping[str, str]) -> Mapping[str, Allowed]:
    """What the columns of the partition key may be, so that there is a partition for each row."""
    split = fact.partitioning
    if split is None or split.strategy == "hash" or any(leaf.default for leaf in split.partitions):
        return {}
    leaves = [read_check(leaf.expression, families) for leaf in split.partitions]
    names = {name for leaf in leaves for name in columns_of(leaf)}
    return {name: _union([allowed([leaf], name) for leaf in leaves]) for name in names}


def _union(leaves: Sequence[Allowed]) -> Allowed:
    """Lists together; of ranges those that follow each other without a gap, the longest such run."""
    values = tuple(dict.fromkeys(value for leaf in leaves for value in leaf.values or ()))
    if values:
        return Allowed(values=values)
    ranges = sorted({(leaf.least.value, leaf.most.value) for leaf in leaves if leaf.least and leaf.most})
    if len(ranges) < len({(leaf.least, leaf.most) for leaf in leaves}):
        return _open_ended(leaves)
    runs: list[tuple[int, int]] = []
    for low, high in ranges:
        if runs and runs[-1][1] == low:
            runs[-1] = runs[-1][0], high
        else:
            runs.append((low, high))
    low, high = max(runs, key=lambda run: run[1] - run[0])
    return Allowed(least=Bound(low, included=True), most=Bound(high, included=False))


def _open_ended(leaves: Sequence[Allowed]) -> Allowed:
    """A range without one of its ends is the largest there is."""
    return next(leaf for leaf in leaves if not leaf.least or not leaf.most)


def _both(one: Allowed, other: Allowed) -> Allowed:
    values = other.values if one.values is None else one.values
    if one.values is not None and other.values is not None:
        values = tuple(value for value in one.values if value in other.values)
    return replace(one, values=values, least=one.least or other.least, most=one.most or other.most)
