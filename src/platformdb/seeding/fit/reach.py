"""Which values a generator can make, as far as its options alone tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from platformdb.seeding.generators.keys import Copy, Ordinal
from platformdb.seeding.generators.links import Pick
from platformdb.seeding.generators.prose import Prose
from platformdb.seeding.generators.secrets import Digest, RandomBytes
from platformdb.seeding.generators.sums import Compare
from platformdb.seeding.generators.texts import SLOT, Text
from platformdb.seeding.generators.values import Choice, Constant, Flag, Map, Number, Present
from platformdb.seeding.model import Definition, Table, Value
from platformdb.seeding.rows.columns import Column, keys
from platformdb.seeding.rows.conditions import Scalar
from platformdb.seeding.shape.distributions import Fixed, Lognormal, Uniform, Weighted, amount
from platformdb.seeding.shape.shapes import FromFile

DIGESTS = {"sha256": 64, "sha512": 128, "md5": 32}
MOST_VALUES = 1_024
# Of so many different numbers each will come.
FEW_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Reach:
    """What a column can hold: one of ``values``, or a number ``ranged`` from ``least`` to ``most``, or anything.

    None as a bound: there is none. ``shortest`` and ``longest`` count the characters of a text, or bytes. ``null``:
    it can be NULL. ``typical`` are values that surely come in some rows.
    """

    values: tuple[Scalar, ...] | None = None
    ranged: bool = False
    least: float | None = None
    most: float | None = None
    shortest: int = 0
    longest: int | None = None
    null: bool = True
    typical: tuple[Scalar, ...] = ()


ANYTHING = Reach()


def reach(definition: Definition, table: Table, path: str) -> Reach:
    """The reach of a column or helper of a table, or of a path through a link to a reference file."""
    name, _, rest = path.partition(".")
    value = table.columns.get(name) or table.helpers.get(name) or table.links.get(name)
    if rest:
        return _of_file(definition, table, name, rest, value)
    if value is None:
        return ANYTHING
    found = _made(definition, table, value)
    if value.condition and isinstance(value.generator, Copy):
        found = replace(found, typical=())  # the rows may be those with other values
    null = found.null or bool(value.nulls or value.condition)
    return _with_reserved(definition, table, name, replace(found, null=null))


def _made(definition: Definition, table: Table, value: Value) -> Reach:
    generator = value.generator
    if isinstance(generator, Copy):
        return ANYTHING if generator.of == "time" else reach(definition, table, generator.of)
    if isinstance(generator, Text):
        return _text(definition, table, generator)
    find = REACHES.get(type(generator))
    return find(generator) if find else ANYTHING


def _with_reserved(definition: Definition, table: Table, name: str, found: Reach) -> Reach:
    """Reserved rows take the file's values."""
    file = definition.references.get(table.reserved)
    if file is None or name not in file.columns:
        return found
    values, null = _listed(file.columns[name])
    return (
        ANYTHING if found.values is None else replace(found, values=(*found.values, *values), null=found.null or null)
    )


def _of_file(definition: Definition, table: Table, name: str, column: str, value: Value | None) -> Reach:
    file = None
    if value is None and isinstance(table.rows, FromFile) and name == "row":
        file = definition.references.get(table.rows.file)
    elif value is not None and isinstance(value.generator, Pick):
        file = definition.references.get(value.generator.file)
    if file is None or column not in file.columns or file.rows > MOST_VALUES:
        return ANYTHING
    values, null = _listed(file.columns[column])
    surely = value is None or not (value.condition or value.nulls or getattr(value.generator, "match", None))
    return finite(values, null=null or not surely, certain=surely)


@lru_cache(maxsize=256)
def _listed(column: Column) -> tuple[tuple[Scalar, ...], bool]:
    """The different values of a column, and whether some are NULL."""
    there = column.take(np.flatnonzero(~column.missing))
    return tuple(value for value in keys(there)[0] if value is not None), len(there) < len(column)


def finite(values: tuple[Scalar, ...], *, null: bool = False, certain: bool = True) -> Reach:
    """One of a few values."""
    lengths = [len(str(value)) for value in values]
    shortest, longest = min(lengths, default=0), max(lengths, default=0)
    return Reach(values, shortest=shortest, longest=longest, null=null, typical=values if certain else ())


def _choice(choice: Choice) -> Reach:
    weights = choice.weights or (1.0,) * len(choice.values)
    return finite(tuple(value for value, weight in zip(choice.values, weights, strict=True) if weight))


def _map(made: Map) -> Reach:
    """Which of them occur depends on another column."""
    otherwise = () if made.otherwise is None else (made.otherwise,)
    return finite((*made.values.values(), *otherwise), null=made.otherwise is None, certain=False)


def _flag(flag: Flag) -> Reach:
    return finite(tuple(value for value, share in ((True, flag.share), (False, 1 - flag.share)) if share > 0))


def _number(number: Number) -> Reach:
    spread = number.spread
    if number.times:
        return ANYTHING
    if isinstance(spread, Fixed):
        return finite((_rounded(amount(spread.value), number.decimals),))
    if isinstance(spread, Weighted):
        pairs = zip(spread.values, spread.weights, strict=True)
        return finite(tuple(_rounded(amount(value), number.decimals) for value, weight in pairs if weight))
    if isinstance(spread, Uniform):
        return _uniform(spread, number.decimals)
    return _lognormal(spread, number.decimals) if isinstance(spread, Lognormal) else ANYTHING


def _uniform(spread: Uniform, decimals: int) -> Reach:
    low, high = amount(spread.min), amount(spread.max)
    least = _rounded(low, decimals)
    # Whole numbers are rounded down, so that the upper end itself does not occur.
    most = _rounded(high, decimals) if decimals or low == high else math.ceil(high) - 1
    shares = [0.05, 0.5, 0.95, *((0.0,) if (high - low) * 10**decimals <= FEW_STEPS else ())]
    typical = [_rounded(low + share * (high - low), decimals) for share in shares]
    return Reach(ranged=True, least=least, most=most, null=False, typical=tuple(typical))


def _lognormal(spread: Lognormal, decimals: int) -> Reach:
    least, most = amount(spread.min), None if spread.max is None else amount(spread.max)
    quantiles = [amount(spread.median) * math.exp(spread.sigma * deviation) for deviation in (-1.5, 0.0, 1.5)]
    kept = [min(max(value, least), math.inf if most is None else most) for value in quantiles]
    typical = tuple(_rounded(value, decimals) for value in kept)
    return Reach(ranged=True, least=_rounded(least, decimals), most=most, null=False, typical=typical)


def _rounded(value: float, decimals: int) -> float:
    return round(value, decimals) if decimals else math.floor(value)


def _ordinal(ordinal: Ordinal) -> Reach:
    return Reach(ranged=True, least=ordinal.start, null=False, typical=(ordinal.start,))


def _text(definition: Definition, table: Table, text: Text) -> Reach:
    slots = [SLOT.findall(template) for template in text.templates]
    if not any(slots) and not text.unique:
        return finite(text.templates)
    sizes = [tuple(_sizes(definition, table, template)) for template in text.templates]
    shortest = min(sum(low for low, _ in parts) for parts in sizes)
    highs = [high for parts in sizes for _, high in parts]
    known = not text.unique and None not in highs
    longest = max(sum(high or 0 for _, high in parts) for parts in sizes) if known else None
    return Reach(shortest=shortest, longest=longest)


def _sizes(definition: Definition, table: Table, template: str) -> Iterator[tuple[int, int | None]]:
    """The fewest and most characters of each piece of a template."""
    for place, piece in enumerate(SLOT.split(template)):
        if place % 2 == 0:
            yield len(piece), len(piece)
            continue
        found = reach(definition, table, piece)
        if found.ranged:
            yield 1, _digits(found)
        else:
            yield found.shortest, found.longest


def _digits(found: Reach) -> int | None:
    """How many characters the numbers of a range have at most."""
    if found.least is None or found.most is None or not float(found.least).is_integer():
        return None
    return max(len(str(int(end))) for end in (found.least, found.most)) if float(found.most).is_integer() else None


def _bytes(made: RandomBytes) -> Reach:
    size = made.size if isinstance(made.size, int) else None
    return Reach(shortest=size or 0, longest=size, null=False)


def _prose(made: Prose) -> Reach:
    return Reach(longest=made.max, null=False)


# Those of which the options alone tell.
REACHES: Mapping[type, Callable[[Any], Reach]] = {
    Constant: lambda made: finite((made.value,)),
    Choice: _choice,
    Map: _map,
    Flag: _flag,
    Present: lambda _: finite((True, False), certain=False),
    Compare: lambda _: finite((True, False), null=True, certain=False),
    Number: _number,
    Ordinal: _ordinal,
    Digest: lambda made: Reach(shortest=DIGESTS[made.function], longest=DIGESTS[made.function]),
    RandomBytes: _bytes,
    Prose: _prose,
}
