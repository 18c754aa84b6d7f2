"""What every command shares: options, configuration, progress, errors, rendering, exit code.

A command is a function from a Run to a Report; ``command`` gives it the shared options and does the rest.
"""

from __future__ import annotations

import enum
import functools
import inspect
import os
import re
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from platformdb.cli.masked import Mask, MaskedObserver, masked_report, masking_of
from platformdb.cli.present import failure, present
from platformdb.config import Config, load
from platformdb.errors import ConfigError
from platformdb.project import find_platform
from platformdb.report.model import Report
from platformdb.report.progress import Observer, PlainLines, Silent, live_display

if TYPE_CHECKING:
    from platformdb.postgres.lock import Manners


class Format(enum.StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


class GateFormat(enum.StrEnum):
    """How the result of a command is printed that CI goes by."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    MARKDOWN = "markdown"


class ProviderName(enum.StrEnum):
    """Where a database comes from."""

    URL = "url"
    EMBEDDED = "embedded"
    CONTAINER = "container"


DATABASE_OPTIONS: dict[str, Any] = {
    "url": Annotated[
        str | None,
        typer.Option(metavar="URL", help="Database to work on [env: PLATFORMDB_URL, DATABASE_URL; else libpq's PG…]."),
    ],
    "platform": Annotated[str | None, typer.Option(metavar="NAME", help="Platform, where the project holds several.")],
    "provider": Annotated[ProviderName | None, typer.Option(help="Where the database comes from.")],
    "image": Annotated[
        str | None, typer.Option(metavar="IMAGE", help="Image for --provider container [default: postgres:17].")
    ],
    "keep": Annotated[bool | None, typer.Option("--keep", help="Leave the container running afterwards.")],
}
# Of commands that change something under the runner lock.
CHANGING_OPTIONS: dict[str, Any] = {
    "wait_for_lock": Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="How long to wait while another platformdb is running: seconds, or 2min [default: 60s].",
        ),
    ],
    "lock_timeout": Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="How long a step waits for a busy table: seconds, or 500ms; 0 is for ever [default: 5s].",
        ),
    ],
    "lock_retries": Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="How often a step that found a table busy is tried again [default: 10]."),
    ],
    "role": Annotated[
        str | None, typer.Option(metavar="NAME", help="Role to SET ROLE to: what is made belongs to it.")
    ],
}
# Of commands that fill variables into files.
VARIABLE_OPTIONS: dict[str, Any] = {
    "var": Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Variable for the files; repeatable. Not for secrets: ps shows it."),
    ],
}
# Of commands that go by the files of migrations, wherever these lie.
FILE_OPTIONS: dict[str, Any] = {
    "migrations": Annotated[
        list[str] | None,
        typer.Option(metavar="DIR", help="Folder of migrations that another tool laid out; repeatable."),
    ],
    "layout": Annotated[
        str | None,
        typer.Option(metavar="TOOL", help="Whose layout it is: flyway, dbmate, … [default: what it looks like]."),
    ],
}
LOCAL_OPTIONS: dict[str, Any] = {
    "binaries": Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder of PostgreSQL server programs [env: PLATFORMDB_BINARIES]."),
    ],
}

READING_OPTIONS = tuple(DATABASE_OPTIONS)  # changes nothing, and so waits for nobody
RENDERING_OPTIONS = (*READING_OPTIONS, *VARIABLE_OPTIONS)  # the same, and reads migrations
MIGRATING_OPTIONS = (*RENDERING_OPTIONS, *CHANGING_OPTIONS)  # runs them
LOOKING_OPTIONS = (*RENDERING_OPTIONS, *FILE_OPTIONS)  # reads migrations of any tool
RUNNING_OPTIONS = (*MIGRATING_OPTIONS, *FILE_OPTIONS)  # and runs them

COMMON_OPTIONS: dict[str, Any] = {
    "project": Annotated[str | None, typer.Option(metavar="DIR", help="Project folder [default: here].")],
    "format": Annotated[Format, typer.Option("--format", help="How to print the result.")],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")],
    "no_color": Annotated[bool, typer.Option("--no-color", help="No colours.")],
}
DEFAULTS = {"format": Format.TEXT, "quiet": False, "no_color": False}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one command: what was asked, who hears of progress, and what takes secrets out of a text.

    ``format`` is how the result is printed.
    """

    config: Config
    observer: Observer
    mask: Mask = str
    format: str = Format.TEXT

    @property
    def database(self) -> str:
        """What the provider calls the database.

        Where somebody named it nothing is read from the project, which need not be at hand.
        """
        return "" if self.config.provider == "url" else find_platform(self.config).name

    @property
    def manners(self) -> Manners:
        """How a runner behaves towards others."""
        config = self.config
        return {
            "role": config.role,
            "lock_timeout": config.lock_timeout,
            "lock_retries": config.lock_retries,
            "mask": self.mask,
        }


def command(
    app: typer.Typer,
    name: str,
    *,
    options: Collection[str] = MIGRATING_OPTIONS,
    formats: type[enum.StrEnum] = Format,
) -> Callable[[Callable[..., Report]], None]:
    """Registers a function as the command ``name`` of ``app``; without a name as what the group ``app`` does itself.

    Its own parameters come first, then those shared ones that ``options`` names, then COMMON_OPTIONS. ``formats`` has
    text and json, and what else the command can print.
    """
    known = {**DATABASE_OPTIONS, **CHANGING_OPTIONS, **VARIABLE_OPTIONS, **FILE_OPTIONS, **LOCAL_OPTIONS}
    shared = {**{key: known[key] for key in options}, **COMMON_OPTIONS}
    shared["format"] = Annotated[formats, *get_args(shared["format"])[1:]]
    full_name = " ".join(part for part in (app.info.name, name) if part)

    def register(function: Callable[..., Report]) -> None:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        added = [_option(key, annotation) for key, annotation in shared.items()]

        @functools.wraps(function)
        def wrapper(context: typer.Context, **given: Any) -> int:
            if context.invoked_subcommand:
                return _refuse_lost_options(context)
            arguments = {parameter.name: given.pop(parameter.name) for parameter in own}
            return _carry_out(full_name, lambda run: function(run, **arguments), given)

        parameters = [inspect.Parameter("context", inspect.Parameter.POSITIONAL_ONLY, annotation=typer.Context)]
        parameters += [*own, *added]
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        text = inspect.getdoc(function) or ""
        short = re.split(r"[:;.](?=\s|$)", text, maxsplit=1)[0]
        if name:
            app.command(name, help=text, short_help=short)(wrapper)
        else:
            app.callback(invoke_without_command=True, help=text, short_help=short)(wrapper)

    return register


def _refuse_lost_options(context: typer.Context) -> int:
    """A group whose subcommand is asked for does nothing itself, and must not swallow what was meant for that."""
    if any(getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE" for name in context.params):
        command = f"{context.info_name} {context.invoked_subcommand}"
        raise typer.BadParameter(f"write the options behind the command: {command} --option …")
    return 0


def _option(key: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=DEFAULTS.get(key), annotation=annotation)


def _carry_out(name: str, work: Callable[[Run], Report], given: Mapping[str, Any]) -> int:
    """Runs the work and shows its report, whatever happens; returns the exit code."""
    began = time.perf_counter()
    flags = {key: getattr(value, "value", value) for key, value in given.items() if key not in DEFAULTS}
    mask: Mask = str
    try:
        config = load(flags, os.environ, _here(), renders="var" in flags)
        mask = masking_of(config)
        with _observer(given) as observer:
            seen = observer if mask is str else MaskedObserver(observer, mask)
            report = work(Run(config, seen, mask, given["format"].value))
    except typer.Exit:
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the boundary: nobody sees a traceback
        report = failure(error)
    elapsed_ms = (time.perf_counter() - began) * 1000
    return present(
        masked_report(report, mask),
        name,
        elapsed_ms=elapsed_ms,
        form=_form(given["format"]),
        color=not given["no_color"],
    )


def _form(chosen: enum.StrEnum) -> str:
    """Which renderer: a command with formats of its own makes their text itself, and what goes wrong is text."""
    return chosen.value if isinstance(chosen, GateFormat) or chosen.value == Format.JSON else Format.TEXT


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigError("the folder this runs in is gone", help="change to a folder that exists") from None


@contextmanager
def _observer(given: Mapping[str, Any]) -> Iterator[Observer]:
    if given["quiet"]:
        yield Silent()
    elif sys.stderr.isatty() and not given["no_color"]:
        from rich.console import Console

        with live_display(Console(stderr=True)) as display:
            yield display
    else:
        yield PlainLines(sys.stderr)
