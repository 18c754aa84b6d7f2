"""Rows of a table, and the way from a path to their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from platformdb.seeding.model import Value
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Ints
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.kept import Kept
from platformdb.seeding.rows.reserved import with_reserved
from platformdb.seeding.rows.streams import Span

if TYPE_CHECKING:
    from platformdb.seeding.rows.world import World

TIME = "time"

T = TypeVar("T")
# What is known of a block's rows before any column is made: a link, the time.
Given = Callable[["Block"], Column]


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """Any rows of a table, in any order: their values, but no random numbers."""

    world: World
    table: str
    positions: Ints

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.positions)

    def value(self, path: str) -> Column:
        """The values at a path."""
        return self.world.at(self.table, path, self.positions)


class Block:
    """Some rows of a table, and the way to their values."""

    def __init__(
        self,
        world: World,
        table: str,
        span: Span,
        given: Mapping[str, Given],
        values: Mapping[str, Value],
        *,
        carried: dict[str, Any] | None = None,
        making: str = "",
    ) -> None:  # a block is what all generators see: nothing here can be left out
        self.world = world
        self.table = table
        self.span = span
        self._given = given
        self._values = values
        self._carried = carried
        self._making = making
        self._known: dict[str, Column] = {}
        self._under_way: list[str] = []

    @property
    def rows(self) -> int:
        """How many."""
        return self.span.rows

    @property
    def names(self) -> tuple[str, ...]:
        """What is given with the rows: links, and the text ``source``."""
        return tuple(self._given)

    def value(self, path: str) -> Column:
        """The values at a path: a column, helper or link of the table, or ``link.column`` of what the link refers to.

        Raises:
            Misfit: there is no such thing.
        """
        if path in self._known:
            return self._known[path]
        name, _, rest = path.partition(".")
        column = self._own(name)
        if rest:
            column = self._known[path] = followed(self.world, column, path, self.table)
        return column

    def loaded(self, name: str) -> Column:
        """What a column of the table is filled with; its name may mean something else in paths (``time``, ``a.b``)."""
        other = name in self._given or "." in name
        return self._make(name) if other and name in self._values else self.value(name)

    def carried(self, key: str, make: Callable[[], T]) -> T:
        """What a generator that is asked block after block carries from one to the next."""
        if self._carried is None:
            raise TypeError(f"{self.table} is not made from its first block on")
        if key not in self._carried:
            self._carried[key] = make()
        found: T = self._carried[key]
        return found

    def _own(self, name: str) -> Column:
        if name not in self._known:
            if name in self._under_way:
                path = " → ".join([*self._under_way[self._under_way.index(name) :], name])
                raise Misfit(f"these columns of {self.table} depend on each other: {path}")
            self._under_way.append(name)
            try:
                self._known[name] = self._given[name](self) if name in self._given else self._make(name)
            except Misfit as misfit:
                raise Misfit(misfit.message, misfit.key or self._key(name)) from None
            finally:
                self._under_way.pop()
        return self._known[name]

    def _make(self, name: str) -> Column:
        if name not in self._values:
            names = ", ".join(name for name in dict.fromkeys((*self._given, *self._values)) if name.isidentifier())
            raise Misfit(f"{self.table} has no column, helper or link '{name}'; it has {names}", self._asker())
        value = self._values[name]
        if self._kept(name, value):
            return self.world.column(self.table, name).span(self.span.first, self.span.end)
        stream = self.world.stream(self.table, name)
        column = value.generator.column(self, stream)
        if value.condition:
            column = column.but_null(~value.condition.holds(self))
        if value.nulls:
            column = column.but_null(stream.aspect("nulls").uniform(self.span) < value.nulls)
        return with_reserved(self, name, value.generator, column)

    def _kept(self, name: str, value: Value) -> bool:
        """Whether the column is made elsewhere: from the first block on, or for somebody who has looked at it."""
        if self._making != name and (self._carried is None or self._making):
            return value.generator.whole or self.world.store.known(f"column {self.table}.{name}")
        return False

    def _asker(self) -> str:
        return self._key(self._under_way[-2]) if len(self._under_way) > 1 else f"tables.{self.table}"

    def _key(self, name: str) -> str:
        spec = self.world.definition.tables[self.table]
        for part in ("links", "helpers", "columns"):
            if name in getattr(spec, part):
                return f"tables.{self.table}.{part}.{name}"
        return f"tables.{self.table}"


def linked(rows: Block | Picked, path: str) -> Column:
    """A column which must be a link.

    Raises:
        Misfit: it is none.
    """
    column = rows.value(path)
    if column.kind != "link":
        raise Misfit(f"'{path}' of {rows.table} is no link")
    return column


def followed(world: World, column: Column, path: str, table: str) -> Column:
    """The rest of a path, of the rows to which a link refers."""
    name, _, rest = path.partition(".")
    if column.kind != "link":
        raise Misfit(f"'{path}': '{name}' of {table} is no link")
    return world.at(column.target, rest, column.array)


def fixed(column: Column) -> Given:
    """A column that is there."""
    return lambda block: column


def spanned(column: Kept) -> Given:
    """The block's rows of a column in the store."""
    return lambda block: column.span(block.span.first, block.span.end)


def wall(block: Block) -> Column:
    """When the rows come into being."""
    instants = block.world.layout(block.table).instants.span(block.span.first, block.span.end)
    return Column(TIME, block.world.definition.calendar.wall(instants))
