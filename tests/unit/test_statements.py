from __future__ import annotations

import pytest

from platformdb.errors import Refused
from platformdb.sqltext.quote import quote_identifier, quote_qualified
from platformdb.sqltext.source import Source, digest
from platformdb.sqltext.statements import LARGE_STATEMENT, SqlStatement, index_name_span, split


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
        ("SELECT 1 -- a\n;SELECT 2 -- b\n ; SELECT 3 -- c", ["SELECT 1 -- a", "SELECT 2 -- b", "SELECT 3 -- c"]),
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


def test_a_statement_knows_its_kind_and_its_tree() -> None:
    found = statements("CREATE TABLE a.t (x int); COPY t FROM stdin;\n1\n\\.\nVACUUM t; BEGIN; DO 'x'")
    assert [each.kind for each in found] == [
        "create_stmt", "copy_stmt", "vacuum_stmt", "transaction_stmt", "do_stmt",
    ]  # fmt: skip
    assert found[0].node.relation.schemaname == "a"
    assert found[1].node.is_from


def test_rows_belong_to_their_copy() -> None:
    first, second, third = statements("COPY t FROM stdin;\n1\tä\n2\tb\n\\.\nCOPY u FROM stdin;\n\\.\nSELECT 1")
    assert first.data is not None
    assert b"".join(first.data.chunks()).decode() == "1\tä\n2\tb\n"
    assert first.data.digest == digest("1\tä\n2\tb\n")
    assert second.data is not None
    assert list(second.data.chunks()) == []
    assert third.data is None


@pytest.mark.parametrize("end", ["\\.", "\\.\n", "\\.\r\n"])
def test_the_line_that_ends_rows_is_none_of_them(end: str) -> None:
    data = one(f"COPY t FROM stdin;\n1\n{end}").data
    assert data is not None
    assert list(data.chunks()) == [b"1\n"]


def test_many_rows_come_in_pieces_that_are_the_rows() -> None:
    rows = "".join(f"{number}\tä\n" for number in range(100_000))
    data = one(f"COPY t FROM stdin;\n{rows}\\.\n").data
    assert data is not None
    assert b"".join(data.chunks()).decode() == rows
    assert len(list(data.chunks())) > 1


def test_comments_below_rows_are_those_of_the_next_statement() -> None:
    _, second = statements("COPY t FROM stdin;\n-- a row\n\\.\n-- of the second\nSELECT 1")
    assert second.comments == "-- of the second\n"


def test_an_origin_places_characters_of_the_statement() -> None:
    _, second = statements("SELECT 'ä€😀';\n  SELECT\n 'é', x")
    assert str(second.origin.place(0)) == "a.sql:2:3"
    assert str(second.origin.place(second.sql.index("x"))) == "a.sql:3:7"


def test_a_syntax_error_below_rows_has_its_place() -> None:
    with pytest.raises(Refused, match='at or near "FORM"') as caught:
        statements("SELECT 'ä';\nCOPY t FROM stdin;\n'FORM\n😀\n\\.\nSELECT 'é'; FORM x")
    assert str(caught.value.place) == "a.sql:6:13"


@pytest.mark.parametrize("variable", [":'name'", ":name", ':"name"'])
def test_a_variable_of_psql_is_explained(variable: str) -> None:
    with pytest.raises(Refused, match="syntax error") as caught:
        statements(f"SELECT {variable}")
    assert "[variables]" in caught.value.help
    assert str(caught.value.place) == "a.sql:1:8"


def test_a_psql_command_is_no_sql() -> None:
    with pytest.raises(Refused, match="psql") as caught:
        statements("SELECT 1;\n\\i x.sql\n")
    assert str(caught.value.place) == "a.sql:2:1"


LONG = "(" + "1," * (LARGE_STATEMENT // 2) + "1)"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        (f"INSERT INTO t VALUES {LONG}", "insert_stmt"),
        (f"/* x */ select {LONG}", "select_stmt"),
        (f"Update t SET x = {LONG}", "update_stmt"),
        (f"DELETE FROM t WHERE x IN {LONG}", "delete_stmt"),
        (f"MERGE INTO t USING {LONG}", "merge_stmt"),
        (f"WITH a AS (SELECT {LONG}), b AS (DELETE FROM c) UPDATE t SET x = 1", "update_stmt"),
        (f"WITH RECURSIVE a AS {LONG} (SELECT 1)", None),
    ],
    ids=["insert", "select", "update", "delete", "merge", "with", "with in brackets"],
)
def test_dml_too_large_for_a_tree_has_its_kind_by_its_words(sql: str, kind: str | None) -> None:
    if kind is None:  # too odd to be told by its words: the grammar looks at it after all
        with pytest.raises(Refused, match="syntax error"):
            one(sql)
        return
    before, statement, after = statements(f"SELECT 1;\n{sql};\nSELECT 2")
    assert (statement.kind, statement.node) == (kind, None)
    assert (before.node is None, after.node is None, after.sql) == (False, False, "SELECT 2")
    assert str(after.origin.place(0)) == "a.sql:3:1"


def test_the_inserts_of_a_large_file_are_left_to_the_server() -> None:
    found = statements(
        "SELECT 1;\n" + "INSERT INTO t VALUES ('some text to fill the file up');\n" * 90_000 + "DROP TABLE t"
    )
    assert len(found) == 90_002
    assert {(each.kind, each.node) for each in found[1:-1]} == {("insert_stmt", None)}
    assert [each.node is None for each in (found[0], found[-1])] == [False, False]


def test_a_large_file_is_parsed_in_parts_that_know_their_places() -> None:
    text = "UPDATE t SET x = 'some text ä to fill the file up' WHERE y = 1;\n" * 80_000
    assert len(statements(text)) == 80_000
    with pytest.raises(Refused, match="syntax error") as caught:
        statements(text + "UPDATE t SET;")
    assert str(caught.value.place) == "a.sql:80001:13"


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
