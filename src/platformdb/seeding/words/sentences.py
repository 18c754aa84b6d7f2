"""The grammar of made-up prose: one long row of places for words, in sentences, of which every text takes a piece.

What stands in a place is drawn text by text; the places are the same for all. A piece of so many words that begins and
ends with a sentence is found by a table, so that a text has as many words as it should.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from platformdb.seeding.rows.codes import Ints, Mask
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.distributions import choose
from platformdb.seeding.words.vocabulary import words

SENTENCES = 2_000
# Up to so many words a text has exactly as many as it should; beyond, the sentence is finished.
EXACT = 256
MARKS = ("", ",", ".", "?", ":")

# Words in capitals are places (see PARTS), others stand for themselves; how often each comes is before it.
PROSE = """
6 D A N PAST D N. | 6 D N PAST D A N. | 5 D N WENT P D N. | 4 D A N WENT P D A N. | 4 PRO PAST D N.
3 PRO PAST S NS. | 4 PRO R PAST D A N. | 3 P D N, D N WENT. | 3 P D A N, PRO PAST D N. | 3 D N and D N PAST D N.
3 D N BE A. | 2 D N BE R A. | 2 NS V S A NS. | 2 S NS V D N. | 2 S A NS V NS. | 2 there were S NS P D N.
1 if D N GOES, PRO V D N. | 2 R, D N PAST D N. | 2 D N PAST D N C PRO PAST D A N.
2 D A N WENT, C D N PAST D N P D N. | 1 when D N WENT, D A N PAST S NS. | 1 D N VS D N, C D N VS D A N P D N.
2 PRO V S NS C D N BE A. | 1 what PRO V is D A N. | 1 not S NS V D N. | 1 why did PRO V D N? | 1 who PAST D A N?
1 does D N V S NS? | 1 where is D A N? | 1 PRO WENT. | 1 PRO V NS. | 1 R. | 1 A NS. | 1 R A. | 1 N. | 1 D N.
1 D A N. | 1 D A, A N. | 1 S A NS P D N. | 1 NS and NS. | 2 D N that PRO PAST P D N BE R A.
1 PRO PAST D N, PRO PAST D A N, C D N WENT P D N. | 1 to V NS is to V D N.
"""
TITLE = """
4 D A N. | 3 NS and NS. | 3 A NS. | 3 how to V D N. | 2 why NS V NS. | 3 D N P D A N. | 2 D N of D N. | 2 A N.
2 N. | 2 D N. | 2 how D N PAST D A N. | 2 what NS V. | 1 S A NS P D N. | 2 NS P D N. | 1 D N: A NS.
2 D N: how to V NS. | 2 A, A, A. | 2 why D A N PAST D N. | 1 where S NS GO P D A N. | 2 D A N: S NS and D N.
1 V NS. | 2 V D A N. | 1 A NS P A NS. | 1 R A. | 1 D A N of D A N: how PRO PAST D N. | 1 V S NS R. | 1 P D N.
1 P D A N. | 1 D N that PAST D A N P D N.
"""
# Where only the words are known, and not what they are: sentences of so many.
LISTED = (
    "1 W. | 2 W W. | 4 W W W. | 5 W W W W. | 5 W W W W W. | 4 W W W, W W W. | 4 W W W W W W W. | 3 W W W W, W W W W W."
)
PARTS = {
    "D": "determiner", "S": "several", "P": "preposition", "C": "conjunction", "PRO": "pronoun", "BE": "being",
    "A": "adjective", "R": "adverb", "N": "noun", "NS": "nouns", "V": "verb", "VS": "verbs", "PAST": "past",
    "GOES": "goes", "WENT": "went", "GO": "verb",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The row of places: which of the ``kinds`` of words is in each, whether it opens a sentence, the mark after it.

    ``begins`` and ``ends`` are the first and the last place of each sentence. The pieces of n words begin at
    ``fitting[bounds[n] : bounds[n + 1]]``.
    """

    kinds: tuple[tuple[str, ...], ...]
    places: Ints
    opens: Mask
    marks: Ints
    begins: Ints
    ends: Ints
    fitting: Ints
    bounds: Ints

    def pieces(self, wanted: Ints, stream: Stream, span: Span) -> tuple[Ints, Ints]:
        """For each row the place where its text begins, and how many words it has."""
        least = np.minimum(wanted, EXACT)
        many = self.bounds[least + 1] - self.bounds[least]
        begins = self.fitting[self.bounds[least] + stream.aspect("piece").below(many, span)]
        sizes, long = least.copy(), np.flatnonzero(wanted > EXACT)
        if len(long):
            begins[long] = self.begins[stream.aspect("anywhere").below(len(self.begins), span)[long]]
            rounds, last = np.divmod(begins[long] + wanted[long] - 1, len(self.places))
            end = self.ends[np.searchsorted(self.ends, last)]
            sizes[long] = rounds * len(self.places) + end + 1 - begins[long]
        return begins, sizes


@cache
def grammatical(*, title: bool) -> Places:
    """The places of sentences, or of headings, for the bundled words."""
    return _places(TITLE if title else PROSE, words())


def listed(found: Sequence[str]) -> Places:
    """The places of sentences for words of which nothing else is known."""
    return _places(LISTED, {"W": tuple(found)})


def _places(grammar: str, known: Mapping[str, tuple[str, ...]]) -> Places:
    weighted = [line.strip().partition(" ") for line in grammar.replace("\n", "|").split("|") if line.strip()]
    stream = Stream("sentences")
    chosen = choose(tuple(float(weight) for weight, _, _ in weighted), stream, Span(0, SENTENCES))
    tokens = [token for number in chosen.tolist() for token in weighted[number][2].split()]
    bare = [token.rstrip(",.?:") for token in tokens]
    kinds = {token: known.get(PARTS.get(token, token), (token,)) for token in dict.fromkeys(bare)}
    codes = {token: number for number, token in enumerate(kinds)}
    marks = np.array([MARKS.index(token[len(word) :]) for token, word in zip(tokens, bare, strict=True)])
    ends = np.flatnonzero(marks >= MARKS.index("."))
    begins = np.concatenate([[0], ends[:-1] + 1])
    opens = np.zeros(len(tokens), np.bool_)
    opens[begins] = True
    places = np.array([codes[word] for word in bare])
    return Places(tuple(kinds.values()), places, opens, marks, begins, ends, *_fitting(begins, ends))


def _fitting(begins: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Where pieces of each number of words begin: one after the other, and the bounds of each number's."""
    begun, sizes = [begins[:0]], [begins[:0]]
    for more in range(len(begins)):
        size = ends[more:] - begins[: len(begins) - more] + 1
        fits = size <= EXACT
        if not fits.any():
            break
        begun.append(begins[: len(size)][fits])
        sizes.append(size[fits])
    size, start = np.concatenate(sizes), np.concatenate(begun)
    order = np.argsort(size, kind="stable")
    return start[order], np.searchsorted(size[order], np.arange(EXACT + 2))
