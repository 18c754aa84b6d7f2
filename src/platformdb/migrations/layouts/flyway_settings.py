"""What Flyway's own configuration says: flyway.toml, or flyway.conf, in the project's folder.

Only the keys that matter here are kept; ``[environments]`` and flyway.url, which may hold a password, are not read.
Source: Flyway's reference, "Configuration", and ConfigUtils.java, which takes a backslash as what it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from platformdb.errors import ConfigError, Place
from platformdb.migrations.layouts.model import Settings
from platformdb.project import Foreign

TOML = ("flyway.toml", "flyway.user.toml")
CONF = ("conf/flyway.conf", "flyway.conf")
PLACEHOLDER = "placeholders."
# What is taken where nothing is said.
DEFAULTS: Mapping[str, str] = {
    "sqlMigrationPrefix": "V",
    "undoSqlMigrationPrefix": "U",
    "baselineMigrationPrefix": "B",
    "repeatableSqlMigrationPrefix": "R",
    "sqlMigrationSeparator": "__",
    "sqlMigrationSuffixes": ".sql",
    "placeholderPrefix": "${",
    "placeholderSuffix": "}",
    "placeholderSeparator": ":",
    "placeholderReplacement": "true",
    "executeInTransaction": "true",
    "encoding": "UTF-8",
    "table": "flyway_schema_history",
    "defaultSchema": "",
    "schemas": "",
}
# Where the classpath comes from in a project that Maven or Gradle builds: SQL, and steps in other languages.
RESOURCES = "src/main/resources"
SOURCES = tuple(f"src/main/{language}" for language in ("java", "kotlin", "groovy", "scala"))
PROPERTY = re.compile(r"\s*(?P<key>[^=:\s]+)\s*[=:\s]\s*(?P<value>.*?)\s*")
HELP = "name the folders with --migrations"


def read_settings(foreign: Foreign) -> Settings:
    """Placeholders, names of files, table and, where nobody names folders, the locations.

    Raises:
        ConfigError: a file cannot be read, or a location is none that can be found here.
    """
    given, read = _configuration(foreign.project)
    variables = {
        key.removeprefix(PLACEHOLDER): value
        for key, value in given.items()
        if key.startswith(PLACEHOLDER) and "${" not in value  # Flyway fills in environment variables: --var does here
    }
    options = {"file": read, **DEFAULTS, **{key: value for key, value in given.items() if key in DEFAULTS}}
    locations = () if foreign.locations else tuple(_locations(given.get("locations", ""), foreign.project, read))
    return Settings(variables, locations, options["table"], options)


def properties(text: str) -> dict[str, str]:
    """The keys and values of a .conf file; one that ends in a backslash goes on in the next line."""
    joined = re.sub(r"\\\r?\n[ \t]*", "", text)
    lines = (line for line in joined.splitlines() if line.strip() and line.lstrip()[0] not in "#!")
    return {match["key"]: match["value"] for match in map(PROPERTY.fullmatch, lines) if match}


def _configuration(project: Path) -> tuple[dict[str, str], str]:
    """What the files say, by keys without ``flyway.``, and the name of the one that counts; TOML hides the others."""
    found = [name for name in TOML if (project / name).is_file()]
    if found:
        layers = (_flat(_toml(project / name).get("flyway", {})) for name in found)
    else:
        found = [name for name in CONF if (project / name).is_file()]
        layers = (_without_prefix(properties(_text(project / name))) for name in found)
    return {key: value for layer in layers for key, value in layer.items()}, (found or [TOML[0]])[-1]


def _flat(table: Any, above: str = "") -> dict[str, str]:
    """A TOML table as a .conf file would have it."""
    flat: dict[str, str] = {}
    for key, value in table.items() if isinstance(table, Mapping) else ():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{key}.")
        elif isinstance(value, list):
            flat[above + key] = ",".join(map(str, value))
        else:
            flat[above + key] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat


def _without_prefix(found: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix("flyway."): value for key, value in found.items() if key.startswith("flyway.")}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}", place=Place(str(path))) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"cannot read {path.name}: {why}", place=Place(str(path)), help=HELP) from None


def _locations(said: str, project: Path, file: str) -> Iterator[Path]:
    for location in filter(None, map(str.strip, said.split(","))):
        kind, _, path = location.rpartition(":")
        found = list(_found(kind or "classpath", path, project))
        if not found:
            where = f"below {RESOURCES}" if kind in {"", "classpath"} else "here"
            raise ConfigError(f"{file} names the location {location}, and there is no such folder {where}", help=HELP)
        yield from found


def _found(kind: str, path: str, project: Path) -> Iterable[Path]:
    """The folders of one location, which may hold ``*``."""
    if kind not in {"filesystem", "classpath"}:
        return ()
    roots = (RESOURCES, *SOURCES) if kind == "classpath" else (".",)
    if Path(path).is_absolute() and kind == "filesystem":
        return [Path(path)] if Path(path).is_dir() else ()
    return [found for root in roots for found in sorted((project / root).glob(path.strip("/"))) if found.is_dir()]
