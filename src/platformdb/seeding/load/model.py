"""What is taken off tables while they are loaded, and what the role may do: facts of the catalog and what follows."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexFact:
    """An index as the catalog has it; names are quoted and, but for ``own``, qualified.

    ``number`` is its own, ``parent`` that of the partitioned index it belongs to, or 0. ``comment`` and
    ``constraint_comment`` are literals, or empty. ``held`` says what speaks against dropping it.
    """

    number: int
    parent: int
    relation: str
    partitioned: bool
    name: str
    own: str
    definition: str
    tablespace: str = ""
    constraint: str = ""
    constraint_definition: str = ""
    is_primary: bool = False
    deferrable: bool = False
    deferred: bool = False
    clustered: bool = False
    identifies: bool = False
    comment: str = ""
    constraint_comment: str = ""
    statistics: Sequence[str] = ()
    held: str = ""


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A foreign key as the catalog has it; names are quoted, the comment is a literal or empty.

    ``partitioned``: it is from or to a partitioned table.
    """

    relation: str
    name: str
    definition: str
    validated: bool
    partitioned: bool
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is taken off a table, and put back the same; ``check`` looks at the rows, where ``on`` did not."""

    relation: str
    name: str
    off: str
    on: str
    check: str = ""


class Triggers(enum.Enum):
    """How triggers are kept from firing."""

    DISABLED = "disabled"
    REPLICA = "the session is a replica"
    ON = "they fire"


class Emptying(enum.Enum):
    """How rows that are there go."""

    TRUNCATE = "truncate"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Rights:
    """What the role may do with all tables of a load."""

    owns: bool
    truncates: bool
    locks: bool
    replicates: bool
    marks: bool = True


@dataclass(frozen=True, slots=True)
class Manner:
    """How a load goes about it. ``notes`` are what it costs that the role may not do more, each with its remedy."""

    strips: bool
    triggers: Triggers
    emptying: Emptying
    freezes: bool
    locks: bool = True
    marks: bool = True
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A table that was loaded: its rows, the checksum of the bytes that were sent, and how long it took."""

    relation: str
    rows: int
    checksum: str
    elapsed_ms: float = 0.0
