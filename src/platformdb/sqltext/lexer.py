"""Where statements, psql's commands, rows of COPY and what lies between them begin and end in a file.

The rules are those of psql (PostgreSQL's src/fe_utils/psqlscan.l, with standard_conforming_strings on), for any file
that psql takes must be cut as psql cuts it. Only ``BEGIN ATOMIC`` is told exactly where psql guesses.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from platformdb.errors import Refused
from platformdb.sqltext.source import Source

SPACES = " \t\n\r\f\v"  # Python's own idea of white space has more than PostgreSQL's
# Letters, _ and whatever is not ASCII, said by what they are not: such classes compile ten times as fast.
_LETTER = r"[^\x00-@\[-^`{-\x7f]"
_TAG_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"
_WORD = rf"{_LETTER}[^\x00-#%-/:-@\[-^`{{-\x7f]*+"
_LINE_COMMENT = r"--[^\n\r]*+"
_STRING = r"'(?:[^']++|'')*+'"
_NAME = r'"(?:[^"]++|"")*+"'
_ESCAPED = r"(?:[^'\\]++|\\.|'')*+'"
# A string goes on below a line end, by the rules of its first part: only E'' cares.
_CONTINUED = rf"[ \t\f\v]*+(?:{_LINE_COMMENT})?[\n\r](?:[ \t\n\r\f\v]++|{_LINE_COMMENT}[\n\r])*+"
_ESCAPE_STRING = rf"[eE]'{_ESCAPED}(?:{_CONTINUED}'{_ESCAPED})*+"
_TAG = rf"(?:{_LETTER}{_TAG_LETTER}*+)?"
_DOLLAR_STRING = rf"\$(?P<tag>{_TAG})\$(?:[^$]++|\$(?!(?P=tag)\$))*+\$(?P=tag)\$"


# A comment with comments in it is too much for a regular expression, which cannot count: see _comment_end.
_FLAT_COMMENT = r"/\*(?:[^*/]++|\*(?!/)|/(?!\*))*+\*/"
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_GAP = rf"(?:[ \t\n\r\f\v]++|{_LINE_COMMENT}|{_FLAT_COMMENT})"
# What has no say in where a statement ends. (?![eE]') keeps E of an E'' that never ends from passing for a word.
_ATOM = (
    rf"[\x01-!#%&*-,.0-:<-@\[\]^`{{-\x7f]++|{_ESCAPE_STRING}|(?![eE]'){_WORD}|{_STRING}|{_NAME}"
    rf"|{_LINE_COMMENT}|-(?!-)|{_FLAT_COMMENT}|/(?!\*)"
)
# Rows of an INSERT are leapt over whole; deeper brackets, or with dollar quotes in them, are looked into.
_ROW = rf"[(](?:{_ATOM}|;|[(](?:{_ATOM}|;)*+[)])*+[)]"
_LEAP = re.compile(rf"(?:{_ATOM}|{_ROW}|{_DOLLAR_STRING}|\$(?!{_TAG}\$))*+", re.DOTALL)
_BETWEEN = re.compile(rf"(?:{_GAP}|;)*+")
_ROUTINE = re.compile(rf"create{_GAP}+(?:or{_GAP}+replace{_GAP}+)?(?:function|procedure)(?![\w$])", re.IGNORECASE)
_COPY = re.compile(r"copy(?![\w$])", re.IGNORECASE)
_COMMAND = re.compile(r"[^\n\r]*")
_ROWS_BELOW = re.compile(rf";[ \t\f\v]*+(?:{_LINE_COMMENT})?\r?(?:\n|\Z)")
_ROWS_END = re.compile(r"\n\\\.\r?(?:\n|\Z)")  # with the line end before it, for which a search leaps
_ROWS_LEFT_OUT = re.compile(r"\x00\d+\n")

# An operator ends before trailing + and - unless it has one of ~!@#%^&|`? (scan.l, "operator").
_OPERATOR = r"(?!--|/\*)[+\-*/<>=~!@#%^&|`?]"
_SIMPLE = r"(?!--|/\*)[+\-*/<>=]"
_TOKEN = re.compile(
    rf"{_GAP}++|(?P<nested>/\*)"
    rf"|(?P<quoted>{_ESCAPE_STRING}|(?:[bBxXnN]|[uU]&)?{_STRING}|(?:[uU]&)?{_NAME}|{_DOLLAR_STRING})|(?P<word>{_WORD})"
    rf"|(?P<other>\.?[0-9](?:[eE][+\-](?=[0-9])|[A-Za-z0-9_.])*+|\$[0-9]++|::|:=|\.\.|=>"
    rf"|(?=[+\-*/<>=]*[~!@#%^&|`?])(?:{_OPERATOR})++|(?:{_SIMPLE})*(?!/\*)[*/<>=]|.)",
    re.DOTALL,
)
_SHORT = 1 << 16  # of longer ones (characters) tokens are read one by one, for most who ask want only the first
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class PieceKind(enum.Enum):
    """What a part of a file is."""

    STATEMENT = "statement"  # without its semicolon and the blanks around it
    COMMAND = "command"  # one of psql's, from its backslash to the end of the line
    ROWS = "rows"  # what COPY … FROM stdin reads, with the line that ends it
    BLANK = "blank"  # white space, comments and semicolons


class Piece(NamedTuple):
    """A part of a file, from ``start`` to ``end`` in its text. A tuple: a dataclass takes thrice as long to make."""

    kind: PieceKind
    start: int
    end: int


def lex(source: Source) -> tuple[Piece, ...]:
    """The pieces of a file: together they are its whole text.

    Raises:
        Refused: a quote, comment or block of rows that never ends, with the place where it starts; a psql command
            inside a statement.
    """
    pieces = tuple(_pieces(source))
    if pieces and _lacks_rows(source.text, pieces[-1]):
        raise Refused(
            "the rows of COPY … FROM stdin never end",
            place=source.place(pieces[-1].start),
            help=r"end them with a line that is just \. (backslash, full stop); nothing was run",
        )
    return pieces


def awaits_rows(text: str) -> bool:
    """Whether rows of COPY begin just below this text, which begins where a statement may."""
    try:
        pieces = tuple(_pieces(Source("", text)))
    except Refused:
        return False
    return bool(pieces) and _lacks_rows(text, pieces[-1]) and pieces[-1].start == len(text)


def _lacks_rows(text: str, last: Piece) -> bool:
    return last.kind is PieceKind.ROWS and _rows_end(text, last.start) is None


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[str]:
    """The tokens of SQL without white space and comments; words in lower case as PostgreSQL folds them (ASCII only).

    Text that is no SQL has tokens too: any.
    """
    end = len(text) if end is None else end
    if end - start <= _SHORT and text.isascii() and text.find("/*", start, end) < 0:
        found = _TOKEN.findall(text, start, end)  # nearly all: a list made in C takes a third of the time
        return iter([token for _, quoted, _, word, other in found if (token := quoted or (word or other).lower())])
    return _tokens(text, start, end)


def _tokens(text: str, start: int, end: int) -> Iterator[str]:
    for match in scan(text, start, end):
        token = match[0]
        if match.lastgroup == "word":
            yield token.lower() if token.isascii() else token.translate(_LOWER)
        else:
            yield token if match.lastgroup == "quoted" else token.lower()


def quoted_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where strings and quoted names stand in SQL."""
    return (match.span() for match in scan(text, start, end) if match.lastgroup == "quoted")


def scan(text: str, at: int, end: int) -> Iterator[re.Match[str]]:
    """Each token, with the name of its group: word, quoted or other."""
    while True:
        for match in _TOKEN.finditer(text, at, end):
            if match.lastgroup == "nested":
                at = _comment_close(text, match.start()) or end
                break
            if match.lastgroup:
                yield match
        else:
            return


def _pieces(source: Source) -> Iterator[Piece]:
    text, at = source.text, 0
    while at < len(text):
        blank = _blank_end(source, at)
        if blank > at:
            yield Piece(PieceKind.BLANK, at, blank)
        if blank == len(text):
            return
        if text[blank] == "\\":
            at = _end(_COMMAND, text, blank)
            yield Piece(PieceKind.COMMAND, blank, at)
            continue
        stop = _statement_end(source, blank)
        at = stop
        while text[at - 1] in SPACES:
            at -= 1
        yield Piece(PieceKind.STATEMENT, blank, at)
        if _COPY.match(text, blank) and _reads_rows(tokens(text, blank, at)):
            start = _rows_start(source, stop)
            if start > at:
                yield Piece(PieceKind.BLANK, at, start)
            at = _rows_end(text, start) or len(text)
            yield Piece(PieceKind.ROWS, start, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern that may match nothing ends."""
    match = pattern.match(text, at)
    return match.end() if match else at


def _blank_end(source: Source, at: int) -> int:
    while source.text.startswith("/*", at := _end(_BETWEEN, source.text, at)):
        at = _comment_end(source, at)
    return at


def _comment_end(source: Source, start: int) -> int:
    end = _comment_close(source.text, start)
    if end is None:
        raise _refusal(source, start, start)
    return end


def _comment_close(text: str, start: int) -> int | None:
    """Where the comment that begins at an offset ends, with those in it."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    return None


def _statement_end(source: Source, start: int) -> int:
    """The offset of the semicolon that ends the statement, or of the end of the file."""
    text, at, depth = source.text, start, 0
    body = _Body(start) if _ROUTINE.match(text, start) else None
    while (at := _end(_LEAP, text, at)) < len(text):
        sign = text[at]
        if sign == ";" and not depth and not (body and body.goes_on(text, at)):
            break
        if sign not in ";()/":
            raise _refusal(source, start, at)
        depth = max(depth + (sign == "(") - (sign == ")"), 0)
        at = _comment_end(source, at) if sign == "/" else at + 1
    return at


@dataclass(slots=True)
class _Body:
    """Looks for BEGIN ATOMIC … END. Each statement in it ends with a semicolon, so its END can only follow one.

    (psqlscan.l counts every BEGIN, CASE and END instead, and errs where one of them is a name.)
    """

    since: int
    inside: bool = False

    def goes_on(self, text: str, semicolon: int) -> bool:
        """Whether the statement goes on below this semicolon; called for each in turn."""
        words = list(tokens(text, self.since, semicolon))
        self.since = semicolon + 1
        if self.inside:
            self.inside = words[:1] != ["end"]
        else:
            self.inside = ("begin", "atomic") in pairwise(words) and words[-2:] != ["atomic", "end"]
        return self.inside


def _reads_rows(words: Iterator[str]) -> bool:
    """Whether COPY's words say FROM STDIN, outside brackets."""
    depth = 0
    for word, following in pairwise(words):
        depth += (word == "(") - (word == ")")
        if not depth and word == "from":
            return following == "stdin"
    return False


def _rows_start(source: Source, semicolon: int) -> int:
    match = _ROWS_BELOW.match(source.text, semicolon)
    if match is None and semicolon < len(source.text):
        raise Refused(
            "something follows COPY … FROM stdin on its line",
            place=source.place(semicolon + 1),
            help="the rows begin on the line below the semicolon: move it below the rows",
        )
    return match.end() if match else semicolon


def _rows_end(text: str, start: int) -> int | None:
    """The end of the line that ends the rows, or of what stands for rows left out; None if they never end."""
    match = _ROWS_LEFT_OUT.match(text, start) if text[start : start + 1] == "\0" else _ROWS_END.search(text, start - 1)
    return match.end() if match else None


_NEVER_ENDS = {
    "'": ("this string", "close it with ' (and write '' for a ' inside)"),
    '"': ("this quoted name", 'close it with "'),
    "$": ("this dollar-quoted string", "close it with the same tag, letter by letter"),
    "/": ("this comment", "close it with */ (comments nest: each /* needs its own)"),
}


def _refusal(source: Source, start: int, at: int) -> Refused:
    """Why a statement cannot go on at an offset."""
    sign = source.text[at]
    place = source.place(at)
    if sign in _NEVER_ENDS or sign in "eE":
        what, advice = _NEVER_ENDS.get(sign, _NEVER_ENDS["'"])
        line = source.place(start).line
        if line != place.line:  # the quote too many is rarely the last one
            advice += f", here or above: the statement begins in line {line}"
        return Refused(f"{what} never ends", place=place, help=f"{advice}; nothing was run")
    if sign == "\0":
        return Refused("rows where none can be", place=place, help="do not build COPY from a template")
    return Refused(
        "a backslash inside a statement",
        place=place,
        help=f"end the statement that begins in line {source.place(start).line} with a semicolon; psql's commands "
        "stand on lines of their own, between statements",
    )
