"""Each index dropped once, in a transaction that is rolled back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from platformdb.bench.mutate.company import expect_nobody_waits
from platformdb.bench.mutate.model import DroppedIndex, Effect
from platformdb.bench.mutate.plan import roots
from platformdb.bench.mutate.trial import PACKAGE, Rules, Seen, look, try_out, whole_table
from platformdb.errors import NotNow, Refused
from platformdb.postgres.attempt import Refusal, attempt
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query as sql_of
from platformdb.postgres.undone import undone
from platformdb.report.model import Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.workload.model import IndexFacts

# Above the second (deadlock_timeout) after which the server sends an autovacuum away that holds the table.
LOCK_TIMEOUT = "2s"
NO_LOCK, NO_RIGHT = "55P03", "42501"


def undropped(rules: Rules, tiers: Mapping[str, int]) -> tuple[DroppedIndex, ...]:
    """The indexes of the database, none of them tried yet."""
    return tuple(
        DroppedIndex(index, tiers.get(index.name, tiers.get(index.name.rpartition(".")[2])))
        for index in roots(rules.catalog)
    )


def drop_each(
    connection: Connection, indexes: Iterable[DroppedIndex], seen: Sequence[Seen], rules: Rules, observer: Observer
) -> Iterator[DroppedIndex]:
    """Each index with what it is needed for by the queries that were seen, beside what was known of it."""
    drops = dict(connection.execute(sql_of("drops", PACKAGE)).fetchall())
    for dropped in indexes:
        began = time.perf_counter()
        touching = [one for one in seen if whole_table(rules, dropped.index) in one.tables]
        effects = _drop(connection, drops[dropped.index.name], dropped.index, touching, rules) if touching else ()
        yield _with(dropped, touching, effects)
        step = Step("index", dropped.index.name, "dropped and rolled back")
        observer.finished(StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000))


def _drop(
    connection: Connection, statement: str, index: IndexFacts, touching: Sequence[Seen], rules: Rules
) -> tuple[Effect, ...]:
    """What is otherwise without one index, of the queries that touch its table."""
    with undone(connection, writes=True):
        connection.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_TIMEOUT,))
        before = [look(connection, one.query, one.persona, rules) if one.query.writes else one for one in touching]
        if refusal := attempt(connection, lambda: connection.execute(statement.encode())):
            raise _not_dropped(index, refusal)
        return tuple(_effects(connection, index, before, rules))


def _effects(connection: Connection, index: IndexFacts, before: Iterable[Seen], rules: Rules) -> Iterator[Effect]:
    """Those that are something; once a query is caught for one persona, the others are not asked."""
    caught: set[str] = set()
    for one in sorted(before, key=lambda one: (index.name not in one.used, -(one.persona.weight or 0))):
        if one.query.name in caught:
            continue
        expect_nobody_waits(connection)
        effect, _ = try_out(connection, one, rules, runs=_shows_elsewhere(index, one, rules))
        if effect.rules or effect.worse:
            yield effect
        if effect.rules:
            caught.add(one.query.name)


def _shows_elsewhere(index: IndexFacts, one: Seen, rules: Rules) -> bool:
    """Whether the query has to run, though its plan stays as it is: functions and triggers have plans of their own.

    Of an index that none of them read there only uniqueness matters to a planner.
    """
    return index.name in one.used or (index.unique and whole_table(rules, index) in one.hidden)


def _with(dropped: DroppedIndex, touching: Sequence[Seen], effects: tuple[Effect, ...]) -> DroppedIndex:
    used = sorted({one.query.name for one in touching if dropped.index.name in one.used})
    return replace(
        dropped,
        effects=(*dropped.effects, *effects),
        asked=dropped.asked + len({one.query.name for one in touching}),
        used=(*dropped.used, *used),
    )


def _not_dropped(index: IndexFacts, refusal: Refusal) -> Exception:
    if refusal.sqlstate == NO_LOCK:
        return NotNow(
            f"no lock on {index.table} within {LOCK_TIMEOUT}: another session is at work there",
            help="nothing was changed; run it again when the database is idle, or on a copy of it",
        )
    return Refused(
        f"{index.name} cannot be dropped for a moment: {refusal.message}",
        help="connect as the owner of the tables" if refusal.sqlstate == NO_RIGHT else "nothing was changed",
    )
