"""A role with few rights: refused in plain words, or enough where somebody made it a schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalog import picture, rows, run
from commandline import environment, platformdb_run
from platformdb.postgres.target import Target
from projects import Project
from runners import role_without_rights

FILES = {
    "phases/001_t.sql": "CREATE TABLE app.t (x int);\nINSERT INTO app.t VALUES (1);",
    "phases/002_i.sql": "CREATE INDEX CONCURRENTLY i ON app.t (x);\nALTER TABLE app.t ADD COLUMN y int;",
    "sql/views/v.sql": "CREATE OR REPLACE VIEW app.v AS SELECT x, y FROM app.t;",
}
OWNERS = """
SELECT DISTINCT relowner::regrole::text FROM pg_class
WHERE relnamespace IN ('app'::regnamespace, 'platformdb'::regnamespace)
"""


@pytest.fixture
def plain(db: Target) -> Iterator[Target]:
    with role_without_rights(db) as target:
        yield target


def test_a_role_without_rights_is_refused_and_nothing_is_changed(db: Target, plain: Target, project: Project) -> None:
    project.write(FILES)
    run(db, "CREATE SCHEMA app")
    before = picture(db)
    done = platformdb_run("migrate", cwd=project.root, env=environment(plain))
    assert done.returncode == 3
    assert "CREATE SCHEMA platformdb AUTHORIZATION" in done.stderr
    assert "Traceback" not in done.stderr
    assert picture(db) == before


def test_a_role_that_was_given_the_schemas_needs_no_more(db: Target, plain: Target, project: Project) -> None:
    project.write(FILES)
    role = plain.parameters["user"]
    run(db, f"CREATE SCHEMA platformdb AUTHORIZATION {role}; CREATE SCHEMA app AUTHORIZATION {role}")
    env = environment(plain)
    done = platformdb_run("migrate", cwd=project.root, env=env)
    assert done.returncode == 0, done.stderr
    assert rows(db, OWNERS) == [(role,)]
    assert platformdb_run("migrate", cwd=project.root, env=env).returncode == 0
    assert platformdb_run("status", "--check", cwd=project.root, env=env).returncode == 0
    assert platformdb_run("validate", cwd=project.root, env=env).returncode == 0


def test_what_is_made_belongs_to_the_role_that_was_asked_for(db: Target, plain: Target, project: Project) -> None:
    project.write(FILES)
    role = plain.parameters["user"]
    owner = f"owner_{role}"
    run(db, f"CREATE ROLE {owner}; GRANT {owner} TO {role}")
    run(db, f"CREATE SCHEMA platformdb AUTHORIZATION {owner}; CREATE SCHEMA app AUTHORIZATION {owner}")
    try:
        done = platformdb_run("migrate", "--role", owner, cwd=project.root, env=environment(plain))
        assert done.returncode == 0, done.stderr
        assert rows(db, OWNERS) == [(owner,)]
        assert rows(db, "SELECT DISTINCT login_role, db_role FROM platformdb.history") == [(role, owner)]
    finally:
        run(db, f"DROP OWNED BY {owner}; DROP ROLE {owner}")


def test_a_role_that_cannot_be_taken_on_is_refused(db: Target, plain: Target, project: Project) -> None:
    project.write(FILES)
    run(db, "CREATE SCHEMA app")
    before = picture(db)
    done = platformdb_run("migrate", "--role", "postgres", cwd=project.root, env=environment(plain))
    assert done.returncode in {3, 4}
    assert 'permission denied to set role "postgres"' in done.stderr
    assert picture(db) == before
