"""migrate, down, status, validate, baseline, repair."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from platformdb.cli.frame import LOOKING_OPTIONS, RUNNING_OPTIONS, GateFormat, Run, command
from platformdb.cli.sound import open_adopted_target, open_sound_target, told
from platformdb.config import Config, seconds
from platformdb.errors import ConfigError
from platformdb.postgres.providers import open_target
from platformdb.project import Platform, find_platform
from platformdb.report.model import Report

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from platformdb.migrations.outlook import Options
    from platformdb.postgres.target import Target


DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL that would run, and change nothing.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    command(app, "migrate", options=RUNNING_OPTIONS)(migrate)
    command(app, "down", options=RUNNING_OPTIONS, formats=GateFormat)(down)
    command(app, "status", options=LOOKING_OPTIONS)(status)
    command(app, "validate", options=LOOKING_OPTIONS)(validate)
    command(app, "baseline", options=RUNNING_OPTIONS)(baseline)
    command(app, "repair", options=RUNNING_OPTIONS)(repair)


def migrate(
    run: Run,
    to: Annotated[str | None, typer.Option("--to", metavar="VERSION", help="Stop at this version or phase.")] = None,
    *,
    out_of_order: Annotated[
        bool, typer.Option("--out-of-order", help="Apply what is pending below an applied version, too.")
    ] = False,
    mark_applied: Annotated[
        list[str] | None,
        typer.Option("--mark-applied", metavar="VERSION", help="Record it as applied, and do not run it; repeatable."),
    ] = None,
    dry_run: DryRun = False,
) -> Report:
    """Apply what is pending: phases, functions, views, triggers, and the indexes of tier 1."""
    from platformdb.migrations.run import migrate as apply_pending
    from platformdb.up.planners import planners

    platform = find_platform(run.config)
    opening = open_adopted_target(run, platform)
    options = replace(
        migration_options(run.config),
        target=to,
        out_of_order=out_of_order,
        mark_applied=tuple(mark_applied or ()),
        dry_run=dry_run,
    )
    also = planners(platform) if to is None else ()
    return apply_pending(opening, platform, run.observer, options=options, also=also)


def down(
    run: Run,
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="The version or phase to go back to; 0 is before all.")
    ],
    *,
    allow_destructive: Annotated[
        bool, typer.Option("--allow-destructive", help="Run undo files that lose data.")
    ] = False,
    dry_run: DryRun = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="Try it on a copy, down and up again, and compare; change nothing here.")
    ] = False,
) -> Report:
    """Take back what was applied above --to, newest first, by the undo files."""
    from platformdb.migrations.run import down as take_back

    platform = find_platform(run.config)
    opening = open_sound_target(run, platform.name)
    chosen = replace(migration_options(run.config), target=to, allow_destructive=allow_destructive, dry_run=dry_run)
    if prove:
        return _prove_down(run, platform, opening, chosen)
    return take_back(opening, platform, run.observer, options=chosen)


def _prove_down(run: Run, platform: Platform, opening: AbstractContextManager[Target], options: Options) -> Report:
    from platformdb.prove.run import prove_down
    from platformdb.up.planners import planners

    also = planners(platform)
    return prove_down(opening, platform, run.observer, options=options, config=run.config, also=also)


def status(
    run: Run,
    *,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when something is pending.")] = False,
    wait: Annotated[
        str | None, typer.Option("--wait", metavar="DURATION", help="Wait until nothing is pending, at most this long.")
    ] = None,
) -> Report:
    """Show where every migration stands: applied, pending, changed, modified, missing. Changes nothing."""
    from platformdb.migrations.status import await_migrated
    from platformdb.migrations.status import status as show_status

    platform = find_platform(run.config)
    options = migration_options(run.config)

    def look() -> Report:
        with open_target(run.config, run.observer, database=platform.name) as target:
            return told(show_status(target, platform, options=options, check=check or wait is not None), target)

    return look() if wait is None else await_migrated(look, run.observer, seconds=seconds(wait))


def validate(run: Run) -> Report:
    """Check that files and history agree; exits 1 where they do not. Changes nothing."""
    from platformdb.migrations.status import validate as check_history

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return check_history(target, platform, options=migration_options(run.config))


def baseline(
    run: Run, version: Annotated[str, typer.Argument(metavar="VERSION", help="The version that the database is at.")]
) -> Report:
    """Record that everything up to VERSION is in the database already; migrate goes on above it."""
    from platformdb.migrations.repair import baseline as record_baseline

    platform = find_platform(run.config)
    opening = open_target(run.config, run.observer, database=platform.name)
    return record_baseline(opening, platform, run.observer, version=version, options=migration_options(run.config))


def repair(
    run: Run,
    *,
    cosmetic: Annotated[
        bool, typer.Option("--cosmetic", help="Accept edits that changed comments or white space only.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="VERSION", help="The edited file is right as it is; repeatable."),
    ] = None,
    ran: Annotated[
        list[str] | None,
        typer.Option("--ran", metavar="VERSION", help="The statement that was cut short did its work."),
    ] = None,
    not_run: Annotated[
        list[str] | None,
        typer.Option("--not-run", metavar="VERSION", help="The statement that was cut short did nothing."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and change nothing.")] = False,
) -> Report:
    """Settle what only a person can decide; it is written into the history, and neither files nor tables change."""
    from platformdb.migrations.repair import Verdict
    from platformdb.migrations.repair import repair as write_verdict

    verdict = Verdict(cosmetic, tuple(accept or ()), tuple(ran or ()), tuple(not_run or ()))
    if verdict == Verdict():
        raise ConfigError("repair was not told what", help="say --cosmetic, --accept, --ran or --not-run")
    platform = find_platform(run.config)
    opening = open_target(run.config, run.observer, database=platform.name)
    options = replace(migration_options(run.config), dry_run=dry_run)
    return write_verdict(opening, platform, run.observer, verdict=verdict, options=options)


def migration_options(config: Config) -> Options:
    """What the configuration says of how a run behaves."""
    from platformdb.migrations.outlook import Options

    return Options(
        wait_seconds=config.wait_for_lock,
        lock_timeout=config.lock_timeout,
        lock_retries=config.lock_retries,
        role=config.role,
        variables=config.variables,
    )
