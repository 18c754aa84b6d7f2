"""A PostgreSQL server for benchmarks: default settings, fsync and all, on a loopback port, gone at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdb.postgres.server.binaries import list_all


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    programs: Path

    def url(self, database: str, port: int | None = None) -> str:
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}?sslmode=disable"

    def fresh(self, name: str) -> str:
        """The URL of an empty database of this name."""
        self.sql("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.sql("postgres", f'CREATE DATABASE "{name}"')
        # What the databases before left to be written must not be written while the next tool is timed.
        self.sql("postgres", "CHECKPOINT")
        return self.url(name)

    def sql(self, database: str, text: str) -> str:
        psql = [self.programs / "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text, self.url(database)]
        quiet = {**os.environ, "PGOPTIONS": "-c client_min_messages=warning"}
        return subprocess.run(psql, check=True, capture_output=True, text=True, env=quiet).stdout.strip()


@contextmanager
def running(base: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server with the newest programs of this machine, and these settings besides the defaults."""
    programs = list_all(None)[0][0].folder
    folder = Path(tempfile.mkdtemp(prefix="pdbbench", dir=base))
    folder.chmod(0o777)
    account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/", **account}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    subprocess.run([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust"], **quiet)
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
    options += "".join(f" -c {name}={value}" for name, value in (settings or {}).items())
    subprocess.run([programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start"], **quiet)
    try:
        yield Server(port, programs)
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder)
