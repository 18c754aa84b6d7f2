"""The disk fills up in the middle of an index build; when there is room again, the next run builds it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import rows, run
from commandline import environment, platformdb_run
from embedded_server import config_of, mount_tmpfs, project_folder, running, unmount
from embedded_server import start as start_server
from faults import APPLIED
from platformdb.postgres.server.run import target_of
from platformdb.postgres.target import Target
from projects import Project

FILES = {
    "phases/001_t.sql": "CREATE TABLE t AS SELECT generate_series(1, 100000) AS x;",
    "phases/002_i.sql": "CREATE UNIQUE INDEX CONCURRENTLY i ON t (x) TABLESPACE small;",
    "phases/003_after.sql": "CREATE TABLE after_all ();",
}


@pytest.fixture
def small_tablespace() -> Iterator[tuple[Target, Path]]:
    """A server of its own with a tablespace that has a file system of 1 MB, and where that is mounted."""
    with project_folder() as folder:
        disk = folder / "small"
        disk.mkdir()
        reason = mount_tmpfs(disk, "size=1m,mode=755")
        if reason:
            pytest.skip(reason)
        try:
            start_server(folder)
            server = running(config_of(folder))
            shutil.chown(disk, server.mark.user)
            target = target_of(server, "postgres")
            run(target, f"CREATE TABLESPACE small LOCATION '{disk}'")
            yield target, disk
        finally:
            unmount(disk)


def test_an_index_that_did_not_fit_is_built_when_there_is_room(
    small_tablespace: tuple[Target, Path], project: Project
) -> None:
    target, disk = small_tablespace
    project.write(FILES)
    env = environment(target)
    failed = platformdb_run("migrate", cwd=project.root, env=env)
    assert failed.returncode == 4
    assert "phases/002_i.sql: could not extend file" in failed.stderr
    assert "SQLSTATE: 53100" in failed.stderr
    assert "phases/002_i.sql:1:1" in failed.stderr
    assert [row[1] for row in rows(target, APPLIED)] == ["001"]
    # An INVALID unique index would still refuse rows: what is left of the failed build does not stay.
    assert rows(target, "SELECT FROM pg_index WHERE indrelid = 't'::regclass") == []
    assert rows(target, "SELECT error ~ '53100' FROM platformdb.history WHERE event = 'failed'") == [(True,)]
    again = platformdb_run("migrate", cwd=project.root, env=env)
    assert again.returncode == 4
    subprocess.run([shutil.which("mount") or "mount", "-o", "remount,size=64m", disk], check=True)
    done = platformdb_run("migrate", cwd=project.root, env=env)
    assert done.returncode == 0, done.stderr
    assert rows(target, "SELECT indisvalid, indisready FROM pg_index WHERE indexrelid = 'i'::regclass") == [
        (True, True)
    ]
    assert [row[1] for row in rows(target, APPLIED)] == ["001", "002", "003"]


def test_an_invalid_index_that_a_full_disk_left_to_another_tool_is_built_anew(
    small_tablespace: tuple[Target, Path], project: Project
) -> None:
    target, disk = small_tablespace
    project.write(FILES)
    env = environment(target)
    assert platformdb_run("migrate", "--to", "001", cwd=project.root, env=env).returncode == 0
    statement = FILES["phases/002_i.sql"]
    psql = ["psql", "-X", "-d", env["PLATFORMDB_URL"], "-c", statement]
    if shutil.which("psql") is None:
        pytest.skip("there is no psql on this machine")
    assert subprocess.run(psql, capture_output=True, check=False).returncode == 1
    assert rows(target, "SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass") == [(False,)]
    subprocess.run([shutil.which("mount") or "mount", "-o", "remount,size=64m", disk], check=True)
    done = platformdb_run("migrate", cwd=project.root, env=env)
    assert done.returncode == 0, done.stderr
    assert "index public.i is invalid; cleaning up" in done.stderr.replace("index i is", "index public.i is")
    assert rows(target, "SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass") == [(True,)]
