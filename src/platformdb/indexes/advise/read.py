"""What the database holds that bears on its indexes: tables, indexes, views, routines, foreign keys."""

from __future__ import annotations

from dataclasses import dataclass

from platformdb.indexes.advise.model import Column, Index, Key, Table
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.sqltext.usages import Relations

PACKAGE = "platformdb.indexes.advise"


@dataclass(frozen=True, slots=True)
class Routine:
    """A function or procedure of the users' own; ``body`` is in ``language``."""

    name: str
    language: str
    body: str


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key. ``deletes``: its parents are meant to be deleted, for it says what becomes of the rows then."""

    name: str
    table: str
    parent: str
    columns: tuple[str, ...]
    often_null: tuple[str, ...]
    deletes: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """The database as advice needs it. ``writable`` names the columns of each table that an INSERT may give."""

    tables: dict[str, Table]
    writable: dict[str, tuple[str, ...]]
    relations: Relations
    routines: tuple[Routine, ...]
    foreign_keys: tuple[ForeignKey, ...]
    extensions: frozenset[str]


def read_facts(connection: Connection) -> Facts:
    """Everything but the indexes, which change while proposals are tried."""
    rows = connection.execute(query("tables", PACKAGE)).fetchall()
    views = connection.execute(query("views", PACKAGE)).fetchall()
    tables: dict[str, Table] = {}
    visible = {name.rpartition(".")[2]: name for name, _, shown in views if shown}
    writable: dict[str, tuple[str, ...]] = {}
    for name, _, spelled, shown, count, columns, spellings, types, distinct, widths, given in rows:
        parts = zip(columns, spellings, types, distinct, widths, strict=True)
        tables[name] = Table(name, spelled, count, tuple(Column(*part) for part in parts))
        writable[name] = tuple(column for column, may in zip(spellings, given, strict=True) if may)
        visible |= {name.rpartition(".")[2]: name} if shown else {}
    return Facts(
        tables,
        writable,
        Relations(
            {name: {column.name: column.type for column in table.columns} for name, table in tables.items()},
            {name: body for name, body, _ in views},
            visible,
        ),
        tuple(Routine(*row) for row in connection.execute(query("functions", PACKAGE))),
        tuple(
            ForeignKey(name, table, parent, tuple(columns), tuple(often), deletes)
            for name, table, parent, columns, often, deletes in connection.execute(query("foreign_keys", PACKAGE))
        ),
        read_installed_extensions(connection),
    )


def read_indexes(connection: Connection) -> dict[str, tuple[Index, int]]:
    """The indexes by name, in the server's own spelling, with their bytes."""
    found = {}
    for (
        name,
        table,
        method,
        unique,
        constraint,
        keys,
        included,
        options,
        classes,
        predicate,
        size,
    ) in connection.execute(query("indexes", PACKAGE)):
        parts = zip(keys, options[: len(keys)], classes[: len(keys)], strict=True)
        ordered = tuple(_key(text, option, opclass) for text, option, opclass in parts)
        found[name] = (Index(table, ordered, method, tuple(included), predicate, name, unique, constraint), size)
    return found


def _key(text: str, option: int, opclass: str) -> Key:
    """The two lowest bits of its option: sorted downward, NULLs first."""
    descending, first = bool(option & 1), bool(option & 2)
    return Key(text, descending, "" if first == descending else ("first" if first else "last"), opclass)
