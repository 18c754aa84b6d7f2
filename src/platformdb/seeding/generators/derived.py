"""Values that follow from another table's rows: counts, sums, extremes, and the last of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.columns import Column, Ints, link
from platformdb.seeding.conditions import Condition, Scalar
from platformdb.seeding.distributions import FORBID
from platformdb.seeding.model import Misfit
from platformdb.seeding.world import linked

if TYPE_CHECKING:
    from platformdb.seeding.streams import Stream
    from platformdb.seeding.world import Block


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure of the rows of table ``of`` that refer to this row by their link ``by`` and meet the condition.

    ``count``, ``sum``, ``min`` and ``max`` of a ``column``, or ``last``: a link to the latest of them. Without rows,
    counts and sums are 0, the others NULL. ``own`` names a link of this table where the rows refer to that instead.
    """

    make: Literal["aggregate"]
    function: Literal["count", "sum", "min", "max", "last"]
    of: str
    by: str
    column_: str = ""
    own: str = ""
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
