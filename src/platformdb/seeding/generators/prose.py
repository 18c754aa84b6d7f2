"""Prose: texts of words that are as unequal as words are, in sentences; as long as a distribution says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Bytes, Floats, Ints
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.ropes import Part, Texts, contents
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.distributions import FORBID, Distribution, counts
from platformdb.seeding.words.sentences import MARKS, Places, grammatical, listed

if TYPE_CHECKING:
    from platformdb.seeding.files.reference import Reference
    from platformdb.seeding.rows.world import Block

# Words put together at once: what is between them and the text stays in the processor's cache.
AT_ONCE = 1 << 16
# A text is two pieces of one long text (one, if it is short), so that no word is written again for a row. The long text
# goes so many times through the places of the grammar, for tables of so many rows: up to 0.9 M words, 6 MB.
CYCLES = ((2_000, 1), (50_000, 8), (1 << 31, 64))
SPLIT = 12
MOST_WORDS = 10_000
# The word of rank r comes as often as 1 / (r + FLAT): Zipf's law as Mandelbrot corrected it for the first words.
FLAT = 2.7
# Odds are counted in steps of 1 in 32,768, finer where there are more words.
FINENESS = 15
NEXT, PARAGRAPH, LAST = range(3)
# The first word of each row's piece, and how many there are.
Piece = tuple[Ints, Ints]
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
        lexicon, span = self._lexicon(block), block.span
        if self.max is not None and self.max < lexicon.longest:
            raise Misfit(f"max must leave room for the longest word, {lexicon.longest} characters")
        wanted = np.clip(counts(self.words, stream.aspect("words"), span), 1, MOST_WORDS)
        cycles = self._cycles(block)
        long_text = _long_text(lexicon, cycles, stream.shared(f"prose/{self.vocabulary}/{self.title}"))
        second = np.where(wanted > SPLIT, wanted // 2, 0)
        pieces = []
        for name, words in (("first", wanted - second), ("second", second)):
            begins, sizes = lexicon.places.pieces(words, stream.aspect(name), span)
            begins += stream.aspect(f"{name} cycle").below(cycles, span) * len(lexicon.places.places)
            pieces.append((begins, np.where(words > 0, sizes, 0)))
        return Column("text", Texts(long_text.parts(pieces[0], pieces[1], self.max)))

    def _cycles(self, block: Block) -> int:
        """How much text the table needs, so that not too many rows say the same."""
        rows = block.world.rows(block.table)
        return next(cycles for most, cycles in CYCLES if rows <= most)

    def _lexicon(self, block: Block) -> Lexicon:
        if not self.vocabulary:
            return _bundled(title=self.title, paragraphs=self.paragraphs)
        reference = block.world.definition.references.get(self.vocabulary)
        if reference is None:
            raise Misfit(f"there is no reference file '{self.vocabulary}'")
        return _from_file(reference, self.paragraphs)


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

    def written(self, first: int, end: int, stream: Stream) -> tuple[Bytes, Ints, Ints, Ints]:
        """The words of these places: the text, and where each word begins, ends, and would end as the last one."""
        places = np.arange(first, end) % len(self.places.places)
        drawn = stream.words(Span(0, -(-len(places) // 2)), 1).astype("<u8").view("<u4").ravel()[: len(places)]
        fine = self.odds.shape[1].bit_length() - 1
        pieces = np.empty(2 * len(places), np.int64)
        pieces[0::2] = self.odds[self.places.places[places], drawn >> np.uint32(32 - fine)]
        pieces[0::2] += self.places.opens[places] * self.words
        gaps = 2 * self.words + 3 * self.places.marks[places]
        pieces[1::2] = gaps + self.paragraphs[places]
        lengths = self.lengths[pieces]
        ends = np.cumsum(lengths)
        source = np.repeat(self.starts[pieces] - (ends - lengths), lengths)
        source += np.arange(len(source))
        bare = ends[0::2]
        return self.data[source], bare - lengths[0::2], bare, bare + self.lengths[gaps + LAST]


@dataclass(frozen=True, slots=True, eq=False)
class LongText:
    """Words one after the other, for every text to take pieces: where each begins, ends, and ends as the last one."""

    data: Bytes
    begins: NDArray[np.int32]
    bare: NDArray[np.int32]
    ends: NDArray[np.int32]

    def parts(self, one: Piece, other: Piece, most: int | None) -> tuple[Part, Part]:
        """For each row a piece, and a second one where it has words; together at most so many bytes."""
        (first, words), (second, more) = one, other
        starts, others = self.begins[first].astype(np.int64), self.begins[second].astype(np.int64)
        closing, joining = self.ends[first + words - 1] - starts, self.begins[first + words] - starts
        left = np.where(more > 0, self.ends[second + more - 1] - others, 0)
        if most is not None:
            # Too long a text ends with the last word that has room.
            over = np.flatnonzero(joining + left > most)
            left[over] = self._cut(others[over], most - joining[over])
            over = np.flatnonzero(closing > most)
            closing[over] = self._cut(starts[over], np.full(len(over), most))
        return Part(self.data, starts, np.where(left > 0, joining, closing)), Part(self.data, others, left)

    def _cut(self, starts: Ints, room: Ints) -> Ints:
        """How many bytes from there on are whole words that have room; 0 where not even one has."""
        last = np.searchsorted(self.bare, starts + room, side="right") - 1
        return np.asarray(np.maximum(self.bare[np.maximum(last, 0)] - starts, 0))


@lru_cache(maxsize=8)
def _long_text(lexicon: Lexicon, cycles: int, stream: Stream) -> LongText:
    """The first of it is the same, however long it is."""
    # One round more than pieces begin in: they have to end as well.
    words = (cycles + 1) * len(lexicon.places.places)
    made = [
        lexicon.written(first, min(first + AT_ONCE, words), stream.aspect(str(first)))
        for first in range(0, words, AT_ONCE)
    ]
    before = np.cumsum([0, *(len(data) for data, *_ in made)])
    begins, bare, ends = (
        np.concatenate(
            [(part[field] + begin).astype(np.int32) for part, begin in zip(made, before.tolist(), strict=False)]
        )
        for field in (1, 2, 3)
    )
    return LongText(np.concatenate([data for data, *_ in made]), begins, bare, ends)


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
