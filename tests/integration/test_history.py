"""The history table: what is written can be read, says who did it, and shows when somebody changed it."""

from __future__ import annotations

import getpass
import hashlib
import platform
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from catalog import picture, rows, run
from inprocess import as_json, call
from platformdb import __version__
from platformdb.errors import ApplyFailed, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.execute import execute
from platformdb.postgres.history import creation, read_head, read_history, read_texts, verify_history
from platformdb.postgres.session import Session
from platformdb.postgres.target import Target
from platformdb.report.history import Event, History, Record
from platformdb.report.model import Statement, Step
from platformdb.report.progress import Silent
from projects import Project
from sessions import SUMS, session_on

RECORD = Record("demo", "versioned", "001", "größe", SUMS, 1, 2, "d" * 64, "SELECT '100 %s; ''ä'''")


def write(session: Session, *records: Record, sql: str = "SELECT 1") -> None:
    steps = [Step(record.kind, record.name, "", (Statement(sql),), record=record) for record in records]
    execute(session, steps, Silent())


class TestTable:
    def test_reading_a_database_without_history_makes_none(self, db: Target) -> None:
        before = picture(db)
        with connect(db) as connection:
            assert read_history(connection, "demo") == History(exists=False)
        assert picture(db) == before

    def test_a_record_is_read_as_it_was_written(self, db: Target) -> None:
        with session_on(db) as session:
            write(session, RECORD)
            (entry,) = read_history(session.work, "demo").entries
            assert read_texts(session.work, [entry.id]) == {entry.id: RECORD.text}
        assert replace(entry.record, text=RECORD.text) == RECORD
        assert (entry.error, entry.elapsed_ms > 0) == ("", True)
        assert rows(db, "SELECT now() - applied_at < '1 minute', tool_version FROM platformdb.history") == [
            (True, __version__)
        ]

    @pytest.mark.parametrize("event", list(Event))
    def test_every_event_can_be_written(self, db: Target, event: Event) -> None:
        with session_on(db) as session:
            write(session, Record("demo", "versioned", "1", "n", SUMS, event=event))
            assert [entry.record.event for entry in read_history(session.work, "demo").entries] == [event]

    def test_a_platform_sees_only_its_own_rows_oldest_first(self, db: Target) -> None:
        with session_on(db) as session:
            write(
                session, *(Record(p, "versioned", v, "n", SUMS) for p, v in (("demo", "2"), ("x", "9"), ("demo", "1")))
            )
            assert [entry.record.version for entry in read_history(session.work, "demo").entries] == ["2", "1"]

    def test_a_history_that_exists_is_not_made_again(self, db: Target) -> None:
        with session_on(db) as session:
            assert creation(session, read_history(session.work, "demo")) == ()

    def test_a_search_path_without_public_changes_nothing(self, db: Target) -> None:
        with session_on(db) as session:
            session.work.execute("SET search_path = ''")
            write(session, RECORD)
            assert len(read_history(session.work, "demo").entries) == 1
            assert verify_history(session.work) == ()

    @pytest.mark.parametrize(
        "record",
        [Record("demo", "strange", "1", "n", SUMS), Record("demo", "versioned", "1", "n", SUMS, 3, 2)],
        ids=["an unknown kind", "a segment beyond the last"],
    )
    def test_the_table_takes_no_nonsense_and_the_work_does_not_stand(self, db: Target, record: Record) -> None:
        with session_on(db) as session, pytest.raises(ApplyFailed, match="check constraint"):
            write(session, record, sql="CREATE TABLE a ()")
        assert rows(db, "SELECT to_regclass('a')") == [(None,)]

    def test_a_table_of_somebody_else_under_the_name_is_refused(self, db: Target) -> None:
        run(db, "CREATE SCHEMA platformdb; CREATE TABLE platformdb.history (other int)")
        with connect(db) as connection, pytest.raises(Refused, match=r"platformdb\.history"):
            read_history(connection, "demo")

    def test_a_schema_that_was_given_to_the_role_is_used(self, db: Target, project: Project) -> None:
        run(db, "CREATE SCHEMA platformdb")
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        assert call(db, project, "migrate").code == 0
        assert rows(db, "SELECT count(*) FROM platformdb.history") == [(1,)]


class TestWhoAndWhat:
    def test_a_row_has_three_checksums_and_the_version_of_how_they_are_made(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "-- why\r\nCREATE TABLE a ();\r\n"})
        assert call(db, project, "migrate").code == 0
        with connect(db) as connection:
            (entry,) = read_history(connection, "demo").entries
        sums = entry.record.checksums
        assert sums.raw == hashlib.sha256(b"-- why\r\nCREATE TABLE a ();\r\n").hexdigest()
        assert len({sums.raw, sums.normalised, sums.tokens}) == 3
        assert rows(db, "SELECT checksum_algorithm FROM platformdb.history") == [(1,)]

    def test_a_row_names_the_roles_the_user_the_host_and_the_version(self, db: Target, project: Project) -> None:
        ((name,),) = rows(db, "SELECT 'owner_' || current_database()")
        run(db, f"CREATE ROLE {name}; GRANT CREATE ON SCHEMA public TO {name}")
        run(db, f"CREATE SCHEMA platformdb AUTHORIZATION {name}")
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        said = call(db, project, "migrate", "--role", str(name))
        assert said.code == 0, said.err
        columns = "db_role, os_user, host, tool_version, git_commit, git_dirty"
        assert rows(db, f"SELECT login_role = current_user, {columns} FROM platformdb.history") == [
            (True, name, getpass.getuser(), platform.node(), __version__, None, None)
        ]
        run(db, f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")

    def test_a_row_names_the_commit_and_whether_the_files_differ_from_it(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();"})
        commit = _committed(project.root)
        assert call(db, project, "migrate").code == 0
        project.write({"phases/002_b.sql": "CREATE TABLE b ();"})
        assert call(db, project, "migrate").code == 0
        assert rows(db, "SELECT git_commit, git_dirty FROM platformdb.history ORDER BY id") == [
            (commit, False),
            (commit, True),
        ]

    def test_a_row_has_the_time_of_each_statement_and_of_them_all(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a ();\nSELECT pg_sleep(0.05);\nCREATE TABLE b ();"})
        assert call(db, project, "migrate").code == 0
        ((times, whole, ordered),) = rows(
            db,
            """
            SELECT cardinality(statements_ms), elapsed_ms >= 50, statements_ms[2] > statements_ms[1] + statements_ms[3]
            FROM platformdb.history
            """,
        )
        assert (times, whole, ordered) == (3, True, True)

    def test_the_executed_text_is_kept_whole_and_can_be_run_again(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "SELECT 1 -- one\n;\n/* two */ SELECT 2;\nSELECT '100 %';"})
        assert call(db, project, "migrate").code == 0
        ((text,),) = rows(db, "SELECT sql FROM platformdb.history")
        with connect(db) as connection:
            connection.execute(str(text).encode())
        assert str(text).endswith("SELECT '100 %'")


def _committed(folder: Path) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for arguments in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "first")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


class TestTampering:
    """Three rows by hand: whatever is changed in one of them shows."""

    CHANGES = (
        ("platform", "'other'"),
        ("kind", "'repeatable'"),
        ("version", "'7'"),
        ("name", "'other'"),
        ("event", "'failed'"),
        ("segment", "0"),
        ("segments", "9"),
        ("checksum_algorithm", "2"),
        ("checksum_raw", "repeat('f', 64)"),
        ("checksum_normalised", "repeat('f', 64)"),
        ("checksum_tokens", "repeat('f', 64)"),
        ("digest", "repeat('f', 64)"),
        ("sql", "'DROP TABLE a'"),
        ("out_of_order", "NOT out_of_order"),
        ("error", "'none'"),
        ("applied_at", "applied_at - interval '1 microsecond'"),
        ("elapsed_ms", "elapsed_ms + 0.001"),
        ("statements_ms", "statements_ms || 1.0"),
        ("login_role", "'somebody'"),
        ("db_role", "'somebody'"),
        ("os_user", "'somebody'"),
        ("host", "'elsewhere'"),
        ("tool_version", "'0'"),
        ("git_commit", "'abc'"),
        ("git_dirty", "true"),
        ("previous", "'abc'"),
        ("hash", "repeat('f', 64)"),
    )

    @pytest.fixture
    def applied(self, db: Target, project: Project) -> Project:
        project.write({f"phases/00{n}_t.sql": f"CREATE TABLE t{n} ();" for n in (1, 2, 3)})
        assert call(db, project, "migrate").code == 0
        return project

    def test_an_untouched_history_is_in_order_and_every_column_has_its_case(self, db: Target, applied: Project) -> None:
        said = as_json(db, applied, "validate")
        assert (said.code, said.rules) == (0, [])
        columns = rows(
            db, "SELECT attname FROM pg_attribute WHERE attrelid = 'platformdb.history'::regclass AND attnum > 0"
        )
        assert {name for (name,) in columns} == {column for column, _ in self.CHANGES} | {"id"}

    @pytest.mark.parametrize(("column", "value"), CHANGES, ids=[column for column, _ in CHANGES])
    def test_a_changed_column_shows(self, db: Target, applied: Project, column: str, value: str) -> None:
        run(db, f"UPDATE platformdb.history SET {column} = {value} WHERE version = '002'")
        with connect(db) as connection:
            found = verify_history(connection)
        assert found
        assert {finding.rule for finding in found} == {"history-tampered"}
        assert found[0].subject == "platformdb.history 2"

    def test_validate_says_it_and_exits_1(self, db: Target, applied: Project) -> None:
        run(db, "UPDATE platformdb.history SET os_user = 'nobody' WHERE version = '002'")
        said = call(db, applied, "validate")
        assert said.code == 1
        assert "row 2 of platformdb.history (applied versioned 002 t) was changed after it was written" in said.out
        assert as_json(db, applied, "validate").rules == ["history-tampered"]

    @pytest.mark.parametrize("gone", ["001", "002"])
    def test_a_row_that_was_taken_out_shows_at_the_next_one(self, db: Target, applied: Project, gone: str) -> None:
        run(db, f"DELETE FROM platformdb.history WHERE version = '{gone}'")
        said = call(db, applied, "validate")
        assert said.code == 1
        assert "does not follow the row before it: rows are missing" in said.out

    def test_rows_cut_off_at_the_end_show_in_the_hash_of_the_last(self, db: Target, applied: Project) -> None:
        head = as_json(db, applied, "validate").envelope["data"]["head"]
        run(db, "DELETE FROM platformdb.history WHERE version = '003'")
        with connect(db) as connection:
            assert read_head(connection) != head

    def test_two_rows_that_changed_places_show(self, db: Target, applied: Project) -> None:
        run(
            db,
            """
            ALTER TABLE platformdb.history ALTER COLUMN id SET GENERATED BY DEFAULT;
            UPDATE platformdb.history SET id = id + 100 WHERE version = '002';
            """,
        )
        assert call(db, applied, "validate").code == 1

    def test_the_chain_runs_through_all_platforms_of_a_database(
        self, db: Target, applied: Project, tmp_path: Path
    ) -> None:
        other = Project(tmp_path / "other").write({"phases/001_x.sql": "CREATE TABLE x ();"})
        assert call(db, other, "migrate").code == 0
        assert call(db, other, "validate").code == 0
        run(db, "UPDATE platformdb.history SET sql = '' WHERE platform = 'demo' AND version = '003'")
        assert call(db, other, "validate").code == 1
