"""The world a seed describes: tables that are made when somebody asks for them, each thing once.

A table is first laid out: which rows, what each refers to, when (layouts.py). Its columns follow block by block while
the COPY stream is written. What other rows look at is made once, block by block, and kept in the store; several
processes that share a store's folder share what is in it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from platformdb.seeding.model import Definition, Table
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.blocks import TIME, Block, Given, Picked, fixed, followed, linked, spanned, wall
from platformdb.seeding.rows.codes import Ints
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.kept import Keeper, Kept
from platformdb.seeding.rows.layouts import Draft, Layout, draft_of, lay, spans
from platformdb.seeding.rows.ordering import in_order, records
from platformdb.seeding.rows.store import Store
from platformdb.seeding.rows.stored import Stored
from platformdb.seeding.rows.streams import Span, Stream

__all__ = ["Block", "Draft", "Groups", "Picked", "World", "WorldRecipe", "draft_of", "linked"]

# Tables with at most so many rows are made as one block, and that stays in memory.
SMALL = 1 << 12

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The rows of a table by what they refer to: of row p ``order`` from ``starts[p]`` to ``starts[p + 1]``."""

    order: Stored
    starts: Stored

    def sizes(self, parents: Ints) -> tuple[Ints, Ints]:
        """For each parent where its rows begin in ``order``, and how many there are; none for a negative one."""
        safe = np.maximum(parents, 0) if len(self.starts) > 1 else np.zeros_like(parents)
        starts = self.starts.at(safe)
        ends = self.starts.at(np.minimum(safe + 1, len(self.starts) - 1))
        return starts, np.where(parents >= 0, ends - starts, 0)


@dataclass(frozen=True, slots=True)
class WorldRecipe:
    """What another process needs to see the same world; ``folder`` is where all of them keep it."""

    definition: Definition
    seed: int
    folder: Path

    def open(self) -> World:
        """The world in this process."""
        return World(self.definition, self.seed, store=Store(self.folder, shared=True))


class World:
    """All tables of a definition for one seed. ``empty``: without any row, to try the definition itself."""

    def __init__(self, definition: Definition, seed: int, *, empty: bool = False, store: Store | None = None) -> None:
        self.definition = definition
        self.seed = seed
        self.empty = empty
        self.store = store or Store()
        self._small: dict[str, Block] = {}
        self._under_way: list[str] = []

    def layout(self, table: str) -> Layout:
        """The table's rows.

        Raises:
            Misfit: there is no such table, or its rows depend on themselves.
        """
        return self._once(f"layout {table}", table, "the rows of these tables", lambda: lay(self, self._spec(table)))

    def rows(self, target: str) -> int:
        """How many rows a table or reference file has."""
        reference = self.definition.references.get(target)
        return self.layout(target).rows if reference is None else reference.rows

    def block(self, table: str, span: Span) -> Block:
        """Some rows of a table; ``span`` begins at a block's beginning."""
        layout = self.layout(table)
        if layout.rows > SMALL:
            return self._block(table, span)
        if table not in self._small:
            self._small[table] = self._block(table, Span(0, layout.rows), carried={})
        return self._small[table]

    def blocks(self, table: str) -> Iterator[Block]:
        """All rows of a table, block by block; at least one block, if need be an empty one."""
        for span in spans(self.layout(table).rows):
            yield self.block(table, span)

    def whole(self, table: str) -> Block:
        """All rows of a table as one block: in memory, so not for what must work with any number of rows."""
        return self.block(table, Span(0, self.layout(table).rows))

    def field(self, target: str, path: str) -> Column:
        """A column of a table or a reference file, for all its rows; in memory as well."""
        reference = self.definition.references.get(target)
        if reference is None:
            return self.whole(target).value(path)
        if path not in reference.columns:
            raise Misfit(f"{target} has no column '{path}', only {', '.join(reference.columns)}")
        return reference.columns[path]

    def at(self, target: str, path: str, positions: Ints) -> Column:
        """The values at a path of some rows of a table or reference file; a negative position gives NULL."""
        if target in self.definition.references or self.layout(target).rows <= SMALL:
            return self.field(target, path).take(positions)
        name, _, rest = path.partition(".")
        column = self._at(target, name, positions)
        return followed(self, column, path, target) if rest else column

    def column(self, table: str, name: str) -> Column | Kept:
        """A column of a table for all its rows, made once and kept."""
        return self._once(f"column {table}.{name}", f"{table}.{name}", "these columns", lambda: self._made(table, name))

    def groups(self, table: str, path: str) -> Groups:
        """The rows of a table by the row which a link of theirs refers to."""
        return self._once(f"groups {table}.{path}", table, "these groups", lambda: self._grouped(table, path))

    def stream(self, table: str, name: str) -> Stream:
        """The random numbers of one column."""
        return Stream(f"{self.seed}/{table}/{name}")

    def draft_block(self, spec: Table, span: Span, draft: Draft, carried: dict[str, Any]) -> Block:
        """Rows of a table that is being laid out."""
        known = draft.block(span)
        given: dict[str, Given] = {name: fixed(column) for name, column in known.items()}
        return Block(self, spec.name, span, {**given, **draft.derived}, spec.links, carried=carried)

    def linked(self, block: Block, path: str) -> Column:
        """See ``linked``."""
        return linked(block, path)

    def _once(self, item: str, name: str, what: str, make: Callable[[], T]) -> T:
        if item in self._under_way:
            around = [*self._under_way[self._under_way.index(item) :], item]
            path = " → ".join(each.partition(" ")[2] for each in around if each.startswith(item.partition(" ")[0]))
            raise Misfit(f"{what} depend on each other: {path}")
        self._under_way.append(item)
        try:
            return self.store.once(item, make)
        finally:
            self._under_way.pop()

    def _spec(self, table: str) -> Table:
        if table not in self.definition.tables:
            raise Misfit(f"there is no table '{table}' in {self.definition.file}")
        return self.definition.tables[table]

    def _block(self, table: str, span: Span, carried: dict[str, Any] | None = None, making: str = "") -> Block:
        spec, layout = self._spec(table), self.layout(table)
        given: dict[str, Given] = {name: spanned(column) for name, column in layout.known.items()}
        return Block(
            self, table, span, {**given, **layout.derived, TIME: wall}, {**spec.helpers, **spec.columns},
            carried=carried, making=making,
        )  # fmt: skip

    def _at(self, table: str, name: str, positions: Ints) -> Column:
        """The values of a column, helper or link of a table that is not small."""
        layout = self.layout(table)
        if name == TIME:
            instants = layout.instants.at(np.maximum(positions, 0))
            return Column("time", self.definition.calendar.wall(instants)).but_null(positions < 0)
        if name in layout.known:
            return layout.known[name].take(positions)
        if name in layout.derived:
            return layout.derived[name](Picked(self, table, positions))
        return self.column(table, name).take(positions)

    def _made(self, table: str, name: str) -> Kept:
        keeper = Keeper(self.store, f"{table}.{name}")
        carried: dict[str, Any] = {}
        for span in spans(self.layout(table).rows):
            keeper.append(self._block(table, span, carried, name).loaded(name))
        return keeper.finish()

    def _grouped(self, table: str, path: str) -> Groups:
        spool = self.store.scratch([("at", np.int32), ("row", np.int32)])
        target = ""
        for block in self.blocks(table):
            column = linked(block, path)
            target = column.target
            rows = np.flatnonzero(column.array >= 0)
            positions = (rows + block.span.first).astype(np.int32)
            spool.append(records(at=column.array[rows].astype(np.int32), row=positions))
        item = f"groups {table}.{path}"
        order, starts = self.store.writer(item, np.int32), np.zeros(self.rows(target) + 1, np.int64)
        for piece in in_order(self.store, spool.finish(), "at"):
            if len(piece):
                low = int(piece["at"][0])
                counts = np.bincount(piece["at"] - low)
                starts[low + 1 : low + 1 + len(counts)] += counts
            order.append(piece["row"])
        return Groups(order.finish(), self.store.keep(item, np.cumsum(starts)))
