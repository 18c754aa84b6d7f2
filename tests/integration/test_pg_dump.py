"""What pg_dump writes is a migration, and what is like it: rows of COPY, own transactions, session settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog import DEFINITIONS, Rows, history, relations, rows, run
from dump import dumped
from inprocess import as_json, call
from platformdb.postgres.target import Target
from projects import Project
from servers import Server

# Every table's rows, in no order, as one number each; ``%s`` is the list of tables.
TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname !~ '^pg_' AND schemaname NOT IN ('information_schema', 'platformdb') ORDER BY 1
"""


def contents(target: Target) -> Rows:
    """Counts and sums of all tables."""
    asked = [
        f"SELECT '{table}', count(*), sum(hashtext(row::text)::bigint) FROM {table} AS row"
        for (table,) in rows(target, TABLES)
    ]
    return rows(target, " UNION ALL ".join(asked) + " ORDER BY 1")


def schema(server: Server, target: Target) -> list[str]:
    """What pg_dump says of the schema, without its key that differs each time.

    Nor with parentheses: a comparison of rows becomes a nested OR, which PostgreSQL reads again as a flat one.
    """
    text = dumped(server, target, "--schema-only", "--exclude-schema=platformdb")
    lines = text.translate({ord("("): None, ord(")"): None}).splitlines()
    return [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict"))]


class TestWholeDatabase:
    @pytest.fixture
    def dump(self, server: Server, seeded_db: Target, project: Project) -> Project:
        text = dumped(server, seeded_db, "--exclude-schema=platformdb")
        assert "COPY public." in text
        return project.write({"phases/001_dump.sql": text, "phases/002_more.sql": "CREATE TABLE more ();"})

    def test_the_dump_of_a_database_makes_the_same_database(
        self, server: Server, db: Target, seeded_db: Target, dump: Project
    ) -> None:
        said = call(db, dump, "migrate", "--to", "1")
        assert said.code == 0, said.err
        assert schema(server, db) == schema(server, seeded_db)
        assert contents(db) == contents(seeded_db)
        assert rows(db, "SELECT count(*) FROM users")[0] > (0,)

    def test_its_empty_search_path_does_not_reach_the_next_file(self, db: Target, dump: Project) -> None:
        assert call(db, dump, "migrate").code == 0
        assert rows(db, "SELECT to_regclass('public.more')::text") == [("more",)]
        assert call(db, dump, "migrate").out == "✓ demo: nothing to do, the database is up to date\n"
        assert call(db, dump, "validate").code == 0

    def test_its_dry_run_is_a_script_and_changes_nothing(self, db: Target, dump: Project) -> None:
        before = rows(db, DEFINITIONS)
        said = call(db, dump, "migrate", "--dry-run")
        assert said.code == 0
        assert "\\.\n" in said.out
        assert rows(db, DEFINITIONS) == before

    def test_it_can_be_written_as_inserts_too(self, server: Server, db: Target, project: Project) -> None:
        run(
            db, "CREATE TABLE a (id int PRIMARY KEY, x text); INSERT INTO a VALUES (1, E'\\\\ '' % {{ x }}'), (2, NULL)"
        )
        text = dumped(server, db, "--inserts", "--exclude-schema=platformdb")
        run(db, "DROP TABLE a")
        project.write({"phases/001_dump.sql": text})
        assert call(db, project, "migrate").code == 0
        assert rows(db, "SELECT * FROM a ORDER BY id") == [(1, "\\ ' % {{ x }}"), (2, None)]

    def test_a_failure_in_it_rolls_it_back_whole(self, db: Target, dump: Project) -> None:
        text = (dump.root / "phases/001_dump.sql").read_text(encoding="utf-8")
        dump.write({"phases/001_dump.sql": text + "\nSELECT nope;\n"})
        said = call(db, dump, "migrate")
        assert said.code == 4
        assert f"phases/001_dump.sql:{text.count(chr(10)) + 2}:8" in said.err
        assert relations(db) == set()


class TestCopy:
    def test_rows_arrive_as_they_are(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (id int, x text);\nCOPY a (id, x) FROM stdin;\n"
                "1\tgrößer % {{ x }} $$ ' ; --\n2\t\\N\n3\t\\\\ \\t tab\n4\t\n\\.\n\n"
                'COPY a FROM STDIN WITH (FORMAT csv);\n5,"a\nb"\n\\.\nSELECT count(*) FROM a;'
            }
        )
        said = call(db, project, "migrate")
        assert said.code == 0, said.err
        assert rows(db, "SELECT * FROM a ORDER BY id") == [
            (1, "größer % {{ x }} $$ ' ; --"),
            (2, None),
            (3, "\\ \t tab"),
            (4, ""),
            (5, "a\nb"),
        ]

    def test_a_bad_row_is_named_by_its_line_of_the_file_and_nothing_stays(self, db: Target, project: Project) -> None:
        project.write(
            {"phases/001_a.sql": "CREATE TABLE a (x int);\n\nCOPY a FROM stdin;\n1\n2\nthree\n4\n\\.\nSELECT 1;"}
        )
        said = as_json(db, project, "migrate")
        assert said.code == 4
        (finding,) = said.envelope["findings"]
        assert 'invalid input syntax for type integer: "three"' in finding["message"]
        assert finding["place"]["name"] == "phases/001_a.sql"
        assert finding["place"]["line"] == 6
        assert "COPY a, line 3, column x" in finding["detail"]
        assert relations(db) == set()
        project.write({"phases/001_a.sql": "CREATE TABLE a (x int);\nCOPY a FROM stdin;\n1\n2\n3\n\\.\n"})
        assert call(db, project, "migrate").code == 0
        assert rows(db, "SELECT sum(x) FROM a") == [(6,)]

    def test_the_history_knows_rows_by_their_checksum_and_sees_one_that_changed(
        self, db: Target, project: Project
    ) -> None:
        text = "CREATE TABLE a (x int);\nCOPY a FROM stdin;\n1\n2\n\\.\n"
        project.write({"phases/001_a.sql": text})
        assert call(db, project, "migrate").code == 0
        ((sql,),) = rows(db, "SELECT sql FROM platformdb.history")
        assert "data: sha256:" in str(sql)
        project.write({"phases/001_a.sql": text.replace("2\n", "3\n")})
        assert as_json(db, project, "migrate").rules == ["migration-modified"]

    def test_rows_that_do_not_end_are_refused_before_anything_runs(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "CREATE TABLE a (x int);\nCOPY a FROM stdin;\n1\n2\n"})
        said = as_json(db, project, "migrate")
        assert said.code == 3
        assert said.envelope["findings"][0]["place"]["line"] == 3
        assert relations(db) == set()


class TestOwnTransactions:
    BLOCKS = (
        "BEGIN;\nCREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\nCOMMIT;\n",
        "START TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n"
        "CREATE TABLE b AS SELECT current_setting('transaction_isolation') AS level;\nEND;\n",
        "CREATE INDEX CONCURRENTLY i ON a (x);\n",
        "BEGIN;\nCREATE TABLE c ();\nSELECT nope;\nCOMMIT;\n",
        "CREATE TABLE d ();\n",
    )

    def test_each_block_is_a_part_and_a_failed_one_goes_on_there(self, db: Target, project: Project) -> None:
        project.write({"phases/001_a.sql": "".join(self.BLOCKS)})
        said = call(db, project, "migrate")
        assert said.code == 4
        assert "phases/001_a.sql:11:8" in said.err
        assert relations(db) == {"a", "b", "i"}
        assert rows(db, "SELECT level FROM b") == [("serializable",)]
        (standing,) = as_json(db, project, "status").envelope["data"]["migrations"]
        assert (standing["state"], standing["done"], standing["segments"]) == ("partial", 3, 5)
        project.write({"phases/001_a.sql": "".join(self.BLOCKS).replace("SELECT nope;\n", "")})
        said = as_json(db, project, "migrate")
        assert said.code == 0, said.err
        assert len(said.envelope["steps"]) == 2
        assert relations(db) == {"a", "b", "c", "d", "i"}
        assert rows(db, "SELECT count(*) FROM a") == [(1,)]

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("BEGIN;\nCREATE TABLE a ();\n", 1),
            ("CREATE TABLE a ();\nCOMMIT;\n", 2),
            ("BEGIN;\nCREATE TABLE a ();\nROLLBACK;\n", 3),
            ("BEGIN;\nBEGIN;\nCOMMIT;\n", 2),
            ("BEGIN;\nSELECT 1;\nCOMMIT AND CHAIN;\nCOMMIT;", 3),
            ("BEGIN;\nVACUUM;\nCOMMIT;\n", 2),
            ("BEGIN;\nSELECT 1;\nPREPARE TRANSACTION 'x';\n", 3),
        ],
    )
    def test_what_cannot_be_kept_whole_is_refused_with_its_line(
        self, db: Target, project: Project, text: str, line: int
    ) -> None:
        project.write({"phases/001_a.sql": text})
        said = as_json(db, project, "migrate")
        assert said.code == 3
        assert [f["place"]["line"] for f in said.envelope["findings"]] == [line]
        assert said.envelope["findings"][0]["help"]
        assert relations(db) == set()

    def test_savepoints_are_the_files_own_business(self, db: Target, project: Project) -> None:
        project.write(
            {
                "phases/001_a.sql": "CREATE TABLE a (x int);\nSAVEPOINT s;\nINSERT INTO a VALUES (1);\n"
                "ROLLBACK TO s;\nINSERT INTO a VALUES (2);\nRELEASE s;"
            }
        )
        said = call(db, project, "migrate")
        assert said.code == 0, said.err
        assert rows(db, "SELECT x FROM a") == [(2,)]


class TestIncludes:
    def test_files_of_the_project_are_included_and_their_places_are_their_own(
        self, db: Target, project: Project
    ) -> None:
        project.write(
            {
                "phases/001_a.sql": "\\echo here we go\n\\i parts/one.sql\n\\ir ../parts/two.sql\n"
                "CREATE TABLE three ();",
                "parts/one.sql": "CREATE TABLE one ();",
                "parts/two.sql": "CREATE TABLE two ();\nSELECT nope;",
            }
        )
        said = call(db, project, "migrate")
        assert said.code == 4
        assert "at parts/two.sql:2:8" in said.err
        project.write({"parts/two.sql": "CREATE TABLE two ();"})
        said = as_json(db, project, "migrate")
        assert (said.code, said.rules) == (0, ["echo"])
        assert said.envelope["findings"][0]["message"] == "here we go"
        assert relations(db) == {"one", "two", "three"}

    def test_an_edit_of_what_an_applied_file_includes_is_an_edit_of_the_file(
        self, db: Target, project: Project
    ) -> None:
        project.write({"phases/001_a.sql": "\\i parts/one.sql\n", "parts/one.sql": "CREATE TABLE one ();"})
        assert call(db, project, "migrate").code == 0
        project.write({"parts/one.sql": "-- why\nCREATE TABLE one ();"})
        assert as_json(db, project, "migrate").code == 0
        project.write({"parts/one.sql": "CREATE TABLE one (x int);"})
        said = as_json(db, project, "migrate")
        assert said.rules == ["migration-modified"]
        assert "-CREATE TABLE one ()\n+CREATE TABLE one (x int)" in said.envelope["findings"][0]["detail"]


def test_a_file_of_the_size_that_stays_on_disk_is_loaded(db: Target, project: Project, tmp_path: Path) -> None:
    count = 1_200_000
    with (tmp_path / "big.sql").open("w", encoding="utf-8") as file:
        file.write("CREATE TABLE a (x int, y text);\nCOPY a FROM stdin;\n")
        file.writelines(f"{n}\tr\n" for n in range(count))
        file.write("\\.\nCREATE INDEX i ON a (x);\n")
    project.write({"phases/001_a.sql": (tmp_path / "big.sql").read_bytes()})
    assert (project.root / "phases/001_a.sql").stat().st_size > 8 << 20
    said = call(db, project, "migrate")
    assert said.code == 0, said.err
    assert rows(db, "SELECT count(*), sum(x) FROM a") == [(count, count * (count - 1) // 2)]
    assert [row[4] for row in history(db)] == ["applied"]
