"""Rows that are the same in every profile, such as a demonstration's login: a table's first rows, from a file.

The file has values for some of the columns; all others are made as for any row.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from platformdb.seeding.files.story import instant_of, microseconds
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.columns import Column, chained
from platformdb.seeding.rows.streams import BLOCK, Span

if TYPE_CHECKING:
    from platformdb.seeding.files.reference import Reference
    from platformdb.seeding.model import Generator
    from platformdb.seeding.rows.world import Block


def apart(generator: Generator) -> bool:
    """Whether it never makes the same value twice."""
    return bool(getattr(generator, "unique", False))


def with_reserved(block: Block, name: str, generator: Generator, made: Column) -> Column:
    """The column with the file's values in the table's first rows, and in no other row where all are to differ."""
    definition = block.world.definition
    file = definition.references.get(definition.tables[block.table].reserved)
    if file is None or name not in file.columns:
        return made
    given = _of_kind(file, name, made)
    if not block.span.rows:
        return made
    if apart(generator) and made.kind in ("text", "int"):
        made = _others_apart(block, generator, name, given, made)
    here = max(0, min(file.rows - block.span.first, block.span.rows))
    if not here:
        return made
    places = np.arange(block.span.rows) + file.rows
    places[:here] = block.span.first + np.arange(here)
    return chained([given, made]).take(places)


def _others_apart(block: Block, generator: Generator, name: str, given: Column, made: Column) -> Column:
    """A row whose value is reserved takes the one that the reserved row would have had, which is free."""
    if generator.whole:
        # It is asked block after block, and the first one's values are still to be had.
        free = block.carried(f"reserved {name}", lambda: made.take(np.arange(len(given))))
    owners = dict(zip(_listed(given), range(len(given)), strict=True))
    others = ~made.missing & (block.span.positions >= len(given))
    clashes = {row: value for row, value in _among(owners, made) if others[row]}
    if not clashes:
        return made
    if not generator.whole:
        first = block.world.block(block.table, Span(0, min(BLOCK, block.world.rows(block.table))))
        free = generator.column(first, block.world.stream(block.table, name)).take(np.arange(len(given)))
    instead, places = _listed(free), np.arange(len(made))
    for row, value in clashes.items():
        owner = owners[value]
        while instead[owner] in owners:
            owner = owners[instead[owner]]
        places[row] = len(made) + owner
    return chained([made, free]).take(places)


def _listed(column: Column) -> list[Any]:
    return column.texts.strings() if column.kind == "text" else column.array.tolist()


def _among(wanted: Collection[Any], column: Column) -> Iterator[tuple[int, Any]]:
    """The rows with one of these values."""
    if column.kind != "text":
        rows = np.flatnonzero(np.isin(column.array, list(wanted)))
        yield from zip(rows.tolist(), column.array[rows].tolist(), strict=True)
        return
    lengths = sum((part.lengths for part in column.texts.parts), np.zeros(len(column), np.int64))
    rows = np.flatnonzero(np.isin(lengths, [len(str(value).encode()) for value in wanted]))
    for row, value in zip(rows.tolist(), column.texts.take(rows).strings(), strict=True):
        if value in wanted:
            yield row, value


def _of_kind(file: Reference, name: str, made: Column) -> Column:
    """The file's values as those of the kind that the generator makes."""
    given = file.columns[name]
    if given.kind == made.kind:
        return given
    if (given.kind, made.kind) == ("int", "float"):
        return Column("float", given.array.astype(np.float64), given.nulls)
    if given.kind != "text" or made.kind not in WRITTEN:
        raise Misfit(f"{file.name}: '{name}' is {given.kind}, and the generator makes values of the kind {made.kind}")
    read, dtype = WRITTEN[made.kind]
    try:
        values = [read(value) if value else None for value in given.texts.strings()]
    except ValueError as error:
        raise Misfit(f"{file.name}: '{name}' should be of the kind {made.kind}: {error}") from None
    empty = read(EMPTY[made.kind])
    array = np.array([empty if value is None else value for value in values], dtype)
    nulls = np.array([value is None for value in values], np.bool_)
    return Column(made.kind, array, nulls if nulls.any() else None)


def _microseconds(written: str) -> int:
    return microseconds(instant_of(datetime.fromisoformat(written)))


# How a value of a kind is read from a file of texts.
WRITTEN: dict[str, tuple[Callable[[str], Any], str]] = {
    "uuid": (lambda written: uuid.UUID(written).bytes, "V16"),
    "time": (_microseconds, "i8"),
    "int": (int, "i8"),
    "float": (float, "f8"),
}
EMPTY = {"uuid": "0" * 32, "time": "1970-01-01", "int": "0", "float": "0"}
