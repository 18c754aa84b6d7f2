"""Two versions of a platform, each built in a database of its own, and measured beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext

from platformdb.bench.command import Files, compare
from platformdb.bench.compare.versions import Version
from platformdb.bench.ground.held import gate_profile
from platformdb.bench.request import Request
from platformdb.bench.run import wanted_queries
from platformdb.errors import ApplyFailed, ConfigError
from platformdb.indexes.run import apply_indexes
from platformdb.migrations.outlook import Options
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import connect
from platformdb.postgres.scratch import scratch_database
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.report.progress import Observer
from platformdb.up.planners import planners

TOP_TIER = 3


def compare_builds(
    target: Target,
    before: Platform,
    now: Platform,
    observer: Observer,
    request: Request,
    files: Files,
    *,
    options: Options,
) -> Report:
    """Migrates and seeds both into databases of their own on the target's server, and judges ``now`` by ``before``.

    Raises:
        ConfigError: there is no seed to fill them with.
        ApplyFailed: one of them cannot be built.
        PlatformdbError: see ``bench.command.compare``.
    """
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(_built(target, platform, observer, request, options, name))
            for platform, name in ((before, "before"), (now, "now"))
        )
        return compare(first, second, observer, request, files)


@contextmanager
def _built(
    target: Target, platform: Platform, observer: Observer, request: Request, options: Options, name: str
) -> Iterator[Version]:
    from platformdb.seeding.request import Request as SeedRequest
    from platformdb.seeding.run import seed

    profile = request.profile or gate_profile(platform)
    if not profile:
        raise ConfigError(
            f"{platform.name} has no profile ci to fill its database with", help="name another one: --profile NAME"
        )
    queries = wanted_queries(platform, request.only)
    with scratch_database(target) as database:
        observer.stage(f"building {name}")
        _expect_done(migrate(nullcontext(database), platform, observer, options=options, also=planners(platform)), name)
        _expect_done(
            apply_indexes(database, platform, observer, tier=TOP_TIER, wait_seconds=options.wait_seconds), name
        )
        with connect(database) as connection:
            _expect_done(seed(connection, platform, SeedRequest(profile=profile), observer=observer), name)
        yield Version(database, platform, queries)


def _expect_done(report: Report, name: str) -> None:
    if report.ok:
        return
    first = report.findings[0] if report.findings else None
    raise ApplyFailed(
        f"the version '{name}' could not be built: {first.message if first else report.summary}",
        help=first.help if first else "",
        place=first.place if first else None,
    )
