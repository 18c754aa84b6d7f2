"""Shapes that are graphs: pairs of rows drawn by their popularity, and the pairs that answer each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.alike import Alike
from platformdb.seeding.columns import identities, link
from platformdb.seeding.distributions import EVEN, FORBID, Skew
from platformdb.seeding.pairs import Popularity, Wanted, draw_pairs
from platformdb.seeding.problems import Misfit
from platformdb.seeding.streams import Stream
from platformdb.seeding.world import Draft, draft_of, linked

if TYPE_CHECKING:
    from platformdb.seeding.world import World


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

    ``reciprocity`` is the share of pairs (a, b) of one table whose answer (b, a) is there too. ``alike`` are paths of
    that table: a share of the partners is looked for among those who have the same value at one of them.
    """

    shape: Literal["pairs"]
    left: Side
    right: Side
    total: int
    reciprocity: float = 0.0
    alike: tuple[str, ...] = ()
    alike_share: float = 0.9
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if self.total < 0 or not 0 <= self.reciprocity <= 1:
            raise ValueError("total must not be negative, reciprocity from 0 to 1")
        if not 0 <= self.alike_share <= 1:
            raise ValueError("alike_share must be from 0 to 1")
        if (self.reciprocity or self.alike) and not self.within:
            raise ValueError(f"{'reciprocity' if self.reciprocity else 'alike'} needs the same table on both sides")

    @property
    def within(self) -> bool:
        """Whether both sides are one table's rows."""
        return self.left.table == self.right.table

    def lay(self, world: World, stream: Stream) -> Draft:
        """The pairs."""
        left, right = (
            Popularity(side.skew, world.rows(side.table), stream.aspect(side.link)) for side in (self.left, self.right)
        )
        values = [_similarity(world, self.right.table, path) for path in self.alike]
        alike = None
        if self.alike and right.rows:
            alike = Alike.of(values, self.alike_share, right.weights(), stream.aspect("alike"))
        wanted = Wanted(0 if world.empty else self.total, self.reciprocity, self.within)
        found = [np.zeros((2, 0), np.int32), *map(np.stack, draw_pairs(left, right, wanted, stream, alike))]
        ends = np.concatenate(found, axis=1).astype(np.int64)
        sides = (self.left, self.right)
        return draft_of(ends.shape[1], {side.link: link(rows, side.table) for side, rows in zip(sides, ends, strict=True)})


def _similarity(world: World, table: str, path: str) -> NDArray[Any]:
    """Numbers for the values at the path, equal where these are; close numbers stay close."""
    try:
        block = world.whole(table)
        column = block.value(path)
    except Misfit as misfit:
        raise Misfit(f"alike: {misfit.message}") from None
    if column.kind in ("int", "float", "time"):
        return column.array
    return identities([column], block.span)


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
        return draft_of(len(pairs), known)
