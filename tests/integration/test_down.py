"""Going back: by undo files, to a version that is named, and never with a loss that nobody allowed."""

from __future__ import annotations

import pytest

from catalog import DEFINITIONS, history, picture, relations, rows, run
from inprocess import as_json, call
from platformdb.postgres.execute import execute
from platformdb.postgres.target import Target
from platformdb.report.history import Event, Record
from platformdb.report.model import Statement, Step
from platformdb.report.progress import Silent
from projects import Project
from sessions import SUMS, session_on

FILES = {
    "phases/001_base.sql": "CREATE TABLE base (x int PRIMARY KEY);",
    "phases/002_index.sql": "CREATE INDEX base_x ON base (x);",
    "phases/002_index.undo.sql": "DROP INDEX base_x;",
    "phases/003_more.sql": "CREATE TABLE more (x int);\nALTER TABLE base ADD COLUMN y int;",
    "phases/003_more.undo.sql": "-- back\nALTER TABLE base DROP COLUMN y;\nDROP TABLE more;",
    "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT x FROM base;",
}


@pytest.fixture
def applied(db: Target, project: Project) -> Project:
    project.write(FILES)
    assert call(db, project, "migrate").code == 0
    return project


def versions(db: Target) -> list[tuple[object, object]]:
    return [(row[2] or row[3], row[4]) for row in history(db)]


def test_down_takes_back_what_is_above_the_target_newest_first(db: Target, applied: Project) -> None:
    said = as_json(db, applied, "down", "--to", "001", "--allow-destructive")
    assert said.code == 0, said.err
    assert [step["subject"] for step in said.envelope["steps"]] == [
        "phases/003_more.undo.sql",
        "phases/002_index.undo.sql",
    ]
    assert said.envelope["summary"] == "demo: took back 2 versioned migrations"
    assert relations(db) == {"base", "base_pkey", "v"}
    assert versions(db)[-2:] == [("003", "reverted"), ("002", "reverted")]


def test_down_and_migrate_again_ends_with_the_same_schema(db: Target, applied: Project) -> None:
    before = rows(db, DEFINITIONS)
    assert call(db, applied, "down", "--to", "001", "--allow-destructive").code == 0
    assert rows(db, DEFINITIONS) != before
    said = as_json(db, applied, "migrate")
    assert [step["subject"] for step in said.envelope["steps"]] == [
        "phases/002_index.sql",
        "phases/003_more.sql",
        "sql/views/v.sql",
    ], "an undo may take away what views stand on: they are due again"
    # A column that comes again has another number; all else is as it was.
    assert {row[:2] for row in rows(db, DEFINITIONS)} == {row[:2] for row in before}
    assert call(db, applied, "validate").code == 0
    assert call(db, applied, "migrate").out == "✓ demo: nothing to do, the database is up to date\n"


def test_down_needs_to_be_told_where_to(db: Target, applied: Project) -> None:
    before = picture(db)
    said = as_json(db, applied, "down")
    assert (said.code, said.rules) == (2, ["usage"])
    assert "--to" in said.envelope["summary"]
    assert picture(db) == before


@pytest.mark.parametrize("wanted", ["index", "002_index", "2", "002", "0002"])
def test_the_target_may_be_a_version_or_a_name(db: Target, applied: Project, wanted: str) -> None:
    assert call(db, applied, "down", "--to", wanted, "--allow-destructive").code == 0
    assert versions(db)[-1:] == [("003", "reverted")]
    assert [s["state"] for s in as_json(db, applied, "status").envelope["data"]["migrations"]] == [
        "applied",
        "applied",
        "pending",
        "pending",
    ]


def test_an_unknown_target_is_a_mistake_of_the_command_line(db: Target, applied: Project) -> None:
    before = picture(db)
    said = call(db, applied, "down", "--to", "nowhere")
    assert said.code == 2
    assert "there is no migration 'nowhere'" in said.err
    assert "003 (more)" in said.err
    assert picture(db) == before


def test_to_the_newest_version_there_is_nothing_to_do(db: Target, applied: Project) -> None:
    before = picture(db)
    assert call(db, applied, "down", "--to", "003").code == 0
    assert picture(db) == before


class TestLoss:
    def test_an_undo_that_loses_data_is_refused_with_each_place(self, db: Target, applied: Project) -> None:
        before = picture(db)
        said = as_json(db, applied, "down", "--to", "002")
        assert (said.code, said.rules) == (3, ["undo-destructive", "undo-destructive"])
        assert [finding["place"] for finding in said.envelope["findings"]] == [
            {"name": "phases/003_more.undo.sql", "line": 2, "column": 1},
            {"name": "phases/003_more.undo.sql", "line": 3, "column": 1},
        ]
        assert picture(db) == before
        text = call(db, applied, "down", "--to", "002").err
        assert "DROP TABLE more" in text
        assert "--allow-destructive" in text

    @pytest.mark.parametrize(
        "undo",
        [
            "TRUNCATE base",
            "DELETE FROM base",
            "DROP SCHEMA s CASCADE",
            "DO $$ BEGIN EXECUTE 'DROP TABLE more'; END $$",
            "ALTER TABLE base ALTER COLUMN y TYPE text USING NULL",
            "UPDATE base SET y = NULL",
        ],
    )
    def test_whatever_may_lose_rows_needs_the_word(self, db: Target, project: Project, undo: str) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE base (x int, y int); CREATE TABLE more (); CREATE SCHEMA s;"})
        project.write({"phases/001_a.undo.sql": undo})
        assert call(db, project, "migrate").code == 0
        assert as_json(db, project, "down", "--to", "0").rules == ["undo-destructive"]

    def test_an_undo_that_loses_nothing_needs_no_word(self, db: Target, applied: Project) -> None:
        assert call(db, applied, "down", "--to", "2", "--allow-destructive").code == 0
        said = call(db, applied, "down", "--to", "1")
        assert said.code == 0, said.err
        assert "base_x" not in relations(db)

    def test_an_undo_file_that_is_missing_is_named_before_anything_runs(self, db: Target, applied: Project) -> None:
        before = picture(db)
        said = as_json(db, applied, "down", "--to", "0", "--allow-destructive")
        assert (said.code, said.rules) == (3, ["undo-missing"])
        assert said.envelope["findings"][0]["message"] == "phases/001_base.sql has no undo file"
        assert picture(db) == before

    def test_an_undo_file_with_a_mistake_is_found_before_anything_runs(self, db: Target, applied: Project) -> None:
        before = picture(db)
        applied.write({"phases/002_index.undo.sql": "DROP INDE base_x;"})
        said = as_json(db, applied, "down", "--to", "1", "--allow-destructive")
        assert said.code == 3
        assert said.envelope["findings"][0]["place"]["name"] == "phases/002_index.undo.sql"
        assert picture(db) == before


class TestDryRun:
    def test_it_prints_the_sql_in_order_and_changes_nothing(self, db: Target, applied: Project) -> None:
        before = picture(db)
        said = call(db, applied, "down", "--to", "1", "--allow-destructive", "--dry-run")
        assert said.code == 0
        found = [said.out.index(sql) for sql in ("DROP COLUMN y;", "DROP TABLE more;", "DROP INDEX base_x;")]
        assert found == sorted(found)
        assert picture(db) == before

    def test_it_refuses_what_the_run_would_refuse(self, db: Target, applied: Project) -> None:
        assert as_json(db, applied, "down", "--to", "2", "--dry-run").rules == ["undo-destructive"] * 2


class TestInParts:
    @pytest.fixture
    def stopped(self, db: Target, project: Project) -> Project:
        """The undo file's first part ran, its second failed."""
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int); CREATE INDEX i ON a (x); CREATE TABLE kept ();",
                "phases/001_a.undo.sql": "DROP INDEX CONCURRENTLY i;\nDROP TABLE a;\nSELECT nope;",
            }
        )
        assert call(db, project, "migrate").code == 0
        said = call(db, project, "down", "--to", "0", "--allow-destructive")
        assert said.code == 4
        assert "phases/001_a.undo.sql:3:8" in said.err
        return project

    def test_the_first_part_stands_and_the_rest_was_rolled_back(self, db: Target, stopped: Project) -> None:
        assert relations(db) == {"a", "kept"}
        (standing,) = as_json(db, stopped, "status").envelope["data"]["migrations"]
        assert standing["state"] == "half undone"
        assert "migration-half-undone" in as_json(db, stopped, "status").rules

    def test_migrate_does_not_go_on_upon_a_half_undone_version(self, db: Target, stopped: Project) -> None:
        before = picture(db)
        stopped.write({"phases/002_b.sql": "CREATE TABLE b ();"})
        assert as_json(db, stopped, "migrate").rules == ["migration-half-undone"]
        assert picture(db) == before

    def test_the_corrected_file_goes_on_behind_what_ran(self, db: Target, stopped: Project) -> None:
        stopped.write({"phases/001_a.undo.sql": "DROP INDEX CONCURRENTLY i;\nDROP TABLE a;\nDROP TABLE kept;"})
        said = as_json(db, stopped, "down", "--to", "0", "--allow-destructive")
        assert said.code == 0, said.err
        assert len(said.envelope["steps"]) == 1
        assert relations(db) == set()
        assert call(db, stopped, "migrate").code == 0
        assert relations(db) == {"a", "i", "kept"}


def test_an_undo_that_was_killed_behind_its_solo_statement_goes_on_there(db: Target, project: Project) -> None:
    """What a kill leaves: the row that announces the statement, and its work done."""
    project.write({"phases/001_a.sql": "CREATE TABLE a (x int); CREATE INDEX i ON a (x);"})
    project.write({"phases/001_a.undo.sql": "DROP INDEX CONCURRENTLY i;\nDROP TABLE a;"})
    assert call(db, project, "migrate").code == 0
    started = Record("demo", "versioned", "001", "a", SUMS, 1, 2, event=Event.STARTED)
    with session_on(db) as session:
        execute(session, (Step("test", "a", "", (Statement("SELECT 1"),), record=started),), Silent())
    run(db, "DROP INDEX i")
    said = call(db, project, "down", "--to", "0", "--allow-destructive")
    assert said.code == 0, said.err
    assert "already done by an earlier run" in said.err
    assert relations(db) == set()


def test_what_a_failed_undo_did_is_rolled_back(db: Target, applied: Project) -> None:
    run(db, "CREATE VIEW in_the_way AS SELECT y FROM base")
    before = rows(db, DEFINITIONS)
    said = as_json(db, applied, "down", "--to", "2", "--allow-destructive")
    assert (said.code, said.rules) == (4, ["apply-failed"])
    assert rows(db, DEFINITIONS) == before
    assert versions(db)[-1] == ("003", "failed")
    run(db, "DROP VIEW in_the_way")
    assert call(db, applied, "down", "--to", "2", "--allow-destructive").code == 0


def test_a_failed_undo_leaves_the_migration_applied(db: Target, applied: Project) -> None:
    """The row of the failed attempt to go back says nothing against what is there."""
    run(db, "CREATE VIEW in_the_way AS SELECT y FROM base")
    assert call(db, applied, "down", "--to", "2", "--allow-destructive").code == 4
    states = [s["state"] for s in as_json(db, applied, "status").envelope["data"]["migrations"]]
    assert states == ["applied"] * 4
    assert call(db, applied, "migrate").code == 0
    assert call(db, applied, "validate").code == 0


def test_below_the_baseline_there_is_no_way(db: Target, project: Project) -> None:
    run(db, "CREATE TABLE base (x int)")
    project.write(FILES)
    assert call(db, project, "baseline", "001").code == 0
    assert call(db, project, "migrate").code == 0
    before = picture(db)
    said = as_json(db, project, "down", "--to", "0", "--allow-destructive")
    assert (said.code, said.rules) == (3, ["down-below-baseline"])
    assert picture(db) == before
    assert call(db, project, "down", "--to", "1", "--allow-destructive").code == 0


def test_what_was_modified_since_can_still_be_taken_back(db: Target, applied: Project) -> None:
    applied.write({"phases/003_more.sql": "CREATE TABLE more (x bigint);\nALTER TABLE base ADD COLUMN y int;"})
    assert call(db, applied, "migrate").code == 3
    assert call(db, applied, "down", "--to", "2", "--allow-destructive").code == 0
    assert call(db, applied, "migrate").code == 0
    assert call(db, applied, "validate").code == 0
