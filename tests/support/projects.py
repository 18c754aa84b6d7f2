"""Tiny projects, written where a test wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdb.project import Platform


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder of one platform, which is called like the folder."""

    root: Path

    @property
    def platform(self) -> Platform:
        return Platform(self.root.name, self.root, self.root / "phases", self.root / "sql", self.root / "seeds")

    def write(self, files: Mapping[str, str | bytes]) -> Project:
        """Adds files, or replaces them; names are relative to the project."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def remove(self, name: str) -> None:
        (self.root / name).unlink()
