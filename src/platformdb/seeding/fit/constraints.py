"""What a table's constraints ask of its rows, as the catalog has them; expressions are PostgreSQL's own text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK: of a table, or of a domain, whose expression calls the value VALUE.

    ``holder`` is the table or the domain that it belongs to. ``validated``: no row from before it may be against it.
    """

    name: str
    expression: str
    columns: tuple[str, ...] = ()
    holder: str = ""
    validated: bool = True


@dataclass(frozen=True, slots=True)
class Unique:
    """A primary key, a UNIQUE constraint or a unique index.

    ``columns`` are names, and expressions where ``plain`` is false. It holds for the rows that meet ``where``.
    ``nulls_distinct``: rows with a NULL in it are never equal. ``overlaps``: its last column is a range, of which no
    two may overlap (WITHOUT OVERLAPS). ``constraint``: not only an index.
    """

    name: str
    columns: tuple[str, ...]
    primary: bool = False
    constraint: bool = True
    deferrable: bool = False
    nulls_distinct: bool = True
    overlaps: bool = False
    plain: bool = True
    where: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key: ``columns`` hold what the ``referenced`` columns of a row of ``table`` hold.

    ``table`` is the name that seed.toml calls it. ``full``: MATCH FULL, all of its columns are NULL or none is.
    """

    name: str
    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]
    deferrable: bool = False
    full: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An EXCLUDE constraint: in no two rows all of its elements compare as true by their operators.

    ``columns`` has "" for an element that is an expression.
    """

    name: str
    columns: tuple[str, ...]
    operators: tuple[str, ...]
    definition: str
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition that holds rows itself: those for which ``expression`` is true; ``bounds`` is what was declared."""

    name: str
    bounds: str
    expression: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How a table is partitioned: by ``range``, ``list`` or ``hash``, and the partitions at the end of the tree."""

    strategy: str
    columns: tuple[str, ...]
    partitions: tuple[Partition, ...] = ()


def declared_length(kind: str, modifier: int) -> int | None:
    """How many characters or bits a type takes at most, by its modifier as pg_attribute has it (atttypmod)."""
    if modifier < 0 or kind not in ("varchar", "bpchar", "bit", "varbit"):
        return None
    return modifier if kind.endswith("bit") else modifier - 4


def declared_digits(kind: str, modifier: int) -> tuple[int, int] | None:
    """How many digits a numeric has at most, and how many of them after the point (below 0: whole tens, hundreds …)."""
    if modifier < 0 or kind != "numeric":
        return None
    packed = modifier - 4
    return packed >> 16 & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024
