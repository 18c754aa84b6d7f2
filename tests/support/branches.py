"""Git repositories with a branch, made where a test wants them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdb.config import Config
from platformdb.project import Platform, find_platform

CONFIG = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *CONFIG, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@dataclass(frozen=True, slots=True)
class Branch:
    """A working copy; the project lies in ``folder`` of it."""

    top: Path
    folder: str = "."

    @property
    def project(self) -> Path:
        return self.top / self.folder

    def platform(self, **config: object) -> Platform:
        return find_platform(Config(project=self.project.resolve(), **config))

    def write(self, files: Mapping[str, str]) -> Branch:
        for name, text in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return self

    def commit(self, files: Mapping[str, str] | None = None) -> Branch:
        self.write(files or {})
        git(self.top, "add", "--all", ".")
        git(self.top, "commit", "--quiet", "--allow-empty", "--message=work")
        return self

    def switch(self, name: str, *, new: bool = False) -> Branch:
        git(self.top, "checkout", "--quiet", *(["-b"] if new else []), name)
        return self

    def names(self, below: str = ".") -> list[str]:
        start = self.project / below
        return sorted(path.relative_to(start).as_posix() for path in start.rglob("*.sql"))


def new_branch(top: Path, files: Mapping[str, str], *, folder: str = ".", options: tuple[str, ...] = ()) -> Branch:
    """A repository whose ``main`` has these files, and on it a branch ``feature``, checked out."""
    top.mkdir(parents=True, exist_ok=True)
    git(top, "init", "--quiet", "--initial-branch=main", *options)
    return Branch(top, folder).commit(files).switch("feature", new=True)
