"""counters, contracts."""

from __future__ import annotations

import typer

from platformdb.cli.frame import CHANGING_OPTIONS, READING_OPTIONS, Run, command
from platformdb.cli.sound import open_sound_target
from platformdb.postgres.providers import open_target
from platformdb.project import find_platform
from platformdb.report.model import Report


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    counters = typer.Typer(name="counters", help="Denormalised counts: check and repair them", no_args_is_help=True)
    contracts = typer.Typer(name="contracts", help="JSONB columns against their models", no_args_is_help=True)
    command(counters, "check", options=READING_OPTIONS)(counters_check)
    command(counters, "fix", options=(*READING_OPTIONS, *CHANGING_OPTIONS))(counters_fix)
    command(contracts, "check", options=READING_OPTIONS)(contracts_check)
    app.add_typer(counters)
    app.add_typer(contracts)


def counters_check(run: Run) -> Report:
    """List every row whose count is not what its definition says; exits 1 where there is one. Changes nothing."""
    from platformdb.counters.run import check_counters

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return check_counters(target, platform)


def counters_fix(run: Run) -> Report:
    """Repair drifted counts in key order and in batches, while writers run: the nightly job."""
    from platformdb.counters.run import fix_counters

    platform = find_platform(run.config)
    with open_sound_target(run, platform.name) as target:
        wait = run.config.wait_for_lock
        return fix_counters(target, platform, run.observer, wait_seconds=wait, **run.manners)


def contracts_check(run: Run) -> Report:
    """Validate every row of the JSONB columns that have a model; exits 1 where one fails. Changes nothing."""
    from platformdb.contracts.run import check_contracts

    platform = find_platform(run.config)
    with open_target(run.config, run.observer, database=platform.name) as target:
        return check_contracts(target, platform)
