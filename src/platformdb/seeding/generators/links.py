"""Links: which row of another table, of a reference file, or of the same table a row refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.carried import Grown
from platformdb.seeding.rows.codes import Floats, Ints, by_code, compact, ranks
from platformdb.seeding.rows.columns import Column, keys, link
from platformdb.seeding.rows.conditions import Condition, Scalar
from platformdb.seeding.rows.stored import Stored
from platformdb.seeding.rows.streams import BLOCK
from platformdb.seeding.rows.world import Picked, linked
from platformdb.seeding.shape.chance import Wheel
from platformdb.seeding.shape.distributions import EVEN, FORBID, Share, Skew

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block, World


@dataclass(frozen=True, slots=True)
class Draw:
    """Any row of a table, by the popularity that ``skew`` describes or that its column ``weight`` holds.

    ``among`` narrows it to the rows whose columns have these values.
    """

    make: Literal["draw"]
    table: str
    skew: Skew = EVEN
    weight: str = ""
    among: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One link for each row; none where the table has no such rows."""
        ends, guide = block.world.store.once(f"draw {stream.address}", lambda: self._wheel(block.world, stream))
        wheel = Wheel(ends.whole(), guide.whole())
        if not wheel.width:
            return link(np.full(block.rows, -1, np.int64), self.table)
        return link(wheel.draw(stream.aspect("draw"), block.span), self.table)

    def _wheel(self, world: World, stream: Stream) -> tuple[Stored, Stored]:
        """How popular the table's rows are; in memory while it is made."""
        weights = self.skew.weights(stream.aspect("skew"), world.rows(self.table))
        if self.among or self.weight:
            weights = weights * np.concatenate([self._factors(other) for other in world.blocks(self.table)])
        wheel = Wheel.of(weights)
        return world.store.keep("wheel", wheel.ends), world.store.keep("wheel", wheel.guide)

    def _factors(self, other: Block) -> Floats:
        fitting = Condition(self.among).holds(other).astype(np.float64)
        return fitting * other.value(self.weight).array if self.weight else fitting


@dataclass(frozen=True, slots=True)
class Member:
    """Some row of table ``of`` that belongs to the same row as this one: ``of.by`` = this row's ``at``.

    ``take`` goes on to what that row refers to: a follower of the post's author is of = "user_follows",
    by = "following", at = "post.author", take = "follower". ``nth`` names a column of numbers which choose the row
    (counted round and round) instead of chance. With ``share`` below 1 the others, and those without a member,
    are drawn from the whole table.
    """

    make: Literal["member"]
    of: str
    by: str
    at: str
    take: str = ""
    nth: str = ""
    share: Share | None = None
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One link for each row; none where there is no member."""
        groups = block.world.groups(self.of, self.by)
        starts, sizes = groups.sizes(linked(block, self.at).array)
        rows = np.full(block.rows, -1, np.int64)
        some = np.flatnonzero(sizes)
        rows[some] = groups.order.at((starts + self._chosen(sizes, block, stream))[some])
        found = link(rows, self.of)
        if self.take:
            found = linked(Picked(block.world, self.of, rows), self.take)
        return found if self.share is None else self._or_anybody(found, self.share, block, stream)

    def _chosen(self, sizes: Ints, block: Block, stream: Stream) -> Ints:
        if self.nth:
            return np.asarray(block.value(self.nth).array % np.maximum(sizes, 1))
        return stream.aspect("member").below(sizes, block.span)

    def _or_anybody(self, found: Column, share: float, block: Block, stream: Stream) -> Column:
        rows = block.world.rows(found.target)
        if not rows:
            return found
        anybody = stream.aspect("anybody").below(rows, block.span)
        stranger = (found.array < 0) | (stream.aspect("share").uniform(block.span) >= share)
        return link(np.where(stranger, anybody, found.array), found.target)


@dataclass(frozen=True, slots=True)
class Earlier:
    """For a ``share`` of the rows an earlier row of the same table with the same link: what a reply replies to.

    Without ``same`` it is any earlier row: what a category is part of.
    ``deepest``: how many such steps at most lead from a row to one without; longer ways are cut short.
    """

    make: Literal["earlier"]
    same: str = ""
    share: Share = 1.0
    deepest: int | None = None
    whole: ClassVar[bool] = True
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if self.deepest is not None and self.deepest < 1:
            raise ValueError("deepest must be at least 1")

    def column(self, block: Block, stream: Stream) -> Column:
        """One link for each row; none for the first of a group."""
        answers = stream.aspect("share").uniform(block.span) < self.share
        before, draw = self._before(block, stream), stream.aspect("earlier")
        chosen = draw.below(before, block.span)
        if self.same:
            groups = block.world.groups(block.table, self.same)
            chosen = groups.order.at(np.where(before > 0, groups.sizes(linked(block, self.same).array)[0] + chosen, 0))
        earlier = np.where(answers & (before > 0), chosen, -1)
        if self.deepest is not None:
            earlier = block.carried(stream.address, Threads).shallow(earlier, block.span.first, self.deepest)
        return link(earlier, block.table)

    def _before(self, block: Block, stream: Stream) -> Ints:
        """How many rows of its group come before each row; 0 for those without a group."""
        if not self.same:
            return block.span.positions
        groups = linked(block, self.same).array
        counts = block.carried(f"{stream.address}/counts", Grown)
        found = counts.at(groups + 1) + ranks(groups)
        counts.put(groups + 1, found + 1)
        return np.where(groups >= 0, found, 0)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many steps along the link ``of``, made by ``earlier``, lead from the row to one that has none."""

    make: Literal["depth"]
    of: str
    whole: ClassVar[bool] = True
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One number for each row, 0 for those without the link."""
        earlier = linked(block, self.of)
        if earlier.target != block.table or (earlier.array >= block.span.positions).any():
            raise Misfit(f"'{self.of}' of {block.table} does not link to earlier rows of the same table")
        return Column("int", block.carried(stream.address, Threads).depths(earlier.array, block.span.first))


class Threads:
    """Links to earlier rows, block after block: how deep each row is, and where one that is too deep may hang on.

    In memory, for every row: its depth, and with ``shallow`` the row that may have followers.
    """

    def __init__(self) -> None:
        self._depths, self._anchors = Grown(), Grown()

    def depths(self, earlier: Ints, first: int) -> Ints:
        """How many steps lead from each row to one without a link; ``first`` is the number of the first row."""
        rows = np.arange(first, first + len(earlier))
        self._depths.put(rows, np.zeros(len(rows), np.int32))
        for some in _generations(earlier, first):
            self._depths.put(rows[some], self._depths.at(earlier[some]) + 1)
        return self._depths.at(rows).astype(np.int64)

    def shallow(self, earlier: Ints, first: int, deepest: int) -> Ints:
        """The same links, those from further down led to the nearest row that may have followers."""
        rows = np.arange(first, first + len(earlier))
        depths = self.depths(earlier, first)
        self._anchors.put(rows, rows)
        for some in _generations(earlier, first):
            far = some[depths[some] >= deepest]
            self._anchors.put(rows[far], self._anchors.at(earlier[far]))
        return np.where(earlier >= 0, self._anchors.at(np.maximum(earlier, 0)), -1)


def _generations(earlier: Ints, first: int) -> Iterator[Ints]:
    """The rows with a link, each after the one it links to: first those that link to rows before this block."""
    waiting = np.flatnonzero(earlier >= 0)
    done = np.ones(len(earlier), np.bool_)
    done[waiting] = False
    while len(waiting):
        ready = (earlier[waiting] < first) | done[np.maximum(earlier[waiting] - first, 0)]
        yield waiting[ready]
        done[waiting[ready]] = True
        waiting = waiting[~ready]


@dataclass(frozen=True, slots=True)
class Pick:
    """A row of a reference file: any, or one whose columns ``match`` this row's values.

    ``weight`` names a column of the file. Without it every row of the file is used once before one comes again
    (in the first block of rows; afterwards at random). ``optional``: where nothing matches there is no link.
    """

    make: Literal["pick"]
    file: str
    match: Mapping[str, str] = field(default_factory=dict)
    weight: str = ""
    optional: bool = False
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One link for each row; none where the row lacks a value to match."""
        if self.file not in block.world.definition.references:
            raise Misfit(f"there is no reference file '{self.file}'")
        result = np.full(block.span.rows, -1, np.int64)
        drawn = stream.aspect("pick").uniform(block.span)
        for combination, rows, members in self._groups(block):
            if not len(members) and not self.optional:
                raise Misfit(f"{self.file} has no row for {self._said(block, int(rows[0]))}")
            if len(members):
                result[rows] = members[self._positions(block, members, rows, drawn, stream.aspect(str(combination)))]
        return link(result, self.file)

    def _groups(self, block: Block) -> Iterator[tuple[int, Ints, Ints]]:
        """Rows with equal values to match, and the rows of the file which match them."""
        own, theirs = np.zeros(block.span.rows, np.int64), np.zeros(block.world.rows(self.file), np.int64)
        known = np.ones(block.span.rows, np.bool_)
        for name, path in self.match.items():
            column = block.value(path)
            values, mine = keys(column)
            offered, codes = keys(block.world.field(self.file, name))
            place = {str(value): number for number, value in enumerate(offered)}
            wanted = np.array([*(place.get(str(value), len(offered)) for value in values), 0], np.int64)
            own = own * (len(offered) + 1) + wanted[mine]
            theirs = theirs * (len(offered) + 1) + codes
            known &= ~column.missing
        rows = np.flatnonzero(known)
        combinations, codes = compact(own[rows])
        sizes = np.bincount(codes, minlength=len(combinations))
        parts = np.split(rows[by_code(codes)], np.cumsum(sizes)[:-1])
        for combination, part in zip(combinations.tolist(), parts, strict=False):
            yield combination, part, np.flatnonzero(theirs == combination).astype(np.int64)

    def _positions(self, block: Block, members: Ints, rows: Ints, drawn: Floats, stream: Stream) -> Ints:
        size = len(members)
        if self.weight:
            weights = block.world.field(self.file, self.weight).array[members].astype(np.float64)
            ends = np.cumsum(weights)
            return np.asarray(np.minimum(np.searchsorted(ends, drawn[rows] * ends[-1], side="right"), size - 1))
        at_random = np.minimum((drawn[rows] * size).astype(np.int64), size - 1)
        # The deck is dealt within the first block only: a block can be made without those before it.
        dealt = int(np.count_nonzero(rows + block.span.first < BLOCK))
        deck = stream.shuffled(size)
        at_random[: min(dealt, size)] = deck[: min(dealt, size)]
        return np.asarray(at_random)

    def _said(self, block: Block, row: int) -> str:
        values = {name: block.value(path).take(np.array([row])) for name, path in self.match.items()}
        return ", ".join(f"{name} = {keys(column)[0][0]}" for name, column in values.items())
