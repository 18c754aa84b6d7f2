"""Proof of undo: every kind of lie is told from the truth, each on its own, and the target stays as it is."""

from __future__ import annotations

import pytest

from catalog import history, rows
from inprocess import Said, as_json, call
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from projects import Project

TRUE = {
    "phases/001_base.sql": "CREATE TABLE base (id int PRIMARY KEY, name text NOT NULL);",
    "phases/001_base.undo.sql": "DROP TABLE base;",
    "phases/002_more.sql": "CREATE TABLE more (id int REFERENCES base);\n"
    "CREATE INDEX CONCURRENTLY base_name ON base (name);",
    "phases/002_more.undo.sql": "DROP TABLE more;\nDROP INDEX CONCURRENTLY base_name;",
}
LIES = {
    "phases/003_leaves.sql": "CREATE TABLE IF NOT EXISTS left_here (x int, y int);\n"
    "ALTER TABLE base ALTER name DROP NOT NULL;",
    "phases/003_leaves.undo.sql": "ALTER TABLE base ALTER name SET DEFAULT '';",
    "phases/004_empty.sql": "CREATE TYPE mood AS ENUM ('sad');",
    "phases/004_empty.undo.sql": "-- DROP TYPE mood;",
    "phases/005_fails.sql": "CREATE TABLE five (x int);",
    "phases/005_fails.undo.sql": "ALTER TABLE base ADD extra int;\nDROP TABLE six;",
    "phases/006_order.sql": "ALTER TABLE left_here DROP x;",
    "phases/006_order.undo.sql": "ALTER TABLE left_here ADD x int;",
    "phases/007_rows.sql": "CREATE TABLE IF NOT EXISTS seven (x int PRIMARY KEY);\n"
    "INSERT INTO base VALUES (7, 'seven');",
    "phases/007_rows.undo.sql": "DROP TABLE seven;",
    "phases/008_none.sql": "CREATE TABLE eight (x int);",
    "phases/009_again.sql": "DROP INDEX IF EXISTS i9;\nCREATE TABLE nine (x int);\n"
    "DO $$ BEGIN IF EXISTS (SELECT FROM base WHERE id = 9) THEN CREATE INDEX i9 ON nine (x); END IF; END $$;\n"
    "INSERT INTO base VALUES (9, 'nine') ON CONFLICT DO NOTHING;",
    "phases/009_again.undo.sql": "DROP TABLE nine;",
    "phases/010_true.sql": "CREATE TABLE ten (x int);\nCREATE INDEX IF NOT EXISTS i9 ON nine (x);",
    "phases/010_true.undo.sql": "DROP TABLE ten;\nDROP INDEX i9;",
}


def verdicts(said: Said) -> dict[str, str]:
    return {proof["version"]: proof["verdict"] for proof in said.envelope["data"]["proofs"]}


def databases(target: Target) -> set[object]:
    with connect(target) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^platformdb'")}


def test_undo_files_that_lead_back_are_exact(db: Target, project: Project) -> None:
    there = databases(db)
    said = as_json(db, project.write(TRUE), "check", "--undo")
    assert said.code == 0, said.everything
    assert verdicts(said) == {"001": "exact", "002": "exact"}
    assert databases(db) <= there, "what was made for it is dropped"
    assert rows(db, "SELECT FROM pg_namespace WHERE nspname = 'platformdb'") == [], "the target itself is left alone"


def test_every_kind_of_lie_is_told_and_none_makes_the_next_one_look_bad(db: Target, project: Project) -> None:
    said = as_json(db, project.write({**TRUE, **LIES}), "check", "--undo")
    assert said.code == 1
    assert verdicts(said) == {
        "001": "exact",
        "002": "exact",
        "003": "differs",
        "004": "empty",
        "005": "fails",
        "006": "reordered",
        "007": "fails again",
        "008": "no undo",
        "009": "differs again",
        "010": "exact",
    }
    findings = {each["subject"]: each for each in said.envelope["findings"]}
    assert findings["phases/003_leaves.sql"]["detail"].splitlines() == [
        "default ''::text of column base.name is left behind",
        "column base.name was not nullable and is",
        "table left_here is left behind",
    ]
    assert "type mood is left behind" in findings["phases/004_empty.sql"]["detail"]
    assert findings["phases/005_fails.sql"]["place"]["line"] == 2
    assert 'table "six" does not exist' in findings["phases/005_fails.sql"]["detail"]
    assert findings["phases/006_order.sql"]["severity"] == "warning"
    assert "base_pkey" in findings["phases/007_rows.sql"]["detail"]
    assert findings["phases/009_again.sql"]["detail"] == "index i9 is left behind"


@pytest.mark.newest_server
def test_a_migration_without_undo_is_an_error_on_request(db: Target, project: Project) -> None:
    project.write(TRUE).remove("phases/002_more.undo.sql")
    assert as_json(db, project, "check", "--undo").code == 0
    said = as_json(db, project, "check", "--undo", "--require-undo")
    assert said.code == 1
    assert "undo-missing" in said.rules


@pytest.mark.newest_server
def test_only_what_comes_after_a_version_is_proven_on_request(db: Target, project: Project) -> None:
    said = as_json(db, project.write({**TRUE, **LIES}), "check", "--undo", "--since", "009")
    assert said.code == 0, said.everything
    assert verdicts(said) == {"010": "exact"}


@pytest.mark.newest_server
def test_rows_that_an_undo_file_took_do_not_make_the_next_migration_look_bad(db: Target, project: Project) -> None:
    project.write(
        {
            **TRUE,
            "phases/002_more.sql": "INSERT INTO base VALUES (1, 'one');",
            "phases/002_more.undo.sql": "DELETE FROM base WHERE id = 1;",
            "phases/003_greedy.sql": "CREATE TABLE three (x int);",
            "phases/003_greedy.undo.sql": "DROP TABLE three;\nDELETE FROM base;",
            "phases/004_wants.sql": "CREATE TABLE four (x int);\nINSERT INTO four SELECT 1 / count(*) FROM base;",
            "phases/004_wants.undo.sql": "DROP TABLE four;",
        }
    )
    said = as_json(db, project, "check", "--undo")
    assert verdicts(said) == {"001": "exact", "002": "exact", "003": "exact", "004": "exact"}


@pytest.mark.newest_server
def test_a_migration_that_does_not_run_ends_the_proof(db: Target, project: Project) -> None:
    project.write({**TRUE, "phases/002_more.sql": "CREATE TABLE more (id int REFERENCES nowhere);"})
    said = as_json(db, project, "check", "--undo")
    assert said.code == 1
    assert verdicts(said) == {"001": "exact", "002": "not proven"}
    assert said.rules[-1] == "undo-unproven"


@pytest.mark.newest_server
@pytest.mark.parametrize("form", ["junit", "github", "markdown"])
def test_it_is_said_as_ci_reads_it(db: Target, project: Project, form: str) -> None:
    project.write({"phases/001_a.sql": "CREATE TABLE a (x int);", "phases/001_a.undo.sql": "SELECT 1;"})
    said = call(db, project, "check", "--undo", "--format", form)
    assert said.code == 1
    assert "table a is left behind" in said.out


ROLES = {
    "phases/003_role.sql": "CREATE ROLE proof_of_role;",
    "phases/003_role.undo.sql": "DROP ROLE proof_of_role;",
}


@pytest.mark.newest_server
def test_what_acts_on_the_whole_server_is_named(db: Target, project: Project) -> None:
    said = as_json(db, project.write({**TRUE, **ROLES}), "check", "--undo")
    with connect(db) as connection:
        connection.execute("DROP ROLE IF EXISTS proof_of_role")
    assert (said.code, said.rules) == (0, ["undo-acts-on-server"])
    assert "phases/003_role.sql, phases/003_role.undo.sql" in said.envelope["findings"][0]["message"]


@pytest.mark.newest_server
def test_another_tools_directory_is_proven_as_it_is(db: Target, project: Project) -> None:
    project.write(
        {
            "db/1_a.sql": "-- +goose Up\nCREATE TABLE a (x int);\n-- +goose Down\nDROP TABLE a;\n",
            "db/2_b.sql": "-- +goose Up\nCREATE TABLE b (x int);\n-- +goose Down\nSELECT 1;\n",
        }
    )
    said = as_json(db, project, "check", "--undo", "--migrations", "db")
    assert said.code == 1
    assert verdicts(said) == {"1": "exact", "2": "differs"}


@pytest.mark.newest_server
def test_a_secret_of_the_tools_configuration_is_not_in_the_servers_words(db: Target, project: Project) -> None:
    project.write(
        {
            "db/V1__a.sql": "CREATE TABLE a (x int);\nINSERT INTO a SELECT '${api_token}'::int;",
            "db/U1__a.sql": "DROP TABLE a;",
            "flyway.conf": "flyway.placeholders.api_token=hunter2secret\n",
        }
    )
    said = call(db, project, "check", "--undo", "--migrations", "db")
    assert said.code == 1
    assert "invalid input syntax" in said.everything
    assert "hunter2secret" not in said.everything


# down --prove


@pytest.fixture
def applied(db: Target, project: Project) -> Project:
    project.write({**TRUE, "sql/views/v.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM base;"})
    assert call(db, project, "migrate").code == 0
    return project


def test_down_is_proven_from_the_real_schema_and_its_rows(db: Target, applied: Project) -> None:
    with connect(db) as connection:
        connection.execute("INSERT INTO base VALUES (1, 'one')")
        connection.execute("INSERT INTO more VALUES (1)")
    before, there = history(db), databases(db)
    said = as_json(db, applied, "down", "--to", "001", "--prove")
    assert said.code == 0, said.everything
    assert verdicts(said) == {"002": "exact"}
    assert history(db) == before
    assert rows(db, "SELECT id FROM more") == [(1,)]
    assert databases(db) <= there


@pytest.mark.newest_server
def test_what_stands_in_the_way_of_going_down_is_said(db: Target, applied: Project) -> None:
    with connect(db) as connection:
        connection.execute("CREATE VIEW byhand AS SELECT id FROM more")
    said = as_json(db, applied, "down", "--to", "001", "--prove")
    assert said.code == 1
    assert verdicts(said) == {"002": "blocked"}
    assert said.envelope["findings"][0]["message"].endswith("does not run on the database as it is")
    assert "view byhand depends on table more" in said.envelope["findings"][0]["detail"]


def test_what_the_way_there_and_back_loses_is_said(db: Target, applied: Project) -> None:
    with connect(db) as connection:
        connection.execute("CREATE INDEX byhand ON more (id)")
    said = as_json(db, applied, "down", "--to", "001", "--prove")
    assert said.code == 1
    assert verdicts(said) == {"002": "exact"}
    assert said.rules == ["undo-loses"]
    assert said.envelope["findings"][0]["detail"] == "index byhand is gone"


@pytest.mark.newest_server
def test_the_roles_of_the_target_are_out_of_reach(db: Target, project: Project) -> None:
    project.write({**TRUE, "phases/003_role.sql": "ALTER ROLE proof_of_role NOLOGIN;"})
    project.write({"phases/003_role.undo.sql": "DROP ROLE proof_of_role;"})
    with connect(db) as connection:
        connection.execute("CREATE ROLE proof_of_role")
    assert call(db, project, "migrate").code == 0
    said = as_json(db, project, "down", "--to", "002", "--prove")
    assert "undo-without-rows" in said.rules
    assert rows(db, "SELECT rolname FROM pg_roles WHERE rolname = 'proof_of_role'") == [("proof_of_role",)]
    with connect(db) as connection:
        connection.execute("DROP ROLE proof_of_role")


@pytest.mark.newest_server
def test_a_version_that_is_not_there_is_refused(db: Target, applied: Project) -> None:
    assert call(db, applied, "down", "--to", "777", "--prove").code == 2


@pytest.mark.newest_server
def test_nothing_above_the_version_is_nothing_to_prove(db: Target, applied: Project) -> None:
    said = as_json(db, applied, "down", "--to", "002", "--prove")
    assert (said.code, verdicts(said)) == (0, {})
