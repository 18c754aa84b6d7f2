"""Each index dropped once, in a transaction that is rolled back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from platformdb.bench.mutate.model import DroppedIndex, Effect, Fate, shown
from platformdb.bench.mutate.plan import could_need, roots
from platformdb.bench.mutate.trial import PACKAGE, Rules, Seen, judged, look, try_out
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query as sql_of
from platformdb.postgres.without import without_index
from platformdb.report.model import Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.workload.model import IndexFacts

# By what share the work of a write may differ: pages are pruned and split where many were rolled back. With nothing
# dropped 41 of 198 runs did over 2 % more than the next, most up to 40 %; without its index a write does several times
# as much.
WRITES_VARY = 1.0
GREW = ("work-grown",)


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
        effects = tuple(_effects(connection, dropped, drops[dropped.index.name], touching, rules))
        yield _with(dropped, touching, effects)
        step = Step("index", shown(dropped.index.name), "dropped and rolled back")
        observer.finished(StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000))


def _effects(
    connection: Connection, dropped: DroppedIndex, drop: str, touching: Sequence[Seen], rules: Rules
) -> Iterator[Effect]:
    """Those that are something; once a query is caught for one persona, the others are not asked.

    Writes, which are slow to try, are asked only for what nothing else needs, and until one needs it.
    """
    caught: set[str] = set()
    looked_at: set[str] = set()
    index, known = dropped.index, dropped.fate is Fate.CAUGHT
    for one in sorted(touching, key=lambda one: (index.name not in one.used, -(one.persona.weight or 0))):
        enough = (known or caught) if one.query.writes else one.query.name in caught
        if enough or not could_need(index, one.used | one.planned, first=one.query.name not in looked_at):
            continue
        looked_at.add(one.query.name)
        effect = _effect(connection, index, drop, one, rules)
        if effect.rules or effect.worse:
            yield effect
        if effect.rules:
            caught.add(one.query.name)


def _effect(connection: Connection, index: IndexFacts, drop: str, one: Seen, rules: Rules) -> Effect:
    """One query without the index. What only the work of a write says must be so twice.

    The first to come by the dead rows of those before it clears them away, and reads twice what the next one does.
    """
    if not one.query.writes:
        return _once(connection, index, drop, one, rules)
    rules = replace(rules, tolerance=max(rules.tolerance, WRITES_VARY))
    effect = _once(connection, index, drop, one, rules)
    return _once(connection, index, drop, one, rules) if effect.rules == GREW else effect


def _once(connection: Connection, index: IndexFacts, drop: str, one: Seen, rules: Rules) -> Effect:
    """In a transaction of its own: nobody waits longer for the table than the query runs.

    A write leaves dead rows behind, so that the next one reads more pages: it is judged by one that came after it.
    """
    with without_index(connection, index.name, drop):
        tried = try_out(connection, one, rules, used=index.name in one.used)
    if isinstance(tried, Effect):
        return tried
    return judged(look(connection, one.query, one.persona, rules) if one.query.writes else one, tried, rules)


def _with(dropped: DroppedIndex, touching: Sequence[Seen], effects: tuple[Effect, ...]) -> DroppedIndex:
    used = sorted({one.query.name for one in touching if dropped.index.name in one.used})
    return replace(
        dropped,
        effects=(*dropped.effects, *effects),
        asked=dropped.asked + len({one.query.name for one in touching}),
        used=(*dropped.used, *used),
    )
