"""The checksums that tell whether a file is the one that was applied, or only looks different."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from platformdb.errors import Refused
from platformdb.report.history import Checksums
from platformdb.report.model import CopyData, Statement
from platformdb.sqltext.lexer import SPACES, PieceKind, lex, quoted_spans, tokens
from platformdb.sqltext.source import LEFT_OUT, Source
from platformdb.sqltext.statements import LARGE_STATEMENT, SqlStatement

_TRAILING = re.compile(r"[ \t\r\f\v]+(?=\n)")


def tokens_digest(statements: Iterable[Statement]) -> str:
    """SHA-256 of the tokens of what may be shown of the statements, and of their rows, in hexadecimal.

    White space, comments and the case of words that are not quoted make no difference. In statements above 4 MiB
    they do: to look for tokens would take longer than the server takes to run them.
    """
    return _digest((each.sql if each.shown is None else each.shown, each.data) for each in statements)


def checksums(source: Source, statements: Iterable[SqlStatement], *, raw: str, tokens: str = "") -> Checksums:
    """A file's three checksums; ``raw``, that of its bytes, is given, and ``tokens`` where somebody knows it.

    The normalised text has no byte order mark, no blanks at the ends of its lines (CR is one) and one line end at
    its own. Strings, quoted names and rows keep theirs: there they are content, and what they say must not change
    unseen. Where the file is like that already, the normalised checksum is the raw one. A template is taken as it is
    written, and keeps all blanks: what will be in strings is not known.

    Raises:
        Refused: rows that were left in the file are not there any more.
    """
    text = source.text if source.original is None else source.original
    tidy = _tidied(source, text)
    same = source.exact and tidy == text
    normalised = raw if same else _sha256(_with_rows(source, tidy))
    return Checksums(raw, normalised, tokens or _digest((each.sql, each.data) for each in statements))


def _digest(statements: Iterable[tuple[str, CopyData | None]]) -> str:
    return _sha256(_stream(statements))


def _stream(statements: Iterable[tuple[str, CopyData | None]]) -> Iterator[bytes]:
    """The tokens with NUL between them, which no text can hold."""
    for sql, data in statements:
        yield (sql if len(sql) > LARGE_STATEMENT else _tokens(sql)).encode()
        yield b"\0;\0"
        if data:
            yield data.digest.encode() + b"\0"


@lru_cache(maxsize=64)  # a file's tokens are asked for twice: for the file, and for its segments
def _tokens(sql: str) -> str:
    return "\0".join(tokens(sql))


def _sha256(parts: Iterable[bytes]) -> str:
    seen = hashlib.sha256()
    for part in parts:
        seen.update(part)
    return seen.hexdigest()


def _tidied(source: Source, text: str) -> str:
    if _TRAILING.search(text):
        text = "".join(_trimmed(source, text))
    if text[-1:] == "\n" and text[-2:-1].strip(SPACES):
        return text  # as nearly all are: a large one is not copied
    text = text.rstrip(SPACES)
    return text + "\n" if text else text


def _trimmed(source: Source, text: str) -> Iterator[str]:
    at = 0
    for start, end in _content(source, text):
        yield _TRAILING.sub("", text[at:start])
        yield text[start:end]
        at = end
    yield _TRAILING.sub("", text[at:])


def _content(source: Source, text: str) -> Iterator[tuple[int, int]]:
    """Where blanks mean something."""
    try:
        pieces = lex(source) if source.original is None else None
    except Refused:
        pieces = None
    if pieces is None:
        yield 0, len(text)
        return
    for piece in pieces:
        if piece.kind is PieceKind.STATEMENT:
            yield from quoted_spans(text, piece.start, piece.end)
        elif piece.kind is PieceKind.ROWS:
            yield piece.start, piece.end


def _with_rows(source: Source, text: str) -> Iterator[bytes]:
    """A text with its rows where they were left out."""
    at = 0
    for match in LEFT_OUT.finditer(text):
        yield text[at : match.start()].encode()
        yield from source.left_out[int(match[1])].chunks()
        yield b"\\."
        at = match.end()
    yield text[at:].encode()
