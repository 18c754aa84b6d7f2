"""Bytes: random ones, encrypted texts, and digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.ropes import Part, Texts, contents, texts
from platformdb.seeding.shape.distributions import FORBID, Distribution, counts

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block

NONCE_BYTES = 12
# A block of rows is made in memory.
MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class RandomBytes:
    """Random bytes, always so many or as many as a distribution says."""

    make: Literal["bytes"]
    size: int | Distribution
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if isinstance(self.size, int) and not 0 <= self.size <= MOST_BYTES:
            raise ValueError(f"size must be from 0 to {MOST_BYTES}")

    def column(self, block: Block, stream: Stream) -> Column:
        """Bytes for each row."""
        rows = block.span.rows
        if isinstance(self.size, int):
            sizes = np.full(rows, self.size, np.int64)
        else:
            sizes = counts(self.size, stream.aspect("size"), block.span)
            if int(sizes.max(initial=0)) > MOST_BYTES:
                raise Misfit(f"size must be from 0 to {MOST_BYTES}; give its distribution a max")
        words = stream.words(block.span, -(-int(sizes.max(initial=0)) // 8)).astype("<u8")
        starts = np.arange(rows, dtype=np.int64) * words.shape[1] * 8
        return Column("bytes", Texts((Part(words.view(np.uint8).ravel(), starts, sizes),)))


@dataclass(frozen=True, slots=True)
class Variable:
    """The environment variable that holds a text."""

    env: str
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID


@dataclass(frozen=True, slots=True)
class Encrypt:
    """The text at ``of``, encrypted and authenticated by AES-256-GCM: ciphertext and tag.

    The key is the SHA-256 of the text ``key``; ``nonce`` is the path of 12 bytes, ``context`` that of a text which
    belongs to the ciphertext without being in it (associated data).
    """

    make: Literal["encrypt"]
    of: str
    nonce: str
    key: str | Variable
    context: str = ""
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """Bytes for each row; NULL where one of the paths is."""
        paths = [path for path in (self.of, self.nonce, self.context) if path]
        columns = [_octets(block, path) for path in paths]
        nulls = np.logical_or.reduce([column.missing for column in columns])
        encrypt = _cipher(hashlib.sha256(self._key().encode()).digest())
        rows = zip(*(column.texts.contents() for column in columns), nulls.tolist(), strict=True)
        return Column("bytes", contents(self._sealed(encrypt, rows))).but_null(nulls)

    def _key(self) -> str:
        if isinstance(self.key, str):
            return self.key
        found = os.environ.get(self.key.env)
        if not found:
            raise Misfit(f"the environment variable {self.key.env}, which should hold the key, is not set")
        return found

    def _sealed(self, encrypt: Callable[..., bytes], rows: Iterator[tuple[bytes, ...]]) -> Iterator[bytes]:
        for plain, nonce, *context, null in rows:
            if not null and len(nonce) != NONCE_BYTES:
                raise Misfit(f"'{self.nonce}' has {len(nonce)} bytes, and a nonce {NONCE_BYTES}")
            yield b"" if null else encrypt(nonce, plain, context[0] if context else None)


def _cipher(key: bytes) -> Callable[..., bytes]:
    try:
        # Late, and only where something is encrypted: nothing else needs the library.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        message = "encrypting needs the library cryptography, which is not installed: pip install 'platformdb[local]'"
        raise Misfit(message) from None
    return AESGCM(key).encrypt


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of the text or bytes at ``of``, in lower-case hexadecimal."""

    make: Literal["digest"]
    of: str
    function: Literal["sha256", "sha512", "md5"] = "sha256"
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def column(self, block: Block, stream: Stream) -> Column:
        """One text for each row; NULL where there is nothing to digest."""
        column = _octets(block, self.of)
        made = (hashlib.new(self.function, value).hexdigest() for value in column.texts.contents())
        return Column("text", texts(made), column.nulls)


def _octets(block: Block, path: str) -> Column:
    column = block.value(path)
    if column.kind not in ("text", "bytes"):
        raise Misfit(f"'{path}' is of kind {column.kind}, neither a text nor bytes")
    return column
