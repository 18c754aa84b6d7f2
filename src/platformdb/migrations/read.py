"""Finds a platform's files: their names and the checksums of their bytes, before any connection.

What they say is read by ``load``, and only where it matters: thousands of applied files cost their bytes, no parser.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple

from platformdb.errors import Place, PlatformdbError, Refused
from platformdb.migrations.model import VERSION, Files, Identity, Kind, MigrationFile, identify, version_key
from platformdb.project import Platform
from platformdb.report.model import Finding
from platformdb.sqltext.source import read_source

VERSIONED_NAME = re.compile(rf"(?P<version>{VERSION})_(?P<name>[A-Za-z0-9][\w-]*)(?P<undo>\.undo)?\.sql")
CALLBACK_NAME = re.compile(r"(?P<event>[A-Za-z]+)(?:__[\w-]+)?\.sql")
EVENTS = (
    "beforeMigrate",
    "beforeEachMigrate",
    "afterEachMigrate",
    "afterEachMigrateError",
    "afterMigrate",
    "afterMigrateError",
    "beforeDown",
    "beforeEachDown",
    "afterEachDown",
    "afterEachDownError",
    "afterDown",
    "afterDownError",
)
# Present state, in the order in which its parts can refer to each other.
REPEATABLE_FOLDERS = ("functions", "views", "triggers")
CALLBACK_FOLDER = "callbacks"
# With those that other commands read.
SQL_FOLDERS = (*REPEATABLE_FOLDERS, CALLBACK_FOLDER, "indexes", "queries")
PIECE = 1 << 16
# psql's commands for it, wherever they stand: a file that is read once too often does no harm. A piece may end in one.
INCLUDES = re.compile(rb"\\(?:i|ir|include|include_relative)[ \t]")
INCLUDE_BYTES = 64


class Candidate(NamedTuple):
    """A file of which only the name is known; with its checksum it is a MigrationFile."""

    kind: Kind
    version: str
    name: str
    path: str
    shown: str


def list_files(platform: Platform) -> Files:
    """All migration files of a platform, its undo files and callbacks; what is wrong with them as findings.

    Versioned files come by version, repeatable ones by folder and name. Names that begin with a dot are passed over.
    """
    found: dict[Kind, list[MigrationFile]] = {kind: [] for kind in Kind}
    findings: list[Finding] = []
    unread: set[Identity] = set()
    for candidate in _candidates(platform, findings):
        try:
            file = MigrationFile(*candidate, *_checksum(candidate.path, candidate.shown))
        except Refused as error:
            findings.append(as_finding(error, candidate.shown))
            unread.add(identify(candidate.kind, candidate.version, candidate.name))
        else:
            found[file.kind].append(file)
    versioned, undo = (_by_version(found[kind], findings) for kind in (Kind.VERSIONED, Kind.UNDO))
    findings += _undoing_nothing(undo, versioned, unread)
    migrations = (*versioned.values(), *found[Kind.REPEATABLE])
    if not migrations and not findings:
        findings.append(_nothing(platform))
    events = _by_event(found[Kind.CALLBACK])
    return Files(platform.name, migrations, undo, tuple(findings), frozenset(unread), events)


def as_finding(error: PlatformdbError, subject: str) -> Finding:
    """An error about one file, as one finding among others."""
    return Finding(error.rule, error.message, subject, place=error.place, help=error.help, detail=error.detail)


def _checksum(path: str, shown: str) -> tuple[str, bool]:
    """SHA-256 of a file's bytes, in hexadecimal, read in pieces, for it may be larger than memory; does it include any?

    Raises:
        Refused: it cannot be read, or has a name that cannot be printed.
    """
    with suppress(OSError, UnicodeError):
        shown.encode()
        # Asked before it is opened: opening a pipe would wait for somebody to write into it.
        if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - see MigrationFile.path
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                found, includes, tail = hashlib.sha256(), False, b"\n"
                while piece := file.read(PIECE):
                    found.update(piece)
                    includes = includes or INCLUDES.search(tail + piece) is not None
                    tail = piece[-INCLUDE_BYTES:]
                return found.hexdigest(), includes
    read_source(Path(path), shown)  # says what is wrong
    raise Refused(f"{shown} could not be read a moment ago", place=Place(shown), help="run the command again")


def _candidates(platform: Platform, findings: list[Finding]) -> Iterator[Candidate]:
    """The files whose names are right, in order; what is wrong with the others is added to ``findings``."""
    top = platform.shown(platform.sql)
    yield from _phases(platform, findings)
    for folder in REPEATABLE_FOLDERS:
        for path, shown in _sql_files(platform.sql / folder, f"{top}/{folder}", findings):
            yield Candidate(Kind.REPEATABLE, "", shown, str(path), shown)
    yield from _callbacks(platform.sql / CALLBACK_FOLDER, f"{top}/{CALLBACK_FOLDER}", findings)
    # A misspelt folder must not look like applied work.
    for _, shown in _sql_files(platform.sql, top, findings, but=SQL_FOLDERS):
        help_text = f"move it to one of these folders of {top}/: {', '.join(SQL_FOLDERS)}"
        findings.append(_unmatched(shown, "belongs to no command", help_text))


def _phases(platform: Platform, findings: list[Finding]) -> Iterator[Candidate]:
    top = platform.shown(platform.phases)
    for entry in _entries(platform.phases, top, findings):
        shown = entry.name if top == "." else f"{top}/{entry.name}"
        if match := VERSIONED_NAME.fullmatch(entry.name):
            kind = Kind.UNDO if match["undo"] else Kind.VERSIONED
            yield Candidate(kind, match["version"], match["name"], entry.path, shown)
        elif _is_folder(entry):
            help_text = f"move its files to {top}/, or all others into a folder there too: one for each platform"
            findings.append(_unmatched(f"{shown}/", "belongs to no command", help_text))
        else:
            findings.append(
                _unmatched(shown, "is not named like a migration", "name it NNN_name.sql, or NNN_name.undo.sql")
            )


def _callbacks(folder: Path, top: str, findings: list[Finding]) -> Iterator[Candidate]:
    for path, shown in _sql_files(folder, top, findings):
        match = CALLBACK_NAME.fullmatch(shown.removeprefix(f"{top}/"))
        if match and match["event"] in EVENTS:
            yield Candidate(Kind.CALLBACK, "", shown, str(path), shown)
        else:
            help_text = f"name it EVENT.sql or EVENT__name.sql; the events are {', '.join(EVENTS)}"
            findings.append(_unmatched(shown, "is not named like a callback", help_text))


def _sql_files(
    folder: Path,
    shown: str,
    findings: list[Finding],
    *,
    but: Collection[str] = (),
    above: tuple[str, ...] = (),
) -> Iterator[tuple[Path, str]]:
    """The SQL files in a folder and those below it, in order; links to folders are followed, but never round."""
    entries = _entries(folder, shown, findings)
    inside = (*above, os.path.realpath(folder))
    for entry in entries:
        path, name = folder / entry.name, f"{shown}/{entry.name}"
        if entry.name in but:
            continue
        if entry.name.endswith(".sql"):
            yield path, name
        elif _is_folder(entry):
            if os.path.realpath(path) in inside:
                findings.append(_unreadable(name, "it is a link to a folder above it"))
            else:
                yield from _sql_files(path, name, findings, above=inside)


def _entries(folder: Path, shown: str, findings: list[Finding]) -> list[os.DirEntry[str]]:
    """What is visible in a folder, by name; nothing where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if not entry.name.startswith(".")), key=attrgetter("name"))
    except FileNotFoundError:
        return []
    except OSError as error:
        findings.append(_unreadable(shown, str(error.strerror)))
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether to look inside; of a link that leads nowhere, looking says why."""
    try:
        return entry.is_dir()
    except OSError:
        return True


def _by_version(files: Iterable[MigrationFile], findings: list[Finding]) -> dict[tuple[int, ...], MigrationFile]:
    """Files by version, in order; of several with one version the first."""
    found: dict[tuple[int, ...], MigrationFile] = {}
    for key, file in sorted(((version_key(file.version), file) for file in files), key=itemgetter(0)):
        first = found.setdefault(key, file)
        if first is not file:
            message = f"{file.shown} has the version of {first.shown}"
            help_text = "give one of the two the next free number"
            findings.append(Finding("version-duplicated", message, file.shown, place=Place(file.shown), help=help_text))
    return found


def _undoing_nothing(
    undo: Mapping[tuple[int, ...], MigrationFile],
    versioned: Mapping[tuple[int, ...], MigrationFile],
    unread: Collection[Identity],
) -> Iterator[Finding]:
    """Undo files that nobody would find, or that may have been written for another migration."""
    for key, file in undo.items():
        migration = versioned.get(key)
        if migration is None and (Kind.VERSIONED, key) not in unread:
            yield _unmatched(
                file.shown, "undoes nothing", f"there is no version {file.version}: name it like its migration"
            )
        elif migration is not None and migration.name != file.name:
            yield _unmatched(
                file.shown,
                f"is not named like {migration.shown}",
                f"name it {migration.version}_{migration.name}.undo.sql",
            )


def _by_event(files: Iterable[MigrationFile]) -> Mapping[str, tuple[MigrationFile, ...]]:
    found: dict[str, list[MigrationFile]] = {}
    for file in files:
        event = re.split(r"__|\.", file.name.rpartition("/")[2])[0]
        found.setdefault(event, []).append(file)
    return {event: tuple(members) for event, members in found.items()}


def _unmatched(shown: str, what: str, help_text: str) -> Finding:
    shown = shown.encode(errors="replace").decode()  # what no terminal can print is no name to print
    return Finding("file-unmatched", f"{shown} {what}", shown, place=Place(shown), help=help_text)


def _unreadable(shown: str, why: str) -> Finding:
    help_text = "make it a readable folder"
    return Finding("refused", f"cannot read {shown}: {why}", shown, place=Place(shown), help=help_text)


def _nothing(platform: Platform) -> Finding:
    message = f"no migration files in {platform.phases}"
    return Finding("no-migrations", message, platform.name, help="name a folder that holds some")
