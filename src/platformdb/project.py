"""Where a platform's files are: in a project, in platformdb's own checkout, or inside the installed package."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdb.config import CONFIG_FILE, STATE_FOLDER, Config
from platformdb.errors import ConfigError

DATA_FOLDERS = ("phases", "sql", "seeds")


# What migrations are called in the history that lie in another tool's folder: the same wherever it is checked out.
FOREIGN_NAME = "migrations"


@dataclass(frozen=True, slots=True)
class Foreign:
    """Migrations that lie as another tool wants them: in which folders, and whose, where somebody said so.

    No folder: the tool's own configuration says where. ``project`` is where that configuration lies.
    """

    project: Path
    locations: tuple[Path, ...] = ()
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform's three folders: its history, its present state and what fills it.

    ``root`` is the folder which names of files are shown relative to. ``foreign`` stands for ``phases`` where the
    migrations are another tool's.
    """

    name: str
    root: Path
    phases: Path
    sql: Path
    seeds: Path
    foreign: Foreign | None = None

    def shown(self, path: Path) -> str:
        """A file's name as people and the history see it: relative, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def find_platform(config: Config) -> Platform:
    """The platform a command is about: of the project, or a bundled one by its name.

    Raises:
        ConfigError: none or several fit; the message lists them.
    """
    if config.migrations or config.layout:
        return _foreign_platform(config)
    names = platform_names(config.project)
    if config.platform is None and len(names) == 1:
        return _platform(config.project, names[0])
    if config.platform in names:
        return _platform(config.project, config.platform)
    bundled = platform_names(bundled_root())
    if config.platform in bundled:
        return _platform(bundled_root(), config.platform)
    if config.platform is not None:
        raise ConfigError(
            f"there is no platform '{config.platform}'", help=f"known here: {', '.join(sorted({*names, *bundled}))}"
        )
    if names:
        raise ConfigError(
            "this project holds several platforms", help=f"choose one with --platform: {', '.join(names)}"
        )
    raise ConfigError(
        f"no migrations found: {config.project} has no phases/ folder with files",
        help="make a project with platformdb init, a first file with platformdb new NAME, or choose a bundled platform"
        f" with --platform: {', '.join(bundled)}",
    )


def _foreign_platform(config: Config) -> Platform:
    """Another tool's folders, with the project's own ``sql`` and ``seeds`` where it says that it is a project.

    Raises:
        ConfigError: there is no such folder.
    """
    for folder in config.migrations:
        if not folder.is_dir():
            what = "is no folder" if folder.exists() else "does not exist"
            raise ConfigError(f"{folder} {what}", help="name the folder of the migrations with --migrations")
    locations = tuple(dict.fromkeys(folder.resolve() for folder in config.migrations))
    inside = all(folder.is_relative_to(config.project) for folder in locations)
    root = config.project if inside else Path(os.path.commonpath(locations))
    own = (config.project / CONFIG_FILE).is_file()
    sql, seeds = (config.project / part if own else root / STATE_FOLDER / part for part in DATA_FOLDERS[1:])
    foreign = Foreign(config.project, locations, config.layout)
    return Platform(config.platform or FOREIGN_NAME, root, (*locations, root)[0], sql, seeds, foreign)


def own_platform(config: Config) -> Platform:
    """The platform of the project itself, to which files may be added: never a bundled one.

    A project that has no files yet has one platform, called after its folder.

    Raises:
        ConfigError: there is no project here, or none or several of its platforms fit.
    """
    if config.migrations or config.layout:
        raise ConfigError(
            "the migrations of this project are another tool's, and platformdb makes none for it",
            help="make the file as that tool wants it; or turn the project into a native one: platformdb convert",
        )
    names = platform_names(config.project)
    if not names and config.platform in {None, config.project.name} and _is_project(config.project):
        return _platform(config.project, config.project.name)
    if not names:
        raise ConfigError(f"{config.project} is no project", help="make one with: platformdb init")
    if config.platform is not None and config.platform not in names:
        raise ConfigError(
            f"this project has no platform '{config.platform}'",
            help=f"known here: {', '.join(names)}; for another one make the folder phases/{config.platform} first",
        )
    return find_platform(config)


def bundled_root() -> Path:
    """The folder that holds the bundled platforms' phases/, sql/ and seeds/."""
    package = Path(__file__).resolve().parent
    installed = package / "platforms"
    return installed if installed.is_dir() else package.parent.parent


def default_platform() -> str:
    """The bundled platform that is taken where nobody names one; a file beside the platforms says which."""
    return (bundled_root() / "phases" / "default_platform").read_text(encoding="utf-8").strip()


def platform_names(root: Path) -> tuple[str, ...]:
    """The platforms in a folder: its subfolders of phases/, or the folder itself when the files lie there directly.

    A single platform without a subfolder is called after its folder and found by that name. A folder with a seed and
    without migrations is one, too: what fills a database that something else migrates.
    """
    phases = root / "phases"
    if not phases.is_dir():
        return (root.name,) if (root / "seeds" / "seed.toml").is_file() else ()
    if any(path.suffix == ".sql" for path in phases.iterdir()):
        return (root.name,)
    return tuple(sorted(path.name for path in phases.iterdir() if path.is_dir() and not path.name.startswith(".")))


def _is_project(root: Path) -> bool:
    return (root / CONFIG_FILE).is_file() or (root / "phases").is_dir()


def _platform(root: Path, name: str) -> Platform:
    nested = (root / "phases" / name).is_dir()
    phases, sql, seeds = ((root / part / name) if nested else (root / part) for part in DATA_FOLDERS)
    return Platform(name, root, phases, sql, seeds)
