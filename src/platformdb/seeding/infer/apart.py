"""Ranges that must not overlap: exclusion constraints and keys WITHOUT OVERLAPS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from platformdb.seeding.fit.constraints import Exclusion, Unique
from platformdb.seeding.infer.desk import Desk
from platformdb.seeding.infer.model import Options
from platformdb.seeding.infer.moments import DAY, instant
from platformdb.seeding.infer.uniques import MOMENTS
from platformdb.seeding.model import ColumnFact, TableFact

# tstzrange(starts_at, ends_at, '[]') WITH &&
_OVERLAP = re.compile(r"\w*range\((?P<low>[^,()]+), (?P<high>[^,()]+)[^()]*\) WITH &&")
HOUR = 3_600


def apart(fact: TableFact) -> dict[str, tuple[str, str]]:
    """The columns that hold a range, or one of its ends, of which no two rows may have a point in common.

    By column which part it is (``whole``, ``low`` or ``high``), and the type that tells numbers, dates and times apart.
    """
    found: dict[str, tuple[str, str]] = {}
    for name in _ranges(fact):
        column = fact.column(name)
        if column is not None and column.form == "r":
            found[name] = "whole", column.subtype
    for exclusion in fact.exclusions:
        if match := _OVERLAP.search(exclusion.definition):
            for part in ("low", "high"):
                column = fact.column(match[part].strip('"'))
                if column is not None:
                    found[column.name] = part, column.type
    return found


def _ranges(fact: TableFact) -> Iterator[str]:
    for unique in fact.uniques:
        if unique.overlaps:
            yield unique.columns[-1]
    for exclusion in fact.exclusions:
        yield from (name for name, op in zip(exclusion.columns, exclusion.operators, strict=True) if op == "&&")


def equalities(fact: TableFact) -> Iterator[Unique]:
    """What exclusion constraints ask of other columns: that no two rows are equal in them."""
    held = set(apart(fact))
    for each in fact.exclusions:
        names = tuple(name for name, op in zip(each.columns, each.operators, strict=True) if op == "=" and name)
        if names and not held & {*each.columns, *_ends(each)}:
            yield Unique(each.name, names)


def _ends(exclusion: Exclusion) -> tuple[str, ...]:
    match = _OVERLAP.search(exclusion.definition)
    return tuple(part.strip('"') for part in match.groups()) if match else ()


def ranged(desk: Desk, column: ColumnFact, part: str, kind: str) -> Options:
    """The column's value: the ranges of a table follow each other with gaps, in the order of the rows."""
    low, high = _bounds(desk, kind)
    if part == "whole":
        return {"make": "text", "templates": [f"[{{{low}}},{{{high}}})"]}
    return {"make": "copy", "of": low if part == "low" else high}


def _bounds(desk: Desk, kind: str) -> tuple[str, str]:
    place = desk.helper("place", {"make": "ordinal"})
    if kind not in MOMENTS:
        low = desk.helper("low_end", {"make": "compute", "function": "multiply", "of": [place, 10]})
        return low, desk.helper("high_end", {"make": "compute", "function": "add", "of": [low, 8]})
    step, length = (3 * 24 * HOUR, 2 * 24 * HOUR) if kind == "date" else (2 * HOUR, HOUR)
    seconds = desk.helper("place_in_seconds", {"make": "compute", "function": "multiply", "of": [place, step]})
    start = instant(desk.period[0] // DAY * DAY)
    low = desk.helper("low_end", {"make": "compute", "function": "add", "of": [start, seconds]})
    return low, desk.helper("high_end", {"make": "compute", "function": "add", "of": [low, length]})
