"""Shapes that are graphs: pairs of rows drawn by their popularity, and the pairs that answer each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Ints
from platformdb.seeding.rows.columns import Column, identities
from platformdb.seeding.rows.kept import Form, Kept
from platformdb.seeding.rows.layouts import Draft, draft_of
from platformdb.seeding.rows.ordering import in_order, records
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.alike import Alike
from platformdb.seeding.shape.distributions import EVEN, FORBID, Skew
from platformdb.seeding.shape.pairs import Popularity, Wanted, draw_pairs

if TYPE_CHECKING:
    from platformdb.seeding.rows.world import World


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
        return _draft(world, (self.left, self.right), draw_pairs(left, right, wanted, stream, alike))


def _similarity(world: World, table: str, path: str) -> NDArray[Any]:
    """Numbers for the values at the path, equal where these are; close numbers stay close."""
    try:
        return np.concatenate([_numbers(block.value(path), block.span) for block in world.blocks(table)])
    except Misfit as misfit:
        raise Misfit(f"alike: {misfit.message}") from None


def _numbers(column: Column, span: Span) -> NDArray[Any]:
    if column.kind not in ("int", "float", "time"):
        return identities([column], span)
    # Under NULL lies what a generator left there.
    return np.where(column.missing, -1, column.array)


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
        edges, target = world.store.scratch(EDGE), ""
        for block in world.blocks(self.of):
            left, right = world.linked(block, self.left), world.linked(block, self.right)
            target, size = left.target, world.rows(left.target)
            low, high = np.minimum(left.array, right.array), np.maximum(left.array, right.array)
            down = left.array > right.array
            edges.append(records(pair=low * size + high, down=down, row=block.span.positions.astype(np.int32)))
        ends = (Side(target, self.low), Side(target, self.high))
        sides = (*ends, Side(self.of, self.edges[0]), Side(self.of, self.edges[1]))
        return _draft(
            world, sides, _answered(in_order(world.store, edges.finish(), "pair", divisible=False), world.rows(target))
        )


EDGE = [("pair", np.int64), ("down", np.bool_), ("row", np.int32)]


def _answered(edges: Iterator[NDArray[Any]], size: int) -> Iterator[tuple[Ints, ...]]:
    """Of edges in the order of their pairs: the two rows, and the edge up and the edge down, where there are both."""
    for some in edges:
        first = np.flatnonzero((some["pair"][1:] == some["pair"][:-1]) & (some["down"][1:] != some["down"][:-1]))
        # An edge that is there twice makes no second pair.
        first = first[np.diff(some["pair"][first], prepend=-1) > 0]
        pair, down, row = some["pair"][first], some["down"][first], some["row"]
        yield pair // size, pair % size, row[first + down], row[first + 1 - down]


def _draft(world: World, sides: Sequence[Side], portions: Iterator[tuple[NDArray[Any], ...]]) -> Draft:
    """Rows whose links come in portions."""
    writers = [world.store.scratch(np.int32) for _ in sides]
    for portion in portions:
        for writer, rows in zip(writers, portion, strict=True):
            writer.append(rows)
    links = {
        side.link: Kept(Form("link", side.table), (writer.finish(),))
        for side, writer in zip(sides, writers, strict=True)
    }
    return draft_of(writers[0].rows, links)
