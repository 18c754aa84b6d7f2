"""migrate, status, validate, indexes, seed."""

from __future__ import annotations

from typing import Annotated

import typer

from platformdb.cli.frame import READING_OPTIONS, Run, command
from platformdb.postgres.providers import open_target
from platformdb.project import find_platform
from platformdb.report.model import Report


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    indexes = typer.Typer(
        name="indexes", help="Index tiers: build them, and see where they stand", no_args_is_help=True
    )
    command(app, "migrate")(migrate)
    command(app, "status", options=READING_OPTIONS)(status)
    command(app, "validate", options=READING_OPTIONS)(validate)
    command(app, "seed")(seed)
    command(indexes, "apply")(indexes_apply)
    command(indexes, "status", options=READING_OPTIONS)(indexes_status)
    app.add_typer(indexes)


def migrate(run: Run) -> Report:
    """Apply what is pending: phases, functions, views, triggers, and the indexes of tier 1."""
    from platformdb.indexes.run import tier_planner
    from platformdb.migrations.run import migrate as apply_pending

    platform = find_platform(run.config)
    opening = open_target(run.config, run.observer, database=platform.name)
    also = (tier_planner(platform, tier=1),)
    return apply_pending(opening, platform, run.observer, wait_seconds=run.config.wait_for_lock, also=also)


def status(run: Run) -> Report:
    """Show where every migration stands: applied, pending, changed, modified, missing. Changes nothing."""
    from platformdb.migrations.run import status as show_status

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return show_status(target, platform)


def validate(run: Run) -> Report:
    """Check that files and history agree; exits 1 where they do not. Changes nothing."""
    from platformdb.migrations.run import validate as check_history

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return check_history(target, platform)


def indexes_apply(
    run: Run, tier: Annotated[int, typer.Option(metavar="TIER", min=1, max=3, help="Build the tiers up to this one.")]
) -> Report:
    """Build the missing indexes of the tiers up to --tier, concurrently; rebuild invalid ones."""
    from platformdb.indexes.run import apply_indexes

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return apply_indexes(target, platform, run.observer, tier=tier, wait_seconds=run.config.wait_for_lock)


def indexes_status(run: Run) -> Report:
    """Show every index of the three tiers: built, missing, invalid or changed. Changes nothing."""
    from platformdb.indexes.run import index_status

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return index_status(target, platform)


def seed(
    run: Run,
    profile: Annotated[str, typer.Option(metavar="NAME", help="Which profile of seed.toml.")] = "dev",
    number: Annotated[
        int, typer.Option("--seed", metavar="NUMBER", min=0, help="The same number gives the same bytes.")
    ] = 1,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Empty the seeded tables first: their rows are lost.")
    ] = False,
) -> Report:
    """Fill the platform's empty tables with believable data."""
    from platformdb.postgres.connect import connect
    from platformdb.postgres.lock import one_runner
    from platformdb.seeding.run import seed as fill

    platform = find_platform(run.config)
    with (
        open_target(run.config, run.observer, database=platform.name) as target,
        one_runner(target, wait_seconds=run.config.wait_for_lock, observer=run.observer),
        connect(target) as connection,
    ):
        return fill(connection, platform, profile=profile, seed=number, replace=replace, observer=run.observer)
