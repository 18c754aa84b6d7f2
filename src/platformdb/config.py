"""Flags, environment and platformdb.toml become one frozen Config; all doubts end here.

Precedence: a flag, then the environment, then platformdb.toml, then the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from platformdb import settings
from platformdb.errors import ConfigError, Place
from platformdb.settings import Secret
from platformdb.variables import (
    PREFIX,
    Variable,
    read_variables,
)

CONFIG_FILE = "platformdb.toml"
STATE_FOLDER = ".platformdb"

# libpq reads these itself; any of them says that a database was named.
LIBPQ_TARGET = ("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE", "PGPORT")

ProviderName = Literal["url", "embedded", "container"]

ENVIRONMENT = {
    "url": ("PLATFORMDB_URL", "DATABASE_URL"),
    "provider": ("PLATFORMDB_PROVIDER",),
    "image": ("PLATFORMDB_IMAGE",),
    "platform": ("PLATFORMDB_PLATFORM",),
    "binaries": ("PLATFORMDB_BINARIES",),
    "wait_for_lock": ("PLATFORMDB_WAIT_FOR_LOCK",),
    "lock_timeout": ("PLATFORMDB_LOCK_TIMEOUT",),
    "lock_retries": ("PLATFORMDB_LOCK_RETRIES",),
    "role": ("PLATFORMDB_ROLE",),
}
# SERVICE and PORT: what Kubernetes sets in every container beside a service that is called platformdb.
OTHER_VARIABLES = re.compile(rf"{PREFIX}.+|PLATFORMDB_(DEBUG|TEST_.+|SERVICE_(HOST|PORT).*|PORT(_[0-9]+_.+)?)")

CHECKS: Mapping[str, settings.Check] = {
    "platform": settings.optional(settings.text),
    "url": settings.optional(settings.secret),
    "provider": settings.optional(settings.one_of("url", "embedded", "container")),
    "image": settings.text,
    "keep": settings.yes_or_no,
    "binaries": settings.optional(settings.folder),
    "port": settings.optional(settings.whole(1, 65535)),
    "wait_for_lock": settings.seconds,
    "lock_timeout": settings.lock_timeout,
    "lock_retries": settings.whole(0, 1_000_000),
    "role": settings.optional(settings.text),
    "migrations": settings.folders,
    "layout": settings.optional(settings.text),
    "rehearse": settings.table,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a command was asked to do, validated.

    ``project`` is the folder that holds platformdb.toml, phases/ or .platformdb/. ``binaries`` is a folder with
    PostgreSQL programs that goes before all others. ``port`` opens the embedded server on 127.0.0.1 as well.
    ``wait_for_lock`` is in seconds: how long to wait while another platformdb is running. ``lock_timeout`` is how long
    a step waits for a busy table, as PostgreSQL takes it ("0" is for ever), and ``lock_retries`` how often it is tried
    again. ``role`` is what steps SET ROLE to; ``variables`` are what files are rendered with. ``migrations`` are
    folders of another tool's migrations, ``layout`` is whose. ``rehearse`` holds the budgets of ``rehearse``.

    Raises:
        ConfigError: values are not allowed; all of them in one message.
    """

    project: Path
    platform: str | None = None
    url: Secret | None = None
    provider: ProviderName | None = None
    image: str = "postgres:17"
    keep: bool = False
    binaries: Path | None = None
    port: int | None = None
    wait_for_lock: float = 60.0
    lock_timeout: str = "5s"
    lock_retries: int = 10
    role: str | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    migrations: tuple[Path, ...] = ()
    layout: str | None = None
    rehearse: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {key: getattr(self, key) for key in CHECKS}
        _refuse(_problems(given), self.project)
        for key, value in given.items():
            object.__setattr__(self, key, CHECKS[key](value))

    @property
    def state_folder(self) -> Path:
        """Where the embedded server of this project lives."""
        return self.project / STATE_FOLDER

    def for_local_work(self) -> Config:
        """The same, on a database of our own making: never the one that the environment or a file points at."""
        provider = self.provider if self.provider == "container" else "embedded"
        return self.but(provider=provider, url=None, role=None)

    def but(self, **changes: Any) -> Config:
        """The same with some settings replaced, validated again.

        Raises:
            ConfigError: a value is not allowed.
        """
        return replace(self, **changes)


def load(flags: Mapping[str, Any], environment: Mapping[str, str], folder: Path, *, renders: bool = True) -> Config:
    """Builds the Config of one command run in ``folder``.

    ``flags`` holds only what was given on the command line (None means not given); ``var`` there is a list of
    ``NAME=VALUE``. Only a command that ``renders`` files needs the environment variables that [variables] names.

    Raises:
        ConfigError: with every problem in one message.
    """
    given = {key: value for key, value in flags.items() if value is not None}
    project = Path(given.pop("project", None) or find_root(folder)).resolve()
    if not project.is_dir():
        what = "is no folder" if project.exists() else "does not exist"
        raise ConfigError(f"the project folder {project} {what}", help="name an existing folder with --project")
    _refuse_two_databases(given)
    file = _from_file(project)
    variables, wrong = read_variables(file.pop("variables", {}), environment, given.pop("var", ()), must_exist=renders)
    layers = (file, _from_environment(environment), given)
    values = {key: value for layer in layers for key, value in _with_url_provider(layer).items()}
    _refuse([*_problems(values), *wrong, *_unknown(environment)], project)
    config = _with_provider(Config(project=project, variables=variables, **values), environment)
    if config.provider != "container" and (useless := [name for name in ("image", "keep") if name in given]):
        raise ConfigError(
            f"--{useless[0]} is about a container, and none is asked for", help="add --provider container"
        )
    return config


def seconds(given: str) -> float:
    """A duration that a flag of one command gives, in seconds: ``60``, ``60s``, ``2min``.

    Raises:
        ConfigError: not a duration.
    """
    try:
        return settings.seconds(given)
    except ValueError as error:
        raise ConfigError(str(error), help="write for example 60s or 2min") from None


def find_root(folder: Path) -> Path:
    """The nearest folder at or above ``folder`` that holds platformdb.toml, else ``folder`` itself."""
    for candidate in (folder, *folder.parents):
        if (candidate / CONFIG_FILE).is_file():
            return candidate
    return folder


def _from_file(project: Path) -> dict[str, Any]:
    path = project / CONFIG_FILE
    if not path.exists() and not path.is_symlink():
        return {}
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}", place=Place(str(path))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}", place=Place(str(path))) from None
    if "project" in values:
        raise ConfigError(f"{path.name} cannot say where the project is", help="remove the key 'project'")
    if isinstance(values.get("binaries"), str):
        values["binaries"] = project / values["binaries"]
    if isinstance(named := values.get("migrations"), str | list):
        listed = [named] if isinstance(named, str) else named
        values["migrations"] = [project / each if isinstance(each, str) else each for each in listed]
    return values


def _refuse_two_databases(flags: Mapping[str, Any]) -> None:
    if "url" in flags and flags.get("provider", "url") != "url":
        raise ConfigError(
            f"--url names a database, --provider {flags['provider']} makes one", help="give one of the two"
        )


def _with_url_provider(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Who names a database by its URL says that it is already there, whatever provider a weaker layer wants."""
    return {"provider": "url", **layer} if "url" in layer else dict(layer)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {
        key: next((environment[name] for name in names if environment.get(name)), None)
        for key, names in ENVIRONMENT.items()
    }
    return {key: value for key, value in found.items() if value is not None}


def _problems(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if key not in CHECKS:
            known = (each.name for each in fields(Config) if each.name != "project")
            yield f"unknown key '{key}' (known: {', '.join(known)})"
            continue
        try:
            CHECKS[key](value)
        except ValueError as error:
            yield f"{key}: {error}"


def _unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """A misspelt variable would be ignored in silence, and another database migrated."""
    known = [name for names in ENVIRONMENT.values() for name in names if name.startswith("PLATFORMDB_")]
    for name, value in environment.items():
        if name.startswith("PLATFORMDB_") and value and name not in known and not OTHER_VARIABLES.fullmatch(name):
            yield f"unknown environment variable {name} (known: {', '.join(known)}, {PREFIX}NAME, PLATFORMDB_DEBUG)"


def _refuse(problems: Iterable[str], project: Path) -> None:
    if found := "; ".join(problems):
        raise ConfigError(
            found, help=f"correct the flag, the environment variable or the key in {project / CONFIG_FILE}"
        )


def _with_provider(config: Config, environment: Mapping[str, str]) -> Config:
    """Decides where the database comes from when nobody said so; leaves it open when nothing speaks for one."""
    if config.provider is not None:
        return config
    if config.url is not None or any(environment.get(name) for name in LIBPQ_TARGET):
        return config.but(provider="url")
    if (config.state_folder / "server.json").is_file():
        return config.but(provider="embedded")
    return config
