"""The embedded server refuses, fails and cleans up: wrong versions, missing programs, full disks, broken settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from embedded_server import (
    assert_works,
    clean_up,
    config_of,
    copy_stopped,
    mount_tmpfs,
    prepare,
    processes_below,
    project_folder,
    query,
    start,
    tree,
    unmount,
)
from platformdb.errors import ApplyFailed, NotNow, PlatformdbError, Refused
from platformdb.postgres.server import cluster, lifecycle, plan, process, run
from platformdb.postgres.server.files import exclusive
from platformdb.report.progress import Silent
from servers import SYSTEM_15

needs_15 = pytest.mark.skipif(not SYSTEM_15.is_dir(), reason=f"no PostgreSQL 15 in {SYSTEM_15}")


@pytest.fixture
def project() -> Iterator[Path]:
    with project_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    with project_folder() as folder:
        prepare(folder)
        yield folder


@pytest.fixture
def stopped(project: Path, prepared: Path) -> Path:
    """A project whose server was stopped cleanly, with a table in it."""
    copy_stopped(prepared, project)
    return project


@pytest.fixture
def small_disk(project: Path) -> Iterator[Path]:
    """A file system with room for one server and little more."""
    reason = mount_tmpfs(project, "size=90m,mode=755")
    if reason:
        pytest.skip(reason)
    yield project
    clean_up(project)
    unmount(project)


def test_programs_of_another_version_are_refused(stopped: Path) -> None:
    if not SYSTEM_15.is_dir():
        pytest.skip(f"no PostgreSQL 15 in {SYSTEM_15}")
    before = tree(stopped)
    for state in ("stopped", "running"):
        with pytest.raises(Refused) as caught:
            run.start(config_of(stopped, SYSTEM_15), Silent())
        assert caught.value.exit_code == 3
        assert "was made by PostgreSQL 18 and opens with no other" in caught.value.message, state
        assert "--binaries" in caught.value.help
        assert "pg_dump" in caught.value.help
        if state == "stopped":
            assert tree(stopped) == before
            start(stopped)
    assert_works(stopped)


@needs_15
def test_a_folder_of_another_version_finds_its_own_programs(project: Path) -> None:
    assert run.start(config_of(project, SYSTEM_15), Silent()).data["version"].startswith("15.")
    run.stop(config_of(project), Silent())
    (project / ".platformdb/server.json").unlink()
    report = run.start(config_of(project), Silent())
    assert report.data["version"].startswith("15.")
    assert report.data["source"] == "system"


def test_a_folder_no_programs_can_open_is_refused(stopped: Path) -> None:
    (stopped / ".platformdb/data/PG_VERSION").write_text("99\n")
    with pytest.raises(Refused, match="was made by PostgreSQL 99"):
        start(stopped)
    (stopped / ".platformdb/data/PG_VERSION").write_text("18\n")


def test_no_programs_at_all(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "find_candidates", lambda configured, mark: iter(()))
    with pytest.raises(Refused, match="no PostgreSQL server programs were found") as caught:
        start(project)
    assert "pip install 'platformdb[local]'" in caught.value.help
    assert tree(project) == []


def test_something_else_in_the_place_of_the_data_is_left_alone(project: Path) -> None:
    (project / ".platformdb/data").mkdir(parents=True)
    (project / ".platformdb/data/thesis.txt").touch()
    with pytest.raises(Refused, match="no PostgreSQL data folder"):
        start(project)
    assert (project / ".platformdb/data/thesis.txt").exists()


def test_a_lost_password_file_is_said(stopped: Path) -> None:
    (stopped / ".platformdb/pgpass").unlink()
    with pytest.raises(Refused, match=r"password file .* is missing") as caught:
        start(stopped)
    assert "move" in caught.value.help


def test_a_server_that_does_not_start_shows_its_log(stopped: Path) -> None:
    settings = stopped / ".platformdb/data/postgresql.auto.conf"
    settings.write_text("shared_preload_libraries = 'nonsense'\n")
    before = tree(stopped)
    with pytest.raises(ApplyFailed, match="the server does not start") as caught:
        start(stopped)
    assert caught.value.exit_code == 4
    assert 'could not access file "nonsense"' in caught.value.detail
    assert "server.log" in caught.value.help
    assert tree(stopped) == before
    settings.write_text("")
    start(stopped)
    assert_works(stopped)


def test_a_first_start_that_fails_leaves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(plan.SETTINGS, "shared_preload_libraries", "nonsense")
    with pytest.raises(ApplyFailed, match="does not start") as caught:
        start(project)
    assert "nonsense" in caught.value.detail
    assert tree(project) == []


def test_an_initdb_that_fails_leaves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "initdb_arguments", lambda *given: ("--nonsense",))
    with pytest.raises(ApplyFailed, match="cannot make the data folder") as caught:
        start(project)
    assert "nonsense" in caught.value.detail
    assert tree(project) == []


def test_a_start_that_fails_after_launching_ends_the_server(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lifecycle, "_marked", fail)
    with pytest.raises(KeyboardInterrupt):
        start(project)
    assert tree(project) == []
    assert processes_below(project) == {}


def test_a_server_still_recovering_is_left_to_it(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 0.0)
    with pytest.raises(NotNow, match="still starting") as caught:
        start(stopped)
    assert "try again" in caught.value.help
    monkeypatch.undo()
    start(stopped)
    assert_works(stopped)


def test_a_server_that_takes_long_to_end_is_said(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(stopped)
    monkeypatch.setattr(process, "STOP_SECONDS", -1.0)
    with pytest.raises(NotNow, match="has not ended within"):
        run.stop(config_of(stopped), Silent())


def test_a_busy_lock_is_waited_for_and_given_up(stopped: Path) -> None:
    with exclusive(stopped / ".platformdb", 0, Silent()), pytest.raises(NotNow, match="another platformdb"):
        run.start(config_of(stopped, wait_for_lock=0.05), Silent())


def test_too_little_space_is_refused_before_anything_is_made(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(Refused, match="no disk space") as caught:
        start(project)
    assert "MB are free" in caught.value.message
    assert tree(project) == []


def test_a_disk_that_fills_up_while_it_is_made(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (60 << 20))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cluster, "NEEDED_BYTES", 0)
        with pytest.raises(ApplyFailed, match="no disk space is left") as caught:
            start(small_disk)
    assert "No space left on device" in caught.value.detail
    assert "free some space" in caught.value.help
    assert tree(small_disk) == ["filler"]
    filler.unlink()
    start(small_disk)


def test_a_disk_that_was_full_when_it_should_start(small_disk: Path) -> None:
    start(small_disk)
    query(config_of(small_disk), "CREATE TABLE kept AS SELECT 42 AS a")
    run.stop(config_of(small_disk), Silent())
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    before = tree(small_disk)
    with pytest.raises(PlatformdbError) as caught:
        start(small_disk)
    assert "space" in f"{caught.value.message} {caught.value.help} {caught.value.detail}"
    assert caught.value.exit_code == 4
    assert set(tree(small_disk)) <= {*before, ".platformdb/data.lock"}
    filler.unlink()
    start(small_disk)
    assert_works(small_disk)
