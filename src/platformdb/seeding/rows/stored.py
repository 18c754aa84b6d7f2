"""Arrays as they are read: in memory, or mapped from a file whose pages are given back in time."""

from __future__ import annotations

import mmap
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.rows.codes import Ints, by_code

# Rows at random places of a larger file are gathered by so many bytes at a time.
WINDOW = 32 << 20

Array = NDArray[Any]


class Pages:
    """Remembers which mapped files may have pages in memory, and gives back those not used for the longest time."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._touched: OrderedDict[int, tuple[mmap.mmap, int]] = OrderedDict()
        self._total = 0

    def touch(self, mapping: mmap.mmap, size: int) -> None:
        """So many bytes of the file are about to be read."""
        before = self._touched.pop(id(mapping), (mapping, 0))[1]
        after = min(before + size, len(mapping))
        self._total += after - before
        self._touched[id(mapping)] = (mapping, after)
        while self._total > self._budget and self._touched:
            oldest, held = self._touched.popitem(last=False)[1]
            self._total -= held
            _give_back(oldest)


class Stored:
    """An array in memory or in a file. Rows are found by number; see ``Store``."""

    __slots__ = ("_array", "_mapping", "_pages", "path")

    def __init__(
        self, array: Array, pages: Pages | None = None, mapping: mmap.mmap | None = None, path: str = ""
    ) -> None:
        self._array, self._pages, self._mapping, self.path = array, pages, mapping, path

    def __len__(self) -> int:
        return len(self._array)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its items."""
        return self._array.dtype

    def span(self, first: int, end: int) -> Array:
        """The rows from ``first`` to ``end`` (exclusive)."""
        found = self._array[first:end]
        self._touch(found.nbytes)
        return found

    def at(self, positions: Ints) -> Array:
        """The rows at these positions, none of them negative."""
        if self._mapping is None or len(self._mapping) <= WINDOW:
            self._touch(self._array.nbytes)
            return self._array[positions]
        return self._gathered(positions)

    def whole(self) -> Array:
        """All rows. Of a large array look at few places only, or one after the other by ``span``."""
        self._touch(self._array.nbytes)
        return self._array

    def _touch(self, size: int) -> None:
        if self._mapping is not None and self._pages is not None:
            self._pages.touch(self._mapping, size)

    def _gathered(self, positions: Ints) -> Array:
        """Window by window of the file, so that only one window's pages are in memory."""
        step = max(1, WINDOW // self._array.itemsize)
        windows = positions // step
        order = by_code(windows)
        sizes = np.bincount(windows, minlength=-(-len(self._array) // step))
        result = np.empty(len(positions), self._array.dtype)
        for rows in np.split(order, np.cumsum(sizes)[:-1]):
            if len(rows):
                self._touch(WINDOW)
                result[rows] = self._array[positions[rows]]
        return result


def _give_back(mapping: mmap.mmap) -> None:
    """The pages go, the data stays in the file: it is read again where it is needed."""
    if hasattr(mapping, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)
