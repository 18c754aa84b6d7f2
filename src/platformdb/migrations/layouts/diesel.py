"""Diesel: a folder ``NUMBER_name`` for each migration, with up.sql, down.sql and, for some, metadata.toml.

A version is what stands before the first ``_`` of a folder's name, without its dashes, be it digits or not; Diesel
compares versions as texts, so ``2019-02-26`` comes before ``20190226120000``. Here the digits in front are the version.

Source: Diesel's diesel_migrations/migrations_internals/src/lib.rs (names, metadata), src/file_based_migrations.rs and
src/migration_harness.rs (their order).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from platformdb.errors import ConfigError, Place
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.layouts.sequence import ascending, refusal
from platformdb.migrations.layouts.variables import filled_where_declared
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading
from platformdb.project import Foreign
from platformdb.report.model import Finding

NAME = re.compile(r"(?P<folder>(?P<number>[^_/]*)_?(?P<name>[^/]*))/(?P<side>up|down)\.sql")
NUMBER = re.compile(r"\d[\d-]*")  # words may follow, where there is no "_"
# A day, of which the time may be left out.
DAY_DIGITS, TIME_DIGITS = 8, 14
METADATA = "metadata.toml"
TABLE = "__diesel_schema_migrations"
READING = Reading("diesel", whole, filled_where_declared)


def version_of(number: str) -> str:
    """The version that stands for one of Diesel's, such that parts compared as numbers give the order of its texts.

    ``20190226`` becomes ``20190226000000``. What is longer than a day and a time has the rest behind a point, and one
    more, for ``-0000`` comes after nothing. Where words follow a day, nines do, for letters come after digits. ""
    stands for one without digits in front.
    """
    found = NUMBER.match(number)
    digits = found[0].replace("-", "") if found else ""
    if len(digits) < DAY_DIGITS:
        return digits
    last = "0" if found and found[0] == number else "9"
    day_and_time, rest = digits[:TIME_DIGITS].ljust(TIME_DIGITS, last), digits[TIME_DIGITS:]
    return f"{day_and_time}.{int(rest) + 1}" if rest else day_and_time


def _recognise(folder: Folder) -> Sign | None:
    matches = filter(None, map(NAME.fullmatch, folder.names))
    pairs = (match for match in matches if match["side"] == "up")  # others keep a down.sql beside theirs
    found = next((match["folder"] for match in pairs if NUMBER.match(match["number"])), None)
    return Sign(Strength.SURE, f"folders such as {found} with up.sql in them") if found else None


def _find(folders: Sequence[Folder], _: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    found = [(folder, match) for folder in folders for match in map(NAME.fullmatch, folder.names) if match]
    named = {folder.shown_name(match["folder"]): match["number"] for folder, match in found}
    findings += [_numberless(shown) for shown, number in named.items() if not version_of(number)]
    ordered = sorted(((number.replace("-", ""), shown) for shown, number in named.items() if version_of(number)))
    findings += ascending(((shown, version_of(number)) for number, shown in ordered), "Diesel")
    alone = {(folder.path, name) for folder in folders for name in _outside_transactions(folder, findings)}
    for folder, match in found:
        if version := version_of(match["number"]):  # else it is a finding above
            kind = Kind.VERSIONED if match["side"] == "up" else Kind.UNDO
            name, outside = match["name"] or match["folder"], (folder.path, match["folder"]) in alone
            yield folder.candidate(match[0], kind, version, name, READING, alone=outside)


def _numberless(shown: str) -> Finding:
    message = f"{shown} has no number in front: Diesel runs it by its letters, and platformdb by number"
    return refusal("order-differs", message, shown, "put the number of its turn in front of its name, and a '_'")


def _outside_transactions(folder: Folder, findings: list[Finding]) -> Iterator[str]:
    """The migrations whose metadata.toml takes them out; one that does not say so either way takes them out as well."""
    for name in folder.names:
        migration, _, file = name.rpartition("/")
        if file == METADATA:
            try:
                if _read(folder.path / name).get("run_in_transaction") is not True:
                    yield migration
            except ConfigError as error:
                findings.append(refusal("refused", error.message, folder.shown_name(name), error.help))


def _read(path: Path) -> dict[str, Any]:
    """A file in TOML.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path.name}: {error}", place=Place(str(path)), help="correct it") from None


def _settings(foreign: Foreign) -> Settings:
    """Folder of ``[migrations_directory]`` in diesel.toml; ``migrations`` where it says nothing.

    Raises:
        ConfigError: it cannot be read.
    """
    path = foreign.project / "diesel.toml"
    said = _read(path).get("migrations_directory", {}) if path.is_file() else {}
    return Settings(locations=(foreign.project / str(said.get("dir", "migrations")),), table=TABLE)


DIESEL = Layout("diesel", "Diesel", _recognise, _find, _settings, re.compile(r"[^/]+/metadata\.toml"))
