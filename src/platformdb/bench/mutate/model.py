"""What became of indexes that were dropped and of queries that were made worse."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from platformdb.sqltext.mutants import Mutant
from platformdb.workload.model import IndexFacts, Query

# The rules with which a trial is caught beside the gate's own.
TOO_SLOW, BROKEN = "too-slow", "query-fails"


class Fate(enum.StrEnum):
    """What the gate made of a mutation."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    HARMLESS = "no difference"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a mutation did to one query for one persona.

    ``rules`` are the errors of the gate that there are not without the mutation, in the gates' order. ``worse`` says in
    numbers what there is more of than without, by a look of its own at the work; empty where there is not.
    """

    query: str
    persona: str
    rules: tuple[str, ...] = ()
    worse: str = ""


@dataclass(frozen=True, slots=True)
class DroppedIndex:
    """An index, and what was otherwise without it. ``tier`` is None where no tier file has it.

    ``effects`` are those that were something; ``asked`` counts the queries that could have needed it, ``used`` names
    those that read it, needed or not: without it another index serves them as well.
    """

    index: IndexFacts
    tier: int | None = None
    effects: tuple[Effect, ...] = ()
    asked: int = 0
    used: tuple[str, ...] = ()

    @property
    def fate(self) -> Fate:
        """Caught, survived or no difference."""
        return fate_of(self.effects)


@dataclass(frozen=True, slots=True)
class WorseQuery:
    """A query that was made worse. ``refused`` is what the server said where it does not run at all."""

    query: Query
    mutant: Mutant
    effects: tuple[Effect, ...] = ()
    refused: str = ""

    @property
    def fate(self) -> Fate:
        """What became of it; one that does not run needs no gate."""
        return Fate.REFUSED if self.refused else fate_of(self.effects)


@dataclass(frozen=True, slots=True)
class Score:
    """How many of those that made something worse were caught."""

    caught: int
    needed: int

    def __str__(self) -> str:
        share = f"{100 * self.caught / self.needed:.0f} %" if self.needed else "nothing to catch"
        return f"{self.caught} of {self.needed} ({share})" if self.needed else share


@dataclass(frozen=True, slots=True)
class MutationResult:
    """All mutations of a platform."""

    indexes: tuple[DroppedIndex, ...]
    queries: tuple[WorseQuery, ...] = ()
    elapsed_ms: float = 0.0

    @property
    def plain(self) -> tuple[DroppedIndex, ...]:
        """The indexes that somebody made for speed."""
        return tuple(dropped for dropped in self.indexes if not dropped.index.constraint)

    @property
    def constraints(self) -> tuple[DroppedIndex, ...]:
        """The indexes that a primary key, a unique or an exclusion constraint needs anyway."""
        return tuple(dropped for dropped in self.indexes if dropped.index.constraint)


def fate_of(effects: Iterable[Effect]) -> Fate:
    """Caught by one query is caught; and what the gate catches made something worse."""
    seen = tuple(effects)
    if any(effect.rules for effect in seen):
        return Fate.CAUGHT
    return Fate.SURVIVED if any(effect.worse for effect in seen) else Fate.HARMLESS


def score(mutations: Iterable[DroppedIndex] | Iterable[WorseQuery]) -> Score:
    """The mutation score."""
    fates = [mutation.fate for mutation in mutations]
    caught = fates.count(Fate.CAUGHT)
    return Score(caught, caught + fates.count(Fate.SURVIVED))


def shown(name: str) -> str:
    """A name without the schema in which most are."""
    return name.removeprefix("public.")
