"""The program: its commands, and the outermost boundary."""

from __future__ import annotations

from copy import copy
from itertools import pairwise
from typing import Annotated, Any

import typer

from platformdb import __version__
from platformdb.cli import (
    bench,
    check,
    checks,
    convert,
    foreign,
    indexes,
    lock,
    migrations,
    partitions,
    project,
    rehearse,
    schema,
    seed,
    server,
)
from platformdb.cli import up as up_commands
from platformdb.cli.frame import Format
from platformdb.cli.light import lighten
from platformdb.cli.present import present, unwritable, without_passwords
from platformdb.report.model import Finding, Outcome, Report

# The base of all command-line mistakes; typer publishes only this subclass of it.
UsageError = typer.BadParameter.__base__

app = typer.Typer(
    name="",
    help="Schema and migration toolkit for PostgreSQL: plain SQL, proven.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Schema and migration toolkit for PostgreSQL: plain SQL, proven."""
    if version:
        typer.echo(f"platformdb {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


for module in (
    up_commands,
    project,
    migrations,
    rehearse,
    foreign,
    convert,
    lock,
    indexes,
    seed,
    bench,
    check,
    checks,
    partitions,
    schema,
    server,
):
    module.register(app)


def run(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code; what went wrong is shown, never raised."""
    try:
        command = lighten(typer.main.get_command(_asked_for(arguments)))
        code = command(arguments, prog_name="platformdb", standalone_mode=False)
    except typer.Abort:
        code = int(Outcome.INTERRUPTED)
    except OSError as error:
        code = unwritable(error)
    except SystemExit:  # typer's answer where nobody reads its help any more
        code = unwritable(BrokenPipeError())
    except UsageError as error:  # type: ignore[misc]  # taken from a public subclass
        return _explain_usage(error, arguments)
    return int(code or 0)


def _asked_for(arguments: list[str]) -> typer.Typer:
    """The program with only the command that the arguments begin with: building all of them takes 10 ms.

    The whole program where they begin with none: for its help, and for what it says of an unknown command.
    """
    name = arguments[0] if arguments else None
    asked = copy(app)
    asked.registered_commands = [each for each in app.registered_commands if each.name == name]
    asked.registered_groups = [
        each for each in app.registered_groups if each.typer_instance and each.typer_instance.info.name == name
    ]
    return asked if asked.registered_commands or asked.registered_groups else app


def _explain_usage(error: Any, arguments: list[str]) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "platformdb"
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(context.get_help() if context else "")
        return 0
    message = without_passwords(error.format_message()).replace("Value error, ", "")  # pydantic's words, not ours
    finding = Finding("usage", message, help=f"see: {path} --help")
    report = Report(message, Outcome.CONFIGURATION, findings=(finding,))
    command = path.removeprefix("platformdb").strip() or "platformdb"
    return present(report, command, elapsed_ms=0, form=_wanted_form(arguments), color="--no-color" not in arguments)


def _wanted_form(arguments: list[str]) -> str:
    """JSON where the command line, though wrong, asks for it clearly enough."""
    asks = "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
    return Format.JSON if asks else Format.TEXT
