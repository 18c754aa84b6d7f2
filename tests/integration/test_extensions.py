"""What needs an extension that the server lacks is left out, one line says so, and the rest is there."""

from __future__ import annotations

import pytest

from catalog import rows, run
from inprocess import as_json, call
from platformdb.postgres.target import Target
from projects import Project

ABSENT = "no_such_extension"
NOTE = f"the server has no extension {ABSENT}, so these are left out: "
FILES = {
    "phases/001_base.sql": "CREATE TABLE notes (id int PRIMARY KEY, body text);",
    "sql/functions/plain.sql": "CREATE OR REPLACE FUNCTION plain() RETURNS int LANGUAGE sql RETURN 1;",
    "sql/functions/special.sql": f"-- platformdb: extension={ABSENT}\nCREATE EXTENSION IF NOT EXISTS {ABSENT};",
    "sql/indexes/tier1_critical.sql": "-- Looked up by its text.\n"
    f"-- platformdb: extension={ABSENT}\nCREATE INDEX notes_special ON notes USING special (body);\n"
    "-- Sorted by its text.\nCREATE INDEX notes_body ON notes (body);",
    "sql/queries/special.sql": "-- Notes.\n"
    f"-- platformdb: target_ms=50 extension={ABSENT}\nSELECT special(body) FROM notes;",
    "sql/queries/plain.sql": "-- Notes.\n-- platformdb: target_ms=50\nSELECT body FROM notes ORDER BY body LIMIT 1;",
}


@pytest.fixture
def lacking(project: Project) -> Project:
    return project.write(FILES)


def notes(envelope: dict) -> list[str]:
    return [finding["message"] for finding in envelope["findings"] if finding["rule"] == "extension-missing"]


def test_migrate_applies_the_rest_and_says_in_one_line_what_it_left_out(db: Target, lacking: Project) -> None:
    said = as_json(db, lacking, "migrate")
    assert said.code == 0, said.err
    assert notes(said.envelope) == [f"{NOTE}sql/functions/special.sql, index notes_special"]
    assert rows(db, "SELECT plain()") == [(1,)]
    assert rows(db, "SELECT indexname FROM pg_indexes WHERE indexname ~ '^notes_[bs]'") == [("notes_body",)]
    assert as_json(db, lacking, "migrate").envelope["steps"] == []


def test_status_calls_it_waiting_which_is_nothing_to_do(db: Target, lacking: Project) -> None:
    assert call(db, lacking, "migrate").code == 0
    said = as_json(db, lacking, "status", "--check")
    assert said.code == 0, said.out
    states = {each["name"]: each["state"] for each in said.envelope["data"]["migrations"]}
    assert states["sql/functions/special.sql"] == "waiting"
    indexes = as_json(db, lacking, "indexes", "status")
    assert (indexes.code, notes(indexes.envelope)) == (0, [f"{NOTE}index notes_special"])


def test_bench_measures_the_others(db: Target, lacking: Project) -> None:
    assert call(db, lacking, "migrate").code == 0
    run(db, "INSERT INTO notes VALUES (1, 'a')")
    said = as_json(db, lacking, "bench", "--any-rows")
    assert (said.code, notes(said.envelope)) == (0, [f"{NOTE}query special"])
    assert [query["name"] for query in said.envelope["data"]["queries"]] == ["plain"]


def test_with_the_extension_there_all_of_it_is_applied(db: Target, lacking: Project) -> None:
    assert call(db, lacking, "migrate").code == 0
    there = {name: text.replace(ABSENT, "hstore") for name, text in FILES.items()}
    there["sql/indexes/tier1_critical.sql"] = there["sql/indexes/tier1_critical.sql"].replace(
        "USING special (body)", "((body::hstore))"
    )
    lacking.write(there)
    said = as_json(db, lacking, "migrate")
    assert (said.code, notes(said.envelope)) == (0, [])
    assert rows(db, "SELECT count(*) FROM pg_indexes WHERE indexname ~ '^notes_[bs]'") == [(2,)]
    assert rows(db, "SELECT extname FROM pg_extension WHERE extname = 'hstore'") == [("hstore",)]


@pytest.mark.parametrize("name", ["phases/002_more.sql", "sql/callbacks/afterMigrate.sql"])
def test_only_a_repeatable_file_can_wait(db: Target, lacking: Project, name: str) -> None:
    lacking.write({name: f"-- platformdb: extension={ABSENT}\nSELECT 1;"})
    said = as_json(db, lacking, "migrate")
    assert said.code == 3
    assert "cannot wait for one" in said.envelope["findings"][0]["message"]
    assert said.envelope["findings"][0]["place"]["line"] == 1
