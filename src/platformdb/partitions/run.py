"""Making, watching and retiring partitions: the nightly job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Unpack

from platformdb.errors import ConfigError, PlatformdbError
from platformdb.migrations.model import Plan, Planner
from platformdb.partitions.judge import in_default, judge, unmade
from platformdb.partitions.look import count_rows, look
from platformdb.partitions.model import Partition, Policed, Policy, Relation, World
from platformdb.partitions.plan import default_back, missing, obstacle, plan_making, waits_for_default
from platformdb.partitions.read import read_policies
from platformdb.partitions.retire import (
    Retirement,
    children_first,
    overdue,
    plan_mending,
    plan_retiring,
    references_sql,
)
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.lock import Manners, one_runner
from platformdb.postgres.read import fetch
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.history import History
from platformdb.report.model import Finding, Report, Step, StepResult, StepState, Table
from platformdb.report.progress import Observer
from platformdb.report.words import counted


def partition_planner(platform: Platform) -> Planner:
    """A planner that makes missing partitions, to run beside migrations under one lock, after them.

    It moves no rows and retires nothing: that is for ``partitions ensure``. Tables that are not there yet are passed
    over.
    """
    try:
        policies = read_policies(platform)
    except PlatformdbError as error:
        problem = Finding(error.rule, error.message, place=error.place, help=error.help, detail=error.detail)
        return Planner(lambda _connection, _history: Plan(), (problem,))

    def plan(connection: Connection, _: History) -> Plan:
        if not policies:
            return Plan()
        world, unfit = look(connection, policies)
        return Plan(
            tuple(step for policed in world.tables for step in plan_making(world, policed, moving=False)),
            (*(f for f in unfit if f.rule != "partition-table-missing"), *_obstacles(world, moving=False)),
        )

    return Planner(plan)


def ensure_partitions(
    target: Target,
    platform: Platform,
    observer: Observer,
    *,
    tables: Sequence[str] = (),
    dry_run: bool = False,
    wait_seconds: float = 60.0,
    **manners: Unpack[Manners],
) -> Report:
    """Mends what an interrupted run left, makes what is missing, moves rows out of defaults, retires what is too old.

    ``tables`` are the policies to look at, all where there are none. What could not be done is a finding, and stops
    nothing else.

    Raises:
        ConfigError: a table has no policy.
        NotNow: another runner is at work, or tables stayed busy.
        ApplyFailed: a step failed; those before it stand, and the next run goes on.
    """
    policies = _chosen(read_policies(platform), tables)
    if not policies:
        return Report(f"{platform.name}: no partitions.toml, nothing to do", data={"platform": platform.name})
    role = manners.get("role")
    if dry_run:
        with connect(target) as connection:
            return _preview(connection, platform, *look(connection, policies, role=role))
    with one_runner(target, wait_seconds=wait_seconds, observer=observer, **manners) as session:
        world, unfit = look(session.work, policies, role=role)
        findings = list(unfit)
        retirements = _retirements(session.work, world)
        observer.stage("partitions", len(_known(world, retirements)))
        with _defaults_back(session, policies, observer):
            results = execute(session, _steps(session.work, world, retirements, findings), observer)
        after, _ = look(session.work, policies, role=role)
    return _report(platform, results, (*findings, *_unsettled(after)))


def partition_status(target: Target, platform: Platform) -> Report:
    """Where every policy's table stands. Changes nothing."""
    policies = read_policies(platform)
    if not policies:
        return Report(f"{platform.name}: no partitions.toml, nothing to show", data={"platform": platform.name})
    with connect(target) as connection:
        world, unfit = look(connection, policies)
    findings = (*unfit, *judge(world))
    count = sum(len(policed.parent.partitions) for policed in world.tables)
    return Report(
        f"{platform.name}: {counted(count, 'partition')} of {counted(len(world.tables), 'table')}",
        findings=findings,
        tables=(_table(world),),
        data={"platform": platform.name, "tables": [_as_data(world, policed) for policed in world.tables]},
    )


@contextmanager
def _defaults_back(session: Session, policies: Sequence[Policy], observer: Observer) -> Iterator[None]:
    """A default that stands aside does not wait for the next run when this one fails, if that can be helped."""
    try:
        yield
    except PlatformdbError as error:
        with suppress(PlatformdbError):  # the first error is the one to tell
            if not session.work.closed:
                world, _ = look(session.work, policies, role=session.role)
                error.results += execute(session, [s for p in world.tables for s in default_back(p)], observer)
        raise


def _chosen(policies: tuple[Policy, ...], tables: Sequence[str]) -> tuple[Policy, ...]:
    known = [policy.table for policy in policies]
    if unknown := [table for table in tables if table not in known]:
        raise ConfigError(
            f"partitions.toml says nothing of {unknown[0]}", help=f"it knows: {', '.join(known) or 'no table'}"
        )
    return tuple(policy for policy in policies if not tables or policy.table in tables)


def _prelude(world: World) -> tuple[Step, ...]:
    """What is known before anything ran: mending and making."""
    mending = (step for policed in children_first(world.tables) for step in plan_mending(world, policed))
    making = (step for policed in world.tables for step in plan_making(world, policed, moving=True))
    return (*mending, *making)


def _retirements(connection: Connection, world: World) -> tuple[Retirement, ...]:
    """What is overdue, children first; tables whose default does not come empty have to wait."""
    ready = [p for p in children_first(world.tables) if not _must_wait(world, p)]
    rows = count_rows(connection, (part.relation for policed in ready for part in overdue(world, policed)))
    return tuple(each for policed in ready for each in plan_retiring(world, policed, rows))


def _must_wait(world: World, policed: Policed) -> bool:
    return bool(policed.parent.references) and waits_for_default(policed, world.now) > 0


def _steps(
    connection: Connection, world: World, retirements: Sequence[Retirement], findings: list[Finding]
) -> Iterator[Step]:
    """A retirement is asked after only when what comes before it has run: that may be what clears its way."""
    yield from _prelude(world)
    findings += _obstacles(world, moving=True)
    for retirement in retirements:
        yield from retirement.prepare
        if kept := tuple(_referenced(connection, retirement)):
            findings += kept
        else:
            yield from retirement.go


def _known(world: World, retirements: Sequence[Retirement]) -> tuple[Step, ...]:
    """All steps, as far as can be known before the first one ran."""
    return (*_prelude(world), *(step for each in retirements for step in (*each.prepare, *each.go)))


def _referenced(connection: Connection, retirement: Retirement, gone: Sequence[Retirement] = ()) -> Iterator[Finding]:
    """Rows that still refer to a partition; those of partitions that will be ``gone`` by then do not count."""
    relation = retirement.partition.relation
    for reference, sql in references_sql(retirement.policed, retirement.partition):
        if any(_holds(each, reference.relation, retirement.partition) for each in gone):
            continue
        name = f"{reference.relation} ({reference.name})"
        rows = fetch(connection, sql, what=name)[0][0]
        if rows:
            yield Finding(
                "partition-referenced",
                f"{relation} stays: {counted(rows, 'row')} of {name} still refer to it",
                str(relation),
                help="delete or move those rows first, in before_retire for example",
            )


def _holds(other: Retirement, table: Relation, partition: Partition) -> bool:
    """Whether it is the partition of that table for the same time."""
    bounds = other.partition.low, other.partition.high
    return other.policed.parent.relation == table and bounds == (partition.low, partition.high)


def _obstacles(world: World, *, moving: bool) -> list[Finding]:
    found = [
        finding
        for policed in world.tables
        for period in missing(policed, world.now)
        if (finding := obstacle(world, policed, period, moving=moving))
    ]
    return [*found, *(finding for policed in world.tables for finding in unmade(world, policed))]


def _unsettled(world: World) -> Iterator[Finding]:
    """What still lies in default partitions when all is done."""
    for policed in world.tables:
        yield from (f for f in in_default(world, policed) if f.rule == "partition-default-strays")
        if overdue(world, policed) and _must_wait(world, policed):
            table = policed.parent.relation
            yield Finding(
                "partition-default-in-the-way",
                f"nothing of {table} was retired: its default partition has rows and could not stand aside",
                str(table),
                help="empty it first: its rows are listed above",
            )


def _preview(connection: Connection, platform: Platform, world: World, unfit: tuple[Finding, ...]) -> Report:
    retirements = _retirements(connection, world)
    steps = _known(world, retirements)
    # What before_retire may clear away is no obstacle yet.
    unprepared = (each for each in retirements if not each.policed.policy.before_retire)
    kept = [finding for each in unprepared for finding in _referenced(connection, each, retirements)]
    said = f"{counted(len(steps), 'step')} would run" if steps else "nothing to do"
    return Report(
        f"{platform.name}: {said}",
        steps=tuple(StepResult(step, StepState.PLANNED) for step in steps),
        findings=(*unfit, *_obstacles(world, moving=True), *kept, *_unsettled(world)),
        data={"platform": platform.name, "steps": len(steps), "sql": "\n".join(f"{step.sql};" for step in steps)},
    )


def _report(platform: Platform, results: tuple[StepResult, ...], findings: tuple[Finding, ...]) -> Report:
    subjects = list(dict.fromkeys(result.step.subject for result in results))
    summary = f"{counted(len(subjects), 'partition')} seen to" if subjects else "nothing to do"
    return Report(
        f"{platform.name}: {summary}",
        steps=results,
        findings=findings,
        data={"platform": platform.name, "partitions": subjects},
    )


COLUMNS = ("table", "every", "count", "first", "last", "ahead", "default", "size", "next")


def _table(world: World) -> Table:
    """Short enough for a terminal: no schema that goes without saying, no name twice, ``next`` where there is one."""
    rows = tuple(_row(world, policed) for policed in world.tables)
    width = len(COLUMNS) if any(row[-1] for row in rows) else len(COLUMNS) - 1
    return Table("partitions", COLUMNS[:width], tuple(row[:width] for row in rows))


def _row(world: World, policed: Policed) -> tuple[object, ...]:
    facts = _as_data(world, policed)
    prefix = f"{policed.parent.relation.name}_"
    table, size = facts["table"].removeprefix("public."), f"{facts['bytes'] / 1024:,.0f} kB"
    first, last = ((facts[end] or "").removeprefix(prefix) for end in ("first", "last"))
    middle = (facts["interval"], facts["count"], first, last, facts["ahead"], facts["default_rows"])
    return (table, *middle, size, facts["next"])


def _as_data(world: World, policed: Policed) -> dict[str, Any]:
    parent = policed.parent
    names = [partition.relation.name for partition in parent.partitions]
    return {
        "table": str(parent.relation),
        "interval": policed.policy.interval.value,
        "count": len(names),
        "first": names[0] if names else None,
        "last": names[-1] if names else None,
        "ahead": sum(bool(p.low and p.low > world.now) for p in parent.partitions),
        "default": str(parent.default.relation) if parent.default else None,
        "default_rows": sum(heap.rows for heap in policed.heaps),
        "bytes": sum(p.bytes for p in (*parent.partitions, *((parent.default,) if parent.default else ()))),
        "next": _next(world, policed),
        "partitions": [
            {
                "name": str(p.relation),
                "from": p.low.isoformat() if p.low else None,
                "to": p.high.isoformat() if p.high else None,
                "bytes": p.bytes,
            }
            for p in parent.partitions
        ],
    }


def _next(world: World, policed: Policed) -> str:
    """What ensure would do now."""
    if policed.parent.stray or any(partition.pending for partition in policed.parent.partitions):
        return "mend"
    made, gone = len(missing(policed, world.now)), len(overdue(world, policed))
    return ", ".join((*((f"make {made}",) if made else ()), *((f"retire {gone}",) if gone else ())))
