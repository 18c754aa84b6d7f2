from __future__ import annotations

import pytest

from platformdb.errors import Refused
from platformdb.sqltext.lexer import PieceKind, awaits_rows, lex, tokens
from platformdb.sqltext.source import Source


def pieces(text: str) -> list[tuple[str, str]]:
    """What a text is made of, without blanks; all of it together must be the text."""
    found = lex(Source("a.sql", text))
    assert "".join(text[piece.start : piece.end] for piece in found) == text
    return [(piece.kind.value, text[piece.start : piece.end]) for piece in found if piece.kind is not PieceKind.BLANK]


def statements(text: str) -> list[str]:
    found = pieces(text)
    assert {kind for kind, _ in found} <= {"statement"}
    return [sql for _, sql in found]


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        lex(Source("a.sql", text))
    return caught.value


BODY = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 ELSE 2 END; SELECT 2; END"
NAMES = BODY.replace("SELECT 2", "SELECT 1 AS end, t.begin, 2 case")
EMPTY = "create or replace procedure p() begin atomic end"
SPREAD = "CREATE /* x */ OR\nREPLACE -- y\nFUNCTION f() BEGIN /* /* */ */ ATOMIC a; END"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ;\n; -- x\n/* y; */", []),
        ("a; b ;c", ["a", "b", "c"]),
        ("SELECT ';';b", ["SELECT ';'", "b"]),
        ("SELECT '''';b", ["SELECT ''''", "b"]),
        (r"SELECT 'a\';b", [r"SELECT 'a\'", "b"]),
        (r"SELECT E'a\';b';c", [r"SELECT E'a\';b'", "c"]),
        (r"SELECT e'a\\';c", [r"SELECT e'a\\'", "c"]),
        (r"SELECT E'a''\'';c", [r"SELECT E'a''\''", "c"]),
        ("SELECT E'a'\n  'b\\';' ;c", ["SELECT E'a'\n  'b\\';'", "c"]),
        ("SELECT E'a' -- x\n -- ' y\n'\\';';c", ["SELECT E'a' -- x\n -- ' y\n'\\';'", "c"]),
        (r"SELECT E'a' 'b\';c", [r"SELECT E'a' 'b\'", "c"]),
        (r"SELECT the'\';b", [r"SELECT the'\'", "b"]),
        (r"SELECT U&'\0061;';b", [r"SELECT U&'\0061;'", "b"]),
        (r"SELECT B'1', X'F', N'\';b", [r"SELECT B'1', X'F', N'\'", "b"]),
        ('SELECT "a;""\\";b', ['SELECT "a;""\\"', "b"]),
        ("DO $$ ; $a$ ; $$;b", ["DO $$ ; $a$ ; $$", "b"]),
        ("DO $a$ ; $$ $b$ $a $a$;b", ["DO $a$ ; $$ $b$ $a $a$", "b"]),
        ("DO $ä1$;$ä1$;b", ["DO $ä1$;$ä1$", "b"]),
        ("SELECT a$b$;c$b$", ["SELECT a$b$", "c$b$"]),
        ("SELECT $1;b", ["SELECT $1", "b"]),
        ("SELECT 1$$;$$;b", ["SELECT 1$$;$$", "b"]),
        ("SELECT (1;2);b", ["SELECT (1;2)", "b"]),
        ("SELECT ((((1;2));)$$)$$;);b", ["SELECT ((((1;2));)$$)$$;)", "b"]),
        ("SELECT 1);b", ["SELECT 1)", "b"]),
        ("SELECT (')';);b", ["SELECT (')';)", "b"]),
        ("a /* ; /* ; */ ; */ b;c", ["a /* ; /* ; */ ; */ b", "c"]),
        ("/* " * 40 + "*/ " * 40 + "b;c", ["b", "c"]),
        ("(/* /* ) */ ; */);b", ["(/* /* ) */ ; */)", "b"]),
        ("a --;'\nb;c", ["a --;'\nb", "c"]),
        ("a +--;\rb;c", ["a +--;\rb", "c"]),
        ("a*/*;*/b;c", ["a*/*;*/b", "c"]),
        ("a - b / c;d", ["a - b / c", "d"]),
        ("a\u00a0;b", ["a\u00a0", "b"]),
        (f"{BODY};b", [BODY, "b"]),
        (f"{NAMES};b", [NAMES, "b"]),
        (f"{EMPTY};b", [EMPTY, "b"]),
        (f"{SPREAD};b", [SPREAD, "b"]),
        ("CREATE FUNCTION begin() RETURNS atomic AS 'x';b", ["CREATE FUNCTION begin() RETURNS atomic AS 'x'", "b"]),
        ("BEGIN ATOMIC; a; END", ["BEGIN ATOMIC", "a", "END"]),
        ("CREATE TABLE t (begin int, atomic int);b", ["CREATE TABLE t (begin int, atomic int)", "b"]),
    ],
)  # fmt: skip
def test_statements_end_where_psql_ends_them(text: str, expected: list[str]) -> None:
    assert statements(text) == expected


def test_rows_begin_below_copy_and_end_with_their_line() -> None:
    assert pieces("COPY t FROM stdin;\n1;'\t(\n\\.x\n\\.\nb;") == [
        ("statement", "COPY t FROM stdin"),
        ("rows", "1;'\t(\n\\.x\n\\.\n"),
        ("statement", "b"),
    ]


@pytest.mark.parametrize(
    "copy",
    ["copy t from stdin;", "COPY s.t (a, b)\nFROM /* x */ STDIN WITH (FORMAT csv) ;", "COPY t FROM stdin; -- rows\t",
     'COPY "from" FROM STDIN WHERE a > 1;', "COPY BINARY t FROM STDIN;", "COPY t FROM stdin;\r"],
)  # fmt: skip
def test_every_copy_from_stdin_has_rows(copy: str) -> None:
    assert pieces(f"{copy}\n\\.")[1:] == [("rows", "\\.")]


@pytest.mark.parametrize(
    "copy",
    ["COPY t FROM '/stdin'", "COPY t TO stdout", "COPY (SELECT 1 FROM stdin) TO stdout", "copying FROM stdin",
     "SELECT copy FROM stdin", "COPY t FROM PROGRAM 'stdin'", 'COPY t FROM "stdin"'],
)  # fmt: skip
def test_no_other_statement_has_rows(copy: str) -> None:
    assert statements(f"{copy};\nb;") == [copy, "b"]


def test_windows_ends_a_block_of_rows_its_own_way() -> None:
    assert pieces("COPY t FROM stdin;\r\n1\r\n\\.\r\nb")[1:] == [("rows", "1\r\n\\.\r\n"), ("statement", "b")]


def test_commands_of_psql_reach_to_the_end_of_their_line() -> None:
    assert pieces("\\restrict a;b\nSELECT 1; \\echo x ' y\r\n-- \\no\n\\.\n") == [
        ("command", "\\restrict a;b"),
        ("statement", "SELECT 1"),
        ("command", "\\echo x ' y"),
        ("command", "\\."),
    ]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("SELECT 1;\n SELECT 'a''\nb", "string never ends", "a.sql:2:9"),
        (r"SELECT 1, e'a\'", "string never ends", "a.sql:1:11"),
        ("SELECT ('a', 'b", "string never ends", "a.sql:1:14"),
        ('SELECT "a', "name never ends", "a.sql:1:8"),
        ("DO $a$ $A$", "dollar-quoted string never ends", "a.sql:1:4"),
        ("SELECT ($$a", "dollar-quoted string never ends", "a.sql:1:9"),
        ("a;\n/* x /* y */\n;", "comment never ends", "a.sql:2:1"),
        ("a + /* x", "comment never ends", "a.sql:1:5"),
        ("ä;\nCOPY t FROM stdin;\n1\n \\.\n", "never end", "a.sql:3:1"),
        ("COPY t FROM stdin;", "never end", "a.sql:1:19"),
        ("COPY t FROM stdin", "never end", "a.sql:1:18"),
        ("COPY t FROM stdin; b;\n\\.\n", "something follows COPY", "a.sql:1:19"),
        ("a;\nSELECT 1 \\gset\n", "backslash inside a statement", "a.sql:2:10"),
        ("CREATE TABLE t (\n\\i x\n", "backslash inside a statement", "a.sql:2:1"),
    ],
)
def test_what_never_ends_is_refused_where_it_begins(text: str, message: str, place: str) -> None:
    error = refused(text)
    assert message in error.message
    assert str(error.place) == place
    assert error.help


def test_a_backslash_inside_a_statement_is_explained_by_where_that_begins() -> None:
    assert "begins in line 2" in refused("a;\nCREATE TABLE t (\n\n\\i x\n").help


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COPY t FROM stdin;\n", True),
        ("a; COPY t FROM stdin; -- x\n", True),
        ("COPY t FROM stdin;\n1\n", False),
        ("COPY t FROM stdin;\n\\.\n", False),
        ("-- COPY t FROM stdin;\n", False),
        ("'COPY t FROM stdin;\n", False),
        ("", False),
    ],
)
def test_rows_are_awaited_only_just_below_their_copy(text: str, expected: bool) -> None:
    assert awaits_rows(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("CREATE table T(x Int) -- c\n /* d */", "create table t ( x int )"),
        ('SELECT "A b", ÄB.c', 'select "A b" , Äb . c'),
        ("a<-1 = -b", "a < - 1 = - b"),
        ("a=-1", "a = - 1"),
        ("a@-1 ->>b||c::int[]", "a @- 1 ->> b || c :: int [ ]"),
        ("a*-b <-> c --x", "a * - b <-> c"),
        ("x'1F' X '1F' e'\\'' U&\"a\"", "x'1F' x '1F' e'\\'' U&\"a\""),
        ("'a''b' 'a' 'b'", "'a''b' 'a' 'b'"),
        ("1.5E+3 .5 0x1F $1 $$A B$$", "1.5e+3 .5 0x1f $1 $$A B$$"),
        ("a := b => c .. d", "a := b => c .. d"),
    ],
)
def test_tokens_are_those_of_postgresql_folded(text: str, expected: str) -> None:
    assert " ".join(tokens(text)) == expected


@pytest.mark.parametrize("text", ["'", "a /* a /* b */", "$a$ \\ \x01", "E'\\", '"', "\u00a0\ud7ff"])
def test_text_that_is_no_sql_has_tokens_nevertheless(text: str) -> None:
    assert list(tokens(text))
