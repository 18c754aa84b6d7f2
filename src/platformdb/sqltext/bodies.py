"""The bodies of functions, procedures and DO blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from platformdb.sqltext.lexer import tokens
from platformdb.sqltext.tree import inner, options, strings


def routine_body(given: Iterable[Any]) -> str:
    """The body among the options of CREATE FUNCTION, CREATE PROCEDURE or DO; "" for BEGIN ATOMIC, which has no text."""
    value = options(given).get("as")
    if value is None:
        return ""
    kind, held = inner(value)
    return str(held.sval) if kind == "string" else (strings(held.items)[-1:] or ("",))[0]


def routine_language(given: Iterable[Any]) -> str:
    """The language among those options; DO's own default where none is named."""
    value = options(given).get("language")
    return "plpgsql" if value is None else str(value.string.sval).lower()


_MENTIONS = re.compile(r"commit|rollback", re.IGNORECASE)
_OTHER_LANGUAGES = re.compile(r"\bplpy\.(commit|rollback)\b|\bspi_(commit|rollback)\b")
# What may stand before a statement of PL/pgSQL, and after its COMMIT or ROLLBACK.
_BEFORE = frozenset({"", ";", "begin", "then", "else", "loop", ">>"})
_AFTER = frozenset({";", "and"})


def body_commits(body: str) -> bool:
    """Whether a routine's body has COMMIT or ROLLBACK as a statement, or calls what does that in PL/Python or PL/Perl.

    Comments, constants and ``ON COMMIT DROP`` do not count; what another procedure does that it calls is not seen.
    """
    if _MENTIONS.search(body) is None:
        return False
    if _OTHER_LANGUAGES.search(body):
        return True
    words = ["", *tokens(body), ""]
    return any(
        word in {"commit", "rollback"} and before in _BEFORE and after in _AFTER
        for before, word, after in zip(words, words[1:], words[2:], strict=False)
    )
