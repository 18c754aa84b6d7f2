"""status: where every migration stands, for people, for programs, and for services that wait."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from catalog import picture, rows, run, until
from commandline import environment, finish, start
from embedded_server import project_folder
from inprocess import Said, as_json, call
from platformdb.config import Config
from platformdb.postgres.server.lifecycle import ensure_running, shut_down
from platformdb.postgres.server.run import target_of
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

COMMITTING = """
CREATE TABLE t (x int);
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM pg_sleep(60); END $$;
"""


def lines(said: Said) -> dict[str, str]:
    """The rows of the table in the text, by the file's name."""
    table = said.out.split("migrations\n", 1)[1].split("\n\n")[0].splitlines()[1:]
    return {line.split()[1] if line.split()[0][0].isdigit() else line.split()[0]: line for line in table}


def states(said: Said) -> dict[str, str]:
    return {s["name"]: s["state"] for s in said.envelope["data"]["migrations"]}


class TestStates:
    def test_a_database_without_history_has_everything_pending_and_gets_none(
        self, db: Target, project: Project
    ) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();", "sql/views/v.sql": "CREATE VIEW v AS SELECT 1;"})
        before = picture(db)
        said = call(db, project, "status")
        assert (said.code, said.out.splitlines()[0]) == (0, "✓ demo: 2 pending")
        assert states(as_json(db, project, "status")) == {"a": "pending", "sql/views/v.sql": "pending"}
        assert picture(db) == before

    def test_each_state_has_its_line_in_text_and_its_word_in_json(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_applied.sql": "CREATE TABLE one ();",
                "phases/002_edited.sql": "CREATE TABLE two ();",
                "phases/003_modified.sql": "CREATE TABLE three ();",
                "phases/004_missing.sql": "CREATE TABLE four ();",
                "phases/005_unreadable.sql": "CREATE TABLE five ();",
                "phases/007_late.sql": "CREATE TABLE seven ();",
                "sql/views/changed.sql": "CREATE OR REPLACE VIEW changed AS SELECT 1 AS x;",
                "sql/views/gone.sql": "CREATE OR REPLACE VIEW gone AS SELECT 1 AS x;",
            }
        )
        assert call(db, project, "migrate").code == 0
        project.write(
            {
                "phases/002_edited.sql": "-- why\nCREATE TABLE two ();",
                "phases/003_modified.sql": "CREATE TABLE three (x int);",
                "phases/005_unreadable.sql": "CREATE TABLE five (;",
                "phases/006_early.sql": "CREATE TABLE six ();",
                "phases/008_pending.sql": "CREATE TABLE eight ();",
                "sql/views/changed.sql": "CREATE OR REPLACE VIEW changed AS SELECT 2 AS x;",
            }
        )
        project.remove("phases/004_missing.sql")
        project.remove("sql/views/gone.sql")
        expected = {
            "applied": "applied",
            "edited": "edited",
            "modified": "modified",
            "missing": "missing",
            "unreadable": "unreadable",
            "early": "out of order",
            "late": "applied",
            "pending": "pending",
            "sql/views/changed.sql": "changed",
            "sql/views/gone.sql": "missing",
        }
        said = as_json(db, project, "status")
        assert states(said) == expected
        assert said.code == 1
        assert sorted(said.rules) == [
            "migration-cosmetic",
            "migration-missing",
            "migration-modified",
            "migration-out-of-order",
            "refused",
            "repeatable-missing",
        ]
        text = call(db, project, "status")
        shown = lines(text)
        assert {name: state in shown[name] for name, state in expected.items()} == dict.fromkeys(expected, True)
        assert text.out.startswith(
            "✗ demo: 2 applied, 1 pending, 1 changed, 1 edited, 1 modified, 2 missing, 1 unreadable, 1 out of order\n"
        )

    def test_a_failed_migration_says_at_which_statement_and_why(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELECT 1;\nSELECT 2;\nSELECT nope;"})
        assert call(db, project, "migrate").code == 4
        said = as_json(db, project, "status")
        (standing,) = said.envelope["data"]["migrations"]
        error = 'statement 3 of 3 at phases/001_a.sql:3:8: 42703 column "nope" does not exist'
        assert (standing["state"], standing["error"], standing["done"]) == ("failed", error, 0)
        assert said.rules == ["migration-failed"]
        text = call(db, project, "status").out
        assert "failed at statement 3 of 3" in text
        assert f"\n  {error}\n" in text

    def test_a_migration_that_stopped_in_the_middle_says_how_far_it_came(self, db: Target, project: Project) -> None:
        project.write(
            {"phases/001_a.sql": "CREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY i ON a (x);\nSELECT no;"}
        )
        assert call(db, project, "migrate").code == 4
        said = as_json(db, project, "status")
        (standing,) = said.envelope["data"]["migrations"]
        assert (standing["state"], standing["done"], standing["segments"]) == ("partial", 2, 3)
        (finding,) = said.envelope["findings"]
        assert finding["message"] == "phases/001_a.sql stopped after part 2 of 3"
        assert finding["place"] == {"name": "phases/001_a.sql", "line": 3, "column": 1}
        assert 'column "no" does not exist' in finding["detail"]
        assert "partial: 2 of 3 parts" in call(db, project, "status").out

    def test_what_was_there_before_and_what_came_out_of_order_is_said(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELECT 1;", "phases/003_c.sql": "SELECT 3;"})
        assert call(db, project, "baseline", "001").code == 0
        assert call(db, project, "migrate").code == 0
        project.write({"phases/002_b.sql": "SELECT 2;"})
        assert call(db, project, "migrate", "--out-of-order").code == 0
        found = as_json(db, project, "status").envelope["data"]["migrations"]
        assert [(s["state"], s["out_of_order"]) for s in found] == [
            ("baseline", False),
            ("applied", True),
            ("applied", False),
        ]

    def test_an_interrupted_call_and_a_half_done_undo_are_said(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int); CREATE INDEX i ON a (x);",
                "phases/001_a.undo.sql": "DROP INDEX CONCURRENTLY i;\nSELECT nope;",
            }
        )
        assert call(db, project, "migrate").code == 0
        assert call(db, project, "down", "--to", "0", "--allow-destructive").code == 4
        assert "half undone: 1 part of its undo file ran" in call(db, project, "status").out
        other = Project(project.root.parent / "other")
        other.write({"phases/001_p.sql": COMMITTING, "phases/002_call.sql": "CALL p();"})
        process = start("migrate", cwd=other.root, env=environment(db))
        until(lambda: _sleeping(db))
        process.send_signal(signal.SIGKILL)
        finish(process)
        run(db, f"SELECT pg_terminate_backend(pid) {AT_WORK}")
        said = as_json(db, other, "status")
        assert (said.code, said.rules) == (1, ["migration-interrupted"])
        assert states(said) == {"p": "applied", "call": "interrupted"}
        assert "interrupted" in lines(call(db, other, "status"))["call"]


AT_WORK = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"


def _sleeping(db: Target) -> bool:
    return bool(rows(db, f"SELECT pid {AT_WORK}"))


class TestCheck:
    def test_it_exits_1_while_something_is_pending(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        said = as_json(db, project, "status", "--check")
        assert (said.code, said.rules) == (1, ["migration-pending"])
        assert call(db, project, "migrate").code == 0
        assert as_json(db, project, "status", "--check").code == 0

    def test_a_changed_view_is_pending_too(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "", "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;"})
        assert call(db, project, "migrate").code == 0
        project.write({"sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 2 AS x;"})
        said = as_json(db, project, "status", "--check")
        assert (said.code, [f["message"] for f in said.envelope["findings"]]) == (1, ["sql/views/v.sql is changed"])

    def test_without_it_pending_is_no_reason_to_fail(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert as_json(db, project, "status").code == 0


class TestWait:
    @pytest.fixture
    def pending(self, project: Project) -> Project:
        return project.write({"phases/001_a.sql": "CREATE TABLE a ();"})

    def test_it_returns_at_once_where_all_is_well(self, db: Target, pending: Project) -> None:
        assert call(db, pending, "migrate").code == 0
        said = call(db, pending, "status", "--wait", "0s")
        assert (said.code, said.err) == (0, "")

    def test_it_holds_back_until_another_process_has_migrated(self, db: Target, pending: Project) -> None:
        waiting = start("status", "--wait", "60s", cwd=pending.root, env=environment(db))
        assert waiting.stderr is not None
        assert "waiting: demo: 1 pending" in waiting.stderr.readline()
        assert call(db, pending, "migrate").code == 0
        result = finish(waiting)
        assert (result.returncode, result.stdout.splitlines()[0]) == (0, "✓ demo: 1 applied")

    def test_it_gives_up_with_exit_code_5_and_says_what_is_missing(self, db: Target, pending: Project) -> None:
        said = as_json(db, pending, "status", "--wait", "0.1s")
        assert (said.code, said.rules) == (5, ["not-now"])
        assert "after 0.1 s: demo: 1 pending" in said.envelope["summary"]

    @pytest.mark.parametrize("duration", ["soon", "-1s", "1 fortnight"])
    def test_a_duration_that_is_none_is_a_mistake_of_the_command_line(
        self, db: Target, pending: Project, duration: str
    ) -> None:
        said = call(db, pending, "status", f"--wait={duration}")
        assert said.code == 2
        assert "is not a duration" in said.err

    def test_a_modified_file_is_waited_for_and_named_in_the_end(self, db: Target, pending: Project) -> None:
        assert call(db, pending, "migrate").code == 0
        pending.write({"phases/001_a.sql": "CREATE TABLE a (x int);"})
        said = call(db, pending, "status", "--wait", "0s")
        assert said.code == 5
        assert "1 modified" in said.err

    @pytest.mark.newest_server
    def test_a_server_that_is_not_up_yet_is_waited_for(self, server: Server, pending: Project) -> None:
        with project_folder() as folder:
            config = Config(project=folder)
            target = target_of(ensure_running(config, Silent()), "postgres")
            shut_down(config, Silent())
            waiting = start("status", "--wait", "60s", cwd=pending.root, env=environment(target))
            assert waiting.stderr is not None
            assert waiting.stderr.readline().startswith("waiting: no connection to ")
            ensure_running(config, Silent())
            assert call(target, pending, "migrate").code == 0
            result = finish(waiting)
        assert result.returncode == 0, result.stderr
        assert "1 applied" in result.stdout

    def test_a_server_that_never_comes_is_exit_code_5(self, db: Target, pending: Project, tmp_path: Path) -> None:
        nowhere = Target("url", {**db.parameters, "host": str(tmp_path), "port": "1"})
        said = as_json(nowhere, pending, "status", "--wait", "0.1s")
        assert (said.code, said.rules) == (5, ["not-now"])
