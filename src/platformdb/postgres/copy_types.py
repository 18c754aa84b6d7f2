"""The binary formats of PostgreSQL's types, for whole columns.

COPY casts nothing: the format must be that of the column's own type, as pg_attribute has it. Source: the …_recv
functions of PostgreSQL (numeric_recv, jsonb_recv, array_recv, inet_recv …).
"""

from __future__ import annotations

import ipaddress
import json
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platformdb.errors import ConfigError

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

# PostgreSQL counts from 2000-01-01; numpy and everybody else from 1970-01-01.
EPOCH_MICROSECONDS = 946_684_800_000_000
DAY_MICROSECONDS = 86_400_000_000
TEXT_OID = 25


class Slices(Protocol):
    """One slice of a buffer for each row."""

    @property
    def data(self) -> Bytes:
        """The buffer."""

    @property
    def starts(self) -> Ints:
        """Where each slice begins."""

    @property
    def lengths(self) -> Ints:
        """How many bytes each has."""


class Rope(Protocol):
    """Texts, each the concatenation of one slice of each part."""

    @property
    def parts(self) -> tuple[Slices, ...]:
        """What is joined."""


class Values(Protocol):
    """A column to send: its kind (bool, int, float, time, uuid, text), its values, and which rows are NULL.

    A time is microseconds since 1970, a uuid an item of 16 bytes, a text a rope.
    """

    @property
    def kind(self) -> str:
        """Of the values."""

    @property
    def values(self) -> Any:
        """An array, or a rope."""

    @property
    def nulls(self) -> Mask | None:
        """None: there are none."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One slice of a buffer for each row."""

    data: Bytes
    starts: Ints
    lengths: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A column in wire format: a matrix with a line of bytes for each row, or pieces to be joined."""

    matrix: Bytes | None
    pieces: tuple[Piece, ...] = ()
    nulls: Mask | None = None

    def __len__(self) -> int:
        return len(self.pieces[0].starts) if self.matrix is None else len(self.matrix)

    def header(self) -> Bytes:
        """The field's length in each row, -1 for NULL."""
        if self.matrix is not None:
            length = np.frombuffer(self.matrix.shape[1].to_bytes(4, "big"), np.uint8)
            return np.broadcast_to(length, (len(self), 4))
        lengths = np.zeros(len(self), np.int64)
        for piece in self.pieces:
            lengths += piece.lengths
        if self.nulls is not None:
            lengths[self.nulls] = -1
        return lengths.astype(">i4").view(np.uint8).reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class WireType:
    """How a column's values travel: the name of its type (an array's with leading underscore), and whether an enum."""

    column: str
    name: str
    enum: bool = False


def encode(values: Values, wire: WireType) -> Field:
    """The column in the format of its type.

    Raises:
        ConfigError: the type is not supported, takes no such values, or a value does not fit; names the column.
    """
    try:
        field = find_encoder(values.kind, wire)(values.values)
    except (ValueError, ArithmeticError) as error:
        raise ConfigError(f"{wire.column} ({wire.name}): {error}", help="correct the generator's options") from None
    return field if values.nulls is None else _with_nulls(field, values.nulls)


def find_encoder(kind: str, wire: WireType) -> Callable[[Any], Field]:
    """How values of a kind become values of a type.

    Raises:
        ConfigError: they cannot; names the column.
    """
    encoder = ENCODERS.get((kind, "text" if wire.enum else wire.name))
    if encoder is None:
        known = ", ".join(sorted({name for _, name in ENCODERS}))
        raise ConfigError(
            f"{wire.column} has type {wire.name}, which takes no {kind} values",
            help=f"choose a generator that fits the type; known types: {known}, enums",
        )
    return encoder


def _with_nulls(field: Field, nulls: Mask) -> Field:
    """The same field, with no bytes where it is NULL."""
    pieces = field.pieces
    if field.matrix is not None:
        rows, width = field.matrix.shape
        starts = np.arange(rows, dtype=np.int64) * width
        pieces = (Piece(np.ascontiguousarray(field.matrix).ravel(), starts, np.full(rows, width, np.int64)),)
    emptied = tuple(Piece(piece.data, piece.starts, np.where(nulls, 0, piece.lengths)) for piece in pieces)
    return Field(None, emptied, nulls)


def _fixed(wire: str) -> Callable[[NDArray[Any]], Field]:
    """Numbers in network byte order."""

    def encoder(values: NDArray[Any]) -> Field:
        sent = values.astype(wire)
        if sent.dtype.kind == "i" and not np.array_equal(sent, values):
            raise ValueError(f"the values from {values.min()} to {values.max()} do not fit into the type")
        return Field(sent.view(np.uint8).reshape(len(values), sent.itemsize))

    return encoder


def _uuid(values: NDArray[Any]) -> Field:
    return Field(values.view(np.uint8).reshape(-1, 16))


def _timestamp(values: Ints) -> Field:
    return _fixed(">i8")(values - EPOCH_MICROSECONDS)


def _date(values: Ints) -> Field:
    return _fixed(">i4")((values - EPOCH_MICROSECONDS) // DAY_MICROSECONDS)


def _interval(values: NDArray[Any]) -> Field:
    """Seconds, as microseconds without days and months."""
    sent = np.zeros((len(values), 2), ">i8")
    sent[:, 0] = np.rint(values * 1e6)
    return Field(sent.view(np.uint8).reshape(-1, 16))


def _raw(values: Rope) -> Field:
    """Texts as they are: text, varchar, json, enums; bytea takes the UTF-8 bytes."""
    return Field(None, tuple(Piece(part.data, part.starts, part.lengths) for part in values.parts))


def _jsonb(values: Rope) -> Field:
    """The same after the version of the format, 1."""
    pieces = _raw(values).pieces
    rows = len(pieces[0].starts)
    version = Piece(np.ones(1, np.uint8), np.zeros(rows, np.int64), np.ones(rows, np.int64))
    return Field(None, (version, *pieces))


def _each_text(convert: Callable[[str], bytes]) -> Callable[[Rope], Field]:
    """For types whose format is made value by value: once for each different text."""

    def encoder(values: Rope) -> Field:
        rows = list(zip(*(_slices(part) for part in values.parts), strict=True))
        places = {row: place for place, row in enumerate(dict.fromkeys(rows))}
        buffers = [part.data.tobytes() for part in values.parts]
        codes = np.fromiter((places[row] for row in rows), np.int64, len(rows))
        return _pooled([convert(_joined(buffers, row)) for row in places], codes)

    return encoder


def _slices(part: Slices) -> list[tuple[int, int]]:
    return list(zip(part.starts.tolist(), part.lengths.tolist(), strict=True))


def _joined(buffers: list[bytes], row: tuple[tuple[int, int], ...]) -> str:
    pieces = (buffer[start : start + length] for buffer, (start, length) in zip(buffers, row, strict=True))
    return b"".join(pieces).decode()


def _each_number(convert: Callable[[str], bytes]) -> Callable[[NDArray[Any]], Field]:
    """The same for numbers, through their shortest decimal form."""

    def encoder(values: NDArray[Any]) -> Field:
        different, codes = np.unique(values, return_inverse=True)
        return _pooled([convert(repr(value)) for value in different.tolist()], codes.astype(np.int64))

    return encoder


def _pooled(pool: list[bytes], codes: Ints) -> Field:
    lengths = np.array([len(value) for value in pool], np.int64)
    starts = np.cumsum(lengths) - lengths
    data = np.frombuffer(b"".join(pool), np.uint8)
    return Field(None, (Piece(data, starts[codes], lengths[codes]),))


def numeric(value: str) -> bytes:
    """A decimal number: groups of four digits, the weight of the first, sign, and the digits after the point."""
    if value == "":
        return b""
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"'{value}' is not a finite number")
    sign, digits, exponent = number.as_tuple()
    scale = max(0, -int(exponent))
    text = "".join(map(str, digits)) + "0" * max(0, int(exponent))
    whole, fraction = text[: len(text) - scale], text[len(text) - scale :].rjust(scale, "0")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[at : at + 4]) for at in range(0, len(whole + fraction), 4)]
    weight = len(whole) // 4 - 1
    while groups and not groups[0]:
        groups, weight = groups[1:], weight - 1
    return struct.pack(f">HhHH{len(groups)}H", len(groups), weight if groups else 0, sign * 0x4000, scale, *groups)


def inet(value: str) -> bytes:
    """An address with its network's length: family (2: IPv4, 3: IPv6), bits, not a cidr, size, address."""
    if value == "":
        return b""
    address = ipaddress.ip_interface(value)
    family = 2 if address.version == 4 else 3
    return bytes([family, address.network.prefixlen, 0, len(address.packed)]) + address.packed


def text_array(value: str) -> bytes:
    """A JSON array of strings as a one-dimensional array of text."""
    items = json.loads(value or "[]")
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"'{value}' is not a JSON array of strings")
    head = struct.pack(">iii", 1 if items else 0, 0, TEXT_OID) + (struct.pack(">ii", len(items), 1) if items else b"")
    return head + b"".join(struct.pack(">i", len(item.encode())) + item.encode() for item in items)


def _uuid_text(value: str) -> bytes:
    return uuid.UUID(value).bytes if value else b""


# (kind of values, type) → encoder.
ENCODERS: dict[tuple[str, str], Callable[[Any], Field]] = {
    ("bool", "bool"): _fixed("u1"),
    **{(kind, "float4"): _fixed(">f4") for kind in ("int", "float")},
    **{(kind, "float8"): _fixed(">f8") for kind in ("int", "float")},
    **{("int", name): _fixed(wire) for name, wire in (("int2", ">i2"), ("int4", ">i4"), ("int8", ">i8"))},
    **{(kind, "numeric"): _each_number(numeric) for kind in ("int", "float")},
    **{(kind, "interval"): _interval for kind in ("int", "float")},
    **{("text", name): _raw for name in ("text", "varchar", "bpchar", "name", "citext", "json", "xml", "bytea")},
    **{("time", name): _timestamp for name in ("timestamptz", "timestamp")},
    ("time", "date"): _date,
    ("uuid", "uuid"): _uuid,
    ("text", "uuid"): _each_text(_uuid_text),
    ("text", "jsonb"): _jsonb,
    ("text", "numeric"): _each_text(numeric),
    ("text", "inet"): _each_text(inet),
    ("text", "_text"): _each_text(text_array),
}
