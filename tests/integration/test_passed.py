"""Steps in other languages stop the plan; ``--mark-applied`` goes past them, and past what is not wanted."""

from __future__ import annotations

import pytest

from catalog import history, relations
from inprocess import as_json, call
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server

GOOSE = "-- +goose Up\n{}\n-- +goose Down\n{}\n"
FROM = ("--migrations", "db")


@pytest.fixture
def mixed(project: Project) -> Project:
    """Three steps, of which the second is in Go."""
    return project.write(
        {
            "db/00001_a.sql": GOOSE.format("CREATE TABLE a (x int);", "DROP TABLE a;"),
            "db/00002_fill.go": "package migrations\n",
            "db/00003_c.sql": GOOSE.format("CREATE TABLE c (x int);", "DROP TABLE c;"),
        }
    )


def test_the_plan_stops_at_a_step_in_another_language_and_says_so(db: Target, mixed: Project) -> None:
    first = call(db, mixed, "migrate", *FROM)
    assert first.code == 4
    assert "db/00002_fill.go is a step in Go, which platformdb does not run" in first.everything
    assert "platformdb migrate --mark-applied 00002" in first.everything
    assert relations(db) == {"a"}
    again = call(db, mixed, "migrate", *FROM)
    assert again.code == 3, "nothing ran, and what is left is not done"
    assert relations(db) == {"a"}


def test_status_says_what_is_not_sql_and_check_finds_it_pending(db: Target, mixed: Project) -> None:
    call(db, mixed, "migrate", *FROM, "--to", "1")
    said = as_json(db, mixed, "status", *FROM, "--check")
    assert [each["state"] for each in said.envelope["data"]["migrations"]] == ["applied", "not SQL", "pending"]
    assert said.code == 1


def test_a_target_below_the_step_is_reached_whole(db: Target, mixed: Project) -> None:
    assert call(db, mixed, "migrate", *FROM, "--to", "1").code == 0


def test_a_marked_step_is_gone_past_and_recorded(db: Target, mixed: Project) -> None:
    marked = call(db, mixed, "migrate", *FROM, "--mark-applied", "2")
    assert (marked.code, relations(db)) == (0, {"a", "c"})
    assert [(row[2], row[4]) for row in history(db)] == [
        ("00001", "applied"), ("00002", "applied"), ("00003", "applied"),
    ]  # fmt: skip
    again = call(db, mixed, "migrate", *FROM, "--mark-applied", "2")
    assert again.code == 0, "a pipeline says the same every time"
    assert "nothing to do" in again.out


def test_a_dry_run_that_stops_is_not_green(db: Target, mixed: Project) -> None:
    dry = call(db, mixed, "migrate", *FROM, "--dry-run")
    assert (dry.code, relations(db)) == (1, set())


def test_repeatable_files_wait_for_the_step(db: Target, project: Project) -> None:
    project.write(
        {
            "db/V1__a.sql": "CREATE TABLE a (x int);",
            "db/V2__Fill.java": "class V2__Fill {}",
            "db/R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT x FROM a;",
        }
    )
    assert call(db, project, "migrate", *FROM).code == 4
    assert relations(db) == {"a"}
    assert call(db, project, "migrate", *FROM, "--mark-applied", "2").code == 0
    assert relations(db) == {"a", "v"}


def test_sql_that_the_server_cannot_take_can_be_marked_too(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_a.sql": "CREATE TABLE a (x int);",
            "phases/002_audit.sql": "CREATE EXTENSION nosuch_extension;",
            "phases/003_c.sql": "CREATE TABLE c (x int);",
        }
    )
    assert call(db, project, "migrate").code == 3
    assert call(db, project, "migrate", "--mark-applied", "002").code == 0
    assert relations(db) == {"a", "c"}
    assert call(db, project, "validate").code == 0


@pytest.mark.parametrize("version", ["9", "x"])
def test_only_what_is_there_can_be_marked(db: Target, mixed: Project, version: str) -> None:
    said = call(db, mixed, "migrate", *FROM, "--mark-applied", version)
    assert (said.code, relations(db)) == (3, set())
    assert f"there is no version {version} to mark as applied" in said.everything


def test_what_lies_above_the_target_is_not_marked(db: Target, mixed: Project) -> None:
    said = call(db, mixed, "migrate", *FROM, "--to", "1", "--mark-applied", "2")
    assert said.code == 3
    assert relations(db) == set()


def test_an_edit_of_a_step_in_another_language_is_nobodys_business(db: Target, mixed: Project) -> None:
    call(db, mixed, "migrate", *FROM, "--mark-applied", "2")
    mixed.write({"db/00002_fill.go": "package migrations // edited\n"})
    assert call(db, mixed, "validate", *FROM).code == 0


def test_down_stops_at_a_step_without_an_undo_file(db: Target, mixed: Project) -> None:
    call(db, mixed, "migrate", *FROM, "--mark-applied", "2")
    said = call(db, mixed, "down", *FROM, "--to", "0", "--allow-destructive")
    assert (said.code, relations(db)) == (3, {"a", "c"})
    assert "db/00002_fill.go has no undo file" in said.everything
    assert "where goose looks for it" in said.everything
