"""The PostgreSQL servers that tests run on: the embedded one, and the system's PostgreSQL 15 where it is installed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdb.config import Config
from platformdb.postgres.connect import connect
from platformdb.postgres.server.lifecycle import ensure_running, shut_down
from platformdb.postgres.server.run import target_of
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent

REQUEST = "PLATFORMDB_TEST_BINARIES"
SYSTEM_15 = Path("/usr/lib/postgresql/15/bin")
# Where each major version's programs are; None lets platformdb find the embedded ones by itself.
BINARIES: dict[str, Path | None] = {"18": None, "15": SYSTEM_15}
# Others on request: PLATFORMDB_TEST_BINARIES="14=/opt/pg14/bin,17=/opt/pg17/bin".
for version, _, folder in (each.partition("=") for each in os.environ.get(REQUEST, "").split(",") if each):
    BINARIES[version] = Path(folder)

# A crash of the machine may cost the tests their databases; a slow disk must not cost everyone their time.
FAST_AND_LOOSE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its major version, a target for any database on it, and its folder."""

    version: str
    maintenance: Target
    project: Path

    def database(self, name: str) -> Target:
        return self.maintenance.with_database(name)

    def execute(self, sql: str) -> None:
        with connect(self.maintenance) as connection:
            connection.execute(sql.encode())


def memory() -> str | None:
    """A folder in memory with room for test servers, or None for the usual place of temporary files."""
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > 4 << 30 else None


def available_versions() -> tuple[str, ...]:
    return tuple(version for version, folder in BINARIES.items() if folder is None or (folder / "postgres").is_file())


@contextmanager
def running_server(version: str, *, keep: bool) -> Iterator[Server]:
    # Not pytest's tmp_path: the server's unprivileged user must be able to enter, and names must stay short.
    project = Path(tempfile.mkdtemp(prefix="pdb", dir=memory()))
    project.chmod(0o755)
    config = Config(project=project, binaries=BINARIES[version])
    try:
        server = Server(version, target_of(ensure_running(config, Silent()), "postgres"), project)
        for setting in FAST_AND_LOOSE:
            server.execute(f"ALTER SYSTEM SET {setting}")
        server.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        if not keep:
            shut_down(config, Silent())
            shutil.rmtree(project)
