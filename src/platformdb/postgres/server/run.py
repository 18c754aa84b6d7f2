"""The embedded server's commands: start, stop, status, url, psql, binaries."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Any

from platformdb.config import Config
from platformdb.errors import NotNow, Refused
from platformdb.postgres.server.binaries import list_all
from platformdb.postgres.server.lifecycle import ensure_running, find_server, inspect, shut_down
from platformdb.postgres.server.model import DEFAULT_PORT, EMBEDDED, PG0, SUPERUSER, Server, Unusable
from platformdb.postgres.server.plan import INSTALL_HELP, no_server
from platformdb.postgres.target import Target
from platformdb.report.model import Finding, Outcome, Report, Severity, Table
from platformdb.report.progress import Observer

# What of the environment would lead libpq away from our socket or our password file.
MISLEADING = ("PGPASSWORD", "PGHOSTADDR", "PGSERVICE", "PGPORT", "PGCHANNELBINDING")


def start(config: Config, observer: Observer, *, database: str = SUPERUSER) -> Report:
    """Starts the project's server, making it first if there is none. A server that runs already is left alone.

    Raises:
        PlatformdbError: as ``lifecycle.ensure_running``; Refused also where it runs without the port asked for.
    """
    server = ensure_running(config, observer)
    if config.port is not None and not server.started and not _listens(server, config.port):
        raise Refused(
            f"the server runs already, and not on port {config.port}",
            help=f"stop it first: platformdb server stop, then platformdb server start --port {config.port}",
        )
    done = "created and started" if server.created else "started" if server.started else "runs already"
    target = target_of(server, database)
    return Report(
        f"PostgreSQL {server.mark.version.text} {done} (process {server.pid})",
        tables=(_places(server),),
        facts={"connection URL": target.url},
        data={**_data(server, target), "started": server.started, "created": server.created},
        next=("platformdb server psql", "platformdb server stop"),
    )


def stop(config: Config, observer: Observer) -> Report:
    """Stops the project's server, breaking connections off, and waits until it is gone.

    Raises:
        NotNow: it does not end in time.
        Refused: it belongs to another user.
    """
    stopped = shut_down(config, observer)
    data: dict[str, Any] = {"stopped": stopped is not None, "pid": stopped.pid if stopped else None}
    if stopped is None:
        return Report("no server was running in this project", data=data)
    return Report("server stopped; its data stays", data=data, next=("platformdb server start",))


def status(config: Config, observer: Observer, *, database: str = SUPERUSER) -> Report:
    """Says whether the project has a server, whether it runs, where its things are and which user it runs as.

    The outcome is NOT_NOW where nothing runs, so that scripts can ask.
    """
    places, mark, running = inspect(config.state_folder)
    server = find_server(config.state_folder)
    if mark is None:
        return Report(
            "there is no server in this project",
            outcome=Outcome.NOT_NOW,
            data={"state": "absent"},
            next=("platformdb up", "platformdb server start"),
        )
    if server is None:
        state, says = ("starting", "is starting") if running else ("stopped", "is stopped")
        return Report(
            f"PostgreSQL {mark.version.text} {says}",
            outcome=Outcome.NOT_NOW,
            data={"state": state, "version": mark.version.text, "data_folder": str(places.data), "user": mark.user},
            next=("platformdb server start",),
        )
    target = target_of(server, database)
    return Report(
        f"PostgreSQL {mark.version.text} is running (process {server.pid})",
        tables=(_places(server),),
        facts={"connection URL": target.url},
        data=_data(server, target),
        next=("platformdb server psql", "platformdb server stop"),
    )


def url(config: Config, observer: Observer, *, database: str = SUPERUSER) -> Report:
    """The running server's connection URL, without the password: it names the file that holds it.

    Raises:
        ConfigError: there is no server in this project.
        NotNow: it is stopped.
    """
    target = target_of(_expect_running(config, observer), database)
    return Report("the server's URL", data={"url": target.url}, raw=target.url)


def psql(config: Config, arguments: Sequence[str], observer: Observer, *, database: str = SUPERUSER) -> int:
    """Runs the server's own psql on this terminal and returns its exit code.

    Raises:
        ConfigError: there is no server in this project.
        NotNow: it is stopped.
    """
    server = _expect_running(config, observer)
    program = server.mark.binaries / "psql"
    if not program.exists():
        raise Refused(
            f"there is no psql beside the server's programs in {server.mark.binaries}",
            help='install your system\'s postgresql client; `psql "$(platformdb server url)"` then does the same',
        )
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    command = [str(program), target_of(server, database).url, *arguments]
    return _wait_on_terminal(subprocess.Popen(command, env=environment))


def binaries(config: Config, observer: Observer) -> Report:
    """Lists the server programs on this machine in the order in which they are chosen."""
    usable, unusable = list_all(config.binaries)
    rows = tuple((each.version.text, each.source, str(each.folder), len(each.extensions)) for each in usable)
    return Report(
        f"{len(usable)} PostgreSQL {'installation' if len(usable) == 1 else 'installations'} found; the first is used"
        if usable
        else "no PostgreSQL server programs were found",
        findings=(*map(_unusable, unusable), *(() if usable else (_nothing_found(),))),
        tables=(Table("server programs", ("version", "source", "folder", "extensions"), rows),) if usable else (),
        data={
            "binaries": [
                {
                    "version": each.version.text,
                    "major": each.version.major,
                    "source": each.source,
                    "folder": str(each.folder),
                    "extensions": list(each.extensions),
                }
                for each in usable
            ]
        },
    )


def target_of(server: Server, database: str) -> Target:
    """How to reach a database of this server: by its socket, with the password file."""
    parameters = {
        "host": str(server.mark.socket_folder),
        "user": SUPERUSER,
        "dbname": database,
        "passfile": str(server.places.passfile),
    }
    if server.mark.port != DEFAULT_PORT:
        parameters["port"] = str(server.mark.port)
    if any(name in os.environ for name in MISLEADING):  # an explicit value keeps libpq from taking them
        parameters |= {"port": str(server.mark.port), "hostaddr": "", "password": "", "channel_binding": "prefer"}
    return Target("embedded", parameters)


def _wait_on_terminal(program: subprocess.Popen[bytes]) -> int:
    """Waits for an interactive program. Ctrl-C is for it alone: psql cancels a query with it."""
    while True:
        try:
            code = program.wait()
        except KeyboardInterrupt:
            continue
        return code if code >= 0 else 128 - code


def _expect_running(config: Config, observer: Observer) -> Server:
    server = find_server(config.state_folder)
    if server is not None:
        return server
    if inspect(config.state_folder)[1] is None:
        raise no_server(config.project)
    raise NotNow("the server is stopped", help="start it: platformdb server start")


def _listens(server: Server, port: int) -> bool:
    return bool(server.listen) and server.mark.port == port


def _places(server: Server) -> Table:
    mark = server.mark
    rows = [
        ("TCP", f"127.0.0.1:{mark.port}" if server.listen else "off (open it with --port)"),
        ("data", str(mark.data)),
        ("programs", f"{mark.programs} ({mark.source})"),
        ("runs as", mark.user),
        ("log", str(server.places.log)),
    ]
    if server.places.elsewhere:
        rows.append(("why outside", f"user '{mark.user}' cannot enter {server.places.state}"))
    if mark.programs != mark.binaries:
        rows.append(("why a copy", f"user '{mark.user}' cannot run the programs in {mark.binaries}"))
    return Table("server", ("", ""), tuple(rows))


def _data(server: Server, target: Target) -> dict[str, Any]:
    mark = server.mark
    return {
        "state": "running",
        "pid": server.pid,
        "version": mark.version.text,
        "url": target.url,
        "port": mark.port if server.listen else None,
        "socket_folder": str(mark.socket_folder),
        "data_folder": str(mark.data),
        "outside_project": server.places.elsewhere,
        "binaries": str(mark.binaries),
        "programs": str(mark.programs),
        "source": mark.source,
        "user": mark.user,
        "log": str(server.places.log),
    }


def _unusable(found: Unusable) -> Finding:
    return Finding(
        "binaries-unusable",
        f"these programs cannot be used: {found.reason}",
        subject=str(found.folder),
        severity=Severity.NOTE,
        help="they are passed over",
    )


def _nothing_found() -> Finding:
    return Finding(
        "no-binaries",
        "no PostgreSQL server programs were found",
        subject=f"{EMBEDDED}, {PG0}, system folders",
        severity=Severity.WARNING,
        help=INSTALL_HELP,
    )
