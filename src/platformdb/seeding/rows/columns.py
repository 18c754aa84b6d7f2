"""Columns of generated data: numpy arrays, ropes of texts, and lists of items. No Python object is made per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.rows.codes import Ints, Mask, compact
from platformdb.seeding.rows.ropes import Part, Texts, constant, distinct, hashes, stacked
from platformdb.seeding.rows.streams import Span

# time: microseconds since 1970 (UTC). link: row positions in ``target``, a table or a reference file.
# uuid: arrays of 16-byte items. Everything textual, numeric and jsonb documents included, is text.
# bytes: a rope as texts are. vector: a matrix with a line for each row. "…[]": lists of items of that kind.
SCALARS = ("bool", "int", "float", "time", "uuid", "text", "bytes")
Kind = str


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """A list for each row: ``items[starts : starts + counts]``."""

    items: Column
    starts: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, positions: Ints) -> Lists:
        """The lists of other rows."""
        return Lists(self.items, self.starts[positions], self.counts[positions])

    def flat(self) -> Column:
        """All items, list by list."""
        before = np.cumsum(self.counts) - self.counts
        return self.items.take(np.arange(int(self.counts.sum())) + np.repeat(self.starts - before, self.counts))


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of a table: its values, and a mask of the rows that are NULL (None: there is none)."""

    kind: Kind
    values: NDArray[Any] | Texts | Lists
    nulls: Mask | None = None
    target: str = ""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def array(self) -> NDArray[Any]:
        """The values of a column of numbers, times, truths, keys, links or vectors."""
        if not isinstance(self.values, np.ndarray):
            raise TypeError(f"a column of kind {self.kind} has no array")
        return self.values

    @property
    def texts(self) -> Texts:
        """The values of a column of texts or bytes."""
        if not isinstance(self.values, Texts):
            raise TypeError(f"a column of kind {self.kind} is not text")
        return self.values

    @property
    def missing(self) -> Mask:
        """The rows that are NULL, as a mask in any case."""
        return np.zeros(len(self), np.bool_) if self.nulls is None else self.nulls

    def span(self, first: int, end: int) -> Column:
        """The rows from ``first`` to ``end`` (exclusive)."""
        if first == 0 and end == len(self):
            return self
        return self.take(np.arange(first, end))

    def take(self, positions: Ints) -> Column:
        """The values of other rows; a negative position gives NULL."""
        absent = positions < 0
        if not absent.any():
            values = self.values[positions] if isinstance(self.values, np.ndarray) else self.values.take(positions)
            return replace(self, values=values, nulls=None if self.nulls is None else self.nulls[positions])
        if absent.all():
            return self.nothing(len(positions))
        taken = self.take(np.maximum(positions, 0))
        return taken.but_null(absent)

    def but_null(self, mask: Mask) -> Column:
        """The same values, NULL where the mask is true as well."""
        if not mask.any():
            return self
        if self.kind == "link":
            return replace(self, values=np.where(mask, -1, self.array))
        return replace(self, nulls=mask if self.nulls is None else self.nulls | mask)

    def nothing(self, rows: int) -> Column:
        """Only NULLs: what a table without rows gives to those who point at nothing in it."""
        if self.kind == "link":
            return replace(self, values=np.full(rows, -1, np.int64))
        nulls = np.ones(rows, np.bool_)
        if isinstance(self.values, Texts):
            return replace(self, values=Texts((constant("", rows),)), nulls=nulls)
        if isinstance(self.values, Lists):
            zero = np.zeros(rows, np.int64)
            return replace(self, values=Lists(self.values.items, zero, zero), nulls=nulls)
        return replace(self, values=np.zeros((rows, *self.values.shape[1:]), self.values.dtype), nulls=nulls)


def link(positions: Ints, target: str) -> Column:
    """Positions of rows in another table or reference file; negative: none."""
    return Column("link", positions, None, target)


def text(parts: Sequence[Part]) -> Column:
    """A text column of joined parts."""
    return Column("text", Texts(tuple(parts)))


def lists(items: Column, counts: Ints) -> Column:
    """Lists of so many items each, one after the other."""
    return Column(f"{items.kind}[]", Lists(items, np.cumsum(counts) - counts, counts))


def chained(columns: Sequence[Column]) -> Column:
    """The rows of the first column, then those of the second, and so on; all are of one kind."""
    nulls = np.concatenate([column.missing for column in columns])
    return replace(columns[0], values=_chained(columns), nulls=nulls if nulls.any() else None)


def _chained(columns: Sequence[Column]) -> NDArray[Any] | Texts | Lists:
    if isinstance(columns[0].values, Texts):
        return stacked([column.texts for column in columns])
    found = [column.values for column in columns if isinstance(column.values, Lists)]
    if not found:
        return np.concatenate([column.array for column in columns])
    before = np.cumsum([0, *(len(each.items) for each in found)])
    starts = [each.starts + begin for each, begin in zip(found, before.tolist(), strict=False)]
    counts = np.concatenate([each.counts for each in found])
    return Lists(chained([each.items for each in found]), np.concatenate(starts), counts)


def keys(column: Column) -> tuple[list[Any], Ints]:
    """The different values of a column as Python values, and each row's position among them; NULL is its own last."""
    if isinstance(column.values, Texts):
        values, codes = distinct(column.values)
    elif column.kind in ("int", "link", "time"):
        found, codes = compact(column.array)
        values = found.tolist()
    else:
        found, inverse = np.unique(column.array, return_inverse=True)
        values, codes = found.tolist(), inverse.astype(np.int64)
    if column.kind == "link" or column.nulls is None:
        return values, codes
    return [*values, None], np.where(column.nulls, len(values), codes)


def identities(columns: Sequence[Column], span: Span) -> Ints:
    """A number for each row, different where a value is; as in SQL, who lacks a value equals nobody.

    Numbers of 64 bits: that two of 100 million different rows have the same one has a chance of 1 to 3,700.
    """
    found = np.zeros(span.rows, np.uint64)
    lacking = np.zeros(span.rows, np.bool_)
    for column in columns:
        lacking |= column.array < 0 if column.kind == "link" else column.missing
        found = _mixed(found + _words(column))
    alone = _mixed(_mixed(span.positions.view(np.uint64)) + np.uint64(1))
    return np.where(lacking, alone, found).view(np.int64)


def _words(column: Column) -> NDArray[np.uint64]:
    """64 bits of each value."""
    if isinstance(column.values, Texts):
        return hashes(column.values)
    if column.kind == "uuid":
        halves = column.array.view(np.uint64).reshape(-1, 2)
        return np.asarray(_mixed(halves[:, 0]) + halves[:, 1])
    return np.ascontiguousarray(column.array, np.float64 if column.kind == "float" else np.int64).view(np.uint64)


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each bit of the result depends on every bit (the finalizer of splitmix64); one to one."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ words >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ words >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return words ^ words >> np.uint64(31)
