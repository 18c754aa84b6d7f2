"""A project's server, from nothing to ready and back: the straight line."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from platformdb.config import Config
from platformdb.errors import ApplyFailed, NotNow, PlatformdbError, Refused
from platformdb.postgres.server import cluster, process
from platformdb.postgres.server.account import assert_can_switch, choose_account
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.server.files import (
    IN_USE,
    POLL,
    exclusive,
    not_ours,
    open_private,
    read_from,
    try_lock,
    write_private,
)
from platformdb.postgres.server.model import DEFAULT_PORT, Account, Binaries, Mark, PidFile, Places, Server
from platformdb.postgres.server.places import (
    abandon,
    abandoned,
    claim,
    locate,
    prepare_socket_folder,
    remove_socket_folder,
    settle,
)
from platformdb.postgres.server.plan import choose, explain, mark_text, parse_mark, settings_text
from platformdb.postgres.server.relocate import reachable_programs
from platformdb.report.progress import Observer

# After a kill -9 of the server its processes notice within a moment and go.
ORPHAN_SECONDS = 5.0
LOG_LIMIT = 16 * 1024 * 1024


def inspect(state: Path) -> tuple[Places, Mark | None, PidFile | None]:
    """What is known of a project's server, without changing anything: where, how it was made, and what runs.

    Raises:
        Refused: it belongs to another user.
    """
    places = locate(state)
    return places, _read_mark(places), process.find_running(places.data)


def find_server(state: Path) -> Server | None:
    """The project's server if it accepts connections.

    Raises:
        Refused: it belongs to another user.
    """
    places, mark, status = inspect(state)
    if mark is None or status is None or not status.ready:
        return None
    return Server(places, _as_it_runs(mark, places, status), status.pid, status.listen)


def ensure_running(config: Config, observer: Observer) -> Server:
    """The project's server, ready for connections; made and started if need be.

    A failure leaves the folder as it was. Safe to call from several processes at once.

    Raises:
        ConfigError: the configured binaries are none.
        Refused: nothing was changed (no binaries, wrong version, port taken, folder not writable …).
        ApplyFailed: initdb or the server failed.
        NotNow: another command holds the lock too long, or the server is still recovering.
    """
    server = find_server(config.state_folder)
    if server is not None:
        return _as_configured(server, config)
    try:
        with exclusive(config.state_folder, config.wait_for_lock, observer):
            return find_server(config.state_folder) or _start(config, observer)
    except OSError as error:
        raise ApplyFailed(
            f"cannot start the server: {error.strerror}: {error.filename}",
            help=f"{config.state_folder} has to be writable, with space left on its disk",
        ) from error


def shut_down(config: Config, observer: Observer) -> PidFile | None:
    """Stops the project's server and waits until it is gone; returns what ran, or None where nothing did.

    Raises:
        NotNow: it does not end in time, or another command holds the lock.
        Refused: it belongs to another user.
    """
    if not locate(config.state_folder).data.is_dir():
        return None
    with exclusive(config.state_folder, config.wait_for_lock, observer):
        places = locate(config.state_folder)
        status = process.find_running(places.data)
        if status is None:
            return None
        process.stop(status.pid)
        remove_socket_folder(status.socket_folder, places, choose_account(places))
        return status


def discard(state: Path) -> None:
    """Stops a server without ceremony and removes all of it: only for one that nobody else can know of."""
    _undo_creation(state)


def _as_configured(server: Server, config: Config) -> Server:
    """Whoever configured other programs must not believe that they run: a wrong version is refused."""
    if config.binaries not in (None, server.mark.binaries, server.mark.binaries.parent):
        choose(find_candidates(config.binaries), data=server.mark.version)
    return server


def _as_it_runs(mark: Mark, places: Places, status: PidFile) -> Mark:
    """The mark with what is true now: the project may have been moved while its server ran."""
    inside = places.home / "run"
    folder = status.socket_folder
    if not (folder / f".s.PGSQL.{status.port}").exists() and (inside / f".s.PGSQL.{status.port}").exists():
        folder = inside
    return Mark(mark.version, mark.source, mark.binaries, mark.programs, places.data, folder, status.port, mark.user)


def _start(config: Config, observer: Observer) -> Server:
    """Under the lock: what a killed command left goes, then data folder, server and, last, the mark."""
    places = locate(config.state_folder)
    _assert_possible(config)
    data = cluster.data_version(places)
    binaries = choose(find_candidates(config.binaries, _read_mark(places)), data=data)
    account = choose_account(places)
    assert_can_switch(account)
    with _hold_data(places) as held, ExitStack() as undo:
        cluster.remove_leftovers(places)
        programs = reachable_programs(binaries, account, observer)
        if data is None:
            places = _create(places, programs, binaries, account, observer, undo)
        status = _adopt(places) or _launch(config, places, programs, account, held)
        server = _marked(places, binaries, programs, account, status)
        undo.pop_all()
        return Server(places, server, status.pid, status.listen, started=True, created=data is None)


def _create(
    places: Places, programs: Path, binaries: Binaries, account: Account, observer: Observer, undo: ExitStack
) -> Places:
    observer.stage(f"creating a PostgreSQL {binaries.version.text} server")
    undo.callback(_undo_creation, places.state)
    settled = settle(places, account)
    if settled.elsewhere and (left := abandoned()):
        observer.note(f"{len(left)} servers of projects that are gone take up space: {', '.join(map(str, left))}")
    cluster.create(settled, programs, binaries.version, account)
    return settled


def _undo_creation(state: Path) -> None:
    places = locate(state)
    status = process.find_running(places.data)
    if status is not None:
        process.stop(status.pid, process.IMMEDIATE_SHUTDOWN)
    abandon(places)
    for path in (places.passfile, places.mark):
        path.unlink(missing_ok=True)


def _adopt(places: Places) -> PidFile | None:
    """A server that is ready, but whose start was killed before it could leave its mark."""
    status = process.find_running(places.data)
    return process.await_ready(status.pid, places.data) if status else None


def _launch(config: Config, places: Places, programs: Path, account: Account, held: int) -> PidFile:
    port = config.port or DEFAULT_PORT
    stale = process.defuse_pid_file(places.data)
    if stale is not None:
        write_private(places.data / "postmaster.pid", stale)
    if places.elsewhere:
        claim(places)  # the project may have been moved
    folder = prepare_socket_folder(places, account, port)
    settings = settings_text(os.fsdecode(folder), port, tcp=config.port is not None)
    write_private(places.data / cluster.SETTINGS_FILE, settings)
    log, offset = _open_log(places.log)
    try:
        pid = process.launch(programs / "postgres", places.data, account, log=log, held=held)
        status = process.await_ready(pid, places.data)
    finally:
        os.close(log)
    if status is None:
        remove_socket_folder(folder, places, account)
        raise explain("the server does not start", read_from(places.log, offset), ApplyFailed)
    return status


def _open_log(path: Path) -> tuple[int, int]:
    """The log, opened for appending, and its length; a long one is put aside."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    log = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    return log, os.fstat(log).st_size


def _marked(places: Places, binaries: Binaries, programs: Path, account: Account, status: PidFile) -> Mark:
    mark = Mark(
        version=binaries.version,
        source=binaries.source,
        binaries=binaries.folder,
        programs=programs,
        data=places.data,
        socket_folder=status.socket_folder,
        port=status.port,
        user=account.name,
    )
    write_private(places.mark, mark_text(mark))
    return mark


def _read_mark(places: Places) -> Mark | None:
    try:
        return parse_mark(places.mark.read_text(encoding="utf-8"))
    except PermissionError as error:
        raise not_ours(places.state, error) from None
    except (OSError, UnicodeDecodeError):
        return None


@contextmanager
def _hold_data(places: Places) -> Iterator[int]:
    """The lock which the server inherits. It tells what pid files cannot: servers in other containers, and orphans.

    Raises:
        NotNow: processes of a server hold it that cannot be seen from here.
    """
    descriptor = open_private(places.state / IN_USE, os.O_RDWR | os.O_CREAT)
    try:
        until = time.monotonic() + ORPHAN_SECONDS
        while process.find_running(places.data) is None and not try_lock(descriptor):
            if time.monotonic() > until:
                raise _in_use(places)
            time.sleep(POLL)
        yield descriptor
    finally:
        os.close(descriptor)


def _in_use(places: Places) -> PlatformdbError:
    return NotNow(
        f"the data folder {places.data} is in use by a server that cannot be seen from here",
        help="it runs in a container or on the other side of one, or it lost its main process: "
        f"stop it there; `fuser {places.state / IN_USE}` shows its processes",
    )


def _assert_possible(config: Config) -> None:
    """What can be known before anything is changed."""
    if "\n" in str(config.state_folder):
        raise Refused("PostgreSQL cannot work in a folder with a line break in its name", help="rename the folder")
    if config.port is None:
        return
    with socket.socket(socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", config.port))
        except OSError as error:
            raise Refused(
                f"port {config.port} on 127.0.0.1 cannot be used: {error.strerror}",
                help=f"choose another with --port; `ss -ltnp sport = :{config.port}` shows who has it",
            ) from None
