"""A long query holds a table that a migration wants: others get through, and the user is told whom to ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from catalog import rows, run, until
from commandline import finish
from faults import migrating, noted
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from projects import Project

ALTER = {"phases/001_alter.sql": "INSERT INTO done VALUES (1);\nALTER TABLE users ADD COLUMN a int;"}
WAITING = "SELECT FROM pg_locks WHERE relation = 'users'::regclass AND NOT granted AND mode = 'AccessExclusiveLock'"


@contextmanager
def reporting(db: Target) -> Iterator[Connection]:
    """Another session in the middle of a report on the users."""
    run(db, "CREATE TABLE done (x int); CREATE TABLE users AS SELECT 1 AS id, 'ada' AS name")
    with connect(db, application_name="reports") as session:
        session.execute("BEGIN")
        session.execute("SELECT count(*) FROM users")
        yield session


def test_others_get_through_while_a_migration_waits_and_tries_again(db: Target, project: Project) -> None:
    project.write(ALTER)
    with reporting(db) as report, migrating(db, project, "--lock-timeout", "500ms") as process:
        with connect(db, options="-c lock_timeout=5s") as visitor:
            # Each of these queues behind a waiting ALTER TABLE, and goes on when that gives way.
            for _ in range(3):
                until(lambda: rows(db, WAITING))
                assert visitor.execute("SELECT name FROM users").fetchall() == [("ada",)]
                assert process.poll() is None
        note = noted(process, "attempt 3 of 11")
        report.execute("COMMIT")
        done = finish(process)
    assert note.startswith("users is busy (attempt 3 of 11): pid ")
    assert "reports, idle in transaction for " in note
    assert "): SELECT count(*) FROM users; trying again in " in note
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT a FROM users") == [(None,)]
    assert rows(db, "SELECT x FROM done") == [(1,)]


def test_where_it_never_ends_the_run_does_and_names_it(db: Target, project: Project) -> None:
    project.write(ALTER)
    with reporting(db) as report:
        pid = report.info.backend_pid
        with migrating(db, project, "--lock-timeout", "300ms", "--lock-retries", "1") as process:
            done = finish(process)
        assert rows(db, "SELECT x FROM done") == []
        assert not rows(db, WAITING)
    assert done.returncode == 5
    assert "others kept its tables busy, 2 attempts of 300ms were not enough" in done.stderr
    assert f"pid {pid} (" in done.stderr
    assert "reports, idle in transaction for " in done.stderr
    assert "SELECT count(*) FROM users" in done.stderr
    assert "--lock-timeout" in done.stderr
    with migrating(db, project) as process:
        assert finish(process).returncode == 0
    assert rows(db, "SELECT x FROM done") == [(1,)]


def test_a_file_may_choose_its_own_patience(db: Target, project: Project) -> None:
    project.write({"phases/001_alter.sql": "-- platformdb: lock_timeout=200ms\n" + ALTER["phases/001_alter.sql"]})
    with reporting(db), migrating(db, project, "--lock-retries", "0", "--lock-timeout", "1h") as process:
        done = finish(process)
    assert done.returncode == 5
    assert "1 attempts of 200ms" in done.stderr.replace("1 attempt of", "1 attempts of")


def test_a_concurrent_build_waits_for_old_transactions_and_says_for_whom(db: Target, project: Project) -> None:
    project.write({"phases/001_i.sql": "CREATE INDEX CONCURRENTLY i ON users (name);"})
    with reporting(db) as report:
        report.execute("COMMIT; BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE")
        with migrating(db, project, "--lock-timeout", "100ms") as process:
            note = noted(process, "waits for pid ")
            assert "reports, idle in transaction for " in note
            assert "trying again" not in note
            report.execute("COMMIT")
            done = finish(process)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]
