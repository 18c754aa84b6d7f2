"""Cutting the files of other tools into sections: what several of them share. Pure."""

from __future__ import annotations

from dataclasses import replace

from platformdb.migrations.reading import Section, Side
from platformdb.sqltext.source import Source


def whole(source: Source) -> tuple[Section, ...]:
    """A file without marks: all of it runs."""
    return (Section(Side.EITHER, 0, len(source.text)),)


def part_of(source: Source, section: Section) -> Source:
    """A section as a text of its own that knows its places in the file."""
    if (section.start, section.end) == (0, len(source.text)):
        return source
    text = source.text[section.start : section.end]
    return replace(source, text=text, marks=((0, section.start),), original=source.text, exact=False)
