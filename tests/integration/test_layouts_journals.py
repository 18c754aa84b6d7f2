"""Files of Prisma, drizzle, node-pg-migrate and graphile-migrate, run on a server; bad ones, of which none is run."""

from __future__ import annotations

import json

import pytest

from catalog import picture, relations, rows
from inprocess import Said, as_json
from platformdb.migrations.layouts.graphile import body_hash
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server

LOCK = {"m/migration_lock.toml": 'provider = "postgresql"\n'}
JOURNAL = "m/meta/_journal.json"


def journal(*tags: str) -> dict[str, str]:
    entries = [{"idx": number, "when": number, "tag": tag} for number, tag in enumerate(tags)]
    return {JOURNAL: json.dumps({"dialect": "postgresql", "entries": entries})}


def committed(body: str, previous: str | None = None) -> str:
    return f"--! Previous: {previous or '-'}\n--! Hash: {body_hash(body, previous)}\n\n{body}"


def migrate(db: Target, project: Project, *options: str) -> Said:
    return as_json(db, project, "migrate", "--migrations", "m", *options)


def test_statements_without_semicolons_and_indexes_beside_writers(db: Target, project: Project) -> None:
    concurrently = "CREATE INDEX CONCURRENTLY i ON t (id)"
    project.write({"m/1_a/migration.sql": "CREATE TABLE t (id int)", "m/2_b/migration.sql": concurrently, **LOCK})
    assert migrate(db, project).code == 0
    assert {"t", "i"} <= relations(db)


def test_breakpoints_do_not_part_a_transaction(db: Target, project: Project) -> None:
    broken = "CREATE TABLE b (id int)\n--> statement-breakpoint\nSELECT 1/0"
    project.write({"m/0000_a.sql": "CREATE TABLE a (id int)", "m/0001_b.sql": broken, **journal("0000_a", "0001_b")})
    said = migrate(db, project)
    assert (said.code, said.rules) == (4, ["apply-failed"])
    assert "a" in relations(db)
    assert "b" not in relations(db)
    assert said.envelope["findings"][0]["place"]["name"] == "m/0001_b.sql"
    assert said.envelope["findings"][0]["place"]["line"] == 3


def test_a_step_in_javascript_stops_the_plan_and_can_be_passed_on_purpose(db: Target, project: Project) -> None:
    up = "-- Up Migration\nCREATE TABLE {} (id int);\n"
    project.write({"m/1_a.sql": up.format("a"), "m/2_b.js": "", "m/3_c.sql": up.format("c")})
    stopped = migrate(db, project)
    assert stopped.code == 4
    assert "2_b.js is a step in JavaScript" in stopped.everything
    assert "a" in relations(db)
    assert "c" not in relations(db)
    assert migrate(db, project, "--mark-applied", "2").code == 0
    assert {"a", "c"} <= relations(db)


def test_placeholders_of_the_tool_itself_are_those_of_the_database(db: Target, project: Project) -> None:
    body = "CREATE TABLE told AS SELECT ':DATABASE_NAME'::text AS name, ':DATABASE_OWNER'::text AS owner;\n"
    assert migrate(db, project.write({"m/committed/000001.sql": committed(body)})).code == 0
    found = "SELECT name = current_database(), owner = pg_get_userbyid(datdba) FROM told, pg_database"
    assert rows(db, f"{found} WHERE datname = current_database()") == [(True, True)]


BAD = {
    "a journal that omits a file": {"m/0000_a.sql": "", "m/0001_b.sql": "", **journal("0000_a")},
    "a journal that names a missing file": {"m/0000_a.sql": "", **journal("0000_a", "0001_b")},
    "another database's provider": {"m/1_a/migration.sql": "", "m/migration_lock.toml": 'provider = "mysql"'},
    "a chain that is broken": {"m/committed/000002.sql": committed("SELECT 1;\n", "sha1:of-000001")},
    "a text that is not the one committed": {"m/committed/000001.sql": committed("SELECT 1;\n") + "SELECT 2;\n"},
    "an unknown mark": {"m/committed/000001.sql": committed("SELECT 1;\n--! nonsense\n")},
    "a way back without a way there": {"m/1_a.sql": "SELECT 1;\n-- Down Migration\nSELECT 2;\n"},
    "files of two tools": {"m/1_a/migration.sql": "", "m/0000_a.sql": "", **LOCK, **journal("0000_a")},
}


@pytest.mark.parametrize("files", BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_refusal_and_changes_nothing(
    db: Target, project: Project, files: dict[str, str]
) -> None:
    before = picture(db)
    said = migrate(db, project.write(files))
    assert said.code in {2, 3}, said.everything
    (error,) = [finding for finding in said.envelope["findings"] if finding["severity"] == "error"]
    assert error["help"]
    assert picture(db) == before
