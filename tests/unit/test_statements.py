from __future__ import annotations

import pytest

from platformdb.errors import Refused
from platformdb.sqltext.quote import quote_identifier, quote_qualified
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import (
    SqlStatement,
    controls_transaction,
    index_name_span,
    refuses_transaction,
    sets_session,
    split,
)


def statements(text: str) -> tuple[SqlStatement, ...]:
    return split(Source("a.sql", text))


def one(text: str) -> SqlStatement:
    (statement,) = statements(text)
    return statement


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t", []),
        (";;\n;", []),
        ("-- only a comment", []),
        ("/* and /* a nested */ one */", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;", ["SELECT 1"]),
        ("SELECT 1;;SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';';SELECT 2;", ["SELECT ';'", "SELECT 2"]),
        ("SELECT E'\\';';SELECT 2;", ["SELECT E'\\';'", "SELECT 2"]),
        ('SELECT 1 AS "a;b"; SELECT 2', ['SELECT 1 AS "a;b"', "SELECT 2"]),
        ("DO $x$ BEGIN; $$;$$; END $x$; SELECT 2", ["DO $x$ BEGIN; $$;$$; END $x$", "SELECT 2"]),
        ("SELECT 1 /* ; */ + 1; SELECT 2", ["SELECT 1 /* ; */ + 1", "SELECT 2"]),
        ("SELECT 1 -- ;\n+ 1; SELECT 2", ["SELECT 1 -- ;\n+ 1", "SELECT 2"]),
        ("SELECT 'ä€😀'; SELECT 'ö' ;SELECT 3", ["SELECT 'ä€😀'", "SELECT 'ö'", "SELECT 3"]),
        ("SELECT 1\n\n;\n", ["SELECT 1"]),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3",
            ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END", "SELECT 3"],
        ),
        (
            "CREATE RULE r AS ON DELETE TO t DO (DELETE FROM a; DELETE FROM b); SELECT 1",
            ["CREATE RULE r AS ON DELETE TO t DO (DELETE FROM a; DELETE FROM b)", "SELECT 1"],
        ),
    ],
)
def test_a_text_splits_where_postgresql_splits_it(text: str, expected: list[str]) -> None:
    assert [statement.sql for statement in statements(text)] == expected


def test_offsets_count_characters_and_not_bytes() -> None:
    text = "-- äöü\nSELECT '😀';\n-- ß\nSELECT 2 ;"
    first, second = statements(text)
    assert text[first.start : first.end] == "SELECT '😀'"
    assert text[second.start : second.end] == "SELECT 2"


def test_the_comments_above_a_statement_are_its_own() -> None:
    first, second, third = statements(
        "-- the first\nSELECT 1; -- said of the first\n-- of the ü second\n\n-- line two\nSELECT 2;\nSELECT 3"
    )
    assert first.comments == "-- the first\n"
    assert second.comments == "-- of the ü second\n\n-- line two\n"
    assert third.comments == ""


def test_a_comment_between_two_statements_of_one_line_belongs_to_the_second() -> None:
    _, second = statements("SELECT 1; /* here */ SELECT 2")
    assert "/* here */" in second.comments


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SELEC 1", "a.sql:1:1"),
        ("SELECT 1;\n  SELECT FROM WHERE;", "a.sql:2:15"),
        ("SELECT 'äöü😀' FORM x;\n", "a.sql:1:20"),
        ("-- größer, 漢字\nSELECT 'é'; FORM x", "a.sql:2:13"),
        ("SELECT 'never ended", "a.sql:1:8"),
        ("SELECT 1;\nDO $$ never ended", "a.sql:2:4"),
        ("CREATE TABLE t (a int,);", "a.sql:1:23"),
    ],
)
def test_a_syntax_error_has_its_place_in_characters(text: str, place: str) -> None:
    with pytest.raises(Refused) as caught:
        statements(text)
    assert str(caught.value.place) == place
    assert caught.value.place is not None
    assert caught.value.place.text == text.split("\n")[(caught.value.place.line or 0) - 1]
    assert "nothing was run" in caught.value.help


def test_a_file_that_ends_too_early_is_refused_at_its_end() -> None:
    with pytest.raises(Refused, match="end of input") as caught:
        statements("SELECT (\n")
    assert caught.value.place is not None


SOLO = """
CREATE DATABASE x
DROP DATABASE x
ALTER DATABASE x SET TABLESPACE y
CREATE TABLESPACE x LOCATION '/x'
DROP TABLESPACE x
ALTER SYSTEM SET work_mem = '1MB'
ALTER SYSTEM RESET ALL
CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p
DROP SUBSCRIPTION s
ALTER SUBSCRIPTION s REFRESH PUBLICATION
ALTER SUBSCRIPTION s SET PUBLICATION p
ALTER SUBSCRIPTION s ADD PUBLICATION p
ALTER SUBSCRIPTION s DROP PUBLICATION p
CREATE INDEX CONCURRENTLY i ON t (x)
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (x)
DROP INDEX CONCURRENTLY i
VACUUM
VACUUM t
VACUUM (ANALYZE, VERBOSE) t
CLUSTER
DISCARD ALL
REINDEX TABLE CONCURRENTLY t
REINDEX (VERBOSE, CONCURRENTLY) INDEX i
REINDEX SCHEMA s
REINDEX DATABASE d
REINDEX SYSTEM d
ALTER TABLE t DETACH PARTITION p CONCURRENTLY
"""

TRANSACTIONAL = """
CREATE TABLE t (x int)
CREATE INDEX i ON t (x)
DROP INDEX i
DROP TABLE t
ANALYZE
ANALYZE t
CLUSTER t USING i
DISCARD PLANS
REINDEX TABLE t
REINDEX INDEX i
REINDEX (VERBOSE) TABLE t
ALTER TABLE t DETACH PARTITION p
ALTER TABLE t DETACH PARTITION p FINALIZE
ALTER TABLE t ATTACH PARTITION p DEFAULT
ALTER TABLE t ADD COLUMN y int
ALTER TYPE e ADD VALUE 'x'
ALTER DATABASE x SET work_mem = '1MB'
ALTER DATABASE x CONNECTION LIMIT 5
ALTER SUBSCRIPTION s ENABLE
ALTER SUBSCRIPTION s CONNECTION 'host=x'
CALL p()
TRUNCATE t
SET search_path = x
"""


@pytest.mark.parametrize("sql", SOLO.strip().splitlines())
def test_what_postgresql_refuses_in_a_transaction_runs_alone(sql: str) -> None:
    assert refuses_transaction(one(sql))


@pytest.mark.parametrize("sql", TRANSACTIONAL.strip().splitlines())
def test_everything_else_runs_in_a_transaction(sql: str) -> None:
    assert not refuses_transaction(one(sql))


@pytest.mark.parametrize(
    "sql",
    ["BEGIN", "START TRANSACTION", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT a", "RELEASE a",
     "ROLLBACK TO a", "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'"],
)  # fmt: skip
def test_every_word_that_controls_a_transaction_is_known(sql: str) -> None:
    assert controls_transaction(one(sql))


def test_begin_inside_a_function_controls_nothing() -> None:
    assert not controls_transaction(one("DO $$ BEGIN NULL; END $$"))


@pytest.mark.parametrize(
    ("sql", "span"),
    [
        ("CREATE INDEX i ON t (x)", "INDEX i"),
        ("create unique index i on t (x)", "index i"),
        ("CREATE INDEX CONCURRENTLY i ON t (x)", "INDEX CONCURRENTLY i"),
        ("CREATE INDEX IF NOT EXISTS i ON t (x)", "INDEX IF NOT EXISTS i"),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t (x)", "INDEX CONCURRENTLY IF NOT EXISTS i"),
        ('CREATE INDEX "Größe; ""x""" ON t (x)', 'INDEX "Größe; ""x"""'),
        ("CREATE /* index */ INDEX -- index\n i ON t (x)", "INDEX -- index\n i"),
        ("CREATE INDEX größe ON t (x) WHERE x = 'index größe'", "INDEX größe"),
        ('CREATE INDEX "if" ON t (x)', 'INDEX "if"'),
        ("CREATE INDEX\n\ti\n\tON t (x)", "INDEX\n\ti"),
    ],
)
def test_the_name_of_an_index_is_found_in_its_text(sql: str, span: str) -> None:
    start, end = index_name_span(one(sql))
    assert sql[start:end] == span


@pytest.mark.parametrize(
    ("name", "quoted"),
    [("a", '"a"'), ("A b", '"A b"'), ('a"b', '"a""b"'), ("", '""'), ("a.b", '"a.b"')],
)
def test_a_quoted_identifier_is_taken_literally(name: str, quoted: str) -> None:
    assert quote_identifier(name) == quoted


def test_a_qualified_name_is_quoted_part_by_part() -> None:
    assert quote_qualified("app.users") == '"app"."users"'
    assert quote_qualified("users") == '"users"'


@pytest.mark.parametrize(
    ("sql", "sets"),
    [
        ("SET search_path TO a", True),
        ("SET SESSION lock_timeout = 1", True),
        ("SET ROLE someone", True),
        ("RESET search_path", True),
        ("SET SESSION AUTHORIZATION someone", True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", True),
        ("select set_config ( 'a.b', 'c', false )", True),
        ("SET LOCAL search_path TO a", False),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", False),
        ("SELECT set_config('search_path', '', true)", False),
        ("SELECT 1", False),
        ("CREATE TABLE a ()", False),
    ],
)
def test_what_is_set_for_the_session_is_told_from_what_is_not(sql: str, sets: bool) -> None:
    (statement,) = split(Source("f.sql", sql))
    assert sets_session(statement) is sets
