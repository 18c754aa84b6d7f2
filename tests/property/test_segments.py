"""Random files cut into segments: nothing is lost, nothing doubled, nothing in a transaction that refuses one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from platformdb.migrations.model import Segment
from platformdb.migrations.segments import Part, segments
from platformdb.sqltext.classify import refuses_transaction
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import SqlStatement, split

GAPS = st.sampled_from(
    [" ", "\n", "\r\n", "\t\n", " -- BEGIN; COMMIT;\n", "\n/* VACUUM; /* COMMIT; */ ; */\n", " -- ä 漢 '\n", "\n;;\n"]
)
PLAIN = st.sampled_from(
    [
        "SELECT 'BEGIN; COMMIT; VACUUM'",
        "INSERT INTO t VALUES (E'it\\'s; ok', $$;COMMIT;$$, $q$ VACUUM; $$ $q$)",
        "DO $$ BEGIN PERFORM 1; /* COMMIT; */ END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "CREATE INDEX i ON t (x)",
        'ALTER TABLE "t;;" ADD COLUMN "CONCURRENTLY" int',
        "SAVEPOINT a",
        "SET search_path = other",
        "SET LOCAL work_mem = '1MB'",
        "COPY t FROM stdin;\n1\tBEGIN;\n2\tVACUUM;\n\\.\n",
    ]
)
SOLO = st.sampled_from(
    [
        "VACUUM t",
        "CREATE INDEX /* ; */ CONCURRENTLY i ON t (x)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX INDEX CONCURRENTLY i",
        "ALTER TABLE p DETACH PARTITION q CONCURRENTLY",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "DO $$ BEGIN COMMIT; END $$",
    ]
)
BEGINS = st.sampled_from(["BEGIN", "START TRANSACTION", "begin work", "BEGIN ISOLATION LEVEL SERIALIZABLE"])
COMMITS = st.sampled_from(["COMMIT", "END", "commit work"])
BLOCKS = st.tuples(BEGINS, st.lists(PLAIN, max_size=3), COMMITS).map(lambda block: [block[0], *block[1], block[2]])
ENUMS = st.sampled_from([["ALTER TYPE mood ADD VALUE 'good'", "SELECT 'good'::mood"]])


@dataclass(frozen=True)
class Cut:
    """A file's text, its statements as read, and its segments."""

    text: str
    statements: tuple[SqlStatement, ...]
    segments: tuple[Segment, ...]

    @property
    def sent(self) -> list[str]:
        return [statement.sql for segment in self.segments for statement in segment.statements]


def cut(text: str, *, alone: bool = False) -> Cut:
    source = Source("a.sql", text)
    statements = tuple(split(source))
    return Cut(text, statements, segments([Part(each) for each in statements], source.place(0), alone=alone))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A file of statements, blocks, comments and blanks that may be run as it is."""
    parts = st.one_of(PLAIN.map(lambda sql: [sql]), SOLO.map(lambda sql: [sql]), BLOCKS, ENUMS)
    statements = [sql for part in draw(st.lists(parts, max_size=8)) for sql in part]
    text = draw(st.just("") | GAPS)
    for sql in statements:
        text += sql + ("" if sql.endswith("\\.\n") else ";") + draw(GAPS)
    return text


def is_control(sql: str) -> bool:
    return sql.split()[0].upper() in {"BEGIN", "START", "COMMIT", "END"}


@given(texts(), st.booleans())
def test_every_statement_is_sent_once_and_in_order(text: str, alone: bool) -> None:
    found = cut(text, alone=alone)
    assert found.sent == [each.sql for each in found.statements if not is_control(each.sql)]


@given(texts())
def test_what_is_read_and_what_lies_between_rebuild_the_file_byte_for_byte(text: str) -> None:
    found = cut(text)
    edges = [0, *(edge for each in found.statements for edge in (each.start, each.end)), len(text)]
    assert edges == sorted(edges)
    between = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    rebuilt = between[0] + "".join(each.sql + gap for each, gap in zip(found.statements, between[1:], strict=True))
    assert rebuilt.encode() == text.encode()


@given(texts(), st.booleans())
def test_what_refuses_a_transaction_is_alone_and_nothing_else_is(text: str, alone: bool) -> None:
    found = cut(text, alone=alone)
    by_text = {each.sql: refuses_transaction(each) for each in found.statements}
    for segment in found.segments:
        refusing = [by_text[statement.sql] for statement in segment.statements]
        if segment.solo:
            assert len(refusing) == 1
            assert alone or refusing == [True]
        else:
            assert not any(refusing)


@given(texts())
def test_no_value_is_used_in_the_transaction_that_adds_it(text: str) -> None:
    for segment in cut(text).segments:
        sqls = [statement.sql for statement in segment.statements]
        added = next((n for n, sql in enumerate(sqls) if sql.startswith("ALTER TYPE")), len(sqls))
        assert not any("'good'::mood" in sql for sql in sqls[added:])


@given(texts())
def test_a_run_is_cut_only_where_it_must_be(text: str) -> None:
    """Two transactions side by side have a BEGIN or COMMIT of the file's own between them, or an added value."""
    found = cut(text)
    for one, other in pairwise(found.segments):
        if one.solo or other.solo:
            continue
        between = text[text.index(one.statements[-1].sql) :]
        adds = any(statement.sql.startswith("ALTER TYPE") for statement in one.statements)
        assert adds or any(is_control(each.sql) for each in found.statements if each.sql in between)


@given(texts())
def test_segments_written_as_blocks_are_cut_the_same_way(text: str) -> None:
    found = cut(text)
    written = ""
    for segment in found.segments:
        sqls = [
            statement.sql + ";\n" + (b"".join(statement.data.chunks()).decode() + "\\.\n" if statement.data else "")
            for statement in segment.statements
        ]
        if not sqls:
            continue
        written += "".join(sqls) if segment.solo else f"{segment.begin};\n{''.join(sqls)}COMMIT;\n"
    again = cut(written)
    assert [(s.solo, s.digest, s.begin) for s in again.segments] == [
        (s.solo, s.digest, s.begin) for s in found.segments
    ]


@given(texts(), GAPS, GAPS)
def test_comments_and_blanks_around_change_no_digest(text: str, before: str, after: str) -> None:
    shape = [(segment.solo, segment.digest, segment.begin) for segment in cut(text).segments]
    wrapped = cut(before + text + after)
    assert [(segment.solo, segment.digest, segment.begin) for segment in wrapped.segments] == shape


@given(texts())
def test_each_segment_is_placed_where_its_first_statement_stands(text: str) -> None:
    found = cut(text)
    lines = [(segment.place.line or 0, segment.place.column or 0) for segment in found.segments]
    assert lines == sorted(lines)
    split_lines = text.split("\n")
    for segment in found.segments:
        if segment.statements:
            line, column = segment.place.line or 0, segment.place.column or 0
            first = segment.statements[0].sql.split("\n")[0]
            assert split_lines[line - 1][column - 1 :].startswith(first)
