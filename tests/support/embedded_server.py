"""What the tests of the embedded server share; as a program it does one thing with a server and says how it went."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from platformdb.config import Config
from platformdb.errors import PlatformdbError
from platformdb.postgres.connect import connect
from platformdb.postgres.providers.embedded import embedded
from platformdb.postgres.server import run
from platformdb.postgres.server.files import remove_tree
from platformdb.postgres.server.lifecycle import find_server, shut_down
from platformdb.postgres.server.model import Server
from platformdb.postgres.server.places import locate
from platformdb.report.progress import Silent
from servers import memory

ROOT = os.geteuid() == 0


@contextmanager
def project_folder(name: str = "", *, programs: bool = False) -> Iterator[Path]:
    """A project which every user can enter. At the end its server is gone, and so is everything it left.

    In memory where there is enough of it; ``programs`` says that some will be run from it, which /dev/shm may forbid.
    """
    base = Path(tempfile.mkdtemp(prefix="pdb", dir=None if programs else memory()))
    project = base / name
    project.mkdir(exist_ok=True, parents=True)
    for folder in (project, *project.parents):
        if folder.is_relative_to(base):
            folder.chmod(0o755)
    try:
        yield project
    finally:
        clean_up(project)
        left = processes_below(base)
        remove_tree(base)
        assert not left, f"processes are left: {left}"


def clean_up(project: Path) -> None:
    """Stops the project's server and removes what lies outside the project."""
    config = Config(project=project)
    with suppress(PlatformdbError):
        shut_down(config, Silent())
    home = locate(config.state_folder).home
    if home != config.state_folder:
        remove_tree(home)


def processes_below(folder: Path) -> dict[int, str]:
    """Processes that work in a folder, by number. Zombies are none."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(folder):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def config_of(project: Path, binaries: Path | None = None, **settings: Any) -> Config:
    return Config(project=project, binaries=binaries, **settings)


def running(config: Config) -> Server:
    server = find_server(config.state_folder)
    assert server is not None, "no server runs"
    return server


def query(config: Config, sql: str, database: str = "postgres") -> Any:
    """The first value of a query's result, None where it has none."""
    with connect(run.target_of(running(config), database)) as connection:
        cursor = connection.execute(sql.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def tree(folder: Path) -> list[str]:
    """Every file and folder below, but not what is inside the data folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if "data/" not in str(path))


def in_a_process(command: str, project: Path, *, prefix: tuple[str, ...] = (), **more: Any) -> Any:
    """Starts this file as a program; ``finish`` gives what it says."""
    arguments = json.dumps({key: str(value) if isinstance(value, Path) else value for key, value in more.items()})
    return subprocess.Popen(
        [*prefix, sys.executable, __file__, command, str(project), arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(started: Any) -> dict[str, Any]:
    """What a program of ``in_a_process`` has said: a report's data, or an error and its parts."""
    with started:
        said, complaints = started.communicate(timeout=60)
    assert said, complaints
    return dict(json.loads(said))


def as_user(user: str, command: str, project: Path, **more: Any) -> dict[str, Any]:
    """The same as ``in_a_process`` and ``finish``, as another user.

    A fork, because Python itself may lie where that user cannot go; what is imported by now is all there is.
    """
    entry = pwd.getpwnam(user)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads: the child calls no lock of theirs
        child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            os.chdir("/")
            os.write(writer, json.dumps(_outcome(command, str(project), json.dumps(more))).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        text = said.read()
    os.waitpid(child, 0)
    assert text, f"'{user}' said nothing"
    return dict(json.loads(text))


def start(project: Path) -> int:
    return int(run.start(config_of(project), Silent()).data["pid"])


def wait_until(condition: object) -> None:
    until = time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.002)


def assert_works(project: Path) -> None:
    """The table is there, and nothing of earlier troubles."""
    assert query(config_of(project), "SELECT a FROM kept") == 42
    assert not [name for name in tree(project) if "fresh" in name or ".pw" in name]


def prepare(project: Path) -> None:
    """Makes a server with a table in it, and stops it cleanly."""
    start(project)
    query(config_of(project), "CREATE TABLE kept AS SELECT 42 AS a")
    run.stop(config_of(project), Silent())


def copy_stopped(prepared: Path, project: Path) -> None:
    """A copy of a stopped server: faster than making another."""
    subprocess.run(["cp", "-a", prepared / ".platformdb", project], check=True)


def mount_tmpfs(folder: Path, options: str) -> str | None:
    """Mounts a small file system; returns why that cannot be."""
    program = shutil.which("mount")
    if not ROOT or program is None:
        return "mounting a small file system needs root and the program mount"
    done = subprocess.run([program, "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    return f"cannot mount here: {done.stderr.decode().strip()}" if done.returncode else None


def unmount(folder: Path) -> None:
    subprocess.run([shutil.which("umount") or "umount", "-l", folder], check=True)


def _main(command: str, project: str, more: str) -> dict[str, Any]:
    config = Config(project=Path(project), **json.loads(more))
    if command == "embedded":
        with embedded(config, Silent(), database="vrss", create=True) as target:
            return {"url": target.url, "pid": running(config).pid}
    report = getattr(run, command)(config, Silent())
    return {"summary": report.summary, "exit_code": report.exit_code, **report.data}


def _outcome(command: str, project: str, more: str) -> dict[str, Any]:
    try:
        return _main(command, project, more)
    except PlatformdbError as error:
        return {
            "error": type(error).__name__,
            "message": error.message,
            "help": error.help,
            "detail": error.detail,
            "exit_code": error.exit_code,
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_outcome(*sys.argv[1:])))
