"""Numbered or time-stamped SQL files, which somebody ran with psql or a tool of his own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.model import Candidate, Kind, Reading
from platformdb.report.model import Finding
from platformdb.sqltext.placeholders import DOLLAR, GO, PSQL, fill
from platformdb.sqltext.source import Source
from platformdb.variables import Variable

NAME = re.compile(
    r"(?P<version>\d+(?:[._-]\d+)*)(?P<rest>[^/]*?)(?P<undo>[._-](?:down|undo|revert|rollback))?\.sql", re.I
)


def _recognise(folder: Folder) -> Sign | None:
    found = next((name for name in folder.names if NAME.fullmatch(name)), None)
    return Sign(Strength.NUMBERED, f"numbered files such as {found}") if found else None


def _filled(source: Source, variables: Mapping[str, Variable]) -> Source:
    """Only names that somebody declared: psql leaves others as they are, and nobody knows whose files these are."""
    return fill(source, (DOLLAR, GO, PSQL), variables, all_of_them=False)


READING = Reading("plain", whole, _filled)


def _find(folders: Sequence[Folder], _: Settings, __: list[Finding]) -> Iterator[Candidate]:
    for folder in folders:
        for file in folder.names:
            if match := NAME.fullmatch(file):
                kind = Kind.UNDO if match["undo"] else Kind.VERSIONED
                version = re.sub("[._-]", ".", match["version"])
                yield folder.candidate(file, kind, version, match["rest"].strip("._- ") or file, READING)


PLAIN = Layout("plain", "numbered SQL files", _recognise, _find)
