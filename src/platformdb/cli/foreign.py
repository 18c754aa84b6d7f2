"""adopt: coming from another tool."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from platformdb.cli.frame import RUNNING_OPTIONS, Run, command
from platformdb.cli.migrations import migration_options
from platformdb.errors import ConfigError
from platformdb.postgres.providers import open_target
from platformdb.project import find_platform
from platformdb.report.model import Report


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    command(app, "adopt", options=RUNNING_OPTIONS)(adopt)


def adopt(
    run: Run,
    *,
    tool: Annotated[
        str | None, typer.Option("--from", metavar="TOOL", help="Whose history it is [default: whose files they are].")
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", metavar="SCHEMA.NAME", help="Where it is [default: where the tool has it].")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="VERSION", help="The file is right, whatever the history says; or all."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Forget what was taken over.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be recorded, and change nothing.")] = False,
) -> Report:
    """Take over another tool's history, so that migrate runs only what is new. Its table stays as it is."""
    from platformdb.adopt.run import Request, forget
    from platformdb.adopt.run import adopt as take_over

    if undo and (tool or table or accept):
        raise ConfigError("--undo forgets all that was taken over", help="leave out --from, --table and --accept")
    platform = find_platform(run.config)
    opening = open_target(run.config, run.observer, database=platform.name)
    options = replace(migration_options(run.config), dry_run=dry_run)
    if undo:
        return forget(opening, platform, run.observer, options=options)
    request = Request(tool, table, tuple(accept or ()))
    return take_over(opening, platform, run.observer, request=request, options=options)
