"""drizzle-kit: SQL files that meta/_journal.json lists, or since 1.0 a folder for each with migration.sql in it.

It runs what the journal lists, in the order of the list, and reads neither ``idx`` nor other files; folders it runs in
the order of their names. ``--> statement-breakpoint`` parts statements, of which the last then needs no semicolon.
Source: drizzle-orm's src/migrator.ts, of 0.45 and of 1.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from platformdb.errors import Place, Refused
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sequence import in_sequence, refusal
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading, Section, Side
from platformdb.report.model import Finding, Severity
from platformdb.sqltext.source import Source

JOURNAL = "meta/_journal.json"
BREAKPOINT = "--> statement-breakpoint"
TAG = re.compile(r"(?P<number>[0-9]+)[_-]*(?P<name>.*)")
DATED = re.compile(r"(?P<tag>(?P<date>[0-9]{14})_[^/]+)/migration\.sql")
DIALECTS = ("postgresql", "pg")


@dataclass(frozen=True, slots=True)
class Entry:
    """A migration as drizzle lists it; ``when``, in milliseconds since 1970, is what its table calls created_at."""

    file: str
    number: str
    tag: str
    when: int


def read_journal(text: str, shown: str) -> tuple[Entry, ...]:
    """What a journal lists, in its order.

    Raises:
        Refused: it is no journal, or one for another database.
    """
    try:
        journal = json.loads(text)
        dialect, entries = journal["dialect"], tuple(_entry(each) for each in journal["entries"])
    except json.JSONDecodeError as error:
        place = Source(shown, text).place(error.pos)
        help_text = "did a merge leave its marks in it? else take it from the last commit in which it was whole"
        raise Refused(f"{shown} is not JSON: {error.msg}", place=place, help=help_text) from None
    except (KeyError, TypeError, ValueError):
        message = f"{shown} is no journal: dialect is missing, or entries with idx, when and tag"
        raise Refused(message, place=Place(shown), help="take it from the last commit in which it was whole") from None
    if dialect not in DIALECTS:
        message = f"{shown} says that these migrations are for {dialect}"
        raise Refused(message, place=Place(shown), help='platformdb runs those with "dialect": "postgresql"')
    return entries


def _entry(found: Mapping[str, Any]) -> Entry:
    tag = str(found["tag"])
    return Entry(f"{tag}.sql", f"{int(found['idx']):04}", tag, int(found["when"]))


def read_entries(folder: Path, names: Iterable[str], shown: str) -> tuple[Entry, ...]:
    """What drizzle would run of a folder with these files in it, in its order.

    Raises:
        Refused: see :func:`read_journal`; or the journal cannot be read.
    """
    if JOURNAL in names:
        try:
            return read_journal((folder / JOURNAL).read_text(encoding="utf-8-sig"), shown)
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"cannot read {shown}: {error}", place=Place(shown), help="make it readable text") from None
    dated = sorted((match[0], match) for match in map(DATED.fullmatch, names) if match)
    return tuple(Entry(file, match["date"], match["tag"], _milliseconds(match["date"])) for file, match in dated)


def _milliseconds(date: str) -> int:
    try:
        return int(datetime.strptime(date, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:  # no date: drizzle would make one of it all the same
        return 0


def versions_of(entries: Iterable[Entry], findings: list[Finding]) -> Mapping[str, str]:
    """The version of each file."""
    return dict(in_sequence(((entry.file, entry.number) for entry in entries), "drizzle", findings))


def _recognise(folder: Folder) -> Sign | None:
    if JOURNAL in folder.names:
        return Sign(Strength.SURE, JOURNAL)
    found = next((name for name in folder.names if DATED.fullmatch(name)), None)
    if found and found.replace("migration.sql", "snapshot.json") in folder.names:
        return Sign(Strength.SURE, f"snapshot.json beside {found}")
    return None


def _find(folders: Sequence[Folder], _: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    for folder in folders:
        try:
            entries = read_entries(folder.path, folder.names, folder.shown_name(JOURNAL))
        except Refused as error:
            findings.append(Finding("refused", error.message, folder.shown, place=error.place, help=error.help))
            continue
        findings += [*_omitted(folder, entries), *_skipped(folder, entries)]
        versions, there = versions_of(entries, findings), frozenset(folder.names)
        for entry in entries:
            if entry.file not in there:
                findings.append(_missing(folder, entry))
                continue
            match = TAG.fullmatch(entry.tag)
            name = (match and match["name"]) or entry.tag
            yield folder.candidate(entry.file, Kind.VERSIONED, versions[entry.file], name, READING)


def _missing(folder: Folder, entry: Entry) -> Finding:
    shown = folder.shown_name(entry.file)
    message = f"{folder.shown_name(JOURNAL)} lists {entry.tag}, and there is no file {shown}"
    help_text = "bring the file back, or take its entry out of the journal where it was never applied"
    return refusal("file-missing", message, shown, help_text)


def _omitted(folder: Folder, entries: Iterable[Entry]) -> Iterator[Finding]:
    """Files that look forgotten: one whose number an entry has may be what that entry replaced, and is a stray."""
    if JOURNAL not in folder.names:
        return
    listed = [(entry.file, TAG.fullmatch(entry.tag)) for entry in entries]
    taken = {int(match["number"]) for _, match in listed if match}
    for name in folder.names:
        match = TAG.fullmatch(name)
        if match and "/" not in name and name.endswith(".sql") and int(match["number"]) not in taken:
            shown = folder.shown_name(name)
            message = f"{shown} is not in {JOURNAL}, and no other file has its number: drizzle would not run it"
            help_text = "give it an entry (idx, when, tag), or move it elsewhere if it is no migration"
            yield refusal("file-omitted", message, shown, help_text)


def _skipped(folder: Folder, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Where ``when`` goes back drizzle passes an entry over, on a database that has those before it."""
    for before, entry in pairwise(entries):
        if entry.when < before.when:
            shown = folder.shown_name(entry.file)
            message = f"{entry.tag} is dated before {before.tag}: drizzle itself skips it where that is applied"
            help_text = f"platformdb runs it; correct its when in {JOURNAL} if drizzle is to run it, too"
            yield Finding("journal-goes-back", message, shown, Severity.WARNING, Place(shown), help_text)


def _cut(source: Source) -> tuple[Section, ...]:
    """Sections between the breakpoints, which count wherever they stand, as for drizzle."""
    sections: list[Section] = []
    at = 0
    while (found := source.text.find(BREAKPOINT, at)) >= 0:
        end = found + len(BREAKPOINT)
        sections += Section(Side.UP, at, found), Section(Side.MARK, found, end)
        at = end
    return (*sections, Section(Side.UP, at, len(source.text)))


READING = Reading("drizzle", _cut)
DRIZZLE = Layout(
    "drizzle",
    "drizzle-kit",
    _recognise,
    _find,
    beside=re.compile(r"(?:.*/)?meta/.*|.*/snapshot\.json|relations\.ts|schema\.ts"),
)
