"""What a migration file says about itself, in comments ``-- platformdb: key=value``. Pure.

In the file's header, which is the comments above its first statement:

- ``transaction=off``: every statement runs by itself, outside any transaction, but for those that the file puts between
  BEGIN and COMMIT. It is about the whole file wherever it stands in the header, for whoever writes it on a file's first
  line means the file. Above a later statement it is about that statement only.
- ``lock_timeout=2s``: how long the file's statements wait for a table; 0 waits for ever.
- ``requires=002,sql/views/v.sql``: files that must have run before, by version, or by path or name.
- ``extension=vector``: a repeatable file that waits where the server does not have these extensions (commas between
  them), and is applied when it does.
- ``template=on``: the file is a template even where the project declares no variables; ``off``: it is none even where
  it does. This one is read before the file is rendered, so it must stand above everything but comments.

A directive anywhere else is refused, for nobody would read it; text in quotes that looks like one is no directive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platformdb.errors import Place, Refused
from platformdb.settings import lock_timeout
from platformdb.sqltext.directives import read_directives
from platformdb.sqltext.lexer import PieceKind, lex, tokens
from platformdb.sqltext.source import Source

if TYPE_CHECKING:
    from platformdb.sqltext.statements import SqlStatement

KEYS = ("transaction", "lock_timeout", "requires", "extension", "template")
ALLOWED: Mapping[str, tuple[re.Pattern[str], str]] = {
    "transaction": (re.compile("off"), "write transaction=off or nothing"),
    "lock_timeout": (
        re.compile(r"0|\d+(us|ms|s|min|h|d)"),
        "write a time like 2s or 500ms, from 1ms to 24d; 0 waits for ever",
    ),
    "requires": (
        re.compile(r"[^\s,]+(,[^\s,]+)*"),
        'write versions or names with commas between them: "002,active_users"',
    ),
    "extension": (re.compile(r"[^\s,]+(,[^\s,]+)*"), "write the names of extensions with commas between them"),
    "template": (re.compile("on|off"), "write template=on or template=off"),
}
WORD = "platformdb:"
# Where other tools' files begin the part that takes the rest back: dbmate, goose, sql-migrate, micrate, rambler,
# node-pg-migrate, MyBatis.
DOWN_PART = re.compile(
    r"^--[ \t]*(migrate:down|\+goose[ \t]+down|\+migrate[ \t]+down|\+micrate[ \t]+down|rambler[ \t]+down|down migration"
    r"|//[ \t]*@undo)\b",
    re.IGNORECASE | re.MULTILINE,
)
DIRECTIVE = re.compile(rf"--[ \t]*{WORD}")
# Comments of SQL and of templates; where they are nested, up to the first end.
COMMENTS = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/|\{#.*?#\})*+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Header:
    """``alone``: the whole file runs outside transactions. ``requires`` has names with the places that ask for them.

    ``extensions``, too: without them the file waits.
    """

    alone: bool = False
    lock_timeout: str | None = None
    requires: tuple[tuple[str, Place], ...] = ()
    extensions: tuple[tuple[str, Place], ...] = ()


def read_header(source: Source, statements: Sequence[SqlStatement]) -> Header:
    """The header of a file; ``statements`` are all that were read for it, those of files that it includes too.

    Raises:
        Refused: an unknown key, a wrong value, or a directive that nobody reads, anywhere in the file; with its place.
    """
    if WORD not in source.text:
        return Header()
    own = [statement for statement in statements if statement.source is source]
    end = own[0].start if own else _comments(source)
    found = _values(source, 0, end)
    if not statements and found.keys() - {"template"}:
        raise _unread(source, source.text.index(WORD), "with no statement below it")
    if "template" in found and template_wanted(source) is None:
        place = source.place(_offset(source, "template", 0))
        raise Refused("template= stands too low", place=place, help="put it on the file's first line")
    _all_are_read(source, [(0, end), *((other.comments_from, other.start) for other in own[1:])])
    requires, extensions = (tuple(_names(source, key, found.get(key, ""))) for key in ("requires", "extension"))
    return Header("transaction" in found, found.get("lock_timeout"), requires, extensions)


def check_included(source: Source, statements: Sequence[SqlStatement]) -> None:
    """An included file has no say about the whole migration.

    Raises:
        Refused: it has; or see :func:`read_header`.
    """
    if read_header(source, statements) != Header():
        place = source.place(source.text.index(WORD))
        message = "a directive about the whole migration, in a file that is only a part of it"
        raise Refused(message, place=place, help="put it into the header of the file that includes this one")


def runs_alone(statement: SqlStatement) -> bool:
    """Whether a directive above a statement that is not its file's first takes it out of its transaction.

    Raises:
        Refused: another directive, or a wrong value.
    """
    if WORD not in statement.comments:
        return False
    found = _values(statement.source, statement.comments_from, statement.start)
    if others := found.keys() - {"transaction"}:
        key = min(others)
        place = statement.source.place(_offset(statement.source, key, statement.comments_from))
        raise Refused(f"{key}= is about a whole file", place=place, help="put it above the file's first statement")
    return bool(found)


def refuse_down_part(statement: SqlStatement) -> None:
    """Stops at what another tool would not run together with what stands above it.

    Raises:
        Refused: the comments above the statement say that from here on the file takes itself back; with the place.
    """
    if found := DOWN_PART.search(statement.comments):
        raise Refused(
            f"below '{found[0]}' another tool's file takes itself back, and platformdb runs a file whole",
            place=statement.source.place(statement.comments_from + found.start()),
            help="run the folder as that tool's: platformdb migrate --migrations DIR; or move what is below this line "
            "into a file of its own: the same name with .undo.sql",
        )


def template_wanted(source: Source) -> bool | None:
    """What the file says about being a template; None where it says nothing.

    Raises:
        Refused: see :func:`read_header`.
    """
    written = source if source.original is None else replace(source, text=source.original, original=None)
    end = _comments(written)
    if WORD not in written.text[:end]:
        return None
    # The others may hold variables.
    said = read_directives(written, 0, end, known=KEYS).get("template")
    if said is None:
        return None
    _check(written, 0, "template", said)
    return said == "on"


def _comments(source: Source) -> int:
    match = COMMENTS.match(source.text)
    return match.end() if match else 0


def _values(source: Source, start: int, end: int) -> Mapping[str, str]:
    found = read_directives(source, start, end, known=KEYS)
    for key, value in found.items():
        _check(source, start, key, value)
    return found


def _check(source: Source, start: int, key: str, value: str) -> None:
    pattern, help_text = ALLOWED[key]
    if not pattern.fullmatch(value) or (key == "lock_timeout" and not _is_lock_timeout(value)):
        raise Refused(f"{key}= cannot be '{value}'", place=source.place(_offset(source, key, start)), help=help_text)


def _is_lock_timeout(value: str) -> bool:
    try:
        return bool(lock_timeout(value))
    except ValueError:  # less than PostgreSQL can tell from for ever, or more than it can count
        return False


def _offset(source: Source, key: str, start: int) -> int:
    """Where a directive that was read from there on has its value."""
    match = re.compile(rf"{DIRECTIVE.pattern}.*?\b{key}=\"?").search(source.text, start)
    return match.end() if match else start


def _names(source: Source, key: str, value: str) -> Iterator[tuple[str, Place]]:
    start = _offset(source, key, 0)
    for name in re.finditer("[^,]+", value):
        yield name[0], source.place(start + name.start())


def _all_are_read(source: Source, regions: Sequence[tuple[int, int]]) -> None:
    """Refuses directives in comments outside these regions, and behind or inside statements."""
    for piece in lex(source):
        text = source.text[piece.start : piece.end]
        if WORD not in text or piece.kind not in {PieceKind.BLANK, PieceKind.STATEMENT}:
            continue
        if piece.kind is PieceKind.STATEMENT:
            _none_inside(source, piece.start, text)
            continue
        for match in DIRECTIVE.finditer(text):
            at = piece.start + match.start()
            if source.text[source.text.rfind("\n", 0, at) + 1 : at].strip():
                raise _unread(source, at, "behind something else on its line")
            if not any(start <= at < end for start, end in regions):
                raise _unread(source, at, "with no statement below it")


def _none_inside(source: Source, start: int, sql: str) -> None:
    """What stands in a token stands in quotes, and is text."""
    quoted = sum(len(DIRECTIVE.findall(token)) for token in tokens(sql))
    found = [match.start() for match in DIRECTIVE.finditer(sql)]
    if len(found) > quoted:
        raise _unread(source, start + found[0], "inside a statement")


def _unread(source: Source, offset: int, where: str) -> Refused:
    message = f"a directive {where}: nobody would read it"
    return Refused(
        message, place=source.place(offset), help="put it on a line of its own above the statement it is about"
    )
