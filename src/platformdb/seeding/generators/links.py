"""Links: which row of another table, of a reference file, or of the same table a row refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.codes import Floats, Ints, by_code, compact
from platformdb.seeding.columns import Column, keys, link
from platformdb.seeding.conditions import Condition, Scalar
from platformdb.seeding.distributions import EVEN, FORBID, Skew, choose
from platformdb.seeding.problems import Misfit
from platformdb.seeding.streams import BLOCK
from platformdb.seeding.world import linked

if TYPE_CHECKING:
    from platformdb.seeding.streams import Stream
    from platformdb.seeding.world import Block


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
        fitting = Condition(self.among).holds(block.world.whole(self.table))
        if not fitting.any():
            return link(np.full(block.span.rows, -1, np.int64), self.table)
        weights = self.skew.weights(stream.aspect("skew"), len(fitting)) * fitting
        if self.weight:
            weights = weights * block.world.field(self.table, self.weight).array
        return link(choose(weights, stream.aspect("draw"), block.span), self.table)


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
    share: float | None = None
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One link for each row; none where there is no member."""
        groups = block.world.groups(self.of, self.by)
        at = linked(block, self.at).array
        safe = np.append(groups.counts, 0)[at]
        chosen = self._chosen(safe, block, stream)
        rows = np.append(groups.order, -1)[np.where(safe > 0, np.append(groups.starts, 0)[at] + chosen, -1)]
        found = link(rows, self.of)
        if self.take:
            found = linked(block.world.whole(self.of), self.take).take(rows)
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

    ``deepest``: how many such steps at most lead from a row to one without; longer ways are cut short.
    """

    make: Literal["earlier"]
    same: str
    share: float = 1.0
    deepest: int | None = None
    whole: ClassVar[bool] = True
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if self.deepest is not None and self.deepest < 1:
            raise ValueError("deepest must be at least 1")

    def column(self, block: Block, stream: Stream) -> Column:
        """One link for each row; none for the first of a group."""
        groups = block.world.groups(block.table, self.same)
        at = linked(block, self.same).array
        ranks = np.empty(block.span.rows, np.int64)
        ranks[groups.order] = np.arange(block.span.rows) - np.append(groups.starts, 0)[at[groups.order]]
        chosen = groups.order[np.append(groups.starts, 0)[at] + stream.aspect("earlier").below(ranks, block.span)]
        answers = stream.aspect("share").uniform(block.span) < self.share
        earlier = np.where(answers & (ranks > 0) & (at >= 0), chosen, -1)
        return link(earlier if self.deepest is None else _shallow(earlier, self.deepest), block.table)


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
        if earlier.target != block.table or (earlier.array >= np.arange(block.span.rows)).any():
            raise Misfit(f"'{self.of}' of {block.table} does not link to earlier rows of the same table")
        return Column("int", _steps(earlier.array))


def _steps(earlier: Ints) -> Ints:
    """For each row how many steps lead to the first."""
    steps, rows = np.zeros(len(earlier), np.int64), np.flatnonzero(earlier >= 0)
    reached = earlier[rows]
    while len(rows):
        steps[rows] += 1
        reached = earlier[reached]
        rows, reached = rows[reached >= 0], reached[reached >= 0]
    return steps


def _shallow(earlier: Ints, deepest: int) -> Ints:
    """The same links, those from further down led to the nearest row that may have followers."""
    steps = _steps(earlier)
    reached = earlier.copy()
    while (far := (reached >= 0) & (steps[reached] >= deepest)).any():
        reached[far] = earlier[reached[far]]
    return reached


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
