"""What each column of a table gets: a generator, or nothing, where its default or NULL is as good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from platformdb.seeding.infer import moments, numbers, texts
from platformdb.seeding.infer.apart import ranged
from platformdb.seeding.infer.desk import Desk, about, scalar
from platformdb.seeding.infer.lexicon import NUMBERS
from platformdb.seeding.infer.limits import ANYTHING, TableLimits
from platformdb.seeding.infer.model import Options
from platformdb.seeding.infer.uniques import COUNTED, MOMENTS, TEXTS, Roles
from platformdb.seeding.model import ColumnFact

NULLS = 0.3
FAMILIES = {
    **dict.fromkeys((*COUNTED, "oid"), "number"),
    **dict.fromkeys(MOMENTS, "moment"),
    **dict.fromkeys(TEXTS, "text"),
}
# What most of such columns of an application are.
OFF = {
    "deleted",
    "disabled",
    "banned",
    "blocked",
    "locked",
    "archived",
    "hidden",
    "admin",
    "superuser",
    "staff",
    "default",
}


def column_options(desk: Desk, column: ColumnFact) -> Options | None:
    """The generator of a column that is neither a copy of a link nor part of a case; None: it is left out."""
    made = _made(desk, column)
    if made is None:
        return None
    shape = desk.shape(column)
    if shape and "share" in made and made["make"] == "later" and "same" not in made:
        return {**made, "share": round(1 - shape.nulls, 2)}
    share = (
        shape.nulls
        if shape
        else 0.0
        if made["make"] == "later" or made.get("of") == "time" or _must(desk, column)
        else NULLS
    )
    if desk.may_be_null(column) and not _must(desk, column) and share >= 0.005:
        return {**made, "nulls": round(min(share, 1.0), 2)}
    return made


def _must(desk: Desk, column: ColumnFact) -> bool:
    role = desk.single(column) or column.name in desk.roles.numbered or column.name in desk.roles.distinct
    return role or column.name in moments.first_of_orders(desk)


def _made(desk: Desk, column: ColumnFact) -> Options | None:
    if column.name in desk.apart:
        return ranged(desk, column, *desk.apart[column.name])
    per = desk.roles.numbered.get(column.name)
    if per is not None:
        return (
            moments.single_moment(desk, column, per) if column.type in MOMENTS else numbers.ordinal(desk, column, per)
        )
    if desk.single(column):
        return single(desk, column)
    if column.default and _leave(desk, column):
        return None
    return listed(desk, column) or _observed(desk, column) or _by_type(desk, column)


def _leave(desk: Desk, column: ColumnFact) -> bool:
    """Whether the server's default is as believable as anything made."""
    if column.name in desk.roles.distinct or "nextval(" in column.default or desk.shape(column):
        return False
    if column.element or column.type in ("json", "jsonb"):
        return True
    if column.type in COUNTED and desk.limit(column) == desk.limits.of(""):
        return not any(word in NUMBERS for word in about(column))
    return False


def _observed(desk: Desk, column: ColumnFact) -> Options | None:
    """One of the values that are common in the database, as often as there."""
    shape = desk.shape(column)
    if shape is None or not shape.values or column.type not in (*TEXTS, *COUNTED):
        return None
    values = [value if column.type in TEXTS else scalar(Decimal(value)) for value in shape.values]
    if len(values) == 1:
        return {"make": "constant", "value": values[0]}
    return {"make": "choice", "values": values, "weights": list(shape.weights)}


def listed(desk: Desk, column: ColumnFact) -> Options | None:
    """One of a few values, where there are only a few."""
    if column.element or column.type in MOMENTS:
        return None
    values = allowed_values(desk, column)
    if not values:
        return None
    observed = desk.shape(column)
    if observed and observed.values and set(observed.values) <= {str(scalar(value)) for value in values}:
        kept = [value for value in values if str(scalar(value)) in observed.values]
        weights = [observed.weights[observed.values.index(str(scalar(value)))] for value in kept]
        return {"make": "choice", "values": [scalar(value) for value in kept], "weights": weights}
    if len(values) == 1:
        return {"make": "constant", "value": scalar(values[0])}
    return {"make": "choice", "values": [scalar(value) for value in values]}


def allowed_values(desk: Desk, column: ColumnFact) -> tuple[object, ...]:
    """The only values that it may have; none: there are others."""
    limit = desk.limit(column)
    values = limit.values if limit.values is not None else column.labels if not column.element else ()
    if column.labels and limit.values is not None:
        values = tuple(value for value in limit.values if value in column.labels)
    return tuple(value for value in values if value not in limit.without and value is not None)


def single(desk: Desk, column: ColumnFact) -> Options | None:
    """Values that never repeat."""
    maker = SINGLE_MAKERS.get(FAMILIES.get(column.type, column.type))
    if maker:
        return maker(desk, column)
    pattern = SINGLE.get(column.type, "").replace("LENGTH", str(column.length or 32))
    return {"make": "pattern", "of": pattern, "unique": True} if pattern else None


def _by_type(desk: Desk, column: ColumnFact) -> Options | None:
    if column.element:
        return _array(desk, column)
    family = FAMILIES.get(column.type, column.type)
    maker = MAKERS.get(family) or (_range if column.form == "r" else None)
    return maker(desk, column) if maker else None


def _flag(desk: Desk, column: ColumnFact) -> Options:
    shape = desk.shape(column)
    if shape and shape.values:
        return {"make": "flag", "share": dict(zip(shape.values, shape.weights, strict=True)).get("t", 0.0)}
    return {"make": "flag", "share": 0.1 if about(column) & OFF or column.default == "false" else 0.8}


def _array(desk: Desk, column: ColumnFact) -> Options | None:
    """So many items as it must have, and one more; a default or NULL where the items cannot be made."""
    limit = desk.limit(column)
    if column.default and not limit.shortest:
        return None
    item = _item(desk, column)
    if item is None:
        return None
    many = max(limit.shortest, 1 if limit.longest is None else min(1, limit.longest))
    return {"make": "array", "of": [desk.helper(f"{column.name}_item", item)] * many}


def _item(desk: Desk, column: ColumnFact) -> Options | None:
    """What an item of an array is, made as a column of its type would be."""
    item = ColumnFact(
        column.name, column.element, column.enum, not_null=True, modifier=column.modifier, labels=column.labels
    )
    limits = TableLimits({column.name: desk.limits.items.get(column.name, ANYTHING)})
    return _made(replace(desk, limits=limits, roles=Roles(), shapes={}), item)


def _json(desk: Desk, column: ColumnFact) -> Options:
    documents = desk.limit(column).documents
    if documents and "object" not in documents:
        return {
            "make": "constant",
            "value": {"array": "[]", "string": '"text"', "number": "1", "boolean": "true"}.get(documents[0], "null"),
        }
    return {"make": "json", "document": {"number": f"{{{desk.number()}}}"}}


def _range(desk: Desk, column: ColumnFact) -> Options | None:
    """From a number or time to a later one."""
    if column.subtype in COUNTED:
        low = desk.helper(
            f"{column.name}_low", {"make": "number", "spread": {"dist": "uniform", "min": 0, "max": 1000}}
        )
        high = desk.helper(f"{column.name}_high", {"make": "compute", "function": "add", "of": [low, 10]})
    else:
        low = desk.helper(f"{column.name}_begin", {"make": "copy", "of": "time"})
        high = desk.helper(f"{column.name}_end", {"make": "compute", "function": "add", "of": [low, "2d"]})
    return {"make": "text", "templates": [f"[{{{low}}},{{{high}}})"]}


def _address(desk: Desk, column: ColumnFact) -> Options:
    return {"make": "inet", "network": "10.0.0.0/8", "prefix": 24} if column.type == "cidr" else {"make": "inet"}


def _pattern(of: str) -> Callable[[Desk, ColumnFact], Options]:
    return lambda desk, column: {"make": "pattern", "of": of.replace("LENGTH", str(column.length or 8))}


def _bytes(desk: Desk, column: ColumnFact) -> Options:
    low, high = texts.lengths(desk, column)
    return {"make": "bytes", "size": max(low, min(high, 16))}


def _vector(desk: Desk, column: ColumnFact) -> Options | None:
    if column.modifier < 1:
        return None
    theme = desk.helper("theme", {"make": "choice", "values": ["first", "second", "third", "fourth"]})
    return {"make": "embedding", "of": theme, "dims": column.modifier}


# Of these types a text that never repeats is a value that never repeats.
SINGLE = {
    "inet": r"10\.1[0-9]{2}\.1[0-9]{2}\.1[0-9]{2}", "cidr": r"10\.1[0-9]{2}\.1[0-9]{2}\.1[0-9]{2}/32",
    "macaddr": "([0-9a-f]{2}:){5}[0-9a-f]{2}", "macaddr8": "([0-9a-f]{2}:){7}[0-9a-f]{2}",
    "bit": "[01]{LENGTH}", "varbit": "[01]{LENGTH}",
}  # fmt: skip
MAKERS: Mapping[str, Callable[[Desk, ColumnFact], Options | None]] = {
    "number": numbers.number,
    "moment": moments.moment,
    "text": texts.text,
    "bool": _flag,
    "uuid": lambda desk, column: {"make": "uuid4"},
    "json": _json,
    "jsonb": _json,
    "bytea": _bytes,
    "inet": _address,
    "cidr": _address,
    "macaddr": _pattern("([0-9a-f]{2}:){5}[0-9a-f]{2}"),
    "macaddr8": _pattern("([0-9a-f]{2}:){7}[0-9a-f]{2}"),
    "time": _pattern("(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"),
    "timetz": _pattern(r"(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\+00"),
    "bit": _pattern("[01]{LENGTH}"),
    "varbit": _pattern("[01]{LENGTH}"),
    "char": _pattern("[a-z]"),
    "xml": _pattern("<note>[a-z]{4,8}</note>"),
    "interval": lambda desk, column: {"make": "number", "spread": {"dist": "lognormal", "median": "1h", "sigma": 1.0}},
    "money": lambda desk, column: {"make": "number", "spread": {"dist": "uniform", "min": 1, "max": 90}, "decimals": 2},
    "point": _pattern(r"\([0-9]{2},[0-9]{2}\)"),
    "box": _pattern(r"\([5-9][0-9],[5-9][0-9]\),\([0-4][0-9],[0-4][0-9]\)"),
    "hstore": _pattern("kind=>[a-z]{4,8}"),
    "ltree": _pattern("top\\.[a-z]{3,6}\\.[a-z]{3,6}"),
    "vector": _vector,
    "halfvec": _vector,
}  # fmt: skip
SINGLE_MAKERS: Mapping[str, Callable[[Desk, ColumnFact], Options | None]] = {
    "number": numbers.ordinal,
    "moment": moments.single_moment,
    "text": texts.single_text,
    "uuid": lambda desk, column: {"make": "uuid7"},
    "bytea": _bytes,
}
