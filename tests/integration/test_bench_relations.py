"""bench over what is no ordinary table: views, materialized views, tables that are not logged."""

from __future__ import annotations

import pytest

from catalog import rows, run
from platformdb.bench.command import Files, gate
from platformdb.bench.request import Request
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.postgres.tidy import tidy
from platformdb.postgres.undone import undone
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from projects import Project


def gated(db: Target, project: Project, sql: str) -> Report:
    project.write({"sql/queries/one.sql": f"-- One.\n-- platformdb: target_ms=1000\n{sql}"})
    return gate(db, project.platform, Silent(), Request(samples=20, any_rows=True), Files())


@pytest.mark.parametrize(
    "made",
    [
        "CREATE VIEW kept AS SELECT * FROM nothing; CREATE VIEW late AS SELECT * FROM (SELECT * FROM kept) AS k",
        "CREATE MATERIALIZED VIEW late AS SELECT 1 AS id WITH NO DATA",
    ],
    ids=["a view", "a materialized view"],
)
def test_a_view_of_an_empty_table_is_empty_and_so_is_one_that_was_never_filled(
    db: Target, project: Project, made: str
) -> None:
    run(db, f"CREATE TABLE nothing (id int); {made}")
    report = gated(db, project, "SELECT * FROM late")
    assert (report.exit_code, [each.rule for each in report.findings]) == (2, ["table-empty"])


def test_a_large_table_that_is_not_logged_is_large(db: Target, project: Project) -> None:
    run(db, "CREATE UNLOGGED TABLE carts AS SELECT generate_series(1, 2000) AS id")
    report = gated(db, project, "SELECT * FROM carts WHERE id = 7")
    assert (report.exit_code, [each.rule for each in report.findings]) == (1, ["not-servable"])


def test_a_delete_that_was_rolled_back_is_tidied_up_though_it_leaves_no_dead_row(db: Target) -> None:
    run(db, "CREATE TABLE posts AS SELECT generate_series(1, 100) AS id")
    with connect(db) as connection:
        with undone(connection, writes=True):
            connection.execute("DELETE FROM posts WHERE id < 9")
        tidy(connection)
    assert rows(db, "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'posts'") == [(1,)]
