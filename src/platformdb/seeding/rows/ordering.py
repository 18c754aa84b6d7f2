"""Sorting what does not fit into memory: records are dealt into intervals of their key, and each is sorted alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.rows.codes import Ints, Mask, by_code, ranks
from platformdb.seeding.rows.store import Store
from platformdb.seeding.rows.stored import Stored

# Rows sorted at once. More do not go faster: the processor's cache holds the order of so many.
RUN = 1 << 18
# Keys looked at for each interval, to find limits between which about RUN rows lie.
SAMPLE = 64

Records = NDArray[Any]


def in_order(store: Store, records: Stored, key: str, *, divisible: bool = True) -> Iterator[Records]:
    """The records in the order of a field of whole numbers, those with equal keys in their own order.

    They come in pieces of about ``RUN`` rows, at least one. Records with equal keys are in one piece, whatever its
    size, unless they are ``divisible``.
    """
    if len(records) <= RUN:
        yield _sorted(records.span(0, len(records)), key)
        return
    limits = _limits(records, key)
    dealt, ends = _dealt(store, records, key, limits)
    first = 0
    for end in ends.tolist():
        if end - first > RUN and divisible and _alike(dealt, first, end, key):
            yield from (dealt.span(at, min(at + RUN, end)) for at in range(first, end, RUN))
        elif end > first:
            yield _sorted(dealt.span(first, end), key)
        first = end


def repeats(store: Store, keys: Stored) -> Repeats:
    """Which rows have a key that an earlier row has. In memory: a bit for each row, and the keys of ``RUN`` rows."""
    bits = np.zeros(-(-len(keys) // 8), np.uint8)
    for piece in in_order(store, _with_rows(store, keys), "key", divisible=False):
        again = piece["row"][1:][piece["key"][1:] == piece["key"][:-1]]
        np.bitwise_or.at(bits, again >> 3, (128 >> (again & 7)).astype(np.uint8))
    return Repeats(bits)


def numbering(store: Store, keys: Stored) -> Stored:
    """For each row how many rows before it have its key."""
    spool = store.scratch([("row", np.int64), ("again", np.int64)])
    for piece in in_order(store, _with_rows(store, keys), "key", divisible=False):
        spool.append(records(row=piece["row"], again=ranks(piece["key"])))
    numbers = store.scratch(np.int64)
    for piece in in_order(store, spool.finish(), "row"):
        numbers.append(piece["again"])
    return numbers.finish()


def _with_rows(store: Store, keys: Stored) -> Stored:
    spool = store.scratch([("key", np.int64), ("row", np.int64)])
    for first in range(0, len(keys), RUN):
        found = keys.span(first, first + RUN)
        spool.append(records(key=found, row=np.arange(first, first + len(found))))
    return spool.finish()


class Repeats:
    """A bit for each row."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits = bits

    def span(self, first: int, end: int) -> Mask:
        """The rows from ``first``, a multiple of 8, to ``end``."""
        return np.unpackbits(self._bits[first // 8 : -(-end // 8)], count=end - first).view(np.bool_)


def records(**fields: NDArray[Any]) -> Records:
    """The rows of several arrays side by side."""
    found = np.empty(len(next(iter(fields.values()))), [(name, array.dtype) for name, array in fields.items()])
    for name, array in fields.items():
        found[name] = array
    return found


def _sorted(found: Records, key: str) -> Records:
    # Indexing records field by field takes 190 ns each, taking them as they are 3 ns.
    return found.take(by_code(np.ascontiguousarray(found[key])))


def _limits(found: Stored, key: str) -> Ints:
    """Keys at which intervals begin. One that very many records have is an interval of its own."""
    step = max(1, RUN // SAMPLE)
    # Copied piece by piece: views would be read together, and bring the whole file's pages into memory.
    pieces = [found.span(first, first + RUN)[key][::step].astype(np.int64) for first in range(0, len(found), RUN)]
    sample = np.sort(np.concatenate(pieces))[::SAMPLE]
    crowded = sample[1:][sample[1:] == sample[:-1]]
    return np.unique(np.concatenate([sample[1:], crowded, crowded + 1]))


def _dealt(store: Store, found: Stored, key: str, limits: Ints) -> tuple[Stored, Ints]:
    """The records interval by interval, and where each interval ends."""
    pieces = [range(first, min(first + RUN, len(found))) for first in range(0, len(found), RUN)]
    counts = np.zeros(len(limits) + 1, np.int64)
    for piece in pieces:
        counts += _counted(found, key, limits, piece)[1]
    ends = np.cumsum(counts)
    filled = ends - counts
    places = store.places(found.dtype, len(found))
    for piece in pieces:
        intervals, sizes = _counted(found, key, limits, piece)
        ordered = found.span(piece.start, piece.stop).take(by_code(intervals))
        begins = np.cumsum(sizes) - sizes
        for number in np.flatnonzero(sizes).tolist():
            places.put(int(filled[number]), ordered[begins[number] : begins[number] + sizes[number]])
        filled += sizes
    return places.finish(), ends


def _counted(found: Stored, key: str, limits: Ints, piece: range) -> tuple[Ints, Ints]:
    intervals = np.searchsorted(limits, found.span(piece.start, piece.stop)[key], side="right")
    return intervals, np.bincount(intervals, minlength=len(limits) + 1)


def _alike(found: Stored, first: int, end: int, key: str) -> bool:
    keys = (found.span(at, min(at + RUN, end))[key] for at in range(first, end, RUN))
    lowest, highest = zip(*((piece.min(), piece.max()) for piece in keys), strict=True)
    return bool(min(lowest) == max(highest))
