"""convert: another tool's directory as a project of platformdb's own files; no database is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from platformdb.cli.frame import FILE_OPTIONS, VARIABLE_OPTIONS, Run, command
from platformdb.project import find_platform
from platformdb.report.model import Report


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    command(app, "convert", options=("platform", *VARIABLE_OPTIONS, *FILE_OPTIONS))(convert)


def convert(
    run: Run,
    folder: Annotated[str, typer.Option("--to", metavar="DIR", help="Folder of the new project, not there yet.")],
) -> Report:
    """Write another tool's migrations as platformdb's own files, with the same versions. Overwrites nothing."""
    from platformdb.adopt.convert import convert as write_project

    return write_project(find_platform(run.config), run.config.variables, Path(folder))
