"""Passwords in what a server says or shows, taken out before it is printed or stored.

``sqltext.passwords`` knows the statements of files better; here are words that quote a part of one, maybe cut off.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

Value = TypeVar("Value")
MASK = "***"
# Nearly all texts have none of these words: they cost one search.
SUSPECT = re.compile(r"passw|passphrase|secret|token|_key|://", re.IGNORECASE)
SECRET_WORDS = "password|passwd|passphrase|secret|token|access_key|api_key|private_key"  # noqa: S105 - their names
IN_URL = re.compile(r"(\w://[^\s:/@']*:)[^\s@']+(?=@)|([?&](?:ssl)?password=)[^\s&']+")
# After the word a literal ('…', E'…', $$…$$), or what is left of one that was cut.
_LITERAL = re.compile(
    rf"""(?isx) (\w*(?:{SECRET_WORDS})\w*"?\s*(?:=|\bto\b)?\s*)
    (?: (?:e|u&)?'(?:''|\\.|[^'\\])*(?:'|$) | (\$\w*\$).*?(?:\2|$) )"""
)
# In a connection string any value, also one in quotes that are doubled, for the string is a literal itself.
_CONNECTION = re.compile(r"(?is)(\b(?:ssl)?password\s*=\s*)(?:''.*?(?:''|$)|[^\s']+)")

SHOWN_CHARACTERS = 80
# What pg_stat_activity says in place of a query that a role may not see.
HIDDEN = "<insufficient privilege>"


def masked_words(text: str) -> str:
    """What a server says, without the passwords of the statements that it quotes."""
    if SUSPECT.search(text) is None:
        return text
    text = IN_URL.sub(lambda found: f"{found[1] or found[2]}{MASK}", text)
    return _LITERAL.sub(rf"\1'{MASK}'", _CONNECTION.sub(rf"\1{MASK}", text))


def shown_query(text: str | None, mask: Callable[[str], str] = str) -> str:
    """The beginning of another session's query in one line, without passwords and what ``mask`` takes out."""
    if text == HIDDEN:
        return "(its query is hidden from this role)"
    # Masked before it is cut: half a secret would not be known for one.
    line = " ".join(masked_words(mask(text or "")).split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


def masked(value: Value, mask: Callable[[str], str]) -> Value:
    """A value, with all texts in it passed through a mask: dataclasses, tuples and mappings of them.

    Where nothing changes it is the same value: most texts hold no secret, and a run has thousands.
    """
    found: Any = value
    if isinstance(found, str):
        return found if isinstance(found, enum.Enum) else mask(found)  # type: ignore[return-value]
    if isinstance(found, tuple | list):
        parts = [masked(each, mask) for each in found]
        same = all(one is other for one, other in zip(parts, found, strict=True))
        return found if same else type(found)(parts)  # type: ignore[return-value]
    if isinstance(found, Mapping):
        return {key: masked(each, mask) for key, each in found.items()}  # type: ignore[return-value]
    names = getattr(found, "__dataclass_fields__", ())
    changed = {name: new for name in names if (new := masked(old := getattr(found, name), mask)) is not old}
    return replace(found, **changed) if changed else found  # type: ignore[no-any-return]
