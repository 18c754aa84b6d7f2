"""Laying out a table: its rows are drafted in any order, those that may not be go, and the others are put in time.

All of it block by block. What is in memory does not grow with the rows, but for a bit per row where ``distinct`` is
asked for; a table whose rows come in turn (``gap``) has the rows of its largest group in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.model import Table
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Ints, Mask
from platformdb.seeding.rows.columns import Column, identities
from platformdb.seeding.rows.kept import Kept, Packer
from platformdb.seeding.rows.ordering import in_order, repeats
from platformdb.seeding.rows.store import Writer
from platformdb.seeding.rows.stored import Stored
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.shape.times import STEP, in_turn

if TYPE_CHECKING:
    from platformdb.seeding.rows.world import Block, World

Records = NDArray[Any]
# Fields of a record beside those of the links; no link is called so.
AT, ROOM, GAP = "at", "room", "gap"


class Rows(Protocol):
    """Some rows of a table: how many, and the values at a path."""

    @property
    def rows(self) -> int:
        """How many."""

    def value(self, path: str) -> Column:
        """The values at a path."""


# What follows from other known columns of a row and need not be kept.
Derived = Callable[[Rows], Column]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """Rows in any order: how many, and what is known of the rows of a block (links, and the text ``source``)."""

    rows: int
    block: Callable[[Span], Mapping[str, Column]]
    derived: Mapping[str, Derived] = field(default_factory=dict)


def draft_of(rows: int, known: Mapping[str, Column | Kept]) -> Draft:
    """A draft of columns that are there already."""
    return Draft(rows, lambda span: {name: column.span(span.first, span.end) for name, column in known.items()})


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A table's rows in the order of time: what they refer to, and their instants (activity time)."""

    rows: int
    known: Mapping[str, Kept]
    derived: Mapping[str, Derived]
    instants: Stored


def spans(rows: int) -> Iterator[Span]:
    """All blocks, an empty one where there are no rows: even then a column has a kind."""
    for first in range(0, max(rows, 1), BLOCK):
        yield Span(first, min(first + BLOCK, rows))


def lay(world: World, spec: Table) -> Layout:
    """The table's rows.

    Raises:
        Misfit: the definition asks for what cannot be.
    """
    try:
        draft = spec.rows.lay(world, world.stream(spec.name, "rows"))
    except Misfit as misfit:
        raise Misfit(misfit.message, misfit.key or f"tables.{spec.name}.rows") from None
    drafted = _Drafted(world, spec, draft)
    carried: dict[str, Any] = {}
    for span in spans(draft.rows):
        drafted.add(world.draft_block(spec, span, draft, carried))
    return drafted.in_time()


class _Drafted:
    """Rows as records: the instant, and what is kept of each link."""

    def __init__(self, world: World, spec: Table, draft: Draft) -> None:
        self._world, self._spec, self._draft = world, spec, draft
        self._packers: dict[str, Packer] = {}
        self._fields: dict[str, list[str]] = {}
        self._records: Writer | None = None
        self._identities = world.store.scratch(np.int64)

    def add(self, block: Block) -> None:
        """The rows of a block that may be, in the order of the draft."""
        names = [*block.names, *self._spec.links]
        columns = {name: block.value(name) for name in names}
        passing = _passing(self._spec, columns, block)
        arrays = self._times(block, columns)
        for name, column in columns.items():
            if name not in self._draft.derived:
                arrays |= self._packed(name, column)
        if self._records is None:
            self._records = self._world.store.scratch([(name, array.dtype) for name, array in arrays.items()])
        record = np.empty(block.span.rows, self._records.dtype)
        for name, array in arrays.items():
            record[name] = array
        self._records.append(record if passing.all() else record.take(np.flatnonzero(passing)))
        if self._spec.distinct:
            self._identities.append(identities([columns[name] for name in self._spec.distinct], block.span)[passing])

    def in_time(self) -> Layout:
        """The rows in the order of time, each later than the one before."""
        found = self._stored()
        if self._spec.distinct:
            found = self._distinct(found)
        if self._spec.time.gap is not None:
            found = self._in_turn(found)
        store, item = self._world.store, f"layout {self._spec.name}"
        writers = {name: store.writer(item, found.dtype[name]) for name in found.dtype.names or ()}
        last, rows = 0, 0
        for piece in in_order(store, found, AT):
            steps = np.arange(rows, rows + len(piece), dtype=np.int64) * STEP
            rising = np.maximum(np.maximum.accumulate(piece[AT] - steps), last)
            last, rows = int(rising[-1]) if len(piece) else last, rows + len(piece)
            writers[AT].append(rising + steps)
            for names in self._fields.values():
                for name in names:
                    writers[name].append(piece[name])
        known = {
            name: Kept(packer.finish(), tuple(writers[part].finish() for part in self._fields[name]))
            for name, packer in self._packers.items()
        }
        return Layout(rows, known, self._draft.derived, writers[AT].finish())

    def _packed(self, name: str, column: Column) -> dict[str, NDArray[Any]]:
        if name not in self._packers:
            self._packers[name] = Packer(self._world.store, f"layout {self._spec.name}", column)
            self._fields[name] = [f"{name} {number}" for number in range(len(self._packers[name].dtypes))]
        packer = self._packers[name]
        arrays = (np.asarray(array, dtype) for array, dtype in zip(packer.pack(column), packer.dtypes, strict=True))
        return dict(zip(self._fields[name], arrays, strict=True))

    def _times(self, block: Block, columns: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
        time, calendar = self._spec.time, self._world.definition.calendar
        base = self._base(block, columns)
        stream = self._world.stream(self._spec.name, "time")
        if time.gap is None:
            return {AT: time.instants(base, block.span, calendar, stream)}
        return {
            AT: base, ROOM: time.room(base, calendar), GAP: time.gaps(block.span, stream),
            "group": self._world.linked(block, time.per).array.astype(np.int32),
        }  # fmt: skip

    def _base(self, block: Block, columns: Mapping[str, Column]) -> Ints:
        """The instant of the last row that each refers to; the story's first where it refers to none."""
        base = np.full(block.span.rows, self._world.definition.calendar.opens, np.int64)
        links = [column for column in columns.values() if column.kind == "link"]
        links += [self._world.linked(block, path) for path in self._spec.time.after]
        for column in links:
            rows = np.flatnonzero(column.array >= 0)
            if len(rows) and column.target in self._world.definition.tables:
                instants = self._world.layout(column.target).instants.at(column.array[rows])
                base[rows] = np.maximum(base[rows], instants)
        return base

    def _stored(self) -> Stored:
        if self._records is None:
            raise TypeError("a draft without a block")
        return self._records.finish()

    def _distinct(self, found: Stored) -> Stored:
        """Of rows with the same identity the first."""
        again = repeats(self._world.store, self._identities.finish())
        left = self._world.store.scratch(found.dtype)
        for span in spans(len(found)):
            left.append(found.span(span.first, span.end).take(np.flatnonzero(~again.span(span.first, span.end))))
        return left.finish()

    def _in_turn(self, found: Stored) -> Stored:
        """Group by group the instants of rows that come one after the other."""
        timed = self._world.store.scratch(found.dtype)
        for piece in in_order(self._world.store, found, "group", divisible=False):
            piece[AT] = in_turn(piece[AT], piece["group"], piece[GAP], piece[ROOM])
            timed.append(piece)
        return timed.finish()


def _passing(spec: Table, columns: Mapping[str, Column], block: Block) -> Mask:
    """The rows that pass ``require`` and ``differ``."""
    unknown = [name for name in (*spec.require, *spec.differ, *spec.distinct) if name not in columns]
    if unknown:
        known = ", ".join(name for name in columns if name.isidentifier())
        raise Misfit(f"{spec.name} has no link '{unknown[0]}', only {known}", f"tables.{spec.name}")
    mask = np.ones(block.span.rows, np.bool_)
    for name in spec.require:
        mask &= columns[name].array >= 0
    if spec.differ:
        first, second = (columns[name].array for name in spec.differ)
        mask &= first != second
    return mask
