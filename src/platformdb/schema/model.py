"""A database's schema as values: no numbers of the catalog, everything in an order that two databases share."""

from __future__ import annotations

from dataclasses import dataclass


def shown(schema: str, name: str) -> str:
    """A table's name for people: with its schema, but for that where nearly all tables are."""
    return name if schema == "public" else f"{schema}.{name}"


@dataclass(frozen=True, slots=True)
class Column:
    """``default`` is an expression; of a generated column the words ``GENERATED …`` and its expression."""

    name: str
    type: str
    nullable: bool
    default: str
    comment: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """``kind`` is one of check, unique, primary key, exclusion, foreign key. ``columns`` is empty for some checks."""

    name: str
    kind: str
    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class ForeignKey(Constraint):
    """A constraint that refers to the table ``schema``.``table``."""

    schema: str
    table: str

    @property
    def parent(self) -> tuple[str, str]:
        """The schema and name of the table that it refers to."""
        return self.schema, self.table

    @property
    def shown(self) -> str:
        """That table's name for people."""
        return shown(self.schema, self.table)


@dataclass(frozen=True, slots=True)
class Index:
    """An index that no constraint made. ``key``: its columns, where it makes them unique in all rows; else empty."""

    name: str
    definition: str
    key: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """``timing`` is when and for what it fires: all of its definition but names."""

    name: str
    timing: str
    function: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a view of any ``kind``; of a partitioned table all partitions are this one.

    ``partition_key`` is what such a table is divided by: ``RANGE (created_at)``.
    """

    schema: str
    name: str
    kind: str
    comment: str
    partition_key: str
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Its schema and name."""
        return self.schema, self.name

    @property
    def shown(self) -> str:
        """Its name for people."""
        return shown(self.schema, self.name)

    @property
    def is_view(self) -> bool:
        """Whether a query stands behind it."""
        return self.kind.endswith("view")

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of its primary key, in order; empty where it has none."""
        return next((each.columns for each in self.constraints if each.kind == "primary key"), ())

    @property
    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """The sets of columns of which no two rows hold the same values."""
        keys = (each.columns for each in self.constraints if each.kind in {"primary key", "unique"})
        return (*keys, *(index.key for index in self.indexes if index.key))


@dataclass(frozen=True, slots=True)
class Enum:
    """A type with a list of labels, in their order."""

    schema: str
    name: str
    labels: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema of a database; tables and enums come by name."""

    name: str
    comment: str
    tables: tuple[Table, ...]
    enums: tuple[Enum, ...]
