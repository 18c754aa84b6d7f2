"""rehearse: the pending migrations on a clone, measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from platformdb import settings
from platformdb.cli.frame import RUNNING_OPTIONS, GateFormat, Run, command
from platformdb.cli.migrations import migration_options
from platformdb.cli.sound import open_sound_target
from platformdb.errors import ConfigError
from platformdb.project import Platform, find_platform
from platformdb.report.model import Report

if TYPE_CHECKING:
    from platformdb.rehearse.run import Fill


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    command(app, "rehearse", options=(*RUNNING_OPTIONS, "binaries"), formats=GateFormat)(rehearse)


def rehearse(  # noqa: PLR0913 - one parameter for each option
    run: Run,
    to: Annotated[str | None, typer.Option("--to", metavar="VERSION", help="Stop at this version or phase.")] = None,
    largest: Annotated[
        str, typer.Option(metavar="SIZE", help="Copy the database beside itself if it has no more than this.")
    ] = "1GB",
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE", help="Elsewhere: with the rows of this table; repeatable."),
    ] = None,
    scale: Annotated[
        float | None, typer.Option(metavar="X", help="Elsewhere: with seeds, so many times the profile's numbers.")
    ] = None,
    mark_applied: Annotated[
        list[str] | None,
        typer.Option("--mark-applied", metavar="VERSION", help="Record it as applied, and do not run it; repeatable."),
    ] = None,
    profile: Annotated[str, typer.Option(metavar="NAME", help="Which profile of seed.toml --scale takes.")] = "dev",
    *,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Make no copy on the database's server: take the schema to another.")
    ] = False,
    out_of_order: Annotated[
        bool, typer.Option("--out-of-order", help="Apply what is pending below an applied version, too.")
    ] = False,
) -> Report:
    """Run the pending migrations on a clone, and measure: locks and how long, rewrites, rows, WAL, who waits."""
    from platformdb.postgres.clone import Wish
    from platformdb.rehearse.run import Stage
    from platformdb.rehearse.run import rehearse as perform
    from platformdb.up.planners import planners

    platform = find_platform(run.config)
    opening = open_sound_target(run, platform.name)
    options = replace(
        migration_options(run.config), target=to, out_of_order=out_of_order, mark_applied=tuple(mark_applied or ())
    )
    chosen = tuple(data or ())
    wish = Wish(_size(largest), elsewhere or bool(chosen) or scale is not None, chosen)
    stage = Stage(run.config, wish, _seeding(run, platform, profile, scale) if scale is not None else None)
    also = planners(platform) if to is None else ()
    return perform(opening, platform, run.observer, stage, options=options, also=also)


def _size(given: str) -> int:
    try:
        return settings.size(given)
    except ValueError as error:
        raise ConfigError(f"--largest: {error}", help="write for example 500MB or 20GB") from None


def _seeding(run: Run, platform: Platform, profile: str, scale: float) -> Fill:
    """What fills the clone as ``seed`` would."""
    from platformdb.postgres.lock import one_runner
    from platformdb.postgres.target import Target
    from platformdb.seeding.request import Request
    from platformdb.seeding.run import seed

    def fill(clone: Target) -> None:
        with one_runner(clone, wait_seconds=0, observer=run.observer) as session:
            seed(session.work, platform, Request(profile=profile, scale=scale), observer=run.observer)

    return fill
