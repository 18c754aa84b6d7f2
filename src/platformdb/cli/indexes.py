"""indexes: the tiers."""

from __future__ import annotations

from typing import Annotated

import typer

from platformdb.cli.frame import CHANGING_OPTIONS, READING_OPTIONS, Run, command
from platformdb.cli.sound import open_sound_target
from platformdb.postgres.providers import open_target
from platformdb.project import find_platform
from platformdb.report.model import Report


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    indexes = typer.Typer(
        name="indexes", help="Index tiers: build them, and see where they stand", no_args_is_help=True
    )
    command(indexes, "apply", options=(*READING_OPTIONS, *CHANGING_OPTIONS))(indexes_apply)
    command(indexes, "status", options=READING_OPTIONS)(indexes_status)
    app.add_typer(indexes)


def indexes_apply(
    run: Run, tier: Annotated[int, typer.Option(metavar="TIER", min=1, max=3, help="Build the tiers up to this one.")]
) -> Report:
    """Build the missing indexes of the tiers up to --tier, concurrently; rebuild invalid ones."""
    from platformdb.indexes.run import apply_indexes

    platform = find_platform(run.config)
    with open_sound_target(run, platform.name) as target:
        wait = run.config.wait_for_lock
        return apply_indexes(target, platform, run.observer, tier=tier, wait_seconds=wait, **run.manners)


def indexes_status(run: Run) -> Report:
    """Show every index of the three tiers: built, missing, invalid or changed. Changes nothing."""
    from platformdb.indexes.run import index_status

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return index_status(target, platform)
