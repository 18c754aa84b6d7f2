"""The table of public directories, and where their checkouts are."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUTS = "PLATFORMDB_TEST_CHECKOUTS"


@dataclass(frozen=True, slots=True)
class Directory:
    """One line of the table; see ``directories.toml``."""

    project: str
    folders: tuple[str, ...]
    layout: str
    server: str = "18"
    before: str = ""
    before_file: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    why: str = ""
    not_here: str = ""

    @property
    def checkout(self) -> Path | None:
        """The project's files, as ``owner+name`` or ``owner/name`` below the folder that the environment names."""
        root = Path(os.environ[CHECKOUTS])
        places = (root / self.project.replace("/", "+"), root / self.project)
        return next((place for place in places if place.is_dir()), None)

    @property
    def preparation(self) -> str:
        """SQL that comes before the first migration."""
        assert self.checkout
        text = (self.checkout / self.before_file).read_text(encoding="utf-8") if self.before_file else ""
        return f"{self.before};\n{text}" if self.before else text

    def copied(self, to: Path) -> tuple[Path, ...]:
        """The folders in another place, without what is left out."""
        assert self.checkout
        ignored = shutil.ignore_patterns(".git", *self.leave_out)
        for folder in self.folders:
            shutil.copytree(self.checkout / folder, to / folder, ignore=ignored, dirs_exist_ok=True)
        return tuple(to / folder for folder in self.folders)


def directories() -> tuple[Directory, ...]:
    table = tomllib.loads((Path(__file__).parent / "directories.toml").read_text(encoding="utf-8"))
    return tuple(
        Directory(**{key: tuple(value) if isinstance(value, list) else value for key, value in each.items()})
        for each in table["directory"]
    )
