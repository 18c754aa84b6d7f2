"""The embedded server in trouble: killed, crowded out, out of space, made by others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from embedded_server import (
    ROOT,
    config_of,
    finish,
    in_a_process,
    mount_tmpfs,
    processes_below,
    project_folder,
    query,
    running,
    tree,
    unmount,
)
from platformdb.errors import ApplyFailed, NotNow, PlatformdbError, Refused
from platformdb.postgres.server import cluster, lifecycle, places, process, run
from platformdb.postgres.server.account import choose_account, options
from platformdb.postgres.server.binaries import find_candidates
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
        start(folder)
        query(config_of(folder), "CREATE TABLE kept AS SELECT 42 AS a")
        run.stop(config_of(folder), Silent())
        yield folder


@pytest.fixture
def stopped(project: Path, prepared: Path) -> Path:
    """A project whose server was stopped cleanly, with a table in it."""
    subprocess.run(["cp", "-a", prepared / ".platformdb", project], check=True)
    return project


@pytest.fixture
def small_disk(project: Path) -> Iterator[Path]:
    """A file system with room for one server and little more."""
    reason = mount_tmpfs(project, "size=90m,mode=755")
    if reason:
        pytest.skip(reason)
    yield project
    for pid in processes_below(project):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    unmount(project)


def start(project: Path) -> int:
    return int(run.start(config_of(project), Silent()).data["pid"])


def assert_works(project: Path) -> None:
    """The table is there, and nothing of earlier troubles."""
    assert query(config_of(project), "SELECT a FROM kept") == 42
    assert not [name for name in tree(project) if "fresh" in name or ".pw" in name]


def wait_until(condition: object) -> None:
    until = time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.002)


def test_a_killed_server_starts_again(stopped: Path) -> None:
    pid = start(stopped)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not process.is_alive(pid))
    assert start(stopped) != pid
    assert_works(stopped)


@pytest.fixture
def stranger(stopped: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's user that has nothing to do with it."""
    account = choose_account(places.locate(stopped / ".platformdb"))
    with subprocess.Popen(["/bin/sleep", "100"], **options(account)) as foreign:
        yield foreign
        foreign.kill()


def leave_pid_file(project: Path, pid: int) -> Path:
    """What a power cut leaves: a pid file whose number belongs to somebody else by now."""
    config = config_of(project)
    data = config.state_folder / "data"
    pid_file = data / "postmaster.pid"
    pid_file.write_text(f"{pid}\n{data}\n1712346200\n5432\n{config.state_folder / 'run'}\n\n  1 1\nready   \n")
    account = choose_account(places.locate(config.state_folder))
    os.chown(pid_file, account.uid, account.gid)
    for name in (".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
        (config.state_folder / "run" / name).write_text(f"{pid}\n")
        os.chown(config.state_folder / "run" / name, account.uid, account.gid)
    return pid_file


def test_a_foreign_process_in_the_pid_file_is_not_the_server(stopped: Path, stranger: subprocess.Popen[bytes]) -> None:
    leave_pid_file(stopped, stranger.pid)
    assert run.status(config_of(stopped), Silent()).data["state"] == "stopped"
    assert run.stop(config_of(stopped), Silent()).data["stopped"] is False
    assert stranger.poll() is None, "the foreign process was killed"
    start(stopped)
    assert_works(stopped)
    assert stranger.poll() is None


def test_a_shell_in_the_data_folder_is_not_the_server(stopped: Path) -> None:
    """Same user, same folder, another program."""
    data = stopped / ".platformdb/data"
    account = choose_account(places.locate(stopped / ".platformdb"))
    with subprocess.Popen(["/bin/sleep", "100"], **{**options(account), "cwd": data}) as foreign:
        leave_pid_file(stopped, foreign.pid)
        found = process.find_running(data)
        foreign.kill()
    assert found is None


def test_a_dead_number_in_the_pid_file_does_not_matter(stopped: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leave_pid_file(stopped, ended.pid)
    start(stopped)
    assert_works(stopped)


def test_half_a_pid_file_does_not_matter(stopped: Path) -> None:
    leave_pid_file(stopped, 1).write_text(f"{os.getpid()}\n")
    start(stopped)
    assert_works(stopped)


def test_without_proc_the_socket_tells(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    data = stopped / ".platformdb/data"
    leave_pid_file(stopped, os.getpid())
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: str(self) != "/proc/self/cwd" and exists(self))
    assert process.find_running(data) is None
    pid = start(stopped)
    status = process.find_running(data)
    assert status is not None
    assert status.pid == pid


def test_root_without_the_right_to_look_asks_the_socket(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container without SYS_PTRACE."""
    pid = start(stopped)

    def refuse(self: Path, other: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "samefile", refuse)
    assert running(config_of(stopped)).pid == pid


@pytest.mark.parametrize("milliseconds", [0, 30, 80, 150, 250, 350, 450])
def test_killed_at_any_moment_the_next_start_makes_it_whole(project: Path, milliseconds: int) -> None:
    first = in_a_process("start", project)
    wait_until(lambda: (project / ".platformdb").exists() or first.poll() is not None)
    time.sleep(milliseconds / 1000)
    first.kill()
    first.communicate()
    report = run.start(config_of(project), Silent())
    assert report.ok
    query(config_of(project), "CREATE TABLE kept AS SELECT 42 AS a")
    assert_works(project)
    assert run.stop(config_of(project), Silent()).ok


def test_initdb_killed_in_the_middle_leaves_no_poison(project: Path) -> None:
    first = in_a_process("start", project)
    wait_until(lambda: list(project.glob(".platformdb/fresh-*/PG_VERSION")) or first.poll() is not None)
    first.kill()
    first.communicate()
    assert not (project / ".platformdb/data").exists()
    assert run.start(config_of(project), Silent()).data["created"]
    assert not list(project.glob(".platformdb/fresh-*"))


def test_ctrl_c_while_it_is_made_leaves_nothing(project: Path) -> None:
    first = in_a_process("start", project)
    wait_until(lambda: list(project.glob(".platformdb/fresh-*/PG_VERSION")) or first.poll() is not None)
    first.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in first.communicate()[1]
    assert tree(project) == []


def test_a_server_without_its_mark_is_adopted(stopped: Path) -> None:
    """Its start was killed between the last two steps."""
    pid = start(stopped)
    (stopped / ".platformdb/server.json").unlink()
    assert run.start(config_of(stopped), Silent()).data["pid"] == pid
    assert running(config_of(stopped)).pid == pid


def test_a_damaged_mark_is_written_again(stopped: Path) -> None:
    (stopped / ".platformdb/server.json").write_text("{")
    start(stopped)
    assert_works(stopped)


@pytest.mark.parametrize("moved_while_running", [False, True])
def test_a_moved_project_keeps_its_server(stopped: Path, moved_while_running: bool) -> None:
    pid = start(stopped) if moved_while_running else None
    new = stopped.with_name(f"{stopped.name}-moved")
    stopped.rename(new)
    try:
        assert start(new) == pid or not moved_while_running
        assert_works(new)
        run.stop(config_of(new), Silent())
        assert start(new)
        run.stop(config_of(new), Silent())
    finally:
        new.rename(stopped)


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
    monkeypatch.setitem(cluster_settings(), "shared_preload_libraries", "nonsense")
    with pytest.raises(ApplyFailed, match="does not start") as caught:
        start(project)
    assert "nonsense" in caught.value.detail
    assert tree(project) == []


def cluster_settings() -> dict[str, str]:
    from platformdb.postgres.server import plan

    return plan.SETTINGS


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


@pytest.mark.skipif(not ROOT, reason="hiding processes (unshare --pid) needs root")
def test_a_server_that_cannot_be_seen_is_not_doubled(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two containers share a project: each has its own process numbers, and the other's look stale."""
    hidden = "--kill-child", "--pid", "--fork", "--ipc", "--mount-proc"
    sleeper = subprocess.Popen(["unshare", *hidden, "/bin/sleep", "100"], stderr=subprocess.PIPE, text=True)
    try:
        inner = children_of(sleeper)
        if not inner:
            pytest.skip(f"cannot unshare here: {sleeper.communicate()[1].strip()}")
        inside = ("nsenter", "--target", inner, "--pid", "--ipc", "--mount")
        started = finish(in_a_process("start", stopped, prefix=inside))
        assert started["started"], started
        monkeypatch.setattr(lifecycle, "ORPHAN_SECONDS", 0.1)
        if process.find_running(stopped / ".platformdb/data") is not None:
            pytest.skip("the hidden number is also a server's here")
        with pytest.raises(NotNow, match="in use by a server that cannot be seen"):
            start(stopped)
        assert finish(in_a_process("stop", stopped, prefix=inside))["stopped"]
    finally:
        sleeper.kill()
        for pid in processes_below(stopped):
            os.kill(pid, signal.SIGKILL)
        sleeper.communicate()
    start(stopped)
    assert_works(stopped)


def children_of(parent: subprocess.Popen[str]) -> str:
    listed = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    until = time.monotonic() + 5
    while parent.poll() is None and time.monotonic() < until:
        if found := listed.read_text().split():
            return found[0]
        time.sleep(0.01)
    return ""


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


def test_the_log_is_put_aside_when_it_is_long(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "LOG_LIMIT", 10)
    start(stopped)
    assert (stopped / ".platformdb/server.log.1").stat().st_mode & 0o777 == 0o600
    assert "ready to accept" in (stopped / ".platformdb/server.log").read_text()


def test_last_time_s_programs_are_used_again(stopped: Path) -> None:
    config = config_of(stopped)
    mark = lifecycle.inspect(config.state_folder)[1]
    assert mark is not None
    first = next(find_candidates(None, mark))
    assert (first.source, first.folder) == (mark.source, mark.binaries)
