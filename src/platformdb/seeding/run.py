"""Fills a database with a seed: files → definition → plan → load → report."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from platformdb.errors import ConfigError, Refused
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report, StepResult
from platformdb.report.progress import Observer, Silent
from platformdb.seeding.files.sources import Sources, read_sources
from platformdb.seeding.marker import holds, read_marker
from platformdb.seeding.reports import nothing_to_do
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.state import Marker, wanted_marker

if TYPE_CHECKING:
    from platformdb.seeding.load.job import Job


def seed(
    connection: Connection,
    platform: Platform,
    request: Request,
    *,
    target: Target | None = None,
    observer: Observer | None = None,
) -> Report:
    """Loads the platform's seed; the same request gives the same bytes, everywhere.

    One transaction, all or nothing; or, with several jobs, a ``target`` and many rows, in stages: the same call goes
    on where it was cut short. User triggers are off meanwhile (what they would compute is generated), and
    all constraints hold in the end. Loading the same again is nothing to do.

    Args:
        connection: in autocommit mode; the caller holds the runner lock.
        platform: whose seeds/ folder to read.
        request: which rows, and what to do about those that are there.
        target: the same database, for further connections; without it everything goes through this one.
        observer: hears of each table.

    Raises:
        ConfigError: no such profile, or the files are wrong or do not fit the database; nothing was changed.
        Refused: the tables hold other rows, and the request does not say what to do about them.
        NotNow, ApplyFailed: the tables are in use; the server refused a row. Nothing is left of the others.
    """
    sources = read_sources(platform)
    wanted = wanted_marker(request, sources.checksum(read_installed_extensions(connection)))
    found = read_marker(connection, platform.name)
    if request.existing is Existing.REFUSE and holds(connection, found, wanted):
        return nothing_to_do(wanted, found)
    with _explained(sources):
        from platformdb.seeding.load.run import load, takes_back_another

        job = _planned(connection, platform, sources, wanted, request)
        if takes_back_another(connection, job):
            job = _planned(connection, platform, sources, wanted, request)
        return load(connection, job, observer or Silent(), target=target, jobs=request.jobs)


def emptied(connection: Connection, platform: Platform, request: Request) -> tuple[str, ...]:
    """The tables (quoted) that this seed would empty where it replaces rows: its own, never others.

    Raises:
        ConfigError: the files are wrong or do not fit the database.
    """
    sources = read_sources(platform)
    wanted = wanted_marker(request, sources.checksum(read_installed_extensions(connection)))
    with _explained(sources):
        job = _planned(connection, platform, sources, wanted, request)
        return tuple(fact.quoted for fact in job.emptied if fact.name in job.definition.tables)


def measure(
    connection: Connection,
    platform: Platform,
    request: Request,
    *,
    loaded: Sequence[StepResult] = (),
    output: Path | None = None,
) -> Report:
    """What a seeded database holds, beside what was declared: a finding for each miss.

    Args:
        connection: in autocommit mode; nothing is changed.
        platform: whose seeds/ folder to read.
        request: what the database was seeded with.
        loaded: how loading went, for rows per second.
        output: a page to write: .html, .json or .md.

    Raises:
        ConfigError: the files are wrong or do not fit the database, or the page cannot be written.
    """
    sources = read_sources(platform)
    wanted = wanted_marker(request, sources.checksum(read_installed_extensions(connection)))
    with _explained(sources):
        from platformdb.seeding.shape_report.run import shape_report

        job = _planned(connection, platform, sources, wanted, request)
        return shape_report(connection, job.definition, job.plan, loaded, output)


def require_numpy() -> None:
    """To be called before anything is imported that needs it.

    Raises:
        ConfigError: it is not installed.
    """
    if importlib.util.find_spec("numpy") is None:
        raise ConfigError("seeding needs numpy, which is not installed", help="pip install 'platformdb[local]'")


@contextmanager
def _explained(sources: Sources) -> Iterator[None]:
    """All that is imported inside needs numpy, which takes as long to import as most commands take to run."""
    require_numpy()
    from platformdb.seeding.fit.refused import RowRefused, located
    from platformdb.seeding.problems import Invalid, explain

    try:
        yield
    except Invalid as invalid:
        raise explain(invalid.problems, sources) from None
    except RowRefused as refused:
        raise located(refused, sources) from None


def _planned(connection: Connection, platform: Platform, sources: Sources, wanted: Marker, request: Request) -> Job:
    from platformdb.seeding.files.definition import read_definition
    from platformdb.seeding.fit.facts import read_facts
    from platformdb.seeding.fit.wires import check_types
    from platformdb.seeding.load.job import Job
    from platformdb.seeding.load.record import read_record
    from platformdb.seeding.plan import plan_seed
    from platformdb.seeding.problems import Invalid
    from platformdb.seeding.subset import chosen_tables, narrowed

    definition = read_definition(sources, request.profile, request.scale, request.as_of)
    facts = read_facts(connection)
    if not definition.tables.keys() & facts.keys():
        raise Refused("the database has none of the tables in seed.toml", help="migrate it first: platformdb migrate")
    begun = read_record(connection, platform.name)
    own = begun.tables if begun and begun.same_seed(wanted.identity) else ()
    # The keys that say what a table needs are off while it is loaded.
    names = (*request.tables, *(name for name, fact in facts.items() if request.tables and fact.quoted in own))
    chosen = chosen_tables(definition, names, facts)
    plan = plan_seed(definition, facts, read_installed_extensions(connection), chosen)
    definition = narrowed(definition, chosen) if request.tables else definition
    if problems := check_types(definition, plan):
        raise Invalid(problems)
    return Job(platform.name, definition, plan, wanted, request.existing)
