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
from operator import itemgetter
from pathlib import Path

from platformdb.errors import Place, PlatformdbError, Refused
from platformdb.migrations.layouts.native import find_native, find_present, unmatched
from platformdb.migrations.model import Candidate, Files, Identity, Kind, MigrationFile, identify, version_key
from platformdb.project import Platform
from platformdb.report.model import Finding, Severity
from platformdb.sqltext.source import read_source

PIECE = 1 << 16
# psql's commands for it, wherever they stand: a file that is read once too often does no harm. A piece may end in one.
INCLUDES = re.compile(rb"\\(?:i|ir|include|include_relative)[ \t]")
INCLUDE_BYTES = 64


def list_files(platform: Platform) -> Files:
    """All migration files of a platform, its undo files and callbacks; what is wrong with them as findings.

    Raises:
        ConfigError: nobody can tell whose files these are, or they are those of two tools.
    """
    found: dict[Kind, list[MigrationFile]] = {kind: [] for kind in Kind}
    findings: list[Finding] = []
    unread: set[Identity] = set()
    for file in each_file(platform, findings, unread):
        found[file.kind].append(file)
    versioned, undo = (_by_version(found[kind], findings) for kind in (Kind.VERSIONED, Kind.UNDO))
    findings += _undoing_nothing(undo, versioned, unread)
    migrations = (*versioned.values(), *found[Kind.REPEATABLE])
    baselines = tuple(_by_version(found[Kind.BASELINE], findings).values())
    if not migrations and not baselines and not any(finding.severity is Severity.ERROR for finding in findings):
        findings.append(_nothing(platform))
    events = _by_event(found[Kind.CALLBACK])
    return Files(platform.name, migrations, undo, tuple(findings), frozenset(unread), events, baselines)


def each_file(platform: Platform, findings: list[Finding], unread: set[Identity]) -> Iterator[MigrationFile]:
    """Every migration file, in no order, also where two have one version; what is wrong is added to the others.

    Raises:
        ConfigError: see :func:`list_files`.
    """
    sums: dict[str, tuple[str, bool]] = {}  # a file of another tool may hold two: there and back
    for candidate in _candidates(platform, findings):
        try:
            raw, includes = sums.get(candidate.path) or _checksum(candidate.path, candidate.shown)
        except Refused as error:
            findings.append(as_finding(error, candidate.shown))
            unread.add(identify(candidate.kind, candidate.version, candidate.name))
        else:
            sums[candidate.path] = raw, includes
            yield MigrationFile(*candidate[:5], raw, includes, *candidate[5:])


def _candidates(platform: Platform, findings: list[Finding]) -> Iterator[Candidate]:
    if platform.foreign is None:
        yield from find_native(platform, findings)
    else:
        from platformdb.migrations.layouts.listing import find_foreign  # a dozen tools that native projects need not

        yield from find_foreign(platform, platform.foreign, findings)
        yield from find_present(platform, findings)


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
            yield unmatched(
                file.shown, "undoes nothing", f"there is no version {file.version}: name it like its migration"
            )
        elif migration is not None and migration.name != file.name and file.reading is None:
            yield unmatched(
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


def _nothing(platform: Platform) -> Finding:
    message = f"no migration files in {platform.phases}"
    return Finding("no-migrations", message, platform.name, help="name a folder that holds some")
