"""Prose: texts of words that are as unequal as words are, in sentences; as long as a distribution says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.codes import Bytes, Floats, Ints
from platformdb.seeding.columns import Column
from platformdb.seeding.distributions import FORBID, Distribution, counts
from platformdb.seeding.problems import Misfit
from platformdb.seeding.ropes import Part, Texts, contents, stacked
from platformdb.seeding.sentences import MARKS, Places, grammatical, listed
from platformdb.seeding.streams import Span, Stream

if TYPE_CHECKING:
    from platformdb.seeding.reference import Reference
    from platformdb.seeding.world import Block

# Words put together at once: what is between them and the text stays in the processor's cache.
AT_ONCE = 1 << 16
MOST_WORDS = 100_000
# The word of rank r comes as often as 1 / (r + FLAT): Zipf's law as Mandelbrot corrected it for the first words.
FLAT = 2.7
# Odds are counted in steps of 1 in 32,768, finer where there are more words.
FINENESS = 15
NEXT, PARAGRAPH, LAST = range(3)
# After a word, by its mark: in a sentence, at the end of a paragraph, at the end of the text; the same for headings.
GAPS = [gap for mark in MARKS for gap in (f"{mark} ", f"{mark}\n\n", mark)]
HEADING_GAPS = [" ", " ", "", ", ", ", ", "", ": ", "\n\n", "", "? ", "?\n\n", "?", ": ", "\n\n", ""]


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences of so many ``words`` together, at most ``max`` characters.

    The words are bundled English ones, or those of the column ``word`` of the reference file ``vocabulary``: the most
    common first, or as often as its column ``weight`` says. ``title``: headings, without a full stop.
    ``paragraphs``: about so many sentences make one.
    """

    make: Literal["prose"]
    words: Distribution
    vocabulary: str = ""
    title: bool = False
    paragraphs: int | None = None
    max: int | None = None
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if self.paragraphs is not None and self.paragraphs < 1:
            raise ValueError("paragraphs must be at least 1")
        if self.title and self.vocabulary:
            raise ValueError("headings are made of the bundled words; choose one of title and vocabulary")

    def column(self, block: Block, stream: Stream) -> Column:
        """One text for each row."""
        lexicon = self._lexicon(block)
        if self.max is not None and self.max < lexicon.longest:
            raise Misfit(f"max must leave room for the longest word, {lexicon.longest} characters")
        wanted = np.clip(counts(self.words, stream.aspect("words"), block.span), 1, MOST_WORDS)
        begins, sizes = lexicon.places.pieces(wanted, stream, block.span)
        made = [
            lexicon.written(begins[part], sizes[part], stream.aspect(f"{number}"), self.max)
            for number, part in _portions(block.span, sizes)
        ]
        return Column("text", stacked([Texts((part,)) for part in made]))

    def _lexicon(self, block: Block) -> Lexicon:
        if not self.vocabulary:
            return _bundled(title=self.title, paragraphs=self.paragraphs)
        reference = block.world.definition.references.get(self.vocabulary)
        if reference is None:
            raise Misfit(f"there is no reference file '{self.vocabulary}'")
        return _from_file(reference, self.paragraphs)


def _portions(span: Span, sizes: Ints) -> Iterator[tuple[str, slice]]:
    """Rows to be made at once, and a name for them which does not depend on what else is made."""
    first = 0
    for number, rows in span.blocks():
        ends = np.cumsum(sizes[first : first + rows])
        begins = np.flatnonzero(np.diff(ends // AT_ONCE, prepend=-1)).tolist() or [0]
        for portion, (begin, end) in enumerate(zip(begins, [*begins[1:], rows], strict=True)):
            yield f"{number}/{portion}", slice(first + begin, first + end)
        first += rows
    if not span.rows:
        yield "", slice(0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Words and what stands between them as slices of ``data``, and which word a random number means.

    ``odds`` has a line for each kind of place. Words come as they are, then with a capital, then the gaps.
    """

    places: Places
    odds: NDArray[np.int32]
    data: Bytes
    starts: Ints
    lengths: Ints
    words: int
    paragraphs: NDArray[np.int8]

    @property
    def longest(self) -> int:
        """Of the words, in bytes."""
        return int(self.lengths[: self.words].max())

    def written(self, begins: Ints, sizes: Ints, stream: Stream, most: int | None) -> Part:
        """A text for each row: so many words from a place on."""
        before = np.cumsum(sizes) - sizes
        total = int(sizes.sum())
        places = (np.arange(total) + np.repeat(begins - before, sizes)) % len(self.places.places)
        drawn = stream.words(Span(0, -(-total // 2)), 1).astype("<u8").view("<u4").ravel()[:total]
        fine = self.odds.shape[1].bit_length() - 1
        pieces = np.empty(2 * total, np.int64)
        pieces[0::2] = self.odds[self.places.places[places], drawn >> np.uint32(32 - fine)]
        pieces[0::2] += self.places.opens[places] * self.words
        follows = self.paragraphs[places]
        follows[before + sizes - 1] = LAST
        pieces[1::2] = 2 * self.words + 3 * self.places.marks[places] + follows
        return self._joined(pieces, before, sizes, most)

    def _joined(self, pieces: Ints, before: Ints, sizes: Ints, most: int | None) -> Part:
        lengths = self.lengths[pieces]
        ends = np.cumsum(lengths)
        source = np.repeat(self.starts[pieces] - (ends - lengths), lengths)
        source += np.arange(len(source))
        first = ends[2 * before] - lengths[2 * before]
        last = ends[2 * (before + sizes) - 1]
        if most is not None:
            # Too long a text ends with the last word that has room.
            words = ends[0::2]
            cut = words[np.searchsorted(words, first + most, side="right") - 1]
            last = np.where(last - first > most, cut, last)
        return Part(self.data[source], first, last - first)


@lru_cache(maxsize=8)
def _bundled(*, title: bool, paragraphs: int | None) -> Lexicon:
    return _lexicon(grammatical(title=title), None, paragraphs, HEADING_GAPS if title else GAPS)


@lru_cache(maxsize=8)
def _from_file(reference: Reference, paragraphs: int | None) -> Lexicon:
    if "word" not in reference.columns or reference.columns["word"].kind != "text" or not reference.rows:
        raise Misfit(f"{reference.name} needs a column 'word' of texts, and a row")
    weight = reference.columns.get("weight")
    weights = None if weight is None else weight.array.astype(np.float64)
    return _lexicon(listed(reference.columns["word"].texts.strings()), weights, paragraphs, GAPS)


def _lexicon(places: Places, weights: Floats | None, paragraphs: int | None, gaps: list[str]) -> Lexicon:
    words = [word for kind in places.kinds for word in kind]
    pieces = contents(piece.encode() for piece in (*words, *(f"{w[:1].upper()}{w[1:]}" for w in words), *gaps)).parts[0]
    first = np.cumsum([0, *map(len, places.kinds)])
    fine = max(FINENESS, (max(map(len, places.kinds)) * 8).bit_length())
    odds = [begin + _odds(len(kind), weights, 1 << fine) for begin, kind in zip(first, places.kinds, strict=False)]
    follows = np.full(len(places.places), NEXT, np.int8)
    if paragraphs:
        ends = Stream("paragraphs").uniform(Span(0, len(places.ends))) * paragraphs < 1
        follows[places.ends[ends]] = PARAGRAPH
    data, starts, lengths = pieces.data, pieces.starts, pieces.lengths
    return Lexicon(places, np.array(odds, np.int32), data, starts, lengths, len(words), follows)


def _odds(words: int, weights: Floats | None, room: int) -> Ints:
    """For each number below ``room`` a word, as often as the word's rank or weight says, and each at least once."""
    wanted = 1.0 / (np.arange(words) + FLAT) if weights is None else weights
    shares = np.cumsum(wanted)
    ends = (shares / shares[-1] * (room - words)).astype(np.int64) + np.arange(1, words + 1)
    return np.repeat(np.arange(words), np.diff(ends, prepend=0))
