"""Loads on several connections: keys and triggers off by a recorded plan, each table whole or empty, everything back.

A run that is cut short, at whatever moment, leaves the plan. The same command goes on from there; ``give_up`` takes
everything back.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from platformdb.errors import Interrupted, PlatformdbError
from platformdb.postgres.alive import is_alive
from platformdb.postgres.connect import Connection
from platformdb.report.model import Report, StepResult
from platformdb.report.progress import Observer
from platformdb.seeding.load import copying
from platformdb.seeding.load.abort import give_up
from platformdb.seeding.load.aftermath import advance_sequences, refresh_views
from platformdb.seeding.load.catalog import read_keys, read_triggers, take_off
from platformdb.seeding.load.crew import Crew, Failed, crew
from platformdb.seeding.load.job import Job, copied, is_about_rows, listed, may_load
from platformdb.seeding.load.model import Filled, Manner
from platformdb.seeding.load.record import Record, forget, note_checking, read_record, write_record
from platformdb.seeding.load.tasks import Check, Lay, Load, Try
from platformdb.seeding.load.transaction import one_transaction
from platformdb.seeding.load.worker import Failure, Gear
from platformdb.seeding.marker import forget_marker, read_marker, write_marker
from platformdb.seeding.reports import loaded, nothing_to_do

AGAIN = "what is loaded stays so: run the same command again to go on, or platformdb seed --abort to take it back"


def load_in_stages(
    connection: Connection, job: Job, gear: Gear, manner: Manner, observer: Observer, *, processes: int
) -> Report:
    """Loads the job, or the rest of it, in several processes.

    Raises:
        Refused, NotNow: nothing was changed.
        Misfit, ConfigError, ApplyFailed: the rows are wrong, and everything was taken back, or something else is, and
            the next run goes on.
        Interrupted: the next run goes on.
    """
    results: list[StepResult] = []
    record = read_record(connection, job.platform)
    try:
        with crew(gear, processes) as hands:
            loads = _loads(hands, job, record, observer)
            record = record or _begun(connection, job)
            if record is None:
                return nothing_to_do(job.wanted, read_marker(connection, job.platform))
            filled = [*record.loaded, *_fill(hands, loads, observer, results)]
            _restore(connection, job, record)
            _check(hands, job, record, observer)
        return _finish(connection, job, manner, filled, observer)
    except KeyboardInterrupt:
        done = f"{len(results)} of {len(job.plan.tables)} tables were loaded in this run"
        raise _with(Interrupted(f"seeding {job.platform}: interrupted, {done}", help=AGAIN), results) from None
    except (Failed, PlatformdbError) as error:
        failure = error.failure if isinstance(error, Failed) else Failure(error, is_about_rows(error))
        raise _explained(connection, job, failure, results) from None


def _loads(hands: Crew, job: Job, record: Record | None, observer: Observer) -> list[Load]:
    """What is still to be filled, the largest first. Which rows there are the processes find out."""
    whole = {each.relation for each in record.loaded} if record else set()
    tables = {table.fact.name: table for table in job.plan.tables if table.fact.quoted not in whole}
    observer.stage("which rows there are", len(tables))
    rows = {task.table: number for task, number in hands.do([Lay(name) for name in tables], _silently)}
    for _ in hands.do([Try(table) for table in tables.values() if table.unproven], _silently):
        pass
    largest_first = sorted(tables, key=lambda name: -rows[name])
    return [
        Load(job.platform, tables[name], rows[name], strips=rows[name] >= copying.REBUILDS_ROWS)
        for name in largest_first
    ]


def _silently(_task: object) -> None:
    """Nobody needs to hear of it."""


def _begun(connection: Connection, job: Job) -> Record | None:
    """Takes keys and triggers off, empties the tables, and records all of it; None where nothing is to be done."""
    with one_transaction(connection, job.step):
        connection.execute(f"LOCK TABLE {listed(job.emptied)} IN ACCESS EXCLUSIVE MODE".encode())
        if may_load(connection, job) is None:
            return None
        names = [fact.quoted for fact in job.emptied]
        keys, triggers = read_keys(connection, names), read_triggers(connection, names)
        take_off(connection, (*triggers, *keys))
        connection.execute(f"TRUNCATE {listed(job.emptied)}".encode())
        own = tuple(fact.quoted for fact in job.facts)
        record = Record(
            job.platform,
            job.wanted.shown,
            job.wanted.identity,
            own,
            tuple(name for name in names if name not in own),
            keys,
            tuple(part.on for part in triggers),
        )
        forget_marker(connection, job.platform)
        write_record(connection, record)
    return record


def _fill(hands: Crew, loads: Sequence[Load], observer: Observer, results: list[StepResult]) -> list[Filled]:
    """Fills tables, each in the process that is free next."""
    filled = []
    observer.stage("loading", len(loads))
    for task, each in hands.do(loads, lambda task: observer.started(task.step)):
        filled.append(each)
        results.append(copied(task.table, each, freezes=True))
        observer.finished(results[-1])
    return filled


def _restore(connection: Connection, job: Job, record: Record) -> None:
    """Foreign keys, in their old order, and triggers come back; the keys look at the rows later."""
    if record.checking:
        return
    with one_transaction(connection, job.step):
        connection.execute("; ".join((*(part.on for part in record.keys), *record.triggers)).encode())
        note_checking(connection, job.platform)


def _check(hands: Crew, job: Job, record: Record, observer: Observer) -> None:
    """Each table's foreign keys; those that were checked before the last run ended take no time again."""
    parts = sorted((part for part in record.keys if part.check), key=lambda part: part.relation)
    checks = [
        Check(relation, tuple(group), tuple(table for table in job.plan.tables if table.fact.quoted == relation))
        for relation, group in groupby(parts, key=lambda part: part.relation)
    ]
    observer.stage("checking foreign keys", len(checks))
    for _ in hands.do(checks, _silently):
        pass


def _finish(connection: Connection, job: Job, manner: Manner, filled: Sequence[Filled], observer: Observer) -> Report:
    """Sequences, views and the marker; the report has all tables, also those that an earlier run loaded."""
    marker, done = job.marked(filled), {each.relation: each for each in filled}
    results = tuple(copied(table, done[table.fact.quoted], freezes=True) for table in job.plan.tables)
    with one_transaction(connection, job.step):
        refreshed = refresh_views(connection, job.facts, observer)
        write_marker(connection, job.platform, marker)
        forget(connection, job.platform)
        advance_sequences(connection, job.plan.tables)
    return loaded(marker, results, refreshed, job.plan.left_out, manner.notes)


def _explained(connection: Connection, job: Job, failure: Failure, results: Sequence[StepResult]) -> Exception:
    """What failed; where the rows are wrong the next run could not do better, so everything is taken back."""
    error = failure.error
    lost = not is_alive(connection)
    if not lost and read_record(connection, job.platform) is None:
        return error  # nothing was begun
    if failure.lasting and not lost:
        give_up(connection, job.platform)
    elif isinstance(error, PlatformdbError):
        error.help = f"{error.help}; {AGAIN}" if error.help else AGAIN
        return _with(error, results)
    return error


def _with(error: PlatformdbError, results: Sequence[StepResult]) -> PlatformdbError:
    error.results = (*results, *error.results)
    return error
