"""up: the whole way in one command."""

from __future__ import annotations

from typing import Annotated

import typer

from platformdb.cli.frame import FILE_OPTIONS, Run, command
from platformdb.cli.migrations import migration_options
from platformdb.config import Config
from platformdb.postgres.providers import open_target
from platformdb.project import FOREIGN_NAME, default_platform, find_platform, platform_names
from platformdb.report.model import Report

DEFAULT = default_platform()


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    options = ("provider", "image", "keep", "binaries", "wait_for_lock", "var", *FILE_OPTIONS)
    command(app, "up", options=options)(up)


def up(
    run: Run,
    platform: Annotated[
        str | None,
        typer.Argument(metavar="PLATFORM", help=f"Which platform [default: the project's only one, else {DEFAULT}]."),
    ] = None,
) -> Report:
    """Start a local server, migrate, build all indexes, seed, check, benchmark: the whole way in one command."""
    from platformdb.up.run import bring_up

    local = run.config.for_local_work()
    if run.config.url is not None:
        run.observer.note(
            "up works on a database of its own; the one that DATABASE_URL or platformdb.toml names is left alone"
        )
    chosen = find_platform(local.but(platform=platform or _usual(local)))
    opening = open_target(local, run.observer, database=chosen.name, create=True)
    return bring_up(opening, chosen, run.observer, options=migration_options(local))


def _usual(config: Config) -> str:
    """The platform that is taken where nobody names one."""
    if config.migrations or config.layout:
        return config.platform or FOREIGN_NAME
    only = platform_names(config.project)
    return only[0] if len(only) == 1 else config.platform or DEFAULT
