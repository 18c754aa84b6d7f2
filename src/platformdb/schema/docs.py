"""A database's schema as a page in Markdown: a diagram, and then every table. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from platformdb.schema.diagram import draw, short_type
from platformdb.schema.model import Column, Enum, ForeignKey, Schema, Table

Row = Sequence[str]


def write_page(schemas: Sequence[Schema], *, columns: bool | None = None) -> str:
    """One page; a schema is a part of it, with its diagram, its tables and its enums.

    Nothing in it depends on when, where or by whom it was made, nor on the database's name: it changes with the schema.
    """
    parts = ["# Database schema", *(part for schema in schemas for part in _schema(schema, columns=columns))]
    return "\n\n".join(parts) + "\n"


def fenced(diagram: str) -> str:
    """A diagram as a block of Markdown."""
    return f"```mermaid\n{diagram}```"


def table_of(head: Row, rows: Iterable[Row]) -> str:
    """A table of Markdown; of columns that are empty in all rows nothing is shown."""
    found = [tuple(row) for row in rows]
    shown = [number for number in range(len(head)) if any(row[number] for row in found)]
    top, *lines = ("| " + " | ".join(line[number] for number in shown) + " |" for line in (head, *found))
    return "\n".join((top, "|---" * len(shown) + "|", *lines))


def code(text: str) -> str:
    """Code for a cell of a table."""
    one_line = " ".join(text.split()).replace("|", r"\|")
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", one_line)), default=0))
    pad = " " if "`" in one_line else ""
    return f"{ticks}{pad}{one_line}{pad}{ticks}" if one_line else ""


def prose(text: str) -> str:
    """A comment for a cell of a table, or a paragraph: one line, in which nothing vanishes as a tag."""
    return re.sub(r"([|*<])", r"\\\1", " ".join(text.split()))


def _schema(schema: Schema, *, columns: bool | None) -> Iterator[str]:
    yield f"## {prose(schema.name)}"
    if schema.comment:
        yield prose(schema.comment)
    if any(not table.is_view for table in schema.tables):
        yield fenced(draw(schema.tables, columns=columns))
    if schema.tables:
        yield table_of(("name", "kind", "what it holds"), map(_contents, schema.tables))
    for table in schema.tables:
        yield from _table(table)
    if schema.enums:
        yield f"### Enums of {prose(schema.name)}"
        yield table_of(("enum", "labels", "what it is"), map(_enum, schema.enums))


def _contents(table: Table) -> Row:
    return _link(table.shown), table.kind, prose(table.comment)


def _enum(enum: Enum) -> Row:
    return code(enum.name), ", ".join(map(code, enum.labels)), prose(enum.comment)


def _table(table: Table) -> Iterator[str]:
    yield f"### {prose(table.shown)}"
    if table.comment:
        yield prose(table.comment)
    if table.partition_key:
        yield f"Partitioned by {code(table.partition_key)}."
    yield table_of(
        ("column", "type", "null", "default", "refers to", "what it is"),
        (_column(column, table.foreign_keys) for column in table.columns),
    )
    if rules := (*table.constraints, *table.foreign_keys):
        yield table_of(("constraint", "definition"), ((code(each.name), code(each.definition)) for each in rules))
    if table.indexes:
        yield table_of(
            ("index", "definition", "what it is for"),
            ((code(each.name), code(_method(each.definition)), prose(each.comment)) for each in table.indexes),
        )
    if table.triggers:
        yield table_of(
            ("trigger", "fires", "calls"),
            ((code(each.name), code(each.timing), code(each.function)) for each in table.triggers),
        )


def _column(column: Column, keys: Sequence[ForeignKey]) -> Row:
    parents = dict.fromkeys(key.shown for key in keys if column.name in key.columns)
    return (
        code(column.name),
        code(short_type(column.type)),
        "yes" if column.nullable else "no",
        code(column.default),
        ", ".join(map(_link, parents)),
        prose(column.comment),
    )


def _method(definition: str) -> str:
    """Of an index's definition what people look for: that it is unique, its method, columns and condition."""
    unique = "UNIQUE " if definition.startswith("CREATE UNIQUE") else ""
    return unique + definition.partition(" USING ")[2]


def _link(heading: str) -> str:
    """A link to a heading of the page, by the anchor that GitHub and GitLab give it."""
    anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
    return f"[{prose(heading)}](#{anchor})"
