"""Reads counters.toml."""

from __future__ import annotations

import tomllib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from platformdb.counters.model import Counter
from platformdb.errors import Place, Refused
from platformdb.project import Platform
from platformdb.sqltext.source import Source, read_source
from platformdb.sqltext.statements import split

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    table: Text
    key: Text
    column: Text
    query: Text
    reason: Text


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    counter: list[_Entry]


def read_counters(platform: Platform) -> tuple[Counter, ...]:
    """The platform's counters; none where it has no counters.toml.

    Raises:
        Refused: the file or one of its queries is wrong; with every problem.
    """
    path = platform.sql / "counters.toml"
    if not path.is_file():
        return ()
    source = read_source(path, platform.shown(path))
    try:
        entries = _File.model_validate(tomllib.loads(source.text)).counter
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise Refused(f"{source.name} is not right", place=Place(source.name), detail=_explained(error)) from None
    return tuple(Counter(**entry.model_dump(exclude={"query"}), query=_one_select(source, entry)) for entry in entries)


def _explained(error: tomllib.TOMLDecodeError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return "\n".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
    return str(error)


def _one_select(source: Source, entry: _Entry) -> str:
    """The query without its semicolon, having checked that it is one SELECT."""
    statements = split(Source(f"{source.name} ({entry.table}.{entry.column})", entry.query))
    if [statement.kind for statement in statements] != ["select_stmt"]:
        raise Refused(
            f"the query of {entry.table}.{entry.column} must be one SELECT",
            place=Place(source.name),
            help="return two columns, key and value",
        )
    return statements[0].sql
