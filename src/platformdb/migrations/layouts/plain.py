"""Numbered or time-stamped SQL files, which somebody ran with psql or a tool of his own.

Files run by their numbers, part by part: ``2_x`` before ``10_x``, ``2021-01-31-x`` before ``2021-02-01-x``. Those of
one number run by name, and a finding says so. The way back lies beside a file (``001_x.down.sql``, ``001_x_undo.sql``)
or in a folder of its own (``down/001_x.sql``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from platformdb.errors import Place
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.layouts.sequence import in_sequence, refusal
from platformdb.migrations.model import Candidate, Kind, version_key
from platformdb.migrations.reading import Reading
from platformdb.report.model import Finding, Severity
from platformdb.sqltext.placeholders import DOLLAR, GO, PSQL, fill
from platformdb.sqltext.source import Source
from platformdb.variables import Variable

BACK = "down|undo|revert|rollback"
NAME = re.compile(
    rf"(?:(?P<folder>up|do|{BACK}|rollbacks)/)?"
    r"v?(?P<number>\d+(?:[._-]\d+(?=T\d|[^A-Za-z\d]))*)(?:T(?P<time>\d+)Z?(?![A-Za-z\d]))?(?P<letter>[a-z](?![A-Za-z\d]))?"
    rf"(?:\.(?P<first>do|undo)(?=\.))?(?P<rest>[^/]*?)(?:[._-](?P<last>up|{BACK}))?\.sql",
    re.IGNORECASE,
)
BACK_WORDS = frozenset({*BACK.split("|"), "rollbacks"})


class Numbered(NamedTuple):
    """A file with a number."""

    folder: Folder
    file: str
    number: str
    name: str
    undo: bool

    @property
    def shown(self) -> str:
        """What people know it by."""
        return self.folder.shown_name(self.file)


def _recognise(folder: Folder) -> Sign | None:
    found = next((name for name in folder.names if NAME.fullmatch(name)), None)
    return Sign(Strength.NUMBERED, f"numbered files such as {found}") if found else None


def _filled(source: Source, variables: Mapping[str, Variable]) -> Source:
    """Only names that somebody declared: psql leaves others as they are, and nobody knows whose files these are."""
    return fill(source, (DOLLAR, GO, PSQL), variables, all_of_them=False) if variables else source


READING = Reading("plain", whole, _filled)


def _find(folders: Sequence[Folder], _: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    files = [_numbered(folder, match) for folder in folders for match in map(NAME.fullmatch, folder.names) if match]
    files.sort(key=lambda each: (version_key(each.number), each.file))
    forth = {each.shown: each for each in files if not each.undo}
    versions = dict(in_sequence(((shown, each.number) for shown, each in forth.items()), PLAIN.title, findings))
    for shown, each in forth.items():
        yield each.folder.candidate(each.file, Kind.VERSIONED, versions[shown], each.name, READING)
    numbers = {key: tuple(group) for key, group in groupby(forth.values(), key=lambda each: version_key(each.number))}
    findings += [_shared(group) for group in numbers.values() if len(group) > 1]
    for undo in (each for each in files if each.undo):
        numbered = numbers.get(version_key(undo.number), ())
        undone = [each for each in numbered if each.name == undo.name] or numbered
        if len(undone) > 1:
            findings.append(_ambiguous(undo, undone))
        elif undone or "/" not in undo.file:  # what lies in a folder of its own may be anything
            version = versions[undone[0].shown] if undone else undo.number
            yield undo.folder.candidate(undo.file, Kind.UNDO, version, undo.name, READING)


def _numbered(folder: Folder, match: re.Match[str]) -> Numbered:
    number = re.sub("[._-]", ".", match["number"])
    if match["time"]:
        number = f"{number}.{match['time']}"
    if match["letter"]:
        number = f"{number}.{ord(match['letter'].lower()) - ord('a') + 1}"
    undo = not BACK_WORDS.isdisjoint(word.lower() for word in match.group("folder", "first", "last") if word)
    return Numbered(folder, match[0], number, match["rest"].strip("._- ") or match[0], undo)


def _shared(files: Sequence[Numbered]) -> Finding:
    """Two files of one number may be meant so, or be those of two branches."""
    number, shown = files[0].number, ", ".join(each.shown for each in files)
    message = f"{len(files)} files have the number {number}, and run in the order of their names: {shown}"
    help_text = "give each a number of its own if another order is meant"
    return Finding("number-shared", message, files[0].shown, Severity.WARNING, Place(files[0].shown), help_text)


def _ambiguous(undo: Numbered, undone: Sequence[Numbered]) -> Finding:
    shown = " or ".join(each.shown for each in undone)
    return refusal("file-unmatched", f"{undo.shown} takes back {shown}", undo.shown, "name it like one of them")


PLAIN = Layout("plain", "numbered SQL files", _recognise, _find)
