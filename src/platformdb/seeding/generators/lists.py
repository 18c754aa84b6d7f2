"""Lists of values: of several paths of a row, or of the rows of another table that refer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import NonNegativeInt

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import ranks
from platformdb.seeding.rows.columns import SCALARS, Column, chained, lists
from platformdb.seeding.rows.conditions import Condition, Scalar
from platformdb.seeding.rows.world import Picked, linked
from platformdb.seeding.shape.distributions import FORBID

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block


@dataclass(frozen=True, slots=True)
class Array:
    """The values at several paths of one kind, in their order; those that are NULL are left out."""

    make: Literal["array"]
    of: tuple[str, ...]
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if not self.of:
            raise ValueError("of needs at least one path")

    def column(self, block: Block, stream: Stream) -> Column:
        """One list for each row, empty where there is no value."""
        columns = [block.value(path) for path in self.of]
        kinds = sorted({column.kind for column in columns})
        if len(kinds) > 1 or kinds[0] not in SCALARS:
            raise Misfit(f"the paths of 'array' must be of one kind that has values, not {' and '.join(kinds)}")
        there = ~np.column_stack([column.missing for column in columns])
        places = np.arange(block.span.rows)[:, None] + np.arange(len(columns)) * block.span.rows
        return lists(chained(columns).take(places[there]), np.count_nonzero(there, axis=1).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Gather:
    """The ``value`` of each row of table ``of`` that refers to this row by its link ``by`` and meets the condition.

    They come in the order of time, the first ``limit`` of them; those without a value are left out.
    """

    make: Literal["gather"]
    of: str
    by: str
    value: str
    limit: NonNegativeInt | None = None
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One list for each row, empty where no row refers to it."""
        world = block.world
        groups = world.groups(self.of, self.by)
        if (target := linked(Picked(world, self.of, np.zeros(0, np.int64)), self.by).target) != block.table:
            raise Misfit(f"'{self.by}' of {self.of} refers to {target}, not to {block.table}")
        starts, sizes = groups.sizes(block.span.positions)
        at = np.repeat(np.arange(block.rows), sizes)
        begin = int(starts[0]) if len(starts) else 0
        others = groups.order.span(begin, begin + len(at)).astype(np.int64)
        meeting = Condition(self.where, (self.value, *self.given), self.absent).holds(Picked(world, self.of, others))
        at, others = at[meeting], others[meeting]
        if self.limit is not None:
            first = ranks(at) < self.limit
            at, others = at[first], others[first]
        values = world.at(self.of, self.value, others)
        if values.kind not in SCALARS:
            raise Misfit(f"'{self.value}' of {self.of} is of kind {values.kind}: no list of that")
        return lists(values, np.bincount(at, minlength=block.rows).astype(np.int64))
