"""Texts of a form: regular expressions and network addresses."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Bytes, Ints
from platformdb.seeding.rows.columns import Column, text
from platformdb.seeding.rows.ropes import Part, constant, numerals
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.distributions import FORBID
from platformdb.seeding.words.forms import Either, Node, OneOf, Repeat, Sequence, one_way, room
from platformdb.seeding.words.forms import Literal as Piece
from platformdb.seeding.words.patterns import read_pattern

if TYPE_CHECKING:
    from platformdb.seeding.rows.world import Block

# A prime: the positions of rows times it, modulo a number that is no multiple of it, are as different as before, and
# no longer in order. More than 36 bits of number would leave the first places of a small table all the same.
STRIDE = 1_327_217_909
ROOM = 1 << 36
FIRST = Span(0, 1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text which the regular expression ``of`` describes (see patterns.py); ``unique``: never the same twice."""

    make: Literal["pattern"]
    of: str
    unique: bool = False
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        read_pattern(self.of)

    @property
    def different(self) -> int:
        """How many different texts it makes at most."""
        node = read_pattern(self.of)
        return room(node) if self.unique else node.size

    def column(self, block: Block, stream: Stream) -> Column:
        """One text for each row."""
        node = read_pattern(self.of)
        if not self.unique:
            return text(_parts(node, stream, block.span) or [constant("", block.span.rows)])
        if block.span.end > self.different:
            raise Misfit(f"'{self.of}' makes {self.different:,} different texts, and {block.table} has more rows")
        return text(_numbered(one_way(node), stream, block.span) or [constant("", block.span.rows)])


def _parts(node: Node, stream: Stream, span: Span) -> list[Part]:
    if isinstance(node, Piece):
        return [constant(node.text, span.rows)]
    if isinstance(node, OneOf):
        return [_chosen(node, stream.below(node.size, span))]
    if isinstance(node, Sequence):
        return [p for n, part in enumerate(node.parts) for p in _parts(part, stream.aspect(str(n)), span)]
    if isinstance(node, Either):
        chosen = stream.aspect("either").below(len(node.options), span)
        options = ((chosen == n, _parts(each, stream.aspect(str(n)), span)) for n, each in enumerate(node.options))
        return [part.where(mask) for mask, parts in options for part in parts]
    return _repeated(node, stream, span)


def _repeated(node: Repeat, stream: Stream, span: Span) -> list[Part]:
    times = node.low + stream.aspect("times").below(node.high - node.low + 1, span)
    if isinstance(node.part, OneOf) and all(len(text.encode()) == 1 for text in node.part.texts) and node.high:
        return [_row_of(node.part, node.high, times, stream, span)]
    again = ((times > n, _parts(node.part, stream.aspect(str(n)), span)) for n in range(node.high))
    return [part.where(mask) for mask, parts in again for part in parts]


def _row_of(one_of: OneOf, most: int, times: Ints, stream: Stream, span: Span) -> Part:
    """So many characters of one kind in one piece: 16 random bits each."""
    words = -(-most // 4)
    bits = stream.words(span, words).astype("<u8").view("<u2").reshape(span.rows, 4 * words)[:, :most]
    chars = np.frombuffer("".join(one_of.texts).encode(), np.uint8)
    data = chars[(bits.astype(np.uint32) * len(chars)) >> 16]
    return Part(data.ravel(), np.arange(span.rows, dtype=np.int64) * most, times)


def _chosen(one_of: OneOf, codes: Ints) -> Part:
    encoded = [text.encode() for text in one_of.texts]
    lengths = np.array([len(text) for text in encoded], np.int64)
    starts = np.cumsum(lengths) - lengths
    return Part(np.frombuffer(b"".join(encoded), np.uint8), starts[codes], lengths[codes])


def _numbered(pieces: tuple[Piece | OneOf, ...], stream: Stream, span: Span) -> list[Part]:
    """Every row has its number, which is written in the pattern's characters from the right."""
    left = min(math.prod(piece.size for piece in pieces), ROOM)
    begin = int(stream.aspect("begin").below(left, FIRST)[0])
    numbers = (span.positions * STRIDE + begin) % left
    written: list[Part] = []
    for place, piece in reversed(list(enumerate(pieces))):
        if isinstance(piece, Piece):
            written.append(constant(piece.text, span.rows))
        elif left > 1:
            written.append(_chosen(piece, numbers % piece.size))
            numbers, left = numbers // piece.size, -(-left // piece.size)
        else:
            # More places than a number needs.
            written.append(_chosen(piece, stream.aspect(str(place)).below(piece.size, span)))
    return written[::-1]


@dataclass(frozen=True, slots=True)
class Inet:
    """An address in the ``network``; with ``prefix`` a network of that length in it."""

    make: Literal["inet"]
    network: str = "10.0.0.0/8"
    prefix: int | None = None
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        network = ipaddress.ip_network(self.network)
        if self.prefix is not None and not network.prefixlen <= self.prefix <= network.max_prefixlen:
            raise ValueError(f"prefix must be from {network.prefixlen} to {network.max_prefixlen} in {self.network}")

    def column(self, block: Block, stream: Stream) -> Column:
        """One text for each row."""
        network = ipaddress.ip_network(self.network)
        free = (self.prefix or network.max_prefixlen) - network.prefixlen
        octets = np.frombuffer(network.network_address.packed, np.uint8).copy()
        drawn = stream.words(block.span, 2).astype("<u8").view(np.uint8).reshape(block.span.rows, 16)
        places = np.arange(network.max_prefixlen)
        mask = np.packbits((places >= network.prefixlen) & (places < network.prefixlen + free))
        made = octets | drawn[:, : len(octets)] & mask
        return text(_written(made, "" if self.prefix is None else f"/{self.prefix}"))


def _written(octets: Bytes, end: str) -> list[Part]:
    """Addresses as people write them: four numbers, or eight of four hexadecimal digits."""
    rows, width = octets.shape
    if width == 4:
        groups, point = [numerals(octets[:, place].astype(np.int64)) for place in range(4)], "."
    else:
        pairs = octets.view(">u2").astype(np.int64)
        groups, point = [_hexadecimal(pairs[:, place]) for place in range(8)], ":"
    parts = [part for group in groups for part in (group, constant(point, rows))][:-1]
    return [*parts, constant(end, rows)] if end else parts


def _hexadecimal(numbers: Ints) -> Part:
    """Without zeros in front."""
    lengths = 1 + (numbers > 0xF) + (numbers > 0xFF) + (numbers > 0xFFF).astype(np.int64)
    return Part(_hexadecimals(), numbers * 4 + 4 - lengths, lengths)


@cache
def _hexadecimals() -> Bytes:
    return np.frombuffer("".join(f"{number:04x}" for number in range(1 << 16)).encode(), np.uint8)
