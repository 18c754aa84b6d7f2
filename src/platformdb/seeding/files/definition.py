"""seed.toml and its reference files become one frozen Definition; every problem is found at once, with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from platformdb.errors import Place
from platformdb.seeding.files.reading import Reader
from platformdb.seeding.files.reference import Reference, read_reference
from platformdb.seeding.files.sources import FILE, Sources
from platformdb.seeding.files.story import MOST_ROWS, filled, read_story
from platformdb.seeding.generators import AnyGenerator
from platformdb.seeding.model import Definition, Table, Value
from platformdb.seeding.problems import Invalid, Problem
from platformdb.seeding.rows.conditions import Condition, Scalar
from platformdb.seeding.shape.distributions import FORBID, Share
from platformdb.seeding.shape.shapes import AnyShape
from platformdb.seeding.shape.times import Time

COMMON = ("nulls", "where", "given", "absent", "extension")
PARTS = ("links", "helpers", "columns")
LISTS = ("distinct", "differ", "require")
SETTINGS = {"extension": str, "reserved": str, "statistics": int}
TABLE = ("rows", "time", *PARTS, *LISTS, *SETTINGS)
TOP = ("start", "end", "rhythm", "profiles", "tables")
# PostgreSQL's own limit.
MOST_STATISTICS = 10_000
GENERATOR = Annotated[AnyGenerator, Field(discriminator="make")]
SHAPE = Annotated[AnyShape, Field(discriminator="shape")]


def read_definition(sources: Sources, profile: str, scale: float = 1.0, as_of: date | None = None) -> Definition:
    """The definition of one profile.

    Args:
        sources: the files.
        profile: whose numbers to take.
        scale: every whole number of the profile times this, at least 1.
        as_of: a date or an instant at which the story ends instead; its times move together.

    Raises:
        ConfigError: the scale is no number greater than 0.
        Invalid: with every problem of all the files.
    """
    reader = Reader(sources)
    raw = _toml(reader)
    reader.known_keys(raw, TOP, ())
    references = _references(reader)
    story = read_story(reader, raw, profile, scale, as_of)
    tables = {
        name: _table(reader, name, filled(reader, value, story, ("tables", name)))
        for name, value in reader.mapping(raw, "tables").items()
    }
    if reader.problems or story.calendar is None:
        raise Invalid(tuple(reader.problems))
    return Definition(FILE, sources.file, profile, story.calendar, tables, references, sources.contracts)


def _toml(reader: Reader) -> dict[str, Any]:
    try:
        return tomllib.loads(reader.sources.text)
    except tomllib.TOMLDecodeError as error:
        place = Place(reader.sources.file)
        raise Invalid((Problem(f"not valid TOML: {error}", place),)) from None


def _references(reader: Reader) -> dict[str, Reference]:
    found: dict[str, Reference] = {}
    for name, content in reader.sources.references.items():
        reference, problems = read_reference(name, f"{reader.sources.folder}/{name}", content)
        reader.problems.extend(problems)
        if reference is not None:
            found[name] = reference
    return found


def _table(reader: Reader, name: str, raw: Any) -> Table:
    key = ("tables", name)
    if not isinstance(raw, dict):
        reader.problem(key, "must be a table")
        raw = {"rows": {"shape": "independent", "count": 0}}
    reader.known_keys(raw, TABLE, key)
    parts = {part: dict(_values(reader, reader.mapping(raw, part, key), (*key, part))) for part in PARTS}
    _unique_names(reader, parts, key)
    lists = {part: reader.read(tuple[str, ...], raw.get(part, ()), (*key, part)) or () for part in LISTS}
    if len(lists["differ"]) not in (0, 2):
        reader.problem((*key, "differ"), "must name two links")
    shape = reader.read(SHAPE, raw.get("rows", {}), (*key, "rows"))
    _countable(reader, raw.get("rows"), (*key, "rows"))
    time = reader.read(Time, raw.get("time", {}), (*key, "time"))
    settings = {name: reader.read(kind, raw.get(name, kind()), (*key, name)) for name, kind in SETTINGS.items()}
    if not 0 <= (settings["statistics"] or 0) <= MOST_STATISTICS:
        reader.problem((*key, "statistics"), f"must be from 1 to {MOST_STATISTICS:,}")
    named: dict[str, Any] = {**parts, **lists, **settings}
    return Table(name=name, rows=shape, time=time, **named)


def _countable(reader: Reader, rows: Any, key: tuple[str, ...]) -> None:
    """A scale multiplies, and soon asks for more than can be."""
    sources = rows.get("of") if isinstance(rows, dict) else None
    for part in (rows, *(sources if isinstance(sources, list) else ())):
        for name in ("count", "total"):
            wanted = part.get(name) if isinstance(part, dict) else None
            if isinstance(wanted, int) and wanted > MOST_ROWS:
                reader.problem((*key, name), f"{wanted:,} rows: a table can have {MOST_ROWS:,}")


def _unique_names(reader: Reader, parts: Mapping[str, Mapping[str, Value]], key: tuple[str, ...]) -> None:
    seen = {"time": "built in"}
    for part, values in parts.items():
        for name in values:
            # A column may be called so; in paths it is the row's instant all the same.
            if name in seen and (part, name) != ("columns", "time"):
                reader.problem((*key, part, name), f"'{name}' is there already ({seen[name]})")
            seen[name] = part


def _values(reader: Reader, raw: Mapping[str, Any], key: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    for name, options in raw.items():
        if not isinstance(options, dict):
            reader.problem((*key, name), 'must be a table such as { make = "copy", of = "…" }')
            continue
        generator = {
            option: value for option, value in options.items() if option not in COMMON or _own(options, option)
        }
        common = {option: value for option, value in options.items() if option not in generator}
        made = reader.read(GENERATOR, generator, (*key, name))
        rest = reader.read(_Common, common, (*key, name))
        if rest is not None and rest.extension and key[-1] != "columns":
            reader.problem((*key, name, "extension"), "only tables and columns can need an extension")
        if made is not None and rest is not None:
            yield name, Value(made, rest.nulls, Condition(rest.where, rest.given, rest.absent), rest.extension)


def _own(options: Mapping[str, Any], option: str) -> bool:
    """The condition of those that look at other rows is about these, not about their own."""
    return options.get("make") in ("aggregate", "gather") and option not in ("nulls", "extension")


@dataclass(frozen=True, slots=True)
class _Common:
    nulls: Share = 0.0
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    extension: str = ""
    __pydantic_config__ = FORBID
