"""Values that follow from another table's rows: counts, sums, extremes, and the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Ints
from platformdb.seeding.rows.columns import Column, link
from platformdb.seeding.rows.conditions import Condition, Scalar
from platformdb.seeding.rows.world import linked
from platformdb.seeding.shape.distributions import FORBID

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block, World


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
        figures = block.carried(stream.address, lambda: self._figures(block))
        return figures.span(block.span.first, block.span.end)

    def _figures(self, block: Block) -> Column:
        """The figures of all rows: in memory while their column is made."""
        world, figures = block.world, _Figures(self.function, block.world.rows(block.table))
        condition = Condition(self.where, (*self.given, self.value) if self.value else self.given, self.absent)
        for others, rows, at in referring(world, block.table, self.of, self.by, condition):
            values = others.value(self.value).take(rows) if self.value else None
            if values is not None and values.kind not in ("int", "float", "time"):
                raise Misfit(f"'{self.value}' of {self.of} is of kind {values.kind}: no {self.function} of that")
            figures.add(at, rows + others.span.first, values)
        return figures.column(self.of)


class _Figures:
    """One figure for each row of a table, while the rows that refer to it go by in the order of time."""

    def __init__(self, function: str, rows: int) -> None:
        self._function = function
        self._kind = "link" if function == "last" else "int"
        self._found: NDArray[Any] = np.full(rows, -1 if function == "last" else 0, np.int64)
        self._without = np.ones(rows if function in EXTREMES else 0, np.bool_)

    def add(self, at: Ints, rows: Ints, values: Column | None) -> None:
        """Of the rows with these numbers each refers to the row ``at``, and has a value if one is wanted."""
        if values is None:
            if self._function == "last":
                self._found[at] = rows  # the last assignment stays
            else:
                np.add.at(self._found, at, 1)
            return
        if values.kind != self._kind:
            self._kind = values.kind
            self._found = self._found.astype(values.array.dtype)
        if self._function == "sum":
            np.add.at(self._found, at, values.array)
            return
        new = self._without[at]
        self._found[at[new]] = values.array[new]
        self._without[at] = False
        EXTREMES[self._function].at(self._found, at, values.array)

    def column(self, target: str) -> Column:
        """The figures; the extremes of nothing are NULL."""
        if self._kind == "link":
            return link(self._found, target)
        return Column(self._kind, self._found, self._without if self._without.any() else None)


EXTREMES = {"min": np.minimum, "max": np.maximum}


def referring(world: World, to: str, table: str, by: str, condition: Condition) -> Iterator[tuple[Block, Ints, Ints]]:
    """Block by block the rows of ``table`` that meet the condition and whose link ``by`` refers to a row of ``to``.

    The rows are counted within their block; with them comes the row that each refers to.
    """
    for others in world.blocks(table):
        references = linked(others, by)
        if references.target != to:
            raise Misfit(f"'{by}' of {table} refers to {references.target}, not to {to}")
        rows = np.flatnonzero(condition.holds(others) & (references.array >= 0)).astype(np.int64)
        yield others, rows, references.array[rows]
