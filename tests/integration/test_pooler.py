"""A real PgBouncer before the server: what needs the runner lock refuses to go through it, what only reads works."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from catalog import until
from platformdb.config import Config
from platformdb.errors import PlatformdbError, Refused
from platformdb.migrations.run import migrate, status
from platformdb.postgres.connect import connect
from platformdb.postgres.server.lifecycle import find_server
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from servers import Server

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
WHY_NOT = "there is no pgbouncer on this machine (tests/containers/prepare installs it on Debian)"

pytestmark = [pytest.mark.newest_server, pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)]

SETTINGS = """
[databases]
* = host={host} user=postgres password={password}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
default_pool_size = 1
"""


@pytest.fixture(params=["transaction", "session"])
def pooled(request: pytest.FixtureRequest, server: Server, db: Target) -> Iterator[Target]:
    """The database of ``db``, through a pooler with one connection."""
    folder = Path(tempfile.mkdtemp(prefix="pgb"))
    password = Path(db.parameters["passfile"]).read_text().strip().rsplit(":", 1)[-1]
    settings = folder / "pgbouncer.ini"
    settings.touch(mode=0o600)
    settings.write_text(
        SETTINGS.format(host=db.parameters["host"], password=password, folder=folder, mode=request.param)
    )
    # It refuses to run as root, and has to enter the server's private socket folder.
    running = find_server(Config(project=server.project).state_folder)
    assert running is not None
    account = ["-u", running.mark.user] if os.geteuid() == 0 else []
    for path in (folder, settings):
        if account:
            shutil.chown(path, running.mark.user)
    pooler = subprocess.Popen([str(PROGRAM), "-q", *account, str(settings)], stderr=subprocess.DEVNULL)
    target = Target("url", {"host": str(folder), "port": "6432", "user": "postgres", "dbname": db.parameters["dbname"]})
    try:
        until(lambda: _answers(target))
        yield target
    finally:
        pooler.terminate()
        pooler.wait()
        shutil.rmtree(folder)


def _answers(target: Target) -> bool:
    try:
        with connect(target):
            return True
    except PlatformdbError:
        return False


def test_migrate_does_not_trust_a_lock_through_a_pooler(pooled: Target, db: Target, platform: Platform) -> None:
    with pytest.raises(Refused, match="a connection pooler stands before") as caught:
        migrate(nullcontext(pooled), platform, Silent())
    assert "connect to the server itself" in caught.value.help
    assert status(db, platform).data["counts"]["pending"] == 1


def test_what_only_reads_goes_through_it(pooled: Target, platform: Platform) -> None:
    assert status(pooled, platform).data["counts"]["pending"] == 1


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    (tmp_path / "phases").mkdir()
    (tmp_path / "phases/001_first.sql").write_text("CREATE TABLE thing ();\n")
    return Platform("demo", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")
