"""What cannot be because of its numbers alone: found before a row is made."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from platformdb.errors import Place
from platformdb.seeding.files.reference import Reference
from platformdb.seeding.fit.constraints import Unique
from platformdb.seeding.generators.contracts import ContractDocument
from platformdb.seeding.generators.derived import Aggregate
from platformdb.seeding.generators.keys import Copy
from platformdb.seeding.generators.links import Pick
from platformdb.seeding.generators.patterns import Inet, Pattern
from platformdb.seeding.generators.secrets import RandomBytes
from platformdb.seeding.generators.sums import Compare
from platformdb.seeding.generators.texts import SLOT, Text
from platformdb.seeding.generators.values import Choice, Constant, Flag, Map, Number, Present
from platformdb.seeding.model import Definition, Table, TableFact, Value
from platformdb.seeding.problems import Problem
from platformdb.seeding.rows.columns import Column, keys
from platformdb.seeding.rows.reserved import apart
from platformdb.seeding.rows.streams import BLOCK
from platformdb.seeding.shape.distributions import Fixed, Lognormal, Uniform, Weighted, amount
from platformdb.seeding.shape.graphs import Pairs
from platformdb.seeding.shape.shapes import FromFile, Independent, Per, Source

# The odds that so many expected repetitions all stay out are 1 in 20,000.
TWICE = 10


def reserved_problems(definition: Definition, facts: Mapping[str, TableFact]) -> Iterator[Problem]:
    """What is wrong with the tables' reserved rows."""
    for name, table in definition.tables.items():
        if table.reserved:
            for message in _faults(table, definition, facts.get(name)):
                yield Problem(message, Place(definition.source), f"tables.{name}.reserved")


def unique_problems(definition: Definition, facts: Mapping[str, TableFact]) -> Iterator[Problem]:
    """Columns that are to differ in every row, and whose generators make too few values for that."""
    for name, table in definition.tables.items():
        rows = least_rows(definition, name)
        for unique in facts[name].uniques if name in facts else ():
            room = _room(definition, table, unique)
            reason = _too_small(room, rows, drawn=_drawn(table, unique)) if room is not None else ""
            if reason:
                what = " and ".join(unique.columns)
                message = f"{what} must differ in {rows:,} rows ({unique.name}), and {reason}"
                yield Problem(message, Place(definition.source), f"tables.{name}.columns.{unique.columns[0]}")


def _too_small(room: int, rows: int, *, drawn: bool) -> str:
    """Why so many rows cannot all differ."""
    if room < rows:
        return f"there are only {room:,} different values"
    twice = rows * (rows - 1) / 2 / room
    if drawn and twice > TWICE:
        return f"of {room:,} values drawn by chance about {twice:,.0f} would come twice"
    return ""


def _drawn(table: Table, unique: Unique) -> bool:
    """Whether chance alone makes the values."""
    made = [table.columns[column].generator for column in unique.columns]
    return not any(isinstance(generator, Copy) or apart(generator) for generator in made)


def least_rows(definition: Definition, name: str) -> int:
    """How many rows a table has at least, as far as the file says."""
    table = definition.tables.get(name)
    if table is None or table.distinct or table.differ or table.require:
        return 0
    match table.rows:
        case Independent():
            return table.rows.count
        case FromFile():
            file = definition.references.get(table.rows.file)
            return file.rows if file else 0
        case Pairs():
            return table.rows.total
        case Per():
            return sum(_least_of(definition, source, name) for source in table.rows.of)
        case _:
            return 0


def _least_of(definition: Definition, source: Source, child: str) -> int:
    if source.table == child or source.share < 1 or source.where or source.given or source.absent:
        return 0
    parents = least_rows(definition, source.table)
    if source.total is not None:
        return source.total if parents else 0
    each = 1 if source.count is None else 0
    if isinstance(source.count, (Fixed, Uniform)):
        least = source.count.value if isinstance(source.count, Fixed) else source.count.min
        each = max(math.floor(amount(least)), 0)
    return parents * each


def _room(definition: Definition, table: Table, unique: Unique) -> int | None:
    """How many different combinations of values there can be; None where nobody knows."""
    if not unique.plain or unique.where:
        return None
    rooms = []
    for column in unique.columns:
        value = table.columns.get(column)
        filled = value is not None and not value.nulls and not value.condition
        rooms.append(different(definition, table, value) if value is not None and filled else None)
    known = [room for room in rooms if room is not None]
    return math.prod(known) if len(known) == len(rooms) else None


def different(definition: Definition, table: Table, value: Value) -> int | None:
    """How many different values a column can have; None: nobody knows, or as many as one likes."""
    if isinstance(value.generator, Copy):
        return _copied(definition, table, value.generator.of)
    count = COUNTS.get(type(value.generator))
    return None if count is None else count(value.generator)


def _choices(choice: Choice) -> int:
    weights = choice.weights or (1.0,) * len(choice.values)
    return len({each for each, weight in zip(choice.values, weights, strict=True) if weight})


def _templates(text: Text) -> int | None:
    plain = not text.unique and not any(SLOT.search(template) for template in text.templates)
    return len(set(text.templates)) if plain else None


def _addresses(inet: Inet) -> int:
    network = ipaddress.ip_network(inet.network)
    return 1 << (inet.prefix or network.max_prefixlen) - network.prefixlen


def _numbers(number: Number) -> int | None:
    spread, steps = number.spread, float(10**number.decimals)
    if number.times:
        return None
    if isinstance(spread, Fixed):
        return 1
    if isinstance(spread, Weighted):
        return len(set(spread.values))
    if not isinstance(spread, (Uniform, Lognormal)) or spread.max is None:
        return None
    return math.floor(amount(spread.max) * steps) - math.floor(amount(spread.min) * steps) + 1


def _copied(definition: Definition, table: Table, path: str) -> int | None:
    name, _, rest = path.partition(".")
    value = table.helpers.get(name) or table.columns.get(name) or table.links.get(name)
    if not rest:
        own = value is not None and not (isinstance(value.generator, Copy) or value.nulls or value.condition)
        return different(definition, table, value) if value is not None and own else None
    file = None
    if isinstance(table.rows, FromFile) and name == "row":
        file = definition.references.get(table.rows.file)
    elif value is not None and isinstance(value.generator, Pick):
        file = definition.references.get(value.generator.file)
    column = file.columns.get(rest) if file is not None else None
    return len(keys(column)[0]) if column is not None and column.nulls is None else None


# Those of which the options alone tell how many different values there are.
COUNTS: dict[type, Callable[[Any], int | None]] = {
    Constant: lambda _: 1,
    Flag: lambda _: 2,
    Present: lambda _: 2,
    Compare: lambda _: 2,
    Choice: _choices,
    Map: lambda made: len({*made.values.values(), made.otherwise}),
    Number: _numbers,
    Pattern: lambda made: made.different,
    Text: _templates,
    ContractDocument: lambda made: made.documents,
    Inet: _addresses,
    RandomBytes: lambda made: 256**made.size if isinstance(made.size, int) else None,
}


def _faults(table: Table, definition: Definition, fact: TableFact | None) -> Iterator[str]:
    file = definition.references.get(table.reserved)
    if file is None:
        yield f"there is no reference file '{table.reserved}'"
        return
    if not isinstance(table.rows, Independent):
        yield "only a table of the shape independent can have reserved rows"
    elif file.rows > min(table.rows.count, BLOCK):
        rows = f"{table.rows.count:,} of {table.name}"
        yield f"{file.name} has {file.rows:,} rows, and profile {definition.profile} {rows}"
    for name, column in file.columns.items():
        yield from _column_faults(table, file, name, column)
        known = fact.column(name) if fact else None
        if column.nulls is not None and known and known.not_null:
            yield f"'{name}' of {file.name} is empty in a row, and the column is NOT NULL"


def _column_faults(table: Table, file: Reference, name: str, column: Column) -> Iterator[str]:
    value = table.columns.get(name) or table.helpers.get(name)
    if value is None:
        yield f"'{name}' of {file.name} is neither a column nor a helper of {table.name}"
    elif isinstance(value.generator, Aggregate):
        yield f"'{name}' of {file.name} is computed from other rows: leave it out there"
    elif apart(value.generator) and len(keys(column)[0]) < file.rows:
        yield f"'{name}' of {file.name} has a value twice, where all others differ"
