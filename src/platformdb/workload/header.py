"""What stands above the statements of a query's file: targets, gates, personas, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from platformdb.errors import Place, Refused
from platformdb.sqltext.directives import directive_place, read_directives
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import SqlStatement
from platformdb.workload.model import Gates

PERSONA_KEYS = ("persona", "personas")
_COUNTS = ("large", "sorted", "buffers", "wal_records")
KNOWN = (
    *PERSONA_KEYS,
    *_COUNTS,
    "target_ms",
    "extension",
    "rollback",
    "spill",
    "whole",
    "reason",
    "touched",
    "tolerance",
)
_NUMBERS = {"touched": "touched=5: rows read per row returned", "tolerance": "tolerance=50: percent of more work"}
_EXAMPLE = "-- platformdb: target_ms=50"
_COMMENT = re.compile(r"[ \t]*--[ \t]*(?P<text>.*?)[ \t\r]*(?:\n|\Z)")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Header:
    """The directives above one statement."""

    source: Source
    statement: SqlStatement
    keys: Mapping[str, str]

    def place(self, key: str) -> Place:
        """Where a directive's value stands; the statement itself where there is no such directive."""
        return directive_place(self.source, self.statement.comments_from, self.statement.start, key)

    def refuse(self, key: str, message: str, instead: str) -> Refused:
        """What is to be raised about a directive."""
        return Refused(f"{self.source.name}: {message}", place=self.place(key), help=instead)

    @property
    def is_persona(self) -> bool:
        """Whether the statement finds parameters and is not the query."""
        return any(key in self.keys for key in PERSONA_KEYS)


def read_header(source: Source, statement: SqlStatement) -> Header:
    """The directives in the comments above a statement.

    Raises:
        Refused: an unknown or repeated key, or text that is not ``key=value``.
    """
    keys = read_directives(source, statement.comments_from, statement.start, known=KNOWN)
    return Header(source, statement, keys)


def purpose_of(source: Source) -> str:
    """The file's first comment up to an empty line or a directive, as one line; empty where it has none."""
    lines: list[str] = []
    at = len(source.text) - len(source.text.lstrip())
    while (comment := _COMMENT.match(source.text, at)) and not comment["text"].startswith("platformdb:"):
        lines.append(comment["text"])
        at = comment.end()
    return " ".join(lines).strip()


def target_of(header: Header) -> float:
    """``target_ms``, in milliseconds.

    Raises:
        Refused: there is none, or it is no time.
    """
    instead = f"write '{_EXAMPLE}' above the query: what the 99th percentile of each persona may take, in milliseconds"
    if "target_ms" not in header.keys:
        raise header.refuse("target_ms", "the query has no target", instead)
    target = _read(header, "target_ms", float, "no number of milliseconds", instead)
    if not 0 < target < float("inf"):
        raise header.refuse("target_ms", f"target_ms={header.keys['target_ms']} is not a time above 0", instead)
    return target


def rollback_of(header: Header) -> bool:
    """Whether ``rollback=on`` is there.

    Raises:
        Refused: it says something else.
    """
    return _switch(header, "rollback", "a query that writes has rollback=on; for others leave it out")


def gates_of(header: Header) -> Gates:
    """The query's own limits and budgets.

    Raises:
        Refused: one is no number above 0, or tables are read whole without a reason.
    """
    counts = {
        key: _read(header, key, _count, "not a whole number", f"write {key}=1000, for example")
        for key in _COUNTS
        if key in header.keys
    }
    numbers = {
        key: _read(header, key, _share, "no number above 0", f"write {example}")
        for key, example in _NUMBERS.items()
        if key in header.keys
    }
    spill = _switch(header, "spill", "spill=on allows temporary files; for others leave it out")
    return Gates(**counts, **numbers, spill=spill, whole=_whole(header))  # type: ignore[arg-type]


def _whole(header: Header) -> tuple[str, ...]:
    if "whole" in header.keys and not header.keys.get("reason", "").strip():
        raise header.refuse(
            "whole",
            "whole= without a reason",
            'say why these tables are read from end to end: reason="it sums them up"',
        )
    if "reason" in header.keys and "whole" not in header.keys:
        raise header.refuse("reason", "reason= belongs to whole=", 'write whole="posts" reason="…", or remove it')
    names = tuple(name.strip() for name in header.keys.get("whole", "").split(",") if name.strip())
    if "whole" in header.keys and not names:
        raise header.refuse("whole", "whole= names no table", 'write whole="users, posts"')
    return names


def _switch(header: Header, key: str, instead: str) -> bool:
    said = header.keys.get(key, "off")
    if said not in {"on", "off"}:
        raise header.refuse(key, f"{key}={said} is neither on nor off", instead)
    return said == "on"


def _read(header: Header, key: str, convert: Callable[[str], T], wrong: str, instead: str) -> T:
    try:
        return convert(header.keys[key])
    except ValueError:
        raise header.refuse(key, f"{key}={header.keys[key]} is {wrong}", instead) from None


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < float("inf"):
        raise ValueError(text)
    return share
