"""What is wrong with a seed definition, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace

from platformdb.errors import ConfigError, Place
from platformdb.seeding.files.places import find_line
from platformdb.seeding.files.sources import FILE, Sources


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a definition, and where; ``key`` is the dotted key in seed.toml."""

    message: str
    place: Place
    key: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.key}: {self.message}" if self.key else f"{self.place}: {self.message}"


class Misfit(Exception):
    """The definition asks for something that cannot be; ``key`` is the dotted key of whoever asked."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.key = key


class Invalid(Exception):
    """A definition with problems."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def explain(problems: tuple[Problem, ...], sources: Sources) -> ConfigError:
    """All problems as one error, each with its line."""
    placed = [_placed(problem, sources) for problem in problems]
    if len(placed) == 1:
        key = f"{placed[0].key}: " if placed[0].key else ""
        return ConfigError(f"{key}{placed[0].message}", place=placed[0].place, help=f"correct it in {FILE}")
    return ConfigError(
        f"the seed definition has {len(placed)} problems",
        detail="\n".join(map(str, placed)),
        place=placed[0].place,
        help="correct them all, then run it again; nothing was changed",
    )


def _placed(problem: Problem, sources: Sources) -> Problem:
    if problem.place.line is not None or problem.place.name != sources.file:
        return problem
    return replace(problem, place=Place(sources.file, find_line(sources.text, tuple(problem.key.split(".")))))
