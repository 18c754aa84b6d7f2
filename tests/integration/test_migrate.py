from __future__ import annotations

import signal
import subprocess
import time
from contextlib import nullcontext
from subprocess import Popen

import pytest

from catalog import DEFINITIONS, history, picture, relations, rows, run
from commandline import envelope_of, environment, finish, platformdb_run, start, url_of
from inprocess import as_json, call
from platformdb import __version__
from platformdb.errors import ApplyFailed, Refused
from platformdb.indexes.run import tier_planner
from platformdb.migrations.outlook import Options
from platformdb.migrations.read import list_files
from platformdb.migrations.run import migrate
from platformdb.migrations.status import status, validate
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.target import Target
from platformdb.report.model import Outcome, Report
from platformdb.report.progress import Silent
from projects import Project
from runners import runner
from servers import Server

CUT = """
CREATE TABLE big (x int, y int);
INSERT INTO big SELECT n, n % 3 FROM generate_series(1, 10) AS n;
CREATE INDEX CONCURRENTLY big_x ON big (x);
CREATE UNIQUE INDEX CONCURRENTLY big_y ON big (y);
CREATE TABLE after_big ();
"""


def migrated(db: Target, project: Project) -> Report:
    return migrate(nullcontext(db), project.platform, Silent())


def events(db: Target) -> list[tuple[object, object]]:
    """Versions and what happened to them, oldest first."""
    return [(row[2], row[4]) for row in history(db)]


def failed(db: Target, project: Project) -> ApplyFailed:
    with pytest.raises(ApplyFailed) as caught:
        migrated(db, project)
    return caught.value


class TestApply:
    def test_files_are_applied_in_order_and_then_there_is_nothing_to_do(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/2_b.sql": "CREATE TABLE b (a int REFERENCES a);",
                "phases/10_c.sql": "CREATE TABLE c (b int);\nALTER TABLE b ADD COLUMN more text;",
                "phases/1_a.sql": "CREATE TABLE a (x int PRIMARY KEY);",
                "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT x FROM a;",
            }
        )
        first = migrated(db, project)
        assert first.ok
        assert [r.step.subject for r in first.steps][1:] == [
            "phases/1_a.sql", "phases/2_b.sql", "phases/10_c.sql", "sql/views/v.sql",
        ]  # fmt: skip
        assert relations(db) == {"a", "a_pkey", "b", "c", "v"}
        before = picture(db)
        again = migrated(db, project)
        assert (again.ok, again.steps) == (True, ())
        assert "nothing to do" in again.summary
        assert picture(db) == before

    def test_the_history_says_what_ran(self, db: Target, project: Project) -> None:
        project.write(
            {"phases/001_a.sql": "-- why\nCREATE TABLE ä ();\n", "sql/views/v.sql": "CREATE VIEW v AS SELECT 1"}
        )
        migrated(db, project)
        checksums = [file.raw for file in list_files(project.platform).migrations]
        (user,) = rows(db, "SELECT current_user")[0]
        assert [row[:5] + row[6:9] for row in history(db)] == [
            ("demo", "versioned", "001", "a", "applied", 1, 1, "CREATE TABLE ä ()"),
            ("demo", "repeatable", "", "sql/views/v.sql", "applied", 1, 1, "CREATE VIEW v AS SELECT 1"),
        ]
        assert [row[5] for row in history(db)] == checksums
        assert {row[9:] for row in history(db)} == {(user, __version__)}
        ((at, took),) = rows(
            db, "SELECT clock_timestamp() - applied_at < '1 minute', elapsed_ms > 0 FROM platformdb.history LIMIT 1"
        )
        assert (at, took) == (True, True)

    def test_a_percent_sign_needs_no_doubling(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a AS SELECT '100 % of %s, %(x)s, 5%% $1' AS text;"})
        migrated(db, project)
        assert rows(db, "SELECT text FROM a") == [("100 % of %s, %(x)s, 5%% $1",)]

    def test_an_empty_file_is_recorded_once(self, db: Target, project: Project) -> None:
        project.write({"phases/001_later.sql": "-- to be written\n", "phases/002_empty.sql": ""})
        assert migrated(db, project).ok
        assert [row[2] for row in history(db)] == ["001", "002"]
        assert migrated(db, project).steps == ()

    def test_a_repeatable_file_runs_again_when_it_changed_and_only_then(self, db: Target, project: Project) -> None:
        project.write({"sql/functions/f.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 1;"})
        migrated(db, project)
        assert migrated(db, project).steps == ()
        project.write({"sql/functions/f.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 2;"})
        (result,) = migrated(db, project).steps
        assert result.step.reason == "the file changed"
        assert rows(db, "SELECT f()") == [(2,)]
        assert len(history(db)) == 2

    def test_tier_one_indexes_come_with_the_tables_in_one_run(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int);",
                "sql/indexes/tier1_a.sql": "-- why\nCREATE INDEX a_x ON a (x);",
            }
        )
        also = (tier_planner(project.platform, tier=1),)
        report = migrate(nullcontext(db), project.platform, Silent(), also=also)
        assert report.data["applied"] == {"versioned": 1, "index": 1}
        assert relations(db) == {"a", "a_x"}
        assert migrate(nullcontext(db), project.platform, Silent(), also=also).steps == ()

    def test_two_platforms_in_one_database_have_histories_of_their_own(self, db: Target, project: Project) -> None:
        other = Project(project.root / "other").write({"phases/001_b.sql": "CREATE TABLE b ();"})
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert migrated(db, project).ok
        assert migrated(db, other).ok
        assert [(row[0], row[3]) for row in history(db)] == [("demo", "a"), ("other", "b")]
        assert validate(db, project.platform).ok

    def test_notices_and_results_of_statements_disturb_nothing(self, db: Target, project: Project) -> None:
        project.write(
            {"phases/001_a.sql": "DO $$ BEGIN RAISE WARNING 'x %', 1; END $$; SELECT 1; SELECT 2 WHERE false; ANALYZE"}
        )
        assert migrated(db, project).ok

    def test_text_arrives_as_written_whatever_encoding_the_client_asks_for(
        self, db: Target, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
        project.write({"phases/001_a.sql": "CREATE TABLE a AS SELECT 'größer €漢' AS text;"})
        migrated(db, project)
        monkeypatch.delenv("PGCLIENTENCODING")
        assert rows(db, "SELECT text, length(text) FROM a") == [("größer €漢", 9)]
        assert validate(db, project.platform).ok


class TestFailure:
    def test_the_failing_file_is_rolled_back_whole_and_the_one_before_stays(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int);",
                "phases/002_b.sql": "CREATE TABLE b (x int);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES ('x');",
                "phases/003_c.sql": "CREATE TABLE c (x int);",
            }
        )
        error = failed(db, project)
        assert error.exit_code == 4
        assert [(r.step.subject, r.state.value) for r in error.results][1:] == [
            ("phases/001_a.sql", "applied"),
            ("phases/002_b.sql", "failed"),
        ]
        assert relations(db) == {"a"}
        assert rows(db, "SELECT count(*) FROM a") == [(0,)]
        assert events(db) == [("001", "applied"), ("002", "failed")]
        project.write({"phases/002_b.sql": "CREATE TABLE b (x int);"})
        assert migrated(db, project).ok
        assert relations(db) == {"a", "b", "c"}

    def test_work_that_cannot_be_recorded_does_not_stand(self, db: Target, project: Project) -> None:
        """The history row is a part of the file's own transaction: neither can be there without the other."""
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert migrated(db, project).ok
        before = picture(db)
        project.write({"phases/002_b.sql": "CREATE TABLE b (); ALTER TABLE platformdb.history DROP COLUMN sql;"})
        assert "phases/002_b.sql" in failed(db, project).message
        assert events(db) == [("001", "applied"), ("002", "failed")]
        assert picture(db)[0] == before[0]

    @pytest.mark.parametrize(
        ("text", "place", "line"),
        [
            ("SELECT * FROM nowhere", "1:15", "SELECT * FROM nowhere"),
            ("-- ä\n\n  SELECT 1, wrong;", "3:13", "  SELECT 1, wrong;"),
            ("SELECT 'größer 漢字';\nSELECT 'ß', nope;", "2:13", "SELECT 'ß', nope;"),
            ("SELECT '😀'; SELECT '😀', nope;", "1:25", "SELECT '😀'; SELECT '😀', nope;"),
            ("SELECT 1;\nSELECT\n\t1,\n\t'ü', nope\nFROM pg_class;", "4:7", "\t'ü', nope"),
            ("CREATE TABLE a ();\nVACUUM a;\n\n   SELECT 'é', nope;", "4:16", "   SELECT 'é', nope;"),
            ("SELECT 1; VACUUM pg_class;\nSELECT 1;\nSELECT nope", "3:8", "SELECT nope"),
            ("SELECT 'ü'; VACUUM nope", "1:13", "SELECT 'ü'; VACUUM nope"),
        ],
    )
    def test_the_servers_position_becomes_line_and_column_of_the_file(
        self, db: Target, project: Project, text: str, place: str, line: str
    ) -> None:
        project.write({"phases/001_a.sql": text})
        error = failed(db, project)
        assert str(error.place) == f"phases/001_a.sql:{place}"
        assert error.place is not None
        assert (error.place.text or "").rstrip(";") == line.rstrip(";")

    def test_of_a_line_that_nobody_can_read_only_the_place_is_said(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": f"SELECT 1;\nSELECT '{'x' * 30_000}', nope;"})
        said = call(db, project, "migrate")
        assert "at phases/001_a.sql:2:30012\n" in said.err
        assert len(said.err) < 2_000

    def test_the_servers_words_are_all_there(self, db: Target, project: Project) -> None:
        using = "DETAIL = 'a detail', HINT = 'a hint', ERRCODE = 'P0123'"
        project.write({"phases/001_a.sql": f"DO $$ BEGIN RAISE 'ouch' USING {using}; END $$"})
        error = failed(db, project)
        assert error.message == "phases/001_a.sql: ouch"
        assert all(
            part in error.detail
            for part in ("SQLSTATE: P0123", "detail: a detail", "hint: a hint", "context: PL/pgSQL")
        )
        assert "rolled back whole" in error.help

    def test_a_constraint_that_fails_only_at_commit_rolls_the_file_back_too(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int PRIMARY KEY);",
                "phases/002_b.sql": "CREATE TABLE b (x int REFERENCES a DEFERRABLE INITIALLY DEFERRED);"
                "INSERT INTO b VALUES (1);",
            }
        )
        assert "foreign key" in failed(db, project).message
        assert relations(db) == {"a", "a_pkey"}
        assert events(db) == [("001", "applied"), ("002", "failed")]

    def test_a_connection_that_dies_is_a_failure_and_no_bug(
        self, db: Target, project: Project, capfd: pytest.CaptureFixture[str]
    ) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a (); SELECT pg_terminate_backend(pg_backend_pid());"})
        assert "terminating connection" in failed(db, project).message
        assert relations(db) == set()
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert migrate(nullcontext(db), project.platform, Silent(), options=Options(wait_seconds=5)).ok
        assert capfd.readouterr() == ("", "")

    def test_a_copy_to_the_client_is_refused_before_anything_runs(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a (x int);\nCOPY a TO STDOUT;"})
        report = migrated(db, project)
        (finding,) = report.findings
        assert (report.exit_code, finding.place and finding.place.line) == (3, 2)
        assert "copies rows to the client" in finding.message
        assert relations(db) == set()

    def test_a_database_that_takes_no_writes_says_so(self, db: Target, project: Project) -> None:
        (name,) = rows(db, "SELECT current_database()")[0]
        run(db, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert "read-only transaction" in failed(db, project).message
        assert picture(db)[1] == []


class TestWhatOnlyShowsLater:
    def test_an_index_whose_name_a_migration_takes_is_no_success(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE INDEX taken ON b (x);",
                "sql/indexes/tier1_critical.sql": "-- wanted\nCREATE INDEX taken ON a (x);",
            }
        )
        also = (tier_planner(project.platform, tier=1),)
        report = migrate(nullcontext(db), project.platform, Silent(), also=also)
        assert (report.exit_code, [f.rule for f in report.findings]) == (4, ["index-misplaced"])
        assert report.summary == "demo: applied 1 versioned migration; then 1 problem found"

    def test_an_applied_file_that_cannot_be_read_is_not_called_gone(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();", "sql/views/v.sql": "CREATE VIEW v AS SELECT 1;"})
        assert migrated(db, project).ok
        project.write({"phases/001_a.sql": "CREATE TABLE a (;", "sql/views/v.sql": "CREATE VIEW;"})
        report = status(db, project.platform)
        assert [f.rule for f in report.findings] == ["refused", "refused"]
        assert report.summary == "demo: 2 unreadable"
        assert len(validate(db, project.platform).findings) == 2


class TestSegments:
    """CUT's fourth statement fails: big.y is not unique. It runs outside a transaction, in the middle of the file."""

    @pytest.fixture
    def stopped(self, db: Target, project: Project) -> Project:
        project.write({"phases/001_cut.sql": CUT, "phases/002_next.sql": "CREATE TABLE next ();"})
        error = failed(db, project)
        assert "big_y" in error.message
        assert str(error.place) == "phases/001_cut.sql:5:1"
        assert "what this step left behind it finds and clears away" in error.help
        return project

    def test_the_parts_before_the_failure_stand_and_are_recorded(self, db: Target, stopped: Project) -> None:
        assert [row[4:5] + row[6:8] for row in history(db)] == [
            ("applied", 1, 4),
            ("started", 2, 4),
            ("applied", 2, 4),
            ("started", 3, 4),
            ("failed", 3, 4),
        ]
        assert {"big", "big_x"} <= relations(db)
        assert not {"after_big", "next"} & relations(db)
        (standing, _) = status(db, stopped.platform).data["migrations"]
        assert standing["state"] == "partial"

    def test_correcting_the_part_that_did_not_run_completes_the_file(self, db: Target, stopped: Project) -> None:
        stopped.write({"phases/001_cut.sql": CUT.replace("CREATE UNIQUE INDEX", "CREATE INDEX")})
        report = migrated(db, stopped)
        assert [r.step.subject for r in report.steps] == ["phases/001_cut.sql"] * 2 + ["phases/002_next.sql"]
        assert relations(db) == {"big", "big_x", "big_y", "after_big", "next"}
        assert rows(db, "SELECT count(*) FROM big") == [(10,)]
        assert migrated(db, stopped).steps == ()
        assert validate(db, stopped.platform).ok

    def test_removing_the_part_that_did_not_run_completes_it_too(self, db: Target, stopped: Project) -> None:
        stopped.write({"phases/001_cut.sql": CUT.split("CREATE UNIQUE")[0]})
        assert migrated(db, stopped).ok
        assert [s["state"] for s in status(db, stopped.platform).data["migrations"]] == ["applied", "applied"]
        assert migrated(db, stopped).steps == ()

    def test_editing_the_part_that_ran_is_refused_and_changes_nothing(self, db: Target, stopped: Project) -> None:
        before = picture(db)
        stopped.write({"phases/001_cut.sql": CUT.replace("y int", "y bigint")})
        report = migrated(db, stopped)
        assert (report.exit_code, [f.rule for f in report.findings]) == (3, ["migration-modified"])
        assert picture(db) == before

    def test_a_failure_after_solo_statements_resumes_behind_them(self, db: Target, project: Project) -> None:
        text = "CREATE TABLE t (x int);\nCREATE INDEX CONCURRENTLY i ON t (x);\nCREATE TABLE u ();\nSELECT nope;"
        project.write({"phases/001_a.sql": text})
        assert str(failed(db, project).place) == "phases/001_a.sql:4:8"
        assert relations(db) == {"t", "i"}, "the third part is rolled back whole"
        project.write({"phases/001_a.sql": text.replace("SELECT nope", "SELECT 1")})
        assert [r.step.record.segment for r in migrated(db, project).steps if r.step.record] == [3]
        assert relations(db) == {"t", "i", "u"}


class TestContradictions:
    @pytest.fixture
    def applied(self, db: Target, project: Project) -> Project:
        project.write({f"phases/00{n}_t{n}.sql": f"CREATE TABLE t{n} ();" for n in (1, 3, 5)})
        assert migrated(db, project).ok
        return project

    def refused(self, db: Target, project: Project) -> list[str]:
        """The rules of the findings, once nothing was changed."""
        project.write({"phases/009_t9.sql": "CREATE TABLE t9 ();"})
        before = picture(db)
        report = migrated(db, project)
        assert (report.exit_code, report.steps) == (3, ())
        assert "nothing was changed" in report.summary
        assert picture(db) == before
        assert validate(db, project.platform).exit_code == 1
        assert status(db, project.platform).findings == report.findings
        return [finding.rule for finding in report.findings]

    def test_a_modified_file_stops_everything(self, db: Target, applied: Project) -> None:
        applied.write({"phases/003_t3.sql": "CREATE TABLE t3 (x int);"})
        assert self.refused(db, applied) == ["migration-modified"]

    def test_a_missing_file_stops_everything(self, db: Target, applied: Project) -> None:
        applied.remove("phases/003_t3.sql")
        assert self.refused(db, applied) == ["migration-missing"]

    def test_a_file_out_of_order_stops_everything(self, db: Target, applied: Project) -> None:
        applied.write({"phases/004_t4.sql": "CREATE TABLE t4 ();"})
        assert self.refused(db, applied) == ["migration-out-of-order"]

    def test_all_of_them_are_said_at_once(self, db: Target, applied: Project) -> None:
        applied.remove("phases/001_t1.sql")
        applied.write({"phases/003_t3.sql": "CREATE TABLE t3 (x int);", "phases/004_t4.sql": "SELECT 1"})
        assert self.refused(db, applied) == ["migration-missing", "migration-modified", "migration-out-of-order"]

    def test_a_taken_index_name_stops_the_migrations_too(self, db: Target, applied: Project) -> None:
        run(db, "CREATE TABLE other (x int); CREATE INDEX i ON other (x)")
        applied.write(
            {
                "phases/009_t9.sql": "CREATE TABLE t9 (x int)",
                "sql/indexes/tier1_a.sql": "-- why\nCREATE INDEX i ON t9 (x)",
            }
        )
        before = picture(db)
        report = migrate(nullcontext(db), applied.platform, Silent(), also=(tier_planner(applied.platform, tier=1),))
        assert (report.exit_code, [f.rule for f in report.findings]) == (3, ["index-misplaced"])
        assert picture(db) == before

    def test_wrong_files_are_said_before_any_connection(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELEC 1"})
        report = migrate(nullcontext(Target("url", {"host": "/nonexistent"})), project.platform, Silent())
        assert (report.exit_code, len(report.findings)) == (3, 1)


class TestSession:
    """What a file sets reaches its own end, and neither the history nor the next file."""

    @pytest.fixture
    def role(self, server: Server, db: Target) -> str:
        (name,) = rows(db, "SELECT 'nobody_' || current_database()")[0]
        run(db, f"CREATE ROLE {name}; GRANT CREATE, USAGE ON SCHEMA public TO {name}")
        return str(name)

    @pytest.mark.parametrize("cut", ["", "VACUUM pg_class;"], ids=["one part", "three parts"])
    @pytest.mark.parametrize(
        "setting",
        ["SET search_path = app", "SET ROLE {role}", "SET SESSION AUTHORIZATION {role}", "SET work_mem = '1MB'"],
    )
    def test_a_setting_holds_for_its_file_and_does_not_leak(
        self, db: Target, project: Project, role: str, setting: str, cut: str
    ) -> None:
        seen = (
            "SELECT current_user AS who, current_setting('search_path') AS path, current_setting('work_mem') AS memory"
        )
        run(db, f"CREATE SCHEMA app; GRANT ALL ON SCHEMA app TO {role}")
        before = rows(db, seen)
        project.write(
            {
                "phases/001_a.sql": f"{setting.format(role=role)};\n{cut}\nCREATE TABLE first AS {seen};",
                "phases/002_b.sql": f"CREATE TABLE public.second AS {seen};",
            }
        )
        assert migrated(db, project).ok
        schema = "app" if "search_path" in setting else "public"
        assert rows(db, f"SELECT * FROM {schema}.first") != before
        assert rows(db, "SELECT * FROM public.second") == before
        assert {row[9] for row in history(db)} == {before[0][0]}

    def test_what_the_connection_itself_asks_for_stays(self, db: Target, project: Project) -> None:
        run(db, "CREATE SCHEMA app")
        target = Target(db.provider, {**db.parameters, "options": "-c search_path=app"})
        project.write({"phases/001_a.sql": "SET search_path = public", "phases/002_b.sql": "CREATE TABLE t ();"})
        assert migrated(target, project).ok
        assert relations(db) == {"app.t"}

    def test_a_role_that_may_not_make_the_history_is_refused_before_anything_runs(
        self, db: Target, project: Project, role: str
    ) -> None:
        run(db, f"ALTER ROLE {role} LOGIN PASSWORD 'secret'")
        poor = _as(db, role)
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        before = picture(db)
        with pytest.raises(Refused, match="this role may not make the history") as caught:
            migrated(poor, project)
        assert caught.value.exit_code == Outcome.REFUSED
        assert "CREATE SCHEMA platformdb AUTHORIZATION" in caught.value.help
        assert picture(db) == before

    def test_a_role_that_may_not_see_the_history_gets_a_reason_and_no_bug(
        self, db: Target, project: Project, role: str
    ) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert migrated(db, project).ok
        run(db, f"ALTER ROLE {role} LOGIN PASSWORD 'secret'")
        result = platformdb_run("status", cwd=project.root, env=environment(_as(db, role)))
        assert result.returncode == 3, result.stderr
        assert "permission denied" in result.stderr
        assert "history" in result.stderr


def _as(db: Target, role: str) -> Target:
    parameters = {key: value for key, value in db.parameters.items() if key != "passfile"}
    return Target(db.provider, {**parameters, "user": role, "password": "secret"})


SLEEPING = """
FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()
"""


class TestProcesses:
    """Real processes: what a user starts, kills and interrupts."""

    SLOW = "CREATE TABLE b (x int); INSERT INTO b VALUES (1); SELECT pg_sleep(30); CREATE TABLE c ();"

    @pytest.fixture
    def slow(self, project: Project) -> Project:
        return project.write({"phases/001_a.sql": "CREATE TABLE a ();", "phases/002_b.sql": self.SLOW})

    def begun(self, db: Target, project: Project) -> Popen[str]:
        process = start("migrate", cwd=project.root, env=environment(db))
        deadline = time.monotonic() + 20
        while not rows(db, f"SELECT pid {SLEEPING}"):
            assert time.monotonic() < deadline, finish(process)
            assert process.poll() is None, finish(process)
            time.sleep(0.05)
        return process

    def quickened(self, project: Project) -> Project:
        return project.write({"phases/002_b.sql": self.SLOW.replace("SELECT pg_sleep(30);", "")})

    def test_a_killed_process_leaves_nothing_half_done_and_the_next_run_completes(
        self, db: Target, slow: Project
    ) -> None:
        process = self.begun(db, slow)
        process.send_signal(signal.SIGKILL)
        finish(process)
        assert relations(db) == {"a"}
        # The server goes on until it notices: as after any crash, the next run must stand that.
        run(db, f"SELECT pg_terminate_backend(pid) {SLEEPING}")
        result = platformdb_run("migrate", cwd=self.quickened(slow).root, env=environment(db))
        assert result.returncode == 0, result.stderr
        assert relations(db) == {"a", "b", "c"}
        assert [row[2] for row in history(db)] == ["001", "002"]

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
    def test_an_interrupt_ends_with_130_and_rolls_back(self, db: Target, slow: Project, how: signal.Signals) -> None:
        process = self.begun(db, slow)
        process.send_signal(how)
        result = finish(process)
        assert result.returncode == 130
        assert "interrupted during phases/002_b.sql" in result.stderr
        assert "phases/001_a.sql" in result.stderr, "what was applied is said"
        assert "Traceback" not in result.stderr
        assert rows(db, f"SELECT pid {SLEEPING}") == []
        assert relations(db) == {"a"}
        assert platformdb_run("migrate", cwd=self.quickened(slow).root, env=environment(db)).returncode == 0
        assert relations(db) == {"a", "b", "c"}

    def test_two_processes_at_once_apply_everything_exactly_once(self, db: Target, project: Project) -> None:
        project.write(
            {
                f"phases/{n}_t.sql": f"CREATE TABLE t{n} (x int); SELECT pg_sleep(0.05);\n"
                f"CREATE INDEX CONCURRENTLY i{n} ON t{n} (x);"
                for n in range(1, 6)
            }
        )
        processes = [start("migrate", "--format", "json", cwd=project.root, env=environment(db)) for _ in range(3)]
        results = [finish(process) for process in processes]
        assert [result.returncode for result in results] == [0, 0, 0], [result.stderr for result in results]
        counts = sorted(len(envelope_of(result.stdout)["steps"]) for result in results)
        assert counts == [0, 0, 11], "one did all the work: the history and two parts of five files"
        applied = [(row[2], row[6]) for row in history(db) if row[4] == "applied"]
        assert applied == [(str(n), part) for n in range(1, 6) for part in (1, 2)]


def test_what_runs_after_a_stop_runs_under_the_settings_of_what_ran_before_it(db: Target, project: Project) -> None:
    """The session that said SET is gone; without its search_path the rest would land in another schema."""
    begin = "CREATE SCHEMA other;\nSET search_path TO other;\nCREATE TABLE a (x int);\nINSERT INTO a VALUES (1), (1);\n"
    solo = "CREATE UNIQUE INDEX CONCURRENTLY i ON a (x);\n"
    end = "CREATE TABLE b ();\n"
    project.write({"phases/001_first.sql": begin + solo + end})
    failed(db, project)
    healed = begin + "DROP INDEX CONCURRENTLY IF EXISTS i;\n" + solo.replace("UNIQUE ", "") + end
    project.write({"phases/001_first.sql": healed})
    assert migrated(db, project).ok
    assert rows(db, "SELECT to_regclass('other.b'), to_regclass('public.b')") == [("other.b", None)]


class TestTarget:
    @pytest.fixture
    def three(self, project: Project) -> Project:
        return project.write(
            {
                "phases/001_foundation.sql": "CREATE TABLE one ();",
                "phases/002_content.sql": "CREATE TABLE two ();",
                "phases/010_features.sql": "CREATE TABLE three ();",
                "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;",
                "sql/indexes/tier1_a.sql": "-- why\nCREATE INDEX i ON three ((1));",
            }
        )

    @pytest.mark.parametrize("wanted", ["002", "2", "content", "002_content"])
    def test_a_run_stops_at_a_version_or_the_name_of_a_phase(self, db: Target, three: Project, wanted: str) -> None:
        said = as_json(db, three, "migrate", "--to", wanted)
        assert said.code == 0, said.err
        assert relations(db) == {"one", "two"}, "views and indexes are written for what comes later"
        states = [s["state"] for s in as_json(db, three, "status").envelope["data"]["migrations"]]
        assert states == ["applied", "applied", "pending", "pending"]

    def test_to_the_newest_version_is_the_whole_run_of_files(self, db: Target, three: Project) -> None:
        assert call(db, three, "migrate", "--to", "features").code == 0
        assert relations(db) == {"one", "two", "three", "v"}

    def test_from_there_the_rest_follows(self, db: Target, three: Project) -> None:
        assert call(db, three, "migrate", "--to", "1").code == 0
        assert call(db, three, "migrate").code == 0
        assert relations(db) == {"one", "two", "three", "v", "i"}

    def test_below_what_is_applied_there_is_nothing_to_do(self, db: Target, three: Project) -> None:
        assert call(db, three, "migrate").code == 0
        before = picture(db)
        said = call(db, three, "migrate", "--to", "1")
        assert (said.code, said.out) == (0, "✓ demo: nothing to do, the database is up to date\n")
        assert picture(db) == before

    @pytest.mark.parametrize("wanted", ["003", "nowhere", "", "1.1", "002_Content"])
    def test_what_is_neither_is_a_mistake_of_the_command_line(self, db: Target, three: Project, wanted: str) -> None:
        said = as_json(db, three, "migrate", "--to", wanted)
        assert (said.code, said.rules) == (2, ["configuration"])
        assert "010 (features)" in said.envelope["findings"][0]["help"]
        assert picture(db)[1] == []


class TestOutOfOrder:
    @pytest.fixture
    def late(self, db: Target, project: Project) -> Project:
        project.write({f"phases/00{n}_t{n}.sql": f"CREATE TABLE t{n} ();" for n in (1, 4)})
        assert call(db, project, "migrate").code == 0
        return project.write({f"phases/00{n}_t{n}.sql": f"CREATE TABLE t{n} ();" for n in (2, 3, 5)})

    def test_it_is_refused_and_each_file_is_named(self, db: Target, late: Project) -> None:
        before = picture(db)
        said = as_json(db, late, "migrate")
        assert (said.code, said.rules) == (3, ["migration-out-of-order"] * 2)
        assert [f["subject"] for f in said.envelope["findings"]] == ["phases/002_t2.sql", "phases/003_t3.sql"]
        assert "--out-of-order" in said.envelope["findings"][0]["help"]
        assert picture(db) == before

    def test_allowed_it_is_applied_by_version_and_recorded(self, db: Target, late: Project) -> None:
        assert call(db, late, "migrate", "--out-of-order").code == 0
        assert rows(db, "SELECT version, out_of_order FROM platformdb.history ORDER BY id") == [
            ("001", False),
            ("004", False),
            ("002", True),
            ("003", True),
            ("005", False),
        ]
        assert call(db, late, "validate").code == 0
        assert call(db, late, "migrate").out == "✓ demo: nothing to do, the database is up to date\n"

    def test_allowed_once_it_is_refused_the_next_time(self, db: Target, late: Project) -> None:
        assert call(db, late, "migrate", "--out-of-order").code == 0
        late.write({"phases/003.1_again.sql": "SELECT 1;"})
        assert as_json(db, late, "migrate").rules == ["migration-out-of-order"]


class TestDryRun:
    @pytest.fixture
    def mixed(self, project: Project) -> Project:
        return project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int); -- the first\n"
                "COPY a FROM stdin;\n1\n2\n\\.\nSELECT 1 -- no semicolon\n;\nINSERT INTO a VALUES (3) -- the last",
                "phases/002_b.sql": "SET search_path TO pg_catalog;\nCREATE TABLE public.b ();\n"
                "CREATE INDEX CONCURRENTLY i ON public.a (x);",
                "phases/003_c.sql": "-- platformdb: lock_timeout=1s\nBEGIN ISOLATION LEVEL SERIALIZABLE;\n"
                "CREATE TABLE c ();\nCOMMIT;\nCREATE TABLE d ();",
                "phases/003.1_e.sql": "SET search_path TO pg_catalog;\nCREATE TABLE public.e ();",
                "sql/functions/f.sql": "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$",
                "sql/indexes/tier1_a.sql": "-- why\nCREATE INDEX tier ON a (x);",
            }
        )

    def test_the_script_that_it_prints_does_in_psql_what_the_run_does(
        self, server: Server, db: Target, mixed: Project
    ) -> None:
        (name,) = rows(db, "SELECT current_database() || '_psql'")[0]
        said = call(db, mixed, "migrate", "--dry-run")
        assert (said.code, said.err) == (0, "")
        assert picture(db)[1] == []
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        other = db.with_database(str(name))
        psql = next(find_candidates(None)).folder / "psql"
        command = [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "--dbname", url_of(other)]
        ran = subprocess.run(command, input=said.out, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert call(db, mixed, "migrate").code == 0
        ours = [row for row in rows(db, DEFINITIONS) if "platformdb" not in str(row[1])]
        assert [row[:2] for row in rows(other, DEFINITIONS)] == [row[:2] for row in ours]
        assert rows(other, "SELECT x FROM a ORDER BY x") == rows(db, "SELECT x FROM a ORDER BY x") == [(1,), (2,), (3,)]
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def test_it_says_where_transactions_and_time_limits_are(self, db: Target, mixed: Project) -> None:
        out = call(db, mixed, "migrate", "--dry-run", "--lock-timeout", "700ms").out
        assert "BEGIN ISOLATION LEVEL SERIALIZABLE;\nSET LOCAL lock_timeout = '1s';\nCREATE TABLE c ();\nCOMMIT;" in out
        assert "BEGIN;\nSET LOCAL lock_timeout = '700ms';\nCREATE TABLE a (x int);" in out
        assert out.index("CREATE TABLE d ()") < out.index("CREATE FUNCTION f()") < out.index('"tier"')

    def test_it_changes_nothing_not_even_a_history(self, db: Target, mixed: Project) -> None:
        before = rows(db, DEFINITIONS)
        assert call(db, mixed, "migrate", "--dry-run").code == 0
        assert rows(db, DEFINITIONS) == before

    def test_it_waits_for_nobody(self, db: Target, mixed: Project) -> None:
        with runner(db) as holder:
            assert holder.hear() == "ready"
            assert call(db, mixed, "migrate", "--wait-for-lock", "0").code == 5
            assert call(db, mixed, "migrate", "--dry-run", "--wait-for-lock", "0").code == 0

    def test_in_json_it_has_the_steps_and_the_script(self, db: Target, mixed: Project) -> None:
        said = as_json(db, mixed, "migrate", "--dry-run")
        envelope = said.envelope
        assert {step["state"] for step in envelope["steps"]} == {"planned"}
        assert [step["transactional"] for step in envelope["steps"]] == [
            *(True, True, False, True, True, True, True, False)
        ]
        assert envelope["data"]["sql"] == call(db, mixed, "migrate", "--dry-run").out.removesuffix("\n")

    def test_with_a_role_the_script_sets_it(self, db: Target, mixed: Project) -> None:
        out = call(db, mixed, "migrate", "--dry-run", "--role", 'odd"role').out
        assert out.count('SET LOCAL ROLE "odd""role";') == 6

    def test_what_the_run_would_refuse_it_refuses(self, db: Target, mixed: Project) -> None:
        mixed.write({"phases/004_d.sql": "CREATE EXTENSION no_such_thing;", "phases/005_e.sql": "SELEC 1;"})
        said = as_json(db, mixed, "migrate", "--dry-run")
        assert said.code == 3

    def test_remarks_travel_with_it(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "-- to be written"})
        said = as_json(db, project, "migrate", "--dry-run")
        assert (said.code, said.rules) == (0, ["empty"])

    def test_with_nothing_to_do_it_says_so(self, db: Target, mixed: Project) -> None:
        assert call(db, mixed, "migrate").code == 0
        assert call(db, mixed, "migrate", "--dry-run").out == "-- demo: nothing to do; nothing was changed\n"


class TestExtensions:
    def test_one_that_the_server_lacks_is_named_before_anything_runs(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a ();",
                "phases/002_b.sql": "SELECT 1;\n  CREATE EXTENSION IF NOT EXISTS timescaledb;\n"
                'CREATE EXTENSION "no-such-thing" WITH SCHEMA public;',
            }
        )
        said = as_json(db, project, "migrate")
        assert (said.code, said.rules) == (3, ["extension-unavailable"] * 2)
        first, second = said.envelope["findings"]
        assert first["place"] == {"name": "phases/002_b.sql", "line": 2, "column": 3}
        assert "packages of timescale.com" in first["help"]
        assert "no-such-thing" in second["message"]
        assert picture(db)[1] == []

    def test_one_that_it_has_is_made(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE EXTENSION pg_trgm;"})
        said = call(db, project, "migrate")
        assert said.code == 0, said.err

    def test_one_that_an_applied_file_asked_for_is_nobodys_business_any_more(
        self, db: Target, project: Project
    ) -> None:
        project.write({"phases/001_a.sql": "SELECT 1;", "phases/002_b.sql": "CREATE EXTENSION no_such_thing;"})
        assert call(db, project, "baseline", "2").code == 0
        project.write({"phases/003_c.sql": "SELECT 1;"})
        assert call(db, project, "migrate").code == 0


class TestRemarks:
    @pytest.mark.parametrize("text", ["", "\n\n", "-- only a comment\n", "/* nothing */;", ";;;"])
    def test_a_file_without_statements_is_recorded_with_a_remark(self, db: Target, project: Project, text: str) -> None:
        project.write({"phases/001_a.sql": text, "phases/002_b.sql": "SELECT 1;"})
        said = as_json(db, project, "migrate")
        assert (said.code, said.rules) == (0, ["empty"])
        (finding,) = said.envelope["findings"]
        assert (finding["severity"], finding["subject"]) == ("note", "phases/001_a.sql")
        assert events(db) == [("001", "applied"), ("002", "applied")]
        assert as_json(db, project, "migrate").rules == [], "once is enough"


class TestManyProblems:
    def test_all_problems_of_all_files_are_said_at_once(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();", "phases/002_b.sql": "CREATE TABLE b ();"})
        assert call(db, project, "migrate").code == 0
        before = picture(db)
        project.write(
            {
                "phases/002_b.sql": "CREATE TABLE b (x int);",
                "phases/003_c.sql": "SELEC 1;",
                "phases/004_d.sql": "CREATE EXTENSION no_such_thing;",
                "phases/005_e.sql": "-- platformdb: requires=009\nSELECT 1;",
                "sql/callbacks/beforeMigrate.sql": "SELEC 2;",
            }
        )
        said = as_json(db, project, "migrate")
        assert said.code == 3
        assert sorted(said.rules) == [
            "extension-unavailable",
            "migration-modified",
            "refused",
            "refused",
            "requires-unmet",
        ]
        assert picture(db) == before

    def test_the_files_own_problems_are_said_where_there_is_no_server_too(self, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELEC 1;"})
        nowhere = Target("url", {"host": "/nonexistent", "dbname": "x"})
        assert as_json(nowhere, project, "migrate").code == 3
        project.write({"phases/001_a.sql": "SELECT 1;"})
        assert as_json(nowhere, project, "migrate").code == 5
