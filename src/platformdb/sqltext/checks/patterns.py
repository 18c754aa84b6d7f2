r"""PostgreSQL's patterns as Python's, as far as both mean the same.

Source: PostgreSQL's documentation, "Pattern Matching". In its regular expressions ``.`` takes a line end too, and ``^``
and ``$`` are the ends of the text. Classes (``\w``, ``[:alpha:]``) depend on the locale beyond ASCII, so
``Pattern.verdict`` says nothing of such texts where the pattern has a class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r" \t\n\r\f\v",
    "blank": r" \t",
    "xdigit": "0-9a-fA-F",
    "punct": r"!-/:-@\[-`{-~",
}
ESCAPES = {"d": "[0-9]", "D": "[^0-9]", "w": "[a-zA-Z0-9_]", "W": "[^a-zA-Z0-9_]", "s": r"[ \t\n\r\f\v]"}
ESCAPES |= {"S": r"[^ \t\n\r\f\v]", "A": r"\A", "Z": r"\Z", **{char: f"\\{char}" for char in "nrtfv"}}
ESCAPES |= {"y": r"\b", "Y": r"\B", "m": r"\b(?=\w)", "M": r"\b(?<=\w)"}
IN_BRACKETS = {"d": "0-9", "w": "a-zA-Z0-9_", "s": r" \t\n\r\f\v", **{char: f"\\{char}" for char in "nrtfv"}}
TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<group>\((?:\?:|\?=|\?!)?)|(?P<bracket>\[\^?)|(?P<repeat>[*+?]\??|\{\d+(?:,\d*)?\}\??)"
    r"|(?P<plain>.)",
    re.DOTALL,
)
ITEM = re.compile(r"\[:(?P<name>\w+):\]|(?P<special>\[[.=])|(?P<escape>\\.)|(?P<plain>.)", re.DOTALL)


class Foreign(ValueError):
    """A pattern which means something that Python's patterns do not, or which PostgreSQL refuses."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of Python's. ``ascii_only``: of other texts it cannot tell."""

    compiled: re.Pattern[str]
    ascii_only: bool

    def verdict(self, text: str) -> bool | None:
        """Whether it is found in the text; None where that depends on the locale."""
        if self.ascii_only and not text.isascii():
            return None
        return self.compiled.search(text) is not None


@lru_cache(maxsize=512)
def translated(operator: str, pattern: str) -> Pattern:
    """The pattern of ``~``, ``~*``, ``~~`` (LIKE) or ``~~*`` (ILIKE).

    Raises:
        Foreign: it is not understood.
    """
    folded = operator.endswith("*")
    if operator.startswith("~~"):
        return Pattern(re.compile(_like(pattern), re.DOTALL | (re.IGNORECASE if folded else 0)), folded)
    if pattern.startswith("(?i)"):
        pattern, folded = pattern.removeprefix("(?i)"), True
    if pattern.startswith(("***", "(?")) and not pattern.startswith(("(?:", "(?=", "(?!")):
        raise Foreign(pattern)
    try:
        compiled = re.compile(_regular(pattern), re.DOTALL | re.ASCII | (re.IGNORECASE if folded else 0))
    except (re.error, OverflowError, RecursionError):
        raise Foreign(pattern) from None
    return Pattern(compiled, folded or re.search(r"\\[a-zA-Z]|\[:", pattern) is not None)


def similar(pattern: str) -> str:
    """The regular expression of a SIMILAR TO pattern, as PostgreSQL makes one."""
    if '\\"' in pattern:
        raise Foreign(pattern)
    pieces: list[str] = []
    inside = False
    for piece in re.findall(r"\\.|.", pattern, re.DOTALL):
        inside = piece == "[" or (inside and piece != "]")
        changed = {"%": ".*", "_": ".", "(": "(?:", ".": r"\.", "^": r"\^", "$": r"\$"}.get(piece, piece)
        pieces.append(piece if inside else re.escape(piece[1]) if piece[0] == "\\" and piece[1:] else changed)
    return f"^(?:{''.join(pieces)})$"


def _like(pattern: str) -> str:
    if re.search(r"(?<!\\)(\\\\)*\\$", pattern):
        raise Foreign(pattern)  # PostgreSQL: LIKE pattern must not end with escape character
    wild = {"%": ".*", "_": "."}
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    return rf"\A{''.join(wild.get(piece) or re.escape(piece.removeprefix(chr(92)) or piece) for piece in pieces)}\Z"


def _regular(pattern: str) -> str:
    pieces: list[str] = []
    at, atom = 0, False  # whether something stands before that can be repeated
    while at < len(pattern):
        token = TOKEN.match(pattern, at)
        if token is None:
            raise Foreign(pattern)
        at, piece = token.end(), token[0]
        if token["bracket"]:
            piece, at = _bracket(pattern, at, piece)
        elif token["escape"]:
            piece = _escape(piece[1])
        elif token["plain"]:
            piece = {"^": r"\A", "$": r"\Z"}.get(piece, piece)
        if token["repeat"] and not atom:
            raise Foreign(pattern)
        if token["plain"] in ("\\", "{"):
            raise Foreign(pattern)
        atom = not (token["repeat"] or token["group"] or token["plain"] in ("^", "$", "|"))
        pieces.append(piece)
    return "".join(pieces)


def _escape(char: str) -> str:
    if char.isascii() and char.isalnum():
        if char not in ESCAPES:
            raise Foreign(char)
        return ESCAPES[char]
    return re.escape(char)


def _bracket(pattern: str, at: int, opened: str) -> tuple[str, int]:
    """A bracket expression from behind its beginning; and where it ends."""
    items: list[str] = []
    if pattern.startswith("]", at):
        items, at = [r"\]"], at + 1
    while not pattern.startswith("]", at):
        item = ITEM.match(pattern, at)
        if item is None or item["special"] or (item["name"] and item["name"] not in CLASSES):
            raise Foreign(pattern)
        at = item.end()
        items.append(_bracket_item(item, first=not items, last=pattern.startswith("]", at)))
    return f"{opened}{''.join(items)}]", at + 1


def _bracket_item(item: re.Match[str], *, first: bool, last: bool) -> str:
    if item["name"]:
        return CLASSES[item["name"]]
    if item["escape"]:
        char = item["escape"][1]
        if char.isascii() and char.isalnum() and char not in IN_BRACKETS:
            raise Foreign(item["escape"])
        return IN_BRACKETS.get(char, re.escape(char))
    plain = item["plain"]
    return plain if plain == "-" and not (first or last) else re.escape(plain)
