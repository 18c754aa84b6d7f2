"""JSON documents from a JSON Schema, as pydantic writes it for a model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from platformdb.seeding.problems import Misfit
from platformdb.seeding.words.forms import said
from platformdb.seeding.words.patterns import read_pattern
from platformdb.seeding.words.wording import FORMATS, Dice, named, of_length, usual

# Deeper than this only what must be there is made.
DEEP = 5
DEEPEST = 40
OPTIONAL, USUAL, NOTHING, WILD = 0.75, 0.3, 0.15, 0.6
# How many of what may be as many as one likes; how often the next is tried where all must differ.
FEW, PATIENCE = 4, 20
ANYTHING = ["string", "string", "integer", "boolean"]
Schema = Mapping[str, Any]
Path = tuple[str | int, ...]


class Documents:
    """Makes documents of one schema; what is at the paths of ``fixed`` is not made.

    ``wild``: texts that may be anything are addresses, colours and dates as well, for models whose validators ask
    for more than their schema says.
    """

    def __init__(self, schema: Schema, dice: Dice, fixed: Mapping[Path, Any] | None = None) -> None:
        self.schema = schema
        self.dice = dice
        self.fixed = fixed or {}
        self.wild = False
        self._made: dict[Path, Schema] = {}

    def document(self) -> Any:
        """A document.

        Raises:
            Misfit: the schema cannot be met, or asks for what is not understood.
        """
        self._made = {}
        return self._value(self.schema, ())

    def again(self, document: Any, path: Path) -> Any:
        """The same document with another value at a path, or around it where nothing was made for it alone."""
        while path and path not in self._made:
            path = path[:-1]
        if not path:
            return self.document()
        inner = document
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = self._value(self._made[path], path)
        return document

    def _value(self, schema: Schema, path: Path) -> Any:
        if len(path) > DEEPEST:
            raise Misfit("the model contains itself without an end")
        if path in self.fixed:
            return self.fixed[path]
        self._made[path] = schema
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.dice.one_of(schema["enum"])
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self._value({**_but(schema, "anyOf", "oneOf"), **self._option(options, path)}, path)
        kind = schema.get("type", "object" if "properties" in schema else ANYTHING)
        return self._typed(kind if isinstance(kind, str) else self.dice.one_of(kind), schema, path)

    def _typed(self, kind: str, schema: Schema, path: Path) -> Any:
        match kind:
            case "object":
                return self._object(schema, path)
            case "array":
                return self._array(schema, path)
            case "integer" | "number":
                return self._number(schema, whole=kind == "integer")
            case "boolean":
                return self.dice.share() < 0.5
            case "null":
                return None
            case _:
                return self._text(schema, next((part for part in reversed(path) if isinstance(part, str)), ""))

    def _resolved(self, schema: Schema) -> Schema:
        """References followed, and parts that must hold together put together."""
        for part in (*(schema.get("allOf", ())), *([schema["$ref"]] if "$ref" in schema else ())):
            found = self.schema["$defs"][part.rpartition("/")[2]] if isinstance(part, str) else part
            own = _but(schema, "allOf", "$ref")
            schema = {**self._resolved(found), **own}
        return schema

    def _option(self, options: Sequence[Schema], path: Path) -> Schema:
        nothing = [option for option in options if option.get("type") == "null"]
        something = [option for option in options if option.get("type") != "null"]
        if nothing and (not something or len(path) >= DEEP or self.dice.share() < NOTHING):
            return nothing[0]
        plain = [option for option in something if "$ref" not in option and option.get("type") != "array"]
        return self._resolved(self.dice.one_of(plain if plain and len(path) >= DEEP else something))

    def _object(self, schema: Schema, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            if name in required or (len(path) < DEEP and self.dice.share() < OPTIONAL):
                usual = "default" in member and self.dice.share() < USUAL
                made[name] = member["default"] if usual else self._value(member, (*path, name))
        others = schema.get("additionalProperties")
        if others is True and not made:
            others = {}
        named = schema.get("patternProperties") or ({"": others} if isinstance(others, dict) else {})
        for pattern, member in named.items():
            self._addnamed(made, schema, pattern, member, path)
        return made

    def _addnamed(self, made: dict[str, Any], schema: Schema, pattern: str, member: Schema, path: Path) -> None:
        """Members whose names are free."""
        names = {"type": "string", **schema.get("propertyNames", {}), **({"pattern": pattern} if pattern else {})}
        least = schema.get("minProperties", 0)
        wanted = least if len(path) >= DEEP else self._between(least, schema.get("maxProperties", least + FEW))
        for _ in range(PATIENCE * wanted):
            if len(made) >= wanted:
                break
            name = str(self._value(names, (*path, "key")))
            made[name] = self._value(member, (*path, name))

    def _array(self, schema: Schema, path: Path) -> list[Any]:
        made = [self._value(item, (*path, place)) for place, item in enumerate(schema.get("prefixItems", ()))]
        item = schema.get("items", {})
        if item is False:
            return made
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + FEW), least + 2 * FEW)
        wanted = least if len(path) >= DEEP else self._between(least, most)
        for _ in range(PATIENCE * wanted):
            if len(made) >= wanted:
                break
            value = self._value(item, (*path, len(made)))
            if not schema.get("uniqueItems") or value not in made:
                made.append(value)
        return made

    def _between(self, low: int, high: int) -> int:
        return low + self.dice.below(max(high - low, 0) + 1)

    def _number(self, schema: Schema, *, whole: bool) -> float:
        low, high = _bounds(schema, whole=whole)
        step = schema.get("multipleOf", 1 if whole else 0)
        value = low + self.dice.share() * (high - low)
        if step:
            first, last = math.ceil(low / step), math.floor(high / step)
            many = first + self.dice.below(max(last - first + 1, 1))
            value = many * step
        # Two decimals, where they are within the bounds: people do not write more.
        elif low <= round(value, 2) <= high and high - low > 0.1:
            value = round(value, 2)
        return round(value) if whole else round(value, 10)

    def _text(self, schema: Schema, name: str) -> str:
        low, high = schema.get("minLength", 0), schema.get("maxLength", math.inf)
        if "pattern" in schema:
            return self._of_pattern(schema["pattern"], name, int(low), high)
        written = FORMATS.get(schema.get("format", ""))
        if written is None and self.wild and self.dice.share() < WILD:
            written = self.dice.one_of(tuple(FORMATS.values()))
        if written:
            return written(self.dice)
        return of_length(named(name, self.dice), low, high, self.dice)

    def _of_pattern(self, pattern: str, name: str, low: int, high: float) -> str:
        try:
            make = usual(name, pattern)
            for attempt in range(200):
                made = make(self.dice) if make and attempt < FEW else said(read_pattern(pattern), self.dice.below)
                if low <= len(made) <= high and re.search(pattern, made):
                    return made
        except (ValueError, re.error) as error:
            raise Misfit(f"{name}: {error}; say what is to be there with fixed") from None
        raise Misfit(f"{name}: no text was found for the pattern '{pattern}' with {low} to {high} characters")


def _but(schema: Schema, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keys}


def _bounds(schema: Schema, *, whole: bool) -> tuple[float, float]:
    """The least and the greatest number; open ends lie 1,000 apart."""
    edge = 1 if whole else 1e-6
    lows = [schema[key] + more for key, more in (("minimum", 0), ("exclusiveMinimum", edge)) if key in schema]
    highs = [schema[key] - less for key, less in (("maximum", 0), ("exclusiveMaximum", edge)) if key in schema]
    low = max(lows) if lows else min(0, min(highs, default=0) - 1000 if highs and min(highs) < 0 else 0)
    high = min(highs) if highs else low + 1000
    if low > high:
        raise Misfit(f"no number is from {low} to {high}")
    return low, high
