"""What a seed is: the definition (from seed.toml), the facts of the database, and the plan made of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from platformdb.contract_file import ContractFile
from platformdb.seeding.fit.constraints import (
    Check,
    Exclusion,
    ForeignKey,
    Partitioning,
    Unique,
    declared_digits,
    declared_length,
)
from platformdb.seeding.rows.conditions import Condition
from platformdb.seeding.shape.times import Calendar, Time
from platformdb.sqltext.quote import quote_identifier

if TYPE_CHECKING:
    from platformdb.seeding.files.reference import Reference
    from platformdb.seeding.rows.columns import Column
    from platformdb.seeding.rows.layouts import Draft
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block, World


class Generator(Protocol):
    """Makes one column. ``whole``: only from the first block on, one after the other (see ``Block.carried``)."""

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
    is loaded only where the database has this extension. ``reserved`` names the reference file that its first rows are
    taken from. ``statistics`` is the target of its ANALYZE, 0: as the database has it.
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
    reserved: str = ""
    statistics: int = 0


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole seed.toml for one profile. ``source`` is the file's name as people see it."""

    file: str
    source: str
    profile: str
    calendar: Calendar
    tables: Mapping[str, Table]
    references: Mapping[str, Reference]
    contracts: ContractFile | None = None


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column as the catalog has it; ``type`` is the base type's name, ``element`` that of an array's elements.

    ``enum``: the type, or the element's, is an enum, with these ``labels``. ``form`` is the sort of that type, as
    pg_type.typtype has it (b: base, c: composite, e: enum, r: range, m: multirange); a range is one of ``subtype``.
    ``required``: it is NOT NULL and nobody else gives it a value. ``identity``: "", "always" or "by default".
    ``declared`` is the type as written in SQL, ``modifier`` what it has in brackets (see ``length``, ``digits``).
    ``loose``: by its collation different texts can be equal.
    ``checks`` are those of its domain, ``element_checks`` those of the domain of its elements.
    """

    name: str
    type: str
    enum: bool = False
    required: bool = False
    generated: bool = False
    sequence: str | None = None
    element: str = ""
    element_oid: int = 0
    not_null: bool = False
    default: str = ""
    identity: str = ""
    declared: str = ""
    form: str = "b"
    subtype: str = ""
    modifier: int = -1
    collation: str = ""
    loose: bool = False
    labels: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    element_checks: tuple[Check, ...] = ()

    @property
    def length(self) -> int | None:
        """How many characters or bits it takes at most: of char(n), varchar(n), bit(n), varbit(n), or arrays of it."""
        return declared_length(self.element or self.type, self.modifier)

    @property
    def digits(self) -> tuple[int, int] | None:
        """Precision and scale of numeric(p, s), or of arrays of it."""
        return declared_digits(self.element or self.type, self.modifier)


@dataclass(frozen=True, slots=True)
class TableFact:
    """A table as the catalog has it, by the name that seed.toml calls it (its schema in front, unless it is current).

    ``needs`` are the tables that its foreign keys point to; those in ``deferrable`` may be loaded later all the same.
    ``checks`` are those which are enforced, also of its partitions. ``uniques`` begins with the primary key.
    """

    name: str
    schema: str
    relation: str
    columns: tuple[ColumnFact, ...]
    needs: tuple[str, ...] = ()
    deferrable: tuple[str, ...] = ()
    partitioned: bool = False
    checks: tuple[Check, ...] = ()
    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    partitioning: Partitioning | None = None

    @property
    def quoted(self) -> str:
        """The name for SQL."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.relation)}"

    def column(self, name: str) -> ColumnFact | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table to load, the columns of the COPY in the catalog's order, and the kinds of their values.

    ``unproven`` are CHECKs of which only the rows themselves can tell whether they are met.
    """

    fact: TableFact
    columns: tuple[ColumnFact, ...]
    kinds: tuple[str, ...] = ()
    unproven: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """The tables in an order which their foreign keys allow.

    ``bystanders`` are other tables that refer to them, directly or not. ``deferred``: some foreign keys can only be
    checked when all is loaded; ``circle``: and not all of those can be deferred, so they must be off meanwhile.
    ``left_out`` are tables and columns that need an extension which the database lacks.
    """

    tables: tuple[TablePlan, ...]
    bystanders: tuple[TableFact, ...] = ()
    deferred: bool = False
    circle: bool = False
    left_out: tuple[tuple[str, str], ...] = ()
