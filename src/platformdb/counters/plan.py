"""The SQL that finds drift and the steps that repair it: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from platformdb.counters.model import Counter, Drift
from platformdb.errors import Refused
from platformdb.report.model import Finding, Statement, Step
from platformdb.sqltext.quote import quote_identifier, quote_qualified

BATCH_ROWS = 1000

FIND = """
SELECT t.{key}, t.{column}, coalesce(q.value, 0)
FROM {table} AS t
LEFT JOIN (
{query}
) AS q ON q.key = t.{key}
WHERE t.{column} IS DISTINCT FROM coalesce(q.value, 0)
ORDER BY t.{key}
"""

LOCK = "SELECT 1 FROM {table} WHERE {key} = ANY($1) ORDER BY {key} FOR NO KEY UPDATE"

# A statement of its own after the locks are held: it sees what the writers it waited for have committed, and
# writers that come later wait for the row and then add to the repaired value.
REPAIR = """
UPDATE {table} AS t
SET {column} = coalesce(q.value, 0)
FROM {table} AS wanted
LEFT JOIN (
{query}
) AS q ON q.key = wanted.{key}
WHERE t.{key} = wanted.{key}
  AND wanted.{key} = ANY($1)
  AND t.{column} IS DISTINCT FROM coalesce(q.value, 0)
"""

# What the reasoning above rests on, whatever the server's default is.
READ_COMMITTED = Statement("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")


def find_drift_sql(counter: Counter) -> str:
    """A query for the drifted rows of a counter: key, stored value, actual value."""
    return _filled(FIND, counter)


def plan_repairs(drifts: Iterable[Drift]) -> tuple[Step, ...]:
    """One step per batch of a counter's drifted rows, in key order; each locks its rows first."""
    by_counter = groupby(drifts, key=lambda drift: drift.counter)
    return tuple(step for counter, rows in by_counter for step in _batches(counter, tuple(rows)))


def _batches(counter: Counter, drifts: Sequence[Drift]) -> Iterator[Step]:
    for start in range(0, len(drifts), BATCH_ROWS):
        keys = [drift.key for drift in drifts[start : start + BATCH_ROWS]]
        statements = (
            READ_COMMITTED,
            Statement(_filled(LOCK, counter), (keys,)),
            Statement(_filled(REPAIR, counter), (keys,)),
        )
        yield Step("counter", counter.name, f"rows {start + 1} to {start + len(keys)} drifted", statements)


def _filled(template: str, counter: Counter) -> str:
    return template.format(
        table=quote_qualified(counter.table),
        key=quote_identifier(counter.key),
        column=quote_identifier(counter.column),
        query=counter.query,
    )


def judge(drifts: Iterable[Drift]) -> tuple[Finding, ...]:
    """One finding per drifted row."""
    return tuple(
        Finding(
            "counter-drifted",
            f"{drift.counter.name} of {drift.counter.key}={drift.key} is {drift.stored}, should be {drift.actual}",
            f"{drift.counter.name}[{drift.key}]",
            help="run: platformdb counters fix",
        )
        for drift in drifts
    )


def refuse_ambiguous(drifts: Iterable[Drift]) -> None:
    """No repair can satisfy a query that returns a key twice.

    Raises:
        Refused: naming the counter and the key.
    """
    for one, next_one in pairwise(drifts):
        if (one.counter, one.key) == (next_one.counter, next_one.key):
            raise Refused(
                f"the query of {one.counter.name} returns the key {one.key} more than once",
                help="group it by its key",
            )
