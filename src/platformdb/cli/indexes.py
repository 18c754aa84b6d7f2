"""indexes: the tiers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer

from platformdb.cli.asking import agreement
from platformdb.cli.frame import CHANGING_OPTIONS, READING_OPTIONS, Run, command
from platformdb.cli.sound import open_sound_target
from platformdb.postgres.providers import open_target
from platformdb.postgres.providers.url import url_target
from platformdb.project import find_platform, own_platform
from platformdb.report.model import Report
from platformdb.settings import Secret


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    indexes = typer.Typer(
        name="indexes",
        help="Index tiers: build them, measure what they are worth, find what is missing",
        no_args_is_help=True,
    )
    command(indexes, "apply", options=(*READING_OPTIONS, *CHANGING_OPTIONS))(indexes_apply)
    command(indexes, "status", options=READING_OPTIONS)(indexes_status)
    command(indexes, "evidence", options=READING_OPTIONS)(indexes_evidence)
    command(indexes, "advise", options=READING_OPTIONS)(indexes_advise)
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


def indexes_status(
    run: Run,
    replica: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A replica, to be asked which indexes it uses; repeatable."),
    ] = None,
    unused_days: Annotated[
        int,
        typer.Option(metavar="DAYS", min=0, help="How long statistics must go back before an index is called unused."),
    ] = 30,
) -> Report:
    """Show the indexes of the three tiers, and which of all are redundant, unused or bloated. Changes nothing."""
    from platformdb.indexes.health.model import Limits
    from platformdb.indexes.run import index_status

    platform = find_platform(run.config)
    replicas = [url_target(replace(run.config, url=Secret(url))) for url in replica or ()]
    with open_target(run.config, run.observer, database=platform.name) as target:
        return index_status(target, platform, limits=Limits(unused=timedelta(days=unused_days)), replicas=replicas)


def indexes_evidence(
    run: Run,
    index: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this index; repeatable [default: every one].")
    ] = None,
    tier: Annotated[int | None, typer.Option(metavar="TIER", min=1, max=3, help="Only those of this tier.")] = None,
    *,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Not in a copy, but in the database itself: reads only, nothing stays.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, even where others are at work there.")] = False,
) -> Report:
    """Measure what each index is worth: queries and writes with it and without it, in a copy of the database."""
    from platformdb.indexes.evidence.run import Wanted, index_evidence

    platform = find_platform(run.config)
    wanted = Wanted(tuple(index or ()), tier, in_place, agreement(yes=yes))
    with open_sound_target(run, platform.name) as target:
        return index_evidence(target, platform, run.observer, wanted)


def indexes_advise(
    run: Run,
    statements: Annotated[
        int,
        typer.Option(metavar="NUMBER", min=0, help="Also so many of pg_stat_statements, those that took most time."),
    ] = 0,
    *,
    foreign_keys: Annotated[
        bool, typer.Option("--foreign-keys/--no-foreign-keys", help="Reckon with deletions of the rows referred to.")
    ] = True,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 where an index is missing.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Append the proposals to the tier files.")] = False,
) -> Report:
    """Propose the indexes that are missing: each is built and measured on a copy of the database."""
    from platformdb.indexes.advise.run import Wish, advise

    platform = own_platform(run.config) if write else find_platform(run.config)
    wish = Wish(statements, foreign_keys, check, write)
    with open_sound_target(run, platform.name) as target:
        return advise(target, platform, run.observer, wish)
