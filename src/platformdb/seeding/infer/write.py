"""A seed.toml as text, for people to go on with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from platformdb.seeding.infer.model import Inferred, Options, Outline

BARE = re.compile(r"[A-Za-z0-9_-]+")


def write(inferred: Inferred, database: str) -> str:
    """The text of the file."""
    return "\n".join(_lines(inferred, database)) + "\n"


def _lines(inferred: Inferred, database: str) -> Iterator[str]:
    story = inferred.story
    yield f"# What fills {' '.join(database.split())}: inferred from its schema by platformdb seed infer, to be edited."
    yield "# The manual's page on seeding explains the format."
    yield ""
    yield f"start = {toml(story.start)}"
    yield f"end = {toml(story.end)}"
    for name, numbers in story.profiles.items():
        yield f"\n[profiles.{toml_key(name)}]"
        yield from (f"{key} = {value:_}" for key, value in numbers.items())
    if inferred.left_out:
        yield "\n# Left out, because no rows are known that would be accepted:"
        yield from (f"#   {' '.join(f'{name}: {why}'.split())}" for name, why in sorted(inferred.left_out.items()))
    for table in inferred.tables:
        yield ""
        yield from _table(table)


def _table(table: Outline) -> Iterator[str]:
    key = f"tables.{toml_key(table.name)}"
    yield f"[{key}]"
    yield f"rows = {toml(table.rows)}"
    for name in ("distinct", "differ", "require"):
        if listed := getattr(table, name):
            yield f"{name} = {toml(list(listed))}"
    for part in ("links", "helpers", "columns"):
        values: Mapping[str, Options] = getattr(table, part)
        if values:
            yield f"\n[{key}.{part}]"
            yield from (f"{toml_key(name)} = {toml(options)}" for name, options in values.items())


def toml_key(name: str) -> str:
    """A key, quoted where it must be."""
    return name if BARE.fullmatch(name) else _quoted(name)


def toml(value: object) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{toml_key(key)} = {toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(item) for item in value)}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value) if abs(value) < 10_000 else f"{value:_}"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case float():
            return repr(value)
    return _quoted(str(value))


def _quoted(value: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for the surrogates, and DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
