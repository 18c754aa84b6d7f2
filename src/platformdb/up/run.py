"""From nothing to a migrated, seeded, benchmarked database: every other capability in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from platformdb.bench.command import look
from platformdb.contracts.read import read_contracts
from platformdb.contracts.run import check_contracts
from platformdb.counters.read import read_counters
from platformdb.counters.run import check_counters
from platformdb.errors import PlatformdbError
from platformdb.indexes.read import read_tiers
from platformdb.indexes.run import apply_indexes, index_status
from platformdb.migrations.outlook import Options
from platformdb.migrations.outlook import file_problems as migration_problems
from platformdb.migrations.read import as_finding
from platformdb.migrations.reports import refused
from platformdb.migrations.run import migrate
from platformdb.partitions.read import read_policies
from platformdb.postgres.catalog import count_objects, count_rows
from platformdb.postgres.connect import connect
from platformdb.postgres.lock import one_runner
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Report
from platformdb.report.progress import Observer
from platformdb.up.planners import planners
from platformdb.up.summary import Created, summarise
from platformdb.workload.read import read_queries

PROFILE = "dev"
TOP_TIER = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the way. ``title`` is for the screen, where the work does not announce itself."""

    work: Callable[[], Report]
    title: str = ""


def bring_up(
    opening: AbstractContextManager[Target], platform: Platform, observer: Observer, *, options: Options | None = None
) -> Report:
    """Migrates, builds index tiers 1 to 3, seeds profile ``dev``, checks counters and contracts, runs the benchmark.

    ``opening`` is entered when all files have been read and found right. Parts that have nothing to do change
    nothing. A part that fails ends the run; what was done before is reported.

    Raises:
        PlatformdbError: a part failed; its ``results`` hold the steps of the parts before it, too.
    """
    chosen = options or Options()
    if problems := file_problems(platform, chosen):
        return refused(problems)
    with opening as target:
        reports = _run(_parts(target, platform, observer, chosen), observer)
        return summarise(platform.name, target, reports, _created(target, platform))


def file_problems(platform: Platform, options: Options) -> tuple[Finding, ...]:
    """What is wrong with any file of a platform, found without a database."""
    read = [migration_problems(platform, options.variables), read_tiers(platform)[1], read_queries(platform)[1]]
    for reader in (read_counters, read_contracts, read_policies):
        try:
            reader(platform)
        except PlatformdbError as error:
            read.append((as_finding(error, platform.name),))
    return tuple(finding for findings in read for finding in findings)


def _parts(target: Target, platform: Platform, observer: Observer, options: Options) -> tuple[Part, ...]:
    opened, also = nullcontext(target), planners(platform)
    return (
        Part(lambda: migrate(opened, platform, observer, options=options, also=also)),
        Part(lambda: apply_indexes(target, platform, observer, tier=TOP_TIER, wait_seconds=options.wait_seconds)),
        Part(lambda: _seed(target, platform, observer, options.wait_seconds)),
        Part(lambda: check_counters(target, platform), "counters"),
        Part(lambda: check_contracts(target, platform), "contracts"),
        Part(lambda: look(target, platform, observer)),
    )


def _run(parts: Sequence[Part], observer: Observer) -> tuple[Report, ...]:
    """The reports of the parts in order, up to the first that could not do its work."""
    reports: list[Report] = []
    for part in parts:
        if part.title:
            observer.stage(part.title)
        try:
            reports.append(part.work())
        except PlatformdbError as error:
            before = [result for report in reports for result in report.steps]
            error.results = (*before, *error.results)
            raise
        if reports[-1].exit_code > 1:
            break
    return tuple(reports)


def _seed(target: Target, platform: Platform, observer: Observer, wait_seconds: float) -> Report:
    if not (platform.seeds / "seed.toml").is_file():
        return Report(f"{platform.name} has no seeds/seed.toml: nothing was seeded")
    from platformdb.seeding.request import Request
    from platformdb.seeding.run import seed

    with one_runner(target, wait_seconds=wait_seconds, observer=observer) as session:
        return seed(session.work, platform, Request(profile=PROFILE), observer=observer)


def _created(target: Target, platform: Platform) -> Created:
    """What is in the database now."""
    with connect(target) as connection:
        objects, rows = count_objects(connection), count_rows(connection)
    indexes = index_status(target, platform).data["indexes"]
    tiers = [index["tier"] for index in indexes if index["state"] == "built"]
    return Created(
        tables=objects["tables"],
        indexes=objects["indexes"],
        constraint_indexes=objects["constraint_indexes"],
        tiers={tier: tiers.count(tier) for tier in sorted(set(tiers))},
        triggers=objects["triggers"],
        rows=rows,
    )
