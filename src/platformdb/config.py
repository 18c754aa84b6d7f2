"""Flags, environment and platformdb.toml become one frozen Config; all doubts end here.

Precedence: a flag, then the environment, then platformdb.toml, then the default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from platformdb.errors import ConfigError, Place

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
}


class Config(BaseModel):
    """What a command was asked to do, validated.

    ``project`` is the folder that holds platformdb.toml, phases/ or .platformdb/. ``binaries`` is a folder with
    PostgreSQL programs that goes before all others. ``port`` opens the embedded server on 127.0.0.1 as well.
    ``wait_for_lock`` is in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: Path
    platform: str | None = None
    url: SecretStr | None = None
    provider: ProviderName | None = None
    image: str = "postgres:17"
    keep: bool = False
    binaries: Path | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    wait_for_lock: float = Field(default=60.0, ge=0)

    @property
    def state_folder(self) -> Path:
        """Where the embedded server of this project lives."""
        return self.project / STATE_FOLDER

    def for_local_work(self) -> Config:
        """The same, on a database of our own making: never the one that the environment or a file points at."""
        provider = self.provider if self.provider == "container" else "embedded"
        return self.but(provider=provider, url=None)

    def but(self, **changes: Any) -> Config:
        """The same with some settings replaced, validated again.

        Raises:
            ConfigError: a value is not allowed.
        """
        try:
            return Config.model_validate({**dict(self), **changes})
        except ValidationError as error:
            raise _explained(error, self.project) from None


def load(flags: Mapping[str, Any], environment: Mapping[str, str], folder: Path) -> Config:
    """Builds the Config of one command run in ``folder``.

    ``flags`` holds only what was given on the command line (None means not given).

    Raises:
        ConfigError: with every problem in one message.
    """
    given = {key: value for key, value in flags.items() if value is not None}
    project = Path(given.pop("project", None) or find_root(folder)).resolve()
    if not project.is_dir():
        raise ConfigError(f"the project folder {project} does not exist", help="name an existing folder with --project")
    _refuse_two_databases(given)
    layers = (_from_file(project), _from_environment(environment), given)
    values = {key: value for layer in layers for key, value in _with_url_provider(layer).items()}
    try:
        config = Config(project=project, **values)
    except ValidationError as error:
        raise _explained(error, project) from None
    config = _with_provider(config, environment)
    if config.provider != "container" and (useless := [name for name in ("image", "keep") if name in given]):
        raise ConfigError(
            f"--{useless[0]} is about a container, and none is asked for", help="add --provider container"
        )
    return config


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
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}", place=Place(str(path))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}", place=Place(str(path))) from None
    if "project" in values:
        raise ConfigError(f"{path.name} cannot say where the project is", help="remove the key 'project'")
    if isinstance(values.get("binaries"), str):
        values["binaries"] = project / values["binaries"]
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


def _explained(error: ValidationError, project: Path) -> ConfigError:
    problems = [_problem(item["type"], ".".join(map(str, item["loc"])), item["msg"]) for item in error.errors()]
    return ConfigError(
        "; ".join(problems),
        help=f"correct the flag, the environment variable or the key in {project / CONFIG_FILE}",
    )


def _problem(kind: str, key: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"unknown key '{key}' (known: {', '.join(name for name in Config.model_fields if name != 'project')})"
    return f"{key}: {message}"


def _with_provider(config: Config, environment: Mapping[str, str]) -> Config:
    """Decides where the database comes from when nobody said so; leaves it open when nothing speaks for one."""
    if config.provider is not None:
        return config
    if config.url is not None or any(environment.get(name) for name in LIBPQ_TARGET):
        return config.but(provider="url")
    if (config.state_folder / "server.json").is_file():
        return config.but(provider="embedded")
    return config
