"""check."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from platformdb.cli.frame import LOOKING_OPTIONS, GateFormat, Run, command
from platformdb.cli.migrations import migration_options
from platformdb.errors import ConfigError
from platformdb.postgres.providers import open_target
from platformdb.project import Platform, find_platform
from platformdb.report.leftout import merged
from platformdb.report.model import Outcome, Report

if TYPE_CHECKING:
    from platformdb.branch.run import Opening


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    command(app, "check", options=LOOKING_OPTIONS, formats=GateFormat)(check)


def check(
    run: Run,
    *,
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="Branch, tag or commit of git that this branch will be merged to.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Give new files that do not come after those of --base the next numbers.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Prove in a new database that each undo file takes its migration back.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(metavar="VERSION", help="With --undo: prove only what comes after this version.")
    ] = None,
    require_undo: Annotated[
        bool, typer.Option("--require-undo", help="With --undo: a migration without an undo file is an error.")
    ] = False,
) -> Report:
    """Check the files, and what a branch did to those of its base, before it is merged; exits 1 where one is wrong."""
    if fix and base is None:
        raise ConfigError("--fix needs to know what the files are to come after", help="name it with --base REF")
    if not undo and (since is not None or require_undo):
        raise ConfigError("--since and --require-undo are about --undo", help="give --undo, too, or leave them out")
    platform = find_platform(run.config)
    opening = partial(open_target, run.config, run.observer, database=platform.name)
    report = _files(run, platform, base, opening if run.config.provider == "url" else None, fix=fix)
    if not undo or report.outcome is not Outcome.DONE:
        return report
    from platformdb.prove.run import prove_undo

    options = migration_options(run.config)
    proven = prove_undo(opening(), platform, run.observer, options=options, since=since, require_undo=require_undo)
    return _both(report, proven)


def _files(run: Run, platform: Platform, base: str | None, opening: Opening | None, *, fix: bool) -> Report:
    from platformdb.branch.run import check as look
    from platformdb.branch.run import fix as renumber

    options = migration_options(run.config)
    if fix and base is not None:
        return renumber(platform, base=base, opening=opening, options=options)
    return look(platform, base=base, opening=opening, options=options)


def _both(first: Report, second: Report) -> Report:
    """Two reports as one; the second has the last word on how it ended."""
    return second.but(
        summary=f"{first.summary}; {second.summary.partition(': ')[2] or second.summary}",
        steps=(*first.steps, *second.steps),
        findings=merged((*first.findings, *second.findings)),
        tables=(*first.tables, *second.tables),
        cases=(*first.cases, *second.cases),
        data={**first.data, **second.data},
    )
