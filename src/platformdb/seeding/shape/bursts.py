"""Bursts in time: an event, a video that goes round. Many rows appear within hours, then fewer and fewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from platformdb.seeding.rows.codes import Floats, Ints
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.distributions import FORBID, Amount, amount

MICROSECONDS = 1_000_000
# So many times the time of decay is a burst's width: all but a twentieth of it lies within.
WIDTHS = 3.0


@dataclass(frozen=True, slots=True)
class Bursts:
    """A ``share`` of the rows falls into ``count`` bursts; all but a twentieth of a burst lies within ``width``.

    Tables whose bursts have the same ``name`` burst at the same instants.
    """

    share: float
    count: int
    width: Amount
    name: str = ""
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError("share must be from 0 to 1")
        if self.count < 1 or amount(self.width) <= 0:
            raise ValueError("count must be at least 1, width more than 0")

    def gathered(
        self, base: Ints, span: Span, story: tuple[int, int], stream: Stream, *, next_only: bool
    ) -> tuple[Ints, Ints]:
        """Which of the rows fall into a burst, and how long after their ``base``.

        A burst that a row's base has missed is past, one it is in goes on from there: what decays exponentially has
        no memory. ``next_only``: the first burst to come, else any by its strength. ``story``: all bursts lie in it.
        """
        begins, strengths = self._begins(story, stream)
        width = amount(self.width) * MICROSECONDS
        first = np.searchsorted(begins + width, base)
        rows = np.flatnonzero((stream.aspect("burst").uniform(span) < self.share) & (first < self.count))
        chosen = first[rows]
        if not next_only:
            ends = np.concatenate([[0.0], np.cumsum(strengths)])
            point = stream.aspect("which burst").uniform(span)[rows]
            point = ends[chosen] + point * (ends[-1] - ends[chosen])
            chosen = np.minimum(np.searchsorted(ends, point, side="right") - 1, self.count - 1)
        waited = -np.log1p(-stream.aspect("in burst").uniform(span)[rows]) * width / WIDTHS
        return rows, np.maximum(begins[chosen] - base[rows], 0) + waited.astype(np.int64)

    def _begins(self, story: tuple[int, int], stream: Stream) -> tuple[Ints, Floats]:
        """Where the bursts begin, rising, and how strong each is: a few are large."""
        own = stream.shared(f"bursts/{self.name}") if self.name else stream.aspect("bursts")
        places = own.uniform(Span(0, self.count))
        order = np.argsort(places, kind="stable")
        opens, closes = story
        return (opens + places[order] * (closes - opens)).astype(np.int64), np.asarray(1.0 / (1.0 + order), np.float64)
