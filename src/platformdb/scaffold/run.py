"""Makes projects and migration files. Nothing is ever overwritten."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from platformdb.config import CONFIG_FILE, Config
from platformdb.errors import ConfigError, Refused
from platformdb.project import bundled_root, find_platform, own_platform, platform_names
from platformdb.report.model import Report, Table
from platformdb.report.words import counted
from platformdb.scaffold.plan import EMPTY_PROJECT, SETTINGS, new_files
from platformdb.sqltext.includes import included_file
from platformdb.sqltext.script import inlined
from platformdb.sqltext.source import Source, decode


def init(folder: Path, *, source: str | None = None) -> Report:
    """Makes a project in ``folder``: an empty one, or a copy of the bundled platform ``source``.

    Raises:
        ConfigError: there is no such platform.
        Refused: a file is there already, or cannot be written; then nothing was made.
    """
    files = _copy_of(source) if source else {name: text.encode() for name, text in EMPTY_PROJECT.items()}
    _write(folder, files)
    inside = () if folder.resolve() == Path.cwd() else (f"cd {shlex.quote(str(folder))}",)
    following = ("platformdb up",) if source else ("platformdb new create_users", "platformdb migrate")
    what = f"a copy of {source}" if source else "an empty project"
    return _report(f"made {what}: {counted(len(files), 'file')}", folder, tuple(files), (*inside, *following))


def new(config: Config, name: str, *, undo: bool) -> Report:
    """Makes the next versioned file of the project's platform, and its undo file.

    Raises:
        ConfigError: there is no project, it is not clear which platform is meant, or the name makes no file's name.
        Refused: the file cannot be written; then nothing was made.
    """
    platform = own_platform(config)
    existing = [path.name for path in platform.phases.iterdir()] if platform.phases.is_dir() else []
    texts = new_files(name, existing, datetime.now(UTC), undo=undo)
    files = {platform.shown(platform.phases / each): text.encode() for each, text in texts.items()}
    _write(platform.root, files)
    return _report(f"made {next(iter(texts))}", platform.root, tuple(files), ("platformdb migrate",))


def _report(summary: str, folder: Path, names: tuple[str, ...], following: tuple[str, ...]) -> Report:
    return Report(
        summary,
        tables=(Table("files", ("",), tuple((name,) for name in names)),),
        data={"project": str(folder.resolve()), "files": list(names)},
        next=following,
    )


def _copy_of(platform: str) -> dict[str, bytes]:
    """The platform's files, with the names that they have in a project of one platform.

    What platforms share lies outside their folders: the copy has its text in place of the include.
    """
    bundled = platform_names(bundled_root())
    if platform not in bundled:
        raise ConfigError(f"there is no bundled platform '{platform}'", help=f"bundled: {', '.join(bundled)}")
    found = find_platform(Config(project=bundled_root(), platform=platform))
    parts = {"phases": found.phases, "sql": found.sql, "seeds": found.seeds}
    copied = {
        f"{part}/{path.relative_to(folder).as_posix()}": _self_contained(path, found.root)
        for part, folder in parts.items()
        for path in _files_below(folder)
    }
    return {CONFIG_FILE: SETTINGS.encode(), **copied}


def _self_contained(path: Path, root: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix != ".sql" or b"\n\\i" not in b"\n" + content:
        return content

    def include(name: str, relative: bool, includer: Source) -> Source:  # noqa: FBT001 - as inlined calls it
        return included_file(name, includer, root, relative=relative)

    return inlined(decode(content, path.relative_to(root).as_posix()), include=include).encode()


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes all of the files or none; those that are there stay as they are."""
    made: list[Path] = []
    try:
        for path, content in ((folder / name, content) for name, content in files.items()):
            made += [each for each in reversed(path.parents) if not each.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:  # x: fails where anything has that name, a broken link too
                made.append(path)
                file.write(content)
    except OSError as error:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        if isinstance(error, FileExistsError):
            raise Refused(
                f"{error.filename} is there already",
                help="nothing was made; choose another folder or name, or move it out of the way",
            ) from None
        raise Refused(
            f"cannot write {error.filename or folder}: {error.strerror}", help="nothing was made; choose another folder"
        ) from None
