"""The runner is killed at every request that it makes of the server; whoever runs it again ends where all end."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from catalog import rows, run, until
from commandline import environment, finish, platformdb_run, start
from faults import APPLIED, MIXED, end_state, migrated, wire
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from projects import Project
from servers import Server, available_versions

RUNNERS_AT_ONCE = 3
# On the newest server every request is one to be killed at, on the others some are.
SAMPLE = 5
numbers = itertools.count(1)


@contextmanager
def database(server: Server) -> Iterator[Target]:
    name = f"killed_{next(numbers)}"
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield server.database(name)
    finally:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def short_folder() -> Iterator[Path]:
    """A socket's path may have 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "w"


def killed(target: Target, project: Project, number: int, moment: str) -> bool:
    """Whether a run was killed at its n-th request; where it made fewer, it went through."""
    with short_folder() as folder, wire(target, folder, number=number, moment=moment) as (line, through):
        done = finish(start("migrate", cwd=project.root, env=environment(through)))
        assert done.returncode == (-9 if line.struck else 0), f"{moment} request {number}: {done.stderr}"
        return line.struck


def what_became_of_it(server: Server, project: Project, given: tuple[int, str]) -> object:
    """The end state when a run was killed there and another one followed."""
    number, moment = given
    with database(server) as target:
        assert killed(target, project, number, moment), f"there was no request {number}"
        assert migrated(target, project).ok, f"killed {moment} request {number}"
        assert migrated(target, project).steps == (), f"killed {moment} request {number}"
        return end_state(target, project)


def test_wherever_a_run_is_killed_the_next_one_ends_where_all_end(server: Server, project: Project) -> None:
    project.write(MIXED)
    with database(server) as target:
        with short_folder() as folder, wire(target, folder) as (line, through):
            done = finish(start("migrate", cwd=project.root, env=environment(through)))
            assert done.returncode == 0, done.stderr
        expected = end_state(target, project)
    assert set(expected[2].values()) == {1}
    assert line.requests > 60
    points = [
        (1, "before"),
        *((number, "after") for number in range(1, line.requests + 1)),
        *((number, "within") for number in line.long_requests),
    ]
    if server.version != available_versions()[0]:
        points = points[::SAMPLE]
    with ThreadPoolExecutor(RUNNERS_AT_ONCE) as pool:
        ends = list(pool.map(partial(what_became_of_it, server, project), points))
    assert [point for point, end in zip(points, ends, strict=True) if end != expected] == []


CALLS = {
    "phases/001_base.sql": """
        CREATE TABLE ran (what text);
        CREATE PROCEDURE count_up() LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO ran VALUES ('called'); COMMIT; END $$;
    """,
    "phases/002_call.sql": "INSERT INTO ran VALUES ('first'); CALL count_up(); INSERT INTO ran VALUES ('last');",
}


@pytest.mark.parametrize(("moment", "verdict"), [("before", "--not-run"), ("after", "--ran")])
def test_what_nobody_can_ask_after_is_left_to_a_person(
    server: Server, db: Target, project: Project, moment: str, verdict: str
) -> None:
    project.write(CALLS)
    with database(server) as other, short_folder() as folder, wire(other, folder) as (line, through):
        assert finish(start("migrate", cwd=project.root, env=environment(through))).returncode == 0
        number = next(n for n, text in enumerate(line.texts, 1) if text.startswith("CALL"))
    assert killed(db, project, number, moment)
    env = environment(db)
    refused = platformdb_run("migrate", cwd=project.root, env=env)
    assert refused.returncode == 3, refused.stderr
    assert "002_call.sql stopped in part 2, which no transaction held: it may have run or not" in refused.stderr
    assert "platformdb repair --ran 002" in refused.stderr
    before = [("first",), ("called",)] if moment == "after" else [("first",)]
    assert rows(db, "SELECT what FROM ran") == before
    assert platformdb_run("repair", verdict, "002", cwd=project.root, env=env).returncode == 0
    done = platformdb_run("migrate", cwd=project.root, env=env)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT what FROM ran") == [("first",), ("called",), ("last",)]


def test_a_build_that_outlives_its_runner_is_waited_for_and_taken_as_done(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_t.sql": "CREATE TABLE t AS SELECT generate_series(1, 100) AS x;",
            "phases/002_i.sql": "CREATE INDEX CONCURRENTLY i ON t (x);",
        }
    )
    env = environment(db)
    assert platformdb_run("migrate", "--to", "001", cwd=project.root, env=env).returncode == 0
    with connect(db) as writer:
        writer.execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE")
        victim = start("migrate", cwd=project.root, env=env)
        until(lambda: rows(db, "SELECT FROM pg_stat_progress_create_index"))
        victim.kill()
        finish(victim)
        busy = platformdb_run("migrate", "--wait-for-lock", "0.5s", cwd=project.root, env=env)
        assert busy.returncode == 5
        assert "an earlier platformdb's statement still runs" in busy.stderr
        assert "CREATE INDEX CONCURRENTLY i ON t (x)" in busy.stderr
        ((built,),) = rows(db, "SELECT 'i'::regclass::oid")
        following = start("migrate", cwd=project.root, env=env)
        until(lambda: len(rows(db, "SELECT FROM pg_stat_activity WHERE application_name ~ '^platformdb lock'")) == 1)
        writer.execute("COMMIT")
    done = finish(following)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT indexrelid, indisvalid FROM pg_index WHERE indrelid = 't'::regclass") == [(built, True)]
    assert [row[1] for row in rows(db, APPLIED)] == ["001", "002"]


def test_a_broken_build_that_a_killed_runner_left_is_dropped_and_built_again(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_t.sql": "CREATE TABLE t AS SELECT generate_series(1, 100) AS x;",
            "phases/002_i.sql": "CREATE INDEX CONCURRENTLY i ON t (x);",
        }
    )
    env = environment(db)
    assert platformdb_run("migrate", "--to", "001", cwd=project.root, env=env).returncode == 0
    with connect(db) as writer:
        writer.execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE")
        victim = start("migrate", cwd=project.root, env=env)
        until(lambda: rows(db, "SELECT FROM pg_stat_progress_create_index"))
        victim.kill()
        finish(victim)
        run(db, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_progress_create_index")
        writer.execute("COMMIT")
    ((broken, valid),) = rows(db, "SELECT indexrelid, indisvalid FROM pg_index WHERE indrelid = 't'::regclass")
    assert not valid
    done = platformdb_run("migrate", cwd=project.root, env=env)
    assert done.returncode == 0, done.stderr
    assert "is invalid; cleaning up" in done.stderr
    ((built, valid),) = rows(db, "SELECT indexrelid, indisvalid FROM pg_index WHERE indrelid = 't'::regclass")
    assert valid
    assert built != broken


def test_an_index_of_a_tier_whose_row_was_never_written_is_known_by_its_announcement(
    server: Server, db: Target, project: Project
) -> None:
    project.write(
        {
            "phases/001_t.sql": "CREATE TABLE t AS SELECT generate_series(1, 100) AS x, 1 AS y;",
            "sql/indexes/tier1_t.sql": "-- by x\nCREATE INDEX i ON t (x);\n",
        }
    )
    with database(server) as other, short_folder() as folder, wire(other, folder) as (line, through):
        assert finish(start("migrate", cwd=project.root, env=environment(through))).returncode == 0
        number = next(n for n, text in enumerate(line.texts, 1) if text.startswith("CREATE INDEX"))
    assert killed(db, project, number, "after")
    project.write({"sql/indexes/tier1_t.sql": "-- by y\nCREATE INDEX i ON t (y);\n"})
    until(lambda: rows(db, "SELECT FROM pg_index WHERE indexrelid = 'i'::regclass AND indisvalid"))
    assert migrated(db, project).ok
    ((definition,),) = rows(db, "SELECT pg_get_indexdef('i'::regclass)")
    assert definition == "CREATE INDEX i ON public.t USING btree (y)"
    assert migrated(db, project).steps == ()
