"""What is decided of a seed.toml before it is written: tables, links, keys, and what is known of the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from platformdb.seeding.fit.constraints import ForeignKey
from platformdb.seeding.model import TableFact

# A table of TOML on one line: { make = "copy", of = "author.id" }.
Options = Mapping[str, object]


class Free(Enum):
    """Whatever the column's own generator makes."""

    ANY = "any"


ANY = Free.ANY
Case = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that are decided together, and the cases which meet their CHECKs; none: no way was found."""

    columns: tuple[str, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is to be described, and what earlier attempts have shown.

    ``left_out`` are tables with the reason. ``silent`` columns get no value: their default, or NULL. ``seen`` is what
    the tables hold. ``solved`` are values that go together, which the server was asked for. Tables that are ``alone``
    can have one row only.
    """

    facts: Mapping[str, TableFact]
    rows: int = 100
    left_out: Mapping[str, str] = field(default_factory=dict)
    silent: Mapping[str, frozenset[str]] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    solved: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()

    @property
    def tables(self) -> Mapping[str, TableFact]:
        """The tables that are not left out."""
        return {name: fact for name, fact in self.facts.items() if name not in self.left_out}


@dataclass(frozen=True, slots=True)
class Link:
    """What the columns of a foreign key are copied from. ``options`` is None where the table's shape makes the link."""

    name: str
    table: str
    key: ForeignKey
    options: Options | None = None
    # Whether it is made after the rows are laid out, as what closes a circle must be.
    late: bool = False
    # Whether no two rows have the same.
    single: bool = False
    # Whether rows without it must go.
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a table's rows refer to.

    ``shape`` is independent, per, one (per, one row each) or pairs; the first links are those it makes. ``sources``
    says of which link and column of it a column is a copy; where there is no such row, ``fallbacks`` names the row's
    own column. ``silent`` columns stay NULL.
    """

    shape: str
    links: tuple[Link, ...] = ()
    sources: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""

    def link(self, name: str) -> Link:
        """The link of that name."""
        return next(link for link in self.links if link.name == name)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the values of a column look like.

    ``values`` are the most common ones with their ``weights``; ``quantiles`` of numbers and times rise evenly from the
    least to the greatest; ``width`` is the mean number of bytes.
    """

    nulls: float = 0.0
    values: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a table's rows: how many, its columns' shapes, and by foreign key how many rows a row has.

    ``children`` holds numbers of children with how many parents have so many.
    """

    rows: int = 0
    columns: Mapping[str, Shape] = field(default_factory=dict)
    children: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What speaks against a table's rows, and the columns and the constraint concerned, where these are known."""

    table: str
    columns: tuple[str, ...]
    message: str
    constraint: str = ""
    # Whether a row says what another one says already.
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """One table of the file."""

    name: str
    rows: Options
    links: Mapping[str, Options]
    helpers: Mapping[str, Options]
    columns: Mapping[str, Options]
    distinct: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """The first and the last instant, and the numbers of each profile."""

    start: datetime
    end: datetime
    profiles: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Inferred:
    """A whole seed.toml. ``left_out`` are tables with the reason."""

    story: Story
    tables: tuple[Outline, ...]
    left_out: Mapping[str, str]
