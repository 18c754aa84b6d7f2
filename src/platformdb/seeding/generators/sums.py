"""Values computed from other columns of the row: comparisons, arithmetic, running totals."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.files.story import instant_of, microseconds
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.carried import Grown, numbered
from platformdb.seeding.rows.codes import Ints, Mask, by_code
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.conditions import present
from platformdb.seeding.rows.ropes import joined
from platformdb.seeding.shape.distributions import FORBID, amount
from platformdb.seeding.shape.times import SECOND

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt, "!=": operator.ne,
}  # fmt: skip


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "modulo": operator.mod, "bit_or": operator.or_, "bit_and": operator.and_,
}  # fmt: skip
EXTREMES = {"least": np.minimum, "greatest": np.maximum}
NUMBERS = ("int", "float")
ORDERED = (*NUMBERS, "time", "text")
EQUAL = ("bool", "uuid", "link")

# A path, a number, a duration such as "2h" (in seconds), a time, or a date, which means its beginning (UTC).
Operand = datetime | date | int | float | str


@dataclass(frozen=True, slots=True)
class Compare:
    """Whether ``left`` stands in this relation to ``right``: numbers, times, or texts in the order of their bytes.

    Booleans, ids and links are equal or not.
    """

    make: Literal["compare"]
    left: str
    op: Literal["<", "<=", "=", ">=", ">", "!="]
    right: Operand
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        _check(self.right)

    def column(self, block: Block, stream: Stream) -> Column:
        """One boolean for each row; NULL where a side is."""
        left, right = _operand(block, self.left), _operand(block, self.right)
        if (left.kind, left.target) != (right.kind, right.target) and not {left.kind, right.kind} <= set(NUMBERS):
            raise Misfit(f"'{self.left}' is of kind {left.kind}, and '{self.right}' of kind {right.kind}")
        if left.kind not in (*ORDERED, *(EQUAL if self.op in ("=", "!=") else ())):
            raise Misfit(f"'{self.left}' is of kind {left.kind}, which has no {self.op}")
        values = COMPARISONS[self.op](_comparable(left), _comparable(right))
        return Column("bool", np.asarray(values, np.bool_)).but_null(_absent(left) | _absent(right))


@dataclass(frozen=True, slots=True)
class Compute:
    """A figure of several paths or numbers, rounded to so many ``decimals`` (0: a whole number).

    It is NULL where one of them is, or a divisor is 0; ``least`` and ``greatest`` look only at those that have a value.
    A time and seconds make a time; a time without a time makes seconds.
    """

    make: Literal["compute"]
    of: tuple[Operand, ...]
    function: Literal["add", "subtract", "multiply", "divide", "modulo", "least", "greatest", "bit_or", "bit_and"]
    decimals: int | None = None
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if len(self.of) < 2:
            raise ValueError("of needs two or more paths or numbers")
        _check(*self.of)

    def column(self, block: Block, stream: Stream) -> Column:
        """One number or time for each row."""
        columns = [_operand(block, operand) for operand in self.of]
        result = _extreme(columns, EXTREMES[self.function]) if self.function in EXTREMES else self._figure(columns)
        if self.decimals is None or result.kind != "float":
            return result
        rounded = np.round(result.array, self.decimals)
        return replace(result, values=rounded) if self.decimals else replace(result, kind="int", values=_whole(rounded))

    def _figure(self, columns: list[Column]) -> Column:
        kind, arrays = self._aligned(columns)
        nulls = np.logical_or.reduce([column.missing for column in columns])
        if self.function in ("divide", "modulo"):
            nulls = np.logical_or.reduce([nulls, *(array == 0 for array in arrays[1:])])
            arrays[1:] = [np.where(array == 0, 1, array) for array in arrays[1:]]
        values = reduce(ARITHMETIC[self.function], arrays)
        if kind == "seconds":
            values = values / SECOND
        return Column("float" if values.dtype.kind == "f" else kind, values).but_null(nulls)

    def _aligned(self, columns: list[Column]) -> tuple[str, list[NDArray[Any]]]:
        """What comes out (int, time, seconds), and the values in one unit."""
        kinds = [column.kind for column in columns]
        numbers = [kind in NUMBERS for kind in kinds]
        if all(numbers) and (not self.function.startswith("bit") or set(kinds) == {"int"}):
            return "int", [column.array for column in columns]
        if kinds == ["time", "time"] and self.function == "subtract":
            return "seconds", [column.array for column in columns]
        if kinds[0] == "time" and all(numbers[1:]) and self.function in ("add", "subtract"):
            return "time", [columns[0].array, *(_whole(column.array * SECOND) for column in columns[1:])]
        raise Misfit(f"no {self.function} of values of the kinds {', '.join(kinds)}")


@dataclass(frozen=True, slots=True)
class Running:
    """The ``sum`` of ``of``, or the ``count`` of its values, up to and with this row, in the order of time.

    ``per`` is the link, or another column, whose value the rows counted have in common. A NULL adds nothing.
    """

    make: Literal["running"]
    function: Literal["sum", "count"]
    of: str
    per: str = ""
    whole: ClassVar[bool] = True
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One number for each row."""
        column = block.value(self.of)
        if self.function == "sum" and column.kind not in (*NUMBERS, "bool"):
            raise Misfit(f"'{self.of}' is of kind {column.kind}: no sum of that")
        amounts = present(block, self.of).astype(np.int64)
        if self.function == "sum":
            amounts = amounts * column.array
        groups = numbered(block, self.per, stream.address) if self.per else np.zeros(block.rows, np.int64)
        before = block.carried(f"{stream.address}/sums", lambda: Grown(amounts.dtype))
        totals = before.at(groups) + _summed(amounts, groups)
        before.put(groups, totals)
        return Column("float" if amounts.dtype.kind == "f" else "int", totals)


def _summed(amounts: NDArray[Any], groups: Ints) -> NDArray[Any]:
    """Running totals within each group."""
    order = by_code(groups)
    total = np.cumsum(amounts[order])
    firsts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    before = (total - amounts[order])[firsts]
    result = np.empty_like(total)
    result[order] = total - np.repeat(before, np.diff(np.append(firsts, len(order))))
    return result


def _extreme(columns: list[Column], function: Any) -> Column:
    kinds = {column.kind for column in columns}
    if kinds != {"time"} and not kinds <= set(NUMBERS):
        raise Misfit(f"no least or greatest of values of the kinds {', '.join(sorted(kinds))}")
    result, known = columns[0].array, ~columns[0].missing
    for column in columns[1:]:
        both = known & ~column.missing
        result = np.where(both, function(result, column.array), np.where(known, result, column.array))
        known = known | ~column.missing
    return Column(columns[0].kind if len(kinds) == 1 else "float", result).but_null(~known)


def _check(*operands: Operand) -> None:
    """Raises ValueError for a text that is neither path nor duration, and a time without offset."""
    for operand in operands:
        if isinstance(operand, datetime) and operand.tzinfo is None:
            raise ValueError("a time needs its offset, for example 2025-01-01T00:00:00Z")
        if isinstance(operand, str) and not _is_path(operand):
            amount(operand)


def _is_path(operand: str) -> bool:
    return not operand[:1].isdigit()


def _operand(block: Block, operand: Operand) -> Column:
    """The column at a path, or one with always the same value."""
    rows = block.span.rows
    if isinstance(operand, date):
        return Column("time", np.full(rows, microseconds(instant_of(operand)), np.int64))
    if isinstance(operand, str) and _is_path(operand):
        return block.value(operand)
    number = operand if isinstance(operand, int) else amount(operand)
    return Column("int" if isinstance(number, int) else "float", np.full(rows, number))


def _comparable(column: Column) -> NDArray[Any]:
    """Values that numpy compares as they are meant."""
    return joined(column.texts) if column.kind == "text" else column.array


def _absent(column: Column) -> Mask:
    return column.array < 0 if column.kind == "link" else column.missing


def _whole(values: NDArray[Any]) -> Ints:
    return np.asarray(np.rint(values), np.int64)
