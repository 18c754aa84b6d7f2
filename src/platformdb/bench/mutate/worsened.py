"""Each query made worse in every way there is for it, in transactions that are rolled back."""

from __future__ import annotations

import time
from collections.abc import Sequence

from platformdb.bench.mutate.model import BROKEN, Effect, WorseQuery
from platformdb.bench.mutate.plan import indexed_columns
from platformdb.bench.mutate.trial import Rules, Seen, judged, try_out
from platformdb.postgres.connect import Connection
from platformdb.report.model import Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.sqltext.mutants import Mutant, mutants


def worsen_each(
    connection: Connection, seen: Sequence[Seen], rules: Rules, observer: Observer
) -> tuple[WorseQuery, ...]:
    """What the gate says of each mutant. Only reads: an UPDATE without its WHERE leaves a table twice as large."""
    columns = indexed_columns(rules.catalog)
    names = tuple(dict.fromkeys(one.query.name for one in seen))
    observer.stage("making queries worse", len(names))
    found: list[WorseQuery] = []
    for name in names:
        began = time.perf_counter()
        personas = _extremes([one for one in seen if one.query.name == name])
        found += [_one(connection, personas, mutant, rules) for mutant in mutants(personas[0].query.sql, columns)]
        step = Step("query", name, "made worse")
        observer.finished(StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000))
    return tuple(found)


def _extremes(seen: Sequence[Seen]) -> Sequence[Seen]:
    """The persona that has most, then the one that has least: what neither notices, few between them do."""
    ordered = sorted(seen, key=lambda one: -(one.persona.weight or 0))
    return ordered if len(ordered) < 2 else (ordered[0], ordered[-1])


def _one(connection: Connection, personas: Sequence[Seen], mutant: Mutant, rules: Rules) -> WorseQuery:
    effects = []
    for seen in personas:
        tried = try_out(connection, seen, rules, sql=mutant.sql)
        effect = tried if isinstance(tried, Effect) else judged(seen, tried, rules)
        if effect.rules == (BROKEN,):
            return WorseQuery(seen.query, mutant, refused=effect.worse)
        if effect.rules or effect.worse:
            effects.append(effect)
        if effect.rules:
            break
    return WorseQuery(personas[0].query, mutant, tuple(effects))
