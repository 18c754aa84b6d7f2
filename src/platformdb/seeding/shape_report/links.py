"""Where in the database the links and values of a definition can be seen."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from platformdb.seeding.generators.keys import Copy, First
from platformdb.seeding.generators.links import Draw, Earlier, Member
from platformdb.seeding.model import Definition, Generator, Table, Value
from platformdb.seeding.rows.conditions import Condition
from platformdb.seeding.shape.graphs import Mutual, Pairs
from platformdb.seeding.shape.shapes import Per
from platformdb.seeding.shape_report.model import Limit


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a definition, and the ``loaded`` columns of each table, in which they can be seen."""

    definition: Definition
    loaded: dict[str, Collection[str]]

    def target(self, table: str, path: str) -> str | None:
        """The table that a path leads to; None where it is no link to a table."""
        spec = self.definition.tables.get(table)
        name, _, rest = path.partition(".")
        if spec is None:
            return None
        found = self._of_shape(spec, name)
        value = spec.links.get(name) or spec.helpers.get(name)
        if found is None and value is not None:
            found = self._of_generator(table, value.generator)
        return self.target(found, rest) if found and rest else found

    def _of_shape(self, spec: Table, name: str) -> str | None:
        if isinstance(spec.rows, Per):
            return next((source.table for source in spec.rows.of if source.name == name), None)
        if isinstance(spec.rows, Pairs):
            return next((side.table for side in (spec.rows.left, spec.rows.right) if side.link == name), None)
        if isinstance(spec.rows, Mutual):
            ends = (spec.rows.low, spec.rows.high)
            return (
                self.target(spec.rows.of, spec.rows.left)
                if name in ends
                else spec.rows.of
                if name in spec.rows.edges
                else None
            )
        return None

    def _of_generator(self, table: str, generator: Generator) -> str | None:
        match generator:
            case Draw():
                return generator.table
            case Earlier():
                return table
            case Copy():
                return self.target(table, generator.of)
            case First():
                return self.target(table, generator.of[0])
            case Member():
                return self.target(generator.of, generator.take) if generator.take else generator.of
            case _:
                return None

    def column(self, table: str, path: str) -> str | None:
        """A loaded column that holds what is at the path, always."""
        spec = self.definition.tables[table]
        if path in self.loaded[table]:
            return path
        return next((name for name, value in self._columns(spec) if value.generator == Copy("copy", path)), None)

    def key(self, table: str, link: str) -> str | None:
        """A loaded column that has a value where the link has one: the key of what it refers to."""
        spec = self.definition.tables[table]
        for name, value in self._columns(spec):
            if isinstance(value.generator, Copy):
                at, _, rest = value.generator.of.rpartition(".")
                if at == link and self._never_null(self.target(table, link), rest):
                    return name
        return None

    def _columns(self, spec: Table) -> Iterator[tuple[str, Value]]:
        """The loaded columns that neither a condition nor chance makes NULL."""
        for name, value in spec.columns.items():
            if name in self.loaded[spec.name] and not value.nulls and not value.condition:
                yield name, value

    def _never_null(self, table: str | None, name: str) -> bool:
        spec = self.definition.tables.get(table or "")
        value = None if spec is None else spec.columns.get(name)
        return value is not None and getattr(value.generator, "make", "") in ("uuid7", "uuid4", "ordinal")

    def limits(self, table: str, condition: Condition) -> tuple[Limit, ...] | None:
        """A condition as one on loaded columns; None where it is about something that is not loaded."""
        found: list[Limit | None] = []
        for path, wanted in condition.where.items():
            column = self.column(table, path)
            found.append(Limit(column, wanted if isinstance(wanted, tuple) else (wanted,)) if column else None)
        for path in condition.given:
            found.append(self._whether(table, path, given=True))
        for path in condition.absent:
            found.append(self._whether(table, path, given=False))
        known = tuple(limit for limit in found if limit is not None)
        return known if len(known) == len(found) else None

    def _whether(self, table: str, path: str, *, given: bool) -> Limit | None:
        column = self.key(table, path) if self.target(table, path) else self.column(table, path)
        return Limit(column, given=given) if column else None
