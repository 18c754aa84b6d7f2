"""Times that have nothing to do with the story: dates of birth, dates of founding, deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.files.story import instant_of, microseconds
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.shape.distributions import FORBID

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block


@dataclass(frozen=True, slots=True)
class Moment:
    """A time evenly from ``min`` to before ``max``; what has no offset is UTC, a date means its beginning."""

    make: Literal["time"]
    min: datetime | date
    max: datetime | date
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if instant_of(self.min) >= instant_of(self.max):
            raise ValueError("min must be before max")

    def column(self, block: Block, stream: Stream) -> Column:
        """One time for each row."""
        low, high = microseconds(instant_of(self.min)), microseconds(instant_of(self.max))
        return Column("time", low + (stream.uniform(block.span) * (high - low)).astype(np.int64))
