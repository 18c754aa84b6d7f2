"""A connection of the runner is ended by somebody else: no more is committed, and the same command goes on later."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from catalog import impatient, rows, run, until
from commandline import environment, finish, platformdb_run
from faults import APPLIED, migrating, noted
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from projects import Project

FILES = {
    "phases/001_t.sql": "CREATE TABLE t AS SELECT generate_series(1, 100) AS x; CREATE TABLE gate ();",
    "phases/002_gate.sql": "INSERT INTO t VALUES (101);\nSELECT FROM gate;\nINSERT INTO t VALUES (102);",
    "phases/003_more.sql": "INSERT INTO t VALUES (103);",
    "phases/004_i.sql": "CREATE INDEX CONCURRENTLY i ON t (x);",
    "phases/005_last.sql": "INSERT INTO t VALUES (104);",
}
AT_THE_GATE = "SELECT FROM pg_stat_activity WHERE query = 'SELECT FROM gate' AND wait_event_type = 'Lock'"
BUILDING = "SELECT FROM pg_stat_progress_create_index"
END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name ~ '^platformdb {task} '"


@contextmanager
def halted(db: Target, project: Project, lock: str, moment: str) -> Iterator[tuple[Connection, subprocess.Popen[str]]]:
    """Another session with a lock, and a run that waits for it at some moment."""
    project.write(FILES)
    assert platformdb_run("migrate", "--to", "001", cwd=project.root, env=environment(db)).returncode == 0
    if "TABLE t" in lock:
        assert platformdb_run("migrate", "--to", "003", cwd=project.root, env=environment(db)).returncode == 0
    with connect(db) as other:
        other.execute(f"BEGIN; {lock}".encode())
        with migrating(db, project, "--lock-timeout", "60s") as process:
            until(lambda: rows(db, moment))
            yield other, process


def applied(db: Target) -> list[object]:
    return [row[1] for row in rows(db, APPLIED)]


def assert_finishes(db: Target, project: Project) -> None:
    done = platformdb_run("migrate", cwd=project.root, env=environment(db))
    assert done.returncode == 0, done.stderr
    assert applied(db) == ["001", "002", "003", "004", "005"]
    assert rows(db, "SELECT x FROM t WHERE x > 100 ORDER BY x") == [(101,), (102,), (103,), (104,)]
    assert rows(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]
    assert platformdb_run("validate", cwd=project.root, env=environment(db)).returncode == 0


def test_the_work_is_ended_in_a_transaction(db: Target, project: Project) -> None:
    with halted(db, project, "LOCK TABLE gate", AT_THE_GATE) as (_, process):
        run(db, END.format(task="work"))
        done = finish(process)
    assert done.returncode == 4
    assert "002_gate.sql: terminating connection due to administrator command" in done.stderr
    assert "phases/002_gate.sql:2:1" in done.stderr
    assert "57P01" in done.stderr
    assert "run the command again" in done.stderr
    assert applied(db) == ["001"]
    assert rows(db, "SELECT x FROM t WHERE x > 100") == []
    assert_finishes(db, project)


def test_the_work_is_ended_while_it_builds_an_index(db: Target, project: Project) -> None:
    with halted(db, project, "LOCK TABLE t IN ROW EXCLUSIVE MODE", BUILDING) as (_, process):
        run(db, END.format(task="work"))
        done = finish(process)
    assert done.returncode == 4
    assert "004_i.sql: terminating connection due to administrator command" in done.stderr
    assert applied(db) == ["001", "002", "003"]
    assert rows(db, "SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass") == [(False,)]
    assert_finishes(db, project)


def test_the_lock_is_lost_in_a_transaction(db: Target, project: Project) -> None:
    with halted(db, project, "LOCK TABLE gate", AT_THE_GATE) as (other, process):
        run(db, END.format(task="lock"))
        # Whoever comes next may not begin while the old work goes on.
        env = environment(impatient(db))
        following = platformdb_run("migrate", "--wait-for-lock", "0.3s", cwd=project.root, env=env)
        assert following.returncode == 5, following.stdout
        assert "an earlier platformdb's" in following.stderr
        other.execute("COMMIT")
        done = finish(process)
    assert done.returncode == 5
    assert "the runner lock was lost" in done.stderr
    assert "002_gate.sql" in done.stderr
    assert applied(db) == ["001"]
    assert rows(db, "SELECT x FROM t WHERE x > 100") == []
    assert_finishes(db, project)


def test_the_lock_is_lost_while_an_index_is_built(db: Target, project: Project) -> None:
    with halted(db, project, "LOCK TABLE t IN ROW EXCLUSIVE MODE", BUILDING) as (other, process):
        run(db, END.format(task="lock"))
        other.execute("COMMIT")
        done = finish(process)
    assert done.returncode == 5
    assert "the runner lock was lost" in done.stderr
    assert applied(db) == ["001", "002", "003"]
    ((before,),) = rows(db, "SELECT indexrelid FROM pg_index WHERE indrelid = 't'::regclass")
    assert_finishes(db, project)
    assert rows(db, "SELECT indexrelid FROM pg_index WHERE indrelid = 't'::regclass") == [(before,)]


@pytest.mark.parametrize("task", ["work", "lock"])
def test_a_connection_is_ended_while_a_busy_table_is_tried_again(db: Target, project: Project, task: str) -> None:
    project.write(FILES)
    assert platformdb_run("migrate", "--to", "001", cwd=project.root, env=environment(db)).returncode == 0
    with connect(db) as other:
        other.execute("BEGIN; LOCK TABLE gate")
        with migrating(db, project, "--lock-timeout", "100ms") as process:
            assert noted(process, "trying again")
            run(db, END.format(task=task))
            done = finish(process)
    assert done.returncode in {4, 5}
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    assert applied(db) == ["001"]
    assert_finishes(db, project)
