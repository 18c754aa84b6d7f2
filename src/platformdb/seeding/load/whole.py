"""Loads everything in one transaction: all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from platformdb.postgres.connect import Connection
from platformdb.report.model import Report, StepResult
from platformdb.report.progress import Observer
from platformdb.seeding.fit import trial
from platformdb.seeding.fit.facts import count_filled
from platformdb.seeding.fit.refused import refusals_told
from platformdb.seeding.load import copying
from platformdb.seeding.load.aftermath import advance_sequences, refresh_views
from platformdb.seeding.load.byhand import check_keys
from platformdb.seeding.load.catalog import put_on, read_keys, read_triggers, take_off
from platformdb.seeding.load.copying import fill
from platformdb.seeding.load.job import Job, copied, copy_step, listed, may_load
from platformdb.seeding.load.mend import mend
from platformdb.seeding.load.model import Emptying, Filled, Manner, Part, Triggers
from platformdb.seeding.load.transaction import one_transaction
from platformdb.seeding.marker import read_marker, write_marker
from platformdb.seeding.reports import loaded, nothing_to_do
from platformdb.seeding.request import Existing
from platformdb.seeding.rows.world import World
from platformdb.seeding.state import added

# Checking row by row takes 10 µs for each foreign key (a join: 0.1 µs), taking it off and back some milliseconds.
MANY_ROWS = 20_000


def load_at_once(connection: Connection, job: Job, world: World, manner: Manner, observer: Observer) -> Report:
    """Loads the job in one transaction.

    Raises:
        Refused, NotNow, ApplyFailed, ConfigError, Interrupted: nothing was changed.
    """
    # Before anything is locked: which rows there are, a large part of the work.
    rows = {table.fact.name: world.rows(table.fact.name) for table in job.plan.tables}
    if sum(rows.values()) >= trial.MANY_ROWS:
        for table in job.plan.tables:
            trial.try_rows(connection, world, table)
    with one_transaction(connection, job.step):
        _lock(connection, job, manner)
        # Now that nobody can write any more.
        held = may_load(connection, job)
        if held is None:
            return nothing_to_do(job.wanted, read_marker(connection, job.platform))
        results, filled = _load(connection, job, world, manner, observer, rows=rows, held=held)
        marker = job.marked(filled)
        if manner.marks:
            found = read_marker(connection, job.platform) if job.appends else None
            write_marker(connection, job.platform, added(marker, found))
        refreshed = refresh_views(connection, job.facts, observer) if manner.strips else ()
        advance_sequences(connection, job.plan.tables, keeps=job.appends)
    return loaded(marker, results, refreshed, job.plan.left_out, manner.notes)


def _lock(connection: Connection, job: Job, manner: Manner) -> None:
    mode = "ACCESS EXCLUSIVE" if manner.locks else "ROW EXCLUSIVE"
    connection.execute(f"LOCK TABLE {listed(job.emptied)} IN {mode} MODE".encode())


def _load(
    connection: Connection,
    job: Job,
    world: World,
    manner: Manner,
    observer: Observer,
    *,
    rows: Mapping[str, int],
    held: Mapping[str, int],
) -> tuple[tuple[StepResult, ...], list[Filled]]:
    observer.stage(f"seeding profile {job.wanted.profile}", len(rows))
    # What stays would have to be looked at again.
    stay = held if job.appends else {}
    rebuilt = {
        name
        for name, number in rows.items()
        if manner.strips and number >= max(copying.REBUILDS_ROWS, stay.get(name, 0))
    }
    many = sum(rows.values()) >= max(MANY_ROWS, sum(stay.values()))
    quiet = _quiet(connection, job, manner, many=many)
    # Few rows for empty tables: to make all of their files anew would take longer than to load them (30 tables with 144
    # partitions: 2.4 s instead of 1.5 s for the whole command).
    as_they_are = job.existing is Existing.REFUSE and not held and sum(rows.values()) < MANY_ROWS
    freezes = manner.freezes and not as_they_are
    if not job.appends and not as_they_are:
        _empty(connection, job, manner, held)
    results, filled = [], []
    for table in job.plan.tables:
        name = table.fact.name
        observer.started(copy_step(table, rows[name], freezes=freezes))
        if manner.triggers is Triggers.ON:  # they may have put rows of their own into it
            connection.execute(f"DELETE FROM {table.fact.quoted}".encode())  # noqa: S608
        filled.append(fill(connection, world, table, strips=name in rebuilt, freezes=freezes))
        results.append(copied(table, filled[-1], freezes=freezes))
        observer.finished(results[-1])
    _wake(connection, job, world, manner, quiet)
    return tuple(results), filled


def _quiet(connection: Connection, job: Job, manner: Manner, *, many: bool) -> Sequence[Part]:
    """Keeps triggers from firing, and foreign keys from being checked row by row where there are ``many``."""
    if manner.triggers is Triggers.REPLICA:
        connection.execute("SET LOCAL session_replication_role = replica")
    if job.plan.deferred:
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
    if manner.triggers is not Triggers.DISABLED:
        return ()
    names = [fact.quoted for fact in job.emptied]
    keys = read_keys(connection, names) if many or job.plan.circle else ()
    parts = (*read_triggers(connection, names), *keys)
    take_off(connection, parts)
    return parts


def _wake(connection: Connection, job: Job, world: World, manner: Manner, quiet: Sequence[Part]) -> None:
    # A table with checks still to come cannot be altered.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with refusals_told(world, job.plan.tables):
        put_on(connection, quiet)
    if manner.triggers is Triggers.REPLICA:
        connection.execute("SET LOCAL session_replication_role = origin")
        check_keys(connection, job.facts, job.step)
    if manner.triggers is Triggers.ON:
        mend(connection, world, job.plan.tables)


def _empty(connection: Connection, job: Job, manner: Manner, held: Mapping[str, int]) -> None:
    """FREEZE asks for a table that this very (sub)transaction has emptied."""
    if manner.emptying is Emptying.TRUNCATE:
        connection.execute(f"TRUNCATE {listed(job.emptied)}".encode())
        return
    # Children first; and what is empty needs no right. What refers to these tables nobody checks for a replica.
    others = job.plan.bystanders
    filled = {*held, *count_filled(connection, others)} if others else held
    for fact in (*reversed(others), *(table.fact for table in reversed(job.plan.tables))):
        if fact.name in filled:
            connection.execute(f"DELETE FROM {fact.quoted}".encode())  # noqa: S608
