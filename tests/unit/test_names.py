from __future__ import annotations

import pytest

from platformdb.sqltext.names import names_of
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import SqlStatement, split


def one(text: str) -> SqlStatement:
    (statement,) = split(Source("a.sql", text))
    return statement


def defined(text: str) -> set[str]:
    return set(names_of(one(text))[0])


def referenced(text: str) -> set[str]:
    return set(names_of(one(text))[1])


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("CREATE FUNCTION S.F() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function s.f"),
        ('CREATE OR REPLACE FUNCTION "F x"() RETURNS int RETURN 1', 'function "F x"'),
        ("CREATE PROCEDURE p() LANGUAGE plpgsql AS ''", "function p"),
        ("CREATE AGGREGATE s.a (int) (sfunc = f, stype = int)", "function s.a"),
        ("CREATE VIEW s.v AS SELECT 1", "relation s.v"),
        ("CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT n FROM v", "relation v"),
        ("CREATE MATERIALIZED VIEW m AS SELECT 1", "relation m"),
        ("CREATE TABLE t (x int)", "relation t"),
        ("CREATE TABLE t AS SELECT 1", "relation t"),
        ("SELECT 1 AS x INTO t", "relation t"),
        ("CREATE FOREIGN TABLE t (x int) SERVER s", "relation t"),
        ("CREATE SEQUENCE s.q", "relation s.q"),
        ("CREATE TYPE s.e AS ENUM ('x')", "type s.e"),
        ("CREATE TYPE s.c AS (x int)", "type s.c"),
        ("CREATE TYPE s.r AS RANGE (subtype = int)", "type s.r"),
        ("CREATE TYPE s.shell", "type s.shell"),
        ("CREATE DOMAIN d AS int", "type d"),
        ('CREATE TRIGGER "G" BEFORE INSERT ON s.t EXECUTE FUNCTION f()', 'trigger s.t."G"'),
    ],
)
def test_what_a_statement_makes_has_a_kind_and_a_name(sql: str, name: str) -> None:
    assert defined(sql) == {name}


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "CREATE INDEX i ON t (x)", "DROP VIEW v", "CREATE SCHEMA s", "INSERT INTO t VALUES (1)"]
)
def test_other_statements_make_nothing_that_has_a_name_here(sql: str) -> None:
    assert defined(sql) == set()


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("CREATE VIEW v AS SELECT f(a.x) FROM s.a JOIN b ON true", {"function f", "relation s.a", "relation b"}),
        ("CREATE VIEW v AS SELECT * FROM (SELECT s.f(1)) q, g(2)", {"function s.f", "function g"}),
        ("CREATE VIEW v AS SELECT x::s.e FROM t", {"type s.e", "relation s.e", "relation t"}),
        ("CREATE VIEW v AS SELECT pg_catalog.now(), 1::int", set()),
        ('CREATE VIEW v AS SELECT 1 WHERE EXISTS (SELECT FROM "T")', {'relation "T"'}),
        ("CREATE TRIGGER g BEFORE INSERT ON s.t EXECUTE FUNCTION a.f()", {"relation s.t", "function a.f"}),
        (
            "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (h(new.x)) EXECUTE PROCEDURE f()",
            {"relation t", "function f", "function h"},
        ),
        ("CREATE EVENT TRIGGER g ON ddl_command_end EXECUTE FUNCTION f()", {"function f"}),
        ("CREATE POLICY p ON t USING (f())", {"relation t", "function f"}),
        ("CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM u", {"relation t", "relation u"}),
        (
            "CREATE TABLE t (x int REFERENCES u, y s.e DEFAULT f())",
            {"relation u", "type s.e", "relation s.e", "function f"},
        ),
        ("CREATE AGGREGATE s.a (int) (sfunc = s.f, stype = int)", {"function s.f", "type s.f", "relation s.f"}),
        ("GRANT EXECUTE ON FUNCTION s.f(int) TO PUBLIC", {"function s.f"}),
        ("GRANT SELECT ON v TO PUBLIC", {"relation v"}),
        ("COMMENT ON FUNCTION f() IS 'x'", {"function f"}),
        ("COMMENT ON VIEW s.v IS 'x'", {"relation s.v"}),
        ("COMMENT ON COLUMN s.v.x IS 'x'", {"relation s.v"}),
        ("COMMENT ON TRIGGER g ON s.t IS 'x'", {"relation s.t"}),
        ("COMMENT ON TYPE e IS 'x'", {"type e", "relation e"}),
    ],
)
def test_what_a_statement_wants_to_find_is_named(sql: str, names: set[str]) -> None:
    assert referenced(sql) == names


@pytest.mark.parametrize(
    ("sql", "relations"),
    [
        ("WITH a AS (SELECT * FROM b), c AS (SELECT * FROM a) SELECT * FROM c, d", {"b", "d"}),
        ("WITH users AS (SELECT * FROM users) SELECT * FROM users", {"users"}),
        ("WITH RECURSIVE a AS (SELECT 1 UNION SELECT * FROM a, z), z AS (SELECT 1) SELECT * FROM a", set()),
        ("WITH a AS (SELECT * FROM z), z AS (SELECT 1) SELECT * FROM a, z", {"z"}),
        ("WITH a AS (SELECT 1) SELECT * FROM s.a", {"s.a"}),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) q, a", {"a"}),
        ("WITH a AS (SELECT 1) SELECT (SELECT count(*) FROM a)", set()),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", {"t"}),
    ],
)
def test_a_name_that_with_makes_hides_a_table_only_where_it_can_be_seen(sql: str, relations: set[str]) -> None:
    found = {name.removeprefix("relation ") for name in referenced(sql) if name.startswith("relation ")}
    assert found == relations


def test_what_a_statement_makes_itself_is_no_reference() -> None:
    assert referenced("CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT n FROM v") == set()
    assert referenced("CREATE TABLE t (x int, y int REFERENCES t)") == set()
    assert referenced("CREATE TYPE pair AS (a int)") == set()


def test_a_function_named_like_a_table_still_refers_to_it() -> None:
    assert "relation users" in referenced("CREATE FUNCTION users() RETURNS SETOF users LANGUAGE plpgsql AS ''")


def test_arguments_and_results_of_a_function_are_types_or_rows() -> None:
    sql = "CREATE FUNCTION f(a s.e, b t.x%TYPE, c text[]) RETURNS SETOF v LANGUAGE plpgsql AS 'BEGIN END'"
    assert referenced(sql) == {
        *("type s.e", "relation s.e"),
        *("relation t", "type text", "relation text"),
        *("type v", "relation v"),
    }


@pytest.mark.parametrize(
    "body",
    [
        "LANGUAGE sql AS 'SELECT s.g(x) FROM t'",
        "LANGUAGE SQL BEGIN ATOMIC SELECT s.g(x) FROM t; END",
        "RETURN (SELECT s.g(x) FROM t)",
    ],
)
def test_a_body_in_sql_counts_for_postgresql_checks_it(body: str) -> None:
    assert referenced(f"CREATE FUNCTION f() RETURNS int {body}") == {"function s.g", "relation t"}


def test_a_body_in_sql_that_is_not_sql_is_left_to_the_server() -> None:
    assert referenced("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELEC'") == set()


def test_of_a_body_in_plpgsql_only_the_declared_types_count() -> None:
    body = """
    <<outer>> DECLARE
        a users%ROWTYPE; -- b posts%ROWTYPE;
        c CONSTANT s.kind := 'd e . x % TYPE ; y z ;';
        f "T"."X"%type;
        g numeric(10, 2);
    BEGIN
        PERFORM h() FROM i;
        DECLARE j s.k[]; BEGIN NULL; END;
    END
    """
    found = referenced(f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $${body}$$")
    assert {name for name in found if name.startswith("relation ")} - {"relation numeric", "relation void"} == {
        "relation users",
        "relation s.kind",
        'relation "T"',
        "relation s.k",
    }
    assert {"type s.kind", "type s.k"} < found
    assert not {name for name in found if name.startswith("function ")}


def test_a_dropped_object_need_not_be_there() -> None:
    assert referenced("DROP FUNCTION IF EXISTS f(s.e)") == set()


def test_an_expression_of_any_depth_is_walked() -> None:
    deep = "SELECT f() " + "|| ''x'' " * 3000
    assert "function f" in referenced(f"CREATE FUNCTION g() RETURNS text LANGUAGE sql AS '{deep}'")


def test_a_statement_too_large_for_a_tree_names_nothing() -> None:
    assert names_of(one("INSERT INTO t VALUES (1)")._replace(node=None)) == (frozenset(), frozenset())
