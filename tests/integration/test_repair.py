"""baseline and repair: what only a person can decide, and what migrate does afterwards."""

from __future__ import annotations

import signal

import pytest

from catalog import DEFINITIONS, history, picture, relations, rows, run, until
from commandline import environment, finish, start
from inprocess import as_json, call
from platformdb.postgres.target import Target
from projects import Project


def states(db: Target, project: Project) -> list[str]:
    return [standing["state"] for standing in as_json(db, project, "status").envelope["data"]["migrations"]]


class TestBaseline:
    @pytest.fixture
    def existing(self, db: Target, project: Project) -> Project:
        run(db, "CREATE TABLE one (x int); CREATE TABLE two (x int)")
        return project.write(
            {
                "phases/001_one.sql": "CREATE TABLE one (x int);",
                "phases/002_two.sql": "CREATE TABLE two (x int);",
                "phases/003_three.sql": "CREATE TABLE three (x int);",
            }
        )

    def test_migrate_goes_on_above_it(self, db: Target, existing: Project) -> None:
        said = as_json(db, existing, "baseline", "002")
        assert said.code == 0, said.err
        assert states(db, existing) == ["baseline", "baseline", "pending"]
        said = as_json(db, existing, "migrate")
        assert [step["subject"] for step in said.envelope["steps"]] == ["phases/003_three.sql"]
        assert relations(db) == {"one", "two", "three"}
        assert call(db, existing, "validate").code == 0

    def test_files_up_to_it_may_hold_anything(self, db: Target, existing: Project) -> None:
        assert call(db, existing, "baseline", "2").code == 0
        existing.write({"phases/001_one.sql": "CREATE TABLE one (other bigint);"})
        existing.remove("phases/002_two.sql")
        assert call(db, existing, "migrate").code == 0
        assert states(db, existing) == ["baseline", "applied"]

    def test_it_needs_no_file_of_its_own(self, db: Target, existing: Project) -> None:
        assert call(db, existing, "baseline", "2.5").code == 0
        assert states(db, existing) == ["baseline", "baseline", "pending"]

    @pytest.mark.parametrize("version", ["two", "1,5", "v2", ""])
    def test_what_is_no_version_is_refused(self, db: Target, existing: Project, version: str) -> None:
        before = picture(db)
        said = as_json(db, existing, "baseline", version)
        assert (said.code, said.rules) == (3, ["baseline-version"])
        assert picture(db) == before

    def test_a_database_with_a_history_takes_none(self, db: Target, existing: Project) -> None:
        assert call(db, existing, "baseline", "2").code == 0
        before = picture(db)
        said = as_json(db, existing, "baseline", "3")
        assert (said.code, said.rules) == (3, ["baseline-late"])
        assert picture(db) == before

    def test_after_the_first_migrate_it_is_too_late(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert call(db, project, "migrate").code == 0
        assert as_json(db, project, "baseline", "1").rules == ["baseline-late"]

    def test_a_failed_first_migrate_is_no_history_yet(self, db: Target, existing: Project) -> None:
        """What everybody meets who forgets the baseline: the first table is there already."""
        assert call(db, existing, "migrate").code == 4
        said = call(db, existing, "baseline", "2")
        assert said.code == 0, said.err
        assert call(db, existing, "migrate").code == 0
        assert relations(db) == {"one", "two", "three"}
        assert states(db, existing)[2] == "applied"


class TestEdits:
    @pytest.fixture
    def applied(self, db: Target, project: Project) -> Project:
        project.write({"phases/001_a.sql": "CREATE TABLE a (x int);", "phases/002_b.sql": "CREATE TABLE b ();"})
        assert call(db, project, "migrate").code == 0
        return project

    def cosmetic(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "-- why\nCREATE TABLE a\n  (x int)\n;\n"})

    def modified(self, project: Project) -> None:
        project.write({"phases/002_b.sql": "CREATE TABLE b (y text);"})

    def test_a_cosmetic_edit_is_a_warning_and_stops_nothing(self, db: Target, applied: Project) -> None:
        self.cosmetic(applied)
        applied.write({"phases/003_c.sql": "CREATE TABLE c ();"})
        said = as_json(db, applied, "migrate")
        assert (said.code, said.rules) == (0, ["migration-cosmetic"])
        assert said.envelope["findings"][0]["severity"] == "warning"
        assert "c" in relations(db)
        assert states(db, applied) == ["edited", "applied", "applied"]
        assert as_json(db, applied, "status", "--check").code == 0

    def test_line_ends_and_a_byte_order_mark_are_no_edit_at_all(self, db: Target, applied: Project) -> None:
        applied.write({"phases/001_a.sql": b"\xef\xbb\xbfCREATE TABLE a (x int);\r\n"})
        assert states(db, applied) == ["applied", "applied"]
        assert call(db, applied, "migrate").out == "✓ demo: nothing to do, the database is up to date\n"

    def test_repair_cosmetic_ends_the_warning(self, db: Target, applied: Project) -> None:
        self.cosmetic(applied)
        said = as_json(db, applied, "repair", "--cosmetic")
        assert said.code == 0, said.err
        assert history(db)[-1][2:5] == ("001", "a", "accepted")
        assert states(db, applied) == ["applied", "applied"]
        assert as_json(db, applied, "migrate").rules == []
        assert call(db, applied, "validate").code == 0

    def test_repair_cosmetic_takes_no_other_edit(self, db: Target, applied: Project) -> None:
        self.modified(applied)
        said = as_json(db, applied, "repair", "--cosmetic")
        assert said.envelope["steps"] == []
        assert as_json(db, applied, "migrate").rules == ["migration-modified"]

    @pytest.mark.parametrize("command", ["migrate", "status", "validate"])
    def test_every_command_shows_the_difference_to_what_ran(self, db: Target, applied: Project, command: str) -> None:
        self.modified(applied)
        said = as_json(db, applied, command)
        assert said.code == (3 if command == "migrate" else 1)
        (finding,) = said.envelope["findings"]
        assert finding["rule"] == "migration-modified"
        assert "-CREATE TABLE b ()\n+CREATE TABLE b (y text)" in finding["detail"]
        assert "repair --accept 002" in finding["help"]

    def test_accept_makes_the_edited_file_the_one_that_was_applied(self, db: Target, applied: Project) -> None:
        self.modified(applied)
        run(db, "ALTER TABLE b ADD COLUMN y text")
        schema = rows(db, DEFINITIONS)
        said = as_json(db, applied, "repair", "--accept", "2")
        assert said.code == 0, said.err
        assert rows(db, DEFINITIONS) == schema, "only the history tells of it"
        assert history(db)[-1][2:5] == ("002", "b", "accepted")
        assert states(db, applied) == ["applied", "applied"]
        assert call(db, applied, "migrate").code == 0

    def test_the_next_difference_is_to_what_was_accepted(self, db: Target, applied: Project) -> None:
        self.modified(applied)
        assert call(db, applied, "repair", "--accept", "002").code == 0
        applied.write({"phases/002_b.sql": "CREATE TABLE b (y int);"})
        (finding,) = as_json(db, applied, "migrate").envelope["findings"]
        assert "-CREATE TABLE b (y text)\n+CREATE TABLE b (y int)" in finding["detail"]

    def test_accept_of_a_file_in_parts_can_be_undone_and_applied_again(self, db: Target, project: Project) -> None:
        text = "CREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY i ON a (x);\nCREATE TABLE b ();"
        project.write({"phases/001_a.sql": text, "phases/001_a.undo.sql": "DROP TABLE a; DROP TABLE b;"})
        assert call(db, project, "migrate").code == 0
        project.write({"phases/001_a.sql": text.replace("x int", "x bigint")})
        assert call(db, project, "repair", "--accept", "1").code == 0
        assert states(db, project) == ["applied"]
        assert call(db, project, "down", "--to", "0", "--allow-destructive").code == 0
        assert call(db, project, "migrate").code == 0
        assert states(db, project) == ["applied"]

    def test_a_file_that_only_failed_may_go_or_get_another_number(self, db: Target, applied: Project) -> None:
        applied.write({"phases/003_c.sql": "SELECT nope;"})
        assert call(db, applied, "migrate").code == 4
        applied.remove("phases/003_c.sql")
        applied.write({"phases/004_c.sql": "CREATE TABLE c ();"})
        said = call(db, applied, "migrate")
        assert said.code == 0, said.err
        assert states(db, applied) == ["applied"] * 3
        assert call(db, applied, "validate").code == 0

    def test_an_edit_in_a_part_that_ran_of_a_file_that_is_not_whole_cannot_be_accepted(
        self, db: Target, project: Project
    ) -> None:
        text = "CREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY i ON a (x);\nSELECT nope;"
        project.write({"phases/001_a.sql": text})
        assert call(db, project, "migrate").code == 4
        project.write({"phases/001_a.sql": text.replace("x int", "x bigint").replace("nope", "1")})
        before = picture(db)
        said = as_json(db, project, "repair", "--accept", "1")
        assert (said.code, said.rules) == (3, ["repair-halfway"])
        assert picture(db) == before

    @pytest.mark.parametrize("flag", ["--accept", "--ran", "--not-run"])
    @pytest.mark.parametrize(
        ("version", "said"), [("1", "is applied, not"), ("7", "no version 7"), ("a", "no version a")]
    )
    def test_a_verdict_about_what_does_not_need_one_is_refused(
        self, db: Target, applied: Project, flag: str, version: str, said: str
    ) -> None:
        before = picture(db)
        answer = as_json(db, applied, "repair", flag, version)
        assert (answer.code, answer.rules) == (3, ["repair-mismatch"])
        assert said in answer.envelope["findings"][0]["message"]
        assert picture(db) == before

    def test_told_nothing_it_asks_what_to_do(self, db: Target, applied: Project) -> None:
        said = call(db, applied, "repair")
        assert said.code == 2
        assert "--cosmetic, --accept, --ran or --not-run" in said.err

    def test_a_dry_run_says_what_it_would_write_and_writes_nothing(self, db: Target, applied: Project) -> None:
        self.modified(applied)
        before = picture(db)
        said = as_json(db, applied, "repair", "--accept", "2", "--dry-run")
        assert said.code == 0
        assert [(step["kind"], step["subject"], step["state"]) for step in said.envelope["steps"]] == [
            ("repair", "phases/002_b.sql", "planned")
        ]
        assert picture(db) == before


class TestInterrupted:
    """A CALL that commits was under way when the runner died: nobody can tell whether it did its work."""

    PROCEDURE = """
    CREATE TABLE t (x int);
    CREATE TABLE gate AS SELECT 60 AS seconds;
    CREATE PROCEDURE p() LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM pg_sleep(seconds) FROM gate; END $$;
    """
    AT_WORK = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"

    @pytest.fixture
    def stopped(self, db: Target, project: Project) -> Project:
        calling = "CREATE TABLE before ();\nCALL p();\nCREATE TABLE after ();"
        project.write({"phases/001_p.sql": self.PROCEDURE, "phases/002_call.sql": calling})
        process = start("migrate", cwd=project.root, env=environment(db))
        until(lambda: rows(db, f"SELECT pid {self.AT_WORK}"))
        process.send_signal(signal.SIGKILL)
        finish(process)
        run(db, f"SELECT pg_terminate_backend(pid) {self.AT_WORK}")
        until(lambda: not rows(db, f"SELECT pid {self.AT_WORK}"))
        run(db, "UPDATE gate SET seconds = 0")
        assert (rows(db, "SELECT count(*) FROM t"), "before" in relations(db)) == ([(1,)], True)
        return project

    def test_no_run_goes_on_before_somebody_has_looked(self, db: Target, stopped: Project) -> None:
        before = picture(db)
        said = as_json(db, stopped, "migrate")
        assert (said.code, said.rules) == (3, ["migration-interrupted"])
        (finding,) = said.envelope["findings"]
        assert finding["place"] == {"name": "phases/002_call.sql", "line": 2, "column": 1}
        assert "--ran 002" in finding["help"]
        assert picture(db) == before
        assert states(db, stopped) == ["applied", "interrupted"]

    def test_ran_goes_on_behind_it(self, db: Target, stopped: Project) -> None:
        assert call(db, stopped, "repair", "--ran", "002").code == 0
        assert states(db, stopped) == ["applied", "partial"]
        assert call(db, stopped, "migrate").code == 0
        assert rows(db, "SELECT count(*) FROM t") == [(1,)]
        assert "after" in relations(db)
        assert call(db, stopped, "validate").code == 0

    def test_not_run_runs_it_again(self, db: Target, stopped: Project) -> None:
        assert call(db, stopped, "repair", "--not-run", "002").code == 0
        said = call(db, stopped, "migrate")
        assert said.code == 0, said.err
        assert rows(db, "SELECT count(*) FROM t") == [(2,)]
        assert "after" in relations(db)
        assert states(db, stopped) == ["applied", "applied"]

    def test_ran_of_the_last_part_completes_the_file(self, db: Target, stopped: Project) -> None:
        stopped.write({"phases/002_call.sql": "CREATE TABLE before ();\nCALL p();"})
        assert call(db, stopped, "repair", "--ran", "002").code == 0
        assert states(db, stopped) == ["applied", "applied"]
        assert call(db, stopped, "migrate").out == "✓ demo: nothing to do, the database is up to date\n"

    def test_where_the_statement_is_gone_from_the_file_the_verdict_is_refused_in_words(
        self, db: Target, stopped: Project
    ) -> None:
        stopped.write({"phases/002_call.sql": "CREATE TABLE before ();"})
        said = call(db, stopped, "repair", "--ran", "002")
        assert said.code == 3, said.everything
        assert "has part 2 no more as it was" in said.err
