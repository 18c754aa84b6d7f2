"""Distributions of numbers and of popularity. Durations are written as "90s", "15m", "3h", "2d" and mean seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from platformdb.seeding.rows.codes import Floats, Ints
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.chance import Wheel, spread

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
FORBID: dict[str, str] = {"extra": "forbid"}

LARGEST = 1 << 62
# To one part of so many weights are the same on every machine.
EXACT = float(1 << 24)

Amount = float | str
Share = Annotated[float, Field(ge=0, le=1)]


def amount(value: Amount) -> float:
    """A number, or a duration in seconds.

    Raises:
        ValueError: the text is no duration.
    """
    if not isinstance(value, str):
        return float(value)
    digits = value.rstrip("mshd")
    unit = value[len(digits) :]
    if unit not in UNITS:
        raise ValueError(f"'{value}' is no duration: write a number and one of ms, s, m, h, d, for example \"15m\"")
    try:
        return float(digits) * UNITS[unit]
    except ValueError:
        raise ValueError(f"'{value}' is no duration: write for example \"15m\"") from None


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same."""

    dist: Literal["fixed"]
    value: Amount
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        amount(self.value)

    def sample(self, stream: Stream, span: Span) -> Floats:
        """One number for each row."""
        return np.full(span.rows, amount(self.value))


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly between ``min`` and ``max``; as counts, both ends included."""

    dist: Literal["uniform"]
    min: Amount
    max: Amount
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if amount(self.min) > amount(self.max):
            raise ValueError("min is greater than max")

    def sample(self, stream: Stream, span: Span) -> Floats:
        """One number for each row."""
        low, high = amount(self.min), amount(self.max)
        return low + stream.uniform(span) * (high - low)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Most near ``median``, a long tail above it; ``sigma`` is the standard deviation of the logarithm."""

    dist: Literal["lognormal"]
    median: Amount
    sigma: float
    min: Amount = 0.0
    max: Amount | None = None
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if amount(self.median) <= 0:
            raise ValueError("median must be greater than 0")
        if self.sigma < 0 or (self.max is not None and amount(self.min) > amount(self.max)):
            raise ValueError("sigma must not be negative, nor min greater than max")

    def sample(self, stream: Stream, span: Span) -> Floats:
        """One number for each row."""
        values = amount(self.median) * np.exp(self.sigma * stream.normal(span))
        return np.clip(values, amount(self.min), None if self.max is None else amount(self.max))


@dataclass(frozen=True, slots=True)
class Weighted:
    """One of a few numbers, each as often as its weight says."""

    dist: Literal["weighted"]
    values: tuple[Amount, ...]
    weights: tuple[float, ...]
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        check_weights(self.weights, len(self.values))
        for value in self.values:
            amount(value)

    def sample(self, stream: Stream, span: Span) -> Floats:
        """One number for each row."""
        return np.array([amount(value) for value in self.values])[choose(self.weights, stream, span)]


Distribution = Annotated[Fixed | Uniform | Lognormal | Weighted, Field(discriminator="dist")]


@dataclass(frozen=True, slots=True)
class Skew:
    """How unequal the parents are: how much more often one is chosen than another.

    ``zipf`` is the exponent of the rank, ``lognormal`` the sigma of the weights; ``childless`` a share that is never
    chosen. Without either all are alike. ``histogram`` lists instead what was measured somewhere: numbers of children,
    and the share of the parents that have so many; scaled to the total that is wanted.
    """

    zipf: float = 0.0
    lognormal: float = 0.0
    childless: float = 0.0
    histogram: tuple[tuple[int, float], ...] = ()
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if not 0 <= self.childless < 1:
            raise ValueError("childless is a share from 0 to less than 1")
        if self.histogram and (self.zipf or self.lognormal or self.childless):
            raise ValueError("a histogram says all: leave out zipf, lognormal and childless")
        if self.histogram and not sum(share for children, share in self.histogram if children > 0) > 0:
            raise ValueError("histogram: some parents must have children")
        if any(children < 0 or share < 0 for children, share in self.histogram):
            raise ValueError("histogram: neither children nor shares can be negative")

    @property
    def silent(self) -> float:
        """The share that is never chosen."""
        if not self.histogram:
            return self.childless
        nothing = sum(share for children, share in self.histogram if children == 0)
        return nothing / sum(share for _, share in self.histogram)

    def weights(self, stream: Stream, rows: int) -> Floats:
        """The popularity of each row."""
        if self.histogram:
            return self._children(stream, rows).astype(np.float64)
        weights: Floats = np.ones(rows)
        if self.zipf:
            weights = np.asarray((1.0 + stream.aspect("rank").shuffled(rows)) ** -self.zipf, np.float64)
        if self.lognormal:
            weights = weights * np.exp(self.lognormal * stream.aspect("weight").normal(Span(0, rows)))
        if self.childless:
            # The least popular have nothing, and at least one remains.
            silent = stream.aspect("silent").shuffled(rows) < int(self.childless * rows)
            weights = np.where(silent, 0.0, weights)
        # Powers and logarithms differ in their last bits from machine to machine; what is drawn by them must not.
        mantissa, exponent = np.frexp(weights)
        return np.asarray(np.ldexp(np.rint(mantissa * EXACT), exponent) / EXACT)

    def counts(self, stream: Stream, rows: int, total: int) -> Ints:
        """How many of ``total`` children each row has; all together have exactly so many."""
        if not rows:
            return np.zeros(0, np.int64)
        if not self.histogram:
            return spread(self.weights(stream, rows), total, stream.aspect("counts"))
        children = self._children(stream, rows)
        order = stream.aspect("order").shuffled(rows)
        reached = np.cumsum(children[order])
        whole = int(reached[-1])
        # In whole numbers as long as 64 bits hold them: 0.5 * 12 may be 5.999… otherwise.
        scaled = reached * total // whole if whole * total < LARGEST else np.floor(reached / whole * total)
        counts = np.empty(rows, np.int64)
        counts[order] = np.diff(scaled, prepend=0)
        return counts

    def _children(self, stream: Stream, rows: int) -> Ints:
        """The histogram's number of children for each row, each as often as its share says."""
        children, shares = np.array(self.histogram).T
        ends = np.rint(np.cumsum(shares) / shares.sum() * rows)
        ranks = stream.aspect("rank").shuffled(rows)
        found = children[np.searchsorted(ends, ranks, side="right")].astype(np.int64)
        # Of few parents perhaps none has any: one has, for somebody must.
        return found if found.any() else np.asarray(ranks == 0, np.int64)


EVEN = Skew()


def check_weights(weights: tuple[float, ...], values: int) -> None:
    """Raises ValueError for weights that cannot be."""
    if len(weights) != values:
        raise ValueError(f"{values} values and {len(weights)} weights")
    if not weights or min(weights) < 0 or sum(weights) <= 0:
        raise ValueError("weights must not be negative, and one must be positive")


def choose(weights: tuple[float, ...] | Floats, stream: Stream, span: Span) -> Ints:
    """For each row a position, as often as its weight says; weightless positions are never chosen."""
    return Wheel.of(np.asarray(weights, np.float64)).draw(stream, span)


def counts(distribution: Distribution, stream: Stream, span: Span) -> Ints:
    """Whole numbers, never negative."""
    if isinstance(distribution, Uniform):
        low, high = amount(distribution.min), amount(distribution.max)
        values = np.floor(low + stream.uniform(span) * (high - low + 1))
    else:
        values = np.rint(distribution.sample(stream, span))
    return np.asarray(np.maximum(values, 0), np.int64)
