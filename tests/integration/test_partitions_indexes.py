"""Tiers on partitioned tables: built on one partition after the other, concurrently, and put together."""

from __future__ import annotations

import itertools
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from catalog import DEFINITIONS, impatient, picture, rows, run, until
from commandline import environment, finish, start
from faults import Wire, chosen, wire
from platformdb.errors import ApplyFailed
from platformdb.indexes.run import apply_indexes, index_status
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

# Two levels, a partition in another schema, and rows everywhere.
TREE = """
CREATE SCHEMA away;
CREATE TABLE logs (at int NOT NULL, kind int NOT NULL, text text) PARTITION BY RANGE (at);
CREATE TABLE logs_a PARTITION OF logs FOR VALUES FROM (0) TO (10) PARTITION BY LIST (kind);
CREATE TABLE logs_a_1 PARTITION OF logs_a FOR VALUES IN (1);
CREATE TABLE away.logs_a_2 PARTITION OF logs_a DEFAULT;
CREATE TABLE logs_b PARTITION OF logs FOR VALUES FROM (10) TO (20);
CREATE TABLE logs_c PARTITION OF logs DEFAULT;
INSERT INTO logs SELECT n % 30, n % 3, 'x' FROM generate_series(1, 300) AS n;
"""
TIER = "sql/indexes/tier1_logs.sql"
BY_KIND = "-- by kind\nCREATE INDEX logs_kind ON logs (kind, at DESC) WHERE text <> '';\n"
BY_TEXT = "-- by text\nCREATE INDEX logs_kind ON ONLY public.logs USING btree (text);\n"
INVALID = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid"
numbers = itertools.count(1)


@pytest.fixture
def tree(db: Target, project: Project) -> Project:
    run(db, TREE)
    return project.write({"phases/001_logs.sql": TREE, TIER: BY_KIND})


def applied(db: Target, project: Project) -> Report:
    return apply_indexes(db, project.platform, Silent(), tier=1)


def shown(db: Target) -> set[str]:
    """The definitions, without the index's own name."""
    found = rows(db, "SELECT indexdef FROM pg_indexes WHERE schemaname !~ '^pg_|^platformdb'")
    return {str(definition).split(" ON ", 1)[1] for (definition,) in found}


def test_it_is_built_on_every_partition_of_every_level_and_once(db: Target, tree: Project) -> None:
    report = applied(db, tree)
    assert report.data["built"] == 1
    assert rows(db, INVALID) == []
    assert shown(db) == {
        f"{'ONLY ' if table in ('public.logs', 'public.logs_a') else ''}{table}"
        " USING btree (kind, at DESC) WHERE (text <> ''::text)"
        for table in (
            "public.logs",
            "public.logs_a",
            "public.logs_a_1",
            "away.logs_a_2",
            "public.logs_b",
            "public.logs_c",
        )
    }
    assert sum("CONCURRENTLY" in result.step.sql for result in report.steps) == 4
    status = index_status(db, tree.platform)
    assert (status.ok, status.data["indexes"][0]["state"]) == (True, "built")
    assert status.data["indexes"][0]["bytes"] > 0
    before = picture(db)
    assert applied(db, tree).steps == ()
    assert picture(db) == before


def test_without_rows_the_server_makes_all_of_it_at_once(db: Target, tree: Project) -> None:
    run(db, "TRUNCATE logs")
    assert sum(result.step.kind == "index" for result in applied(db, tree).steps) == 1
    assert rows(db, INVALID) == []


def test_a_partition_that_comes_while_it_is_built_gets_its_part(db: Target, tree: Project) -> None:
    run(
        db,
        "ALTER TABLE logs DETACH PARTITION logs_c; TRUNCATE logs_c; "
        "CREATE INDEX logs_kind ON ONLY logs (kind, at DESC) WHERE text <> ''",
    )
    run(db, "CREATE TABLE logs_d PARTITION OF logs FOR VALUES FROM (20) TO (30)")
    assert applied(db, tree).ok
    assert rows(db, INVALID) == []


def test_writers_go_on_while_it_is_built(db: Target, tree: Project) -> None:
    done = []
    with connect(db) as writer:
        writer.execute("BEGIN; INSERT INTO logs_b VALUES (15, 1, 'x')")
        build = threading.Thread(target=lambda: done.append(applied(db, tree)))
        build.start()
        try:
            until(lambda: rows(db, "SELECT FROM pg_stat_progress_create_index WHERE relid = 'logs_b'::regclass"))
            run(impatient(db), "INSERT INTO logs SELECT n % 30, n % 3, 'y' FROM generate_series(1, 30) AS n")
            assert done == []
        finally:
            writer.execute("COMMIT")
            build.join(timeout=30)
    assert done[0].ok
    assert rows(db, INVALID) == []


def test_a_changed_definition_replaces_it_and_leaves_nothing_of_the_old_one(db: Target, tree: Project) -> None:
    applied(db, tree)
    tree.write({TIER: BY_TEXT})
    assert [f.rule for f in index_status(db, tree.platform).findings] == ["index-changed"]
    assert applied(db, tree).data["built"] == 1
    assert {definition.rpartition(" USING ")[2] for definition in shown(db)} == {"btree (text)"}
    assert len(shown(db)) == 6
    assert rows(db, "SELECT to_regclass('logs_kind') IS NOT NULL, to_regclass('logs_kind_replacement')") == [
        (True, None)
    ]
    assert applied(db, tree).steps == ()
    tree.write({TIER: BY_KIND})
    assert applied(db, tree).ok
    assert applied(db, tree).steps == ()


def test_a_unique_index_without_the_partition_key_fails_at_once_in_the_servers_words(db: Target, tree: Project) -> None:
    tree.write({TIER: "-- only one\nCREATE UNIQUE INDEX logs_text ON logs (text);\n"})
    with pytest.raises(
        ApplyFailed, match="unique constraint on partitioned table must include all partitioning columns"
    ) as caught:
        applied(db, tree)
    assert "logs_text" in caught.value.message
    assert str(caught.value.place) == f"{TIER}:2"
    assert rows(db, "SELECT FROM pg_indexes WHERE indexname ~ 'logs_text'") == []


def test_a_partition_whose_rows_break_it_leaves_the_others_built_for_the_next_run(db: Target, tree: Project) -> None:
    tree.write({TIER: "-- only one\nCREATE UNIQUE INDEX logs_once ON logs (at, kind, text);\n"})
    with pytest.raises(ApplyFailed, match="could not create unique index"):
        applied(db, tree)
    assert [s["state"] for s in index_status(db, tree.platform).data["indexes"]] == ["invalid"]
    run(
        db,
        "DELETE FROM logs WHERE ctid NOT IN ("
        "SELECT min(ctid) FROM logs AS l WHERE l.tableoid = logs.tableoid GROUP BY at, kind, text)",
    )
    assert applied(db, tree).ok
    assert rows(db, INVALID) == []


def test_another_definition_after_a_build_that_failed_leaves_nothing_behind(db: Target, tree: Project) -> None:
    tree.write({TIER: BY_KIND})
    applied(db, tree)
    tree.write({TIER: "-- only one\nCREATE UNIQUE INDEX logs_kind ON logs (at, kind, text);\n"})
    with pytest.raises(ApplyFailed):
        applied(db, tree)
    run(db, "CREATE INDEX logs_b_logs_kind_00000000 ON logs_b (at)")
    tree.write({TIER: BY_TEXT})
    assert applied(db, tree).ok
    assert len(shown(db)) == 6
    assert {definition.rpartition(" USING ")[2] for definition in shown(db)} == {"btree (text)"}


def test_going_back_after_a_failed_replacement_leaves_nothing_behind(db: Target, tree: Project) -> None:
    applied(db, tree)
    tree.write({TIER: "-- only one\nCREATE UNIQUE INDEX logs_kind ON logs (at, kind, text);\n"})
    with pytest.raises(ApplyFailed):
        applied(db, tree)
    tree.write({TIER: BY_KIND})
    assert applied(db, tree).ok
    assert rows(db, INVALID) == []
    assert rows(db, "SELECT to_regclass('logs_kind_replacement')") == [(None,)]


@contextmanager
def clone(server: Server, template: Target) -> Iterator[Target]:
    name = f"partitions_indexed_{next(numbers)}"
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template.parameters["dbname"]}"')
    try:
        yield server.database(name)
    finally:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def killed(target: Target, project: Project, *, number: int = 1 << 30) -> Wire:
    with (
        tempfile.TemporaryDirectory() as folder,
        wire(target, Path(folder) / "w", number=number, moment="after") as (line, through),
    ):
        done = finish(start("indexes", "apply", "--tier", "1", cwd=project.root, env=environment(through)))
        assert done.returncode == (-9 if line.struck else 0), done.stderr
        return line


def what_became_of_it(server: Server, template: Target, project: Project, number: int) -> object:
    with clone(server, template) as target:
        assert killed(target, project, number=number).struck
        assert applied(target, project).ok, f"killed at request {number}"
        assert applied(target, project).steps == (), f"killed at request {number}"
        assert index_status(target, project.platform).ok
        return end_state(target)


def end_state(target: Target) -> object:
    return rows(target, INVALID), rows(target, DEFINITIONS)


@pytest.mark.parametrize("before", [None, BY_TEXT], ids=["built", "replaced"])
def test_wherever_a_build_is_killed_the_next_run_ends_where_all_end(
    server: Server, db: Target, tree: Project, before: str | None
) -> None:
    if before:
        tree.write({TIER: before})
        applied(db, tree)
        tree.write({TIER: BY_KIND})
    with clone(server, db) as target:
        line = killed(target, tree)
        expected = end_state(target)
    points = chosen(range(1, line.requests + 1), server.version)
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(partial(what_became_of_it, server, db, tree), points))
    assert [point for point, end in zip(points, ends, strict=True) if end != expected] == []
