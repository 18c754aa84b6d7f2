"""The binary formats of PostgreSQL's types, for whole columns.

COPY casts nothing: the format must be that of the column's own type, as pg_attribute has it. Source: the …_recv
functions of PostgreSQL (numeric_recv, jsonb_recv, array_recv, inet_recv …) and of pgvector (vector_recv).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platformdb.errors import ConfigError
from platformdb.postgres.copy_fields import Field, Ints, Lists, Mask, Piece, Rope, Slices, Values, WireType
from platformdb.postgres.copy_numbers import numeric_column
from platformdb.postgres.copy_rows import packed
from platformdb.postgres.copy_values import array, numeric, single

# PostgreSQL counts from 2000-01-01; numpy and everybody else from 1970-01-01.
EPOCH_MICROSECONDS = 946_684_800_000_000
DAY_MICROSECONDS = 86_400_000_000


def encode(values: Values, wire: WireType) -> Field:
    """The column in the format of its type.

    Raises:
        ConfigError: the type is not supported, takes no such values, or a value does not fit; names the column.
    """
    try:
        field = find_encoder(values.kind, wire)(values.values)
    except (ValueError, ArithmeticError, KeyError, TypeError, struct.error) as error:
        raise ConfigError(f"{wire.column} ({wire.name}): {error}", help="correct the generator's options") from None
    return field if values.nulls is None else _with_nulls(field, values.nulls)


def find_encoder(kind: str, wire: WireType) -> Callable[[Any], Field]:
    """How values of a kind become values of a type.

    Raises:
        ConfigError: they cannot; names the column.
    """
    encoder = _array_encoder(kind, wire) if wire.element else _scalar_encoder(kind, wire)
    if encoder is None:
        help_ = NOT_SENT.get("composite" if wire.form == "c" else wire.name)
        raise ConfigError(
            f"{wire.column} has type {wire.name}, which takes no {kind} values",
            help=help_ or "choose a generator that fits the type; docs/seed-file.md has the types and what they take",
        )
    return encoder


def _name(wire: WireType) -> str:
    """The type whose format it is."""
    return "text" if wire.enum else wire.element or wire.name


def _scalar_encoder(kind: str, wire: WireType) -> Callable[[Any], Field] | None:
    found = ENCODERS.get((kind, _name(wire)))
    if found is not None or kind != "text" or _name(wire) in NOT_AS_TEXT:
        return found
    convert = single(_name(wire), wire.subtype)
    return _each_text(convert) if convert else None


def _array_encoder(kind: str, wire: WireType) -> Callable[[Any], Field] | None:
    """From lists of items, or from texts that are JSON arrays."""
    if kind == "text":
        convert = single(_name(wire), wire.subtype)
        return _each_text(partial(array, element=_name(wire), oid=wire.element_oid, pack=convert)) if convert else None
    item = _scalar_encoder(kind.removesuffix("[]"), replace(wire, name=_name(wire), element=""))
    return partial(_lists, item=item, oid=wire.element_oid) if item and kind.endswith("[]") else None


def _lists(values: Lists, item: Callable[[Any], Field], oid: int) -> Field:
    """Arrays of one dimension: their number, no NULLs, the element's oid; unless empty also size and lower bound."""
    counts = values.counts
    data, ends = packed(item(values.flat().values))
    bounds = np.concatenate([np.zeros(1, np.int64), ends])
    begins = np.cumsum(counts) - counts
    starts = bounds[begins]
    heads = np.zeros((len(counts), 5), ">i4")
    heads[:, 0], heads[:, 2], heads[:, 3], heads[:, 4] = counts > 0, oid, counts, 1
    places = np.arange(len(counts), dtype=np.int64) * 20
    head = Piece(heads.view(np.uint8).ravel(), places, np.where(counts > 0, 20, 12))
    return Field(None, (head, Piece(data, starts, bounds[begins + counts] - starts)))


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
        if sent.dtype.kind in "iu" and not np.array_equal(sent, values):
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


def _vector(wire: str) -> Callable[[NDArray[Any]], Field]:
    """How many dimensions (two bytes), two zeros, and the numbers."""

    def encoder(values: NDArray[Any]) -> Field:
        rows, dims = values.shape
        width = 4 + dims * np.dtype(wire).itemsize
        sent = np.empty((rows, width), np.uint8)
        sent[:, :4] = np.frombuffer(dims.to_bytes(2, "big") + bytes(2), np.uint8)
        sent[:, 4:].view(wire)[:] = values
        # A piece, for a matrix would be copied when it is laid beside others, and vectors are large.
        return Field(None, (Piece(sent.ravel(), np.arange(rows) * width, np.full(rows, width)),))

    return encoder


def _raw(values: Rope) -> Field:
    """As they are: bytes, and texts as text, varchar, json, enums; bytea takes the UTF-8 bytes."""
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
        return _pooled([_packed(convert, _joined(buffers, row)) for row in places], codes)

    return encoder


def _packed(convert: Callable[[str], bytes], value: str) -> bytes:
    """What is NULL comes as an empty text, and few types have a value of that."""
    try:
        return convert(value)
    except (ValueError, ArithmeticError, KeyError):
        if value:
            raise
        return b""


def _slices(part: Slices) -> list[tuple[int, int]]:
    return list(zip(part.starts.tolist(), part.lengths.tolist(), strict=True))


def _joined(buffers: list[bytes], row: tuple[tuple[int, int], ...]) -> str:
    pieces = (buffer[start : start + length] for buffer, (start, length) in zip(buffers, row, strict=True))
    return b"".join(pieces).decode()


def _numeric(values: NDArray[Any]) -> Field:
    """Numbers in their shortest decimal form: at once where they are short, else once for each different one."""
    field = numeric_column(values)
    if field is not None:
        return field
    different, codes = np.unique(values, return_inverse=True)
    return _pooled([numeric(repr(value)) for value in different.tolist()], codes.astype(np.int64))


def _money(values: NDArray[Any]) -> Field:
    """Hundredths, as most locales have them."""
    return _fixed(">i8")(np.rint(values * 100).astype(np.int64))


def _clock(values: NDArray[Any]) -> Field:
    """Seconds since midnight."""
    if len(values) and not 0 <= values.min() <= values.max() <= DAY_MICROSECONDS // 1_000_000:
        raise ValueError(f"the values from {values.min()} to {values.max()} are no seconds of a day")
    return _fixed(">i8")(np.rint(values * 1e6).astype(np.int64))


def _clock_of(values: Ints) -> Field:
    return _fixed(">i8")(values % DAY_MICROSECONDS)


def _in_utc(encoder: Callable[[NDArray[Any]], Field]) -> Callable[[NDArray[Any]], Field]:
    """A time of day, and no seconds west of Greenwich."""

    def zoned(values: NDArray[Any]) -> Field:
        clock = encoder(values).matrix
        return Field(np.pad(clock, ((0, 0), (0, 4))) if clock is not None else None)

    return zoned


def _pooled(pool: list[bytes], codes: Ints) -> Field:
    lengths = np.array([len(value) for value in pool], np.int64)
    starts = np.cumsum(lengths) - lengths
    data = np.frombuffer(b"".join(pool), np.uint8)
    return Field(None, (Piece(data, starts[codes], lengths[codes]),))


# Types of which nothing is sent, and what to do instead.
NOT_SENT = {
    "tsvector": "the database makes a tsvector from text: leave the column out, and let it be GENERATED",
    "composite": "values of composite types are not sent: leave the column out, or make its parts columns",
}
# Types with values of a kind of their own; as items of a JSON array they may still be written.
NOT_AS_TEXT = ("bool", "int2", "int4", "int8", "oid", "float4", "float8")
# (kind of values, type) → encoder. Texts that are not here are made one by one (copy_values.SINGLES).
ENCODERS: dict[tuple[str, str], Callable[[Any], Field]] = {
    ("bool", "bool"): _fixed("u1"),
    **{(kind, "float4"): _fixed(">f4") for kind in ("int", "float")},
    **{(kind, "float8"): _fixed(">f8") for kind in ("int", "float")},
    **{("int", name): _fixed(wire) for name, wire in (("int2", ">i2"), ("int4", ">i4"), ("int8", ">i8"))},
    **{(kind, "numeric"): _numeric for kind in ("int", "float")},
    **{(kind, "money"): _money for kind in ("int", "float")},
    ("int", "oid"): _fixed(">u4"),
    **{(kind, "interval"): _interval for kind in ("int", "float")},
    **{("text", name): _raw for name in ("text", "varchar", "bpchar", "name", "citext", "json", "xml", "bytea")},
    **{("time", name): _timestamp for name in ("timestamptz", "timestamp")},
    ("time", "date"): _date,
    ("time", "time"): _clock_of,
    ("time", "timetz"): _in_utc(_clock_of),
    **{(kind, "time"): _clock for kind in ("int", "float")},
    **{(kind, "timetz"): _in_utc(_clock) for kind in ("int", "float")},
    ("uuid", "uuid"): _uuid,
    ("text", "jsonb"): _jsonb,
    ("bytes", "bytea"): _raw,
    ("vector", "vector"): _vector(">f4"),
    ("vector", "halfvec"): _vector(">f2"),
}
