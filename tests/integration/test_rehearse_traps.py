"""Traps that everybody falls into once, rehearsed: what each takes, measured, beside its gentler way."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import Any

import pytest

from databases import clone, template
from platformdb.config import Config
from platformdb.migrations.outlook import Options
from platformdb.postgres.clone import Wish
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.rehearse.run import Stage, rehearse
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

ROWS = 3000
# One table for each trap, so that none is in another's way.
TRAPS = {
    "volatile_default": "ALTER TABLE t ADD COLUMN token uuid DEFAULT gen_random_uuid();",
    "constant_default": "ALTER TABLE t ADD COLUMN flag int NOT NULL DEFAULT 7;",
    "type_rewritten": "ALTER TABLE t ALTER COLUMN n TYPE bigint;",
    "varchar_widened": "ALTER TABLE t ALTER COLUMN name TYPE varchar(200);",
    "not_null": "ALTER TABLE t ALTER COLUMN n SET NOT NULL;",
    "not_null_proven": "ALTER TABLE t ADD CONSTRAINT n_there CHECK (n IS NOT NULL) NOT VALID;\n"
    "ALTER TABLE t VALIDATE CONSTRAINT n_there;\nALTER TABLE t ALTER COLUMN n SET NOT NULL;",
    "foreign_key": "ALTER TABLE t ADD CONSTRAINT to_u FOREIGN KEY (id) REFERENCES t_u;",
    "foreign_key_later": "ALTER TABLE t ADD CONSTRAINT to_u FOREIGN KEY (id) REFERENCES t_u NOT VALID;",
    "foreign_key_validated": "ALTER TABLE foreign_key_later VALIDATE CONSTRAINT to_u;",
    "index": "CREATE INDEX t_n ON t (n);",
    "index_concurrently": "CREATE INDEX CONCURRENTLY t_n ON t (n);",
    "check_added": "ALTER TABLE t ADD CONSTRAINT positive CHECK (n >= 0);",
    "check_later": "ALTER TABLE t ADD CONSTRAINT positive CHECK (n >= 0) NOT VALID;",
    "column_dropped": "ALTER TABLE t DROP COLUMN name;",
    "held_long": "ALTER TABLE t ADD COLUMN a int;\nUPDATE t SET n = n + 1;\nALTER TABLE t_u ADD COLUMN b int;",
    "vacuum_full": "VACUUM FULL t;",
    "passed_over": "VACUUM (FULL, SKIP_LOCKED) t;",
    "clustered": "CLUSTER t USING t_pkey;",
    "partition_attached": "ALTER TABLE t ATTACH PARTITION t_part FOR VALUES FROM (0) TO (100000);",
    "truncated": "TRUNCATE t;",
    "renamed": "ALTER TABLE t RENAME COLUMN n TO m;",
    "spilled": "SET LOCAL maintenance_work_mem = '1MB';\nCREATE INDEX t_wide ON t (wide);",
    "parallel": "SELECT n FROM t LIMIT 1;\nSET LOCAL parallel_setup_cost = 0;\nSET LOCAL parallel_tuple_cost = 0;\n"
    "SET LOCAL min_parallel_table_scan_size = 0;\nSELECT count(n) FROM t;",
    "after_parallel": "ALTER TABLE parallel ADD COLUMN c int;",
    "made_new": "CREATE TABLE made_new (id int);\nINSERT INTO made_new SELECT generate_series(1, 5);",
}
ACCESS_EXCLUSIVE, SHARE = ("ACCESS EXCLUSIVE", "reads and writes wait"), ("SHARE", "writes wait")


def table(name: str) -> str:
    if name == "partition_attached":
        return (
            f"CREATE TABLE {name} (id int NOT NULL) PARTITION BY RANGE (id);"
            f"CREATE TABLE {name}_part (id int NOT NULL);"
            f"INSERT INTO {name}_part SELECT generate_series(1, {ROWS});"
        )
    wide = "(SELECT string_agg(md5(g::text || n), '') FROM generate_series(1, 30) AS n)" if name == "spilled" else "''"
    columns = "id int PRIMARY KEY, n int, name varchar(50), wide text"
    return (
        f"CREATE TABLE {name} ({columns}); CREATE TABLE {name}_u (id int PRIMARY KEY);"
        f"INSERT INTO {name}_u SELECT generate_series(1, {ROWS});"
        f"INSERT INTO {name} SELECT g, g, 'n', {wide} FROM generate_series(1, {ROWS}) AS g;"
    )


def named(sql: str, name: str) -> str:
    for word in ("t_u", "t_part", "t_pkey", "t_n", "t_wide"):
        sql = sql.replace(f" {word} ", f" {name}{word[1:]} ").replace(f" {word};", f" {name}{word[1:]};")
    return sql.replace(" t ", f" {name} ").replace(" t;", f" {name};")


@pytest.fixture(scope="module")
def shop(server: Server) -> Target:
    """A database with a table for each trap, into which no migration of these has gone yet."""

    def fill(target: Target) -> None:
        with connect(target) as connection:
            connection.execute("".join(table(name) for name in TRAPS if name != "made_new").encode())
            connection.execute("VACUUM ANALYZE")

    return clone(server, template(server, "rehearse_traps", fill), f"rehearse_{os.getpid()}")


@pytest.fixture(scope="module")
def report(server: Server, shop: Target, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One rehearsal of all traps, each in a migration of its own."""
    root = tmp_path_factory.mktemp("traps") / "demo"
    root.mkdir()
    files = {f"phases/{number:03}_{name}.sql": named(sql, name) for number, (name, sql) in enumerate(TRAPS.items(), 1)}
    project = Project(root).write(files)
    stage = Stage(Config(project=root), Wish())
    return rehearse(nullcontext(shop), project.platform, Silent(), stage, options=Options())


Statements = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def measured(report: Report) -> Statements:
    assert report.outcome == 0, report.findings
    found: Statements = {}
    for statement in report.data["statements"]:
        found.setdefault(statement["migration"].partition("_")[2].removesuffix(".sql"), []).append(statement)
    return found


def lock(statement: dict[str, Any], table: str) -> tuple[str, str] | None:
    return next(((each["lock"], each["waits"]) for each in statement["locks"] if each["table"] == table), None)


def test_a_volatile_default_rewrites_the_table_and_its_indexes(measured: Statements) -> None:
    (statement,) = measured["volatile_default"]
    assert lock(statement, "volatile_default") == ACCESS_EXCLUSIVE
    assert statement["rewritten"] == ["volatile_default", "volatile_default_pkey"]


def test_a_constant_default_rewrites_and_scans_nothing(measured: Statements) -> None:
    (statement,) = measured["constant_default"]
    assert lock(statement, "constant_default") == ACCESS_EXCLUSIVE
    assert (statement["rewritten"], statement["scanned"]) == ([], [])


def test_another_type_rewrites_and_a_wider_varchar_does_not(measured: Statements) -> None:
    (rewritten,), (widened,) = measured["type_rewritten"], measured["varchar_widened"]
    assert "type_rewritten" in rewritten["rewritten"]
    assert (widened["rewritten"], widened["scanned"], widened["built"]) == ([], [], [])
    assert lock(rewritten, "type_rewritten") == lock(widened, "varchar_widened") == ACCESS_EXCLUSIVE


def test_not_null_scans_the_table_unless_a_valid_check_proves_it(measured: Statements) -> None:
    (bare,), (added, validated, proven) = measured["not_null"], measured["not_null_proven"]
    assert lock(bare, "not_null") == ACCESS_EXCLUSIVE
    assert bare["scanned"] == ["not_null"]
    assert added["scanned"] == []
    assert validated["scanned"] == ["not_null_proven"]
    assert proven["scanned"] == []


def test_a_foreign_key_scans_both_tables_under_a_lock_against_writes_unless_it_is_validated_later(
    measured: Statements,
) -> None:
    (bare,), (later,), (validated,) = (
        measured[name] for name in ("foreign_key", "foreign_key_later", "foreign_key_validated")
    )
    against_writes = ("SHARE ROW EXCLUSIVE", "writes wait")
    assert bare["scanned"] == ["foreign_key", "foreign_key_u"]
    assert lock(bare, "foreign_key") == lock(bare, "foreign_key_u") == against_writes
    assert later["scanned"] == []
    assert lock(later, "foreign_key_later") == against_writes
    assert validated["scanned"] == ["foreign_key_later", "foreign_key_later_u"]
    assert lock(validated, "foreign_key_later") == ("SHARE UPDATE EXCLUSIVE", "nothing waits")
    assert validated["waits"] == "nothing waits"


def test_an_index_keeps_writes_waiting_unless_it_is_built_concurrently(measured: Statements) -> None:
    (bare,), (concurrently,) = measured["index"], measured["index_concurrently"]
    assert lock(bare, "index") == SHARE
    assert (bare["built"], bare["scanned"]) == (["index_n"], ["index"])
    assert concurrently["built"] == ["index_concurrently_n"]
    assert lock(concurrently, "index_concurrently") == ("SHARE UPDATE EXCLUSIVE", "nothing waits")


def test_a_check_scans_the_table_unless_it_is_validated_later(measured: Statements) -> None:
    (bare,), (later,) = measured["check_added"], measured["check_later"]
    assert lock(bare, "check_added") == lock(later, "check_later") == ACCESS_EXCLUSIVE
    assert bare["scanned"] == ["check_added"]
    assert later["scanned"] == []


@pytest.mark.parametrize("name", ["column_dropped", "renamed"])
def test_what_only_changes_the_catalog_locks_everybody_out_and_works_through_no_rows(
    measured: Statements, name: str
) -> None:
    (statement,) = measured[name]
    assert lock(statement, name) == ACCESS_EXCLUSIVE
    assert (statement["rewritten"], statement["scanned"], statement["rows_written"]) == ([], [], 0)


def test_a_lock_is_held_to_the_end_of_the_transaction_over_all_that_comes_after_it(measured: Statements) -> None:
    first, update, last = measured["held_long"]
    (held,) = first["locks"]
    (second,) = (each for each in last["locks"] if each["table"] == "held_long_u")
    assert lock(first, "held_long") == ACCESS_EXCLUSIVE
    assert update["rows_written"] == ROWS
    assert update["locks"] == []  # the stronger one was there already
    assert held["held_ms"] >= first["ms"] + update["ms"] + last["ms"]
    assert second["held_ms"] <= held["held_ms"] - update["ms"]


def test_vacuum_full_and_cluster_rewrite_under_the_strongest_lock(measured: Statements) -> None:
    (vacuumed,), (clustered,) = measured["vacuum_full"], measured["clustered"]
    assert "vacuum_full" in vacuumed["rewritten"]
    assert lock(vacuumed, "vacuum_full") == ACCESS_EXCLUSIVE
    (free,) = measured["passed_over"]
    assert free["rewritten"], "it finds the table locked by nobody, not by the one who measures, either"
    assert "clustered" in clustered["rewritten"]
    assert lock(clustered, "clustered") == ACCESS_EXCLUSIVE


def test_attaching_a_partition_scans_it_and_lets_the_parent_be_used(measured: Statements) -> None:
    (statement,) = measured["partition_attached"]
    assert statement["scanned"] == ["partition_attached_part"]
    assert lock(statement, "partition_attached") == ("SHARE UPDATE EXCLUSIVE", "nothing waits")
    assert lock(statement, "partition_attached_part") == ACCESS_EXCLUSIVE


def test_truncate_copies_no_row(measured: Statements) -> None:
    (statement,) = measured["truncated"]
    assert lock(statement, "truncated") == ACCESS_EXCLUSIVE
    assert statement["rewritten"] == []


def test_a_sort_that_does_not_fit_into_memory_is_seen_by_its_temporary_files(measured: Statements) -> None:
    *_, build = measured["spilled"]
    assert build["built"] == ["spilled_wide"]
    assert build["temp_bytes"] > ROWS * 100
    (index,) = measured["index"]
    assert index["temp_bytes"] == 0


def test_nobody_waits_for_what_is_new(measured: Statements) -> None:
    created, inserted = measured["made_new"]
    assert (created["locks"], inserted["locks"]) == ([], [])
    assert inserted["rows_written"] == 5


def test_what_writes_is_seen_by_its_wal(measured: Statements) -> None:
    (rewrite,), (rename,) = measured["type_rewritten"], measured["renamed"]
    _, update, _ = measured["held_long"]
    assert update["wal_bytes"] > ROWS * 50
    assert rename["wal_bytes"] > 0
    assert rewrite["wal_bytes"] > 0


def test_what_parallel_workers_scanned_is_not_taken_for_the_next_migrations_work(measured: Statements) -> None:
    *_, counted = measured["parallel"]
    (after,) = measured["after_parallel"]
    assert counted["scanned"] == ["parallel"]
    assert after["scanned"] == []


def test_the_clone_is_gone_and_the_target_is_as_it_was(server: Server, shop: Target, report: Report) -> None:
    assert report.data["clone"]["whole"]
    with connect(server.maintenance) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'platformdb_bench_%'").fetchall()
    with connect(shop) as connection:
        history = connection.execute("SELECT to_regclass('platformdb.history')").fetchone()
    assert left == []
    assert history == (None,)
