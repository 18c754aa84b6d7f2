"""Shapes: which rows a table has, and what each refers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.codes import Ints
from platformdb.seeding.columns import Column, link
from platformdb.seeding.conditions import Condition, Scalar
from platformdb.seeding.distributions import EVEN, FORBID, Distribution, Skew, choose, counts
from platformdb.seeding.pairs import sample_pairs
from platformdb.seeding.problems import Misfit
from platformdb.seeding.ropes import texts
from platformdb.seeding.streams import Span, Stream
from platformdb.seeding.world import Draft, linked

if TYPE_CHECKING:
    from platformdb.seeding.world import World


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
        return Draft(0 if world.empty else self.count, {})


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
        return Draft(rows, {"row": link(np.arange(rows, dtype=np.int64), self.file)})


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

    @property
    def name(self) -> str:
        """The link's name."""
        return self.link or self.table

    def parents(self, world: World, stream: Stream) -> Ints:
        """For each row to make the row of ``table`` it comes from."""
        pool = self._pool(world, stream)
        if not len(pool):
            return pool
        if self.total is not None:
            weights = self.skew.weights(stream.aspect("skew"), len(pool))
            return pool[choose(weights, stream.aspect("total"), Span(0, self.total))]
        return np.repeat(pool, self._counts(world, pool, stream))

    def _counts(self, world: World, pool: Ints, stream: Stream) -> Ints:
        if self.count is None:
            return np.ones(len(pool), np.int64)
        if not isinstance(self.count, str):
            return counts(self.count, stream.aspect("count"), Span(0, len(pool)))
        column = world.whole(self.table).value(self.count)
        if column.kind != "int":
            raise Misfit(f"count: '{self.count}' of {self.table} is of kind {column.kind}, not a whole number")
        return np.maximum(np.where(column.missing, 0, column.array)[pool], 0)

    def _pool(self, world: World, stream: Stream) -> Ints:
        rows = world.rows(self.table)
        mask = np.ones(rows, np.bool_)
        condition = Condition(self.where or {}, self.given, self.absent)
        if condition:
            mask &= condition.holds(world.whole(self.table))
        if self.share < 1:
            mask &= stream.aspect("share").uniform(Span(0, rows)) < self.share
        return np.flatnonzero(mask).astype(np.int64)


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
        parents = [source.parents(world, stream.aspect(source.name)) for source in self.of]
        sizes = [len(positions) for positions in parents]
        ends = np.cumsum(sizes)
        known: dict[str, Column] = {}
        for source, positions, end in zip(self.of, parents, ends.tolist(), strict=True):
            column = np.full(int(ends[-1]), -1, np.int64)
            column[end - len(positions) : end] = positions
            known[source.name] = link(column, source.table)
        codes = np.repeat(np.arange(len(sizes)), sizes)
        known["source"] = Column("text", texts(source.name for source in self.of).take(codes))
        return Draft(len(codes), known)


@dataclass(frozen=True, slots=True)
class Side:
    """One end of the edges: the table, the name of the link, and how unequal its rows are."""

    table: str
    link: str
    skew: Skew = EVEN
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID


@dataclass(frozen=True, slots=True)
class Pairs:
    """``total`` different pairs; within one table nobody is paired with himself.

    ``reciprocity`` is the share of pairs (a, b) of one table whose answer (b, a) is there too.
    """

    shape: Literal["pairs"]
    left: Side
    right: Side
    total: int
    reciprocity: float = 0.0
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if self.total < 0 or not 0 <= self.reciprocity <= 1:
            raise ValueError("total must not be negative, reciprocity from 0 to 1")
        if self.reciprocity and self.left.table != self.right.table:
            raise ValueError("reciprocity needs the same table on both sides")

    def lay(self, world: World, stream: Stream) -> Draft:
        """The pairs."""
        sides = (self.left, self.right)
        weights = [side.skew.weights(stream.aspect(side.link), world.rows(side.table)) for side in sides]
        within = self.left.table == self.right.table
        total = 0 if world.empty else self.total
        left, right = sample_pairs(weights[0], weights[1], total, self.reciprocity, stream, loops=not within)
        known = {side.link: link(rows, side.table) for side, rows in zip(sides, (left, right), strict=True)}
        return Draft(len(left), known)


@dataclass(frozen=True, slots=True)
class Mutual:
    """One row for each two rows of one table that are paired in both directions by the edges table ``of``.

    The links ``low`` and ``high`` are the two in the order of their rows (with time-ordered keys that of their ids),
    ``edges`` names the links to the two edges.
    """

    shape: Literal["mutual"]
    of: str
    left: str
    right: str
    low: str
    high: str
    edges: tuple[str, str]
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def lay(self, world: World, stream: Stream) -> Draft:
        """The pairs."""
        edges = world.whole(self.of)
        left, right = linked(edges, self.left), linked(edges, self.right)
        size = world.rows(left.target)
        codes = np.minimum(left.array, right.array) * size + np.maximum(left.array, right.array)
        up = np.flatnonzero(left.array < right.array)
        down = np.flatnonzero(left.array > right.array)
        pairs, first, second = np.intersect1d(codes[up], codes[down], assume_unique=True, return_indices=True)
        known = {
            self.low: link(pairs // max(size, 1), left.target),
            self.high: link(pairs % max(size, 1), left.target),
            self.edges[0]: link(up[first], self.of),
            self.edges[1]: link(down[second], self.of),
        }
        return Draft(len(pairs), known)


AnyShape = Independent | FromFile | Per | Pairs | Mutual
