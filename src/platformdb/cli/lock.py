"""lock status, lock break."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from platformdb.cli.asking import confirmed
from platformdb.cli.frame import READING_OPTIONS, Run, command
from platformdb.errors import ConfigError
from platformdb.postgres.providers import open_target
from platformdb.report.model import Report


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    lock = typer.Typer(name="lock", help="The runner lock: who holds it, and how to break it", no_args_is_help=True)
    command(lock, "status", options=(*READING_OPTIONS, "role"))(lock_status)
    command(lock, "break", options=(*READING_OPTIONS, "role"))(lock_break)
    app.add_typer(lock)


def lock_status(run: Run) -> Report:
    """Show who holds the runner lock, and what the work is doing; exits 0 also where it is free. Changes nothing."""
    from platformdb.locking.run import lock_status as show_status

    with open_target(run.config, run.observer, database=run.database) as target:
        return show_status(target, role=run.config.role)


def lock_break(
    run: Run,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed without a terminal.")] = False,
) -> Report:
    """End the run that holds the runner lock: its sessions, or its lease. What it has open is rolled back."""
    from platformdb.locking.run import break_lock

    if not yes and not sys.stdin.isatty():
        raise ConfigError(
            "lock break asks before it ends somebody's work, and there is no terminal to ask on",
            help="look with: platformdb lock status; then say: platformdb lock break --yes",
        )
    with open_target(run.config, run.observer, database=run.database) as target:
        return break_lock(target, confirm=lambda text: yes or confirmed(text), role=run.config.role)
