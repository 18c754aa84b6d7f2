"""A rehearsal as a whole: what becomes of the clone and of the target, what fails, and where there is no copy."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest

from commandline import environment
from inprocess import as_json, call
from platformdb.migrations.outlook import Options
from platformdb.migrations.run import migrate
from platformdb.postgres.clone import reading
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

BASE = """
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
CREATE TABLE notes (id int);
INSERT INTO notes SELECT generate_series(1, 10);
INSERT INTO users SELECT g, 'somebody' FROM generate_series(1, 2000) AS g;
INSERT INTO orders SELECT g, g FROM generate_series(1, 2000) AS g;
"""
NOT_NULL = "ALTER TABLE users ALTER COLUMN name SET NOT NULL;"
BUDGET = '[[rehearse.budget]]\nlock = "access exclusive"\nheld = "0.001ms"\n'
TAKEN_OVER = """
DO $$ BEGIN
    ASSERT current_setting('work_mem') = '17MB', 'it is ' || current_setting('work_mem');
    ASSERT (SELECT count(*) FROM notes) = 10, 'of the chosen table';
    ASSERT (SELECT count(*) FROM users) = 200, 'of the seeded one';
END $$;
"""
SEED = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
people = 100
[tables.users]
rows = { shape = "independent", count = "$people" }
columns.id = { make = "ordinal", start = 1 }
columns.name = { make = "constant", value = "somebody" }
"""
# Everything in which a write to the target would leave a trace.
TRACES = """
SELECT (SELECT count(*) FROM platformdb.history),
       (SELECT md5(string_agg(c.oid::text || c.relfilenode || c.xmin, ',' ORDER BY c.oid)) FROM pg_class AS c
        WHERE c.relnamespace <> 'pg_toast'::regnamespace),
       (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables)
"""


@pytest.fixture
def shop(db: Target, project: Project) -> Target:
    """A database with one migration applied; the one after it waits."""
    project.write({"phases/001_base.sql": BASE})
    assert migrate(nullcontext(db), project.platform, Silent(), options=Options()).ok
    project.write({"phases/002_not_null.sql": NOT_NULL})
    return db


def clones(server: Server) -> list[str]:
    with connect(server.maintenance) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'platformdb_bench_%'").fetchall()
    return [name for (name,) in rows]


def traces(target: Target) -> tuple[object, ...] | None:
    with connect(target) as connection:
        return connection.execute(TRACES).fetchone()


def test_the_target_is_only_read(shop: Target, project: Project, server: Server) -> None:
    before = traces(shop)
    said = as_json(shop, project, "rehearse")
    assert said.code == 0
    assert said.envelope["data"]["clone"]["whole"] is True
    assert traces(shop) == before
    assert clones(server) == []


@pytest.mark.newest_server
def test_what_acts_on_the_whole_server_is_tried_on_another(shop: Target, project: Project) -> None:
    role = f"made_by_{shop.parameters['dbname']}"
    setting = f"ALTER DATABASE {shop.parameters['dbname']} SET work_mem = '7MB';"
    project.write({"phases/003_role.sql": f"CREATE ROLE {role};\n{setting}"})
    said = as_json(shop, project, "rehearse")
    clone = said.envelope["data"]["clone"]
    assert (said.code, clone["whole"]) == (0, False), said.everything
    assert clone["why_not_beside"] == "phases/003_role.sql acts on the whole server"
    with connect(shop) as connection:
        assert not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchall()


@pytest.mark.newest_server
def test_a_session_that_reads_the_target_can_change_nothing(db: Target) -> None:
    with connect(reading(db)) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("CREATE TABLE trace (id int)")


def test_a_migration_that_fails_on_the_clone_is_a_finding_with_its_place(
    shop: Target, project: Project, server: Server
) -> None:
    project.write({"phases/003_wrong.sql": "SELECT 1;\nALTER TABLE nowhere ADD COLUMN n int;\n"})
    before = traces(shop)
    said = as_json(shop, project, "rehearse")
    finding = said.envelope["findings"][0]
    assert said.code == 1
    assert (finding["rule"], finding["subject"]) == ("rehearse-failed", "phases/003_wrong.sql")
    assert (finding["place"]["line"], finding["place"]["column"]) == (2, 1)
    assert [each["line"] for each in said.envelope["data"]["statements"]] == [1, 1]
    assert traces(shop) == before
    assert clones(server) == []


def test_a_passed_budget_is_exit_1_in_every_format(shop: Target, project: Project) -> None:
    project.write({"platformdb.toml": BUDGET})
    message = "phases/002_not_null.sql: holds ACCESS EXCLUSIVE on users"
    assert message in call(shop, project, "rehearse").out
    assert "::error file=phases/002_not_null.sql,line=1" in call(shop, project, "rehearse", "--format", "github").out
    assert "<failure" in call(shop, project, "rehearse", "--format", "junit").out
    markdown = call(shop, project, "rehearse", "--format", "markdown")
    assert "### ❌ rehearsed 1 migration, 1 statement" in markdown.out
    assert "| 1: ALTER TABLE users ALTER COLUMN name SET NOT NULL |" in markdown.out
    assert markdown.code == 1


@pytest.mark.newest_server
def test_a_wrong_budget_is_refused_before_anything_is_copied(shop: Target, project: Project) -> None:
    project.write({"platformdb.toml": '[[rehearse.budget]]\nlock = "exclusive"\nholds = 1\n'})
    said = call(shop, project, "rehearse")
    assert said.code == 2
    assert "unknown key 'holds'" in said.everything
    assert "copying" not in said.err


@pytest.mark.newest_server
def test_with_nothing_pending_there_is_nothing_to_rehearse(shop: Target, project: Project) -> None:
    project.remove("phases/002_not_null.sql")
    said = call(shop, project, "rehearse")
    assert (said.code, said.out) == (0, "✓ demo: nothing to rehearse, the database is up to date\n")


@pytest.mark.newest_server
def test_what_migrate_would_refuse_is_refused_before_anything_is_copied(shop: Target, project: Project) -> None:
    project.write({"phases/001_base.sql": BASE + "SELECT 2;"})
    said = as_json(shop, project, "rehearse")
    assert said.code == 3
    assert "copying" not in said.err


@pytest.mark.newest_server
def test_where_there_is_no_copy_the_schema_goes_to_a_server_of_its_own(shop: Target, project: Project) -> None:
    said = as_json(shop, project, "rehearse", "--largest", "1kB")
    clone = said.envelope["data"]["clone"]
    (statement,) = said.envelope["data"]["statements"]
    assert clone["whole"] is False
    assert "no more than 1,024 are to be copied" in clone["why_not_beside"]
    assert statement["scanned"] == ["users"]
    assert statement["estimate"]["ms"] is None
    assert statement["estimate"]["basis"].startswith("unknown: users has no rows here, and ")


def test_elsewhere_there_are_chosen_rows_and_seeds_and_the_settings_that_decide_how_long_things_take(
    shop: Target, project: Project
) -> None:
    pytest.importorskip("numpy")
    with connect(shop) as connection:
        connection.execute(f"ALTER DATABASE \"{shop.parameters['dbname']}\" SET work_mem = '17MB'".encode())
    project.write({"seeds/seed.toml": SEED, "phases/003_taken_over.sql": TAKEN_OVER})
    said = as_json(shop, project, "rehearse", "--data", "notes", "--scale", "2")
    statement, _ = said.envelope["data"]["statements"]
    assert said.code == 0
    assert said.envelope["data"]["clone"]["why_not_beside"] == ""
    assert statement["estimate"]["basis"].startswith("by size: users has ")
    assert statement["estimate"]["ms"] > 0


@pytest.mark.newest_server
def test_where_no_clone_can_be_made_both_reasons_are_said(shop: Target, project: Project, tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):  # programs of a server, but none that copies a database
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.1'\n")
        program.chmod(0o755)
    said = call(shop, project, "rehearse", "--largest", "1kB", "--binaries", str(tmp_path))
    assert said.code == 3
    assert "no clone can be made: 't" in said.everything
    assert "no more than 1,024 are to be copied; there are no programs of PostgreSQL 18 or newer" in said.everything


def test_ctrl_c_drops_the_clone(shop: Target, project: Project, server: Server) -> None:
    project.write({"phases/002_not_null.sql": "SELECT pg_sleep(60);"})
    command = [sys.executable, "-m", "platformdb", "rehearse"]
    with subprocess.Popen(command, cwd=project.root, env=environment(shop), stderr=subprocess.PIPE) as running:
        while not sleeping(server):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=30)[1].decode()
    assert running.returncode == 130
    assert "interrupted: the clone is dropped, and the database is as it was" in said
    assert clones(server) == []


def sleeping(server: Server) -> bool:
    with connect(server.maintenance) as connection:
        asked = "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND state = 'active'"
        return bool(connection.execute(asked).rowcount)
