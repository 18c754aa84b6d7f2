"""Files of marks and anything else: their sections are the file, or it is refused with a place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformdb.errors import Refused
from platformdb.migrations.layouts import dbmate, goose, plain, sql_migrate, sqlx
from platformdb.migrations.layouts.sections import part_of
from platformdb.migrations.reading import Section, Side
from platformdb.sqltext.source import Source

CUTS = {
    "dbmate": dbmate.cut,
    "goose": goose.cut,
    "sql-migrate": sql_migrate.cut,
    "sqlx": sqlx.cut,
    "plain": plain.READING.cut,
}
MARKS = [
    "-- migrate:up",
    "--migrate:down transaction:false",
    "-- +goose Up",
    "-- +goose down",
    "-- +goose StatementBegin",
    "-- +goose StatementEnd",
    "-- +goose NO TRANSACTION",
    "-- +goose ENVSUB ON",
    "-- +migrate Up notransaction",
    "-- +migrate Down",
    "-- +migrate StatementBegin",
    "-- +migrate StatementEnd",
    "-- no-transaction",
]
LINES = [
    "SELECT ';' -- not the end",
    "SELECT 1;",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
    "$$",
    "/* open",
    "*/",
    "-- a comment",
    "\0" + "0",  # where rows of a large file were left out
    "  ",
    "",
    "ä 漢",
]
TEXTS = st.lists(
    st.tuples(st.sampled_from([*MARKS, *LINES]), st.sampled_from(["\n", "\r\n", "\n\n", ""])), max_size=12
).map(lambda lines: "".join(line + end for line, end in lines))
# Such that most of them are read.
WELL_FORMED = st.tuples(
    st.sampled_from(
        [
            ("dbmate", "-- migrate:up", "-- migrate:down"),
            ("goose", "-- +goose Up", "-- +goose Down"),
            ("sql-migrate", "-- +migrate Up notransaction", "-- +migrate Down"),
        ]
    ),
    st.lists(st.sampled_from(LINES), max_size=5),
    st.lists(st.sampled_from(LINES), max_size=5),
)


def in_order_without_a_gap(text: str, sections: tuple[Section, ...]) -> None:
    ends = [0, *(section.end for section in sections)]
    assert [section.start for section in sections] == ends[:-1]
    assert ends[-1] == len(text)
    source = Source("f", text)
    assert "".join(part_of(source, section).text for section in sections) == text


@pytest.mark.parametrize("tool", CUTS)
@given(text=TEXTS)
def test_sections_are_the_file_or_it_is_refused_with_a_place(tool: str, text: str) -> None:
    sections: tuple[Section, ...] = ()
    refused: Refused | None = None
    try:
        sections = CUTS[tool](Source("f", text))
    except Refused as error:
        refused = error
    if refused:
        assert refused.place is not None
        assert refused.place.line is not None
        assert refused.help
    else:
        in_order_without_a_gap(text, sections)
        marks = "".join(text[s.start : s.end] for s in sections if s.side is Side.MARK)
        assert not re.sub(r"--[^\n]*|/\*.*?\*/", "", marks, flags=re.DOTALL).strip()


@given(WELL_FORMED)
def test_every_line_below_a_mark_is_on_its_side(given: tuple[tuple[str, str, str], list[str], list[str]]) -> None:
    (tool, up, down), forth, back = given
    text = "\n".join([up, *forth, down, *back])
    sections = CUTS[tool](Source("f", text))
    in_order_without_a_gap(text, sections)
    for side, lines in ((Side.UP, forth), (Side.DOWN, back)):
        found = "".join(text[s.start : s.end] for s in sections if s.side is side)
        assert found.rstrip("\n") == "\n".join(lines).rstrip("\n")
