"""A primary and a standby that streams from it, for what only two servers can show."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded_server import config_of, project_folder, query, running, start
from platformdb.postgres.server import run
from platformdb.postgres.server.account import choose_account, options
from platformdb.postgres.server.model import Places
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent

SETTINGS = ("wal_level = replica", "max_wal_senders = 4", "fsync = off")


@contextmanager
def streaming_pair() -> Iterator[tuple[Target, Target]]:
    """The standby is a copy of the primary's data folder that was made while no server had it open."""
    with project_folder() as project:
        config = config_of(project)
        start(project)
        for setting in SETTINGS:
            query(config, f"ALTER SYSTEM SET {setting}")
        server = running(config)
        primary = run.target_of(server, "postgres")
        run.stop(config, Silent())
        start(project)  # from here on its log is one that a standby can read
        run.stop(config, Silent())
        copy = _copied(server.places, primary)
        start(project)
        with _started(server.mark.programs, copy, server.places) as sockets:
            yield primary, Target("url", {**primary.parameters, "host": str(sockets)})


def _copied(places: Places, primary: Target) -> Path:
    hba = places.data / "pg_hba.conf"
    hba.write_text("local replication all trust\n" + hba.read_text())
    copy = places.home / "standby"
    subprocess.run(["cp", "-a", places.data, copy], check=True)
    where = " ".join(f"{key}={value}" for key, value in primary.parameters.items() if key in {"host", "port", "user"})
    with (copy / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = '{where}'\n")
    (copy / "standby.signal").touch()
    shutil.chown(copy / "standby.signal", copy.owner())
    return copy


@contextmanager
def _started(programs: Path, copy: Path, places: Places) -> Iterator[Path]:
    sockets = places.home / "r"
    sockets.mkdir()
    shutil.chown(sockets, copy.owner())
    how = options(choose_account(places))
    control = [programs / "pg_ctl", "-D", copy, "-w"]
    own = f"-c unix_socket_directories={sockets} -c listen_addresses="
    subprocess.run([*control, "-o", own, "-l", copy / "log", "start"], check=True, stdout=subprocess.DEVNULL, **how)
    try:
        yield sockets
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, **how)
