"""Another tool's history, taken over: what is recorded, what is refused, and that its table stays as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalog import picture, relations, rows, run
from foreign_histories import (
    ALEMBIC,
    DBMATE,
    FLYWAY,
    GOLANG_MIGRATE,
    GOOSE,
    GRAPHILE_MIGRATE,
    HISTORIES,
    ONE,
    PRISMA,
    SQLX,
    TWO,
    History,
    crc32,
    flyway_row,
)
from inprocess import Said, as_json, call
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server

PAIRS_OF_SQLX = replace(SQLX, files={name.replace(".sql", ".up.sql"): text for name, text in SQLX.files.items()})
each_tool = pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())


@pytest.fixture
def put(db: Target, project: Project):
    """Makes the files and the table of a tool that ran the first two."""

    def make(history: History, *, rows: str | None = None) -> Project:
        run(db, ONE + TWO + history.ddl + (history.rows if rows is None else rows))
        return project.write(history.everything)

    return make


def said(db: Target, project: Project, command: str, *options: str, layout: str = "") -> Said:
    known = ("--layout", layout) if layout else ()
    return as_json(db, project, command, "--migrations", "migrations", *known, *options)


def states(db: Target, project: Project, layout: str) -> tuple[str, ...]:
    found = said(db, project, "status", layout=layout)
    return tuple(each["state"] for each in found.envelope["data"]["migrations"])


def table_of(db: Target, history: History) -> list[tuple[object, ...]]:
    return rows(db, f"SELECT to_jsonb(told.*) FROM {history.table} AS told ORDER BY 1")


@each_tool
def test_what_a_tool_applied_is_not_run_again_and_its_table_stays(db: Target, put, history: History) -> None:
    project, layout = put(history), history.layout
    before = table_of(db, history)
    adopted = said(db, project, "adopt", layout=layout)
    assert adopted.code == 0, adopted.everything
    assert len(adopted.envelope["data"]["taken"]) == 2
    assert states(db, project, layout) == history.applied
    migrated = said(db, project, "migrate", layout=layout)
    if history is ALEMBIC:
        assert (migrated.code, migrated.rules) == (3, ["migration-not-sql"])
    else:
        assert [step["kind"] for step in migrated.envelope["steps"]] == ["versioned"]
        assert {"one", "two", "three"} <= relations(db)
        assert said(db, project, "validate", layout=layout).code == 0
    assert table_of(db, history) == before


@pytest.mark.parametrize("history", [FLYWAY, GOLANG_MIGRATE, PRISMA], ids=["flyway", "golang-migrate", "prisma"])
def test_a_dry_run_changes_nothing_and_what_was_taken_over_can_be_forgotten(db: Target, put, history: History) -> None:
    project, layout = put(history), history.layout
    before, pending = picture(db), states(db, project, layout)
    planned = said(db, project, "adopt", "--dry-run", layout=layout).envelope["data"]["taken"]
    assert picture(db) == before
    assert said(db, project, "adopt", layout=layout).envelope["data"]["taken"] == planned
    assert said(db, project, "adopt", "--undo", layout=layout).envelope["data"]["forgotten"] == 2
    assert states(db, project, layout) == pending
    assert said(db, project, "adopt", layout=layout).envelope["data"]["taken"] == planned


@pytest.mark.parametrize("history", [DBMATE, GOLANG_MIGRATE, PRISMA], ids=["dbmate", "golang-migrate", "prisma"])
def test_a_history_that_is_newer_than_the_files_is_refused(db: Target, put, history: History) -> None:
    project = put(history)
    before = picture(db)
    for name in [name for name in history.files if "one" not in name and "setup" not in name and "000001" not in name]:
        project.remove(f"migrations/{name}")
    refused = said(db, project, "adopt", layout=history.layout)
    assert refused.code in {2, 3}, refused.everything
    assert picture(db) == before


# graphile-migrate's chain is checked before, and its layout refuses a file that is not what its header says.
FORMS = {"flyway": None, "prisma": "checksum = 'md5'", "sqlx": r"checksum = '\x00'", "drizzle": "hash = '1'"}


@pytest.mark.parametrize("tool", FORMS)
class TestChecksums:
    def test_they_are_verified_or_refused_unless_somebody_accepts(self, db: Target, put, tool: str) -> None:
        project = put(HISTORIES[tool])
        edit(project, HISTORIES[tool])
        before = picture(db)
        refused = said(db, project, "adopt", layout=tool)
        assert (refused.code, refused.rules) == (3, ["adopt-edited"])
        assert picture(db) == before
        adopted = said(db, project, "adopt", "--accept", "all", layout=tool)
        assert [each["proof"] for each in adopted.envelope["data"]["taken"]] == ["differs", "verified"]
        assert states(db, project, tool) == ("applied", "applied", "pending")
        texts = [text.partition("\n")[0] for (text,) in rows(db, "SELECT sql FROM platformdb.history ORDER BY id")]
        assert texts[0].endswith(": differs and accepted")
        assert texts[1].endswith(": verified")

    def test_one_of_an_unknown_form_is_refused(self, db: Target, put, tool: str) -> None:
        if FORMS[tool] is None:
            pytest.skip("its column is an integer, which has one form")
        project = put(HISTORIES[tool])
        run(db, f"UPDATE {HISTORIES[tool].table} SET {FORMS[tool]}")
        refused = said(db, project, "adopt", layout=tool)
        assert (refused.code, set(refused.rules)) == (3, {"adopt-checksum"})


def edit(project: Project, history: History) -> None:
    name = next(iter(history.files))
    project.write({f"migrations/{name}": history.files[name] + "SELECT 1;\n"})


def test_who_and_when_are_the_tools_and_who_adopted_is_said_beside(db: Target, put) -> None:
    project = put(FLYWAY)
    assert said(db, project, "adopt").code == 0
    found = rows(
        db,
        "SELECT applied_at::timestamp::text, elapsed_ms::int, login_role, split_part(sql, chr(10), 1), out_of_order"
        " FROM platformdb.history ORDER BY id",
    )
    assert [row[:2] for row in found] == [("2024-05-01 10:00:00", 7), ("2024-05-02 10:00:00", 14)]
    assert {row[2] for row in found} == {rows(db, "SELECT session_user::text")[0][0]}
    assert "Flyway (public.flyway_schema_history): V1__one.sql, applied at 2024-05-01 10:00:00" in str(found[0][3])
    assert f"by ada; its checksum {crc32(ONE)}: verified" in str(found[0][3])


def test_adopting_again_takes_over_what_the_tool_did_since(db: Target, put) -> None:
    project = put(DBMATE)
    assert said(db, project, "adopt").code == 0
    assert said(db, project, "adopt").envelope["data"]["taken"] == []
    run(db, "INSERT INTO schema_migrations VALUES ('20240103')")
    assert [each["key"] for each in said(db, project, "adopt").envelope["data"]["taken"]] == ["20240103"]


def test_what_the_tool_did_since_is_not_run_again_before_it_is_taken_over(db: Target, put) -> None:
    project = put(DBMATE)
    assert said(db, project, "adopt").code == 0
    run(db, "INSERT INTO schema_migrations VALUES ('20240103')")
    before = picture(db)
    refused = said(db, project, "migrate")
    assert (refused.code, refused.rules) == (3, ["refused"])
    assert "1 migration of these ran here already" in refused.everything
    assert picture(db) == before
    assert said(db, project, "adopt").code == 0
    assert said(db, project, "migrate").code == 0


def test_what_platformdb_took_back_may_be_applied_again_whatever_the_tool_says(db: Target, put) -> None:
    project = put(DBMATE)
    assert said(db, project, "adopt").code == 0
    assert said(db, project, "down", "--to", "20240101").code == 0
    run(db, "DROP TABLE two")  # what that way back leaves
    assert [step["kind"] for step in said(db, project, "migrate").envelope["steps"]] == ["versioned", "versioned"]


@pytest.mark.parametrize(
    ("history", "layout"),
    [(GOLANG_MIGRATE, "plain"), (SQLX, "plain"), (PAIRS_OF_SQLX, "golang-migrate")],
    ids=["golang-migrate as plain", "sqlx as plain", "sqlx as golang-migrate"],
)
def test_what_a_tool_ran_is_not_run_again_where_its_files_look_like_anothers(
    db: Target, put, history: History, layout: str
) -> None:
    project = put(history)
    run(db, GOOSE.ddl)  # a second history, which says nothing of these files
    refused = said(db, project, "migrate", layout=layout)
    assert (refused.code, refused.rules) == (3, ["refused"])
    assert f"platformdb adopt --from {history.layout} --table {history.table}" in refused.everything
    assert "three" not in relations(db)
    assert said(db, project, "baseline", "0", layout=layout).code == 0  # it is the history of other files
    assert "already exists" in said(db, project, "migrate", layout=layout).everything


def test_a_row_that_the_tool_never_writes_is_refused_and_nothing_is_run(db: Target, put) -> None:
    loose = "CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean, tstamp timestamp);"
    project = put(replace(GOOSE, ddl=loose), rows="INSERT INTO goose_db_version VALUES (NULL, 1, true, now());")
    for command in ("adopt", "migrate"):
        refused = said(db, project, command)
        assert (refused.code, refused.rules) == (3, ["refused"])
        assert "public.goose_db_version does not fit these files" in refused.everything


def test_what_failed_in_the_tool_is_not_run_before_somebody_mended_it(db: Target, put) -> None:
    name = next(iter(PRISMA.files)).partition("/")[0]
    failed = f"INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', '', '{name}');"
    project = put(PRISMA, rows=failed)
    assert (said(db, project, "migrate").code, "three" in relations(db)) == (3, False)


def test_a_time_that_no_calendar_has_is_left_out(db: Target, put) -> None:
    project = put(GOOSE, rows="INSERT INTO goose_db_version VALUES (1, 1, true, 'infinity');")
    assert [each["key"] for each in said(db, project, "adopt").envelope["data"]["taken"]] == ["1"]


def test_a_baseline_that_somebody_set_is_not_forgotten(db: Target, put) -> None:
    project = put(DBMATE)
    assert said(db, project, "baseline", "20240102").code == 0
    assert said(db, project, "adopt").code == 0
    refused = said(db, project, "adopt", "--undo")
    assert (refused.code, refused.rules) == (3, ["adopt-late"])


def test_forgetting_is_refused_once_platformdb_ran_something(db: Target, put) -> None:
    project = put(DBMATE)
    assert said(db, project, "adopt").code == 0
    assert said(db, project, "migrate").code == 0
    before = picture(db)
    refused = said(db, project, "adopt", "--undo")
    assert (refused.code, refused.rules) == (3, ["adopt-late"])
    assert picture(db) == before
    assert said(db, project, "down", "--to", "20240102").code == 0
    assert said(db, project, "adopt", "--undo").code == 0


def test_what_was_taken_over_can_be_taken_back(db: Target, put) -> None:
    project = put(GOLANG_MIGRATE)
    assert said(db, project, "adopt", layout="golang-migrate").code == 0
    down = said(db, project, "down", "--to", "1", "--allow-destructive", layout="golang-migrate")
    assert down.code == 0, down.everything
    assert states(db, project, "golang-migrate") == ("applied", "pending", "pending")
    assert "two" not in relations(db)


def test_a_later_edit_of_what_was_taken_over_is_seen(db: Target, put) -> None:
    project = put(DBMATE)
    assert said(db, project, "adopt").code == 0
    edit(project, replace(DBMATE, files={"20240101_one.sql": "-- migrate:up\nCREATE TABLE other (id int);\n"}))
    found = said(db, project, "validate")
    assert (found.code, found.rules) == (1, ["migration-modified"])


class TestContradictions:
    @pytest.mark.parametrize(
        ("history", "more", "rule"),
        [
            (FLYWAY, flyway_row(3, "2", "V2__three.sql", 1, success=False), "adopt-failed"),
            (GRAPHILE_MIGRATE, "UPDATE graphile_migrate.migrations SET previous_hash = NULL", "adopt-chain"),
            (DBMATE, "INSERT INTO schema_migrations VALUES ('20230101')", "adopt-missing"),
            (GOOSE, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, false)", "adopt-gap"),
        ],
        ids=["failed", "chain", "missing", "gap"],
    )
    def test_it_is_refused_and_says_why(self, db: Target, put, history: History, more: str, rule: str) -> None:
        project = put(history)
        run(db, more)
        before = picture(db)
        refused = said(db, project, "adopt", layout=history.layout)
        assert refused.code == 3, refused.everything
        assert rule in refused.rules
        assert all(finding["help"] for finding in refused.envelope["findings"] if finding["severity"] == "error")
        assert picture(db) == before

    def test_what_is_gone_can_be_left_out(self, db: Target, put) -> None:
        project = put(DBMATE)
        run(db, "INSERT INTO schema_migrations VALUES ('20230101')")
        adopted = said(db, project, "adopt", "--accept", "20230101")
        assert [each["key"] for each in adopted.envelope["data"]["taken"]] == ["20240101", "20240102"]

    def test_what_was_passed_over_can_stay_so(self, db: Target, put) -> None:
        project = put(DBMATE)
        run(db, "UPDATE schema_migrations SET version = '20240103' WHERE version = '20240102'")
        assert said(db, project, "adopt", "--accept", "20240102").code == 0
        assert states(db, project, "dbmate") == ("applied", "out of order", "applied")

    def test_what_nobody_doubts_cannot_be_accepted(self, db: Target, put) -> None:
        refused = said(db, put(DBMATE), "adopt", "--accept", "20240101")
        assert (refused.code, refused.rules) == (3, ["adopt-accept"])


class TestFlyway:
    def test_a_baseline_stays_one(self, db: Target, put) -> None:
        baseline = flyway_row(1, "1.1", "<< Flyway Baseline >>", None, kind="BASELINE")
        project = put(FLYWAY, rows=baseline)
        assert said(db, project, "adopt").code == 0
        assert states(db, project, "flyway") == ("baseline", "baseline", "pending")
        assert said(db, project, "adopt", "--undo").code == 0
        assert states(db, project, "flyway") == ("pending", "pending", "pending")

    def test_what_was_out_of_order_is_recorded_so(self, db: Target, put) -> None:
        project = put(FLYWAY, rows=FLYWAY.rows.replace("(1, '1',", "(9, '1',"))
        assert said(db, project, "adopt").code == 0
        found = rows(db, "SELECT version, out_of_order FROM platformdb.history ORDER BY id")
        assert found == [("1.1", False), ("1", True)]

    def test_what_was_undone_or_deleted_does_not_count(self, db: Target, put) -> None:
        more = flyway_row(3, "1.1", "U1_1__two.sql", 5, kind="UNDO_SQL") + flyway_row(4, "0.9", "V0_9__old.sql", 5)
        more += flyway_row(5, "0.9", "V0_9__old.sql", 5, kind="DELETE")
        project = put(FLYWAY, rows=FLYWAY.rows + more)
        assert [each["key"] for each in said(db, project, "adopt").envelope["data"]["taken"]] == ["1"]

    def test_a_repeatable_that_was_edited_runs_again(self, db: Target, put) -> None:
        view, other = "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;\n", "CREATE OR REPLACE VIEW w AS SELECT ${n} AS a;\n"
        run(db, view + other.replace("${n}", "2"))
        more = flyway_row(3, None, "R__v.sql", crc32(view)) + flyway_row(
            4, None, "R__w.sql", crc32(other.replace("${n}", "2"))
        )
        project = put(FLYWAY, rows=FLYWAY.rows + more)
        project.write({"migrations/R__v.sql": view + "-- now\n", "migrations/R__w.sql": other})
        adopted = said(db, project, "adopt", "--var", "n=2")
        assert [each["name"] for each in adopted.envelope["data"]["taken"]][2:] == ["R__w.sql"]
        migrated = said(db, project, "migrate", "--var", "n=2")
        assert [step["subject"] for step in migrated.envelope["steps"]] == [
            "migrations/V2__three.sql",
            "migrations/R__v.sql",
        ]

    def test_a_step_in_java_needs_only_to_have_run(self, db: Target, put) -> None:
        java = flyway_row(3, "1.5", "db.migration.V1_5__Java", None, kind="JDBC")
        project = put(FLYWAY, rows=FLYWAY.rows + java)
        project.write({"migrations/V1_5__Java.java": "class V1_5__Java {}\n"})
        assert said(db, project, "adopt").code == 0
        assert said(db, project, "migrate").code == 0
        assert "three" in relations(db)

    def test_the_table_of_version_3_is_none_that_is_known(self, db: Target, put) -> None:
        project = put(FLYWAY)
        run(db, "ALTER TABLE flyway_schema_history ADD COLUMN version_rank int")
        refused = said(db, project, "adopt")
        assert refused.code == 3
        assert "version_rank" in refused.everything


class TestBeforeAdoption:
    def test_migrate_does_not_run_again_what_the_tool_ran(self, db: Target, put) -> None:
        project = put(FLYWAY)
        before = picture(db)
        for options in ((), ("--dry-run",)):
            refused = said(db, project, "migrate", *options)
            assert refused.code == 3
            assert (
                "Flyway (public.flyway_schema_history) says that 2 migrations of these ran here" in refused.everything
            )
            assert "platformdb adopt" in refused.everything
        assert picture(db) == before

    def test_what_the_tool_ran_of_another_directory_does_not_matter(self, db: Target, put) -> None:
        project = put(DBMATE, rows="INSERT INTO schema_migrations VALUES ('19990101')")
        run(db, "DROP TABLE one, two")
        assert said(db, project, "migrate").code == 0

    def test_a_baseline_settles_it_as_well(self, db: Target, put) -> None:
        project = put(DBMATE)
        assert said(db, project, "baseline", "20240102").code == 0
        assert said(db, project, "migrate").code == 0


class TestWhichHistory:
    def test_files_of_nobody_are_adopted_by_the_only_history_there_is(self, db: Target, put) -> None:
        plain = replace(
            DBMATE,
            layout="plain",
            files={"20240101_one.sql": ONE, "20240102_two.sql": TWO, "20240103_x.sql": "SELECT 1"},
        )
        project = put(plain)
        assert said(db, project, "adopt").envelope["data"]["tool"] == "dbmate"

    def test_of_several_one_has_to_be_named(self, db: Target, put) -> None:
        plain = replace(DBMATE, layout="plain", files={"20240101_one.sql": ONE, "20240102_two.sql": TWO})
        project = put(plain)
        run(db, GOOSE.ddl + GOOSE.rows)
        refused = said(db, project, "adopt")
        assert refused.code == 2
        assert "public.goose_db_version (goose), public.schema_migrations (dbmate)" in refused.everything
        assert said(db, project, "adopt", "--from", "dbmate").code == 0

    def test_a_table_of_another_name_has_to_be_named(self, db: Target, put) -> None:
        project = put(DBMATE)
        run(db, 'CREATE SCHEMA "Ops"; ALTER TABLE schema_migrations SET SCHEMA "Ops"')
        run(db, 'ALTER TABLE "Ops".schema_migrations RENAME TO "what ran"')
        refused = said(db, project, "adopt")
        assert (refused.code, refused.rules) == (2, ["configuration"])
        assert said(db, project, "adopt", "--table", "Ops.what ran").code == 0

    @pytest.mark.parametrize(
        "options", [("--from", "liquibase"), ("--table", "nowhere"), ("--undo", "--from", "dbmate")], ids=str
    )
    def test_what_cannot_be_is_refused(self, db: Target, put, options: tuple[str, ...]) -> None:
        assert said(db, put(DBMATE), "adopt", *options).code == 2


def test_people_see_what_is_taken_over(db: Target, put) -> None:
    project = put(FLYWAY)
    shown = call(db, project, "adopt", "--migrations", "migrations").out
    assert "took over 2 migrations of Flyway (public.flyway_schema_history); 1 migration pending" in shown
    assert "migrations/V1__one.sql    2024-05-01 10:00  ada  verified" in shown
