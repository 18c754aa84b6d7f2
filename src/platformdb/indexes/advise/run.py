"""Proposes the indexes that a platform's queries miss: read → copy → build and measure → choose → report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from platformdb.indexes.advise.demands import of_foreign_keys, of_queries
from platformdb.indexes.advise.model import Demand
from platformdb.indexes.advise.read import Facts, read_facts
from platformdb.indexes.advise.search import Search, Writes, search
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Outcome, Report
from platformdb.report.progress import Observer
from platformdb.sqltext.writes import updated_in
from platformdb.workload.personas import find_personas
from platformdb.workload.read import read_queries


def writes_of(demands: Sequence[Demand], facts: Facts) -> dict[str, Writes]:
    """How tables are written in one pass: by the workload's own statements, and once where it holds none.

    Columns that a routine updates, in a trigger for example, count as updated.
    """
    inserts: Counter[str] = Counter()
    updates: Counter[str] = Counter()
    columns: defaultdict[str, set[str]] = defaultdict(set)
    for demand in demands:
        for write in demand.written:
            inserts[write.table] += demand.weight if write.inserts else 0
            updates[write.table] += demand.weight if write.columns else 0
            columns[write.table] |= set(write.columns)
    for routine in facts.routines:
        for written, changed in updated_in(routine.body):
            columns[facts.relations.visible.get(written, written)] |= changed
    return {
        name: Writes(inserts[name] or 1.0, updates[name] or float(bool(columns[name])), frozenset(columns[name]))
        for name in facts.tables
    }
