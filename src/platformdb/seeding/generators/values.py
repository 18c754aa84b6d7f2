"""Single values: constants, choices, numbers, booleans, later times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Ints, Mask
from platformdb.seeding.rows.columns import Column, keys
from platformdb.seeding.rows.conditions import Scalar, present
from platformdb.seeding.rows.ropes import Texts, constant, texts
from platformdb.seeding.shape.distributions import FORBID, Distribution, Share, check_weights, choose
from platformdb.seeding.shape.times import SECOND

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block

LARGEST = 2.0**63


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same value."""

    make: Literal["constant"]
    value: Scalar
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """The value, once for each row."""
        if isinstance(self.value, str):
            return Column("text", Texts((constant(self.value, block.span.rows),)))
        return scalars((self.value,), np.zeros(block.span.rows, np.int64))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values, each as often as its weight says; without weights all alike."""

    make: Literal["choice"]
    values: tuple[Scalar, ...]
    weights: tuple[float, ...] = ()
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        check_weights(self.weights or (1.0,) * len(self.values), len(self.values))
        check_scalars(self.values)

    def column(self, block: Block, stream: Stream) -> Column:
        """One value for each row."""
        weights = self.weights or (1.0,) * len(self.values)
        return scalars(self.values, choose(weights, stream, block.span))


@dataclass(frozen=True, slots=True)
class Map:
    """The value that belongs to another column's value; ``otherwise`` for those not named (without it: NULL)."""

    make: Literal["map"]
    of: str
    values: Mapping[str, Scalar]
    otherwise: Scalar | None = None
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        check_scalars((*self.values.values(), *(() if self.otherwise is None else (self.otherwise,))))

    def column(self, block: Block, stream: Stream) -> Column:
        """One value for each row."""
        found, codes = keys(block.value(self.of))
        wanted = [self.values.get(_written(value), self.otherwise) for value in found]
        default = next(iter(self.values.values()))
        known = tuple(default if value is None else value for value in wanted) or (default,)
        nulls = np.array([*(value is None for value in wanted), False], np.bool_)[codes]
        return scalars(known, codes).but_null(nulls)


@dataclass(frozen=True, slots=True)
class Flag:
    """True for a share of the rows."""

    make: Literal["flag"]
    share: Share
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One boolean for each row."""
        return Column("bool", stream.uniform(block.span) < self.share)


@dataclass(frozen=True, slots=True)
class Present:
    """Whether another column or link has a value in this row."""

    make: Literal["present"]
    of: str
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One boolean for each row."""
        return Column("bool", present(block, self.of))


@dataclass(frozen=True, slots=True)
class Number:
    """A number by distribution, times another column where ``times`` names one, with so many decimals."""

    make: Literal["number"]
    spread: Distribution
    times: str = ""
    decimals: Annotated[int, Field(ge=0, le=15)] = 0
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One number for each row."""
        values, nulls = self.spread.sample(stream, block.span), None
        if self.times:
            factor = block.value(self.times)
            if factor.kind not in ("int", "float"):
                raise Misfit(f"'{self.times}' is of kind {factor.kind}, not a number")
            values, nulls = values * factor.array, factor.nulls
        if self.decimals:
            return Column("float", np.round(values, self.decimals), nulls)
        if len(values) and np.abs(values).max() >= LARGEST:
            raise Misfit("numbers beyond 2^63 are no whole ones: say how many decimals they have, or give a max")
        return Column("int", np.floor(values).astype(np.int64), nulls)


@dataclass(frozen=True, slots=True)
class Later:
    """A time after another one, for a ``share`` of the rows; the others get NULL, or with ``same`` that other time.

    ``beyond`` says what becomes of times after the end of the story: "squeeze" them before it, "null", or "allow".
    """

    make: Literal["later"]
    lag: Distribution
    of: str = "time"
    share: Share = 1.0
    same: bool = False
    beyond: Literal["squeeze", "null", "allow"] = "squeeze"
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One time for each row."""
        base = block.value(self.of)
        if base.kind != "time":
            raise Misfit(f"'{self.of}' is of kind {base.kind}, not a time")
        lag = np.maximum((self.lag.sample(stream.aspect("lag"), block.span) * SECOND).astype(np.int64), 1)
        chosen = stream.aspect("share").uniform(block.span) < self.share
        values, late = self._limited(base.array, lag, block, stream)
        if self.same:
            return Column("time", np.where(chosen & ~late, values, base.array), base.nulls)
        return Column("time", values, base.nulls).but_null(~chosen | late)

    def _limited(self, base: Ints, lag: Ints, block: Block, stream: Stream) -> tuple[Ints, Mask]:
        end = block.world.definition.calendar.end
        late = np.asarray(base + lag >= end)
        if self.beyond == "null":
            return base + lag, late
        if self.beyond == "squeeze":
            room = np.maximum(end - base, 1) * stream.aspect("squeeze").uniform(block.span)
            lag = np.where(late, np.maximum(room.astype(np.int64), 1), lag)
        return base + lag, np.zeros_like(late)


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest of several times; NULL where all are."""

    make: Literal["latest"]
    of: tuple[str, ...]
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One time for each row."""
        columns = [block.value(path) for path in self.of]
        if any(column.kind != "time" for column in columns):
            raise Misfit("latest compares times only")
        never = np.iinfo(np.int64).min
        known = [np.where(column.missing, never, column.array) for column in columns]
        result = np.maximum.reduce(known)
        return Column("time", result).but_null(result == never)


def scalars(values: tuple[Scalar, ...], codes: Ints) -> Column:
    """A column of a few values, given by their positions."""
    if isinstance(values[0], bool):
        return Column("bool", np.array(values, np.bool_)[codes])
    if isinstance(values[0], str):
        return Column("text", texts(str(value) for value in values).take(codes))
    whole = all(isinstance(value, int) for value in values)
    return Column("int" if whole else "float", np.array(values, np.int64 if whole else np.float64)[codes])


def check_scalars(values: tuple[Scalar, ...]) -> None:
    """Raises ValueError for none, or values of several kinds."""
    kinds = {"number" if isinstance(v, (int, float)) and not isinstance(v, bool) else type(v).__name__ for v in values}
    if len(kinds) != 1:
        raise ValueError("values must be one or more, all texts, all numbers or all booleans")


def _written(value: object) -> str:
    """A value as a key of a TOML table."""
    return str(value).lower() if isinstance(value, bool) else str(value)
