"""Which periods there should be, and what of them the partitions cover: pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from platformdb.partitions.model import Partition, Policed, Policy, Relation

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """A time that one partition is to hold: from ``start`` up to, and without, ``end``."""

    start: datetime
    end: datetime
    suffix: str

    def relation(self, parent: Relation) -> Relation:
        """The partition as it is called."""
        return Relation(parent.schema, f"{parent.name}_{self.suffix}")


class Cover(enum.Enum):
    """How much of a period is in partitions."""

    NONE = enum.auto()
    PART = enum.auto()
    WHOLE = enum.auto()


def latest_gone(policy: Policy, now: datetime) -> datetime | None:
    """What ends at this moment or before is past the retention; None where everything is kept."""
    return policy.retention.before(now) if policy.retention else None


def periods(policed: Policed, now: datetime) -> Iterator[Period]:
    """All periods that there should be: from the policy's start, else the oldest partition, to ``premake`` ahead."""
    policy, interval = policed.policy, policed.policy.interval
    current, gone = interval.floor(now), latest_gone(policed.policy, now)
    lows = (partition.low for partition in policed.parent.partitions if partition.low and not partition.pending)
    start = interval.floor(policy.start) if policy.start else min((current, *map(interval.floor, lows)))
    last = interval.after(current, policy.premake)
    while start <= last:
        period = Period(start, interval.after(start), interval.suffix(start))
        if gone is None or period.end > gone:
            yield period
        start = period.end


def cover(partitions: Iterable[Partition], period: Period) -> Cover:
    """How much of a period these partitions hold."""
    reached, touched = period.start, False
    for partition in sorted(partitions, key=lambda each: each.low or _FIRST):
        low, high = partition.low or _FIRST, partition.high or _LAST
        if low >= period.end or high <= period.start:
            continue
        touched = True
        if low <= reached:
            reached = max(reached, high)
    if reached >= period.end:
        return Cover.WHOLE
    return Cover.PART if touched else Cover.NONE
