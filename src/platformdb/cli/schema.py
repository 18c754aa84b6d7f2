"""schema: what a database holds, for people to look at."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from platformdb.cli.frame import READING_OPTIONS, Run, command
from platformdb.postgres.providers import open_target
from platformdb.report.model import Report


class DocsFormat(enum.StrEnum):
    """How a schema is printed."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"
    MARKDOWN = "markdown"


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    schema = typer.Typer(name="schema", help="What a database holds: diagrams and pages", no_args_is_help=True)
    command(schema, "docs", options=READING_OPTIONS, formats=DocsFormat)(schema_docs)
    app.add_typer(schema)


def schema_docs(
    run: Run,
    tables: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Only the tables that fit, such as post* or archive.*; repeatable."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page (.md) or a diagram (.mmd), over what is there.")
    ] = None,
    *,
    columns: Annotated[
        bool | None,
        typer.Option("--columns/--no-columns", help="Columns in diagrams [default: of up to 12 tables]."),
    ] = None,
) -> Report:
    """Show the schema of a live database: its tables, an ER diagram or a page. Changes nothing."""
    from platformdb.schema.run import Form, describe_schema

    form = Form(run.format) if run.format in set(Form) else None
    with open_target(run.config, run.observer, database=run.database) as target:
        return describe_schema(target, form=form, tables=tables or (), columns=columns, output=output)
