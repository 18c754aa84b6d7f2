"""Vectors in clusters, as the embeddings of texts about the same thing are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.rows.codes import Floats
from platformdb.seeding.rows.columns import Column, keys
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.distributions import FORBID

if TYPE_CHECKING:
    from platformdb.seeding.rows.world import Block

# Rows computed at once: what is between the numbers drawn and the vectors stays in the processor's cache.
ROWS = 2048
# All numbers are whole until the last division, and their sums below 2^53: so every machine gets the same bytes,
# in whatever order its matrix product adds them up.
CENTRE, LATENT, BASIS = 1 << 16, 1 << 6, 1 << 10


@dataclass(frozen=True, slots=True)
class Embedding:
    """Unit vectors: rows with the same value at ``of`` lie around one centre.

    ``noise`` is how far, with the centre's distance from zero as measure. As in embeddings of texts it goes in fewer
    ``directions`` than there are dimensions: without that, all neighbours would be equally near.
    """

    make: Literal["embedding"]
    of: str
    dims: int
    noise: float = 0.35
    directions: int = 24
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if not 1 <= self.dims <= 16_000 or not 1 <= self.directions <= 1_000:
            raise ValueError("dims must be from 1 to 16000, directions from 1 to 1000")
        if not 0 <= self.noise <= 10:
            raise ValueError("noise must be from 0 to 10")

    def column(self, block: Block, stream: Stream) -> Column:
        """One vector for each row; NULL where the cluster is."""
        clusters = block.value(self.of)
        values, codes = keys(clusters)
        centres = np.array([self._centre(stream.aspect(f"centre {value}")) for value in values]).reshape(-1, self.dims)
        basis = self._basis(stream.aspect("basis"))
        latent = _normal(stream.aspect("noise"), block.span, self.directions, LATENT)
        vectors = np.empty((block.span.rows, self.dims), np.float32)
        for first in range(0, block.span.rows, ROWS):
            part = slice(first, first + ROWS)
            exact = centres[codes[part]] + latent[part] @ basis
            length = np.sqrt(np.einsum("ij,ij->i", exact, exact))
            vectors[part] = exact / np.maximum(length, 1)[:, None]
        return Column("vector", vectors, clusters.nulls)

    def _centre(self, stream: Stream) -> Floats:
        return _normal(stream, Span(0, 1), self.dims, CENTRE).ravel()

    def _basis(self, stream: Stream) -> Floats:
        size = BASIS * self.noise / self.directions**0.5
        return _normal(stream, Span(0, self.directions), self.dims, size)


def _normal(stream: Stream, span: Span, width: int, size: float) -> Floats:
    """Normal numbers of deviation ``size``, rounded, ``width`` of them for each row."""
    drawn = stream.words(span, -(-width // 4)).astype("<u8").view("<u2")[:, :width]
    return np.asarray(np.rint(_quantiles()[drawn] * size))


@cache
def _quantiles() -> Floats:
    """What a normal number is for each 16 random bits."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((number + 0.5) / 65_536) for number in range(65_536)])
