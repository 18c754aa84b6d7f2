"""sql-migrate: ``NUMBER_name.sql`` with ``-- +migrate Up`` and ``-- +migrate Down``, each as often as one likes.

It runs files by the number that their names begin with, and those of one number by name.

Source: sql-migrate's sqlparse/sqlparse.go (marks), migrate.go (names, and their order) and sql-migrate/config.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from platformdb.migrations.layouts.marks import Border, between, refused_mark
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sequence import in_sequence, refusal
from platformdb.migrations.layouts.variables import filled_where_declared
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading, Section, Side
from platformdb.project import Foreign
from platformdb.report.model import Finding
from platformdb.sqltext.source import Source

NAME = re.compile(r"(?P<number>\d*)(?P<name>[^/]*)\.sql")
SIGN = re.compile(r"^-- \+migrate (?:Up|Down)\b", re.MULTILINE)
# Wider than sql-migrate's own, which passes over a mark that is written otherwise.
MARK = re.compile(r"^[^\S\n]*--[^\S\n]*\+migrate[^\n]*\n?", re.MULTILINE | re.IGNORECASE)
PREFIX = "-- +migrate "
SIDES: Mapping[str, Side] = {"Up": Side.UP, "Down": Side.DOWN}
NO_TRANSACTION = "notransaction"
BEGIN, END = "StatementBegin", "StatementEnd"
TABLE = "gorp_migrations"
DEVELOPMENT = re.compile(r"^development:[^\S\n]*\n(?P<entries>(?:(?:[^\S\n]+[^\n]*|#[^\n]*)?\n)*)", re.MULTILINE)
ENTRY = re.compile(
    r"^[^\S\n]+(?P<key>dir|table|schema):[^\S\n]+(?P<quote>[\"']?)(?P<value>[^\s\"'#]+)(?P=quote)[^\S\n]*(?:#[^\n]*)?$",
    re.MULTILINE,
)


def cut(source: Source) -> tuple[Section, ...]:
    """The parts of a file. A statement between StatementBegin and StatementEnd ends there, without a semicolon.

    Raises:
        Refused: an unknown mark or option, or a statement that does not end; with the place.
    """
    return between(source, _borders(source), "-- +migrate Up")


def _borders(source: Source) -> Iterator[Border]:
    side, alone, begun = Side.MARK, False, None
    for match in MARK.finditer(source.text):
        command, options = _read(source, match)
        if command in SIDES:
            if begun:
                break
            side, alone = SIDES[command], NO_TRANSACTION in options
            yield Border(match.start(), match.end(), side, alone)
        elif command == BEGIN and side is not Side.MARK:
            begun = begun or match
        elif command == END and begun:
            begun = None
            yield Border(match.start(), match.end(), side, alone)
    if begun:
        raise refused_mark(source, begun, "begins a statement that nothing ends", f"write {PREFIX}{END} below it")


def _read(source: Source, match: re.Match[str]) -> tuple[str, Sequence[str]]:
    """A mark's command and its options.

    Raises:
        Refused: sql-migrate would not read it.
    """
    command, *options = match[0].split("+", 1)[1].split()[1:] or [""]
    if command not in {*SIDES, BEGIN, END} or not match[0].startswith(PREFIX):
        known = ", ".join(PREFIX + each for each in (*SIDES, BEGIN, END))
        raise refused_mark(source, match, "is no mark that sql-migrate knows", f"write one of: {known}")
    if command in SIDES and (others := set(options) - {NO_TRANSACTION}):
        what = f"has an unknown option, {min(others)}"
        raise refused_mark(source, match, what, f"sql-migrate knows only {NO_TRANSACTION}")
    return command, options


READING = Reading("sql-migrate", cut, filled_where_declared)


def _recognise(folder: Folder) -> Sign | None:
    found = folder.with_sign(SIGN)
    return Sign(Strength.SURE, f"'-- +migrate Up' in {found}") if found else None


def _find(folders: Sequence[Folder], _: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    found = {folder.shown_name(m[0]): (folder, m) for folder in folders for m in map(NAME.fullmatch, folder.names) if m}
    numbered = [(shown, number) for shown, (_, match) in found.items() if (number := _number(match))]
    numbered.sort(key=lambda each: _rank(found[each[0]][1]))
    versions = dict(in_sequence(numbered, "sql-migrate", findings))
    for shown, (folder, match) in found.items():
        if version := versions.get(shown):
            for kind in (Kind.VERSIONED, Kind.UNDO):
                yield folder.candidate(match[0], kind, version, match["name"].strip("._- ") or match[0], READING)
        else:
            message = f"{shown} has no number: sql-migrate runs it by its name, and platformdb by number"
            findings.append(refusal("order-differs", message, shown, "put the number of its turn in front of its name"))


def _number(match: re.Match[str]) -> str:
    """The digits in front, or, as sql-migrate goes by name where there are none, the first digits."""
    return match["number"] or "".join(re.findall(r"\d+", match["name"])[:1])


def _rank(match: re.Match[str]) -> tuple[bool, int, str]:
    """Less of sql-migrate: those with a number in front first, by number; then by name."""
    return not match["number"], int(match["number"] or 0), match[0]


def _settings(foreign: Foreign) -> Settings:
    """Folder and table of the environment ``development``, which is what sql-migrate takes where nobody names one.

    Only simple lines are read: the name with a colon, and indented below it keys with plain or quoted values. Where it
    stands otherwise, nothing is said, and people are asked for the folder.
    """
    path = foreign.project / "dbconfig.yml"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    found = DEVELOPMENT.search(f"{text}\n")
    if found is None:
        return Settings(table=TABLE)
    said = {match["key"]: match["value"] for match in ENTRY.finditer(found["entries"])}
    table = ".".join(filter(None, (said.get("schema"), said.get("table", TABLE))))
    return Settings(locations=(foreign.project / said.get("dir", "migrations"),), table=table)


SQL_MIGRATE = Layout("sql-migrate", "sql-migrate", _recognise, _find, _settings, re.compile(r"[^/]*\.go"))
