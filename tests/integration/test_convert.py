"""Another tool's directory as platformdb's own files: the history that it has goes on to hold."""

from __future__ import annotations

import re
import stat

import pytest

from catalog import relations, rows, run
from foreign_histories import ALEMBIC, HISTORIES, ONE, TWO, History
from inprocess import Said, as_json, call
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server

each_tool = pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())


def converted(db: Target, project: Project, *options: str) -> tuple[Said, Project]:
    said = as_json(db, project, "convert", "--migrations", "migrations", "--to", "native", *options)
    return said, Project(project.root / "native")


def states(db: Target, project: Project) -> list[str]:
    return [each["state"] for each in as_json(db, project, "status").envelope["data"]["migrations"]]


def test_who_has_not_adopted_is_told_to(db: Target, project: Project) -> None:
    project.write({"db/1_a.sql": "-- migrate:up\nCREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;\n"})
    assert "convert-adopt" in as_json(db, project, "convert", "--migrations", "db", "--to", "native").rules


@each_tool
def test_a_history_that_was_adopted_holds_for_the_converted_files(
    db: Target, project: Project, history: History
) -> None:
    run(db, ONE + TWO + history.ddl + history.rows)
    project.write(history.everything)
    layout = ("--layout", history.layout)
    adopted = as_json(db, project, "adopt", "--migrations", "migrations", *layout)
    assert adopted.code == 0, adopted.everything
    said, native = converted(db, project, *layout)
    if history is ALEMBIC:
        assert (said.code, set(said.rules)) == (3, {"not-sql"})
        assert not native.root.exists()
        return
    assert said.code == 0, said.everything
    assert states(db, native) == list(history.applied)
    assert call(db, native, "validate").code == 0
    migrated = as_json(db, native, "migrate").envelope["steps"]
    assert [step["kind"] for step in migrated] == ["versioned"]
    assert {"one", "two", "three"} <= relations(db)
    assert "nothing to do" in call(db, native, "migrate").out


MARKED = {
    "migrations/1_a.sql": "-- Up Migration\n\nCREATE TABLE a (id int)\n\n-- Down Migration\n\nDROP TABLE a\n",
    "migrations/2_b.sql": "-- Up Migration\n\nCREATE TABLE b (id int);\n",
}


class TestWhatIsWritten:
    def test_both_ways_are_files_of_their_own_and_lead_there_and_back(self, db: Target, project: Project) -> None:
        said, native = converted(db, project.write(MARKED))
        assert said.code == 0, said.everything
        assert said.envelope["data"]["files"] == [
            "phases/migrations/1_a.sql",
            "phases/migrations/1_a.undo.sql",
            "phases/migrations/2_b.sql",
        ]
        assert (native.root / "phases/migrations/1_a.undo.sql").read_text() == "\nDROP TABLE a;\n"
        assert call(db, native, "migrate", "--to", "1").code == 0
        assert relations(db) >= {"a"}
        assert call(db, native, "down", "--to", "0", "--allow-destructive").code == 0
        assert "a" not in relations(db)

    def test_an_edit_in_more_than_marks_is_said_with_what_to_run(self, db: Target, project: Project) -> None:
        project.write(MARKED)
        assert call(db, project, "migrate", "--migrations", "migrations").code == 0
        said = call(db, project, "convert", "--migrations", "migrations", "--to", "native")
        assert "wrote 3 files to native; status will call 1 edited" in said.out
        native = Project(project.root / "native")
        assert states(db, native) == ["edited", "applied"]  # the first had no semicolon
        command = "repair --cosmetic --project native"
        assert f"platformdb {command}\n" in said.out
        assert call(db, project, *command.split()).code == 0
        assert states(db, native) == ["applied", "applied"]

    def test_files_without_marks_are_byte_for_byte_the_same(self, db: Target, project: Project) -> None:
        text = b"\xef\xbb\xbfCREATE TABLE a (id int);  \r\nSELECT '{{ this is no variable }}'"
        project.write(
            {"migrations/1_a/migration.sql": text, "migrations/migration_lock.toml": 'provider = "postgresql"'}
        )
        said, native = converted(db, project)
        assert said.code == 0, said.everything
        assert (native.root / "phases/migrations/1_a.sql").read_bytes() == text
        assert (native.root / "platformdb.toml").exists()
        assert stat.S_IMODE(native.root.stat().st_mode) & 0o700 == 0o700

    def test_what_runs_alone_goes_on_to_run_alone(self, db: Target, project: Project) -> None:
        text = "-- migrate:up transaction:false\nCREATE TABLE a (id int);\nVACUUM a;\n-- migrate:down\n"
        said, native = converted(db, project.write({"migrations/001_a.sql": text}))
        assert said.code == 0, said.everything
        written = (native.root / "phases/migrations/001_a.sql").read_text()
        assert written == "-- platformdb: transaction=off\nCREATE TABLE a (id int);\nVACUUM a;\n"
        steps = as_json(db, native, "migrate").envelope["steps"]
        assert [step["transactional"] for step in steps if step["kind"] == "versioned"] == [False, False]

    def test_a_title_that_begins_with_digits_is_no_part_of_the_version(self, db: Target, project: Project) -> None:
        lock = {"migrations/migration_lock.toml": 'provider = "postgresql"'}
        said, native = converted(db, project.write({"migrations/1_2_3 go/migration.sql": "SELECT 1", **lock}))
        assert said.envelope["data"]["files"] == ["phases/migrations/1_step_2_3_go.sql"]
        assert [each["version"] for each in as_json(db, native, "status").envelope["data"]["migrations"]] == ["1"]

    def test_another_name_in_the_history_is_that_of_the_folder(self, db: Target, project: Project) -> None:
        project.write(MARKED)
        options = ("--platform", "shop", "--migrations", "migrations")
        assert call(db, project, "migrate", *options).code == 0
        assert call(db, project, "convert", *options, "--to", "native").code == 0
        native = Project(project.root / "native")
        assert (native.root / "phases/shop/1_a.sql").exists()
        assert states(db, native) == ["edited", "applied"]


VARIABLES = {
    "migrations/V1__schema.sql": "CREATE SCHEMA ${app-schema};\nSELECT '${app-schema}', '${db_password}';",
    "migrations/V2__braces.sql": "SELECT '{{ no template }}';",
}


class TestVariables:
    flags = ("--var", "app-schema=app", "--var", "db_password=hush")

    def test_they_are_written_as_platformdb_writes_them_and_secrets_are_not(self, db: Target, project: Project) -> None:
        said, native = converted(db, project.write(VARIABLES), *self.flags)
        assert said.code == 0, said.everything
        first, second = (native.root / f"phases/migrations/{name}.sql" for name in ("1_schema", "2_braces"))
        assert first.read_text() == "CREATE SCHEMA {{ app_schema }};\nSELECT '{{ app_schema }}', '{{ db_password }}';\n"
        assert second.read_text() == "-- platformdb: template=off\nSELECT '{{ no template }}';"
        settings = (native.root / "platformdb.toml").read_text()
        assert 'app_schema = "app"\n' in settings
        assert 'db_password = { env = "DB_PASSWORD", secret = true }\n' in settings
        assert "hush" not in "".join(path.read_text() for path in native.root.rglob("*.*") if path.is_file())

    def test_braces_beside_a_variable_stay_braces(self, db: Target, project: Project) -> None:
        project.write({"migrations/V1__a.sql": "CREATE TABLE ${name} AS SELECT '{{ a }} {% b %} {# c #}' AS text;"})
        said, native = converted(db, project, "--var", "name=t")
        assert said.code == 0, said.everything
        assert call(db, native, "migrate").code == 0
        assert rows(db, "SELECT text FROM t") == [("{{ a }} {% b %} {# c #}",)]

    def test_the_history_holds_after_comments_were_accepted(self, db: Target, project: Project) -> None:
        project.write({"migrations/V1__schema.sql": "CREATE SCHEMA ${name};"})
        flags = ("--migrations", "migrations", "--var", "name=app")
        assert call(db, project, "migrate", *flags).code == 0
        said, native = converted(db, project, "--var", "name=app")
        assert said.code == 0, said.everything
        assert states(db, native) == ["edited"]
        assert call(db, native, "repair", "--cosmetic").code == 0
        assert states(db, native) == ["applied"]


class TestRefusals:
    def refused(self, db: Target, project: Project, *options: str) -> Said:
        before = sorted(path.name for path in project.root.iterdir())
        said, _ = converted(db, project, *options)
        assert said.code in {2, 3}, said.everything
        assert sorted(path.name for path in project.root.iterdir()) == before
        return said

    def test_a_folder_that_holds_something(self, db: Target, project: Project) -> None:
        project.write({**MARKED, "native/mine.txt": "mine"})
        said = self.refused(db, project)
        assert "native is there, and not empty" in said.everything
        assert (project.root / "native/mine.txt").read_text() == "mine"

    def test_an_empty_folder_is_taken(self, db: Target, project: Project) -> None:
        (project.write(MARKED).root / "native").mkdir()
        assert converted(db, project)[0].code == 0

    def test_a_step_in_another_language(self, db: Target, project: Project) -> None:
        said = self.refused(db, project.write({**MARKED, "migrations/3_c.js": ""}))
        assert said.rules == ["not-sql"]
        assert "migrations/3_c.js is a step in JavaScript" in said.everything

    def test_a_file_that_cannot_be_read(self, db: Target, project: Project) -> None:
        said = self.refused(db, project.write({**MARKED, "migrations/3_c.sql": "SELECT 'never closed"}))
        assert re.search(r"3_c\.sql", said.everything)

    def test_what_would_not_be_the_same_and_leaves_nothing_behind(self, db: Target, project: Project) -> None:
        said = self.refused(db, project.write({"migrations/V1__a.sql": "SELECT '{${name}}';"}), "--var", "name=t")
        assert "1_a.sql" in said.everything

    def test_a_value_that_the_tool_would_quote_in_another_way(self, db: Target, project: Project) -> None:
        project.write({"migrations/1_a.sql": "SELECT :'name';"})
        said = self.refused(db, project, "--layout", "plain", "--var", "name=back\\slash")
        assert said.rules == ["not-the-same"]
        assert "would not run the same statements as phases/migrations/1_a.sql" in said.everything

    def test_two_repeatable_files_that_would_have_one_name(self, db: Target, project: Project) -> None:
        project.write({f"migrations/{name}.sql": "SELECT 1;" for name in ("V1__a", "R__b c", "R__b,c")})
        assert "not-the-same" in self.refused(db, project).rules

    def test_platformdbs_own_project(self, db: Target, project: Project) -> None:
        project.write({"phases/1_a.sql": "SELECT 1;"})
        said = as_json(db, project, "convert", "--to", "native")
        assert said.code == 2
        assert "has platformdb's own files already" in said.everything

    def test_a_place_where_nobody_may_write(self, db: Target, project: Project) -> None:
        project.write({**MARKED, "plain": "a file"})
        said = as_json(db, project, "convert", "--migrations", "migrations", "--to", "plain/native")
        assert said.code == 3
        assert "cannot write plain/native" in said.everything
