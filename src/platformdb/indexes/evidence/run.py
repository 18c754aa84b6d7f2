"""Measures what each index is worth: read → copy → with and without, index by index → judge → report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from platformdb.errors import ConfigError, NotNow, Refused
from platformdb.indexes.evidence.judge import judge
from platformdb.indexes.evidence.measure import Case, effects, watch
from platformdb.indexes.evidence.model import Evidence, InsertCost, WriteCost
from platformdb.indexes.evidence.shown import as_data, summary, table
from platformdb.indexes.health.cover import columns_of, unserved, without
from platformdb.indexes.health.model import Facts, Index
from platformdb.indexes.health.read import read_facts
from platformdb.indexes.model import IndexDefinition
from platformdb.indexes.read import read_tiers
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.queries import query
from platformdb.postgres.scratch import scratch_copy
from platformdb.postgres.target import Target
from platformdb.postgres.tidy import tidy
from platformdb.postgres.without import without_index
from platformdb.postgres.write_cost import Sample, cost_of_insert, heap_only_updates, sampled
from platformdb.project import Platform
from platformdb.report.leftout import left_out
from platformdb.report.model import Finding, Outcome, Report, Severity, Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.report.words import counted
from platformdb.workload.model import Query
from platformdb.workload.personas import find_personas
from platformdb.workload.read import read_queries
from platformdb.workload.run import read_catalog

PACKAGE = "platformdb.indexes.evidence"
PROFILES = ("ci", "load")
# Does what a question asks? It may refuse where it cannot ask.
Agree = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which indexes to look at (all, where neither is given), and whether in the database itself, not in a copy."""

    names: tuple[str, ...] = ()
    tier: int | None = None
    in_place: bool = False
    agree: Agree = lambda _: False


def index_evidence(target: Target, platform: Platform, observer: Observer, wanted: Wanted) -> Report:
    """Drops each index in a transaction, runs the queries and writes that touch its table, and rolls back.

    All of it in a copy of the database, which is dropped at the end. In place only reads are measured: writes that are
    rolled back leave dead rows behind.

    Raises:
        Refused: the database cannot be copied; in place, others are at work there and nobody agreed.
        ConfigError: there is no such index.
    """
    definitions, problems = read_tiers(platform)
    queries, faults = read_queries(platform)
    if problems or faults or not queries:
        findings = (*problems, *faults, *(() if queries or faults else (_nothing(platform),)))
        return Report("refused, nothing was measured", Outcome.REFUSED, findings=findings)
    with _place(target, wanted) as place, connect(place) as connection:
        held = _held_profile(connection, platform)
        pin(connection)
        installed = read_installed_extensions(connection)
        ready = tuple(each for each in queries if not each.extension or each.extension in installed)
        notes = tuple(_left_out(queries, ready))
        run = _Run(connection, read_facts(connection), {each.name: each for each in definitions}, observer, wanted)
        found, empty = run.all(ready)
    findings = (*_profile_notes(held), *notes, *empty, *_place_notes(wanted), *_skipped(found), *judge(found, held))
    return Report(
        summary(platform.name, found, findings),
        Outcome.NOT_NOW if found and all(each.skipped for each in found) else Outcome.DONE,
        findings=findings,
        tables=(table(found),) if found else (),
        data={"platform": platform.name, "profile": held, "indexes": [as_data(each) for each in found]},
    )


@contextmanager
def _place(target: Target, wanted: Wanted) -> Iterator[Target]:
    """A copy, or the database itself where that was asked for and nobody minds."""
    if not wanted.in_place:
        with scratch_copy(target) as copy:
            if copy is None:
                raise Refused(
                    "the database cannot be copied: others are connected to it, or this role may not",
                    help="end the other sessions, or measure reads in the database itself with --in-place",
                )
            yield copy
        return
    with connect(target) as connection:
        row = connection.execute(query("others", PACKAGE)).fetchone()
    others = row[0] if row else 0
    who = f"{counted(others, 'other session')} {'is' if others == 1 else 'are'} at work in this database"
    question = f"{who}, and would wait for each of its tables in turn. Go on?"
    if others and not wanted.agree(question):
        raise Refused("nothing was measured", help="measure a copy: leave --in-place out")
    yield target


@dataclass(frozen=True, slots=True)
class _Run:
    connection: Connection
    facts: Facts
    definitions: Mapping[str, IndexDefinition]
    observer: Observer
    wanted: Wanted

    def all(self, queries: Sequence[Query]) -> tuple[tuple[Evidence, ...], tuple[Finding, ...]]:
        """What was found of each index, and the personas that were found empty.

        Reads first, while nothing was written: dead rows of writes that were rolled back would be in their way.
        """
        found = {index: self._about(index) for index in self._chosen()}
        kinds = (False,) if self.wanted.in_place else (False, True)
        measured = [each for each in queries if each.writes in kinds]
        personas, empty = find_personas(self.connection, measured)
        roots = {each.name: each.parent or each.name for each in read_catalog(self.connection).tables}
        for writes in kinds:
            of_kind = [each for each in measured if each.writes is writes]
            self.observer.stage(f"{'writes' if writes else 'reads'} with every index")
            cases = tuple(watch(self.connection, of_kind, personas, roots))
            self._each(f"{'writes' if writes else 'reads'} without each index", found, partial(self._effects, cases))
        if not self.wanted.in_place:
            self._each("what each index costs", found, self._cost)
        return tuple(found.values()), empty

    def _each(self, title: str, found: dict[Index, Evidence], measure: Callable[[Index, Evidence], Evidence]) -> None:
        self.observer.stage(title, len(found))
        for index, evidence in found.items():
            began = time.perf_counter()
            try:
                found[index] = measure(index, evidence)
            except (Refused, NotNow) as error:  # what was found of the others stands
                found[index] = replace(evidence, skipped=error.message)
            step = Step("index", evidence.index, title)
            self.observer.finished(StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000))

    def _chosen(self) -> tuple[Index, ...]:
        """Those that can be left out: a constraint's cannot, nor can one part of a partitioned one."""
        free = [i for i in self.facts.indexes if i.valid and i.parent is None and not i.serves_constraint]
        known = {name for index in free for name in (index.relation.name, str(index.relation))}
        for name in self.wanted.names:
            if name not in known:
                raise ConfigError(
                    f"there is no index {name} that could be left out",
                    help="a constraint's index goes only with the constraint; see: platformdb indexes status",
                )
        return tuple(index for index in free if self._asked_for(index))

    def _asked_for(self, index: Index) -> bool:
        definition = self.definitions.get(index.relation.name)
        names, tier = self.wanted.names, self.wanted.tier
        named = not names or index.relation.name in names or str(index.relation) in names
        return named and (tier is None or (definition is not None and definition.tier == tier))

    def _about(self, index: Index) -> Evidence:
        definition = self.definitions.get(index.relation.name)
        return Evidence(
            str(index.relation),
            str(index.table),
            index.bytes,
            definition.tier if definition else None,
            definition.place if definition else None,
            index.unique,
            foreign_keys=self._served_alone(index),
        )

    def _effects(self, cases: Sequence[Case], index: Index, found: Evidence) -> Evidence:
        table = f"{index.table.schema}.{index.table.name}"
        touching = [case for case in cases if table in case.tables]
        if found.skipped or not touching:
            return found
        return replace(found, effects=(*found.effects, *effects(self.connection, index.relation.written, touching)))

    def _served_alone(self, index: Index) -> tuple[str, ...]:
        usable = [other for other in self.facts.indexes if other.valid]
        before = unserved(self.facts, usable)
        after = unserved(self.facts, without(usable, index))
        return tuple(f"{key.table}.{key.name}" for key in after if key not in before)

    def _cost(self, index: Index, found: Evidence) -> Evidence:
        if found.skipped:
            return found
        tidy(self.connection)
        with sampled(self.connection, index.table.written) as sample:
            return replace(found, cost=self._measured(index, sample)) if sample else found

    def _measured(self, index: Index, sample: Sample) -> WriteCost:
        others = [i for i in self.facts.indexes if i.table_oid == index.table_oid and i.oid != index.oid]
        # PostgreSQL keeps an update heap-only beside a BRIN index.
        held = frozenset[str]().union(*(columns_of(other) for other in others if other.method != "brin"))
        alone = [column for column in sample.columns if column in columns_of(index) - held]
        free = [column for column in sample.columns if column not in held]
        kept, kept_updates = self._side(sample, alone, free)
        with without_index(self.connection, index.relation.written):
            dropped, dropped_updates = self._side(sample, alone, free)
        return WriteCost(kept, dropped, tuple(alone), kept_updates[0], kept_updates[1], dropped_updates[1])

    def _side(self, sample: Sample, alone: Sequence[str], free: Sequence[str]) -> tuple[InsertCost, tuple[int, int]]:
        updates = heap_only_updates(self.connection, sample, alone, free) if alone else (0, 0)
        return InsertCost(*cost_of_insert(self.connection, sample)), updates


def _held_profile(connection: Connection, platform: Platform) -> str:
    """The profile that the database was seeded with, "" where it holds none of ours."""
    recorded = connection.execute(query("seed_recorded", PACKAGE)).fetchone()
    if not (recorded and recorded[0]):
        return ""
    row = connection.execute(query("seed_held", PACKAGE), (platform.name,)).fetchone()
    return str(row[0]) if row else ""


def _profile_notes(held: str) -> Iterator[Finding]:
    if held not in PROFILES:
        what = f"the seed of profile {held}" if held else "no seed"
        yield Finding(
            "other-seed",
            f"the database holds {what}: what is said of tiers holds for this data only",
            severity=Severity.WARNING,
            help="measure over the data of the targets: platformdb seed --profile load",
        )
    elif held != "load":
        yield Finding(
            "other-seed",
            f"targets are promises about profile load; over {held} hardly any is missed, so tier 1 is not judged",
            severity=Severity.NOTE,
            help="for tier 1: platformdb seed --profile load",
        )


def _place_notes(wanted: Wanted) -> Iterator[Finding]:
    if wanted.in_place:
        yield Finding(
            "writes-in-place",
            "writes were not measured: rolled back, they would leave dead rows in this database",
            severity=Severity.NOTE,
            help="leave --in-place out to measure them in a copy",
        )


def _skipped(found: Iterable[Evidence]) -> Iterator[Finding]:
    for evidence in found:
        if evidence.skipped:
            yield Finding(
                "index-not-measured",
                f"{evidence.index} was not measured: {evidence.skipped}",
                evidence.index,
                Severity.WARNING,
                evidence.place,
                f"try again: platformdb indexes evidence --index {evidence.index}",
            )


def _left_out(queries: Iterable[Query], ready: Sequence[Query]) -> Iterator[Finding]:
    absent: dict[str, list[str]] = {}
    for each in queries:
        if each not in ready:
            absent.setdefault(each.extension, []).append(f"query {each.name}")
    return (left_out(extension, names) for extension, names in absent.items())


def _nothing(platform: Platform) -> Finding:
    return Finding(
        "no-queries",
        f"{platform.name} has no benchmark queries, and only they can say what an index is worth",
        platform.name,
        help=f"put some in {platform.shown(platform.sql)}/queries",
    )
