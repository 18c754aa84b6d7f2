"""The world a seed describes: tables that are made when somebody asks for them, each thing once.

A table is first laid out: which rows, what each refers to, when. Its columns follow, whole where another table
or a generator needs them whole, else block by block while the COPY stream is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from platformdb.seeding.codes import Ints, by_code, compact
from platformdb.seeding.columns import Column, keys
from platformdb.seeding.model import Definition, Table, Value
from platformdb.seeding.problems import Misfit
from platformdb.seeding.streams import Span, Stream
from platformdb.seeding.times import ascending, latest

TIME = "time"
LARGEST = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """Rows in any order: how many, and what is known of each (links, and the text ``source``)."""

    rows: int
    known: Mapping[str, Column]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A table's rows in the order of time: what they refer to, and their instants (activity time)."""

    rows: int
    known: Mapping[str, Column]
    instants: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The rows of a table by what they refer to: those of parent p are ``order[starts[p] : starts[p] + counts[p]]``."""

    order: Ints
    starts: Ints
    counts: Ints


class World:
    """All tables of a definition for one seed. ``empty``: without any row, to try the definition itself."""

    def __init__(self, definition: Definition, seed: int, *, empty: bool = False) -> None:
        self.definition = definition
        self.seed = seed
        self.empty = empty
        self._layouts: dict[str, Layout] = {}
        self._blocks: dict[str, Block] = {}
        self._groups: dict[tuple[str, str], Groups] = {}
        self._under_way: list[str] = []

    def layout(self, table: str) -> Layout:
        """The table's rows.

        Raises:
            Misfit: there is no such table, or its rows depend on themselves.
        """
        if table not in self._layouts:
            if table in self._under_way:
                path = " → ".join([*self._under_way[self._under_way.index(table) :], table])
                raise Misfit(f"the rows of these tables depend on each other: {path}")
            self._under_way.append(table)
            try:
                self._layouts[table] = self._lay(self._spec(table))
            finally:
                self._under_way.pop()
        return self._layouts[table]

    def rows(self, target: str) -> int:
        """How many rows a table or reference file has."""
        reference = self.definition.references.get(target)
        return self.layout(target).rows if reference is None else reference.rows

    def whole(self, table: str) -> Block:
        """All rows of a table as one block."""
        if table not in self._blocks:
            self._blocks[table] = self._block(table, Span(0, self.layout(table).rows))
        return self._blocks[table]

    def block(self, table: str, span: Span) -> Block:
        """Some rows of a table; ``span`` begins at a block's beginning."""
        whole = self.whole(table)
        return whole if span == whole.span else self._block(table, span)

    def field(self, target: str, path: str) -> Column:
        """A column of a table or a reference file, for all its rows."""
        reference = self.definition.references.get(target)
        if reference is None:
            return self.whole(target).value(path)
        if path not in reference.columns:
            raise Misfit(f"{target} has no column '{path}', only {', '.join(reference.columns)}")
        return reference.columns[path]

    def groups(self, table: str, path: str) -> Groups:
        """The rows of a table by the row which a link of theirs refers to."""
        if (table, path) not in self._groups:
            column = linked(self.whole(table), path)
            order = by_code(column.array + 1)
            counts = np.bincount(column.array + 1, minlength=self.rows(column.target) + 1)
            starts = np.cumsum(counts) - counts
            self._groups[table, path] = Groups(order, starts[1:], counts[1:])
        return self._groups[table, path]

    def stream(self, table: str, name: str) -> Stream:
        """The random numbers of one column."""
        return Stream(f"{self.seed}/{table}/{name}")

    def _spec(self, table: str) -> Table:
        if table not in self.definition.tables:
            raise Misfit(f"there is no table '{table}' in {self.definition.file}")
        return self.definition.tables[table]

    def _block(self, table: str, span: Span) -> Block:
        spec, layout = self._spec(table), self._layouts[table]
        part = span.positions
        everything = span.rows == layout.rows
        known = {name: column if everything else column.take(part) for name, column in layout.known.items()}
        instants = layout.instants if everything else layout.instants[part]
        known[TIME] = Column("time", self.definition.calendar.wall(instants))
        return Block(self, table, span, known, {**spec.helpers, **spec.columns})

    def _lay(self, spec: Table) -> Layout:
        try:
            draft = spec.rows.lay(self, self.stream(spec.name, "rows"))
        except Misfit as misfit:
            raise Misfit(misfit.message, misfit.key or f"tables.{spec.name}.rows") from None
        block = Block(self, spec.name, Span(0, draft.rows), draft.known, spec.links, draft=True)
        known = {**draft.known, **{name: block.value(name) for name in spec.links}}
        kept = _kept(spec, known, draft.rows)
        block = Block(self, spec.name, Span(0, len(kept)), {n: c.take(kept) for n, c in known.items()}, {}, draft=True)
        order, instants = ascending(self._instants(spec, block))
        return Layout(len(order), {name: column.take(order) for name, column in block.known.items()}, instants)

    def _instants(self, spec: Table, block: Block) -> Ints:
        columns = [column for column in block.known.values() if column.kind == "link"]
        columns += [linked(block, path) for path in spec.time.after]
        calendar = self.definition.calendar
        moments = [self._moments(column) for column in columns if column.target in self.definition.tables]
        base = latest(moments, block.span.rows, calendar.opens)
        groups = linked(block, spec.time.per).array if spec.time.per else None
        return spec.time.instants(base, groups, calendar, self.stream(spec.name, TIME))

    def _moments(self, column: Column) -> Ints:
        """The instants of what a link refers to; 0, before all times, where it refers to nothing."""
        instants = np.append(self.layout(column.target).instants, 0)
        return np.asarray(instants[column.array])


class Block:
    """Some rows of a table, and the way to their values."""

    def __init__(
        self,
        world: World,
        table: str,
        span: Span,
        known: Mapping[str, Column],
        values: Mapping[str, Value],
        *,
        draft: bool = False,
    ) -> None:  # a block is what all generators see: nothing here can be left out
        self.world = world
        self.table = table
        self.span = span
        self.known = dict(known)
        self._values = values
        self._draft = draft
        self._under_way: list[str] = []

    def value(self, path: str) -> Column:
        """The values at a path: a column, helper or link of the table, or ``link.column`` of what the link refers to.

        Raises:
            Misfit: there is no such thing.
        """
        name, _, rest = path.partition(".")
        column = self._own(name)
        if not rest:
            return column
        if column.kind != "link":
            raise Misfit(f"'{path}': '{name}' of {self.table} is no link")
        return self.world.field(column.target, rest).take(column.array)

    def _own(self, name: str) -> Column:
        if name not in self.known:
            if name in self._under_way:
                path = " → ".join([*self._under_way[self._under_way.index(name) :], name])
                raise Misfit(f"these columns of {self.table} depend on each other: {path}")
            self._under_way.append(name)
            try:
                self.known[name] = self._make(name)
            except Misfit as misfit:
                raise Misfit(misfit.message, misfit.key or self._key(name)) from None
            finally:
                self._under_way.pop()
        return self.known[name]

    def _make(self, name: str) -> Column:
        if name not in self._values:
            known = ", ".join(dict.fromkeys((*self.known, *self._values)))
            raise Misfit(f"{self.table} has no column, helper or link '{name}'; it has {known}", self._asker())
        value = self._values[name]
        complete = self._draft or self.span.rows == self.world.layout(self.table).rows
        if value.generator.whole and not complete:
            return self.world.whole(self.table).value(name).take(self.span.positions)
        stream = self.world.stream(self.table, name)
        column = value.generator.column(self, stream)
        if value.condition:
            column = column.but_null(~value.condition.holds(self))
        if value.nulls:
            column = column.but_null(stream.aspect("nulls").uniform(self.span) < value.nulls)
        return column

    def _asker(self) -> str:
        return self._key(self._under_way[-2]) if len(self._under_way) > 1 else f"tables.{self.table}"

    def _key(self, name: str) -> str:
        spec = self.world.definition.tables[self.table]
        for part in ("links", "helpers", "columns"):
            if name in getattr(spec, part):
                return f"tables.{self.table}.{part}.{name}"
        return f"tables.{self.table}"


def linked(block: Block, path: str) -> Column:
    """A column which must be a link.

    Raises:
        Misfit: it is none.
    """
    column = block.value(path)
    if column.kind != "link":
        raise Misfit(f"'{path}' of {block.table} is no link")
    return column


def _kept(spec: Table, known: Mapping[str, Column], rows: int) -> Ints:
    """The rows that pass ``require``, ``differ`` and ``distinct``."""
    unknown = [name for name in (*spec.require, *spec.differ, *spec.distinct) if name not in known]
    if unknown:
        raise Misfit(f"{spec.name} has no link '{unknown[0]}', only {', '.join(known)}", f"tables.{spec.name}")
    mask = np.ones(rows, np.bool_)
    for name in spec.require:
        mask &= known[name].array >= 0
    if spec.differ:
        first, second = (known[name].array for name in spec.differ)
        mask &= first != second
    kept = np.flatnonzero(mask).astype(np.int64)
    return _first_of_each([known[name].take(kept) for name in spec.distinct], kept) if spec.distinct else kept


def _first_of_each(columns: list[Column], kept: Ints) -> Ints:
    """The rows with combinations of values not seen before; as in SQL, who lacks a value equals nobody."""
    codes, room = np.zeros(len(kept), np.int64), 1
    lacking = np.zeros(len(kept), np.bool_)
    for column in columns:
        lacking |= column.array < 0 if column.kind == "link" else column.missing
        values, own = keys(column)
        if room * len(values) > LARGEST:
            different, codes = compact(codes)
            room = len(different)
        codes, room = codes * len(values) + own, room * len(values)
    first = np.zeros(len(kept), np.bool_)
    first[np.unique(codes, return_index=True)[1]] = True
    return kept[first | lacking]
