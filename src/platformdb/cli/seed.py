"""seed: fills a database, infers how from one, and says what came of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from platformdb.cli.asking import agreement
from platformdb.cli.frame import READING_OPTIONS, Run, command
from platformdb.errors import ConfigError
from platformdb.postgres.providers import open_target
from platformdb.project import find_platform
from platformdb.report.model import Report
from platformdb.seeding.request import Existing, Request

MOST_JOBS = 4


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    seeds = typer.Typer(name="seed", subcommand_metavar="[infer]")
    command(seeds, "", options=(*READING_OPTIONS, "wait_for_lock"))(seed)
    command(seeds, "infer", options=READING_OPTIONS)(seed_infer)
    app.add_typer(seeds)


def seed(  # noqa: PLR0913 - one parameter for each option
    run: Run,
    profile: Annotated[str, typer.Option(metavar="NAME", help="Which profile of seed.toml.")] = "dev",
    scale: Annotated[float, typer.Option(metavar="X", help="So many times the profile's numbers.")] = 1.0,
    number: Annotated[
        int, typer.Option("--seed", metavar="NUMBER", min=0, help="The same number gives the same bytes.")
    ] = 1,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="When the story ends, such as 2026-01-31 [default: the file's].")
    ] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this table and those that it needs; repeatable."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", min=1, help="Connections that load at once; 1 is one transaction [default: CPUs]."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as a page (.html), .json or .md.")
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Empty the seeded tables first: their rows are lost.")
    ] = False,
    append: Annotated[bool, typer.Option("--append", help="Add to the rows that are there.")] = False,
    cache: Annotated[
        bool, typer.Option("--cache", help="Keep the result as a template database; clone it where there is one.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Measure the shape of what is loaded beside what was declared.")
    ] = False,
    abort: Annotated[
        bool, typer.Option("--abort", help="Give up a load that was cut short: constraints back, its tables emptied.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, whatever the database looks like.")] = False,
) -> Report:
    """Fill the platform's empty tables with believable data."""
    from platformdb.seeding.command import Extras, Work, carry_out, give_up

    if abort and (replace or append or cache or report or output):
        raise ConfigError("--abort gives up a load and makes no other: use it alone", help="then seed again without it")
    request = Request(
        profile=profile,
        seed=number,
        scale=scale,
        as_of=_instant(as_of),
        tables=tuple(tables or ()),
        existing=_existing(replace=replace, append=append),
        jobs=jobs or min(os.cpu_count() or 1, MOST_JOBS),
    )
    extras = Extras(cache=cache, report=report or output is not None, output=output)
    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        work = Work(target, platform, request, run.config.wait_for_lock, run.observer)
        return give_up(work) if abort else carry_out(work, extras, agreement(yes=yes))


def seed_infer(
    run: Run,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write [default: print it]. Never over a file.")
    ] = None,
    rows: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="Rows of a table that nothing is known of.")] = 100,
    schemas: Annotated[
        list[str] | None, typer.Option("--schema", metavar="NAME", help="Only this schema; repeatable.")
    ] = None,
    *,
    data: Annotated[bool, typer.Option("--data/--no-data", help="Look at the rows that are there, too.")] = True,
) -> Report:
    """Write a seed.toml for an existing database: from its schema, and the shape of its rows. Changes nothing."""
    from platformdb.seeding.infer.run import infer

    with open_target(run.config, run.observer, database=run.database) as target:
        return infer(target, output=output, rows=rows, schemas=tuple(schemas or ()), data=data)


def _existing(*, replace: bool, append: bool) -> Existing:
    if replace and append:
        raise ConfigError("--replace empties the tables and --append leaves them: choose one")
    return Existing.REPLACE if replace else Existing.APPEND if append else Existing.REFUSE


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"--as-of: '{text}' is no date", help="write it as 2026-01-31 or 2026-01-31T12:00Z") from None
