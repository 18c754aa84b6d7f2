"""The forms of texts: what a pattern consists of, and how many texts there are of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# More different texts than anybody has rows.
ENOUGH = 1 << 40


@dataclass(frozen=True, slots=True)
class Literal:
    """Always this text."""

    text: str

    @property
    def size(self) -> int:
        """How many different texts there are."""
        return 1


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these texts, most often characters."""

    texts: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many different texts there are."""
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Node, ...]

    @property
    def size(self) -> int:
        """How many different texts there are at most."""
        return math.prod(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    options: tuple[Node, ...]

    @property
    def size(self) -> int:
        """How many different texts there are at most."""
        return sum(option.size for option in self.options)


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same again, ``low`` to ``high`` times."""

    part: Node
    low: int
    high: int

    @property
    def size(self) -> int:
        """How many different texts there are at most."""
        return sum(self.part.size**times for times in range(self.low, self.high + 1))

    @property
    def roomy(self) -> int:
        """How many times give more texts than anybody needs, or else the most."""
        enough = (n for n in range(self.low, self.high + 1) if room(self.part) ** n >= ENOUGH)
        return next(enough, self.high)


Node = Literal | OneOf | Sequence | Either | Repeat


def room(node: Node) -> int:
    """How many different texts ``one_way`` gives."""
    return math.prod(piece.size for piece in one_way(node))


def one_way(node: Node) -> tuple[Literal | OneOf, ...]:
    """Pieces of which no two choices put together the same text, of the roomiest of all ways through the form.

    Only one piece may have texts of several lengths: what is before it is told from the left, the rest from the right.
    """
    found: list[Literal | OneOf] = []
    loose = False
    for piece in _pieces(node):
        even = isinstance(piece, Literal) or len({len(text) for text in piece.texts}) == 1
        found.append(piece if even or not loose else _of_one_length(piece))
        loose = loose or not even
    return tuple(found)


def _pieces(node: Node) -> Iterator[Literal | OneOf]:
    if isinstance(node, (Literal, OneOf)):
        yield node
    elif isinstance(node, Either):
        yield from _pieces(max(node.options, key=room))
    else:
        parts = node.parts if isinstance(node, Sequence) else (node.part,) * node.roomy
        for part in parts:
            yield from _pieces(part)


def _of_one_length(one_of: OneOf | Literal) -> OneOf | Literal:
    """Those texts of the length that most have."""
    if isinstance(one_of, Literal):
        return one_of
    by_length: dict[int, list[str]] = {}
    for text in one_of.texts:
        by_length.setdefault(len(text), []).append(text)
    most = max(by_length.values(), key=len)
    return OneOf(tuple(most))


def said(node: Node, below: Callable[[int], int]) -> str:
    """One text, by numbers that ``below`` draws."""
    if isinstance(node, Literal):
        return node.text
    if isinstance(node, OneOf):
        return node.texts[below(node.size)]
    if isinstance(node, Sequence):
        return "".join(said(part, below) for part in node.parts)
    if isinstance(node, Either):
        return said(node.options[below(len(node.options))], below)
    return "".join(said(node.part, below) for _ in range(node.low + below(node.high - node.low + 1)))
