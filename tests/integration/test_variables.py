"""Variables in files: where they come from, what they cannot become, and that a secret stays one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from catalog import picture, relations, rows, run, until
from commandline import environment, finish, start
from dump import dumped
from inprocess import Said, as_json, call
from platformdb.postgres.target import Target
from projects import Project
from servers import Server

SECRET = "s3cret/'very\\long"
# As it is, as SQL quotes it, as JSON writes it, and a piece that no masking of the whole could leave by chance.
FORMS = (SECRET, SECRET.replace("'", "''"), json.dumps(SECRET)[1:-1], "s3cret", "very\\long", "very\\\\long")


class TestSources:
    @pytest.fixture
    def templated(self, project: Project) -> Project:
        return project.write(
            {
                "platformdb.toml": '[variables]\nowner = "from_file"\nlimit = 5\nstrict = true\n',
                "phases/001_a.sql": "CREATE TABLE a AS\n"
                "SELECT {{ owner | literal }} AS o, {{ limit }} AS l, {{ strict }} AS s;",
            }
        )

    def seen(self, db: Target) -> tuple[object, ...]:
        return rows(db, "SELECT o, l, s FROM a")[0]

    def test_the_projects_file_declares_them(self, db: Target, templated: Project) -> None:
        assert call(db, templated, "migrate").code == 0
        assert self.seen(db) == ("from_file", 5, True)

    def test_the_environment_goes_before_the_file(self, db: Target, templated: Project) -> None:
        assert call(db, templated, "migrate", PLATFORMDB_VAR_OWNER="from_environment").code == 0
        assert self.seen(db) == ("from_environment", 5, True)

    def test_a_flag_goes_before_both_and_the_last_one_counts(self, db: Target, templated: Project) -> None:
        flags = ("--var", "owner=first", "--var", "owner=a=b c")
        assert call(db, templated, "migrate", *flags, PLATFORMDB_VAR_OWNER="from_environment").code == 0
        assert self.seen(db) == ("a=b c", 5, True)

    def test_a_variable_of_another_name_in_the_environment_is_asked_for(self, db: Target, project: Project) -> None:
        project.write(
            {
                "platformdb.toml": '[variables.owner]\nenv = "APP_OWNER"\n',
                "phases/001_a.sql": "CREATE TABLE a AS SELECT {{ owner | literal }} AS o;",
            }
        )
        said = call(db, project, "migrate")
        assert said.code == 2
        assert "variables.owner: the environment variable APP_OWNER is not set" in said.err
        assert call(db, project, "migrate", APP_OWNER="app").code == 0
        assert rows(db, "SELECT o FROM a") == [("app",)]

    def test_without_any_a_file_with_braces_is_plain_sql(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a AS SELECT '{{ no }} {% template %}' AS x;"})
        assert call(db, project, "migrate").code == 0
        assert rows(db, "SELECT x FROM a") == [("{{ no }} {% template %}",)]

    @pytest.mark.parametrize(
        "value", ["x'; DROP TABLE kept; --", 'x"; DROP TABLE kept; --', "\\'; --", "%s {{ x }} $$"]
    )
    def test_the_quoting_filters_leave_no_way_out(self, db: Target, project: Project, value: str) -> None:
        run(db, "CREATE TABLE kept ()")
        project.write({"phases/001_a.sql": "CREATE TABLE {{ x | identifier }} AS SELECT {{ x | literal }} AS x;"})
        said = call(db, project, "migrate", PLATFORMDB_VAR_X=value)
        assert said.code == 0, said.err
        quoted = value.replace('"', '""')
        assert rows(db, f'SELECT x FROM "{quoted}"') == [(value,)]
        assert "kept" in relations(db)


class TestPlaces:
    def test_an_undefined_variable_is_named_with_line_and_column_before_anything_runs(
        self, db: Target, project: Project
    ) -> None:
        before = picture(db)
        project.write({"phases/001_a.sql": "SELECT {{ known }};\n  SELECT 'ä', {{ knwon }};"})
        said = as_json(db, project, "migrate", "--var", "known=1")
        (finding,) = said.envelope["findings"]
        assert said.code == 3
        assert finding["place"] == {"name": "phases/001_a.sql", "line": 2, "column": 18}
        assert "knwon" in finding["message"]
        assert picture(db) == before
        text = call(db, project, "migrate", "--var", "known=1").err
        assert "at phases/001_a.sql:2:18\n  2 |   SELECT 'ä', {{ knwon }};" in text

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("SELECT {{ long | literal }};\nSELECT nope;", "phases/001_a.sql:2:8"),
            ("SELECT {{ long | literal }}, nope;", "phases/001_a.sql:1:30"),
            ("{% for n in range(3) %}SELECT {{ n }};\n{% endfor %}\nSELECT nope;", "phases/001_a.sql:3:8"),
            ("SELECT 1;\n{# a note\n#}SELECT nope;", "phases/001_a.sql:3:10"),
            ("SELECT 1;\nSELECT {{ column }};", "phases/001_a.sql:2:11"),
        ],
    )
    def test_a_servers_error_points_at_the_file_as_it_is_written(
        self, db: Target, project: Project, text: str, place: str
    ) -> None:
        project.write({"phases/001_a.sql": text})
        flags = ("--var", "column=nope", "--var", f"long={'x' * 200}")
        said = call(db, project, "migrate", *flags)
        assert said.code == 4
        assert f"at {place}\n" in said.err

    def test_the_history_keeps_what_the_template_became(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE {{ name | identifier }} ();"})
        assert call(db, project, "migrate", "--var", "name=a b").code == 0
        assert rows(db, "SELECT sql FROM platformdb.history") == [('CREATE TABLE "a b" ()',)]

    def test_another_value_changes_no_versioned_file_and_every_repeatable_one(
        self, db: Target, project: Project
    ) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a AS SELECT {{ x }} AS x;",
                "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT {{ x }} AS x;",
            }
        )
        assert call(db, project, "migrate", "--var", "x=1").code == 0
        said = as_json(db, project, "migrate", "--var", "x=2")
        assert [step["subject"] for step in said.envelope["steps"]] == ["sql/views/v.sql"]
        assert rows(db, "SELECT a.x, v.x FROM a, v") == [(1, 2)]
        assert call(db, project, "validate", "--var", "x=2").code == 0


class TestSecrets:
    """Everything that is written is searched for the secret: output, errors, history, and what other processes see."""

    @pytest.fixture
    def secretive(self, project: Project) -> Project:
        return project.write(
            {"platformdb.toml": '[variables.password]\nenv = "APP_PASSWORD"\nsecret = true\n[variables]\nrole = "r"\n'}
        )

    @pytest.fixture
    def role(self, db: Target) -> Iterator[str]:
        ((name,),) = rows(db, "SELECT 'secretive_' || current_database()")
        yield str(name)
        run(db, f"DROP ROLE IF EXISTS {name}")

    def clean(self, db: Target, *said: Said) -> None:
        texts = [each.everything for each in said]
        if rows(db, "SELECT to_regclass('platformdb.history')") != [(None,)]:
            texts += [
                str(row) for row in rows(db, "SELECT row::text, to_jsonb(row)::text FROM platformdb.history AS row")
            ]
        for form in FORMS:
            assert not [text for text in texts if form in text], form

    def all_commands(self, db: Target, project: Project) -> list[Said]:
        commands = (
            ("migrate", "--dry-run"),
            ("migrate",),
            ("status",),
            ("validate",),
            ("down", "--to", "0", "--dry-run"),
        )
        return [each(db, project, *command, APP_PASSWORD=SECRET) for command in commands for each in (call, as_json)]

    def test_a_secret_variable_shows_nowhere(self, db: Target, secretive: Project, role: str) -> None:
        secretive.write(
            {
                "phases/001_role.sql": f"CREATE ROLE {role} LOGIN PASSWORD {{{{ password | literal }}}};",
                "phases/001_role.undo.sql": f"ALTER ROLE {role} PASSWORD {{{{ password | literal }}}};\n"
                f"DROP ROLE {role};",
                "phases/002_use.sql": "CREATE TABLE t AS SELECT {{ password | literal }}::text AS x;\n"
                "COMMENT ON TABLE t IS {{ password | literal }};",
                "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT x = {{ password | literal }} AS same FROM t;",
            }
        )
        said = self.all_commands(db, secretive)
        assert said[2].code == 0, said[2].err
        assert rows(db, "SELECT x, same FROM t, v") == [(SECRET, True)]
        self.clean(db, *said)
        assert "***" in said[0].out
        assert ("***",) in rows(db, "SELECT substr(sql, position('***' IN sql), 3) FROM platformdb.history")

    def test_a_literal_password_shows_nowhere(self, db: Target, project: Project, role: str) -> None:
        literal = SECRET.replace("'", "''")
        project.write(
            {
                "phases/001_role.sql": f"CREATE ROLE {role} LOGIN PASSWORD '{literal}';\n"
                f"ALTER USER {role} WITH ENCRYPTED PASSWORD '{literal}';\n"
                f"DO $$ BEGIN EXECUTE 'ALTER ROLE {role}'; END $$;"
            }
        )
        said = self.all_commands(db, project)
        assert said[2].code == 0, said[2].err
        self.clean(db, *said)
        ((text,),) = rows(db, "SELECT sql FROM platformdb.history")
        assert "PASSWORD '***'" in str(text)

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT {{ password | literal }}::integer",
            "SELECT {{ password | identifier }}",
            "DO $$ BEGIN RAISE 'no %' , {{ password | literal }} USING HINT = {{ password | literal }}; END $$",
            "CREATE TABLE u (x text UNIQUE);\nINSERT INTO u SELECT {{ password | literal }} FROM generate_series(1, 2)",
            "CREATE INDEX CONCURRENTLY {{ password | identifier }} ON nowhere (x)",
            "SELECT {{ password }}",
        ],
        ids=["a wrong cast", "a wrong name", "an error of its own", "a key twice", "outside a transaction", "no SQL"],
    )
    def test_an_error_that_quotes_a_secret_does_not_show_it(
        self, db: Target, secretive: Project, statement: str
    ) -> None:
        secretive.write({"phases/001_a.sql": f"SELECT 1;\n{statement};"})
        said = [each(db, secretive, "migrate", APP_PASSWORD=SECRET) for each in (call, as_json)]
        assert said[0].code in {3, 4}
        self.clean(db, *said, *(each(db, secretive, "status", APP_PASSWORD=SECRET) for each in (call, as_json)))
        assert "***" in said[0].err or "{{ password" in said[0].err

    def test_an_error_that_quotes_a_literal_password_does_not_show_it(
        self, db: Target, project: Project, role: str
    ) -> None:
        literal = SECRET.replace("'", "''")
        project.write({"phases/001_a.sql": f"CREATE ROLE {role} PASSWORD '{literal}' NOSUCHTHING;"})
        said = [each(db, project, "migrate") for each in (call, as_json)]
        assert said[0].code in {3, 4}
        self.clean(db, *said)
        project.write({"phases/001_a.sql": f"CREATE ROLE {role};\nALTER ROLE {role}_nobody PASSWORD '{literal}';"})
        said = [each(db, project, "migrate") for each in (call, as_json)]
        assert said[0].code == 4
        self.clean(db, *said)
        inside = f"ALTER ROLE {role}_nobody PASSWORD '{literal}'".replace("'", "''")
        project.write({"phases/001_a.sql": f"DO $$ BEGIN EXECUTE '{inside}'; END $$;"})
        said = [each(db, project, "migrate") for each in (call, as_json)]
        assert said[0].code == 4
        assert "context: SQL statement" in said[0].err
        self.clean(db, *said)

    def test_a_difference_to_what_ran_does_not_show_it(self, db: Target, secretive: Project, role: str) -> None:
        text = f"CREATE ROLE {role} PASSWORD {{{{ password | literal }}}};"
        secretive.write({"phases/001_a.sql": text})
        assert call(db, secretive, "migrate", APP_PASSWORD=SECRET).code == 0
        secretive.write({"phases/001_a.sql": text.replace("PASSWORD", "LOGIN PASSWORD")})
        said = [each(db, secretive, "migrate", APP_PASSWORD=SECRET) for each in (call, as_json)]
        assert said[1].rules == ["migration-modified"]
        assert "+CREATE ROLE" in said[0].err
        self.clean(db, *said)

    def test_another_secret_makes_no_file_modified(self, db: Target, secretive: Project, role: str) -> None:
        secretive.write({"phases/001_a.sql": f"CREATE ROLE {role} PASSWORD {{{{ password | literal }}}};"})
        assert call(db, secretive, "migrate", APP_PASSWORD=SECRET).code == 0
        assert call(db, secretive, "migrate", APP_PASSWORD="another").code == 0
        assert call(db, secretive, "validate", APP_PASSWORD="another").code == 0

    def test_a_secret_on_the_command_line_is_refused_without_repeating_it(self, db: Target, secretive: Project) -> None:
        secretive.write({"phases/001_a.sql": "SELECT 1;"})
        said = call(db, secretive, "migrate", "--var", f"password={SECRET}")
        assert said.code == 2
        assert "PLATFORMDB_VAR_PASSWORD" in said.err
        self.clean(db, said)

    def test_other_processes_do_not_see_it(self, db: Target, secretive: Project) -> None:
        secretive.write({"phases/001_a.sql": "SELECT {{ password | literal }}; SELECT pg_sleep(30);"})
        process = start("migrate", cwd=secretive.root, env=environment(db, APP_PASSWORD=SECRET))
        sleeping = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        until(lambda: rows(db, f"SELECT pid {sleeping}"))
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        names = str(rows(db, "SELECT application_name FROM pg_stat_activity"))
        run(db, f"SELECT pg_terminate_backend(pid) {sleeping}")
        result = finish(process)
        assert result.returncode == 4
        self.clean(db, Said(0, listed + names, ""), Said(result.returncode, result.stdout, result.stderr))

    def test_a_backup_of_our_schema_does_not_hold_it(
        self, server: Server, db: Target, secretive: Project, role: str
    ) -> None:
        secretive.write(
            {"phases/001_a.sql": f"CREATE ROLE {role} PASSWORD {{{{ password | literal }}}};\nSELECT nope;"}
        )
        assert call(db, secretive, "migrate", APP_PASSWORD=SECRET).code == 4
        secretive.write({"phases/001_a.sql": f"CREATE ROLE {role} PASSWORD {{{{ password | literal }}}};"})
        assert call(db, secretive, "migrate", APP_PASSWORD=SECRET).code == 0
        text = dumped(server, db, "--schema=platformdb")
        assert "CREATE ROLE" in text
        self.clean(db, Said(0, text, ""))
