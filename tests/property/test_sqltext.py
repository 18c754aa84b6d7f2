from __future__ import annotations

from itertools import pairwise

import postgast
from hypothesis import given
from hypothesis import strategies as st

from platformdb.migrations.read import segment
from platformdb.sqltext.directives import read_directives
from platformdb.sqltext.quote import quote_identifier
from platformdb.sqltext.source import Source, decode
from platformdb.sqltext.statements import index_name_span, split

# Letters of one to four bytes, and everything that could be taken for the end of something.
LETTERS = "aZ_ äß漢😀;'\"$-/*\\%()\n\t"
TEXTS = st.text(LETTERS, max_size=12)
WORDS = st.from_regex(r"[a-zä漢][a-z0-9_é]{0,8}", fullmatch=True)

STRINGS = st.one_of(
    TEXTS.map(lambda text: "'" + text.replace("'", "''") + "'"),
    TEXTS.map(lambda text: "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    TEXTS.map(lambda text: "$tag$" + text + "$tag$"),
    TEXTS.map(lambda text: "$$" + text.replace("$", "") + "$$"),
)
COMMENTS = st.one_of(
    TEXTS.map(lambda text: "--" + text.replace("\n", " ") + "\n"),
    TEXTS.map(lambda text: "/*" + text.replace("*", "").replace("/", "") + "*/"),
    st.just("/* ; /* ä ; */ */"),
)
SPACES = st.one_of(st.sampled_from([" ", "\n", "\t", "\n\n  "]), COMMENTS.map(lambda comment: " " + comment + " "))
ALIASES = TEXTS.filter(bool).map(quote_identifier)
STATEMENTS = st.one_of(
    st.tuples(st.just("SELECT"), SPACES, STRINGS, SPACES, st.just("AS"), SPACES, ALIASES).map("".join),
    st.tuples(st.just("VACUUM"), SPACES, WORDS.map(quote_identifier)).map("".join),
    st.tuples(st.just("DO"), SPACES, TEXTS.map(lambda text: f"$do$ BEGIN {text}; END $do$")).map("".join),
)
ENDS = st.tuples(st.sampled_from(["", " ", "\n"]), st.just(";"), st.sampled_from(["", " ", "\n", ";\n"])).map("".join)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A file's text and the statements that were put into it."""
    statements = draw(st.lists(STATEMENTS, max_size=6))
    text = draw(st.sampled_from(["", "\n"]))
    for statement in statements:
        text += draw(SPACES | st.just("")) + statement + draw(ENDS)
    return text + draw(st.just("") | COMMENTS), statements


@given(files())
def test_splitting_gives_back_the_statements_in_order_and_nothing_else(file: tuple[str, list[str]]) -> None:
    text, expected = file
    found = split(Source("a.sql", text))
    assert [statement.sql for statement in found] == expected
    assert [text[statement.start : statement.end] for statement in found] == expected


@given(files())
def test_what_lies_between_statements_holds_no_statement(file: tuple[str, list[str]]) -> None:
    text, _ = file
    found = split(Source("a.sql", text))
    edges = [0, *(edge for statement in found for edge in (statement.start, statement.end)), len(text)]
    assert edges == sorted(edges)
    between = "".join(text[start:end] + "\n" for start, end in zip(edges[::2], edges[1::2], strict=True))
    assert split(Source("a.sql", between)) == ()


@given(files())
def test_comments_lie_between_the_statement_before_and_their_own(file: tuple[str, list[str]]) -> None:
    text, _ = file
    end = 0
    for statement in split(Source("a.sql", text)):
        assert end <= statement.comments_from <= statement.start
        end = statement.end


@given(files())
def test_segments_keep_every_statement_once_and_in_order(file: tuple[str, list[str]]) -> None:
    text, expected = file
    segments = segment(Source("a.sql", text))
    again = [statement.sql for part in segments for statement in split(Source("a.sql", part.sql))]
    assert again == expected
    assert [part.solo for part in segments if part.solo] == [True for sql in expected if sql.startswith("VACUUM")]
    assert all(not (a.solo is b.solo is False) for a, b in pairwise(segments))


@given(files())
def test_a_segment_starts_where_its_place_says(file: tuple[str, list[str]]) -> None:
    text, expected = file
    if not expected:
        return
    lines = text.split("\n")
    for part in segment(Source("a.sql", text)):
        assert part.place.line is not None
        assert part.place.column is not None
        rest = "\n".join([lines[part.place.line - 1][part.place.column - 1 :], *lines[part.place.line :]])
        assert rest.startswith(part.sql)


@given(st.text(LETTERS, max_size=60), st.data())
def test_a_place_maps_back_to_its_offset(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    place = Source("a.sql", text).place(offset)
    lines = text.split("\n")
    assert place.line is not None
    assert place.column is not None
    assert sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1 == offset
    assert place.text == lines[place.line - 1]


@given(files(), st.integers(0, 30))
def test_a_syntax_error_is_placed_in_the_line_that_has_it(file: tuple[str, list[str]], blanks: int) -> None:
    text, _ = file
    before = text + "\n" * blanks + ";"
    try:
        split(Source("a.sql", before + " \n  SELECT 'ä' FORM 1"))
    except Exception as error:  # noqa: BLE001 - whatever it is must have a place
        place = error.place  # type: ignore[attr-defined]
        assert (place.line, place.column) == (before.count("\n") + 2, 19)
    else:
        raise AssertionError("no error")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=50))
def test_line_ends_and_a_mark_never_change_what_is_read(text: str) -> None:
    windows = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    assert decode(windows, "a.sql") == decode(text.encode(), "a.sql") == text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=15))
def test_a_quoted_identifier_comes_back_as_the_name(name: str) -> None:
    tree = postgast.parse(f"SELECT 1 AS {quote_identifier(name)}")
    assert tree.stmts[0].stmt.select_stmt.target_list[0].res_target.name == name


@given(st.text(LETTERS + "index", min_size=1, max_size=12), st.booleans(), st.booleans(), SPACES)
def test_any_index_name_is_cut_out_whole(name: str, concurrently: bool, if_absent: bool, space: str) -> None:
    words = ["INDEX", *["CONCURRENTLY"] * concurrently, *["IF NOT EXISTS"] * if_absent, quote_identifier(name)]
    cut = space.join(words)
    (statement,) = split(Source("a.sql", f"CREATE UNIQUE {cut} ON t (x)"))
    start, end = index_name_span(statement)
    assert statement.sql[start:end] == cut


VALUES = st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n"'), max_size=10)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), VALUES, max_size=4), SPACES)
def test_directives_are_read_as_they_were_written(keys: dict[str, str], before: str) -> None:
    line = "-- platformdb: " + " ".join(f'{key}="{value}"' for key, value in keys.items())
    text = before + "\n" + line + "\nSELECT 1"
    assert dict(read_directives(Source("a.sql", text), 0, len(text), known=keys)) == keys
