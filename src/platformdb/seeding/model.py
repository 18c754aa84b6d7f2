"""What a seed is: the definition (from seed.toml), the facts of the database, and the plan made of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from platformdb.seeding.conditions import Condition
from platformdb.seeding.times import Calendar, Time
from platformdb.sqltext.quote import quote_identifier

if TYPE_CHECKING:
    from platformdb.seeding.columns import Column
    from platformdb.seeding.reference import Reference
    from platformdb.seeding.streams import Stream
    from platformdb.seeding.world import Block, Draft, World


class Generator(Protocol):
    """Makes one column. ``whole``: it must see all rows of the table at once, not only a block of them."""

    @property
    def whole(self) -> bool:
        """Whether a block of rows cannot be made alone."""

    def column(self, block: Block, stream: Stream) -> Column:
        """The values for the block's rows: a function of the block and the stream alone."""


class Shape(Protocol):
    """Says which rows a table has, and what each refers to."""

    def lay(self, world: World, stream: Stream) -> Draft:
        """The rows in any order, with their links."""


@dataclass(frozen=True, slots=True)
class Value:
    """A column or helper: its generator, the share of NULLs, and the rows that have a value at all.

    ``extension``: it is loaded only where the database has this extension.
    """

    generator: Generator
    nulls: float = 0.0
    condition: Condition = field(default_factory=Condition)
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its rows, what they refer to, when they appear, and its columns.

    ``helpers`` are columns for the other columns' use, not loaded. Of rows with equal ``distinct`` links only the
    first stays; rows whose ``differ`` links are the same row, or which lack one of ``require``, go. ``extension``: it
    is loaded only where the database has this extension.
    """

    name: str
    rows: Shape
    time: Time = field(default_factory=Time)
    links: Mapping[str, Value] = field(default_factory=dict)
    helpers: Mapping[str, Value] = field(default_factory=dict)
    columns: Mapping[str, Value] = field(default_factory=dict)
    distinct: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole seed.toml for one profile. ``source`` is the file's name as people see it."""

    file: str
    source: str
    profile: str
    calendar: Calendar
    tables: Mapping[str, Table]
    references: Mapping[str, Reference]


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column as the catalog has it; ``type`` is the base type's name, ``element`` that of an array's elements.

    ``enum``: the type, or the element's, is an enum.
    """

    name: str
    type: str
    enum: bool = False
    required: bool = False
    generated: bool = False
    sequence: str | None = None
    element: str = ""
    element_oid: int = 0


@dataclass(frozen=True, slots=True)
class TableFact:
    """A table as the catalog has it, by the name that seed.toml calls it (its schema in front, unless it is current).

    ``needs`` are the tables that its foreign keys point to; those in ``deferrable`` may be loaded later all the same.
    """

    name: str
    schema: str
    relation: str
    columns: tuple[ColumnFact, ...]
    needs: tuple[str, ...] = ()
    deferrable: tuple[str, ...] = ()
    partitioned: bool = False

    @property
    def quoted(self) -> str:
        """The name for SQL."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.relation)}"

    def column(self, name: str) -> ColumnFact | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table to load, the columns of the COPY in the catalog's order, and the kinds of their values."""

    fact: TableFact
    columns: tuple[ColumnFact, ...]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """The tables in an order which their foreign keys allow.

    ``bystanders`` are other tables that refer to them, directly or not. ``deferred``: some foreign keys can only be
    checked when all is loaded. ``left_out`` are tables and columns that need an extension which the database lacks.
    """

    tables: tuple[TablePlan, ...]
    bystanders: tuple[TableFact, ...] = ()
    deferred: bool = False
    left_out: tuple[tuple[str, str], ...] = ()
