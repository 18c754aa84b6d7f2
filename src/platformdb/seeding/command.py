"""The whole command: asks where it should, seeds or copies, measures."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from platformdb.errors import ConfigError, Refused
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection, connect, pinned
from platformdb.postgres.lock import one_runner
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Report, Severity
from platformdb.report.progress import Observer
from platformdb.seeding.cache import Key, is_kept, keep, read_key, replace_by_copy
from platformdb.seeding.caution import Signs, signs_of_production
from platformdb.seeding.files.sources import read_sources
from platformdb.seeding.marker import PACKAGE, holds, read_marker
from platformdb.seeding.reports import copied, nothing_to_do
from platformdb.seeding.request import Confirm, Existing, Request
from platformdb.seeding.run import emptied, measure, require_numpy, seed
from platformdb.seeding.state import Marker, wanted_marker


@dataclass(frozen=True, slots=True)
class Extras:
    """What is wanted besides rows: a template to copy (``cache``), the shape measured (``report``), into ``output``."""

    cache: bool = False
    report: bool = False
    output: Path | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What everything here needs."""

    target: Target
    platform: Platform
    request: Request
    wait_seconds: float
    observer: Observer


def carry_out(work: Work, extras: Extras, confirm: Confirm) -> Report:
    """Seeds the target as the request says.

    Raises:
        ConfigError: the files, or the options together, ask for something that cannot be; nothing was changed.
        Refused: the database holds other rows, or looks like production and nobody said yes; nothing was changed.
        NotNow: another runner is at work, tables are in use, or the connection was lost.
        ApplyFailed: the server refused a row.
    """
    if extras.cache and (work.request.existing is Existing.APPEND):
        raise ConfigError("--cache keeps what one seed made, and --append adds to something else: choose one")
    if extras.output:
        _check_output(extras.output)
    _ask(work.target, confirm)
    report = _from_cache(work) if extras.cache else _seeded(work)
    return _measured(work, report, extras.output) if extras.report and report.ok else report


def _ask(target: Target, confirm: Confirm) -> None:
    """Asks before rows go into what looks like somebody's production."""
    with connect(target) as connection:
        row = connection.execute(query("production_signs", PACKAGE)).fetchone() or (0, False)
        info = connection.info
        names = {"database": info.dbname, "host": info.host, "user": info.user}
    if signs := signs_of_production(names, Signs(*row)):
        said = " and ".join(signs)
        if not confirm(f"{target.url} looks like a production database: {said}. Seed it?"):
            raise Refused("nothing was seeded", help="choose another database with --url")


def _seeded(work: Work) -> Report:
    with one_runner(work.target, wait_seconds=work.wait_seconds, observer=work.observer) as session:
        return _run(work, session.work)


def _run(work: Work, connection: Connection) -> Report:
    return seed(connection, work.platform, work.request, target=work.target, observer=work.observer)


def _check_output(path: Path) -> None:
    require_numpy()
    from platformdb.seeding.shape_report.run import check_output

    check_output(path)


def _measured(work: Work, report: Report, output: Path | None) -> Report:
    work.observer.stage("measuring the shape")
    with connect(work.target) as connection:
        shape = measure(connection, work.platform, work.request, loaded=report.steps, output=output)
    from platformdb.seeding.shape_report.run import with_shape

    return with_shape(report, shape)


def _from_cache(work: Work) -> Report:
    """A copy of the template where there is one; else the rows are made, and kept as one."""
    from platformdb.seeding.load.record import read_record

    with one_runner(work.target, wait_seconds=work.wait_seconds, observer=work.observer) as session:
        wanted = wanted_marker(work.request, _checksum(work, session.work))
        found = read_marker(session.work, work.platform.name)
        replaces = work.request.existing is Existing.REPLACE
        if not replaces and holds(session.work, found, wanted):
            return nothing_to_do(wanted, found)
        # A load that was cut short goes on: its own rows are there, and keys and triggers are off.
        if read_record(session.work, work.platform.name):
            return _run(work, session.work)
        # Just those whose rows the load would take: what else is there tells databases apart.
        lost = emptied(session.work, work.platform, work.request) if replaces else ()
        key = read_key(session.work, wanted, lost)
        work = replace(work, target=pinned(work.target, session.work))
        report = None if is_kept(work.target, key) else _run(work, session.work)
    # A database can be copied, and replaced, when nobody is connected to it.
    return _copied(work, key, wanted) if report is None else _kept(work, key, wanted, report)


def _checksum(work: Work, connection: Connection) -> str:
    return read_sources(work.platform).checksum(read_installed_extensions(connection))


def _copied(work: Work, key: Key, wanted: Marker) -> Report:
    began = time.perf_counter()
    replace_by_copy(work.target, key)
    with connect(work.target) as connection:
        found = read_marker(connection, work.platform.name)
    return copied(wanted, found, key.template, (time.perf_counter() - began) * 1000)


def _kept(work: Work, key: Key, wanted: Marker, report: Report) -> Report:
    if not report.ok:
        return report
    kept = keep(work.target, key, {"platform": work.platform.name, "seed": wanted.shown})
    said = f"kept as template database {key.template}" if kept else "not kept: others are connected to the database"
    note = Finding("cache", said, key.database, Severity.NOTE, help="" if kept else "seed again when they are gone")
    template = key.template if kept else None
    return report.but(findings=(*report.findings, note), data={**report.data, "template": template})


def give_up(work: Work) -> Report:
    """Takes back a load that was cut short: every table whole or empty, every constraint and trigger as before.

    Raises:
        NotNow: another runner is at work, or the tables are in use.
    """
    from platformdb.seeding.load.abort import give_up as take_back

    with one_runner(work.target, wait_seconds=work.wait_seconds, observer=work.observer) as session:
        return take_back(session.work, work.platform.name)
