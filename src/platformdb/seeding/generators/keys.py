"""Keys, and values that are taken from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.carried import Grown, numbered
from platformdb.seeding.rows.codes import ranks
from platformdb.seeding.rows.columns import Column, chained
from platformdb.seeding.rows.ropes import Texts, chosen
from platformdb.seeding.shape.distributions import FORBID

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block

VERSION_4, VERSION_7 = 4 << 12, 7 << 12
VERSION_BITS = np.uint64(0xF000)
VARIANT = np.uint64(1 << 63)
RANDOM_BITS = np.uint64((1 << 62) - 1)


@dataclass(frozen=True, slots=True)
class Uuid7:
    """A UUID of version 7 (RFC 9562): milliseconds, 12 bits of their fraction, random bits.

    As all instants of a table differ by a microsecond or more, ids of ``of = "time"`` rise from row to row.
    """

    make: Literal["uuid7"]
    of: str = "time"
    unique: ClassVar[bool] = True
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One id for each row."""
        moments = block.value(self.of)
        if moments.kind != "time":
            raise Misfit(f"uuid7 needs a time, and '{self.of}' is of kind {moments.kind}")
        instants = moments.array
        words = np.empty((len(instants), 2), ">u8")
        fraction = instants % 1000 * 4096 // 1000
        words[:, 0] = (instants // 1000 << 16 | VERSION_7 | fraction).astype(np.uint64)
        words[:, 1] = VARIANT | stream.bits(block.span) & RANDOM_BITS
        return Column("uuid", words.view("V16")[:, 0], moments.nulls)


@dataclass(frozen=True, slots=True)
class Uuid4:
    """A UUID of version 4: random bits, in no order."""

    make: Literal["uuid4"]
    unique: ClassVar[bool] = True
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One id for each row."""
        words = stream.words(block.span, 2)
        words[:, 0] = words[:, 0] & ~VERSION_BITS | np.uint64(VERSION_4)
        words[:, 1] = VARIANT | words[:, 1] & RANDOM_BITS
        return Column("uuid", words.astype(">u8").view("V16")[:, 0])


@dataclass(frozen=True, slots=True)
class Ordinal:
    """The number of the row, from ``start``; with ``per`` among the rows with the same link, in the order of time."""

    make: Literal["ordinal"]
    per: str = ""
    start: int = 0
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    @property
    def whole(self) -> bool:
        """Rows are counted over all blocks."""
        return bool(self.per)

    @property
    def unique(self) -> bool:
        """Whether no two rows have the same number."""
        return not self.per

    def column(self, block: Block, stream: Stream) -> Column:
        """One number for each row."""
        if not self.per:
            return Column("int", block.span.positions + self.start)
        groups, counts = numbered(block, self.per, stream.address), block.carried(f"{stream.address}/counts", Grown)
        found = counts.at(groups) + ranks(groups)
        counts.put(groups, found + 1)
        return Column("int", found + self.start)


@dataclass(frozen=True, slots=True)
class Copy:
    """The value at another path: the key of the row a link refers to ("post.id"), or any other column of it."""

    make: Literal["copy"]
    of: str
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """The values."""
        return block.value(self.of)


@dataclass(frozen=True, slots=True)
class First:
    """The first of several paths that has a value in this row."""

    make: Literal["first"]
    of: tuple[str, ...]
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if not self.of:
            raise ValueError("of needs at least one path")

    def column(self, block: Block, stream: Stream) -> Column:
        """The values."""
        columns = [block.value(path) for path in self.of]
        kinds = {(column.kind, column.target) for column in columns}
        if len(kinds) > 1:
            found = " and ".join(sorted(f"{kind} {target}".strip() for kind, target in kinds))
            raise Misfit(f"the paths of 'first' must be of one kind, not {found}")
        result = columns[0]
        for column in columns[1:]:
            result = _either(result, column)
        return result


def _either(one: Column, other: Column) -> Column:
    """``one`` where it has a value, else ``other``."""
    absent = one.array < 0 if one.kind == "link" else one.missing
    if not absent.any() or absent.all():
        return other if absent.any() else one
    if one.kind == "link":
        return replace(one, values=np.where(absent, other.array, one.array))
    if isinstance(one.values, Texts):
        nulls = absent & other.missing
        texts = chosen([one.texts, other.texts], absent.astype(np.int64))
        return Column(one.kind, texts, nulls if nulls.any() else None)
    rows = np.arange(len(one))
    return chained([one, other]).take(np.where(absent, rows + len(one), rows))
