"""init, new: projects and their files; no database is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from platformdb.cli.frame import Run, command
from platformdb.report.model import Report


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    command(app, "init", options=())(init)
    command(app, "new", options=("platform",))(new)


def init(
    run: Run,
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", help="Where; made where it is not there yet [default: the project].")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="PLATFORM", help="Copy this bundled platform; a wrong name lists them."),
    ] = None,
) -> Report:
    """Make a project: an empty one, or a copy of a bundled platform. Overwrites nothing."""
    from platformdb.scaffold.run import init as make_project

    return make_project(Path(folder) if folder else run.config.project, source=source)


def new(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it does, such as add_users.")],
    *,
    undo: Annotated[bool, typer.Option("--undo/--no-undo", help="With an undo file, or without.")] = True,
) -> Report:
    """Make the next migration file, with the next version, and its undo file. Overwrites nothing."""
    from platformdb.scaffold.run import new as make_migration

    return make_migration(run.config, name, undo=undo)
