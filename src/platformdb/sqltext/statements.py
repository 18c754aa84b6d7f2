"""Splits a file into statements the way psql does, and lets PostgreSQL's own grammar say what each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from platformdb.errors import Place, Refused
from platformdb.report.model import CopyData
from platformdb.sqltext.lexer import Piece, PieceKind, lex, tokens
from platformdb.sqltext.rows import TextRows
from platformdb.sqltext.source import LEFT_OUT, Source
from platformdb.sqltext.tree import parse

_BETWEEN = "\n;"  # the line end closes a comment that a statement ends with
# libpg_query's tree costs a hundred times the text: above these (characters) plain DML is left to the server to check.
LARGE_STATEMENT = LARGE_FILE = 4 << 20
_DML: Mapping[str, str] = {
    "insert": "insert_stmt",
    "select": "select_stmt",
    "values": "select_stmt",
    "update": "update_stmt",
    "delete": "delete_stmt",
    "merge": "merge_stmt",
}
# How what is not SQL begins, and what to do about it.
_CONFLICT = "this is the mark of a merge conflict: resolve it; nothing was run"
_INVISIBLE = re.compile("[\u00a0\u2000-\u200f\u2028\u2029\u202f\u2060\u3000\ufeff]")
_WORD = re.compile(r"[^ \t\n\r;(),]+")
_NO_PSQL_VARIABLES = "psql's variables do not work here: use [variables] in platformdb.toml and {{ name }}"
_KNOWN_MISTAKES: Mapping[str, str] = {
    ":": _NO_PSQL_VARIABLES,
    "`": 'PostgreSQL quotes names with ", not with `; nothing was run',
    **dict.fromkeys(("<<<<<<<", "=======", ">>>>>>>"), _CONFLICT),
}


@dataclass(frozen=True, slots=True)
class TextOrigin:
    """Where in a file a statement's text begins."""

    source: Source
    start: int

    def place(self, offset: int) -> Place:
        """The place of a 0-based character of the statement's text."""
        return self.source.place(self.start + offset)

    def row(self, length: int, number: int) -> Place:
        """The place of a 1-based line of the rows below a COPY, whose text is ``length`` characters long."""
        text = self.source.text
        at = text.find("\n", text.find(";", self.start + length)) + 1
        if text.startswith("\0", at):  # the rows were left in the file
            first = self.source.place(at)
            return Place(first.name, (first.line or 1) + number - 1)
        for _ in range(number - 1):
            at = text.find("\n", at) + 1
        return self.source.place(at)


class SqlStatement(NamedTuple):
    """One statement of a file.

    ``start`` and ``end`` are its offsets, ``comments_from`` the offset at which the comments above it begin;
    ``node`` is libpg_query's parse tree, None for DML too large to be parsed. ``data`` are the rows of a COPY.
    """

    source: Source
    comments_from: int
    start: int
    end: int
    kind: str
    node: Any
    data: CopyData | None = None

    @property
    def sql(self) -> str:
        """The statement's text without the semicolon and without the comments above it."""
        return self.source.text[self.start : self.end]

    @property
    def comments(self) -> str:
        """The text between the statement before and this one, from the next line on."""
        return self.source.text[self.comments_from : self.start]

    @property
    def origin(self) -> TextOrigin:
        """Where its text stands in its file."""
        return TextOrigin(self.source, self.start)


def split(source: Source) -> tuple[SqlStatement, ...]:
    """The statements of a file in order; comments and empty statements are not statements.

    Raises:
        Refused: a syntax error, with its place; a psql command.
    """
    pieces = lex(source)
    for piece in pieces:
        if piece.kind is PieceKind.COMMAND:
            raise Refused(
                "a psql command, where only SQL can be", place=source.place(piece.start), help="remove the line"
            )
    return statements_of(source, pieces)


def statements_of(source: Source, pieces: Sequence[Piece]) -> tuple[SqlStatement, ...]:
    """The statements among a file's pieces.

    Raises:
        Refused: a syntax error, with its place.
    """
    found = [piece for piece in pieces if piece.kind is PieceKind.STATEMENT]
    unparsed = {piece.start: kind for piece in found if (kind := _plain_dml(source, piece))}
    parsed = _parsed(source, [piece for piece in found if piece.start not in unparsed])
    return tuple(_located(source, pieces, unparsed, parsed))


def _located(
    source: Source, pieces: Sequence[Piece], unparsed: Mapping[int, str], parsed: Iterator[tuple[str, Any]]
) -> Iterator[SqlStatement]:
    comments_from = 0
    for piece, rows in zip(pieces, (*pieces[2:], None, None), strict=False):
        if piece.kind is PieceKind.STATEMENT:
            kind, node = (unparsed[piece.start], None) if piece.start in unparsed else next(parsed)
            data = _rows(source, rows) if rows and rows.kind is PieceKind.ROWS else None
            yield SqlStatement(source, comments_from, piece.start, piece.end, kind, node, data)
        if piece.kind is not PieceKind.BLANK:
            rows_end = piece.kind is PieceKind.ROWS
            comments_from = piece.end if rows_end else _next_line(source.text, piece.end)


def _rows(source: Source, piece: Piece) -> CopyData:
    if match := LEFT_OUT.match(source.text, piece.start):
        return source.left_out[int(match[1])]
    rows = source.text[piece.start : piece.end].removesuffix("\n").removesuffix("\r")
    return TextRows.of(rows.removesuffix("\\."))


def _plain_dml(source: Source, piece: Piece) -> str | None:
    """What kind of DML this is, where it is too much to be parsed: a large statement, or an INSERT of a large file."""
    large = piece.end - piece.start > LARGE_STATEMENT
    if not large and len(source.text) <= LARGE_FILE:
        return None
    first = next(tokens(source.text, piece.start, piece.end))
    if large and first == "with":
        return _kind_after_with(tokens(source.text, piece.start, piece.end))
    return _DML.get(first) if large or first == "insert" else None


def _kind_after_with(words: Iterator[str]) -> str | None:
    """What follows the queries of a WITH, which all stand in brackets."""
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if not depth and word in _DML:
            return _DML[word]
    return None


def _parsed(source: Source, pieces: Sequence[Piece]) -> Iterator[tuple[str, Any]]:
    """Each piece's kind and tree. They are parsed together, as many as make some megabytes."""
    for batch in _batches(pieces):
        for _, raw in zip(batch, _parse(source, batch), strict=True):
            kind = raw.stmt.WhichOneof("node")
            yield kind, getattr(raw.stmt, kind)


def _batches(pieces: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    first = 0
    for last, piece in enumerate(pieces, 1):
        if last == len(pieces) or piece.end - pieces[first].start > LARGE_STATEMENT:
            yield pieces[first:last]
            first = last


def _parse(source: Source, pieces: Sequence[Piece]) -> Any:
    import postgast  # 80 ms: only commands that read SQL pay for it

    try:
        return parse(_BETWEEN.join(source.text[piece.start : piece.end] for piece in pieces)).stmts
    except postgast.PgQueryError as error:
        at = _offset(pieces, max(error.cursorpos - 1, 0))
        raise Refused(f"{error.message}", place=source.place(at), help=_advice(source.text, at)) from None


def _advice(text: str, at: int) -> str:
    """What to do about a syntax error at an offset; where something known lies behind it, about that."""
    for start, advice in _KNOWN_MISTAKES.items():
        if text.startswith(start, at):
            return advice
    word = _WORD.match(text, at)
    if word and (found := _INVISIBLE.search(word[0])):
        what = f"U+{ord(found[0]):04X}, a character that cannot be seen, stands here: remove it, or type a plain space"
        return f"{what}; nothing was run"
    return "correct the SQL; nothing was run"


def _offset(pieces: Sequence[Piece], at: int) -> int:
    """The offset in the file of an offset in the pieces' joined texts.

    libpg_query counts characters here, whatever its binding's documentation says: it asks pg_mbstrlen.
    """
    for piece in pieces:
        if at <= piece.end - piece.start:
            return piece.start + at
        at -= piece.end - piece.start + len(_BETWEEN)
    return pieces[-1].end


def _next_line(text: str, offset: int) -> int:
    """Where comments of the next statement can begin: after the line this one ended on, if only a comment follows."""
    line_end = text.find("\n", offset)
    rest = text[offset:] if line_end < 0 else text[offset:line_end]
    only_comment = rest.lstrip("; \t\r").startswith("--") or not rest.strip("; \t\r")
    return (len(text) if line_end < 0 else line_end + 1) if only_comment else offset


def index_name_span(statement: SqlStatement) -> tuple[int, int]:
    """Where ``INDEX [CONCURRENTLY] [IF NOT EXISTS] name`` lies in the text of a CREATE INDEX, as character offsets."""
    words = list(_words(statement.sql))
    first = _index_of(words, "index")
    last = next(i for i in range(first + 1, len(words)) if words[i][0] not in {"concurrently", "if", "not", "exists"})
    return words[first][1], words[last][2]


def index_table_end(statement: SqlStatement) -> int:
    """Where the table's name ends in the text of a CREATE INDEX, as a character offset."""
    words = list(_words(statement.sql[index_name_span(statement)[1] :]))
    last = 2 if words[1][0] == "only" else 1
    while words[last + 1][0] == ".":
        last += 2
    return index_name_span(statement)[1] + words[last][2]


def _words(sql: str) -> Iterator[tuple[str, int, int]]:
    """Every token but comments, in lower case, with its place in characters."""
    import postgast

    data = sql.encode()
    for token in postgast.scan(sql).tokens:
        if token.token not in _COMMENT_TOKENS:
            word = data[token.start : token.end].decode().lower()
            yield word, len(data[: token.start].decode()), len(data[: token.end].decode())


def _index_of(words: Sequence[tuple[str, int, int]], wanted: str) -> int:
    return next(i for i, (word, _, _) in enumerate(words) if word == wanted)


# libpg_query's SQL_COMMENT and C_COMMENT.
_COMMENT_TOKENS = frozenset({275, 276})
