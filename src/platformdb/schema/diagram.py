"""A schema as an entity-relationship diagram in Mermaid, which GitHub and GitLab draw. Pure.

Names follow Mermaid's lexer for ``erDiagram`` (versions 10 to 12): what it would not read is quoted or replaced, and
then the comment behind the column has the true name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from platformdb.schema.model import Column, ForeignKey, Table

# With more tables than this, a diagram with columns is larger than any screen.
READABLE_TABLES = 12

_ENTITY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Words of the grammar, which a name may only be in quotes.
_RESERVED = frozenset(
    "class classdef direction end erdiagram many one only optionally style subgraph title to u zero".split()  # noqa: SIM905
)
_NOT_IN_ENTITY = re.compile(r'["%\\\s]+')
_NOT_IN_WORD = re.compile(r"[^A-Za-z0-9_\-\[\]()]")
_KEYS = frozenset({"pk", "fk", "uk"})
_SHORT_TYPES = (
    (re.compile(r"timestamp(\(\d\))? with time zone"), r"timestamptz\1"),
    (re.compile(r"timestamp(\(\d\))? without time zone"), r"timestamp\1"),
    (re.compile(r"time(\(\d\))? with time zone"), r"timetz\1"),
    (re.compile(r"time(\(\d\))? without time zone"), r"time\1"),
    (re.compile(r"character varying"), "varchar"),
)


def draw(tables: Sequence[Table], *, columns: bool | None = None) -> str:
    """The tables and what they refer to, as the text of an ``erDiagram``.

    A table that others refer to and that is not among ``tables`` is a box without columns. ``columns`` None draws them
    where the diagram stays readable.
    """
    drawn = [table for table in tables if not table.is_view]
    with_columns = len(drawn) <= READABLE_TABLES if columns is None else columns
    lines = ["erDiagram"]
    for table in drawn:
        lines += _entity(table) if with_columns else [] if _is_related(table, drawn) else [f"    {_named(table.shown)}"]
    relations = sorted(
        (key.shown, table.shown, key.columns, _relation(table, key)) for table in drawn for key in table.foreign_keys
    )
    lines += [relation for *_, relation in relations]
    return "\n".join(lines) + "\n"


def short_type(name: str) -> str:
    """How people write a type: ``timestamptz`` for ``timestamp with time zone``."""
    for pattern, short in _SHORT_TYPES:
        name = pattern.sub(short, name)
    return name


def _is_related(table: Table, tables: Iterable[Table]) -> bool:
    """Whether a relation will draw the box."""
    return bool(table.foreign_keys) or any(key.parent == table.key for each in tables for key in each.foreign_keys)


def _entity(table: Table) -> Iterator[str]:
    yield f"    {_named(table.shown)} {{"
    yield from (f"        {_attribute(table, column)}" for column in table.columns)
    yield "    }"


def _attribute(table: Table, column: Column) -> str:
    keys = [
        mark
        for mark, holds in (
            ("PK", column.name in table.primary_key),
            ("FK", any(column.name in key.columns for key in table.foreign_keys)),
            ("UK", (column.name,) in table.unique_keys and (column.name,) != table.primary_key),
        )
        if holds
    ]
    name = _word(column.name)
    remarks = [column.name.replace('"', "'")] if name != column.name else []
    remarks += ["nullable"] if column.nullable else []
    comment = f'"{", ".join(remarks)}"' if remarks else ""
    return " ".join(filter(None, (_word(short_type(column.type)), name, ", ".join(keys), comment)))


def _relation(table: Table, key: ForeignKey) -> str:
    """Parent first. The child's end says how many rows may refer to one, the parent's whether each must."""
    optional = any(column.nullable for column in table.columns if column.name in key.columns)
    alone = any(set(unique) <= set(key.columns) for unique in table.unique_keys)
    ends = f"{'|o' if optional else '||'}--{'o|' if alone else 'o{'}"
    label = _NOT_IN_ENTITY.sub(" ", ", ".join(key.columns))
    return f'    {_named(key.shown)} {ends} {_named(table.shown)} : "{label}"'


def _named(name: str) -> str:
    if _ENTITY.fullmatch(name) and name.casefold() not in _RESERVED:
        return name
    return f'"{_NOT_IN_ENTITY.sub("_", name)}"'


def _word(name: str) -> str:
    word = _NOT_IN_WORD.sub("_", name)
    return f"_{word}" if word.casefold() in _KEYS or not re.match("[A-Za-z_]", word) else word
