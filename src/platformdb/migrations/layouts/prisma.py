"""Prisma Migrate: a folder for each migration, with migration.sql in it, and migration_lock.toml beside them.

It runs folders in the order of their names, byte by byte, and has no way back; ``down.sql``, which its manual has made
with ``prisma migrate diff``, is one here. Source: Prisma's manual, "Migration histories", "Generating down migrations".
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.layouts.sequence import in_sequence, refusal
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading
from platformdb.report.model import Finding

FILE = re.compile(r"(?P<top>(?:migrations/)?)(?P<folder>[^/]+)/(?P<file>migration|down)\.sql")
FOLDER = re.compile(r"(?P<number>[0-9]+)[_-]*(?P<name>.*)")
LOCK = re.compile(r"(?:migrations/)?migration_lock\.toml")
# A date, of which the hours are left out, sorts among those that have them.
DATE = re.compile(r"(?:19|20)[0-9]{6,11}")
DATE_DIGITS = 14
PROVIDERS = ("postgresql", "postgres", "cockroachdb")


def checksums(data: bytes) -> frozenset[str]:
    """What ``_prisma_migrations.checksum`` may hold of a file: SHA-256, in hexadecimal, whatever ends its lines."""
    unix = data.replace(b"\r\n", b"\n")
    return frozenset(hashlib.sha256(each).hexdigest() for each in (data, unix, unix.replace(b"\n", b"\r\n")))


def _recognise(folder: Folder) -> Sign | None:
    if not any(match["file"] == "migration" for match in map(FILE.fullmatch, folder.names) if match):
        return None
    if lock := _lock(folder):
        return Sign(Strength.SURE, lock)
    found = next(name for name in folder.names if name.endswith("/migration.sql"))
    return Sign(Strength.SHAPED, f"folders such as {found}")


def _find(folders: Sequence[Folder], _: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    files: dict[str, tuple[Folder, re.Match[str]]] = {}
    for folder in folders:
        findings += _foreign_provider(folder)
        for match in filter(None, map(FILE.fullmatch, folder.names)):
            files[folder.shown_name(match[0])] = folder, match
    named = {match["folder"]: FOLDER.fullmatch(match["folder"]) for _, match in files.values()}
    findings += [_numberless(name) for name, match in named.items() if match is None]
    numbered = [(name, _number(match["number"])) for name, match in sorted(named.items()) if match]
    versions = dict(in_sequence(numbered, "Prisma", findings))
    for folder, match in files.values():
        if found := named[match["folder"]]:
            kind = Kind.VERSIONED if match["file"] == "migration" else Kind.UNDO
            name = found["name"] or match["folder"]
            yield folder.candidate(match[0], kind, versions[match["folder"]], name, READING)
        # one without a number is a finding above


def _number(digits: str) -> str:
    return digits.ljust(DATE_DIGITS, "0") if DATE.fullmatch(digits) else digits


def _lock(folder: Folder) -> str | None:
    return next(filter(LOCK.fullmatch, folder.names), None)


def _foreign_provider(folder: Folder) -> Iterator[Finding]:
    """Another database's SQL must not run, whatever else it looks like."""
    lock = _lock(folder)
    if lock is None:
        return
    shown = folder.shown_name(lock)
    provider = _provider(folder.path / lock)
    if provider is None:
        yield refusal("refused", f"{shown} does not say provider = …", shown, "let Prisma write it anew")
    elif provider not in PROVIDERS:
        message = f"{shown} says that these migrations are for {provider}"
        yield refusal("refused", message, shown, 'platformdb runs those for PostgreSQL: provider = "postgresql"')


def _provider(path: Path) -> str | None:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("provider")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    return found if isinstance(found, str) else None


def _numberless(name: str) -> Finding:
    help_text = "rename it to NUMBER_name, and the same in _prisma_migrations.migration_name where it was applied"
    return refusal("order-differs", f"the folder {name} has no number in front to order it by", name, help_text)


READING = Reading("prisma", whole)
PRISMA = Layout(
    "prisma",
    "Prisma",
    _recognise,
    _find,
    beside=re.compile(r"(?:migrations/)?migration_lock\.toml|(?:.*/)?[^/]+\.prisma|.*/README\.md", re.IGNORECASE),
)
