"""Where a key stands in a TOML file: tomllib does not say."""

from __future__ import annotations

import re

HEADER = re.compile(r"^\s*\[{1,2}\s*(?P<path>[^\]]+?)\s*\]{1,2}\s*(#.*)?$")
ASSIGNMENT = re.compile(r"""^\s*(?P<path>(?:[\w-]+|"[^"]*")(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""")
PART = re.compile(r'"([^"]*)"|([\w-]+)')


def find_line(text: str, key: tuple[str, ...]) -> int | None:
    """The line (from 1) of the header or assignment that goes furthest along the path ``key``, or first beyond it."""
    best, found = 0, None
    header: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        path = header
        if match := HEADER.match(line):
            path = header = _parts(match["path"])
        elif match := ASSIGNMENT.match(line):
            path = (*header, *_parts(match["path"]))
        else:
            continue
        reached = min(len(path), len(key))
        if reached > best and path[:reached] == key[:reached]:
            best, found = reached, number
    return found


def _parts(path: str) -> tuple[str, ...]:
    return tuple(quoted or bare for quoted, bare in PART.findall(path))
