"""Numbers: within the limits of their type and CHECKs, spread as their name lets expect."""

from __future__ import annotations

import math
from dataclasses import dataclass

from platformdb.seeding.infer.desk import Desk, about
from platformdb.seeding.infer.lexicon import NUMBERS
from platformdb.seeding.infer.model import Options
from platformdb.seeding.infer.uniques import COUNTED
from platformdb.seeding.model import ColumnFact

RANGES = {"int2": 1 << 15, "int4": 1 << 31, "int8": 1 << 62, "oid": 1 << 31}
ORDINARY = 1000
WHOLE = (*RANGES,)


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high``, both included, in steps of one unit of the last decimal."""

    low: float
    high: float
    decimals: int

    @property
    def step(self) -> float:
        """The smallest difference."""
        return float(10**-self.decimals)

    @property
    def different(self) -> int:
        """How many numbers that are."""
        return max(0, math.floor((self.high - self.low) / self.step) + 1)


def widest(desk: Desk, column: ColumnFact) -> Range:
    """All numbers that the column can hold."""
    limit, decimals = desk.limit(column), _decimals(column)
    step = 10**-decimals
    most = RANGES.get(column.type, 10.0**12)
    if column.digits:
        most = 10.0 ** (column.digits[0] - column.digits[1])
    low, high = (0.0 if column.type == "oid" else -most), most - step
    if limit.least:
        low = max(low, float(limit.least.value) + (0 if limit.least.included else step))
    if limit.most:
        high = min(high, float(limit.most.value) - (0 if limit.most.included else step))
    return Range(low, high, decimals)


def number(desk: Desk, column: ColumnFact) -> Options | None:
    """A number for each row; None where no number is allowed."""
    room = widest(desk, column)
    if not room.different:
        return None
    level, levels = _level(desk, column)
    if levels > 1:
        return _spread(_slice(_usual(room), level, levels))
    observed = desk.shape(column)
    if observed and observed.quantiles:
        return _as_observed(room, observed.quantiles)
    for word, (dist, one, other) in NUMBERS.items():
        if word in about(column) and room.low <= one <= room.high:
            return _hinted(room, dist, one, other)
    return _spread(_usual(room))


def ordinal(desk: Desk, column: ColumnFact, per: str = "") -> Options | None:
    """The number of the row, from the least that is allowed and not below 1."""
    room = widest(desk, column)
    start = math.ceil(room.low) if room.low > 1 or room.high < 1 else 1
    if column.type == "float4" or room.high - start < 1:
        return None
    return {"make": "ordinal", **({"per": per} if per else {}), "start": start}


def capacity(desk: Desk, column: ColumnFact) -> int:
    """How many rows ``ordinal`` can number."""
    room = widest(desk, column)
    return int(room.high) - max(1, math.ceil(room.low)) + 1


def _usual(room: Range) -> Range:
    """Small numbers, not negative, where the limits leave such."""
    low = room.low if room.low > -(10**6) and (room.low >= 0 or room.high <= 0) else max(room.low, 0.0)
    low = max(low, room.high - ORDINARY) if room.high < 0 else low
    if room.decimals and low == 0 and room.high > ORDINARY:
        low = 1.0  # most CHECKs on such numbers ask for more than 0
    return Range(low, min(room.high, low + ORDINARY), room.decimals)


def _slice(room: Range, level: int, levels: int) -> Range:
    """The part of a range for one of several columns that rise, or differ."""
    width = (room.high - room.low + room.step) / levels
    low = room.low + math.ceil(width * level / room.step) * room.step
    high = room.low + math.floor(width * (level + 1) / room.step) * room.step - room.step
    return Range(low, max(low, high), room.decimals)


def _spread(room: Range) -> Options:
    if room.high - room.low < room.step:
        return {"make": "constant", "value": tidy(room.low, room.decimals)}
    # A whole number is rounded down; one with decimals may be rounded up, and so stays a step below the end.
    high = room.high if room.decimals else room.high + 1
    spread = {"dist": "uniform", "min": tidy(room.low, room.decimals), "max": tidy(high, room.decimals)}
    return {"make": "number", "spread": spread, **({"decimals": room.decimals} if room.decimals else {})}


def _hinted(room: Range, dist: str, one: float, other: float) -> Options:
    decimals = {"decimals": room.decimals} if room.decimals else {}
    if dist == "uniform":
        high = min(other, room.high + (0 if room.decimals else 1))
        return {"make": "number", "spread": {"dist": dist, "min": one, "max": tidy(high, room.decimals)}, **decimals}
    spread: dict[str, object] = {"dist": dist, "median": one, "sigma": other}
    if room.low > 0:
        spread["min"] = tidy(room.low, room.decimals)
    spread["max"] = tidy(min(room.high, one * 1000), room.decimals)
    return {"make": "number", "spread": spread, **decimals}


def _as_observed(room: Range, quantiles: tuple[float, ...]) -> Options:
    """Log-normal where the upper half is much wider than the lower, else uniform."""
    low, middle, high = quantiles[0], quantiles[len(quantiles) // 2], quantiles[-1]
    if low >= 0 and middle > 0 and high > 4 * middle:
        upper = quantiles[len(quantiles) * 9 // 10]
        sigma = round(max(0.1, math.log(max(upper / middle, 1.05)) / 1.28), 2)
        spread: dict[str, object] = {"dist": "lognormal", "median": tidy(middle, room.decimals), "sigma": sigma}
        spread |= {"min": tidy(max(low, room.low), room.decimals), "max": tidy(min(high, room.high), room.decimals)}
        return {"make": "number", "spread": spread, **({"decimals": room.decimals} if room.decimals else {})}
    return _spread(Range(max(low, room.low), min(high, room.high), room.decimals))


def tidy(value: float, decimals: int) -> int | float:
    """A number without a fraction where it has none."""
    rounded = round(value, decimals)
    return int(rounded) if rounded == int(rounded) else rounded


def _decimals(column: ColumnFact) -> int:
    if column.type in WHOLE:
        return 0
    if column.digits:
        return max(0, min(column.digits[1], 4))
    return 2


def _level(desk: Desk, column: ColumnFact) -> tuple[int, int]:
    """At which place a number stands among those it is compared with, and how many places there are."""
    numbers = {each.name for each in desk.fact.columns if each.type in COUNTED} - set(desk.wiring.sources)
    pairs = [(order.left, order.right) for order in desk.limits.orders if {order.left, order.right} <= numbers]
    if not any(column.name in pair for pair in pairs):
        return 0, 1
    levels = dict.fromkeys((name for pair in pairs for name in pair), 0)
    for _ in levels:
        for left, right in pairs:
            levels[right] = max(levels[right], min(levels[left] + 1, len(levels)))
    return levels[column.name], max(levels.values()) + 1
