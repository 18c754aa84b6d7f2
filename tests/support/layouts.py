"""Another tool's folder, made for a test, and what is found in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from platformdb.config import Config
from platformdb.migrations.load import load_all
from platformdb.migrations.model import Files, Kind
from platformdb.migrations.read import list_files
from platformdb.project import Platform, find_platform
from platformdb.report.model import Severity


def laid_out(folder: Path, files: Mapping[str, str], *, layout: str | None = None, below: str = ".") -> Platform:
    """A project whose migrations lie as another tool wants them, in the folder ``below``."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return find_platform(Config(project=folder, migrations=(folder / below,), layout=layout))


def versions(files: Files) -> dict[str, str]:
    """The names of versioned migrations by their versions, in their order."""
    return {file.version: file.name for file in files.migrations if file.kind is Kind.VERSIONED}


def errors(files: Files) -> list[str]:
    """What forbids to run them, in words."""
    return [finding.message for finding in files.findings if finding.severity is Severity.ERROR]


def remarks(files: Files) -> list[str]:
    """What else is said."""
    return [finding.message for finding in files.findings if finding.severity is not Severity.ERROR]


def statements(platform: Platform) -> dict[str, list[str]]:
    """The statements of each versioned migration, by its version; every file must be readable."""
    files = list_files(platform)
    loaded = load_all(files.migrations, platform, {})
    assert not loaded.findings, loaded.findings
    return {
        file.version: [s.sql for segment in loaded.migrations[file.path].segments for s in segment.statements]
        for file in files.migrations
    }


def refusals(platform: Platform, kind: Kind = Kind.VERSIONED) -> list[str]:
    """Why files cannot be read, with the place."""
    files = list_files(platform)
    wanted = files.migrations if kind is Kind.VERSIONED else tuple(files.undo.values())
    return [f"{finding.place}: {finding.message}" for finding in load_all(wanted, platform, {}).findings]
