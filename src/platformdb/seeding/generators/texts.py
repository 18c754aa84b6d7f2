"""Texts and JSON documents, put together from other columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Bytes, Mask
from platformdb.seeding.rows.columns import Column, text
from platformdb.seeding.rows.layouts import spans
from platformdb.seeding.rows.ordering import numbering
from platformdb.seeding.rows.ropes import Part, Texts, chosen, constant, hashes, joined_hash, numerals, recode, texts
from platformdb.seeding.rows.store import Store
from platformdb.seeding.rows.stored import Stored
from platformdb.seeding.shape.distributions import FORBID

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block

SLOT = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
ROUNDS = 16
# The digits of an id from one dash to the next.
UUID_GROUPS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


@dataclass(frozen=True, slots=True)
class Text:
    """One of the templates with its {slots} filled from other columns; NULL where a slot is.

    ``unique``: a text that was there before gets a number at the end.
    """

    make: Literal["text"]
    templates: tuple[str, ...]
    unique: bool = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if not self.templates:
            raise ValueError("templates needs at least one text")

    @property
    def whole(self) -> bool:
        """Whether a text is unique shows only in sight of all."""
        return self.unique

    def column(self, block: Block, stream: Stream) -> Column:
        """One text for each row."""
        if not self.unique:
            return self._filled(block, stream)
        numbers = block.carried(stream.address, lambda: self._numbers(block, stream))
        column = self._filled(block, stream)
        parts = [*column.texts.parts]
        for stored in numbers:
            again = stored.span(block.span.first, block.span.end)
            parts.append(numerals(again + 1).where(again > 0))
        return replace(column, values=Texts(tuple(parts)))

    def _numbers(self, block: Block, stream: Stream) -> tuple[Stored, ...]:
        """What makes the texts of all rows unique, see ``unique``."""
        store, blocks = block.world.store, block.world.blocks(block.table)
        found, lengths = store.scratch(np.int64), store.scratch(np.int64)
        for other in blocks:
            column = self._filled(other, stream).texts
            found.append(hashes(column).view(np.int64))
            lengths.append(sum((part.lengths for part in column.parts), np.zeros(len(column), np.int64)))
        return unique(store, found.finish(), lengths.finish())

    def _filled(self, block: Block, stream: Stream) -> Column:
        filled = [_filled(template, block) for template in self.templates]
        if len(filled) == 1:
            return Column("text", filled[0][0]).but_null(filled[0][1])
        which = stream.aspect("template").below(len(filled), block.span)
        nulls = np.select([which == number for number in range(len(filled))], [missing for _, missing in filled])
        return Column("text", chosen([texts for texts, _ in filled], which)).but_null(nulls.astype(np.bool_))


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON document: a template whose values "{path}" are replaced by the column's value, as JSON."""

    make: Literal["json"]
    document: Mapping[str, Any]
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One document for each row, as text."""
        return text(tuple(self._parts(block)))

    def _parts(self, block: Block) -> Iterator[Part]:
        """The document's text, cut where a value of the row comes in."""
        for piece in re.split(r'("\{[a-z_][a-z0-9_.]*\}")', json.dumps(self.document, ensure_ascii=False)):
            slot = SLOT.fullmatch(piece[1:-1]) if piece.startswith('"{') else None
            if slot is None:
                yield constant(piece, block.span.rows)
            else:
                yield from _as_json(block.value(slot[1]))


def _as_json(column: Column) -> Iterator[Part]:
    """The values as JSON; NULL becomes null."""
    written = shown(column).parts
    if column.kind == "text":
        written = recode(column.texts, lambda value: json.dumps(value, ensure_ascii=False)).parts
    elif column.kind in ("uuid", "time"):
        quote = constant('"', len(column))
        written = (quote, *written, quote)
    for part in written:
        yield part if column.nulls is None else part.where(~column.nulls)
    if column.nulls is not None:
        yield constant("null", len(column)).where(column.nulls)


def _filled(template: str, block: Block) -> tuple[Texts, Mask]:
    """A template filled for each row, and the rows in which a slot is NULL."""
    parts: list[Part] = []
    nulls = np.zeros(block.rows, np.bool_)
    for position, piece in enumerate(_pieces(template)):
        if position % 2:
            column = block.value(piece)
            parts += shown(column).parts
            nulls |= column.missing
        elif piece:
            parts.append(constant(piece, block.rows))
    return Texts(tuple(parts) or (constant("", block.rows),)), nulls


@cache
def _pieces(template: str) -> list[str]:
    """The literals, and between each two of them a path."""
    return SLOT.split(template)


def shown(column: Column) -> Texts:
    """Texts as they are, numbers, booleans, ids and times written out, these as ISO 8601 has them.

    Raises:
        Misfit: the column is of another kind, such as a link.
    """
    if column.kind == "text":
        return column.texts
    if column.kind == "int":
        return Texts((numerals(column.array),))
    if column.kind == "bool":
        return texts(("false", "true")).take(column.array.astype(np.int64))
    if column.kind == "float":
        values, codes = np.unique(column.array, return_inverse=True)
        return texts(repr(value) for value in values.tolist()).take(codes.astype(np.int64))
    if column.kind == "uuid":
        return _fixed(_hexadecimal(column.array.view(np.uint8).reshape(-1, 16)))
    if column.kind == "time":
        written = np.datetime_as_string(column.array.astype("M8[us]"), timezone="UTC").astype("S27")
        return _fixed(written.view(np.uint8).reshape(-1, 27))
    raise Misfit(f"a column of kind {column.kind} cannot stand in a text")


def _fixed(lines: Bytes) -> Texts:
    """Texts of one length, a line of bytes each."""
    rows, width = lines.shape
    starts = np.arange(rows, dtype=np.int64) * width
    return Texts((Part(np.ascontiguousarray(lines).ravel(), starts, np.full(rows, width, np.int64)),))


def _hexadecimal(ids: Bytes) -> Bytes:
    """Ids as people write them: 36 characters, four of them dashes."""
    # Two digits are one number of 16 bits: a byte is looked up at once.
    digits = np.frombuffer(bytes(range(256)).hex().encode(), np.uint16)[ids].view(np.uint8)
    dashed = np.full((len(ids), 36), ord("-"), np.uint8)
    for dashes, (first, end) in enumerate(UUID_GROUPS):
        dashed[:, first + dashes : end + dashes] = digits[:, first:end]
    return dashed


def unique(store: Store, found: Stored, lengths: Stored) -> tuple[Stored, ...]:
    """The numbers, less 1, at the end of texts that were there before: those of a first round, of a second, ….

    Texts are known by their hashes and lengths. Different texts with one hash are numbered as equal ones are, so the
    result is unique in any case; nothing is in memory but a few blocks.
    """
    rounds: list[Stored] = []
    for _ in range(ROUNDS):
        again = numbering(store, found)
        if not any(again.span(span.first, span.end).any() for span in spans(len(again))):
            return tuple(rounds)
        rounds.append(again)
        found, lengths = _with_numbers(store, found, lengths, again)
    raise Misfit("the texts cannot be made unique by a number at the end")


def _with_numbers(store: Store, found: Stored, lengths: Stored, again: Stored) -> tuple[Stored, Stored]:
    """Hashes and lengths of the texts with their numbers."""
    longer, more = store.scratch(np.int64), store.scratch(np.int64)
    for span in spans(len(found)):
        numbers, before = again.span(span.first, span.end), lengths.span(span.first, span.end)
        digits = numerals(numbers + 1).where(numbers > 0)
        whole = joined_hash(found.span(span.first, span.end).view(np.uint64), before, hashes(Texts((digits,))))
        longer.append(whole.view(np.int64))
        more.append(before + digits.lengths)
    return longer.finish(), more.finish()
