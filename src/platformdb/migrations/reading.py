"""How the files of another tool are read: values only."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platformdb.sqltext.source import Source
    from platformdb.variables import Variable


class Side(enum.StrEnum):
    """What a part of another tool's file is for."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"  # a file that holds one way only: what it is for, its name says
    MARK = "mark"  # what the tool itself reads, and PostgreSQL does not: the lines that say where a part begins


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a file of another tool; ``start`` and ``end`` are offsets in its text.

    The sections of a file cover all of it, in order, without a gap. Every one of the side that runs is a script of its
    own: its last statement needs no semicolon. ``alone``: the file says that it runs outside transactions.
    """

    side: Side
    start: int
    end: int
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of another tool are read: one value for all files of a layout.

    ``cut`` finds the sections of a file; ``fill`` puts values into one of them, given the variables of the run, which
    go before those of the tool's own configuration. Both raise Refused, with the place. ``built_in`` are variables that
    the tool asks the database for, by what they are: the ``database``, its ``owner``, the ``user``, the ``schema``.
    ``schema`` is the one that the tool would work in, where it does not leave that to the connection. ``secrets`` are
    those of the values in its configuration that nobody may see.
    """

    layout: str
    cut: Callable[[Source], tuple[Section, ...]]
    fill: Callable[[Source, Mapping[str, Variable]], Source] = lambda source, _: source
    built_in: Mapping[str, str] = field(default_factory=dict, hash=False)
    schema: str = ""
    secrets: Mapping[str, Variable] = field(default_factory=dict, hash=False)
