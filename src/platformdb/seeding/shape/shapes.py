"""Shapes: which rows a table has, and what each refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.files.story import MOST_ROWS
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Ints, Mask
from platformdb.seeding.rows.columns import Column, link
from platformdb.seeding.rows.conditions import Condition, Scalar
from platformdb.seeding.rows.layouts import Derived, Draft, Rows, spans
from platformdb.seeding.rows.ropes import texts
from platformdb.seeding.rows.stored import Stored
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.distributions import EVEN, FORBID, Distribution, Skew, counts
from platformdb.seeding.shape.graphs import Mutual, Pairs

if TYPE_CHECKING:
    from platformdb.seeding.rows.world import Block, World


@dataclass(frozen=True, slots=True)
class Independent:
    """``count`` rows that refer to nothing."""

    shape: Literal["independent"]
    count: int
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("count must not be negative")

    def lay(self, world: World, stream: Stream) -> Draft:
        """The rows."""
        return Draft(0 if world.empty else self.count, lambda span: {})


@dataclass(frozen=True, slots=True)
class FromFile:
    """One row for each row of a reference file; the link ``row`` refers to it."""

    shape: Literal["reference"]
    file: str
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def lay(self, world: World, stream: Stream) -> Draft:
        """The rows."""
        if self.file not in world.definition.references:
            raise Misfit(f"there is no reference file '{self.file}'")
        rows = 0 if world.empty else world.rows(self.file)
        return Draft(rows, lambda span: {"row": link(span.positions, self.file)})


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of another table that bring rows of this one.

    Of the rows of ``table`` which meet the condition (see conditions.py) a ``share`` takes part. Each brings
    ``count`` rows (a distribution, or the path of a column of whole numbers); or together they bring ``total``, spread
    by ``skew``. ``link`` names the reference to them.
    """

    table: str
    link: str = ""
    share: float = 1.0
    count: Distribution | str | None = None
    total: int | None = None
    skew: Skew = EVEN
    where: dict[str, Scalar | tuple[Scalar, ...]] | None = None
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if self.count is not None and self.total is not None:
            raise ValueError("choose one of count and total")
        if self.total is None and self.skew != EVEN:
            raise ValueError("skew spreads a total; here each row has its own count")
        if not 0 <= self.share <= 1:
            raise ValueError("share must be from 0 to 1")
        if self.total is not None and self.total < 0:
            raise ValueError("total must not be negative")

    @property
    def name(self) -> str:
        """The link's name."""
        return self.link or self.table

    def brought(self, world: World, stream: Stream) -> Brought:
        """The rows to make, and the row of ``table`` that each comes from."""
        if not self.condition and self.share >= 1 and (self.count, self.total) == (None, None):
            return Brought(world.rows(self.table))
        pool, numbers = world.store.scratch(np.int32), world.store.scratch(np.int64)
        for block in world.blocks(self.table):
            mask = self._partakers(block, stream)
            pool.append((np.flatnonzero(mask) + block.span.first).astype(np.int32))
            if self.count is not None:
                numbers.append(self._counts(block, stream)[mask])
        if self.total is not None:
            numbers.append(self.skew.counts(stream.aspect("skew"), pool.rows, self.total))
        return _brought(world, pool.finish(), numbers.finish() if numbers.rows else None)

    @property
    def condition(self) -> Condition:
        """Which rows take part."""
        return Condition(self.where or {}, self.given, self.absent)

    def _partakers(self, block: Block, stream: Stream) -> Mask:
        mask = self.condition.holds(block)
        if self.share < 1:
            mask &= stream.aspect("share").uniform(block.span) < self.share
        return mask

    def _counts(self, block: Block, stream: Stream) -> Ints:
        if self.count is None:
            return np.ones(block.rows, np.int64)
        if not isinstance(self.count, str):
            return counts(self.count, stream.aspect("count"), block.span)
        column = block.value(self.count)
        if column.kind != "int":
            raise Misfit(f"count: '{self.count}' of {self.table} is of kind {column.kind}, not a whole number")
        return np.maximum(np.where(column.missing, 0, column.array), 0)


@dataclass(frozen=True, slots=True, eq=False)
class Brought:
    """Which row each of some rows comes from: ``pool`` are those that take part (None: all of the table).

    The first ``ends[0]`` rows come from the first of them, and so on (None: one row from each).
    """

    rows: int
    pool: Stored | None = None
    ends: Stored | None = None

    def span(self, first: int, end: int) -> Ints:
        """The row that each of the rows from ``first`` to ``end`` comes from."""
        if end <= first:
            return np.zeros(0, np.int64)
        if self.ends is None:
            return np.arange(first, end) if self.pool is None else self.pool.span(first, end).astype(np.int64)
        low, high = np.searchsorted(self.ends.whole(), (first, end - 1), side="right").tolist()
        sizes = np.diff(np.clip(self.ends.span(low, high + 1), first, end), prepend=first)
        members = np.arange(low, high + 1) if self.pool is None else self.pool.span(low, high + 1)
        return np.repeat(members.astype(np.int64), sizes)


def _brought(world: World, pool: Stored, numbers: Stored | None) -> Brought:
    if numbers is None:
        return Brought(len(pool), pool)
    ends, total = world.store.scratch(np.int64), 0
    for span in spans(len(numbers)):
        reached = total + np.cumsum(numbers.span(span.first, span.end))
        total = int(reached[-1]) if len(reached) else total
        ends.append(reached)
    return Brought(total, pool, ends.finish())


@dataclass(frozen=True, slots=True)
class Per:
    """Rows that come from rows of other tables; the text ``source`` names the link which a row has."""

    shape: Literal["per"]
    of: tuple[Source, ...]
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        names = [source.name for source in self.of]
        if not names or len(set(names)) < len(names):
            raise ValueError("of needs at least one source, and each its own link name")

    def lay(self, world: World, stream: Stream) -> Draft:
        """The rows, source by source."""
        sources = tuple(source.brought(world, stream.aspect(source.name)) for source in self.of)
        ends = np.cumsum([source.rows for source in sources]).tolist()
        if ends[-1] > MOST_ROWS:
            raise Misfit(f"{ends[-1]:,} rows: a table can have {MOST_ROWS:,}")
        derived: dict[str, Derived] = {"source": _SourceName(tuple(source.name for source in self.of))}
        for number, source in enumerate(self.of):
            derived[source.name] = _SourceLink(number, source.table)
        return Draft(ends[-1], partial(_from_sources, sources, ends), derived)


# What is kept of a row of ``per``: the number of its source, and the row there. Its links follow from these.
NUMBER, PLACE = "source number", "source row"


@dataclass(frozen=True, slots=True)
class _SourceName:
    names: tuple[str, ...]

    def __call__(self, rows: Rows) -> Column:
        return Column("text", texts(self.names).take(rows.value(NUMBER).array.astype(np.int64)))


@dataclass(frozen=True, slots=True)
class _SourceLink:
    number: int
    table: str

    def __call__(self, rows: Rows) -> Column:
        here = rows.value(NUMBER).array == self.number
        places = rows.value(PLACE).array
        return link(places if here.all() else np.where(here, places, -1), self.table)


def _from_sources(sources: Sequence[Brought], ends: Sequence[int], span: Span) -> dict[str, Column]:
    numbers, places = [np.zeros(0, np.uint8)], [np.zeros(0, np.int64)]
    for number, (source, end) in enumerate(zip(sources, ends, strict=True)):
        first = end - source.rows
        places.append(source.span(max(span.first - first, 0), min(span.end, end) - first))
        numbers.append(np.full(len(places[-1]), number, np.uint8))
    return {NUMBER: Column("int", np.concatenate(numbers)), PLACE: link(np.concatenate(places), "")}


AnyShape = Independent | FromFile | Per | Pairs | Mutual
