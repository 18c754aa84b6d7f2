"""What is asked of one run of bench."""

from __future__ import annotations

from dataclasses import dataclass

from platformdb.bench.model import Run

# Work that grows by less than this share is not held against a query.
TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Request:
    """How to measure, and what to judge by.

    ``samples`` is how often each query is timed for each persona; None is as often as the time allows that p99 needs.
    ``profile`` is the seed that the figures are meant to be of, if any. ``only`` names the queries to run; none is all
    of them. ``any_rows`` gates over rows that no seed of the platform made.
    """

    samples: int | None = None
    profile: str = ""
    only: tuple[str, ...] = ()
    reference: Run | None = None
    reference_name: str = ""
    tolerance: float = TOLERANCE
    strict_time: bool = False
    any_rows: bool = False
