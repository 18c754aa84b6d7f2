"""The files of queries: what stands above a statement, and what is said of a file that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from platformdb.project import Platform
from platformdb.report.model import Finding
from platformdb.workload.model import PersonaQuery, Population, Query
from platformdb.workload.read import read_queries

GOOD = """\
-- Feed: the newest posts
-- of everybody a user follows.

-- platformdb: persona=founder
SELECT 1;

-- platformdb: personas="accounts followed"
SELECT id, follows AS weight FROM users;

-- A remark that is none of our business.
-- platformdb: target_ms=50 extension=vector
-- platformdb: large=500 sorted=20 spill=on whole="tags, users" reason="a few dozen" buffers=90 touched=2.5
SELECT * FROM posts WHERE author = $1 LIMIT 20;
"""
PURPOSE = "-- What it is for.\n"
TARGET = "-- platformdb: target_ms=5\n"


def read(folder: Path, text: str) -> tuple[tuple[Query, ...], tuple[Finding, ...]]:
    queries = folder / "sql" / "queries"
    queries.mkdir(parents=True)
    (queries / "feed.sql").write_text(text, encoding="utf-8")
    return read_queries(Platform("demo", folder, folder / "phases", folder / "sql", folder / "seeds"))


def the_query(folder: Path, text: str) -> Query:
    queries, findings = read(folder, text)
    assert findings == ()
    return queries[0]


def the_problem(folder: Path, text: str) -> Finding:
    queries, findings = read(folder, text)
    assert queries == ()
    return findings[0]


def test_a_file_says_what_its_query_is_for_and_what_is_asked_of_it(tmp_path: Path) -> None:
    query = the_query(tmp_path, GOOD)
    assert (query.name, query.target_ms, query.extension, query.parameters) == ("feed", 50, "vector", 1)
    assert query.purpose == "Feed: the newest posts of everybody a user follows."
    assert (query.gates.large, query.gates.sorted, query.gates.spill) == (500, 20, True)
    assert (query.gates.whole, query.gates.buffers, query.gates.touched) == (("tags", "users"), 90, 2.5)


def test_personas_are_single_ones_and_one_population_in_the_files_order(tmp_path: Path) -> None:
    first, second = the_query(tmp_path, GOOD).personas
    assert isinstance(first, PersonaQuery)
    assert isinstance(second, Population)
    assert (first.name, second.rule) == ("founder", "accounts followed")


def test_a_query_without_parameters_needs_nobody(tmp_path: Path) -> None:
    assert the_query(tmp_path, PURPOSE + TARGET + "SELECT 1;").personas == ()


WRITES = (
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
    "WITH new AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM new",
    "SELECT * FROM (SELECT * FROM t FOR UPDATE SKIP LOCKED) AS locked",
)


@pytest.mark.parametrize("sql", WRITES)
def test_what_writes_must_be_rolled_back(tmp_path: Path, sql: str) -> None:
    problem = the_problem(tmp_path, PURPOSE + TARGET + sql)
    assert "the query writes" in problem.message
    assert "rollback=on" in problem.help


@pytest.mark.parametrize("sql", WRITES)
def test_what_is_rolled_back_may_write(tmp_path: Path, sql: str) -> None:
    assert the_query(tmp_path, f"{PURPOSE}-- platformdb: target_ms=5 rollback=on\n{sql}").writes


WRONG = {
    "no purpose": (TARGET + "SELECT 1", "does not say what its query is for", 1, 1),
    "no target": (PURPOSE + "SELECT 1", "the query has no target", 2, 1),
    "no number": (PURPOSE + "-- platformdb: target_ms=fast\nSELECT 1", "target_ms=fast is no number", 2, 26),
    "no time": (PURPOSE + "-- platformdb: target_ms=0\nSELECT 1", "target_ms=0 is not a time above 0", 2, 26),
    "endless": (PURPOSE + "-- platformdb: target_ms=inf\nSELECT 1", "not a time above 0", 2, 26),
    "unknown": (PURPOSE + "-- platformdb: target_ms=5 target=9\nSELECT 1", "unknown directive 'target'", 2, 28),
    "no switch": (PURPOSE + "-- platformdb: target_ms=5 rollback=yes\nSELECT 1", "neither on nor off", 2, 37),
    "no count": (PURPOSE + "-- platformdb: target_ms=5 large=-1\nSELECT 1", "large=-1 is not a whole number", 2, 34),
    "no share": (PURPOSE + "-- platformdb: target_ms=5 touched=nan\nSELECT 1", "touched=nan is no number", 2, 36),
    "no reason": (PURPOSE + "-- platformdb: target_ms=5 whole=t\nSELECT 1", "whole= without a reason", 2, 34),
    "lone reason": (PURPOSE + '-- platformdb: target_ms=5 reason="x"\nSELECT 1', "belongs to whole=", 2, 35),
    "no persona": (PURPOSE + TARGET + "SELECT $2, $1", "takes $2, and no persona", 3, 1),
    "no query": (PURPOSE + "-- platformdb: persona=a\nSELECT 1", "holds 0 queries", 1, 1),
    "two queries": (PURPOSE + TARGET + "SELECT 1;\nSELECT 2", "holds 2 queries", 4, 1),
    "crowded": (PURPOSE + "-- platformdb: persona=a large=3\nSELECT 1", "more than its name", 2, 32),
    "nameless": (PURPOSE + '-- platformdb: personas=""\nSELECT 1', "personas= is empty", 2, 25),
    "changing persona": (PURPOSE + "-- platformdb: persona=a\nDELETE FROM t RETURNING a", "changes nothing", 3, 1),
    "vacuum": (PURPOSE + TARGET + "VACUUM", "is no query", 3, 1),
    "into": (PURPOSE + TARGET + "SELECT 1 AS a INTO t", "is no query", 3, 1),
    "no SQL": (PURPOSE + TARGET + "SELEC 1", "syntax error", 3, 1),
}


@pytest.mark.parametrize(("text", "said", "line", "column"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place_and_what_to_write(
    tmp_path: Path, text: str, said: str, line: int, column: int
) -> None:
    problem = the_problem(tmp_path, text)
    assert said in problem.message
    assert problem.place is not None
    assert (problem.place.name, problem.place.line, problem.place.column) == ("sql/queries/feed.sql", line, column)
    assert problem.help or "syntax" in said


def test_a_query_has_one_population(tmp_path: Path) -> None:
    doubled = GOOD.replace("persona=founder", 'personas="posts"')
    assert "2 populations" in the_problem(tmp_path, doubled).message


@pytest.mark.parametrize("name", ["heaviest", "nothing"])
def test_a_single_persona_does_not_take_the_name_of_one_from_the_population(tmp_path: Path, name: str) -> None:
    assert f"two personas '{name}'" in the_problem(tmp_path, GOOD.replace("founder", name)).message


def test_each_file_that_is_wrong_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    folder = tmp_path / "sql" / "queries"
    (folder / "a.sql").write_text("SELECT 1", encoding="utf-8")
    (folder / "b.sql").write_text("SELEC 1", encoding="utf-8")
    platform = Platform("demo", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")
    queries, findings = read_queries(platform)
    assert [query.name for query in queries] == ["feed"]
    assert [finding.subject for finding in findings] == ["sql/queries/a.sql", "sql/queries/b.sql"]


def test_a_dollar_sign_in_a_string_is_no_parameter(tmp_path: Path) -> None:
    query = the_query(tmp_path, PURPOSE + TARGET + "SELECT '$3', $$ $4 $$, \"$5\" -- $6\nFROM t")
    assert query == replace(query, parameters=0)
