"""Another tool's folders: whose they are, what lies in them, and what belongs to no migration."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from platformdb.errors import ConfigError, Place
from platformdb.migrations.layouts.known import KNOWN
from platformdb.migrations.layouts.model import HEAD_BYTES, Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.model import Candidate
from platformdb.project import Foreign, Platform
from platformdb.report.model import Finding, Severity

NAMED = 8


def find_foreign(platform: Platform, foreign: Foreign, findings: list[Finding]) -> Iterator[Candidate]:
    """The migrations of another tool; what is wrong is added to ``findings``, and what belongs to no migration.

    Raises:
        ConfigError: nobody can tell whose files these are, or they are those of two tools.
    """
    layout, settings, folders = recognised(platform, foreign)
    taken = set()
    for candidate in layout.find(folders, settings, findings):
        taken.add(candidate.path)
        yield candidate
    for folder in folders:
        findings += _strays(folder, layout, taken)


def recognised(platform: Platform, foreign: Foreign) -> tuple[Layout, Settings, tuple[Folder, ...]]:
    """Whose files these are, what the tool's configuration says, and the folders, looked at.

    Raises:
        ConfigError: see :func:`find_foreign`.
    """
    named = _named(foreign.layout) if foreign.layout else None
    if named is not None and not foreign.locations:
        settings = named.settings(foreign)
        if not settings.locations:
            raise ConfigError(
                f"nothing says where the migrations of {named.title} are", help="name their folder with --migrations"
            )
        return named, settings, tuple(_look(folder, platform.root) for folder in settings.locations)
    folders = tuple(_look(folder, platform.root) for folder in foreign.locations)
    layout = named or _detected(folders)
    return layout, layout.settings(foreign), folders


def _named(name: str) -> Layout:
    found = next((layout for layout in KNOWN if layout.name == name), None)
    if found is None:
        known = ", ".join(layout.name for layout in KNOWN)
        raise ConfigError(f"there is no layout '{name}'", help=f"known are: {known}")
    return found


def _look(path: Path, root: Path) -> Folder:
    """A folder's files, and the beginnings of its SQL.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        names = tuple(sorted(_names(str(path), "")))
        heads = {name: _head(f"{path}/{name}") for name in names if name.endswith(".sql")}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", help="make it a readable folder") from None
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return Folder(path, shown, names, heads)


def _names(path: str, prefix: str) -> Iterator[str]:
    """Files in a folder and below; links to folders are not followed, for they may lead back."""
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _names(entry.path, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name


def _head(path: str) -> str:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - as below; opening a pipe would wait for a writer
            return ""
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - see MigrationFile.path
            return file.read(HEAD_BYTES).decode(errors="replace")
    except OSError:  # who reads it whole says what is wrong with it
        return ""


def _detected(folders: Sequence[Folder]) -> Layout:
    signs = [(layout, sign) for layout in KNOWN for folder in folders if (sign := layout.recognise(folder))]
    strongest = max((sign.strength for _, sign in signs), default=None)
    likely = {layout.name: (layout, sign) for layout, sign in reversed(signs) if sign.strength == strongest}
    shown = ", ".join(folder.shown for folder in folders)
    if not likely:
        known = ", ".join(layout.name for layout in KNOWN)
        raise ConfigError(f"no migrations of any known tool in {shown}", help=f"say whose with --layout: {known}")
    if strongest is Strength.SURE and len(likely) > 1:
        raise _two_tools(shown, likely.values())
    return next(layout for layout in KNOWN if layout.name in likely)


def _two_tools(shown: str, likely: Iterable[tuple[Layout, Sign]]) -> ConfigError:
    whose = "; ".join(f"{layout.title}: it has {sign.why}" for layout, sign in likely)
    names = " or ".join(sorted(layout.name for layout, _ in likely))
    return ConfigError(f"{shown} holds files of two tools ({whose})", help=f"say which counts with --layout {names}")


def _strays(folder: Folder, layout: Layout, taken: set[str]) -> Iterator[Finding]:
    """Nothing is passed over in silence: SQL that no version runs, and what else lies there."""
    left = [name for name in folder.names if folder.path_of(name) not in taken]
    left = [name for name in left if not (layout.beside and layout.beside.fullmatch(name))]
    for name in (each for each in left if each.endswith(".sql")):
        shown = folder.shown_name(name)
        message = f"{shown} belongs to no migration of {layout.title}: it is not run"
        help_text = "rename it as the tool wants it if it is one; move it elsewhere if it is none"
        yield Finding("file-unmatched", message, shown, Severity.WARNING, Place(shown), help_text)
    if others := [name for name in left if not name.endswith(".sql")]:
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        message = f"no migrations, and not read: {', '.join(others[:NAMED])}{more}"
        yield Finding("files-beside", message, folder.shown, Severity.NOTE)
