"""Files with marks: lines that a tool reads and PostgreSQL does not, at which a part begins or ends. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from platformdb.errors import Refused
from platformdb.migrations.reading import Section, Side
from platformdb.sqltext.source import Source

COMMENTS = re.compile(r"(?:\s++|--[^\n]*+|/\*.*?\*/)*+", re.DOTALL)
OURS = re.compile(r"--[ \t]*platformdb:")


class Border(NamedTuple):
    """A line with a mark, from its start to behind its line end, and what stands below it."""

    start: int
    end: int
    side: Side
    alone: bool = False


def between(source: Source, borders: Iterable[Border], first: str) -> tuple[Section, ...]:
    """The sections of a file with these borders, in order; ``first`` is the mark above everything that runs.

    Raises:
        Refused: something stands above the first border that would be lost, with its place.
    """
    size = len(source.text)
    listed = [Border(0, 0, Side.MARK), *borders, Border(size, size, Side.MARK)]
    _nothing_lost(source, listed[1].start, first)
    return tuple(_sections(listed))


def refused_mark(source: Source, match: re.Match[str], what: str, help_text: str) -> Refused:
    """What to say of a line with a mark: ``what`` ends the sentence that begins with it."""
    return Refused(f"'{match[0].strip()}' {what}", place=source.place(match.start()), help=help_text)


def _sections(borders: list[Border]) -> Iterator[Section]:
    for border, following in pairwise(borders):
        if border.start < border.end:
            yield Section(Side.MARK, border.start, border.end)
        if border.end < following.start:
            yield Section(border.side, border.end, following.start, border.alone)


def _nothing_lost(source: Source, end: int, first: str) -> None:
    comments = COMMENTS.match(source.text, 0, end)
    runs_from = comments.end() if comments else 0
    if runs_from < end:
        message = f"a statement stands above '{first}', where nothing runs"
        raise Refused(message, place=source.place(runs_from), help=f"put '{first}' on a line of its own above it")
    if ours := OURS.search(source.text, 0, end):
        message = f"a directive above '{first}', where nobody reads it"
        raise Refused(message, place=source.place(ours.start()), help="put it below the mark it is about")
