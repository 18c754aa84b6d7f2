"""Values that follow from another table's rows: counts, sums, extremes, and the last of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.codes import Ints
from platformdb.seeding.columns import Column, link
from platformdb.seeding.conditions import Condition, Scalar
from platformdb.seeding.distributions import FORBID
from platformdb.seeding.problems import Misfit
from platformdb.seeding.world import linked

if TYPE_CHECKING:
    from platformdb.seeding.streams import Stream
    from platformdb.seeding.world import Block


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure of the rows of table ``of`` that refer to this row by their link ``by`` and meet the condition.

    ``count``, or ``sum``, ``min`` and ``max`` of their column ``value``, or ``last``: a link to the latest of them.
    Without rows counts and sums are 0, the others NULL.
    """

    make: Literal["aggregate"]
    function: Literal["count", "sum", "min", "max", "last"]
    of: str
    by: str
    value: str = ""
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    whole: ClassVar[bool] = True
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if bool(self.value) != (self.function in ("sum", "min", "max")):
            raise ValueError("sum, min and max need a value, count and last take none")

    def column(self, block: Block, stream: Stream) -> Column:
        """One figure for each row."""
        given = (*self.given, self.value) if self.value else self.given
        rows, at = referring(block, self.of, self.by, Condition(self.where, given, self.absent))
        size = block.span.rows
        if self.function == "count":
            return Column("int", np.bincount(at, minlength=size).astype(np.int64))
        if self.function == "last":
            last = np.full(size, -1, np.int64)
            last[at] = rows  # rows come in the order of time, and the last assignment stays
            return link(last, self.of)
        return self._figure(block.world.whole(self.of).value(self.value).take(rows), at, size)

    def _figure(self, values: Column, at: Ints, size: int) -> Column:
        if values.kind not in ("int", "float", "time"):
            raise Misfit(f"'{self.value}' of {self.of} is of kind {values.kind}: no {self.function} of that")
        result = np.zeros(size, values.array.dtype)
        if self.function == "sum":
            np.add.at(result, at, values.array)
            return Column(values.kind, result)
        result[at] = values.array
        (np.minimum if self.function == "min" else np.maximum).at(result, at, values.array)
        without = np.bincount(at, minlength=size) == 0
        return Column(values.kind, result).but_null(without)


def referring(block: Block, table: str, by: str, condition: Condition) -> tuple[Ints, Ints]:
    """The rows of a table whose link ``by`` refers to a row of the block and which meet the condition; to which row."""
    others = block.world.whole(table)
    references = linked(others, by)
    if references.target != block.table:
        raise Misfit(f"'{by}' of {table} refers to {references.target}, not to {block.table}")
    rows = np.flatnonzero(condition.holds(others) & (references.array >= 0)).astype(np.int64)
    return rows, references.array[rows]
