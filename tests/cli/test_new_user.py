"""What a newcomer types, sets and writes that nobody expected: no bug, no traceback, nothing that was not asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from catalog import history, picture, relations, rows, run
from commandline import environment, platformdb_run
from inprocess import as_json, call
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from projects import Project
from servers import Server

FILES = {
    "phases/001_customers.sql": "CREATE TABLE customers (name text, since timestamptz DEFAULT '2024-02-01 00:00+00');",
    "phases/001_customers.undo.sql": "DROP TABLE customers;",
    "phases/002_orders.sql": "CREATE TABLE orders ();\nCREATE INDEX CONCURRENTLY by_name ON customers (name);",
    "phases/002_orders.undo.sql": "DROP INDEX CONCURRENTLY by_name;\nDROP TABLE orders;",
    "sql/views/v.sql": "CREATE VIEW v AS SELECT name FROM customers;",
}
COMMANDS = [["migrate"], ["migrate"], ["status", "--check"], ["validate"]]


@pytest.fixture
def shop(project: Project) -> Project:
    return project.write(FILES)


class TestTargets:
    @pytest.mark.newest_server
    @pytest.mark.parametrize("nothing", ["", " ", ".", "_", "nobody", "99", "-1"])
    @pytest.mark.parametrize("words", [["migrate"], ["down", "--allow-destructive"]], ids=lambda words: words[0])
    def test_a_target_that_is_none_is_refused_and_never_means_everything(
        self, db: Target, shop: Project, words: list[str], nothing: str
    ) -> None:
        """A script's variable that is empty must neither apply all there is nor take all of it back."""
        assert call(db, shop, "migrate", "--to", "001").code == 0
        before = picture(db)
        said = call(db, shop, *words, f"--to={nothing}")
        assert (said.code, said.out) == (2, "")
        assert f"there is no migration '{nothing}'" in said.err
        assert picture(db) == before

    @pytest.mark.newest_server
    def test_a_name_that_several_migrations_have_is_no_target(self, db: Target, project: Project) -> None:
        project.write({"phases/001_fix.sql": "SELECT 1", "phases/002_fix.sql": "SELECT 2", "phases/003_c.sql": ""})
        said = call(db, project, "migrate", "--to", "fix")
        assert said.code == 2
        assert "several migrations are called 'fix'" in said.err
        assert "001, 002" in said.err
        assert call(db, project, "migrate", "--to", "002_fix").code == 0
        assert [row[2] for row in history(db)] == ["001", "002"]

    @pytest.mark.newest_server
    def test_a_version_goes_before_a_name_that_looks_like_one(self, db: Target, project: Project) -> None:
        project.write({"phases/1_2.sql": "", "phases/2_b.sql": "", "phases/3_c.sql": ""})
        assert call(db, project, "migrate", "--to", "2").code == 0
        assert [row[2] for row in history(db)] == ["1", "2"]


class TestOwnHistory:
    @pytest.mark.parametrize(
        "sql",
        [
            "DROP SCHEMA IF EXISTS app, platformdb CASCADE;",
            "TRUNCATE customers, platformdb.history;",
            "DELETE FROM platformdb.history;",
            "UPDATE platformdb.history SET name = '';",
            'ALTER TABLE "platformdb".history RENAME TO old;',
            "ALTER TABLE platformdb.history SET SCHEMA public;",
            "ALTER SCHEMA platformdb RENAME TO old;",
            "DROP TABLE platformdb.history;",
            "COPY platformdb.history (platform) FROM stdin;\ndemo\n\\.\n",
        ],
    )
    @pytest.mark.parametrize("header", ["", "-- platformdb: transaction=off\n"], ids=["together", "alone"])
    def test_a_migration_that_would_spoil_the_history_is_refused(
        self, db: Target, shop: Project, sql: str, header: str
    ) -> None:
        assert call(db, shop, "migrate").code == 0
        before = picture(db)
        shop.write({"phases/003_begin_anew.sql": f"{header}{sql}"})
        said = call(db, shop, "migrate")
        assert said.code == 3, said.everything
        assert "platformdb's own history is not for migrations to change" in said.err
        assert "phases/003_begin_anew.sql:" in said.err
        assert picture(db) == before

    @pytest.mark.parametrize(
        "sql",
        [
            "CREATE VIEW runs AS SELECT * FROM platformdb.history;",
            "CREATE TABLE runs AS SELECT * FROM platformdb.history; INSERT INTO runs TABLE platformdb.history;",
            "COPY platformdb.history TO '/dev/null';",
            "GRANT USAGE ON SCHEMA platformdb TO PUBLIC; GRANT SELECT ON platformdb.history TO PUBLIC;",
            "CREATE TABLE platformdb (x text); INSERT INTO platformdb VALUES ('platformdb.a'); DROP TABLE platformdb",
        ],
    )
    def test_one_that_reads_it_may(self, db: Target, shop: Project, sql: str) -> None:
        shop.write({"phases/003_c.sql": sql})
        assert call(db, shop, "migrate").code == 0

    def test_one_that_gets_round_that_is_rolled_back(self, db: Target, shop: Project) -> None:
        assert call(db, shop, "migrate").code == 0
        before = picture(db)
        shop.write({"phases/003_c.sql": "DO $$ BEGIN EXECUTE 'DROP SCHEMA platformdb CASCADE'; END $$;"})
        assert call(db, shop, "migrate").code == 4
        assert picture(db)[0] == before[0]

    def test_one_that_gets_round_that_outside_a_transaction_is_told_in_words(self, db: Target, shop: Project) -> None:
        text = "-- platformdb: transaction=off\nDO $$ BEGIN EXECUTE 'DROP SCHEMA platformdb CASCADE'; END $$;"
        shop.write({"phases/003_c.sql": text})
        said = call(db, shop, "migrate")
        assert said.code == 4
        assert 'relation "platformdb.history" does not exist' in said.err


# What ALTER DATABASE … SET may have made of the sessions, for the applications' sake.
SETTINGS = [
    "DateStyle = 'German, DMY'",
    "DateStyle = 'SQL, MDY'",
    "TimeZone = 'Asia/Kathmandu'",
    "IntervalStyle = 'sql_standard'",
    "standard_conforming_strings = off",
    "client_encoding = 'LATIN1'",
    "bytea_output = 'escape'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "lock_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
    "session_replication_role = 'replica'",
    "client_min_messages = 'debug5'",
    "row_security = off",
    "default_tablespace = 'nosuch'",
    "extra_float_digits = -15",
    "quote_all_identifiers = on",
    "check_function_bodies = off",
]


class TestOddDatabases:
    @pytest.mark.parametrize("setting", SETTINGS)
    def test_settings_made_for_applications_do_not_matter(self, db: Target, shop: Project, setting: str) -> None:
        self.alter(db, setting)
        for words in COMMANDS:
            said = call(db, shop, *words)
            assert said.code == 0, said.everything
        assert {"customers", "orders", "by_name", "v"} <= {str(name).strip('"') for name in relations(db)}
        assert rows(db, "SELECT name FROM platformdb.history WHERE event <> 'applied' AND event <> 'started'") == []

    @pytest.mark.parametrize("words", [["status"], ["validate"]], ids=" ".join)
    @pytest.mark.parametrize("timeout", ["statement_timeout", "lock_timeout"])
    def test_a_timeout_that_ends_our_reading_is_no_bug(
        self, db: Target, shop: Project, words: list[str], timeout: str
    ) -> None:
        assert call(db, shop, "migrate").code == 0
        self.alter(db, f"{timeout} = '50ms'")
        with connect(db) as other, other.transaction():
            other.execute("LOCK TABLE platformdb.history")
            said = call(db, shop, *words)
        assert (said.code, said.out) == (5, "")
        assert timeout.replace("_", " ") in said.err
        assert "PGOPTIONS" in said.err
        assert "USAGE" not in said.err, "that would be advice for a role that lacks rights"

    def test_no_schema_to_create_in_is_said_with_what_to_do(self, db: Target, shop: Project) -> None:
        self.alter(db, "search_path = ''")
        said = call(db, shop, "migrate")
        assert said.code == 4
        assert "no schema has been selected to create in" in said.err
        assert "search_path" in said.err

    def test_a_database_for_reading_only_is_said_with_what_to_do(self, db: Target, shop: Project) -> None:
        self.alter(db, "default_transaction_read_only = on")
        before = picture(db)
        said = call(db, shop, "migrate")
        assert said.code == 4
        assert "default_transaction_read_only=off" in said.err
        assert picture(db) == before
        assert call(db, shop, "migrate", PGOPTIONS="-c default_transaction_read_only=off").code == 0

    @staticmethod
    def alter(db: Target, setting: str) -> None:
        ((name,),) = rows(db, "SELECT current_database()")
        run(db, f'ALTER DATABASE "{name}" SET {setting}')


def test_a_role_that_owns_the_database_and_nothing_else_will_do(server: Server, db: Target, shop: Project) -> None:
    ((name,),) = rows(db, "SELECT current_database()")
    role = f"owner_of_{name}"
    run(db, f"CREATE ROLE {role} LOGIN PASSWORD 'secret'; ALTER ROLE {role} SET statement_timeout = '100ms'")
    run(db, f'ALTER DATABASE "{name}" OWNER TO {role}')
    own = Target(db.provider, {**db.parameters, "user": role, "password": "secret"})
    try:
        shop.write({"phases/003_slow.sql": "SELECT pg_sleep(0.3);"})
        for words in COMMANDS:
            said = call(own, shop, *words)
            assert said.code == 0, said.everything
    finally:
        run(db, f'REASSIGN OWNED BY {role} TO CURRENT_USER; ALTER DATABASE "{name}" OWNER TO CURRENT_USER')
        server.execute(f"DROP ROLE {role}")


ODD_TEXT = "100 % of %s, %(x)s, :name, {{1,2},{3,4}}, {% %}, {# #}, $1, \\d, \\N, ?, ; -- /* 😀 漢 \r end"


class TestOddText:
    @pytest.mark.newest_server
    @pytest.mark.parametrize("start", ["", "\ufeff", "-- why\n", "\n\n"])
    @pytest.mark.parametrize("end", ["", ";", ";\n", "\n;\n\n", "; -- end", " /* end */"])
    def test_text_arrives_as_it_was_written(self, db: Target, project: Project, start: str, end: str) -> None:
        project.write({"phases/001_a.sql": f"{start}CREATE TABLE a AS SELECT '{ODD_TEXT}'::text AS said{end}"})
        said = call(db, project, "migrate")
        assert said.code == 0, said.everything
        assert rows(db, "SELECT said FROM a") == [(ODD_TEXT,)]
        assert call(db, project, "validate").code == 0

    def test_windows_line_ends_arrive_as_plain_ones(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a AS\r\nSELECT 'x\r\ny'::text AS said;\r\n"})
        assert call(db, project, "migrate").code == 0
        assert rows(db, "SELECT said FROM a") == [("x\ny",)]

    @pytest.mark.newest_server
    def test_braces_in_a_project_with_variables_are_explained(self, db: Target, project: Project) -> None:
        sql = "CREATE TABLE a AS SELECT '{{1,2},{3,4}}'::int[] AS x;"
        project.write({"platformdb.toml": '[variables]\nname = "x"\n', "phases/001_a.sql": sql})
        said = call(db, project, "migrate")
        assert said.code == 3
        assert "phases/001_a.sql:1:" in said.err
        assert "template=off" in said.err
        project.write({"phases/001_a.sql": f"-- platformdb: template=off\n{sql}"})
        assert call(db, project, "migrate").code == 0

    def test_a_flood_of_notices_drowns_nothing(self, db: Target, project: Project) -> None:
        flood = "FOR i IN 1..20000 LOOP RAISE NOTICE '% %', i, repeat('x', 200); END LOOP;"
        project.write({"phases/001_a.sql": f"DO $$ BEGIN {flood} RAISE WARNING 'look'; END $$;"})
        said = call(db, project, "migrate")
        assert said.code == 0
        assert "xxxx" not in said.everything
        assert "warning of the server: look" in said.err


class TestOddMigrations:
    @pytest.mark.parametrize(
        "first",
        [
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public;",
            "SET search_path = ''; SET standard_conforming_strings = off; SET client_encoding = 'LATIN1';",
            "SET default_transaction_read_only = on;",
            "SET statement_timeout = 1; SET lock_timeout = 1;",
            "SET ROLE pg_read_all_data;",
            "SET SESSION AUTHORIZATION pg_read_all_data; SELECT 1;",
            "DISCARD ALL;",
            "CREATE TEMP TABLE t (); PREPARE p AS SELECT 1; LISTEN x; DECLARE c CURSOR WITH HOLD FOR SELECT 1;",
            "SELECT pg_advisory_unlock_all();",
            "SELECT set_config('search_path', '', false);",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1;",
            "SELECT * FROM generate_series(1, 100000); VALUES (1); TABLE pg_class;",
        ],
    )
    def test_nothing_of_it_reaches_the_next_migration(self, db: Target, project: Project, first: str) -> None:
        second = "CREATE TABLE t (x text DEFAULT 'größer'); PREPARE p AS SELECT 1;"
        project.write({"phases/001_a.sql": first, "phases/1.2_b.sql": second, "phases/20240101120000_c.sql": ""})
        said = call(db, project, "migrate")
        assert said.code == 0, said.everything
        assert relations(db) == {"t"}
        assert rows(db, "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef") == [("'größer'::text",)]
        assert [row[2] for row in history(db) if row[4] == "applied"] == ["001", "1.2", "20240101120000"]
        assert call(db, project, "validate").code == 0


# How files of other tools say where the part begins that takes the rest back.
DOWN_PARTS = [
    "-- migrate:down",
    "-- +goose Down",
    "-- +migrate Down",
    "-- +micrate Down",
    "-- rambler down",
    "-- Down Migration",
    "-- //@UNDO",
    "--  MIGRATE:DOWN  transaction:false",
]


@pytest.mark.newest_server
class TestFilesOfOtherTools:
    @pytest.mark.parametrize("mark", DOWN_PARTS)
    def test_a_file_with_both_ways_in_it_is_refused(self, db: Target, project: Project, mark: str) -> None:
        """Run whole it would make a table, drop it, and call that a success."""
        project.write({"phases/001_a.sql": f"-- migrate:up\nCREATE TABLE a ();\n\n{mark}\nDROP TABLE a;\n"})
        before = picture(db)
        said = call(db, project, "migrate")
        assert said.code == 3, said.everything
        assert "phases/001_a.sql:4:1" in said.err
        assert ".undo.sql" in said.err
        assert picture(db) == before

    @pytest.mark.parametrize(
        "text",
        [
            "-- migrate:up\nCREATE TABLE a ();\n-- migrate:down\n",
            "CREATE TABLE a ();\n-- migrate down the road\nSELECT 1;",
            "CREATE TABLE a ();\nSELECT '\n-- migrate:down\n';",
            "-- +goose Up\nCREATE TABLE a ();",
            "CREATE TABLE a ();\n--rollback DROP TABLE a;\nSELECT 1;",
        ],
    )
    def test_one_that_only_looks_like_it_is_not(self, db: Target, project: Project, text: str) -> None:
        project.write({"phases/001_a.sql": text})
        assert call(db, project, "migrate").code == 0
        assert relations(db) == {"a"}

    @pytest.mark.parametrize("name", ["V1__a.sql", "001_a.up.sql", "001-a.sql", "001_a.SQL", "a_001.sql", "001_a.sql~"])
    def test_a_name_of_another_kind_is_named_and_not_passed_over(self, db: Target, project: Project, name: str) -> None:
        project.write({f"phases/{name}": "CREATE TABLE a ();", "phases/002_b.sql": "CREATE TABLE b ();"})
        said = call(db, project, "migrate")
        assert said.code == 3
        assert f"phases/{name} is not named like a migration" in said.err
        assert relations(db) == set()


@pytest.mark.newest_server
def test_an_undo_file_with_a_mistake_is_said_once(db: Target, project: Project) -> None:
    project.write({"phases/001_a.sql": "CREATE TABLE a ();", "phases/001_a.undo.sql": "DROP TABEL a;"})
    assert call(db, project, "migrate").code == 0
    said = as_json(db, project, "down", "--to", "0", "--allow-destructive")
    assert said.code == 3
    assert [finding["place"]["name"] for finding in said.envelope["findings"]] == ["phases/001_a.undo.sql"]
    assert relations(db) == {"a"}


@pytest.mark.newest_server
class TestOddPlaces:
    @pytest.mark.parametrize("name", ["with blanks", "größer 漢", 'it\'s "quoted"', "-dash", "a%sb", "{{x}}", "[b]"])
    def test_a_folder_may_be_called_anything(self, db: Target, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        shop = Project(tmp_path / name).write(FILES)
        for words in COMMANDS:
            said = call(db, shop, *words)
            assert said.code == 0, said.everything
        assert as_json(db, shop, "status").envelope["data"]["platform"] == name

    def test_a_project_is_found_from_anywhere(self, db: Target, shop: Project, tmp_path: Path) -> None:
        for words in COMMANDS:
            assert call(db, Project(tmp_path), *words, "--project", str(shop.root)).code == 0
        assert call(db, Project(shop.root / "sql" / "views"), "status", "--check", "--project", "../..").code == 0

    def test_a_file_is_no_project(self, db: Target, shop: Project) -> None:
        said = call(db, shop, "status", "--project", "phases/001_customers.sql")
        assert said.code == 2
        assert "phases/001_customers.sql is no folder" in said.err

    def test_a_project_that_is_a_link_is_a_project(self, db: Target, shop: Project, tmp_path: Path) -> None:
        assert call(db, shop, "migrate").code == 0
        (tmp_path / "link").mkdir()
        (tmp_path / "link" / shop.root.name).symlink_to(shop.root)
        assert call(db, Project(tmp_path / "link" / shop.root.name), "status", "--check").code == 0

    def test_settings_written_by_a_windows_editor_are_read(self, db: Target, shop: Project) -> None:
        shop.write({"platformdb.toml": '\ufeff[variables]\r\nname = "x"\r\n'})
        assert call(db, shop, "migrate").code == 0


@pytest.mark.newest_server
class TestWords:
    @pytest.mark.parametrize("words", [["migrate", "--provider", "cloud"], ["status", "--format", "xml"]], ids=" ".join)
    def test_a_wrong_choice_is_answered_without_a_librarys_words(
        self, db: Target, shop: Project, words: list[str]
    ) -> None:
        said = call(db, shop, *words)
        assert said.code == 2
        assert f"'{words[-1]}' is not one of" in said.err
        assert "Value error" not in said.err

    @pytest.mark.parametrize("words", ["--help", "migrate --help", "lock --help"])
    def test_help_that_nobody_reads_is_no_failure(self, tmp_path: Path, words: str) -> None:
        shell = f'"{sys.executable}" -m platformdb {words} | true; exit ${{PIPESTATUS[0]}}'
        result = subprocess.run(
            ["bash", "-c", shell], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )
        assert (result.returncode, result.stderr) == (0, "")

    def test_the_first_ten_minutes_go_as_the_commands_themselves_suggest(self, db: Target, tmp_path: Path) -> None:
        """Each command says what to do next, and doing it works."""
        env = environment(db)
        folder = tmp_path / "mein erstes projekt"
        for words, code in (
            (["init", str(folder)], 0),
            (["new", "create_users", "--project", str(folder)], 0),
            (["status", "--project", str(folder)], 0),
            (["status", "--check", "--project", str(folder)], 1),
            (["migrate", "--dry-run", "--project", str(folder)], 0),
            (["migrate", "--project", str(folder)], 0),
            (["migrate", "--project", str(folder)], 0),
            (["validate", "--project", str(folder)], 0),
            (["down", "--to", "0", "--project", str(folder)], 3),  # nobody wrote the undo file yet
            (["lock", "status"], 0),
        ):
            result = platformdb_run(*words, cwd=tmp_path, env=env)
            assert result.returncode == code, (words, result.stdout, result.stderr)
            assert "Traceback" not in result.stdout + result.stderr
