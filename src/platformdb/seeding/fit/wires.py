"""The rows of a table in wire format: from generated columns to the columns' own types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platformdb.errors import ConfigError, Place
from platformdb.postgres.copy_fields import Field, WireType
from platformdb.postgres.copy_types import encode, find_encoder
from platformdb.seeding.model import ColumnFact, Definition, SeedPlan, TablePlan
from platformdb.seeding.problems import Problem
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World


def check_types(definition: Definition, plan: SeedPlan) -> tuple[Problem, ...]:
    """The columns whose generator makes values which their type does not take."""
    return tuple(_misfits(definition, plan))


def _misfits(definition: Definition, plan: SeedPlan) -> Iterator[Problem]:
    for table in plan.tables:
        for wire, kind, column in zip(_wires(table), table.kinds, table.columns, strict=True):
            try:
                find_encoder(kind, wire)
            except ConfigError as error:
                key = f"tables.{table.fact.name}.columns.{column.name}"
                yield Problem(error.message, Place(definition.source), key)


def encode_table(world: World, table: TablePlan) -> Iterator[Sequence[Field]]:
    """The rows of a table, block by block.

    Raises:
        ConfigError: a value does not fit its column.
    """
    name, wires = table.fact.name, _wires(table)
    rows = world.rows(name)
    for first in range(0, rows, BLOCK):
        block = world.block(name, Span(first, min(first + BLOCK, rows)))
        yield [encode(block.loaded(column.name), wire) for column, wire in zip(table.columns, wires, strict=True)]


def _wires(table: TablePlan) -> list[WireType]:
    return [wire_of(table.fact.name, column) for column in table.columns]


def wire_of(table: str, column: ColumnFact) -> WireType:
    """How the values of a column travel; ``table`` is for messages."""
    element = (column.element, column.element_oid)
    return WireType(f"{table}.{column.name}", column.type, column.enum, *element, column.form, column.subtype)
