"""The state of a table that plans and work depend on, and what may be believed of its statistics: pure values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# ANALYZE reads so many rows for each step of its target: where a table has no more, the sample is the whole table.
ROWS_PER_STEP = 300
LEAST_TARGET, MOST_TARGET = 100, 10_000
# A vacuum that passes over frozen pages only estimates the rows.
MARGIN = 1.02


@dataclass(frozen=True, slots=True)
class TableState:
    """A table or partition as the catalog and the server's counters have it.

    ``tree`` is the outermost partitioned table, or the table itself, quoted for SQL. ``rows`` is -1 where nobody
    counted. ``columns`` is how many of its columns have statistics, ``widest`` the longest list of values among them:
    a target of n makes none longer than n. ``busy`` says that a vacuum or an analyze is at work on it, ``due`` that
    autovacuum will be.
    """

    name: str
    tree: str
    partitioned: bool
    rows: int
    pages: int
    visible: int
    dead: int
    modified: int
    analyzed: bool
    columns: int
    widest: int
    busy: bool = False
    due: bool = False

    @property
    def truncated(self) -> bool:
        """TRUNCATE forgets how many rows there were, and keeps what the statistics say of their values."""
        return self.columns > 0 and self.rows <= 0 and not self.partitioned


def steps_for(tree: Iterable[TableState]) -> float:
    """The least statistics target with which ANALYZE reads every row of a table and of its partitions.

    Of a partitioned table it takes from each partition as its share of the pages is, so the densest one decides.
    """
    leaves = [state for state in tree if not state.partitioned and state.pages > 0]
    densest = max((max(state.rows, 0) / state.pages for state in leaves), default=0.0)
    return densest * sum(state.pages for state in leaves) / ROWS_PER_STEP


def target_for(tree: Iterable[TableState]) -> int:
    """The target that ANALYZE is given: that, and a little more, as far as PostgreSQL lets targets go."""
    return min(max(math.ceil(steps_for(tree) * MARGIN), LEAST_TARGET), MOST_TARGET)


def by_tree(states: Iterable[TableState]) -> Mapping[str, tuple[TableState, ...]]:
    """Tables with their partitions, under the quoted name of the outermost."""
    trees: dict[str, tuple[TableState, ...]] = {}
    for state in states:
        trees[state.tree] = (*trees.get(state.tree, ()), state)
    return trees


def is_clean(state: TableState) -> bool:
    """Whether all of its pages are known to be visible to all, and no dead rows are in them."""
    return state.partitioned or (state.visible >= state.pages and state.dead == 0 and state.rows >= 0)


def is_fresh(tree: Iterable[TableState]) -> bool:
    """Whether the statistics of a table and its partitions are of the rows as they are now."""
    return all(state.analyzed and state.modified == 0 and state.columns > 0 for state in tree if state.rows != 0)


def is_known(tree: tuple[TableState, ...], server_target: int) -> bool:
    """Whether they are, and are proven to be of every row.

    Nobody records which target an ANALYZE had. But a list of n values in the statistics proves a target of n at least,
    and up to 30,000 rows the server's own target does, where it is not below PostgreSQL's 100.
    """
    return is_fresh(tree) and all(_is_whole(state, tree, server_target) for state in tree if state.rows != 0)


def _is_whole(state: TableState, tree: tuple[TableState, ...], server_target: int) -> bool:
    needed = min(steps_for(tree if state.partitioned else (state,)), MOST_TARGET)
    return needed <= max(state.widest, min(server_target, LEAST_TARGET))
