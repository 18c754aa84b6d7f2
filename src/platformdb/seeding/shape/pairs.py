"""Different pairs (edges of a graph, members of sets) drawn by the popularity of both ends, without repetition.

First it is decided how many pairs each left row has, then the left rows draw their partners, chunk by chunk: a chunk
has its own random numbers, and what is in memory does not grow with the number of pairs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import Floats, Ints
from platformdb.seeding.rows.streams import Span, Stream
from platformdb.seeding.shape.alike import Alike
from platformdb.seeding.shape.chance import spread
from platformdb.seeding.shape.distributions import Skew
from platformdb.seeding.shape.seats import Ring, Rows, Seats

# Pairs drawn together: their codes stay in the processor's cache.
CHUNK = 1 << 18
# Where all right rows are weighed for each of some left rows, so many weights at a time.
CELLS = 1 << 20
# Drawn again where a pair was there already; from these turns on with flatter weights, for the popular are used up.
FLATTER = {0: 1.0, 6: 0.5, 12: 0.0}
# So often people look for partners like themselves; who finds none takes anybody.
LOOKING = 6

Chunk = tuple[Ints, Ints]
# Seats for left rows of these degrees in this turn; None: it is no use looking any longer.
Look = Callable[[int, Ints, Ints, Stream], Ints | None]


@dataclass(frozen=True, slots=True)
class Popularity:
    """One side of the pairs: its rows, and how unequal they are."""

    skew: Skew
    rows: int
    stream: Stream

    def weights(self) -> Floats:
        """How popular each is."""
        return self.skew.weights(self.stream, self.rows)

    def counts(self, total: int) -> Ints:
        """How many pairs each has, if they were free to choose."""
        return self.skew.counts(self.stream, self.rows, total)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many pairs; the share of them whose answer is there too; ``within``: both sides are one table's rows."""

    total: int
    reciprocity: float = 0.0
    within: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """So many pairs are drawn and ``answers`` of about ``answerable`` answered; ``instead``: of other drawn ones."""

    asked: int
    answers: int
    answerable: float
    instead: bool = False


def draw_pairs(
    left: Popularity, right: Popularity, wanted: Wanted, stream: Stream, alike: Alike | None = None
) -> Iterator[tuple[Rows, Rows]]:
    """``wanted.total`` different pairs, in portions: the positions of the left rows and of the right rows.

    Raises:
        Misfit: so many different pairs do not exist.
    """
    seats, asking, degrees = _planned(left, right, wanted, stream)
    drawn = _Draw(seats, right.weights(), alike).all(degrees, stream.aspect("partners"))
    if wanted.reciprocity:
        drawn = _answered(drawn, seats, asking, stream.aspect("answers"))
    for some, taken in drawn:
        yield some.astype(np.int32), seats.rows[taken]


def _planned(left: Popularity, right: Popularity, wanted: Wanted, stream: Stream) -> tuple[Seats, Asking, Ints]:
    """Who may be paired with whom, and how many pairs each left row draws."""
    lefts, rights = left.weights(), right.weights()
    seats = Seats.taken(lefts, rights, stream.aspect("circle"), within=wanted.within, halved=bool(wanted.reciprocity))
    possible = int(np.count_nonzero(lefts)) * len(seats.rows) - seats.circle
    if wanted.total > possible:
        raise Misfit(f"{wanted.total} different pairs are wanted and only {possible} are possible")
    if not wanted.total:
        return seats, Asking(0, 0, 0), np.zeros(left.rows, np.int64)
    room = np.where(lefts > 0, seats.choices(np.arange(left.rows)), 0)
    asking = _asking(wanted, lefts, rights, seats, room)
    return seats, asking, _degrees(left, lefts, room, asking.asked, stream.aspect("degrees"))


def _asking(wanted: Wanted, lefts: Floats, rights: Floats, seats: Seats, room: Ints) -> Asking:
    """How many pairs to draw, so that with the answers there are exactly as many as wanted.

    Only who sits on the circle can answer. Where all do, answers are given to drawn pairs without further ado. Else it
    is not known before how many can be answered: each answer then takes the place of a pair that cannot.
    """
    answers, most = int(wanted.total * wanted.reciprocity / 2), int(room.sum())
    if seats.circle == len(seats.rows) == np.count_nonzero(lefts):
        asked = min(wanted.total - answers, most)
        return Asking(asked, wanted.total - asked, asked)
    if wanted.total > most:
        return Asking(most, wanted.total - most, seats.circle * (seats.circle - 1) / 2)
    circle = seats.rows[: seats.circle]
    around = rights[circle].sum() / (2 if seats.halved else 1)
    share = lefts[circle].sum() / lefts.sum() * around / (around + rights[seats.rows[seats.circle :]].sum())
    return Asking(wanted.total, answers, wanted.total * share, instead=True)


def _degrees(left: Popularity, weights: Floats, room: Ints, total: int, stream: Stream) -> Ints:
    """How many pairs each left row has: by its popularity as long as there is room, the rest where there still is."""
    found = np.minimum(left.counts(total), room)
    for turn in range(8):
        missing = total - int(found.sum())
        open_to = np.where(found < room, weights, 0.0)
        if not missing or not open_to.any():
            break
        found = np.minimum(found + spread(open_to, missing, stream.aspect(f"turn {turn}")), room)
    missing = total - int(found.sum())
    if missing:
        order = stream.aspect("rest").shuffled(len(found))
        spare = (room - found)[order]
        found[order] += np.clip(missing - (np.cumsum(spare) - spare), 0, spare)
    return found


class _Draw:
    """Draws partners for left rows of given degrees."""

    def __init__(self, seats: Seats, weights: Floats, alike: Alike | None) -> None:
        self._seats = seats
        self._weights = weights[seats.rows]
        self._alike = alike
        self._rings: dict[float, Ring] = {}
        self._seat = np.full(len(weights), -1, np.int32)
        self._seat[seats.rows] = np.arange(len(seats.rows))
        self._strangers = Ring(seats, alike.rest[seats.rows]) if alike and alike.rest.any() else None

    def all(self, degrees: Ints, stream: Stream) -> Iterator[Chunk]:
        """Left rows and the seats they have chosen, chunk by chunk."""
        ends = np.cumsum(degrees)
        total = int(ends[-1]) if len(ends) else 0
        borders = np.unique(np.searchsorted(ends, np.arange(0, total, CHUNK), side="right"))
        for number, (first, end) in enumerate(itertools.pairwise([*borders.tolist(), len(degrees)])):
            lefts = first + np.flatnonzero(degrees[first:end])
            yield from self._chunk(lefts, degrees[lefts], stream.aspect(str(number)))

    def _chunk(self, lefts: Ints, degrees: Ints, stream: Stream) -> Iterator[Chunk]:
        # Who takes more than half of what there is would meet the same again and again.
        dense = degrees * 2 > self._seats.choices(lefts)
        yield from self._raced(lefts[dense], degrees[dense], stream.aspect("race"))
        lefts, degrees = lefts[~dense], degrees[~dense]
        codes = np.zeros(0, np.int64)
        if self._alike:
            wishes = self._alike.wishes(degrees, stream.aspect("wishes"))
            codes = self._more(codes, lefts, wishes, self._alike_ones, stream.aspect("alike"))
        codes = self._more(codes, lefts, degrees, self._anybody, stream)
        rows = np.repeat(np.arange(len(lefts)), degrees)
        yield lefts[rows], codes - rows * len(self._weights)

    def _more(self, codes: Ints, lefts: Ints, degrees: Ints, look: Look, stream: Stream) -> Ints:
        """The codes of pairs and of more pairs, until each left row has as many as its degree or gives up."""
        turn, size = 0, len(self._weights)
        while (missing := degrees - np.bincount(codes // size, minlength=len(lefts))).any():
            rows = np.repeat(np.arange(len(lefts)), missing)
            seats = look(turn, lefts[rows], degrees[rows], stream.aspect(str(turn)))
            if seats is None:
                break
            fit = self._seats.allowed(lefts[rows], seats)
            codes = _merged(codes, rows[fit] * size + seats[fit])
            turn += 1
        return codes

    def _alike_ones(self, turn: int, lefts: Ints, degrees: Ints, stream: Stream) -> Ints | None:
        if self._alike is None or turn >= LOOKING:
            return None
        return self._seat[self._alike.draw(lefts, degrees, stream, halved=self._seats.halved)].astype(np.int64)

    def _anybody(self, turn: int, lefts: Ints, degrees: Ints, stream: Stream) -> Ints | None:
        if turn == 0 and self._strangers:
            return self._strangers.draw(lefts, stream)
        return self._ring(FLATTER[max(since for since in FLATTER if since <= turn)]).draw(lefts, stream)

    def _ring(self, power: float) -> Ring:
        if power not in self._rings:
            self._rings[power] = Ring(self._seats, self._weights**power)
        return self._rings[power]

    def _raced(self, lefts: Ints, degrees: Ints, stream: Stream) -> Iterator[Chunk]:
        """Every partner gets a race time, exponential with its weight as rate; the first win (Efraimidis-Spirakis)."""
        step = max(1, CELLS // max(len(self._weights), 1))
        everybody = np.arange(len(self._weights))
        for first in range(0, len(lefts), step):
            some = lefts[first : first + step]
            times = stream.aspect(str(first)).uniform(Span(0, len(some) * len(everybody)))
            race = -np.log1p(-times).reshape(len(some), len(everybody)) / self._weights
            pairs = np.repeat(some, len(everybody)), np.tile(everybody, len(some))
            race[~self._seats.allowed(*pairs).reshape(race.shape)] = np.inf
            ahead = np.argsort(race, axis=1, kind="stable")
            wins = everybody < degrees[first : first + step, None]
            yield np.repeat(some, degrees[first : first + step]), ahead[wins]


def _merged(codes: Ints, more: Ints) -> Ints:
    """The rising codes and those of the others that are not among them."""
    together = np.sort(np.concatenate([codes, more]), kind="stable")
    return together[np.flatnonzero(np.diff(together, prepend=-1))]


def _answered(drawn: Iterator[Chunk], seats: Seats, asking: Asking, stream: Stream) -> Iterator[Chunk]:
    """The pairs and the answers to some of them."""
    met = given = 0
    for number, (lefts, taken) in enumerate(drawn):
        able = np.flatnonzero((seats.place[lefts] >= 0) & (taken < seats.circle))
        met += len(able)
        due = asking.answers if met >= asking.answerable else int(asking.answers * met / asking.answerable)
        due = min(due - given, len(able), len(lefts) // 2 if asking.instead else due)
        turns = stream.aspect(str(number))
        chosen = able[_some(len(able), due, turns.aspect("able"))]
        given += len(chosen)
        kept = np.ones(len(lefts), np.bool_)
        if asking.instead:
            silent = np.setdiff1d(np.arange(len(lefts)), chosen, assume_unique=True)
            kept[silent[_some(len(silent), due, turns.aspect("silent"))]] = False
        answering = seats.rows[taken[chosen]].astype(np.int64)
        yield (
            np.concatenate([lefts[kept], answering]),
            np.concatenate([taken[kept], seats.place[lefts[chosen]].astype(np.int64)]),
        )


def _some(of: int, count: int, stream: Stream) -> Ints:
    """So many different numbers below ``of``."""
    if count >= of:
        return np.arange(of)
    return np.argpartition(stream.uniform(Span(0, of)), count)[:count]
