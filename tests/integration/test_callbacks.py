"""Callbacks: files of one's own around a run and around each of its files."""

from __future__ import annotations

import pytest

from catalog import history, relations, rows, run
from inprocess import as_json, call
from platformdb.postgres.target import Target
from projects import Project

LOG = "INSERT INTO log (event) VALUES ('{}');"


@pytest.fixture
def logging(db: Target, project: Project) -> Project:
    """A project with a callback for every event, each of which writes its name down."""
    run(db, "CREATE TABLE log (id serial, event text, transaction text DEFAULT pg_current_xact_id()::text)")
    events = (
        *("beforeMigrate", "beforeEachMigrate", "afterEachMigrate", "afterEachMigrateError", "afterMigrate"),
        *("afterMigrateError", "beforeDown", "beforeEachDown", "afterEachDown", "afterDown", "afterDownError"),
    )
    project.write({f"sql/callbacks/{event}.sql": LOG.format(event) for event in events})
    return project.write({f"phases/00{n}_{n}.sql": f"CREATE TABLE t{n} ();\n{LOG.format(n)}" for n in (1, 2)})


def said(db: Target) -> list[object]:
    return [event for (event,) in rows(db, "SELECT event FROM log ORDER BY id")]


def test_they_stand_around_the_run_and_around_each_file(db: Target, logging: Project) -> None:
    assert call(db, logging, "migrate").code == 0
    each = [["beforeEachMigrate", str(n), "afterEachMigrate"] for n in (1, 2)]
    assert said(db) == ["beforeMigrate", *each[0], *each[1], "afterMigrate"]


def test_those_of_each_file_share_its_transaction_and_the_others_have_their_own(db: Target, logging: Project) -> None:
    assert call(db, logging, "migrate").code == 0
    counts = rows(db, "SELECT count(*) FROM log GROUP BY transaction ORDER BY min(id)")
    assert counts == [(1,), (3,), (3,), (1,)]


def test_with_nothing_to_do_none_runs(db: Target, logging: Project) -> None:
    assert call(db, logging, "migrate").code == 0
    run(db, "TRUNCATE log")
    assert call(db, logging, "migrate").code == 0
    assert call(db, logging, "status").code == 0
    assert said(db) == []


def test_they_leave_no_row_in_the_history_and_may_change_at_any_time(db: Target, logging: Project) -> None:
    assert call(db, logging, "migrate").code == 0
    assert [row[3] for row in history(db)] == ["1", "2"]
    logging.write({"sql/callbacks/afterMigrate.sql": "SELECT 1;"})
    logging.remove("sql/callbacks/beforeMigrate.sql")
    assert call(db, logging, "validate").code == 0
    assert [s["state"] for s in as_json(db, logging, "status").envelope["data"]["migrations"]] == ["applied"] * 2


def test_several_of_one_event_run_by_name(db: Target, project: Project) -> None:
    run(db, "CREATE TABLE log (id serial, event text)")
    names = ("afterMigrate__b", "afterMigrate", "afterMigrate__a_grants")
    project.write({f"sql/callbacks/{name}.sql": LOG.format(name) for name in names})
    project.write({"phases/001_a.sql": ""})
    assert call(db, project, "migrate").code == 0
    assert said(db) == ["afterMigrate", "afterMigrate__a_grants", "afterMigrate__b"]


def test_a_failing_after_each_callback_rolls_the_file_back_with_it(db: Target, logging: Project) -> None:
    logging.write({"sql/callbacks/afterEachMigrate.sql": "SELECT 1;\nSELECT nope FROM t2;"})
    run(db, "CREATE TABLE t2_ ()")
    answer = as_json(db, logging, "migrate")
    assert (answer.code, answer.rules) == (4, ["apply-failed"])
    assert answer.envelope["findings"][0]["place"]["name"] == "sql/callbacks/afterEachMigrate.sql"
    assert answer.envelope["findings"][0]["place"]["line"] == 2
    assert "t1" not in relations(db), "the first file is rolled back with its callback"
    assert [(row[2], row[4]) for row in history(db)] == [("001", "failed")]
    assert said(db) == ["beforeMigrate", "afterEachMigrateError", "afterMigrateError"]


def test_a_failing_file_runs_the_callbacks_of_failure_and_no_others(db: Target, logging: Project) -> None:
    logging.write({"phases/002_2.sql": "CREATE TABLE t2 (); SELECT nope;"})
    answer = as_json(db, logging, "migrate")
    assert answer.code == 4
    assert said(db) == [
        "beforeMigrate",
        *("beforeEachMigrate", "1", "afterEachMigrate"),
        *("afterEachMigrateError", "afterMigrateError"),
    ]
    assert [(s["kind"], s["subject"], s["state"]) for s in answer.envelope["steps"]][-2:] == [
        ("callback", "sql/callbacks/afterEachMigrateError.sql", "applied"),
        ("callback", "sql/callbacks/afterMigrateError.sql", "applied"),
    ]


def test_a_failing_callback_of_failure_does_not_hide_the_first_failure(db: Target, logging: Project) -> None:
    logging.write({"phases/001_1.sql": "SELECT first;", "sql/callbacks/afterMigrateError.sql": "SELECT second;"})
    answer = call(db, logging, "migrate")
    assert answer.code == 4
    assert 'column "first" does not exist' in answer.err
    assert "a callback of the failed run failed, too" in answer.err
    assert "phases/001_1.sql:1:8" in answer.err


def test_a_failing_before_migrate_stops_the_run_before_its_first_file(db: Target, logging: Project) -> None:
    logging.write({"sql/callbacks/beforeMigrate.sql": "SELECT nope;"})
    assert call(db, logging, "migrate").code == 4
    assert not {"t1", "t2"} & relations(db)
    assert said(db)[-1] == "afterMigrateError"
    assert history(db) == []


def test_a_failing_after_migrate_leaves_the_files_applied_and_says_so(db: Target, logging: Project) -> None:
    logging.write({"sql/callbacks/afterMigrate.sql": "SELECT nope;"})
    answer = call(db, logging, "migrate")
    assert answer.code == 4
    assert "sql/callbacks/afterMigrate.sql:1:8" in answer.err
    assert [row[4] for row in history(db)] == ["applied"] * 2


def test_down_has_its_own(db: Target, logging: Project) -> None:
    logging.write({"phases/002_2.undo.sql": f"ALTER TABLE t2 RENAME TO t2_;\n{LOG.format('undo')}"})
    assert call(db, logging, "migrate").code == 0
    run(db, "TRUNCATE log")
    assert call(db, logging, "down", "--to", "1").code == 0
    assert said(db) == ["beforeDown", "beforeEachDown", "undo", "afterEachDown", "afterDown"]


def test_a_failing_undo_runs_the_callback_of_its_failure(db: Target, logging: Project) -> None:
    logging.write({"phases/002_2.undo.sql": "SELECT nope;"})
    assert call(db, logging, "migrate").code == 0
    run(db, "TRUNCATE log")
    assert call(db, logging, "down", "--to", "1").code == 4
    assert said(db) == ["beforeDown", "afterDownError"]


def test_around_a_file_that_refuses_a_transaction_they_have_their_own(db: Target, project: Project) -> None:
    run(db, "CREATE TABLE log (id serial, event text); CREATE TABLE a (x int)")
    project.write(
        {
            "sql/callbacks/beforeEachMigrate.sql": LOG.format("before"),
            "sql/callbacks/afterEachMigrate.sql": LOG.format("after"),
            "phases/001_i.sql": "CREATE INDEX CONCURRENTLY i ON a (x);",
            "phases/002_bad.sql": "CREATE UNIQUE INDEX CONCURRENTLY j ON nowhere (x);",
        }
    )
    assert call(db, project, "migrate").code == 4
    assert said(db) == ["before", "after", "before"]
    assert "i" in relations(db)


def test_a_callback_may_refuse_a_transaction_itself(db: Target, project: Project) -> None:
    project.write({"sql/callbacks/afterMigrate.sql": "VACUUM ANALYZE a;", "phases/001_a.sql": "CREATE TABLE a ();"})
    assert call(db, project, "migrate").code == 0
    project.write({"sql/callbacks/afterEachMigrate.sql": "VACUUM a;", "phases/002_b.sql": "CREATE TABLE b ();"})
    assert call(db, project, "migrate").code == 0


def test_repeatable_files_have_them_too_and_their_dependants_come_back(db: Target, logging: Project) -> None:
    logging.write(
        {
            "sql/views/a.sql": "CREATE OR REPLACE VIEW a AS SELECT 1 AS x;",
            "sql/views/b.sql": "CREATE OR REPLACE VIEW b AS SELECT x FROM a;",
        }
    )
    assert call(db, logging, "migrate").code == 0
    run(db, "TRUNCATE log")
    logging.write({"sql/views/a.sql": "CREATE OR REPLACE VIEW a AS SELECT 'one' AS x;"})
    answer = call(db, logging, "migrate")
    assert answer.code == 0, answer.err
    assert rows(db, "SELECT x FROM b") == [("one",)]
    assert said(db) == ["beforeMigrate", "beforeEachMigrate", "afterEachMigrate", "afterMigrate"]


def test_what_a_callback_sets_does_not_reach_the_next_file(db: Target, project: Project) -> None:
    run(db, "CREATE SCHEMA other")
    project.write({"sql/callbacks/afterEachMigrate.sql": "SET search_path TO other;"})
    project.write({f"phases/00{n}_t.sql": f"CREATE TABLE t{n} ();" for n in (1, 2)})
    assert call(db, project, "migrate").code == 0
    assert relations(db) == {"t1", "t2"}


def test_a_mistake_in_any_of_them_is_found_before_anything_runs(db: Target, logging: Project) -> None:
    logging.write({"sql/callbacks/afterMigrateError.sql": "SELEC 1;"})
    answer = as_json(db, logging, "migrate")
    assert answer.code == 3
    assert answer.envelope["findings"][0]["place"]["name"] == "sql/callbacks/afterMigrateError.sql"
    assert said(db) == []


def test_a_dry_run_shows_them_in_their_places(db: Target, logging: Project) -> None:
    answer = call(db, logging, "migrate", "--dry-run")
    places = [answer.out.index(f"'{event}'") for event in ("beforeMigrate", "beforeEachMigrate", "1", "afterMigrate")]
    assert places == sorted(places)
    assert "afterMigrateError" not in answer.out
    assert said(db) == []


def test_they_are_rendered_with_the_variables(db: Target, logging: Project) -> None:
    logging.write({"sql/callbacks/beforeMigrate.sql": "INSERT INTO log (event) VALUES ({{ who | literal }});"})
    assert call(db, logging, "migrate", "--var", "who=it's me").code == 0
    assert said(db)[0] == "it's me"
