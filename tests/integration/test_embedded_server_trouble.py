"""The embedded server in trouble: killed, crowded out, out of space, made by others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server import (
    ROOT,
    assert_works,
    config_of,
    copy_stopped,
    finish,
    in_a_process,
    prepare,
    processes_below,
    project_folder,
    query,
    running,
    start,
    tree,
    wait_until,
)
from platformdb.errors import NotNow
from platformdb.postgres.server import lifecycle, places, process, run
from platformdb.postgres.server.account import choose_account, options
from platformdb.postgres.server.binaries import find_candidates
from platformdb.report.progress import Silent


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


@pytest.mark.skipif(not ROOT, reason="hiding processes (unshare --pid) needs root")
def test_a_server_that_cannot_be_seen_is_not_doubled(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two containers share a project: each has its own process numbers, and the other's look stale."""
    hidden = "--kill-child", "--pid", "--fork", "--ipc", "--mount-proc"
    sleeper = subprocess.Popen(["unshare", *hidden, "/bin/sleep", "100"], stderr=subprocess.PIPE, text=True)
    said = sleeper.stderr
    assert said is not None
    try:
        inner = children_of(sleeper)
        if not inner:
            sleeper.kill()
            pytest.skip(f"cannot unshare here: {said.read().strip()}")
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
        sleeper.wait()
        said.close()
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
