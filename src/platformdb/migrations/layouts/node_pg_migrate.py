"""node-pg-migrate: NUMBER_name.sql with ``-- Up Migration`` and ``-- Down Migration``, or .up.sql beside .down.sql.

Files in JavaScript and TypeScript may stand between them. The order is that of the numbers, of which those with 17
digits are dates; equal ones go by name. Source: node-pg-migrate's src/migration.ts, sqlMigration.ts, migrationLoader.ts
and utils/comparators.ts, of 9.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdb.errors import ConfigError, Place, Refused
from platformdb.migrations.layouts.marks import Border, between
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.layouts.sequence import in_sequence
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading, Section, Side
from platformdb.project import Foreign
from platformdb.report.model import Finding
from platformdb.sqltext.source import Source

LANGUAGES = {
    "js": "JavaScript",
    "cjs": "JavaScript",
    "mjs": "JavaScript",
    "ts": "TypeScript",
    "cts": "TypeScript",
    "mts": "TypeScript",
}
FILE = re.compile(
    r"(?P<number>[0-9]+)[_-]*(?P<name>[^/]*?)(?:(?P<way>\.up|\.down)?\.sql|(?<!\.d)\.(?P<language>[cm]?[jt]s))"
)
UP, DOWN = (
    re.compile(rf"^\s*--[\s-]*{way}\s+migration[^\n]*\n?", re.IGNORECASE | re.MULTILINE) for way in ("up", "down")
)
# What `node-pg-migrate create` writes; others may say something like it in a comment.
TEMPLATE = re.compile(r"^-- (?:up|down) migration[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
TIMED = re.compile(r"(?:[0-9]{13}|[0-9]{17})_[^/]+\.[cm]?[jt]s")
UTC_DIGITS = 17
CONFIG = "config/default.json"
TABLE = "pgmigrations"


def recorded_name(file: str) -> str:
    """What ``pgmigrations.name`` holds of a file: its name without its ending."""
    return re.sub(r"(?:\.up|\.down)?\.sql$|\.[^.]*$", "", file.rpartition("/")[2])


def _recognise(folder: Folder) -> Sign | None:
    if found := folder.with_sign(TEMPLATE):
        return Sign(Strength.SURE, f"'-- Up Migration' or '-- Down Migration' in {found}")
    if found := next(filter(TIMED.fullmatch, folder.names), None):
        return Sign(Strength.SHAPED, f"steps such as {found}")
    return None


def _find(folders: Sequence[Folder], settings: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    ignored = _pattern(settings.options.get("ignore-pattern", ""))
    files = [
        (folder, match)
        for folder in folders
        for name in folder.names
        if not ignored.fullmatch(name) and (match := FILE.fullmatch(name))
    ]
    numbers = {recorded_name(match[0]): match["number"] for _, match in files}
    ordered = sorted(numbers, key=lambda name: (_value(numbers[name]), _collated(name)))
    versions = dict(in_sequence(((name, numbers[name]) for name in ordered), "node-pg-migrate", findings))
    for folder, match in files:
        yield from _candidates(folder, match, versions[recorded_name(match[0])])


def _candidates(folder: Folder, match: re.Match[str], version: str) -> Iterator[Candidate]:
    file, name, way = match[0], match["name"] or match[0], match["way"]
    if match["language"]:
        yield folder.candidate(file, Kind.VERSIONED, version, name, language=LANGUAGES[match["language"]])
    elif way:
        yield folder.candidate(file, Kind.UNDO if way == ".down" else Kind.VERSIONED, version, name, PAIRED)
    else:
        yield folder.candidate(file, Kind.VERSIONED, version, name, READING)
        if folder.has(file, DOWN):
            yield folder.candidate(file, Kind.UNDO, version, name, READING)


def _value(number: str) -> int:
    """What a number is worth beside others: a date with 17 digits its milliseconds since 1970."""
    if len(number) != UTC_DIGITS:
        return int(number)
    try:
        date = datetime.strptime(number[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return int(number)
    return int(date.timestamp()) * 1000 + int(number[14:])


def _collated(name: str) -> tuple[list[tuple[int, str]], str]:
    """As names sort for people: without punctuation, numbers in them as numbers, case last."""
    parts = re.findall(r"[0-9]+|[^\W\d_]+", name.casefold())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts], name.swapcase()


def _settings(foreign: Foreign) -> Settings:
    """What config/default.json says under ``db``; of what it says, no more than where files and history are.

    Raises:
        ConfigError: it is no JSON.
    """
    found = _configured(foreign.project / CONFIG)
    options = {
        key: value for key in ("ignore-pattern", "migrations-schema") if isinstance(value := found.get(key), str)
    }
    folder = foreign.project / str(found.get("migrations-dir", "migrations"))
    return Settings({}, (folder,) if folder.is_dir() else (), str(found.get("migrations-table", TABLE)), options)


def _configured(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        message = f"cannot read {path.name}: {error}"
        raise ConfigError(message, place=Place(str(path)), help="make it valid JSON") from None
    section = found.get("db") if isinstance(found, dict) else None
    return section if isinstance(section, dict) else {}


def _pattern(ignored: str) -> re.Pattern[str]:
    """The pattern of files to ignore, as it stands in the configuration.

    Raises:
        ConfigError: Python cannot read it.
    """
    try:
        return re.compile(ignored or r"\..*")
    except re.error as error:
        raise ConfigError(f"ignore-pattern {ignored}: {error}", help="write a regular expression") from None


def _cut(source: Source) -> tuple[Section, ...]:
    """What stands below each mark; without marks all of it runs.

    Raises:
        Refused: SQL above the first mark, which node-pg-migrate leaves out; or a way back alone, which it runs forth.
    """
    up, down = UP.search(source.text), DOWN.search(source.text)
    if up is None and down is None:
        return whole(source)
    if up is None:
        raise Refused(
            "a way back and no '-- Up Migration' above: node-pg-migrate would run the whole file forth",
            place=source.place(down.end() - 1) if down else None,
            help="write the line '-- Up Migration' above what is to run",
        )
    found = [(up, Side.UP), *([(down, Side.DOWN)] if down else [])]
    borders = sorted(Border(match.start(), match.end(), side) for match, side in found)
    return between(source, borders, "-- Up Migration")


READING, PAIRED = Reading("node-pg-migrate", _cut), Reading("node-pg-migrate", whole)
NODE_PG_MIGRATE = Layout("node-pg-migrate", "node-pg-migrate", _recognise, _find, _settings)
