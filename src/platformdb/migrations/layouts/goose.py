"""goose: ``NUMBER_name.sql`` with ``-- +goose Up`` and ``-- +goose Down``, and steps in Go between them.

Source: goose's internal/sqlparser/parser.go (marks), migration.go and provider_collect.go (names), its README
("Environment Variable Substitution").
"""

from __future__ import annotations

import os
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from platformdb.migrations.layouts.envsub import substituted
from platformdb.migrations.layouts.marks import Border, between, refused_mark
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading, Section, Side
from platformdb.project import Foreign
from platformdb.report.model import Finding
from platformdb.sqltext.source import Source
from platformdb.variables import Variable

NAME = re.compile(r"(?P<version>\d+)_(?P<name>[^/]*)\.(?P<language>sql|go)")
SIGN = re.compile(r"^--[^\n]*\+goose[^\S\n]+up\b", re.MULTILINE | re.IGNORECASE)
MARK = re.compile(r"^[^\S\n]*--[^\n]*\+goose[^\n]*\n?", re.MULTILINE)
NO_TRANSACTION = "no transaction"
SWITCHES: Mapping[str, bool] = {"envsub on": True, "envsub off": False}
# What a mark makes of where the file is; "+" is inside a statement that a mark ends.
NEXT: Mapping[tuple[str, str], str] = {
    ("", "up"): "up",
    ("up", "down"): "down",
    ("up", "statementbegin"): "up+",
    ("down", "statementbegin"): "down+",
    ("up+", "statementend"): "up",
    ("down+", "statementend"): "down",
}
SIDES: Mapping[str, Side] = {"up": Side.UP, "down": Side.DOWN}
SHOWN = ("Up", "Down", "StatementBegin", "StatementEnd", "NO TRANSACTION", "ENVSUB ON", "ENVSUB OFF")
KNOWN: Mapping[str, str] = {each.lower(): each for each in SHOWN}


def cut(source: Source) -> tuple[Section, ...]:
    """The parts of a file. A statement between StatementBegin and StatementEnd ends there, without a semicolon.

    Raises:
        Refused: an unknown mark, or marks in an order that goose does not take; with the place.
    """
    marks = tuple(_marks(source))
    alone = any(mark == NO_TRANSACTION for mark, _ in marks)
    return between(source, _borders(source, marks, alone=alone), "-- +goose Up")


def _marks(source: Source) -> Iterator[tuple[str, re.Match[str]]]:
    """The marks of a file in lower case, as goose takes them in any, with their lines."""
    for match in MARK.finditer(source.text):
        mark = match[0].replace("--", "").replace("+goose", "", 1).strip().lower()
        if mark not in KNOWN or not match[0].startswith("--"):
            help_text = f"write it at the beginning of a line, as -- +goose and one of: {', '.join(KNOWN.values())}"
            raise refused_mark(source, match, "is no mark that goose knows", help_text)
        yield mark, match


def _borders(source: Source, marks: Sequence[tuple[str, re.Match[str]]], *, alone: bool) -> Iterator[Border]:
    now, begun = "", None
    for mark, match in marks:
        if mark == NO_TRANSACTION or mark in SWITCHES:
            continue
        if (now, mark) not in NEXT:
            help_text = "goose takes Up, then Down, and in each StatementBegin, then StatementEnd"
            raise refused_mark(source, match, "does not fit to the marks above it", help_text)
        now, begun = NEXT[now, mark], match
        if now in SIDES:
            yield Border(match.start(), match.end(), SIDES[now], alone)
    if begun and now not in SIDES:
        raise refused_mark(
            source, begun, "begins a statement that nothing ends", "write -- +goose StatementEnd below it"
        )


def _filled(source: Source, variables: Mapping[str, Variable]) -> Source:
    """A part with its variables filled in where the file says ENVSUB ON; what was given goes before the environment.

    Raises:
        Refused: see :func:`substituted`.
    """
    regions = _regions(source)
    if not regions:
        return source
    given = {name: variable.value for name, variable in variables.items()}
    return substituted(source, regions, ChainMap(given, os.environ))


def _regions(source: Source) -> list[tuple[int, int]]:
    """From where to where in a part variables are filled in; a mark above the part counts for it, too."""
    start = source.marks[0][1] if source.marks else 0
    switches = _switches(source.text if source.original is None else source.original)
    borders = [(at - start, on) for at, on in switches] + [(len(source.text), False)]
    return [(at, end) for (at, on), (end, _) in pairwise(borders) if on]


@lru_cache(maxsize=1)  # a file may have thousands of parts
def _switches(text: str) -> tuple[tuple[int, bool], ...]:
    """From where on in a file variables are filled in, and from where on they are not."""
    return tuple((match.end(), SWITCHES[mark]) for mark, match in _marks(Source("", text)) if mark in SWITCHES)


READING = Reading("goose", cut, _filled)


def _recognise(folder: Folder) -> Sign | None:
    if found := folder.with_sign(SIGN):
        return Sign(Strength.SURE, f"'-- +goose Up' in {found}")
    steps = (match for match in map(NAME.fullmatch, folder.names) if match and _language(match))
    found = next((match[0] for match in steps), None)
    return Sign(Strength.SHAPED, f"steps in Go such as {found}") if found else None


def _find(folders: Sequence[Folder], _: Settings, __: list[Finding]) -> Iterator[Candidate]:
    for folder in folders:
        for match in filter(None, map(NAME.fullmatch, folder.names)):
            language, name = _language(match), match["name"] or match[0]
            if language:
                yield folder.candidate(match[0], Kind.VERSIONED, match["version"], name, READING, language=language)
            elif match["language"] == "sql":
                for kind in (Kind.VERSIONED, Kind.UNDO):
                    yield folder.candidate(match[0], kind, match["version"], name, READING)


def _language(match: re.Match[str]) -> str:
    """Go, where a file is a step in it: neither its test nor the .up.go of another tool."""
    return "Go" if match["language"] == "go" and not match["name"].endswith(("_test", ".up", ".down")) else ""


def _settings(foreign: Foreign) -> Settings:
    """What goose takes from its environment."""
    folder, table = os.environ.get("GOOSE_MIGRATION_DIR"), os.environ.get("GOOSE_TABLE", "")
    return Settings(locations=(foreign.project / folder,) if folder else (), table=table)


GOOSE = Layout("goose", "goose", _recognise, _find, _settings, re.compile(r"[^/]*\.go"))
