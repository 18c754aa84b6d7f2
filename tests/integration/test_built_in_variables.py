"""Variables that a tool asks the database for have their values from the target, unless somebody gave one."""

from __future__ import annotations

import pytest

from catalog import relations, rows, run
from commandline import environment, platformdb_run
from inprocess import call
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server

SQL = "CREATE TABLE t AS SELECT '${flyway:database}' AS d, '${flyway:user}' AS u, '${flyway:defaultSchema}' AS s;"
ASKED = "SELECT d = current_database(), u = current_user, s FROM t"


@pytest.fixture
def asking(project: Project) -> Project:
    return project.write({"db/V1__a.sql": SQL, "db/U1__a.sql": "DROP TABLE t; SELECT '${flyway:database}';"})


def test_they_are_asked_of_the_target(db: Target, asking: Project) -> None:
    assert call(db, asking, "migrate", "--migrations", "db").code == 0
    assert rows(db, ASKED) == [(True, True, "public")]
    assert call(db, asking, "status", "--migrations", "db", "--check").code == 0
    assert call(db, asking, "down", "--migrations", "db", "--to", "0", "--allow-destructive").code == 0


def test_what_was_given_goes_before(db: Target, asking: Project) -> None:
    assert call(db, asking, "migrate", "--migrations", "db", "--var", "flyway:defaultSchema=other").code == 0
    assert rows(db, ASKED) == [(True, True, "other")]


def test_a_session_that_works_in_another_schema_than_the_tool_would_is_refused(db: Target, project: Project) -> None:
    project.write({"db/V1__a.sql": "CREATE TABLE t (x int);", "flyway.conf": "flyway.defaultSchema=app\n"})
    said = call(db, project, "migrate", "--migrations", "db")
    assert (said.code, relations(db)) == (3, set())
    assert "has it work in schema app, and this session works in public" in said.everything
    run(db, "CREATE SCHEMA app")
    assert call(db, project, "migrate", "--migrations", "db", PGOPTIONS="-csearch_path=app,public").code == 0
    assert rows(db, "SELECT to_regclass('app.t') IS NOT NULL") == [(True,)]


def test_a_value_of_the_configuration_whose_name_says_that_it_is_secret_is_shown_nowhere(
    db: Target, project: Project
) -> None:
    project.write(
        {
            "db/V1__a.sql": "CREATE TABLE t AS SELECT '${api_token}' AS x;\nSELECT '${api_token}' / 0;",
            "flyway.conf": "flyway.placeholders.api_token=hunter2secret\n",
        }
    )
    said = [
        call(db, project, "migrate", "--migrations", "db", *more) for more in ((), ("--dry-run",), ("--format", "json"))
    ]
    project.write({"db/V1__a.sql": "CREATE TABLE t AS SELECT '${api_token}' AS x;"})
    said.append(call(db, project, "migrate", "--migrations", "db"))
    assert [each.code for each in said] == [4, 0, 4, 0]
    assert all("hunter2secret" not in each.everything for each in said)
    assert rows(db, "SELECT x FROM t") == [("hunter2secret",)]
    assert rows(db, "SELECT count(*) FROM platformdb.history h WHERE h::text LIKE '%hunter2%'") == [(0,)]
    project.write({"db/V1__a.sql": "CREATE TABLE t AS SELECT '${api_token}' AS x, 1 AS y;"})
    status = call(db, project, "status", "--migrations", "db")
    assert "1 AS y" in status.everything, "the difference of an edit is shown"
    assert "hunter2secret" not in status.everything


def test_files_are_checked_without_a_database(asking: Project) -> None:
    ran = platformdb_run("check", "--migrations", "db", cwd=asking.root, env=environment())
    assert ran.returncode == 0, ran.stdout + ran.stderr
