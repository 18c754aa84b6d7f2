"""Server processes: start one, find the one that runs on a folder, stop it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from platformdb.errors import NotNow, Refused
from platformdb.postgres.server.account import options
from platformdb.postgres.server.files import POLL
from platformdb.postgres.server.model import Account, PidFile
from platformdb.postgres.server.plan import parse_pid_file

START_SECONDS = 60.0
STOP_SECONDS = 60.0
FAST_SHUTDOWN = signal.SIGINT
IMMEDIATE_SHUTDOWN = signal.SIGQUIT


def launch(program: Path, data: Path, account: Account, *, log: int, held: int) -> int:
    """Starts a server that outlives us and the terminal; returns its process id.

    The shell between makes init its parent: so it never becomes our zombie. ``log`` gets what it says. ``held`` is an
    open lock file which it inherits: the lock lasts as long as any process of this server.
    """
    command = ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", str(program), "-D", str(data)]
    started = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        pass_fds=(held,),
        start_new_session=True,
        check=True,
        **options(account),
    )
    return int(started.stdout)


def await_ready(pid: int, data: Path) -> PidFile | None:
    """Waits until a server just launched accepts connections; None when it has ended instead.

    Raises:
        NotNow: it is alive and still not ready, because it repairs its data after a crash.
    """
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        status = read_pid_file(data)
        if status is not None and status.pid == pid and status.ready:
            return status
        if not is_alive(pid):
            return None
        time.sleep(POLL / 4)
    raise NotNow(
        f"the server is still starting after {START_SECONDS:.0f} s: it is repairing its data after a crash",
        help="it goes on by itself: try again in a while, see .platformdb/server.log",
    )


def read_pid_file(data: Path) -> PidFile | None:
    """What postmaster.pid says, true or stale."""
    try:
        return parse_pid_file((data / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return None


def find_running(data: Path) -> PidFile | None:
    """The server that runs on this data folder. A pid file alone proves nothing: its number may be another's by now."""
    status = read_pid_file(data)
    return status if status is not None and _runs_on(status, data) else None


def _runs_on(status: PidFile, data: Path) -> bool:
    if not is_alive(status.pid):
        return False
    process = Path(f"/proc/{status.pid}")
    if not Path("/proc/self/cwd").exists():  # macOS, BSD
        return _answers(status)
    try:
        return (process / "cwd").samefile(data) and (process / "exe").readlink().name.startswith("postgres")
    except PermissionError:  # of another user; root in a container may have no right to look either (SYS_PTRACE)
        return _answers(status)
    except OSError:  # ended just now
        return False


def _answers(status: PidFile) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(status.socket_folder / f".s.PGSQL.{status.port}"))
        except OSError:
            return False
        return True


def is_alive(pid: int) -> bool:
    """Whether a process runs. One that has ended and waits for its parent to notice does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return True
    return stat.rpartition(b")")[2].split()[:1] != [b"Z"]


def defuse_pid_file(data: Path) -> str | None:
    """The text of a stale pid file with a number that is certainly nobody's, or None where there is no such file.

    PostgreSQL refuses to start when any process of the same user has the number in an old pid file. The rest of the
    file is left for it to check whether processes of the dead server still use its shared memory.
    """
    try:
        text = (data / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    ended = subprocess.Popen(["/bin/sh", "-c", ":"])
    ended.wait()
    return "\n".join([str(ended.pid), *text.split("\n")[1:]])


def stop(pid: int, how: signal.Signals = FAST_SHUTDOWN) -> None:
    """Ends a server and waits until it is gone.

    Raises:
        NotNow: it has not ended in time.
    """
    _send(pid, how)
    until = time.monotonic() + STOP_SECONDS
    while is_alive(pid):
        if time.monotonic() > until:
            raise NotNow(
                f"the server (process {pid}) has not ended within {STOP_SECONDS:.0f} s",
                help="it goes on with it: try again in a while, see .platformdb/server.log",
            )
        time.sleep(POLL / 4)


def _send(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
    except PermissionError:
        raise Refused(
            f"the server (process {pid}) belongs to another user", help="run platformdb as the user who started it"
        ) from None
