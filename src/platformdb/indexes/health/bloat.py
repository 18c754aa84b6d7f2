"""How large a B-tree need be, by the statistics alone: pure.

Sources: PostgreSQL's documentation, "Database Page Layout" and "B-Tree Indexes"; src/include/access/itup.h, nbtree.h.
"""

from __future__ import annotations

import math

from platformdb.indexes.health.model import Index, Stored

PAGE = 8192
# The page's header, and the B-tree's own data at its end.
OVERHEAD = 24 + 16
TUPLE_HEADER = 8
LINE_POINTER = 4
LONGEST_ALIGNMENT = 8
# A page of the level above points to more than a hundred pages, so all levels above add no more than this.
LEVELS_ABOVE = 1.01
METHOD = "estimated from reltuples, relpages and pg_stats' widths, without deduplication"


def needed_pages(index: Index) -> int:
    """The pages that a newly built index of these rows would have; 0 where that cannot be said.

    Deduplication, which makes an index of few values smaller, is not reckoned with: pg_stats does not know how many
    rows share the values of several columns. So an index is rather called too slim than too fat.
    """
    if index.method != "btree" or index.partitioned or not index.stored or index.rows < 0:
        return 0
    space = (PAGE - OVERHEAD) * index.fillfactor / 100
    per_page = math.floor(space / _tuple_bytes(index.stored))
    return math.ceil(math.ceil(index.rows / max(per_page, 1)) * LEVELS_ABOVE) + 1  # the first page is the B-tree's own


def needed_bytes(index: Index) -> int:
    """The same in bytes."""
    return needed_pages(index) * PAGE


def _tuple_bytes(stored: tuple[Stored, ...]) -> int:
    nulls = any(column.nulls > 0 for column in stored)
    data = 0.0
    for column in stored:
        data = _aligned(data, column.alignment) + column.width * (1 - column.nulls)
    header = _aligned(TUPLE_HEADER + (len(stored) + 7) // 8 if nulls else TUPLE_HEADER, LONGEST_ALIGNMENT)
    return int(header + _aligned(data, LONGEST_ALIGNMENT)) + LINE_POINTER


def _aligned(size: float, alignment: int) -> float:
    return math.ceil(size / alignment) * alignment
