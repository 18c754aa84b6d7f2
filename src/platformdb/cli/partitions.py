"""partitions ensure, partitions status."""

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
    partitions = typer.Typer(
        name="partitions", help="Partitions by time: make them ahead, watch and retire them", no_args_is_help=True
    )
    command(partitions, "ensure", options=(*READING_OPTIONS, *CHANGING_OPTIONS))(ensure)
    command(partitions, "status", options=READING_OPTIONS)(status)
    app.add_typer(partitions)


def ensure(
    run: Run,
    table: Annotated[
        list[str] | None, typer.Option("--table", metavar="NAME", help="Only this table of the file; repeatable.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
) -> Report:
    """Make missing partitions, move rows out of default ones, retire what is too old: the nightly job."""
    from platformdb.partitions.run import ensure_partitions

    platform, wait = find_platform(run.config), run.config.wait_for_lock
    with open_sound_target(run, platform.name) as target:
        return ensure_partitions(
            target, platform, run.observer, tables=table or (), dry_run=dry_run, wait_seconds=wait, **run.manners
        )


def status(run: Run) -> Report:
    """Show where every partitioned table stands; exits 1 where ensure would have something to do. Changes nothing."""
    from platformdb.partitions.run import partition_status

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return partition_status(target, platform)
