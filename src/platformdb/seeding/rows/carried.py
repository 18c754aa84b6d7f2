"""What generators carry from block to block: numbers for values, and a figure for each of these numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from platformdb.seeding.rows.codes import Ints
from platformdb.seeding.rows.columns import keys

if TYPE_CHECKING:
    from platformdb.seeding.rows.world import Block


class Grown:
    """A figure for each number from 0, 0 until it is set. In memory, as large as the largest number."""

    def __init__(self, dtype: DTypeLike = np.int32) -> None:
        self._figures: NDArray[Any] = np.zeros(1024, dtype)

    def at(self, numbers: Ints) -> NDArray[Any]:
        """The figures of these numbers."""
        self._reach(numbers)
        return self._figures[numbers]

    def put(self, numbers: Ints, figures: NDArray[Any]) -> None:
        """Sets them; of figures for the same number the last one counts."""
        self._reach(numbers)
        self._figures[numbers] = figures

    def _reach(self, numbers: Ints) -> None:
        needed = int(numbers.max(initial=0)) + 1
        if needed > len(self._figures):
            more = np.zeros(max(needed, 2 * len(self._figures)) - len(self._figures), self._figures.dtype)
            self._figures = np.concatenate([self._figures, more])


def numbered(block: Block, path: str, key: str) -> Ints:
    """A number for each row, the same for equal values at the path, in this block and those before it."""
    column = block.value(path)
    if column.kind == "link":
        return column.array + 1
    values, codes = keys(column)
    numbers = block.carried(f"{key}/values", dict[Any, int])
    return np.array([*(numbers.setdefault(value, len(numbers)) for value in values), 0], np.int64)[codes]
