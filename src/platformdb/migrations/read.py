"""Reads a platform's migration files, before any connection; every problem is collected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from platformdb.errors import Place, PlatformdbError, Refused
from platformdb.migrations.model import Identity, Kind, Migration, Segment, Sources, identify, version_key
from platformdb.project import Platform
from platformdb.report.model import Finding
from platformdb.sqltext.directives import read_directives
from platformdb.sqltext.source import Source, read_source
from platformdb.sqltext.statements import (
    SqlStatement,
    controls_transaction,
    copies_to_client,
    refuses_transaction,
    sets_session,
    split,
)

VERSIONED_NAME = re.compile(r"(?P<version>\d+(?:[._]\d+)*)_(?P<name>[A-Za-z0-9][\w-]*)\.sql")
UNDO_SUFFIX = ".undo.sql"
# Present state, in the order in which its parts can refer to each other.
REPEATABLE_FOLDERS = ("functions", "views", "triggers")
# With those that other commands read.
SQL_FOLDERS = (*REPEATABLE_FOLDERS, "indexes", "queries")
DIRECTIVES = ("transaction",)


def read_sources(platform: Platform) -> Sources:
    """All migrations of a platform, versioned ones by version, then repeatable ones; what is wrong as findings."""
    found: list[Migration] = []
    findings: list[Finding] = []
    unread: set[Identity] = set()
    for path, kind in _files(platform):
        try:
            found.append(read_migration(path, platform.shown(path), kind))
        except PlatformdbError as error:
            findings.append(as_finding(error, platform.shown(path)))
            unread.add(_identity(path, platform.shown(path), kind))
    versioned = sorted((m for m in found if m.kind is Kind.VERSIONED), key=lambda m: m.key)
    repeatable = [m for m in found if m.kind is Kind.REPEATABLE]
    findings += [*_repeated(versioned), *_unmatched(platform), *_nothing(platform, found, findings)]
    return Sources(platform.name, (*versioned, *repeatable), tuple(findings), frozenset(unread))


def _identity(path: Path, name: str, kind: Kind) -> Identity:
    match = VERSIONED_NAME.fullmatch(path.name)
    return identify(kind, match["version"] if match else "", name)


def as_finding(error: PlatformdbError, subject: str) -> Finding:
    """An error about one file, as one finding among others."""
    return Finding(error.rule, error.message, subject, place=error.place, help=error.help, detail=error.detail)


def read_migration(path: Path, name: str, kind: Kind) -> Migration:
    """Reads and splits one file.

    Raises:
        Refused: the name, the text or the SQL is wrong; with the place.
    """
    version, title = "", name
    if kind is Kind.VERSIONED:
        version, title = _version_and_name(path, name)
    source = read_source(path, name)
    return Migration(kind, version, title, source, segment(source))


def segment(source: Source) -> tuple[Segment, ...]:
    """Cuts a file into runs of transactional statements and solo statements, in order.

    A file without statements has one empty segment: it is legal, and recorded.

    Raises:
        Refused: a syntax error, a BEGIN or COMMIT of the file's own, COPY … FROM STDIN, an unknown directive.
    """
    statements = split(source)
    _no_directives_below(source, statements[-1].end if statements else 0)
    marked = [(statement, _is_solo(statement)) for statement in statements]
    groups: list[list[SqlStatement]] = []
    for solo, run in groupby(marked, key=lambda pair: pair[1]):
        members = [statement for statement, _ in run]
        groups += [[member] for member in members] if solo else [members]
    if not groups:
        return (Segment(source.text, source.place(0), solo=False),)
    solos = {id(statement) for statement, solo in marked if solo}
    return tuple(_segment(source, group, solo=id(group[0]) in solos) for group in groups)


def _no_directives_below(source: Source, offset: int) -> None:
    """A directive below the last statement would be read by nobody."""
    if read_directives(source, offset, len(source.text), known=DIRECTIVES):
        raise Refused(
            "a directive with no statement below it",
            place=source.place(source.text.index("platformdb:", offset)),
            help="put it above the statement it is about",
        )


def _segment(source: Source, statements: list[SqlStatement], *, solo: bool) -> Segment:
    start, end = statements[0].start, statements[-1].end
    settings = tuple(statement.sql for statement in statements if sets_session(statement))
    return Segment(source.text[start:end], source.place(start), solo, settings)


def _is_solo(statement: SqlStatement) -> bool:
    source = statement.source
    if controls_transaction(statement):
        raise Refused(
            f"{source.name} controls its transaction itself",
            place=source.place(statement.start),
            help="remove BEGIN and COMMIT: each file runs in one transaction; statements that refuse one run alone",
        )
    if copies_to_client(statement):
        raise Refused(
            f"{source.name} copies from or to the client, which a migration has none of",
            place=source.place(statement.start),
            help="write the rows as INSERT, or COPY from a file of the server",
        )
    directives = read_directives(source, statement.comments_from, statement.start, known=DIRECTIVES)
    if directives.get("transaction", "off") != "off":
        raise Refused(
            "transaction= knows only 'off'",
            place=source.place(statement.start),
            help="write transaction=off or nothing",
        )
    return "transaction" in directives or refuses_transaction(statement)


def _version_and_name(path: Path, name: str) -> tuple[str, str]:
    match = VERSIONED_NAME.fullmatch(path.name)
    if match is None:
        raise Refused(
            f"{name} is not named like a migration",
            place=Place(name),
            help="name it NNN_name.sql, or NNN_name.undo.sql",
        )
    return match["version"], match["name"]


def _files(platform: Platform) -> Iterator[tuple[Path, Kind]]:
    if platform.phases.is_dir():
        for path in sorted(platform.phases.iterdir()):
            if not path.name.startswith(".") and not path.name.endswith(UNDO_SUFFIX):
                yield path, Kind.VERSIONED
    for folder in REPEATABLE_FOLDERS:
        if (platform.sql / folder).is_dir():
            yield from ((path, Kind.REPEATABLE) for path in sorted((platform.sql / folder).rglob("*.sql")))


def _unmatched(platform: Platform) -> Iterator[Finding]:
    """SQL files that no command would ever read: a misspelt folder must not look like applied work."""
    for path in sorted(platform.sql.rglob("*.sql")):
        if path.relative_to(platform.sql).parts[0] not in SQL_FOLDERS:
            name = platform.shown(path)
            yield Finding(
                "file-unmatched",
                f"{name} belongs to no command",
                name,
                place=Place(name),
                help=f"move it to one of these folders of {platform.shown(platform.sql)}/: {', '.join(SQL_FOLDERS)}",
            )


def _repeated(versioned: Iterable[Migration]) -> Iterator[Finding]:
    for _, same in groupby(versioned, key=lambda migration: version_key(migration.version)):
        first, *others = same
        for other in others:
            yield Finding(
                "version-duplicated",
                f"{other.source.name} has the version of {first.source.name}",
                other.source.name,
                place=Place(other.source.name),
                help="give one of the two the next free number",
            )


def _nothing(platform: Platform, found: list[Migration], findings: list[Finding]) -> Iterator[Finding]:
    if not found and not findings:
        yield Finding(
            "no-migrations",
            f"no migration files in {platform.phases}",
            platform.name,
            help="name a folder that holds some",
        )
