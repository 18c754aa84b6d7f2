"""Passwords in SQL, taken out of what is stored and shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from platformdb.report.masking import IN_URL, MASK, SECRET_WORDS, SUSPECT
from platformdb.sqltext.lexer import quoted_spans, tokens

# Words in front of a constant that is a secret: PASSWORD of a role, and options of servers and user mappings.
_SECRET_NAME = re.compile(rf'"?\w*({SECRET_WORDS})\w*"?')
# A whole string of libpq's key = value pairs, as in CONNECTION or dblink_connect. Nothing is tried twice (the second
# plus signs): any constant of a file is matched with it.
_PAIR = r"\w++\s*+=\s*+(?:'(?:\\.|[^'\\])*+'|(?:\\.|[^\s'\\])*+)"
_CONNECTION = re.compile(rf"\s*+(?:{_PAIR}(?:\s++|$))++")
_IN_PAIR = re.compile(r"(\b(?:ssl)?password\s*=\s*)('(?:\\.|[^'\\])*'|(?:\\.|[^\s'\\])+)", re.IGNORECASE)
# Statements that give a setting its value with = or TO: settings of an application's own may be secrets.
_SETTINGS = frozenset({"variable_set_stmt", "alter_database_set_stmt", "alter_role_set_stmt", "alter_system_stmt"})


def without_passwords(sql: str, kind: str) -> str | None:
    """The text with the passwords of its constants as ``***``; None where it has none.

    Seen are ``PASSWORD 'x'`` of roles, options such as ``password 'x'``, connection strings and URLs, also inside the
    bodies of DO and of functions. ``kind`` is the statement's: SET may name a secret too.
    """
    if SUSPECT.search(sql) is None:
        return None
    masked = _masked(sql, settings=kind in _SETTINGS)
    return masked if masked != sql else None


def _masked(sql: str, *, settings: bool = False) -> str:
    parts, at = [], 0
    for start, end, text in _replacements(sql, settings=settings):
        parts += [sql[at:start], text]
        at = end
    return "".join((*parts, sql[at:]))


def _replacements(sql: str, *, settings: bool) -> Iterator[tuple[int, int, str]]:
    at, before = 0, ""
    for start, end in quoted_spans(sql, 0, len(sql)):
        for word in tokens(sql, at, start):
            before = before if settings and word in {"=", "to"} else word
        at, text = end, sql[start:end]
        if text.endswith('"'):
            before = text.lower()
        else:  # a constant that goes on in the next line has no word between
            yield start, end, f"'{MASK}'" if _SECRET_NAME.fullmatch(before) else _constant(text)


def _constant(written: str) -> str:
    """A constant, its own quotes kept, without the passwords in it."""
    if SUSPECT.search(written) is None:
        return written
    opening = written[: written.index("'") + 1] if written.endswith("'") else written[: written.index("$", 1) + 1]
    closing = opening[-1:] if opening.endswith("'") else opening
    text = written[len(opening) : len(written) - len(closing)]
    if closing != "'":
        return opening + _text(text) + closing
    return opening + _text(text.replace("''", "'")).replace("'", "''") + closing


def _text(text: str) -> str:
    if _CONNECTION.fullmatch(text):
        return _IN_PAIR.sub(rf"\1{MASK}", text)
    return _masked(IN_URL.sub(lambda found: f"{found[1] or found[2]}{MASK}", text))
