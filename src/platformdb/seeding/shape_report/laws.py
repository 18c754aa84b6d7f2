"""The law that one parent's number of children follows: what chance makes of popularity."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from platformdb.seeding.rows.codes import Floats
from platformdb.seeding.shape_report.degrees import Degrees

# Above this rate chance moves a count by less than a hundredth.
LARGE = 10_000.0
# So many standard deviations of a Poisson number are all of it.
REACH = 9.0
# Instead of 0, whose logarithm is none.
TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Parents of one popularity: their ``share``, and the chances of ``children[start:]`` of the law."""

    start: int
    chances: Floats
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """Chances over ``children``, piece by piece; of each piece a share is ``silent`` and has none.

    ``drawn``: how popular a parent is, is chance, too; else so many are as popular as the pieces say.
    """

    children: Floats
    pieces: tuple[Piece, ...]
    silent: float
    drawn: bool

    @classmethod
    def of_counts(cls, values: Floats, shares: Floats, *, silent: float) -> Law:
        """Each parent has its own number of children, drawn from these."""
        children, places = np.unique(np.append(np.maximum(np.rint(values), 0), 0.0), return_inverse=True)
        chances = np.bincount(places[:-1], shares, len(children)) / shares.sum()
        return cls(children, (Piece(0, chances, 1.0),), silent, drawn=True)

    @classmethod
    def of_rates(cls, rates: Floats, shares: Floats, *, silent: float, drawn: bool) -> Law:
        """Poisson numbers with these rates."""
        shares, large = shares / shares.sum(), np.unique(np.rint(rates[rates > LARGE]))
        top = float(rates[rates <= LARGE].max(initial=0.0))
        room = int(top + REACH * math.sqrt(top) + 12)
        logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, room + 1)))])
        pieces: list[Piece] = []
        for rate, share in zip(rates.tolist(), shares.tolist(), strict=True):
            if rate > LARGE:
                pieces.append(Piece(room + 1 + int(np.searchsorted(large, round(rate))), np.ones(1), share))
            else:
                pieces.append(_poisson(rate, share, logs))
        return cls(np.append(np.arange(room + 1.0), large), tuple(pieces), silent, drawn)

    def degrees(self, parents: float) -> Degrees:
        """How many of so many parents have how many children."""
        found = np.zeros(len(self.children))
        for piece in self.pieces:
            found[piece.start : piece.start + len(piece.chances)] += piece.share * (1 - self.silent) * piece.chances
        found[0] += self.silent
        return Degrees(self.children, found * parents)

    def deviation(self, influence: Floats) -> float:
        """The standard deviation of what one parent adds to a figure, which is ``influence`` of its children."""
        silent, shares = self.silent, np.array([piece.share for piece in self.pieces])
        parts = [influence[piece.start : piece.start + len(piece.chances)] for piece in self.pieces]
        both = list(zip(self.pieces, parts, strict=True))
        means = silent * influence[0] + (1 - silent) * np.array([float(p.chances @ part) for p, part in both])
        squares = silent * influence[0] ** 2 + (1 - silent) * np.array([float(p.chances @ part**2) for p, part in both])
        average = float(shares @ means)
        variance = float(shares @ squares) - (average**2 if self.drawn else float(shares @ means**2))
        return math.sqrt(max(variance, 0.0))

    def below(self) -> tuple[Floats, Floats]:
        """The share of parents with at most so many children, and the variance of what one adds to it."""
        share = np.minimum(np.cumsum(self.degrees(1).parents), 1.0)
        if self.drawn:
            return share, share * (1 - share)
        return share, np.maximum(
            self._added(self.silent * (1 - self.silent), lambda chances: chances * (1 - chances)), 0
        )

    def none_above(self, parents: int) -> Floats:
        """The logarithm of the chance that none of so many parents has more children."""
        if self.drawn:
            return np.asarray(np.log(np.maximum(self.below()[0], TINY)) * parents)
        logs = self._added(math.log(max(self.silent, TINY)), lambda chances: np.log(np.maximum(chances, TINY)))
        return np.asarray(np.minimum(logs, 0.0) * parents)

    def _added(self, before: float, function: Callable[[Floats], Floats]) -> Floats:
        """Σ over the pieces of ``function`` of the chance of so many children or fewer; ``before``: its value below."""
        found, steps = np.zeros(len(self.children)), np.zeros(len(self.children) + 1)
        for piece in self.pieces:
            end = piece.start + len(piece.chances)
            steps[0] += piece.share * before
            steps[piece.start] -= piece.share * before
            chances = np.minimum(self.silent + (1 - self.silent) * np.cumsum(piece.chances), 1.0)
            found[piece.start : end] += piece.share * function(chances)
        return np.asarray(found + np.cumsum(steps)[:-1])

    def likely_largest(self, parents: int) -> float:
        """The largest number of children that is as likely exceeded as not."""
        place = int(np.searchsorted(self.none_above(parents), math.log(0.5)))
        return float(self.children[min(place, len(self.children) - 1)])


def _poisson(rate: float, share: float, logs: Floats) -> Piece:
    """The chances of numbers around a rate; ``logs`` are log n!."""
    if not rate:
        return Piece(0, np.ones(1), share)
    around = REACH * math.sqrt(rate)
    first, last = max(int(rate - around - 10), 0), int(rate + around + 11)
    counts = np.arange(first, last + 1)
    chances = np.exp(counts * math.log(rate) - rate - logs[counts])
    return Piece(first, chances / chances.sum(), share)
