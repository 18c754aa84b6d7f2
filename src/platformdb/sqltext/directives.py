"""The one comment grammar: ``-- platformdb: key=value key="a value with spaces"``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from platformdb.errors import Place, Refused
from platformdb.sqltext.source import Source

LINE = re.compile(r"^[ \t]*--[ \t]*platformdb:[ \t]*(?P<body>.*?)[ \t]*$", re.MULTILINE)
PAIR = re.compile(r"""(?P<key>[a-z_]+)=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+))(?:\s+|$)""")


def read_directives(source: Source, start: int, end: int, *, known: Collection[str]) -> Mapping[str, str]:
    """The directives in the comments between two offsets of a file.

    Raises:
        Refused: an unknown or repeated key, or text that is not ``key=value``; with its place.
    """
    found: dict[str, str] = {}
    for line in LINE.finditer(source.text, start, end):
        at, stop = line.span("body")
        while at < stop:
            pair = PAIR.match(source.text, at, stop)
            if pair is None:
                raise _wrong(source, at, "expected key=value after 'platformdb:'", known)
            if pair["key"] not in known or pair["key"] in found:
                what = "repeated" if pair["key"] in found else "unknown"
                raise _wrong(source, at, f"{what} directive '{pair['key']}'", known)
            found[pair["key"]] = pair["quoted"] if pair["quoted"] is not None else pair["bare"]
            at = pair.end()
    return found


def directive_place(source: Source, start: int, end: int, key: str) -> Place:
    """Where the value of a directive stands that ``read_directives`` found between the same offsets."""
    for line in LINE.finditer(source.text, start, end):
        for pair in PAIR.finditer(source.text, *line.span("body")):
            if pair["key"] == key:
                return source.place(pair.end("key") + 1)
    return source.place(end)


def _wrong(source: Source, offset: int, message: str, known: Collection[str]) -> Refused:
    return Refused(message, place=source.place(offset), help=f"known here: {', '.join(sorted(known)) or 'none'}")
