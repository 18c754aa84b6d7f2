"""Rows beside those that are there: numbers that a sequence would give go on after the largest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from platformdb.postgres.connect import Connection
from platformdb.seeding.generators.keys import Ordinal
from platformdb.seeding.load.job import Job
from platformdb.seeding.model import Definition, Table, TablePlan, Value
from platformdb.sqltext.quote import quote_identifier


def continued(connection: Connection, job: Job) -> Job:
    """The same job, its numbers starting after those that are there."""
    starts = {table.fact.name: _starts(connection, table) for table in job.plan.tables}
    return replace(job, definition=later(job.definition, starts))


def later(definition: Definition, starts: Mapping[str, Mapping[str, int]]) -> Definition:
    """The definition with other first numbers, by table and column."""
    tables = {name: _moved(table, starts.get(name, {})) for name, table in definition.tables.items()}
    return replace(definition, tables=tables)


def _moved(table: Table, starts: Mapping[str, int]) -> Table:
    return replace(table, columns={name: _later(value, starts.get(name)) for name, value in table.columns.items()})


def _later(value: Value, start: int | None) -> Value:
    generator = value.generator
    if start is None or not isinstance(generator, Ordinal) or generator.per:
        return value
    return replace(value, generator=replace(generator, start=max(start, generator.start)))


def _starts(connection: Connection, table: TablePlan) -> dict[str, int]:
    """The number after the largest, by column with a sequence."""
    names = [column.name for column in table.columns if column.sequence]
    if not names:
        return {}
    largest = ", ".join(f"max({quote_identifier(name)})" for name in names)
    row = connection.execute(f"SELECT {largest} FROM {table.fact.quoted}".encode()).fetchone() or ()  # noqa: S608
    return {name: int(value) + 1 for name, value in zip(names, row, strict=True) if value is not None}
