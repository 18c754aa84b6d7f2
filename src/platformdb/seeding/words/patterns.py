r"""Regular expressions turned round: a small part of them, read as a description of texts to make.

Letters, classes (``[A-F0-9]``, ``[^"]``, ``[[:alpha:]]``), ``\d \w \s .``, groups, ``|`` and ``? * + {n} {n,m}``.
Anchors say nothing here. What is not in it, such as a look-ahead or a reference back, is refused.
"""

from __future__ import annotations

from functools import cache

from platformdb.seeding.words.forms import Either, Literal, Node, OneOf, Repeat, Sequence

# How often more than at least ``*``, ``+`` and ``{n,}`` repeat.
MORE = 8
# What of a pattern becomes a text of its own in every row; a limit for the sake of memory.
MOST_PIECES = 400

PRINTABLE = "".join(map(chr, range(32, 127)))
LOWER, UPPER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
WORD = LOWER + UPPER + DIGITS + "_"
PUNCTUATION = "".join(char for char in PRINTABLE if char not in WORD and char != " ") + "_"
SHORTHANDS = {"d": DIGITS, "w": WORD, "s": " "}
CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
# \b, \m, \M, \y: where a word begins or ends; \A, \Z, \z: where the text does.
ANCHORS = "bBmMyYAZz"
NAMED = {
    "alpha": UPPER + LOWER, "lower": LOWER, "upper": UPPER, "digit": DIGITS, "alnum": UPPER + LOWER + DIGITS,
    "space": " ", "blank": " ", "punct": PUNCTUATION, "xdigit": DIGITS + "ABCDEFabcdef", "word": WORD,
    "print": PRINTABLE, "graph": PRINTABLE[1:],
}  # fmt: skip


@cache
def read_pattern(pattern: str) -> Node:
    """What the pattern describes.

    Raises:
        ValueError: it is none, or uses what cannot be turned round.
    """
    reading = _Reading(pattern)
    node = reading.either()
    if reading.rest:
        raise ValueError(f"'{pattern}': ')' without '('")
    if (pieces := _pieces(node)) > MOST_PIECES:
        raise ValueError(f"'{pattern}' is put together from {pieces} pieces, and {MOST_PIECES} are the most")
    return node


def _pieces(node: Node) -> int:
    if isinstance(node, Repeat):
        return 1 if isinstance(node.part, OneOf) else node.high * _pieces(node.part)
    inner = node.parts if isinstance(node, Sequence) else node.options if isinstance(node, Either) else ()
    return sum(map(_pieces, inner)) or 1


def _texts(node: Node) -> tuple[str, ...]:
    """The texts of a piece that is one; of others none."""
    return (node.text,) if isinstance(node, Literal) else node.texts if isinstance(node, OneOf) else ()


class _Reading:
    """A pattern and how far it has been read."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    @property
    def rest(self) -> str:
        return self.pattern[self.at :]

    def wrong(self, what: str) -> ValueError:
        return ValueError(f"'{self.pattern}' from '{self.rest[:12]}': {what}")

    def taken(self, start: str) -> bool:
        found = self.rest.startswith(start)
        self.at += len(start) if found else 0
        return found

    def char(self) -> str:
        if not self.rest:
            raise self.wrong("it ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def either(self) -> Node:
        options = [self.sequence()]
        while self.taken("|"):
            options.append(self.sequence())
        if len(options) == 1:
            return options[0]
        texts = dict.fromkeys(text for option in options for text in _texts(option))
        return OneOf(tuple(texts)) if all(map(_texts, options)) else Either(tuple(options))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.rest and self.rest[0] not in "|)":
            atom = self.atom()
            if atom is None:
                continue
            part = self.repeated(atom)
            if isinstance(part, Literal) and parts and isinstance(parts[-1], Literal):
                parts[-1] = Literal(parts[-1].text + part.text)
            else:
                parts.append(part)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts)) if parts else Literal("")

    def atom(self) -> Node | None:
        """The next piece; None for an anchor."""
        if self.taken("("):
            return self.group()
        if self.taken("["):
            return OneOf(tuple(self.listed()))
        char = self.char()
        if char in "*+?{":
            raise self.wrong(f"nothing to repeat before '{char}'")
        if char in "^$":
            return None
        if char == ".":
            return OneOf(tuple(LOWER + DIGITS))
        return self.escaped() if char == "\\" else Literal(char)

    def group(self) -> Node:
        if self.rest.startswith("?") and not self.taken("?:"):
            raise self.wrong("only (…) and (?:…) are groups that can be turned round")
        inner = self.either()
        if not self.taken(")"):
            raise self.wrong("a '(' without ')'")
        return inner

    def escaped(self) -> Node | None:
        char = self.char()
        if char in SHORTHANDS:
            return OneOf(tuple(SHORTHANDS[char]))
        if char in ANCHORS:
            return None
        return Literal(self.plain(char))

    def plain(self, char: str) -> str:
        """What an escaped character stands for."""
        if char.isalnum() and char not in CONTROLS:
            raise self.wrong(f"'\\{char}' cannot be turned round")
        return CONTROLS.get(char, char)

    def repeated(self, atom: Node) -> Node:
        low, high = 1, 1
        if self.taken("?"):
            low, high = 0, 1
        elif self.taken("*"):
            low, high = 0, MORE
        elif self.taken("+"):
            low, high = 1, MORE
        elif self.taken("{"):
            low, high = self.times()
        else:
            return atom
        self.taken("?")  # as few as possible: the texts are the same
        return Repeat(atom, low, high)

    def times(self) -> tuple[int, int]:
        inside, _, _ = self.rest.partition("}")
        least, comma, most = inside.partition(",")
        self.at += len(inside) + 1
        if not least.isdecimal() or (most and not most.isdecimal()):
            raise self.wrong("'{' needs numbers, as in {3}, {3,} or {3,5}")
        low = int(least)
        high = int(most) if most else low + MORE if comma else low
        if not low <= high <= MOST_PIECES * 10:
            raise self.wrong(f"{{{inside}}} is no number of times that can be")
        return low, high

    def listed(self) -> str:
        """The characters of a class, after its bracket."""
        outside = self.taken("^")
        chars = self.element() if self.rest.startswith("]") else ""
        while not self.taken("]"):
            chars += self.element()
        found = dict.fromkeys(char for char in PRINTABLE if char not in chars) if outside else dict.fromkeys(chars)
        if not found:
            raise self.wrong("no character is left")
        return "".join(found)

    def element(self) -> str:
        if self.taken("[:"):
            name, _, _ = self.rest.partition(":]")
            self.at += len(name) + 2
            if name not in NAMED:
                raise self.wrong(f"no class of characters is called '{name}'")
            return NAMED[name]
        first = self.single()
        if len(first) > 1 or not self.rest.startswith("-") or self.rest.startswith("-]"):
            return first
        self.at += 1
        last = self.single()
        if len(last) > 1 or last < first:
            raise self.wrong(f"{first}-{last} is no range of characters")
        return "".join(map(chr, range(ord(first), ord(last) + 1)))

    def single(self) -> str:
        """A character, or all those that a shorthand stands for."""
        char = self.char()
        if char != "\\":
            return char
        escaped = self.char()
        return SHORTHANDS.get(escaped) or self.plain(escaped)
