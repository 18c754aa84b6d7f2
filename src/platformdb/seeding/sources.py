"""The texts of a platform's seed folder: seed.toml and reference/*.csv."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdb.errors import ConfigError, Place
from platformdb.project import Platform

FILE = "seed.toml"
FOLDER = "reference"
# Data made by another version of the generators is other data, even where the definition is the same.
GENERATION = 1


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts. ``file`` and ``folder`` are named as people see them."""

    file: str
    text: str
    folder: str
    references: Mapping[str, str]

    @property
    def checksum(self) -> str:
        """Of everything that the rows depend on, line ends aside."""
        digest = hashlib.blake2b(f"platformdb seed {GENERATION}".encode(), digest_size=16)
        for name, content in ((FILE, self.text), *sorted(self.references.items())):
            digest.update(f"\0{name}\0{content.replace(chr(13) + chr(10), chr(10))}".encode())
        return digest.hexdigest()


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
