"""Fills a database with a seed: files → definition → plan → load → report."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from platformdb.errors import ConfigError, Refused
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.report.progress import Observer, Silent
from platformdb.seeding.marker import holds, read_marker
from platformdb.seeding.reports import nothing_to_do
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.sources import Sources, read_sources
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

    All or nothing: one transaction, in which foreign keys, checks and unique constraints stay on and user triggers
    off (what they would compute is generated). Loading the same again is nothing to do.

    Args:
        connection: in autocommit mode; the caller holds the runner lock.
        platform: whose seeds/ folder to read.
        request: which rows, and what to do about those that are there.
        target: the same database, for further connections; without it everything goes through this one.
        observer: hears of each table.

    Raises:
        ConfigError: no such profile, or the files are wrong or do not fit the database; nothing was changed.
        Refused: the tables hold other rows, and the request does not say what to do about them.
        NotNow: the tables are in use.
        ApplyFailed: the server refused a row; everything was rolled back.
    """
    sources = read_sources(platform)
    installed = read_installed_extensions(connection)
    wanted = wanted_marker(request, sources.checksum(installed))
    found = read_marker(connection, platform.name)
    if request.existing is Existing.REFUSE and holds(connection, found, wanted):
        return nothing_to_do(wanted, found)
    if importlib.util.find_spec("numpy") is None:
        raise ConfigError("seeding needs numpy, which is not installed", help="pip install 'platformdb[local]'")
    # Late, because numpy takes as long to import as most commands take to run.
    from platformdb.seeding.load.run import load
    from platformdb.seeding.problems import Invalid, explain
    from platformdb.seeding.refused import RowRefused, located

    try:
        job = _planned(connection, platform, sources, wanted, request)
        return load(connection, job, observer or Silent(), target=target, jobs=request.jobs)
    except Invalid as invalid:
        raise explain(invalid.problems, sources) from None
    except RowRefused as refused:
        raise located(refused, sources) from None


def _planned(connection: Connection, platform: Platform, sources: Sources, wanted: Marker, request: Request) -> Job:
    from platformdb.seeding.definition import read_definition
    from platformdb.seeding.facts import read_facts
    from platformdb.seeding.load.job import Job
    from platformdb.seeding.plan import plan_seed
    from platformdb.seeding.problems import Invalid
    from platformdb.seeding.subset import chosen_tables, narrowed
    from platformdb.seeding.wires import check_types

    definition = read_definition(sources, request.profile, request.scale, request.as_of)
    facts = read_facts(connection)
    if not definition.tables.keys() & facts.keys():
        raise Refused("the database has none of the tables in seed.toml", help="migrate it first: platformdb migrate")
    chosen = chosen_tables(definition, request.tables, facts)
    plan = plan_seed(definition, facts, read_installed_extensions(connection), chosen)
    definition = narrowed(definition, chosen) if request.tables else definition
    if problems := check_types(definition, plan):
        raise Invalid(problems)
    return Job(platform.name, definition, plan, wanted, request.existing)
