"""What must not turn green by itself: runs after a failure, a kill or an edit."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from catalog import rows, run
from platformdb.errors import ApplyFailed
from platformdb.migrations.outlook import Options
from platformdb.migrations.repair import baseline
from platformdb.migrations.run import down, migrate
from platformdb.migrations.status import status
from platformdb.postgres.target import Target
from platformdb.report.model import Outcome, Report
from platformdb.report.progress import Silent
from projects import Project


def migrated(db: Target, project: Project) -> Report:
    return migrate(nullcontext(db), project.platform, Silent())


def state(db: Target, project: Project) -> list[str]:
    return [migration["state"] for migration in status(db, project.platform).data["migrations"]]


def test_an_index_of_the_same_name_is_not_taken_for_the_one_that_failed(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_a.sql": "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (b);",
            "phases/002_b.sql": "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);",
        }
    )
    for _ in range(2):
        with pytest.raises(ApplyFailed, match='relation "i" already exists'):
            migrated(db, project)
    assert state(db, project) == ["applied", "failed"]


def test_a_statement_that_was_edited_since_it_was_cut_short_is_not_taken_for_done(db: Target, project: Project) -> None:
    text = "CREATE TABLE t (a int, b int);\nCREATE INDEX CONCURRENTLY i ON t (a);"
    project.write({"phases/001_a.sql": text})
    migrated(db, project)
    run(db, "DELETE FROM platformdb.history WHERE id = (SELECT max(id) FROM platformdb.history)")
    project.write({"phases/001_a.sql": text.replace("(a);", "(a, b);")})
    assert migrated(db, project).outcome is Outcome.REFUSED
    assert state(db, project) == ["interrupted"]


def test_a_repeatable_file_that_failed_halfway_begins_anew(db: Target, project: Project) -> None:
    project.write({"sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS a; VACUUM nowhere;"})
    with pytest.raises(ApplyFailed):
        migrated(db, project)
    project.write({"sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 2 AS a; VACUUM pg_class;"})
    assert migrated(db, project).ok
    assert rows(db, "SELECT a FROM v") == [(2,)]


def test_parts_that_ran_and_are_gone_from_the_file_are_missed(db: Target, project: Project) -> None:
    text = "CREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM nowhere;"
    project.write({"phases/001_a.sql": text})
    with pytest.raises(ApplyFailed):
        migrated(db, project)
    project.write({"phases/001_a.sql": "CREATE TABLE t (a int);"})
    assert migrated(db, project).outcome is Outcome.REFUSED
    assert state(db, project) == ["modified"]


def test_a_procedure_that_committed_before_it_met_a_lock_is_not_called_again(db: Target, project: Project) -> None:
    body = "BEGIN INSERT INTO log VALUES (1); COMMIT; LOCK TABLE busy; END"
    project.write(
        {
            "phases/001_a.sql": "CREATE TABLE log (x int); CREATE TABLE busy ();\n"
            f"CREATE PROCEDURE p() LANGUAGE plpgsql AS $${body}$$;",
            "phases/002_b.sql": "CALL p();",
        }
    )
    migrate(nullcontext(db), project.platform, Silent(), options=Options(target="001"))
    from platformdb.postgres.connect import connect

    with connect(db) as other:
        other.execute("BEGIN; LOCK TABLE busy")
        with pytest.raises(ApplyFailed):
            migrate(nullcontext(db), project.platform, Silent(), options=Options(lock_timeout="200ms"))
        other.execute("ROLLBACK")
    assert rows(db, "SELECT count(*) FROM log") == [(1,)]


def test_the_recipe_for_not_null_without_a_scan_works(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_a.sql": "CREATE TABLE t (a int);",
            "phases/002_b.sql": "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\n"
            "ALTER TABLE t VALIDATE CONSTRAINT c;\nALTER TABLE t ALTER COLUMN a SET NOT NULL;\n"
            "ALTER TABLE t DROP CONSTRAINT c;",
        }
    )
    assert migrated(db, project).ok


def test_an_undo_file_that_was_edited_in_what_ran_is_refused(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_a.sql": "CREATE TABLE t (); CREATE TABLE u ();",
            "phases/001_a.undo.sql": "DROP TABLE t;\nVACUUM nowhere;\nDROP TABLE u;",
        }
    )
    migrated(db, project)
    options = Options(target="0", allow_destructive=True)
    with pytest.raises(ApplyFailed):
        down(nullcontext(db), project.platform, Silent(), options=options)
    project.write({"phases/001_a.undo.sql": "DROP TABLE t;\nDROP TABLE u;\nVACUUM pg_class;"})
    report = down(nullcontext(db), project.platform, Silent(), options=options)
    assert [finding.rule for finding in report.findings] == ["undo-interrupted"]
    project.write({"phases/001_a.undo.sql": "DROP TABLE t;\nVACUUM pg_class;\nDROP TABLE u;"})
    assert down(nullcontext(db), project.platform, Silent(), options=options).ok
    assert rows(db, "SELECT to_regclass('u')") == [(None,)]


def test_an_undo_file_of_which_all_that_is_left_ran_completes(db: Target, project: Project) -> None:
    project.write({"phases/001_a.sql": "CREATE TABLE t ();", "phases/001_a.undo.sql": "DROP TABLE t;\nVACUUM nowhere;"})
    migrated(db, project)
    options = Options(target="0", allow_destructive=True)
    with pytest.raises(ApplyFailed):
        down(nullcontext(db), project.platform, Silent(), options=options)
    project.write({"phases/001_a.undo.sql": "DROP TABLE t;"})
    assert down(nullcontext(db), project.platform, Silent(), options=options).ok
    assert state(db, project) == ["pending"]


def test_a_baseline_above_the_last_file_is_refused(db: Target, project: Project) -> None:
    project.write({"phases/001_a.sql": "CREATE TABLE t ();"})
    report = baseline(nullcontext(db), project.platform, Silent(), version="100", options=Options())
    assert [finding.rule for finding in report.findings] == ["baseline-above"]


def test_a_callback_keeps_its_settings_between_its_parts(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_a.sql": "CREATE SCHEMA app; CREATE TABLE app.t ();",
            "sql/callbacks/afterMigrate.sql": "SET search_path = app; SELECT count(*) FROM t; VACUUM t;",
        }
    )
    assert migrated(db, project).ok


def test_an_undo_file_may_call_a_procedure_that_commits(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_a.sql": "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN COMMIT; END$$;",
            "phases/001_a.undo.sql": "CALL p();\nDROP PROCEDURE p();",
        }
    )
    migrated(db, project)
    options = Options(target="0", allow_destructive=True)
    assert down(nullcontext(db), project.platform, Silent(), options=options).ok
