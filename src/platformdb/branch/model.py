"""A branch's migration files beside those of its base: values only."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from platformdb.errors import Place
from platformdb.migrations.model import Kind, MigrationFile

# A file that holds both ways is there twice, once for each.
FileKey = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Tree:
    """The versioned and undo files of one commit, or of the working copy, by kind and path."""

    files: Mapping[FileKey, MigrationFile]


@dataclass(frozen=True, slots=True)
class Pair:
    """One file as the branch has it, and as the base has it."""

    now: MigrationFile
    then: MigrationFile


class Extent(enum.StrEnum):
    """How much an edit changed of what a file does."""

    NOTHING = "nothing"  # line ends, blanks at the ends of lines, or only the other half of the file
    COSMETIC = "cosmetic"  # comments, white space, the case of words
    SEMANTIC = "semantic"


@dataclass(frozen=True, slots=True)
class Edit:
    """A file of the base that the branch changed; ``difference`` shows how."""

    pair: Pair
    extent: Extent
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a branch did to the files of its base.

    ``base`` is what people call it, ``there`` its versioned files. ``new`` are versioned files and their undo that
    only the branch has, by version. ``touched`` are files of the base with other bytes, ``renamed`` those under
    another name, ``reordered`` those that run in another order, ``gone`` those that it took away. ``behind`` are files
    that the base got since the branch left; ``unsure`` are files of which nobody can tell whether they are that or
    gone, for the commit where the branch left is not here (``forked`` is then false).
    """

    base: str
    there: tuple[MigrationFile, ...]
    new: tuple[MigrationFile, ...] = ()
    touched: tuple[Pair, ...] = ()
    renamed: tuple[Pair, ...] = ()
    reordered: tuple[Pair, ...] = ()
    gone: tuple[MigrationFile, ...] = ()
    behind: tuple[MigrationFile, ...] = ()
    unsure: tuple[MigrationFile, ...] = ()
    forked: bool = True

    @property
    def arrivals(self) -> tuple[MigrationFile, ...]:
        """The new versioned files, by version, without their undo."""
        return tuple(file for file in self.new if file.kind is Kind.VERSIONED)


@dataclass(frozen=True, slots=True)
class Move:
    """A file or folder, and its new name in the same place; both are paths as people see them."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a file says that it requires, and where."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Mention:
    """A requirement that is to become another: its file follows the one that is renumbered."""

    requirement: Requirement
    new: str


@dataclass(frozen=True, slots=True)
class Renumbered:
    """A new file, the version that it gets, and what has to happen for it, the mentions first.

    The ``moves`` are its own and that of the file that takes it back; a folder moves once for both.
    """

    file: MigrationFile
    version: str
    moves: tuple[Move, ...]
    mentions: tuple[Mention, ...] = ()
