"""Columns in the store: written block by block, read by spans or at any rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from platformdb.seeding.rows.codes import Bytes, Ints
from platformdb.seeding.rows.columns import Column, Lists
from platformdb.seeding.rows.ropes import Part, Texts, flattened
from platformdb.seeding.rows.store import Store, Writer
from platformdb.seeding.rows.stored import WINDOW, Stored

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """How rows of a kind are laid down in fixed width, and what they point into: bytes of texts, items of lists."""

    kind: str
    target: str
    content: Stored | Kept | None = None
    # The line of a matrix (vectors) has so many items of this type; else 0.
    width: int = 0
    item: str = ""

    def column(self, arrays: Sequence[Array]) -> Column:
        """The rows again."""
        first = arrays[0]
        if self.kind == "link":
            return Column("link", first.astype(np.int64), None, self.target)
        if self.content is None:
            nulls = arrays[1] if len(arrays) > 1 and arrays[1].any() else None
            return Column(self.kind, first.view(self.item).reshape(-1, self.width) if self.width else first, nulls)
        nulls = arrays[1] < 0
        starts, lengths = first, np.maximum(arrays[1], 0).astype(np.int64)
        found = nulls if nulls.any() else None
        if isinstance(self.content, Kept):
            return Column(self.kind, _lists(self.content, starts, lengths), found)
        return Column(self.kind, Texts((_part(self.content, starts, lengths),)), found)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A column in the store."""

    form: Form
    fields: tuple[Stored, ...]

    @property
    def kind(self) -> str:
        """Of its values, as in ``Column``."""
        return self.form.kind

    @property
    def target(self) -> str:
        """The table a link refers to."""
        return self.form.target

    def __len__(self) -> int:
        return len(self.fields[0])

    def span(self, first: int, end: int) -> Column:
        """The rows from ``first`` to ``end`` (exclusive)."""
        return self.form.column([field.span(first, end) for field in self.fields])

    def take(self, positions: Ints) -> Column:
        """The rows at these positions; a negative one gives NULL."""
        absent = positions < 0
        if not absent.any():
            return self.form.column([field.at(positions) for field in self.fields])
        if absent.all():
            return self.span(0, 0).nothing(len(positions))
        return self.take(np.maximum(positions, 0)).but_null(absent)


class Packer:
    """Lays columns of one kind down in arrays of fixed width, one row each; texts and items go to the store."""

    def __init__(self, store: Store, name: str, sample: Column) -> None:
        self._store, self._sample, self._name = store, sample, name
        self._bytes: Writer | None = None
        self._items: Keeper | None = None
        self._pools: dict[int, tuple[Bytes, int]] = {}
        if isinstance(sample.values, Texts):
            self._bytes = store.writer(name, np.uint8)
        elif isinstance(sample.values, Lists):
            self._items = Keeper(store, name)

    @property
    def dtypes(self) -> tuple[DTypeLike, ...]:
        """Those of the arrays."""
        if self._sample.kind == "link":
            return (np.int32,)
        if self._bytes is not None or self._items is not None:
            return (np.int64, np.int32)
        array = self._sample.array
        return (f"V{array.shape[1] * array.itemsize}" if array.ndim > 1 else array.dtype, np.bool_)

    def pack(self, column: Column) -> tuple[Array, ...]:
        """The rows as arrays."""
        if column.kind == "link":
            return (column.array,)
        if isinstance(column.values, np.ndarray):
            lines = np.ascontiguousarray(column.values)
            return (lines.view(self.dtypes[0])[:, 0] if lines.ndim > 1 else lines, column.missing)
        if isinstance(column.values, Lists):
            starts, lengths = self._with_items(column.values)
        else:
            starts, lengths = self._with_bytes(column.texts)
        return starts, lengths if column.nulls is None else np.where(column.nulls, -1, lengths)

    def finish(self) -> Form:
        """What makes columns of the arrays."""
        sample = self._sample
        if self._bytes is not None:
            return Form(sample.kind, "", self._bytes.finish())
        if self._items is not None:
            return Form(sample.kind, "", self._items.finish())
        matrix = sample.array.ndim > 1
        return Form(sample.kind, sample.target, None, sample.array.shape[1] if matrix else 0, sample.array.dtype.str)

    def _with_bytes(self, texts: Texts) -> tuple[Ints, Ints]:
        part = texts.parts[0]
        # Slices of a small pool (the texts of a file, the values of a choice) stay slices of it.
        pooled = len(texts.parts) == 1 and (id(part.data) in self._pools or len(part.data) <= part.lengths.sum())
        if not pooled:
            part = flattened(texts)
        begin = self._pool(part.data) if pooled else self._written(part.data)
        return part.starts + begin, part.lengths

    def _pool(self, data: Bytes) -> int:
        if id(data) not in self._pools:
            # Kept, so that no other buffer gets its address.
            self._pools[id(data)] = (data, self._written(data))
        return self._pools[id(data)][1]

    def _written(self, data: Bytes) -> int:
        if self._bytes is None:
            return 0
        begin = self._bytes.rows
        self._bytes.append(data)
        return begin

    def _with_items(self, lists: Lists) -> tuple[Ints, Ints]:
        if self._items is None:
            return lists.starts, lists.counts
        begin = self._items.rows
        self._items.append(lists.flat())
        return begin + np.cumsum(lists.counts) - lists.counts, lists.counts


class Keeper:
    """Takes a column block by block."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self._packer: Packer | None = None
        self._writers: list[Writer] = []
        self.rows = 0

    def append(self, column: Column) -> None:
        """The next rows."""
        if self._packer is None:
            self._packer = Packer(self._store, self._name, column)
            self._writers = [self._store.writer(self._name, dtype) for dtype in self._packer.dtypes]
        for writer, array in zip(self._writers, self._packer.pack(column), strict=True):
            writer.append(array)
        self.rows += len(column)

    def finish(self) -> Kept:
        """The whole column; ``append`` was called at least once."""
        if self._packer is None:
            raise TypeError("a column without a kind")
        return Kept(self._packer.finish(), tuple(writer.finish() for writer in self._writers))


def kept(store: Store, name: str, columns: Sequence[Column]) -> Kept:
    """A column that is there already."""
    keeper = Keeper(store, name)
    for column in columns:
        keeper.append(column)
    return keeper.finish()


def _part(content: Stored, starts: Ints, lengths: Ints) -> Part:
    """Slices of what is stored; of a large buffer only what they need is looked at."""
    if len(content) <= WINDOW:
        return Part(content.whole(), starts, lengths)
    first = int(starts.min(initial=len(content)))
    end = int((starts + lengths).max(initial=first))
    if end - first <= WINDOW:
        return Part(content.span(first, end), starts - first, lengths)
    before = np.cumsum(lengths) - lengths
    return Part(content.at(np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)), before, lengths)


def _lists(items: Kept, starts: Ints, counts: Ints) -> Lists:
    before = np.cumsum(counts) - counts
    return Lists(items.take(np.arange(int(counts.sum())) + np.repeat(starts - before, counts)), before, counts)
