"""The server stops at once, as in a crash, while a run is under way; when it is back, the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalog import rows, run, until
from commandline import environment, finish, platformdb_run
from embedded_server import config_of, project_folder, running
from embedded_server import start as start_server
from faults import APPLIED, migrating, noted
from platformdb.postgres.connect import connect
from platformdb.postgres.server.run import target_of
from platformdb.postgres.target import Target
from projects import Project

FILES = {
    "phases/001_t.sql": "CREATE TABLE t AS SELECT generate_series(1, 100) AS x;",
    "phases/002_slow.sql": "INSERT INTO t VALUES (101);\nSELECT x FROM gate;\nINSERT INTO t VALUES (102);",
    "phases/003_i.sql": "CREATE INDEX CONCURRENTLY i ON t (x);",
}
EXPECTED = [("001",), ("002",), ("003",)]


@pytest.fixture(scope="module")
def own_server() -> Iterator[Path]:
    """A server that no other test minds."""
    with project_folder() as folder:
        start_server(folder)
        yield folder


@pytest.fixture
def own_db(own_server: Path) -> Target:
    target = target_of(running(config_of(own_server)), "postgres")
    run(target, "DROP SCHEMA IF EXISTS platformdb CASCADE; DROP TABLE IF EXISTS t, gate; CREATE TABLE gate (x int)")
    return target


def crash(folder: Path) -> None:
    """SIGQUIT is PostgreSQL's immediate shutdown: nothing is written down, recovery follows at the next start."""
    pid = running(config_of(folder)).pid
    os.kill(pid, signal.SIGQUIT)
    until(lambda: not Path(f"/proc/{pid}").exists() or "zombie" in Path(f"/proc/{pid}/status").read_text())


def assert_finished(target: Target, project: Project) -> None:
    done = platformdb_run("migrate", cwd=project.root, env=environment(target))
    assert done.returncode == 0, done.stderr
    assert [row[1:2] for row in rows(target, APPLIED)] == EXPECTED
    assert rows(target, "SELECT count(*), max(x) FROM t") == [(102, 102)]
    assert rows(target, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]
    assert platformdb_run("validate", cwd=project.root, env=environment(target)).returncode == 0


@contextmanager
def holding(target: Target, lock: str) -> Iterator[None]:
    """Another session with a lock, which ends with the server."""
    with connect(target) as other:
        other.execute(f"BEGIN; {lock}".encode())
        yield
        other.close()


def assert_says_what_to_do(done: subprocess.CompletedProcess[str], name: str) -> None:
    assert done.returncode in {4, 5}, done.stderr
    assert name in done.stderr
    assert "command again" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_stops_in_the_middle_of_a_transaction(own_server: Path, own_db: Target, project: Project) -> None:
    project.write(FILES)
    with holding(own_db, "LOCK TABLE gate"), migrating(own_db, project, "--lock-timeout", "60s") as process:
        until(lambda: rows(own_db, "SELECT FROM pg_stat_activity WHERE query = 'SELECT x FROM gate'"))
        crash(own_server)
        done = finish(process)
    assert_says_what_to_do(done, "002_slow.sql")
    again = platformdb_run("migrate", cwd=project.root, env=environment(own_db))
    assert again.returncode == 5
    assert "start the server" in again.stderr
    start_server(own_server)
    assert rows(own_db, "SELECT count(*) FROM t") == [(100,)]
    assert_finished(own_db, project)


def test_a_server_that_stops_in_the_middle_of_an_index_build(
    own_server: Path, own_db: Target, project: Project
) -> None:
    project.write(FILES)
    assert platformdb_run("migrate", "--to", "002", cwd=project.root, env=environment(own_db)).returncode == 0
    with holding(own_db, "LOCK TABLE t IN ROW EXCLUSIVE MODE"), migrating(own_db, project) as process:
        until(lambda: rows(own_db, "SELECT FROM pg_stat_progress_create_index WHERE phase ~ 'waiting for writers'"))
        crash(own_server)
        done = finish(process)
    assert_says_what_to_do(done, "003_i.sql")
    start_server(own_server)
    assert rows(own_db, "SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass") == [(False,)]
    assert_finished(own_db, project)


def test_a_server_that_is_gone_when_a_busy_table_is_tried_again(
    own_server: Path, own_db: Target, project: Project
) -> None:
    project.write(FILES)
    with holding(own_db, "LOCK TABLE gate"), migrating(own_db, project, "--lock-timeout", "200ms") as process:
        assert "gate is busy (attempt 1 of 11): pid " in noted(process, "trying again")
        crash(own_server)
        done = finish(process)
    assert_says_what_to_do(done, "002_slow.sql")
    start_server(own_server)
    assert_finished(own_db, project)
