"""Whether the gate has teeth: look at every query → drop each index → make each query worse → count what was caught."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from platformdb.bench.mutate.company import expect_nobody
from platformdb.bench.mutate.indexes import drop_each, undropped
from platformdb.bench.mutate.model import MutationResult, WorseQuery
from platformdb.bench.mutate.trial import Rules, Seen, look
from platformdb.bench.mutate.worsened import worsen_each
from platformdb.postgres.connect import Connection
from platformdb.report.model import Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.workload.model import Persona, Query
from platformdb.workload.run import COUNTED_RUNS, read_catalog

TOLERANCE = 0.02


def mutate(
    connection: Connection,
    queries: Sequence[Query],
    personas: Mapping[str, Sequence[Persona]],
    observer: Observer,
    *,
    tiers: Mapping[str, int],
    tolerance: float = TOLERANCE,
) -> MutationResult:
    """Drops each index once, and makes each query worse in each way, and has the gate judge it by the unmutated run.

    The connection is pinned, its database's statistics are fresh, and nobody else works there; everything is rolled
    back, but writes leave dead rows behind in its pages: where ``queries`` holds some, it should be a copy.
    ``personas`` are those of each query, by its name, ``tiers`` the tiers of indexes by their names.

    Raises:
        NotNow: other sessions are at work in the database, or come to wait.
        Refused: this role may not drop an index.
        psycopg.Error: the connection is lost.
    """
    began = time.perf_counter()
    expect_nobody(connection)
    rules = Rules.of(read_catalog(connection), tolerance)
    dropped, worse = undropped(rules, tiers), tuple[WorseQuery, ...]()
    # All reads before the first write: what a write rolls back stays in the pages, where a read would count it.
    for writes in (False, True):
        asked = [query for query in queries if query.writes is writes]
        seen = tuple(_look_at_each(connection, asked, personas, rules, observer))
        worse += () if writes else worsen_each(connection, seen, rules, observer)
        observer.stage("dropping indexes" + " under writes" * writes, len(dropped) if seen else 0)
        dropped = tuple(drop_each(connection, dropped, seen, rules, observer))
    return MutationResult(dropped, worse, (time.perf_counter() - began) * 1000)


def _look_at_each(
    connection: Connection,
    queries: Sequence[Query],
    personas: Mapping[str, Sequence[Persona]],
    rules: Rules,
    observer: Observer,
) -> Iterator[Seen]:
    observer.stage("queries as they are", len(queries))
    for query in queries:
        began = time.perf_counter()
        for persona in personas.get(query.name, ()):
            yield look(connection, query, persona, rules, runs=1 if query.writes else COUNTED_RUNS)
        step = Step("query", query.name, "as it is")
        observer.finished(StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000))
