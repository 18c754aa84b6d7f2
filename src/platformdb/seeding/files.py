"""Reads a platform's seed folder, and puts problems into words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from platformdb.errors import ConfigError, Place
from platformdb.project import Platform
from platformdb.seeding.definition import Sources
from platformdb.seeding.model import Problem
from platformdb.seeding.places import find_line

FILE = "seed.toml"
FOLDER = "reference"


def read_sources(platform: Platform) -> Sources:
    """The texts of seed.toml and of reference/*.csv.

    Raises:
        ConfigError: there is no seed.toml, or a file is not UTF-8 or cannot be read.
    """
    path = platform.seeds / FILE
    if not path.is_file():
        raise ConfigError(
            f"there is nothing to seed {platform.name} with: {path} does not exist",
            help="write it, or start from a bundled platform's seeds/ folder",
        )
    folder = platform.seeds / FOLDER
    references = {file.name: _text(platform, file) for file in sorted(folder.glob("*.csv"))}
    return Sources(platform.shown(path), _text(platform, path), platform.shown(folder), references)


def _text(platform: Platform, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        place = Place(platform.shown(path))
        raise ConfigError(f"cannot read {place}: {error}", place=place, help="the file must be UTF-8") from None


def explain(problems: tuple[Problem, ...], sources: Sources) -> ConfigError:
    """All problems as one error, each with its line."""
    placed = [_placed(problem, sources) for problem in problems]
    if len(placed) == 1:
        return ConfigError(placed[0].message, detail=placed[0].key, place=placed[0].place, help=f"correct {FILE}")
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
