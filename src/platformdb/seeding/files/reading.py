"""Reads parts of seed.toml with pydantic, and collects what is wrong with them, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from platformdb.errors import Place
from platformdb.seeding.files.places import find_line
from platformdb.seeding.files.sources import Sources
from platformdb.seeding.problems import Problem


@dataclass(slots=True)
class Reader:
    """Reads parts of the file and collects what is wrong with them."""

    sources: Sources
    problems: list[Problem] = field(default_factory=list)

    def problem(self, key: tuple[str, ...], message: str) -> None:
        """Notes that something is wrong at a key."""
        line = find_line(self.sources.text, key)
        self.problems.append(Problem(message, Place(self.sources.file, line), ".".join(key)))

    def read(self, kind: Any, value: object, key: tuple[str, ...]) -> Any:
        """The value as the type has it, or None with the problems noted."""
        try:
            return adapter(kind).validate_python(value)
        except ValidationError as error:
            for item in error.errors(include_input=False, include_url=False):
                # Union tags ("uuid7") are in pydantic's path and not in the file.
                self.problem((*key, *_path(item["loc"], value)), _message(item))
        return None

    def mapping(self, values: Mapping[str, Any], name: str, key: tuple[str, ...] = ()) -> dict[str, Any]:
        """The TOML table of that name, empty where there is none."""
        found = values.get(name, {})
        if isinstance(found, dict):
            return found
        self.problem((*key, name), "must be a table")
        return {}

    def known_keys(self, values: Mapping[str, Any], known: tuple[str, ...], key: tuple[str, ...]) -> None:
        """Notes every key that means nothing here."""
        for name in values:
            if name not in known:
                self.problem((*key, name), f"unknown key; known here: {', '.join(known)}")


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """The reader of a type, made once."""
    return TypeAdapter(kind)


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
