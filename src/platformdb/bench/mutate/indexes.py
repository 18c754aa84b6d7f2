"""Each index dropped once, in a transaction that is rolled back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from platformdb.bench.mutate.model import DroppedIndex, Effect
from platformdb.bench.mutate.plan import could_need, roots
from platformdb.bench.mutate.trial import PACKAGE, Rules, Seen, judged, look, try_out
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
    drops: dict[str, str] = dict(connection.execute(sql_of("drops", PACKAGE)).fetchall())
    for dropped in indexes:
        began = time.perf_counter()
        touching = [one for one in seen if rules.table_of(dropped.index) in one.tables]
        drop = partial(_drop, connection, dropped.index, drops[dropped.index.name])
        yield _with(dropped, touching, tuple(_effects(connection, drop, dropped.index, touching, rules)))
        step = Step("index", dropped.index.name, "dropped and rolled back")
        observer.finished(StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000))


def _effects(
    connection: Connection, drop: Callable[[], None], index: IndexFacts, touching: Sequence[Seen], rules: Rules
) -> Iterator[Effect]:
    """Those that are something; once a query is caught for one persona, the others are not asked."""
    caught: set[str] = set()
    for one in sorted(touching, key=lambda one: (index.name not in one.used, -(one.persona.weight or 0))):
        if one.query.name in caught or not could_need(index, one.used | one.planned):
            continue
        effect = _effect(connection, drop, one, rules, used=index.name in one.used)
        if effect.rules or effect.worse:
            yield effect
        if effect.rules:
            caught.add(one.query.name)


def _effect(connection: Connection, drop: Callable[[], None], one: Seen, rules: Rules, *, used: bool) -> Effect:
    """One query without the index, in a transaction of its own: nobody waits longer for the table than it runs.

    A write leaves dead rows behind, so that the next one reads more pages: it is judged by one that came after it.
    """
    with undone(connection, writes=True):
        drop()
        tried = try_out(connection, one, rules, used=used)
    if isinstance(tried, Effect):
        return tried
    return judged(look(connection, one.query, one.persona, rules) if one.query.writes else one, tried, rules)


def _drop(connection: Connection, index: IndexFacts, statement: str) -> None:
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_TIMEOUT,))
    if refusal := attempt(connection, lambda: connection.execute(statement.encode())):
        raise _not_dropped(index, refusal)


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
