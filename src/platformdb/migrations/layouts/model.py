"""What a layout is: how a tool's folder is recognised, what lies in it, and how its files are read."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading
from platformdb.project import Foreign
from platformdb.report.model import Finding

# How much of a file is looked at to tell whose it is.
HEAD_BYTES = 4096


class Strength(enum.IntEnum):
    """How sure a sign is; of two signs the stronger decides."""

    NUMBERED = 1  # files with numbers, which any tool may have
    SHAPED = 2  # a shape that several tools share: pairs of .up.sql and .down.sql
    SURE = 3  # what only this tool writes


@dataclass(frozen=True, slots=True)
class Sign:
    """What speaks for a tool: in words that end the sentence "it has …"."""

    strength: Strength
    why: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of migrations, looked at once.

    ``names`` are the files in it and below, by name, relative and with forward slashes; what begins with a dot is left
    out. ``heads`` are the first kilobytes of those that end in ``.sql``.
    """

    path: Path
    shown: str
    names: tuple[str, ...]
    heads: Mapping[str, str] = field(default_factory=dict)

    def candidate(
        self,
        file: str,
        kind: Kind,
        version: str,
        name: str,
        reading: Reading | None = None,
        *,
        alone: bool = False,
        language: str = "",
    ) -> Candidate:
        """One of the files as a migration."""
        return Candidate(kind, version, name, self.path_of(file), self.shown_name(file), reading, alone, language)

    def path_of(self, file: str) -> str:
        """Where a file of the folder is; a text, for making 10,000 paths takes as long as reading the files."""
        return f"{self.path}/{file}"

    def shown_name(self, file: str) -> str:
        """What people know a file of the folder by."""
        return file if self.shown in {"", "."} else f"{self.shown}/{file}"

    def with_sign(self, pattern: re.Pattern[str]) -> str | None:
        """The first SQL file whose head has this somewhere; None where none has."""
        return next((name for name, head in self.heads.items() if pattern.search(head)), None)

    def has(self, file: str, pattern: re.Pattern[str]) -> bool:
        """Whether an SQL file has this anywhere; who reads it whole says what is wrong with one that cannot be read."""
        head = self.heads[file]
        if pattern.search(head) or len(head.encode()) < HEAD_BYTES:
            return pattern.search(head) is not None
        try:
            return pattern.search((self.path / file).read_text(encoding="utf-8-sig", errors="replace")) is not None
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tool's own configuration says: values for its files, its folders, its history table, and what else."""

    variables: Mapping[str, str] = field(default_factory=dict)
    locations: tuple[Path, ...] = ()
    table: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def no_settings(_: Foreign) -> Settings:
    """Of a tool whose configuration says nothing that we need."""
    return Settings()


@dataclass(frozen=True, slots=True)
class Layout:
    """One tool's way of laying out migrations.

    ``recognise`` looks for its signs in one folder. ``find`` gives the migrations of all folders, in any order (they
    are sorted by version), and adds to the findings what is wrong; versions are unique per kind across the folders.
    ``settings`` reads the tool's configuration, which may raise ConfigError. ``beside`` matches the names of other
    files that the tool keeps there, which are no migrations; every other file that ``find`` does not give is said.
    """

    name: str
    title: str
    recognise: Callable[[Folder], Sign | None]
    find: Callable[[Sequence[Folder], Settings, list[Finding]], Iterable[Candidate]]
    settings: Callable[[Foreign], Settings] = no_settings
    beside: re.Pattern[str] | None = None
