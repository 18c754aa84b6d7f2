"""Random numbers by address: (seed, table, column, block) → numbers.

Philox is counter-based and its stream is a function of its key alone. Keys are hashes of names, so a new column or
table moves no other, and a block of rows can be made again, later or elsewhere, without those before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from platformdb.seeding.rows.codes import Floats, Ints

# Rows per block. Part of the address: another value gives other data.
BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Span:
    """Rows ``first`` to ``end`` (exclusive); ``first`` is the beginning of a block."""

    first: int
    end: int

    @property
    def rows(self) -> int:
        """How many rows."""
        return self.end - self.first

    @property
    def positions(self) -> Ints:
        """The row numbers."""
        return np.arange(self.first, self.end, dtype=np.int64)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Each block's number and how many of its rows belong to the span."""
        for start in range(self.first, self.end, BLOCK):
            yield start // BLOCK, min(BLOCK, self.end - start)


@dataclass(frozen=True, slots=True)
class Stream:
    """A source of random numbers for the rows of one column.

    Asking twice gives the same numbers twice: a second, independent draw is another stream, see ``aspect``.
    """

    address: str

    def aspect(self, name: str) -> Stream:
        """An independent stream for another purpose in the same column."""
        return Stream(f"{self.address}/{name}")

    def shared(self, name: str) -> Stream:
        """The stream of this name that all tables and columns of the seed have in common."""
        return Stream(f"{self.address.partition('/')[0]}//{name}")

    def uniform(self, span: Span) -> Floats:
        """Numbers in [0, 1), one for each row."""
        blocks = [self._generator(block).random(rows) for block, rows in span.blocks()]
        return blocks[0] if len(blocks) == 1 else np.concatenate([np.empty(0), *blocks])

    def bits(self, span: Span) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        """64 random bits for each row."""
        top = 2**64 - 1
        blocks = [
            self._generator(block).integers(0, top, rows, np.uint64, endpoint=True) for block, rows in span.blocks()
        ]
        return np.concatenate([np.empty(0, np.uint64), *blocks])

    def words(self, span: Span, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
        """64 random bits, ``width`` times for each row."""
        blocks = [self._generator(block).bit_generator.random_raw(rows * width) for block, rows in span.blocks()]
        return np.concatenate([np.empty(0, np.uint64), *blocks]).reshape(span.rows, width)

    def below(self, limits: Ints | int, span: Span) -> Ints:
        """Whole numbers in [0, limit) for each row; 0 where the limit is 0."""
        scaled = self.uniform(span) * limits
        return np.asarray(np.minimum(scaled.astype(np.int64), np.maximum(np.asarray(limits) - 1, 0)))

    def normal(self, span: Span) -> Floats:
        """Standard normal numbers (Box-Muller: numpy's own method may change between its versions)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.aspect("radius").uniform(span)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.aspect("angle").uniform(span)))

    def shuffled(self, rows: int) -> Ints:
        """The numbers 0 … rows - 1 in random order."""
        return np.argsort(self.uniform(Span(0, rows)), kind="stable").astype(np.int64)

    def _generator(self, block: int) -> np.random.Generator:
        digest = hashlib.blake2b(f"{self.address}#{block}".encode(), digest_size=16).digest()
        key = np.frombuffer(digest, "<u8").astype(np.uint64)
        return np.random.Generator(np.random.Philox(key=key))
