"""platformdb's own layout: ``phases/NNN_name.sql`` beside ``sql/``."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from operator import attrgetter
from pathlib import Path

from platformdb.errors import Place
from platformdb.migrations.model import VERSION, Candidate, Kind
from platformdb.project import Platform
from platformdb.report.model import Finding

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


def find_native(platform: Platform, findings: list[Finding]) -> Iterator[Candidate]:
    """The files whose names are right, in order; what is wrong with the others is added to ``findings``.

    Versioned files come by name, repeatable ones by folder and name. Names that begin with a dot are passed over.
    """
    yield from _phases(platform, findings)
    yield from find_present(platform, findings)


def find_present(platform: Platform, findings: list[Finding]) -> Iterator[Candidate]:
    """The files of ``sql/``: what is edited in place, and callbacks."""
    top = platform.shown(platform.sql)
    for folder in REPEATABLE_FOLDERS:
        for path, shown in _sql_files(platform.sql / folder, f"{top}/{folder}", findings):
            yield Candidate(Kind.REPEATABLE, "", shown, str(path), shown)
    yield from _callbacks(platform.sql / CALLBACK_FOLDER, f"{top}/{CALLBACK_FOLDER}", findings)
    # A misspelt folder must not look like applied work.
    for _, shown in _sql_files(platform.sql, top, findings, but=SQL_FOLDERS):
        help_text = f"move it to one of these folders of {top}/: {', '.join(SQL_FOLDERS)}"
        findings.append(unmatched(shown, "belongs to no command", help_text))


def _phases(platform: Platform, findings: list[Finding]) -> Iterator[Candidate]:
    top = platform.shown(platform.phases)
    for entry in _entries(platform.phases, top, findings):
        shown = entry.name if top == "." else f"{top}/{entry.name}"
        if match := VERSIONED_NAME.fullmatch(entry.name):
            kind = Kind.UNDO if match["undo"] else Kind.VERSIONED
            yield Candidate(kind, match["version"], match["name"], entry.path, shown)
        elif _is_folder(entry):
            help_text = f"move its files to {top}/, or all others into a folder there too: one for each platform"
            findings.append(unmatched(f"{shown}/", "belongs to no command", help_text))
        else:
            findings.append(
                unmatched(shown, "is not named like a migration", "name it NNN_name.sql, or NNN_name.undo.sql")
            )


def _callbacks(folder: Path, top: str, findings: list[Finding]) -> Iterator[Candidate]:
    for path, shown in _sql_files(folder, top, findings):
        match = CALLBACK_NAME.fullmatch(shown.removeprefix(f"{top}/"))
        if match and match["event"] in EVENTS:
            yield Candidate(Kind.CALLBACK, "", shown, str(path), shown)
        else:
            help_text = f"name it EVENT.sql or EVENT__name.sql; the events are {', '.join(EVENTS)}"
            findings.append(unmatched(shown, "is not named like a callback", help_text))


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


def unmatched(shown: str, what: str, help_text: str) -> Finding:
    """A file or folder that no command would read."""
    shown = shown.encode(errors="replace").decode()  # what no terminal can print is no name to print
    return Finding("file-unmatched", f"{shown} {what}", shown, place=Place(shown), help=help_text)


def _unreadable(shown: str, why: str) -> Finding:
    help_text = "make it a readable folder"
    return Finding("refused", f"cannot read {shown}: {why}", shown, place=Place(shown), help=help_text)
