"""Whole columns of numbers as numeric: groups of four decimal digits, with a handful of operations for each group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from platformdb.postgres.copy_fields import Field, Ints

GROUP = 10_000
# More decimals than money, rates and coordinates have are left to the slow way, and numbers that are not exact.
MOST_DECIMALS = 8
EXACT = float(1 << 53)
LARGEST = 10**18


def numeric_column(values: NDArray[Any]) -> Field | None:
    """The numbers in their shortest decimal form, each with as many decimals as it needs; None: too long for this.

    All rows have the same number of groups: PostgreSQL takes zeros away from both ends.
    """
    decimals, scaled = _scaled(values)
    if scaled is None:
        return None
    fraction = -(-decimals // 4)
    digits = np.abs(scaled) * 10 ** (4 * fraction - decimals)
    groups = fraction + max(1, -(-len(str(int(digits.max(initial=0)) // GROUP**fraction)) // 4))
    sent = np.empty((len(values), 4 + groups), ">u2")
    sent[:, 0], sent[:, 1] = groups, np.uint16(groups - fraction - 1)
    sent[:, 2] = np.where(scaled < 0, 0x4000, 0)
    sent[:, 3] = _shown_decimals(scaled, decimals)
    for place in range(groups):
        digits, sent[:, 3 + groups - place] = np.divmod(digits, GROUP)
    return Field(sent.view(np.uint8).reshape(len(values), -1))


def _scaled(values: NDArray[Any]) -> tuple[int, Ints | None]:
    """How many decimals make all values whole, and these."""
    if values.dtype.kind != "f":
        largest = max(int(values.max(initial=0)), -int(values.min(initial=0)))
        return 0, values.astype(np.int64) if largest < LARGEST else None
    # Else it could not be told whether the digits are all.
    most = float(np.abs(values).max(initial=0.0))
    for decimals in range(MOST_DECIMALS + 1):
        if not most * 10**decimals < EXACT:  # also NaN
            break
        scaled = np.rint(values * 10**decimals)
        # Both are exact, so their quotient is the number that the decimal form is read as.
        if np.array_equal(scaled / 10**decimals, values):
            return decimals, scaled.astype(np.int64)
    return 0, None


def _shown_decimals(scaled: Ints, decimals: int) -> Ints:
    """As many as each value needs."""
    shown = np.full(len(scaled), decimals, np.int64)
    divisor = 1
    for _ in range(decimals):
        divisor *= 10
        shown -= scaled % divisor == 0
    return shown
