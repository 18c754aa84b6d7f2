"""What travels in a binary COPY: columns of values on the one side, fields of bytes on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


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
    """A column to send: its kind (bool, int, float, time, uuid, text, bytes, vector), its values, which rows are NULL.

    A time is microseconds since 1970, a uuid an item of 16 bytes, a text or bytes a rope, a vector a line of a matrix.
    Kinds that end in [] are lists of such items.
    """

    @property
    def kind(self) -> str:
        """Of the values."""

    @property
    def values(self) -> Any:
        """An array, a rope, or lists."""

    @property
    def nulls(self) -> Mask | None:
        """None: there are none."""


class Lists(Protocol):
    """A list of items for each row."""

    @property
    def counts(self) -> Ints:
        """How many items each has."""

    def flat(self) -> Values:
        """All items, list by list."""


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
    """How a column's values travel: the name of its type, of an array also its element's name and oid.

    ``enum``: it is an enum, or an array of one. ``form`` is pg_type.typtype of the type or its elements (c: composite),
    ``subtype`` what a range is one of.
    """

    column: str
    name: str
    enum: bool = False
    element: str = ""
    element_oid: int = 0
    form: str = "b"
    subtype: str = ""
