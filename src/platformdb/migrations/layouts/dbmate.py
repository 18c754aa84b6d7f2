"""dbmate: ``NUMBER_name.sql`` with ``-- migrate:up`` and ``-- migrate:down``, in one or several folders.

Source: dbmate's pkg/dbmate/migration.go (marks and their options) and db.go (names, and their order).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from platformdb.migrations.layouts.marks import Border, between, refused_mark
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sequence import ascending
from platformdb.migrations.layouts.variables import filled_where_declared
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading, Section, Side
from platformdb.project import Foreign
from platformdb.report.model import Finding
from platformdb.sqltext.source import Source

NAME = re.compile(r"(?P<version>\d+)(?P<name>[^/]*)\.sql")
SIGN = re.compile(r"^--\s*migrate:(?:up|down)\b", re.MULTILINE)
# Wider than dbmate's own, for which a mark that is written otherwise is a comment: what it begins would run as a part
# of what stands above it.
MARK = re.compile(r"^[^\S\n]*--[^\S\n]*migrate:(?:\S|[^\S\n]+(?:up|down)\b)[^\n]*\n?", re.MULTILINE | re.IGNORECASE)
WELL_WRITTEN = re.compile(r"--[^\S\n]*migrate:(?P<side>up|down)(?:\s|$)")
SIDES: Mapping[str, Side] = {"up": Side.UP, "down": Side.DOWN}
OPTION = re.compile(r"\S+[:=]\S*")


def cut(source: Source) -> tuple[Section, ...]:
    """The parts of a file; there may be several of each side, as dbmate allows.

    Raises:
        Refused: an unknown mark or option, or marks in an order that dbmate does not take; with the place.
    """
    return between(source, _borders(source), "-- migrate:up")


def _borders(source: Source) -> Iterator[Border]:
    before = Side.DOWN
    for match in MARK.finditer(source.text):
        well = WELL_WRITTEN.match(match[0])
        if well is None:
            raise refused_mark(source, match, "is no mark that dbmate knows", "write -- migrate:up or -- migrate:down")
        side = SIDES[well["side"]]
        if side is before is Side.DOWN:
            help_text = "write -- migrate:up above the statements that this part takes back"
            raise refused_mark(source, match, "has no part before it that it takes back", help_text)
        before = side
        yield Border(match.start(), match.end(), side, _alone(source, match, match[0][well.end() :]))


def _alone(source: Source, match: re.Match[str], words: str) -> bool:
    """What the options behind a mark say; other words there are remarks, to dbmate as well."""
    options = OPTION.findall(words)
    if others := [each for each in options if each not in {"transaction:false", "transaction:true"}]:
        raise refused_mark(source, match, f"has an unknown option, {others[0]}", "dbmate knows only transaction:false")
    return "transaction:false" in options[-1:]


READING = Reading("dbmate", cut, filled_where_declared)


def _recognise(folder: Folder) -> Sign | None:
    found = folder.with_sign(SIGN)
    return Sign(Strength.SURE, f"'-- migrate:up' in {found}") if found else None


def _find(folders: Sequence[Folder], _: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    """The files of all folders; dbmate runs them by name, wherever they lie."""
    found = [(folder, match) for folder in folders for match in map(NAME.fullmatch, folder.names) if match]
    found.sort(key=lambda each: each[1][0])
    findings += ascending(((folder.shown_name(match[0]), match["version"]) for folder, match in found), "dbmate")
    for folder, match in found:
        for kind in (Kind.VERSIONED, Kind.UNDO):
            name = match["name"].strip("._- ") or match[0]
            yield folder.candidate(match[0], kind, match["version"], name, READING)


def _settings(foreign: Foreign) -> Settings:
    """What dbmate takes from its environment; ``db/migrations`` where that says nothing."""
    folders = os.environ.get("DBMATE_MIGRATIONS_DIR", "db/migrations").split(",")
    table = os.environ.get("DBMATE_MIGRATIONS_TABLE", "")
    return Settings(locations=tuple(foreign.project / folder for folder in folders), table=table)


DBMATE = Layout("dbmate", "dbmate", _recognise, _find, _settings)
