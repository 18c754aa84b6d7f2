"""What a query asks of its tables, as values: the columns that it seeks, sorts by and shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Relations:
    """What a query's names may mean.

    ``tables`` has each table's columns with their types, by its name with schema; ``views`` each view's query.
    ``visible`` says what a bare name means by the search path.
    """

    tables: Mapping[str, Mapping[str, str]]
    views: Mapping[str, str] = field(default_factory=dict)
    visible: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """A column, or an expression over the columns of one table; ``text`` is it in SQL, without the table's name.

    ``column`` is the column's name where it is nothing but a column.
    """

    text: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A term that rows are sorted by; ``nulls`` is "first" or "last" where that is not the direction's own."""

    term: Term
    descending: bool = False
    nulls: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What a B-tree cannot look up: words, elements, keys of a document, a nearest neighbour, parts of a text.

    Where the server lacks ``extension`` no index can help.
    """

    method: str
    term: Term
    opclass: str = ""
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """How one query reads one table in one place.

    ``equal`` is compared with a parameter, ``fixed`` with a constant, ``joined`` with another table; ``ranged`` has an
    upper or a lower bound. ``conditions`` are those that hold for every parameter, so that an index may be over just
    these rows. ``order`` is how the rows are sorted or grouped, as far as this table decides. ``needed`` names all
    columns that are read; ``limited`` says that not all rows are wanted.
    """

    table: str
    equal: tuple[Term, ...] = ()
    fixed: tuple[Term, ...] = ()
    joined: tuple[Term, ...] = ()
    ranged: tuple[Term, ...] = ()
    order: tuple[Sorted, ...] = ()
    conditions: tuple[str, ...] = ()
    searches: tuple[Search, ...] = ()
    needed: tuple[str, ...] = ()
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A table that a statement writes: the columns that an UPDATE sets; none where it inserts or deletes."""

    table: str
    columns: tuple[str, ...] = ()
    inserts: bool = False
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A parameter and the column that it is compared with, or written to.

    ``operator`` is SQL's; "any" where the parameter is an array, "limit" or "offset" where it counts rows.
    """

    parameter: int
    table: str
    column: str
    operator: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query asks of the database's tables."""

    usages: tuple[Usage, ...] = ()
    written: tuple[Written, ...] = ()
    compared: tuple[Compared, ...] = ()
