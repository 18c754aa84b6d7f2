"""What the database asks of values beside what the generators can make: found before a row is made.

A contradiction is a problem with the generator's line. What is neither proven nor a contradiction is tried out with the
first rows (trial.py), where there are many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from itertools import product
from math import prod
from uuid import UUID

from platformdb.errors import Place
from platformdb.seeding.fit.constraints import Check
from platformdb.seeding.fit.reach import Reach, reach
from platformdb.seeding.fit.shown import HIDDEN, cut, is_secret
from platformdb.seeding.model import ColumnFact, Definition, Table, TableFact
from platformdb.seeding.problems import Problem
from platformdb.sqltext.checks.allowed import allowed
from platformdb.sqltext.checks.evaluate import UNKNOWN, Outcome, evaluate
from platformdb.sqltext.checks.model import Call, Column, Expression, Literal, columns_of, family, renamed, understood
from platformdb.sqltext.checks.read import read_check

MOST_CASES = 4_096
INTEGERS = {"int2": 15, "int4": 31, "int8": 63}


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that every row must meet; ``shown`` says it to people, ``check`` to the server."""

    shown: str
    expression: Expression
    check: Check | None = None


class Answer(Enum):
    """Whether all rows will meet a demand."""

    YES = "yes"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """What a column will get, and a demand does not allow."""

    column: str
    said: str


def judge_table(definition: Definition, fact: TableFact) -> tuple[tuple[Problem, ...], tuple[Check, ...]]:
    """What cannot go well with a table's rows, and the CHECKs of which only the rows themselves can tell."""
    table = definition.tables[fact.name]
    reaches = {column.name: _reach(definition, table, column) for column in fact.columns}
    problems, open_ = list(_left_null(definition, table, fact)), []
    for demand in demands(fact, table):
        answer = judge(demand.expression, reaches)
        if isinstance(answer, Counterexample):
            key = f"tables.{fact.name}.columns.{answer.column}"
            problems.append(Problem(f"{answer.said}, and {demand.shown}", Place(definition.source), key))
        elif answer is Answer.OPEN and demand.check:
            open_.append(demand.check)
    return tuple(problems), tuple(open_)


def _left_null(definition: Definition, table: Table, fact: TableFact) -> Iterator[Problem]:
    for name, value in table.columns.items():
        column = fact.column(name)
        if value.nulls and column and column.not_null:
            key = f"tables.{fact.name}.columns.{name}"
            yield Problem(
                "nulls leaves rows without a value, and the column is NOT NULL", Place(definition.source), key
            )


def demands(fact: TableFact, table: Table) -> Iterator[Demand]:
    """Of the table's CHECKs and partitions, and of its columns' types and domains, as far as they are filled."""
    families = {column.name: _family(column) for column in fact.columns}
    for check in fact.checks:
        shown = f"{check.name} asks for CHECK {check.expression}"
        yield Demand(shown, read_check(check.expression, families), check)
    split = fact.partitioning
    if split is not None and not any(part.default for part in split.partitions):
        bounds = tuple(read_check(part.expression, families) for part in split.partitions)
        wanted = Call("is true", (Call("or", bounds),)) if bounds else Literal(value=False, family="bool")
        expression = " OR ".join(f"({part.expression})" for part in split.partitions) or "false"
        check = Check("", f"({expression}) IS TRUE", split.columns)
        yield Demand(f"{fact.name} has no partition for that", wanted, check)
    for column in fact.columns:
        if column.name in table.columns and not column.element:
            yield from _of_type(column, Column(column.name, families[column.name]))


def _of_type(column: ColumnFact, value: Column) -> Iterator[Demand]:
    for check in column.checks:
        read = read_check(check.expression, {"value": value.family})
        shown = f"the domain {check.holder} asks for CHECK {check.expression}"
        yield Demand(shown, renamed(read, column.name), Check(check.name, "true", (column.name,)))
    declared = f"the column is {column.declared or column.type}"
    if column.labels:
        labels = Call("among", (value, *(Literal(label, "enum") for label in column.labels)))
        yield Demand(f"{declared}: {', '.join(column.labels)}", labels)
    if column.length and value.family in ("text", "bpchar"):
        yield Demand(declared, _at_most(Call("length", (Column(column.name, "text"),), "int"), column.length))
    if column.type in INTEGERS:
        limit = 1 << INTEGERS[column.type]
        yield Demand(declared, Call("and", (_at_least(value, -limit), _at_most(value, limit - 1))))
    if column.digits:
        precision, scale = column.digits
        limit = 10 ** max(precision - scale, 0)
        yield Demand(declared, Call("and", (_at_least(value, 1 - limit), _at_most(value, limit - 1))))


def _at_most(value: Expression, limit: int) -> Call:
    return Call("<=", (value, Literal(limit, "int")))


def _at_least(value: Expression, limit: int) -> Call:
    return Call(">=", (value, Literal(limit, "int")))


def judge(expression: Expression, reaches: Mapping[str, Reach]) -> Answer | Counterexample:
    """Whether all values within reach meet the expression; a value that surely comes and does not; or neither."""
    names = columns_of(expression)
    given = [reaches.get(name, Reach()) for name in names]
    if len(names) == 1 and given[0].values is None and understood(expression):
        return _judge_one(expression, names[0], given[0])
    return _judge_cases(expression, names, given)


def _judge_cases(expression: Expression, names: Sequence[str], given: Sequence[Reach]) -> Answer | Counterexample:
    """By all combinations of values; a column of which they are not known may be enough as unknown."""
    choices = [_values(each) for each in given]
    if prod(map(len, choices)) > MOST_CASES:
        return Answer.OPEN
    rows = [dict(zip(names, row, strict=True)) for row in product(*choices)]
    verdicts = [evaluate(expression, row) for row in rows]
    if all(verdict is not False and verdict is not UNKNOWN for verdict in verdicts):
        return Answer.YES
    bad = [row[name] for row, verdict in zip(rows, verdicts, strict=True) if verdict is False for name in names]
    surely = next((value for value in bad if value in given[0].typical), None) if len(names) == 1 else None
    return Answer.OPEN if surely is None else Counterexample(names[0], f"can make {_shown(names[0], surely)}")


def _values(found: Reach) -> tuple[Outcome, ...]:
    known = (UNKNOWN,) if found.values is None else found.values
    return (*known, None) if found.null else known


def _judge_one(expression: Expression, name: str, found: Reach) -> Answer | Counterexample:
    asked = allowed([expression], name)
    if found.null and not asked.null:
        return Answer.OPEN
    if found.ranged:
        return _judge_range(expression, name, found, whole=asked.complete and not (asked.without or asked.patterns))
    if asked.longest is not None and found.shortest > asked.longest:
        return Counterexample(name, f"all values have {found.shortest:,} characters or more")
    sizes = asked.complete and not (asked.values or asked.without or asked.patterns or asked.filled or asked.folded)
    fits = asked.longest is None or (found.longest is not None and found.longest <= asked.longest)
    return Answer.YES if sizes and not asked.documents and fits and found.shortest >= asked.shortest else Answer.OPEN


def _judge_range(expression: Expression, name: str, found: Reach, *, whole: bool) -> Answer | Counterexample:
    """By the ends of a range: what both meet, all between them meet, where nothing but bounds is asked."""
    for value in found.typical:
        if evaluate(expression, {name: _exact(value)}) is False:
            return Counterexample(name, f"can make {_shown(name, value)}")
    ends = [evaluate(expression, {name: _exact(end)}) for end in (found.least, found.most) if end is not None]
    open_above = found.most is None and allowed([expression], name).most is not None
    return Answer.YES if whole and not open_above and all(end is True for end in ends) else Answer.OPEN


def _reach(definition: Definition, table: Table, column: ColumnFact) -> Reach:
    """Of a column, its values as CHECKs have them; one that is not filled has its default."""
    if column.name not in table.columns:
        plain = not (column.default or column.identity or column.generated)
        return Reach(()) if plain else Reach()
    found = reach(definition, table, column.name)
    if found.values is None:
        return found
    values = [_as(value, column) for value in found.values]
    typical = tuple(_as(value, column) for value in found.typical)
    known = None if UNKNOWN in values else tuple(values)
    return replace(found, values=known, typical=typical)  # type: ignore[arg-type]


def _family(column: ColumnFact) -> str:
    """What compares otherwise than by bytes is not understood."""
    return "other" if column.loose else family(column.type, column.element, enum=column.enum)


def _as(value: object, column: ColumnFact) -> Outcome:
    """A generator's value as the column holds it."""
    kind = _family(column)
    if isinstance(value, bool):
        return value if kind == "bool" else UNKNOWN
    if isinstance(value, int | float):
        return _number(value, column, kind)
    if not isinstance(value, str) or kind not in ("text", "enum", "bpchar", "jsonb", "uuid"):
        return UNKNOWN
    if kind == "uuid":
        return _id(value)
    return value.rstrip(" ") if kind == "bpchar" else value


def _id(written: str) -> Outcome:
    try:
        return str(UUID(written))
    except ValueError:
        return UNKNOWN  # the encoder says what is wrong with it


def _number(value: float, column: ColumnFact, kind: str) -> Outcome:
    if kind == "int":
        return int(value) if float(value).is_integer() else UNKNOWN
    if kind == "numeric":
        exact = _exact(value)
        rounds = column.digits and exact != round(exact, column.digits[1])
        return UNKNOWN if rounds else exact
    return float(value) if kind == "float" else UNKNOWN


def _exact(value: float | str) -> int | Decimal:
    return int(value) if float(value).is_integer() else Decimal(repr(value))


def _shown(name: str, value: object) -> str:
    return HIDDEN if is_secret(name) else cut(repr(value) if isinstance(value, str) else str(value))
