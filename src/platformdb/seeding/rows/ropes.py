"""Texts and bytes as ropes: each row is the concatenation of one piece from each part, a slice of a buffer.

Taking from a pool, joining texts and filling a template only move offsets; the bytes are touched once, when the COPY
stream is assembled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.rows.codes import Bytes, Ints, Mask, by_code, compact

# Any odd number has an inverse modulo 2 ** 64.
BASE = 0x9E3779B97F4A7C15
INVERSE = pow(BASE, -1, 1 << 64)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One piece per row: ``data[start : start + length]``, UTF-8."""

    data: Bytes
    starts: Ints
    lengths: Ints

    def take(self, positions: Ints) -> Part:
        """The pieces of other rows."""
        return Part(self.data, self.starts[positions], self.lengths[positions])

    def where(self, mask: Mask) -> Part:
        """The same pieces, empty where the mask is false."""
        return Part(self.data, self.starts, np.where(mask, self.lengths, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A text column; ``parts`` are joined row by row."""

    parts: tuple[Part, ...]

    def __len__(self) -> int:
        return len(self.parts[0].starts)

    def take(self, positions: Ints) -> Texts:
        """The texts of other rows."""
        return Texts(tuple(part.take(positions) for part in self.parts))

    def contents(self) -> list[bytes]:
        """The bytes of each row: for what can only be made row by row."""
        return [b"".join(row) for row in zip(*(_pieces(part) for part in self.parts), strict=True)]

    def strings(self) -> list[str]:
        """One Python string per row: for small pools, tests and messages."""
        return [content.decode() for content in self.contents()]


def _pieces(part: Part) -> list[bytes]:
    data = part.data.tobytes()
    ends = (part.starts + part.lengths).tolist()
    return [data[start:end] for start, end in zip(part.starts.tolist(), ends, strict=True)]


def texts(values: Iterable[str]) -> Texts:
    """A text column of the given strings."""
    return contents(value.encode() for value in values)


def contents(values: Iterable[bytes]) -> Texts:
    """The same of bytes."""
    found = list(values)
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    return Texts((Part(np.frombuffer(b"".join(found), np.uint8), np.cumsum(lengths) - lengths, lengths),))


def stacked(columns: Sequence[Texts]) -> Texts:
    """The rows of the first, then those of the second, and so on."""
    size = max(len(column.parts) for column in columns)
    layers = zip(*((*c.parts, *([constant("", len(c))] * (size - len(c.parts)))) for c in columns), strict=True)
    return Texts(tuple(_one_part(layer) for layer in layers))


def chosen(columns: Sequence[Texts], which: Ints) -> Texts:
    """For each row the text of that column which is named.

    It has no more parts than the column with the most: what each part costs, here and in the COPY, it costs per row.
    """
    order = by_code(which)
    sizes = np.bincount(which, minlength=len(columns))
    rows = np.split(order, np.cumsum(sizes)[:-1])
    places = np.empty(len(which), np.int64)
    places[order] = np.arange(len(which))
    return stacked([column.take(some) for column, some in zip(columns, rows, strict=True)]).take(places)


def _one_part(parts: Sequence[Part]) -> Part:
    buffers = list({id(part.data): part.data for part in parts}.values())
    begins = dict(zip(map(id, buffers), np.cumsum([0, *map(len, buffers)]).tolist(), strict=False))
    starts = np.concatenate([part.starts + begins[id(part.data)] for part in parts])
    return Part(np.concatenate(buffers), starts, np.concatenate([part.lengths for part in parts]))


def flattened(column: Texts) -> Part:
    """The same texts, one after the other in a buffer of their own."""
    lengths = sum((part.lengths for part in column.parts), np.zeros(len(column), np.int64))
    starts = np.cumsum(lengths) - lengths
    data = np.empty(int(lengths.sum()), np.uint8)
    filled = starts.copy()
    for part in column.parts:
        before = np.cumsum(part.lengths) - part.lengths
        within = np.arange(int(part.lengths.sum()))
        data[within + np.repeat(filled - before, part.lengths)] = part.data[
            within + np.repeat(part.starts - before, part.lengths)
        ]
        filled += part.lengths
    return Part(data, starts, lengths)


def constant(value: str, rows: int) -> Part:
    """The same piece in every row, without memory per row."""
    data = np.frombuffer(value.encode(), np.uint8)
    zero, length = np.zeros(1, np.int64), np.full(1, len(data), np.int64)
    return Part(data, np.broadcast_to(zero, rows), np.broadcast_to(length, rows))


def numerals(values: Ints) -> Part:
    """Whole numbers in decimal digits."""
    digits = values.astype("S21")
    data = np.frombuffer(digits.tobytes(), np.uint8)
    return Part(data, np.arange(len(values), dtype=np.int64) * 21, np.strings.str_len(digits).astype(np.int64))


def joined(column: Texts) -> NDArray[np.bytes_]:
    """The texts as one fixed-width byte string array, for comparing and sorting; texts hold no NUL."""
    lengths = sum((part.lengths for part in column.parts), np.zeros(len(column), np.int64))
    width = max(1, int(lengths.max(initial=0)))
    matrix = np.zeros((len(column), width), np.uint8)
    filled = np.zeros(len(column), np.int64)
    for part in column.parts:
        _paste(matrix, filled, part)
        filled += part.lengths
    return matrix.view(f"S{width}")[:, 0]


def _paste(matrix: Bytes, filled: Ints, part: Part) -> None:
    total = int(part.lengths.sum())
    before = np.cumsum(part.lengths) - part.lengths
    within = np.arange(total) - np.repeat(before, part.lengths)
    rows = np.repeat(np.arange(len(matrix)), part.lengths)
    matrix[rows, np.repeat(filled, part.lengths) + within] = part.data[np.repeat(part.starts, part.lengths) + within]


def distinct(column: Texts) -> tuple[list[str], Ints]:
    """The different texts of a column, in byte order, and for each row the position of its own."""
    if len(column.parts) > 1 or not len(column):
        values, codes = np.unique(joined(column), return_inverse=True)
        return [value.decode() for value in values.tolist()], codes.astype(np.int64)
    part = column.parts[0]
    # Rows taken from one pool share slices: compare these first, and look at the bytes of few.
    different, codes = compact(part.starts)
    lengths = np.zeros(len(different), np.int64)
    lengths[codes] = part.lengths
    if (lengths[codes] != part.lengths).any():
        widest = 1 + int(part.lengths.max())
        different, codes = compact(part.starts * widest + part.lengths)
        different, lengths = different // widest, different % widest
    pool = Part(part.data, different, lengths)
    values, inner = np.unique(joined(Texts((pool,))), return_inverse=True)
    return [value.decode() for value in values.tolist()], inner.astype(np.int64)[codes]


def hashes(column: Texts) -> NDArray[np.uint64]:
    """A number for each text: different numbers only where the texts differ.

    Byte i counts BASE ** i, modulo 2 ** 64: so the number of joined texts follows from theirs, see ``joined_hash``.
    """
    found, lengths = np.zeros(len(column), np.uint64), np.zeros(len(column), np.int64)
    for part in column.parts:
        found = joined_hash(found, lengths, _slice_hashes(part))
        lengths = lengths + part.lengths
    return found


def joined_hash(first: NDArray[np.uint64], lengths: Ints, second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The numbers of texts, each a first one of so many bytes and a second."""
    return np.asarray(first + second * _powers(BASE, int(lengths.max(initial=0)) + 1)[lengths])


def _slice_hashes(part: Part) -> NDArray[np.uint64]:
    if len(part.data) > 4 * int(part.lengths.sum()):
        part = flattened(Texts((part,)))
    size = len(part.data) + 1
    # Sums from the buffer's beginning; a slice is the difference of two, moved to the front.
    sums = np.zeros(size, np.uint64)
    np.cumsum((part.data.astype(np.uint64) + np.uint64(1)) * _powers(BASE, size)[:-1], out=sums[1:])
    return np.asarray((sums[part.starts + part.lengths] - sums[part.starts]) * _powers(INVERSE, size)[part.starts])


def _powers(base: int, size: int) -> NDArray[np.uint64]:
    """The powers of a number, modulo 2 ** 64."""
    factors = np.full(size, base, np.uint64)
    factors[0] = 1
    return np.cumprod(factors)


def recode(column: Texts, change: Callable[[str], str]) -> Texts:
    """Each text changed by a function that is called once for each different text."""
    values, codes = distinct(column)
    return texts(change(value) for value in values).take(codes) if len(codes) else column
