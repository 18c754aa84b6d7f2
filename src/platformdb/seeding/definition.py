"""seed.toml and its reference files become one frozen Definition; every problem is found at once, with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from platformdb.errors import Place
from platformdb.seeding.conditions import Condition, Scalar
from platformdb.seeding.distributions import FORBID
from platformdb.seeding.generators import AnyGenerator
from platformdb.seeding.model import Definition, Table, Value
from platformdb.seeding.places import find_line
from platformdb.seeding.problems import Invalid, Problem
from platformdb.seeding.reference import Reference, read_reference
from platformdb.seeding.shapes import AnyShape
from platformdb.seeding.sources import FILE, Sources
from platformdb.seeding.times import Calendar, Time

COMMON = ("nulls", "where", "given", "absent", "extension")
NUMBER = re.compile(r"\$[a-z][a-z0-9_]*")
PARTS = ("links", "helpers", "columns")
LISTS = ("distinct", "differ", "require")
TABLE = ("rows", "time", *PARTS, *LISTS, "extension")
TOP = ("start", "end", "rhythm", "profiles", "tables")


@dataclass(slots=True)
class _Reader:
    """Reads parts of the file and collects what is wrong with them."""

    sources: Sources
    problems: list[Problem] = field(default_factory=list)

    def problem(self, key: tuple[str, ...], message: str) -> None:
        line = find_line(self.sources.text, key)
        self.problems.append(Problem(message, Place(self.sources.file, line), ".".join(key)))

    def read(self, adapter: Any, value: object, key: tuple[str, ...]) -> Any:
        """The value as the adapter has it, or None with the problems noted."""
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            for item in error.errors(include_input=False, include_url=False):
                # Union tags ("uuid7") are in pydantic's path and not in the file.
                self.problem((*key, *_path(item["loc"], value)), _message(item))
        return None

    def known_keys(self, values: Mapping[str, Any], known: tuple[str, ...], key: tuple[str, ...]) -> None:
        for name in values:
            if name not in known:
                self.problem((*key, name), f"unknown key; known here: {', '.join(known)}")


def read_definition(sources: Sources, profile: str) -> Definition:
    """The definition of one profile.

    Raises:
        Invalid: with every problem of all the files.
    """
    reader = _Reader(sources)
    raw = _toml(reader)
    reader.known_keys(raw, TOP, ())
    references = _references(reader)
    numbers = _profile(reader, raw, profile)
    calendar = _calendar(reader, raw)
    tables = {
        name: _table(reader, name, _with_numbers(reader, value, numbers, ("tables", name)))
        for name, value in _mapping(reader, raw, "tables", ()).items()
    }
    if reader.problems or calendar is None:
        raise Invalid(tuple(reader.problems))
    return Definition(FILE, sources.file, profile, calendar, tables, references)


def _toml(reader: _Reader) -> dict[str, Any]:
    try:
        return tomllib.loads(reader.sources.text)
    except tomllib.TOMLDecodeError as error:
        place = Place(reader.sources.file)
        raise Invalid((Problem(f"not valid TOML: {error}", place),)) from None


def _references(reader: _Reader) -> dict[str, Reference]:
    found: dict[str, Reference] = {}
    for name, content in reader.sources.references.items():
        reference, problems = read_reference(name, f"{reader.sources.folder}/{name}", content)
        reader.problems.extend(problems)
        if reference is not None:
            found[name] = reference
    return found


def _profile(reader: _Reader, raw: Mapping[str, Any], profile: str) -> Mapping[str, Any]:
    profiles = _mapping(reader, raw, "profiles", ())
    names = {name for numbers in profiles.values() if isinstance(numbers, dict) for name in numbers}
    for key, numbers in profiles.items():
        for name in sorted(names - set(numbers)):
            reader.problem(("profiles", key), f"'{name}' is missing, which another profile has")
        for name, value in numbers.items():
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                reader.problem(("profiles", key, name), "must be a number")
    if profile not in profiles:
        reader.problem(("profiles",), f"there is no profile '{profile}', only {', '.join(profiles) or 'none'}")
    return dict(profiles.get(profile, dict.fromkeys(names, 0)))


def _mapping(reader: _Reader, values: Mapping[str, Any], name: str, key: tuple[str, ...]) -> dict[str, Any]:
    found = values.get(name, {})
    if isinstance(found, dict):
        return found
    reader.problem((*key, name), "must be a table")
    return {}


def _calendar(reader: _Reader, raw: Mapping[str, Any]) -> Calendar | None:
    instants: list[int] = []
    for name in ("start", "end"):
        value = raw.get(name)
        if isinstance(value, datetime) and value.tzinfo is not None:
            instants.append(round(value.timestamp() * 1_000_000))
        else:
            reader.problem((name,), "must be a date and time with offset, for example 2025-01-01T00:00:00Z")
    rhythm = reader.read(_adapter(tuple[float, ...]), raw.get("rhythm", ()), ("rhythm",))
    if len(instants) < 2 or rhythm is None:
        return None
    try:
        return Calendar(instants[0], instants[1], rhythm)
    except ValueError as error:
        reader.problem(("end" if "end" in str(error) else "rhythm",), str(error))
        return None


def _with_numbers(reader: _Reader, value: Any, numbers: Mapping[str, Any], key: tuple[str, ...]) -> Any:
    """The same with every text "$name" replaced by the profile's number."""
    if isinstance(value, dict):
        return {name: _with_numbers(reader, item, numbers, (*key, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(reader, item, numbers, key) for item in value]
    if not isinstance(value, str) or not NUMBER.fullmatch(value):
        return value
    if value[1:] not in numbers:
        reader.problem(key, f"the profiles have no number '{value[1:]}', only {', '.join(numbers) or 'none'}")
    return numbers.get(value[1:], 0)


def _table(reader: _Reader, name: str, raw: Any) -> Table:
    key = ("tables", name)
    if not isinstance(raw, dict):
        reader.problem(key, "must be a table")
        raw = {"rows": {"shape": "independent", "count": 0}}
    reader.known_keys(raw, TABLE, key)
    parts = {part: dict(_values(reader, _mapping(reader, raw, part, key), (*key, part))) for part in PARTS}
    _unique_names(reader, parts, key)
    lists = {part: reader.read(_adapter(tuple[str, ...]), raw.get(part, ()), (*key, part)) or () for part in LISTS}
    if len(lists["differ"]) not in (0, 2):
        reader.problem((*key, "differ"), "must name two links")
    shape = reader.read(_shapes(), raw.get("rows", {}), (*key, "rows"))
    time = reader.read(_adapter(Time), raw.get("time", {}), (*key, "time"))
    extension = reader.read(_adapter(str), raw.get("extension", ""), (*key, "extension"))
    named: dict[str, Any] = {**parts, **lists}
    return Table(name=name, rows=shape, time=time, extension=extension, **named)


def _unique_names(reader: _Reader, parts: Mapping[str, Mapping[str, Value]], key: tuple[str, ...]) -> None:
    seen = {"time": "built in"}
    for part, values in parts.items():
        for name in values:
            if name in seen:
                reader.problem((*key, part, name), f"'{name}' is there already ({seen[name]})")
            seen[name] = part


def _values(reader: _Reader, raw: Mapping[str, Any], key: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    for name, options in raw.items():
        if not isinstance(options, dict):
            reader.problem((*key, name), 'must be a table such as { make = "copy", of = "…" }')
            continue
        generator = {
            option: value for option, value in options.items() if option not in COMMON or _own(options, option)
        }
        common = {option: value for option, value in options.items() if option not in generator}
        made = reader.read(_generators(), generator, (*key, name))
        rest = reader.read(_adapter(_Common), common, (*key, name))
        if rest is not None and rest.extension and key[-1] != "columns":
            reader.problem((*key, name, "extension"), "only tables and columns can need an extension")
        if made is not None and rest is not None:
            yield name, Value(made, rest.nulls, Condition(rest.where, rest.given, rest.absent), rest.extension)


def _own(options: Mapping[str, Any], option: str) -> bool:
    """The condition of those that look at other rows is about these, not about their own."""
    return options.get("make") in ("aggregate", "gather") and option not in ("nulls", "extension")


@dataclass(frozen=True, slots=True)
class _Common:
    nulls: float = 0.0
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    extension: str = ""
    __pydantic_config__ = FORBID


@cache
def _adapter(kind: Any) -> Any:
    return TypeAdapter(kind)


@cache
def _generators() -> Any:
    return TypeAdapter(Annotated[AnyGenerator, Field(discriminator="make")])


@cache
def _shapes() -> Any:
    return TypeAdapter(Annotated[AnyShape, Field(discriminator="shape")])


def _path(location: tuple[int | str, ...], value: object) -> list[str]:
    """The path which pydantic names, as far as it is one in the file."""
    path: list[str] = []
    for part in location:
        known = part in value if isinstance(value, dict) else isinstance(value, list) and isinstance(part, int)
        if known:
            path.append(str(part))
            value = value[part]  # type: ignore[index]
    return path


def _message(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    missing = item["type"] in ("missing", "unexpected_keyword_argument") and str(item["loc"][-1])
    return f"{missing}: {message}" if missing else message
