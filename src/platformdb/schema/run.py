"""Pictures and pages of a live database."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from pathlib import Path

from platformdb.errors import ConfigError, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.model import Report
from platformdb.report.model import Table as Grid
from platformdb.report.words import counted
from platformdb.schema.diagram import draw
from platformdb.schema.docs import write_page
from platformdb.schema.model import Schema, Table
from platformdb.schema.read import read_schemas


class Form(enum.StrEnum):
    """What a schema can be written as."""

    MERMAID = "mermaid"
    MARKDOWN = "markdown"


FORM_OF_SUFFIX = {".md": Form.MARKDOWN, ".markdown": Form.MARKDOWN, ".mmd": Form.MERMAID, ".mermaid": Form.MERMAID}


def describe_schema(
    target: Target,
    *,
    form: Form | None = None,
    tables: Sequence[str] = (),
    columns: bool | None = None,
    output: Path | None = None,
) -> Report:
    """The schema of a live database: a list of its tables, or a document of this form. Changes nothing in it.

    Args:
        target: the database.
        form: of the document; None lists the tables, or is what the name of ``output`` ends in.
        tables: patterns such as ``post*`` or ``archive.*``; only what one of them fits is shown.
        columns: whether diagrams have them; None: where they stay readable.
        output: the file to write the document to, over what is there.

    Raises:
        ConfigError: a pattern fits no table, or it is not clear what to write.
        Refused: the file cannot be written.
    """
    wanted = form or _form_of(output)
    with connect(target) as connection:
        schemas = _chosen(read_schemas(connection), tables)
        database = connection.info.dbname
    text = _document(schemas, wanted, columns=columns) if wanted else None
    if output and text is not None:
        _write(output, text)
    found = [table for schema in schemas for table in schema.tables]
    report = Report(
        _said(schemas) + (f", written to {output}" if output else ""),
        tables=() if output or not found else (_grid(found),),
        data={"database": database, "schemas": [asdict(schema) for schema in schemas]},
    )
    return report if output or text is None else replace(report, raw=text.removesuffix("\n"))


def _form_of(output: Path | None) -> Form | None:
    if output is None:
        return None
    if output.suffix not in FORM_OF_SUFFIX:
        raise ConfigError(
            f"what shall {output} hold?", help="call it NAME.md or NAME.mmd, or say --format markdown or mermaid"
        )
    return FORM_OF_SUFFIX[output.suffix]


def _chosen(schemas: Sequence[Schema], patterns: Sequence[str]) -> tuple[Schema, ...]:
    """The schemas with those tables only that a pattern fits; with their enums where nothing was asked for."""
    if not patterns:
        return tuple(schemas)
    names = [table.shown for schema in schemas for table in schema.tables]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ConfigError(
                f"no table fits '{pattern}'", help="patterns are like posts, post* or archive.*; * and ? as in a shell"
            )
    fit = [
        replace(schema, enums=(), tables=tuple(table for table in schema.tables if _fits(table, patterns)))
        for schema in schemas
    ]
    return tuple(schema for schema in fit if schema.tables)


def _fits(table: Table, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(table.shown, pattern) for pattern in patterns)


def _document(schemas: Sequence[Schema], form: Form, *, columns: bool | None) -> str:
    if form is Form.MERMAID:
        return draw([table for schema in schemas for table in schema.tables], columns=columns)
    return write_page(schemas, columns=columns)


def _said(schemas: Sequence[Schema]) -> str:
    tables = [table for schema in schemas for table in schema.tables]
    views = sum(table.is_view for table in tables)
    numbers = {"view": views, "enum": sum(len(schema.enums) for schema in schemas)}
    more = (counted(number, what) for what, number in numbers.items() if number)
    return ", ".join((counted(len(tables) - views, "table"), *more))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"cannot write {path}: {error.strerror}", help="choose another file") from None


def _grid(tables: Sequence[Table]) -> Grid:
    rows = tuple(
        (
            table.shown,
            table.kind,
            len(table.columns),
            ", ".join(dict.fromkeys(key.shown for key in table.foreign_keys)),
            " ".join(table.comment.split()),
        )
        for table in tables
    )
    return Grid("tables", ("name", "kind", "columns", "refers to", "what it holds"), rows)
