"""Private files, the lock, and finding programs: on the file system, without a server."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from platformdb.errors import NotNow, Refused
from platformdb.postgres.server import account as account_module
from platformdb.postgres.server import files, places, process
from platformdb.postgres.server.account import choose_account, options
from platformdb.postgres.server.model import Account, Places
from platformdb.report.progress import Silent

ME = Account("me", os.geteuid(), os.getegid(), switched=False)


class Notes(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_private_file_is_complete_and_closed_to_others(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        files.write_private(tmp_path / "a", "one")
        files.write_private(tmp_path / "a", "zwölf", durable=True)
    finally:
        os.umask(old)
    assert (tmp_path / "a").read_text(encoding="utf-8") == "zwölf"
    assert mode(tmp_path / "a") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_private(tmp_path / "a", "one")

    def fail(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError, match="No space"):
        files.write_private(tmp_path / "a", "two")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "one"}


def test_a_private_file_is_never_opened_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "log").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        os.close(files.open_private(tmp_path / "log", os.O_WRONLY | os.O_CREAT))


def test_the_lock_makes_a_folder_that_git_ignores(tmp_path: Path) -> None:
    state = tmp_path / ".platformdb"
    with files.exclusive(state, 0, Silent()):
        assert (state / ".gitignore").read_text() == "*\n"
    assert mode(state) == (0o711 if os.geteuid() == 0 else 0o700)


def test_failed_work_takes_its_new_folder_away(tmp_path: Path) -> None:
    state = tmp_path / ".platformdb"
    with pytest.raises(ZeroDivisionError), files.exclusive(state, 0, Silent()):
        raise ZeroDivisionError
    assert not state.exists()


def test_failed_work_keeps_a_folder_that_was_there(tmp_path: Path) -> None:
    state = tmp_path / ".platformdb"
    state.mkdir()
    (state / "notes").touch()
    with pytest.raises(ZeroDivisionError), files.exclusive(state, 0, Silent()):
        raise ZeroDivisionError
    assert (state / "notes").exists()


def test_failed_work_keeps_what_others_put_into_its_new_folder(tmp_path: Path) -> None:
    state = tmp_path / ".platformdb"
    with pytest.raises(FileExistsError), files.exclusive(state, 0, Silent()):
        (state / "notes").mkdir(exist_ok=False) or (state / "notes").mkdir()
    assert [path.name for path in state.iterdir()] == ["notes"]


def test_a_held_lock_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    notes = Notes()
    state = tmp_path / ".platformdb"
    with files.exclusive(state, 0, notes), pytest.raises(NotNow) as caught, files.exclusive(state, 0.05, notes):
        pytest.fail("two hold the lock")
    assert caught.value.exit_code == 5
    assert "another platformdb" in caught.value.message
    assert notes.said == ["waiting for another platformdb that is working on this server"]


def test_a_lock_whose_folder_was_taken_away_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed first start of somebody else cleans up between our opening the file and our locking it."""
    state = tmp_path / ".platformdb"
    lock = files.try_lock
    tries = []

    def lock_too_late(descriptor: int) -> bool:
        if not tries:
            shutil.rmtree(state)
        tries.append(descriptor)
        return lock(descriptor)

    monkeypatch.setattr(files, "try_lock", lock_too_late)
    with files.exclusive(state, 1, Silent()):
        assert (state / "lock").exists()
    assert len(tries) == 2


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".platformdb").touch()
    with (
        pytest.raises(Refused, match="is in the way") as caught,
        files.exclusive(tmp_path / ".platformdb", 0, Silent()),
    ):
        pytest.fail("made a folder out of a file")
    assert caught.value.help


def test_an_ordinary_user_runs_the_server_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    chosen = choose_account(Places(tmp_path, tmp_path))
    assert (chosen.uid, chosen.name, chosen.switched) == (4242, "4242", False)
    assert "user" not in options(chosen)


def test_root_without_anybody_to_run_as_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account_module, "UNPRIVILEGED", ("no-such-user", "nor-this-one"))
    monkeypatch.setattr(account_module, "_owner", lambda folder: None)
    with pytest.raises(Refused, match="no user named no-such-user or nor-this-one") as caught:
        choose_account(Places(tmp_path, tmp_path))
    assert "useradd" in caught.value.help


def test_root_does_not_run_as_an_owner_without_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account_module, "_owner", lambda folder: 3_999_999)
    with pytest.raises(Refused, match="3999999"):
        choose_account(Places(tmp_path, tmp_path))


def test_programs_learn_nothing_from_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "geheim")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/lib/of/the/user")
    environment = options(ME)["env"]
    assert "PGPASSWORD" not in environment
    assert environment["LD_LIBRARY_PATH"] == "/lib/of/the/user"


def test_a_link_to_anywhere_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "precious/data")
    assert places.locate(tmp_path).home == tmp_path


def test_a_deep_folder_gets_a_short_socket_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SHORT", tmp_path)
    home = tmp_path / ("ü" * 60)
    home.mkdir()
    folder = places.prepare_socket_folder(Places(home, home), ME, 5432)
    assert folder.parent == tmp_path
    assert mode(folder) == 0o700
    (folder / ".s.PGSQL.5432").touch()
    assert places.prepare_socket_folder(Places(home, home), ME, 5432) == folder
    assert list(folder.iterdir()) == [], "a dead server's socket goes"
    places.remove_socket_folder(folder, Places(home, home), ME)
    assert not folder.exists()


def test_a_socket_folder_inside_stays(tmp_path: Path) -> None:
    here = Places(tmp_path, tmp_path)
    (tmp_path / "run").mkdir(mode=0o700)
    places.remove_socket_folder(tmp_path / "run", here, ME)
    assert (tmp_path / "run").exists()


@pytest.mark.parametrize("trap", ["open", "link", "file"])
def test_a_socket_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    monkeypatch.setattr(places, "SHORT", tmp_path)
    home = tmp_path / ("x" * 100)
    home.mkdir()
    folder = places.prepare_socket_folder(Places(home, home), ME, 5432)
    folder.rmdir()
    if trap == "open":
        folder.mkdir()
        folder.chmod(0o777)
    elif trap == "link":
        (tmp_path / "victim").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "victim")
    else:
        folder.touch()
    with pytest.raises(Refused, match="is not a private folder"):
        places.prepare_socket_folder(Places(home, home), ME, 5432)


def test_a_process_that_ended_is_not_alive() -> None:
    with subprocess.Popen(["/bin/sh", "-c", ":"]) as ended:
        until = time.monotonic() + 5
        while process.is_alive(ended.pid) and time.monotonic() < until:
            time.sleep(0.005)
        assert ended.returncode is None, "nobody has waited for it: it is a zombie"
        assert not process.is_alive(ended.pid)
    assert not process.is_alive(ended.pid)
    assert process.is_alive(os.getpid())


def test_stopping_what_has_ended_is_done_at_once() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    process.stop(ended.pid)
    assert not process.is_alive(ended.pid)


def test_a_pid_file_is_defused_but_keeps_the_rest(tmp_path: Path) -> None:
    assert process.defuse_pid_file(tmp_path) is None
    rest = "/d\n1\n5432\n/s\n\n 1 2\nready\n"
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{rest}")
    text = process.defuse_pid_file(tmp_path)
    assert text is not None
    number, _, kept = text.partition("\n")
    assert kept == rest
    assert not process.is_alive(int(number))
