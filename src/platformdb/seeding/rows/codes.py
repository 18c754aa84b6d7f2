"""Numbers that stand for values: made close together, sorted, counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

# A table of so many places costs nothing worth saving.
SMALL = 1 << 16


def compact(values: Ints) -> tuple[Ints, Ints]:
    """The different numbers, rising, and for each value the position of its own.

    Where they lie close together a table does it, ten times as fast as sorting (6 M values: 0.06 s, 0.7 s).
    """
    low = int(values.min(initial=0))
    room = int(values.max(initial=0)) - low + 1
    if room > 4 * len(values) + SMALL:
        order = by_code(values)
        rising = values[order]
        new = np.diff(rising, prepend=rising[:1] - 1) != 0
        codes = np.empty(len(values), np.int64)
        codes[order] = np.cumsum(new) - 1
        return rising[new], codes
    seen = np.zeros(room, np.bool_)
    seen[values - low] = True
    numbers = np.cumsum(seen) - 1
    return np.flatnonzero(seen) + low, numbers[values - low]


def by_code(codes: Ints) -> Ints:
    """The rows in the order of their codes, rows of one code in their own order."""
    low, high = (int(codes.min()), int(codes.max())) if len(codes) else (0, 0)
    if high - low >= 1 << 48:
        return np.argsort(codes, kind="stable").astype(np.int64)
    # numpy sorts 16-bit numbers by radix, in linear time: two digits of 200,000 rows take a seventh of the time.
    rest = codes - low
    order = np.argsort(rest.astype(np.uint16), kind="stable")
    for shift in (16, 32):
        if (high - low) >> shift:
            order = order[np.argsort((rest >> shift).astype(np.uint16)[order], kind="stable")]
    return order.astype(np.int64, copy=False)


def ranks(codes: Ints) -> Ints:
    """For each row how many rows before it have the same code."""
    order = by_code(codes)
    begins = np.flatnonzero(np.diff(codes[order], prepend=codes[order][:1] - 1))
    sizes = np.diff(np.append(begins, len(codes)))
    result = np.empty(len(codes), np.int64)
    result[order] = np.arange(len(codes)) - np.repeat(begins, sizes)
    return result
