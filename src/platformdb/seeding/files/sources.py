"""The texts of a platform's seed folder: seed.toml and reference/*.csv."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdb.contract_file import NAME as CONTRACTS
from platformdb.contract_file import ContractFile, find_contracts
from platformdb.errors import ConfigError, Place
from platformdb.project import Platform

FILE = "seed.toml"
FOLDER = "reference"
# Data made by another version of the generators is other data, even where the definition is the same.
GENERATION = 2
# Where nothing is made of contracts.py, a change there changes no row.
MADE_OF_MODELS = re.compile(r"""\bmake\s*=\s*["']contract["']""")
# Stands between a checksum and the extensions that were missed: with them the rows would be others.
WITHOUT = " without "


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts. ``file`` and ``folder`` are named as people see them; ``contracts`` only where documents are made."""

    file: str
    text: str
    folder: str
    references: Mapping[str, str]
    contracts: ContractFile | None = None

    @property
    def extensions(self) -> frozenset[str]:
        """The extensions without which a part of the seed is left out; none where the file cannot be read."""
        try:
            tables = tomllib.loads(self.text).get("tables", {}) if "extension" in self.text else {}
        except tomllib.TOMLDecodeError:
            return frozenset()
        return frozenset(_extensions(tables))

    def checksum(self, installed: Collection[str] = ()) -> str:
        """Of everything that the rows depend on, line ends aside; it names the extensions that are missed."""
        missed = sorted(self.extensions.difference(installed))
        return f"{self._digest()}{WITHOUT}{', '.join(missed)}" if missed else self._digest()

    def _digest(self) -> str:
        digest = hashlib.blake2b(f"platformdb seed {GENERATION}".encode(), digest_size=16)
        models = ((CONTRACTS, self.contracts.text),) if self.contracts else ()
        for name, content in ((FILE, self.text), *sorted(self.references.items()), *models):
            digest.update(f"\0{name}\0{content.replace(chr(13) + chr(10), chr(10))}".encode())
        return digest.hexdigest()


def _extensions(tables: Any) -> Iterator[str]:
    for table in tables.values() if isinstance(tables, dict) else ():
        columns = table.get("columns") if isinstance(table, dict) else None
        for part in (table, *(columns.values() if isinstance(columns, dict) else ())):
            if isinstance(part, dict) and isinstance(part.get("extension"), str):
                yield part["extension"]


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
    text = _text(platform, path)
    contracts = find_contracts(platform) if MADE_OF_MODELS.search(text) else None
    return Sources(platform.shown(path), text, platform.shown(folder), references, contracts)


def _text(platform: Platform, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        place = Place(platform.shown(path))
        raise ConfigError(f"cannot read {place}: {error}", place=place, help="the file must be UTF-8") from None
