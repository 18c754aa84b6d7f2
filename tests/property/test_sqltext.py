from __future__ import annotations

import hashlib
import tempfile
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import postgast
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformdb.errors import Refused
from platformdb.report.model import Statement
from platformdb.sqltext import source as source_module
from platformdb.sqltext.checksums import checksums, tokens_digest
from platformdb.sqltext.directives import read_directives
from platformdb.sqltext.lexer import PieceKind, lex, tokens
from platformdb.sqltext.quote import quote_identifier
from platformdb.sqltext.source import Source, decode, read_source
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
    st.tuples(st.just("SELECT (("), STRINGS, st.just("), "), SPACES, STRINGS, st.just(")")).map("".join),
    st.tuples(
        st.just("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC"), SPACES, st.just("SELECT CASE WHEN true THEN"), SPACES,
        STRINGS, st.just(" END end;"), SPACES, st.just("END"),
    ).map("".join),
    st.tuples(st.just("CREATE RULE r AS ON DELETE TO t DO (DELETE FROM a;"), SPACES, st.just("DELETE FROM b)"))
    .map("".join),
)  # fmt: skip
ENDS = st.tuples(st.sampled_from(["", " ", "\n"]), st.just(";"), st.sampled_from(["", " ", "\n", ";\n"])).map("".join)
COPIES = st.tuples(
    st.just("COPY t FROM"), SPACES, st.just("stdin;\n"), TEXTS.map(lambda rows: rows + "\n"), st.just("\\.\n")
).map("".join)  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A file's text and the statements that were put into it."""
    statements = draw(st.lists(STATEMENTS, max_size=6))
    text = draw(st.sampled_from(["", "\n"]))
    for statement in statements:
        text += draw(SPACES | st.just("")) + statement + draw(ENDS)
    return text + draw(st.just("") | COMMENTS), statements


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """A file as psql takes it: statements, rows, comments and blanks."""
    parts = st.one_of(st.tuples(STATEMENTS, ENDS).map("".join), COPIES, SPACES)
    return "".join(draw(st.lists(parts, max_size=8)))


def kinds_and_texts(text: str) -> list[tuple[PieceKind, str]]:
    return [(piece.kind, text[piece.start : piece.end]) for piece in lex(Source("a.sql", text))]


@given(files())
def test_splitting_gives_back_the_statements_in_order_and_nothing_else(file: tuple[str, list[str]]) -> None:
    text, expected = file
    found = split(Source("a.sql", text))
    assert [statement.sql for statement in found] == expected
    assert [text[statement.start : statement.end] for statement in found] == expected


@given(files())
def test_statements_end_where_the_grammar_of_postgresql_ends_them(file: tuple[str, list[str]]) -> None:
    text, _ = file
    data = text.encode()
    theirs = [
        data[raw.stmt_location : raw.stmt_location + (raw.stmt_len or len(data))].decode().rstrip(" \t\n")
        for raw in postgast.parse(text).stmts
    ]
    assert [statement.sql for statement in split(Source("a.sql", text))] == theirs


@given(st.text(LETTERS + "eEU&1.:=<>+@|[],", max_size=30))
def test_tokens_are_those_of_the_scanner_of_postgresql(text: str) -> None:
    data = text.encode()
    try:
        scanned = postgast.scan(text).tokens
    except postgast.PgQueryError:
        return
    theirs = [data[token.start : token.end].decode() for token in scanned if token.token not in {275, 276}]
    assert "".join(tokens(text)).lower() == "".join(theirs).lower()


@given(scripts())
def test_pieces_are_the_whole_file(text: str) -> None:
    found = kinds_and_texts(text)
    assert "".join(part for _, part in found) == text
    assert all(part for _, part in found)
    assert all(a[0] != b[0] for a, b in pairwise(found))


@given(st.text(LETTERS + "eE\r\x0b", max_size=40))
def test_any_text_is_cut_into_pieces_or_refused_with_a_place(text: str) -> None:
    problem: Refused | None = None
    try:
        assert "".join(part for _, part in kinds_and_texts(text)) == text
    except Refused as error:
        problem = error
    assert problem is None or (problem.place and problem.help)


@given(scripts())
def test_pieces_put_together_again_are_cut_the_same_way(text: str) -> None:
    found = [piece for piece in kinds_and_texts(text) if piece[0] is not PieceKind.BLANK]
    again = "".join(part if kind is PieceKind.ROWS else f"{part}\n;\n" for kind, part in found)
    assert [piece for piece in kinds_and_texts(again) if piece[0] is not PieceKind.BLANK] == found


@given(scripts())
def test_statements_put_together_again_are_the_same_statements(text: str) -> None:
    found = split(Source("a.sql", text))
    again = "".join(
        each.sql + "\n;\n" + (b"".join(each.data.chunks()).decode() + "\\.\n" if each.data else "") for each in found
    )
    second = split(Source("a.sql", again))
    assert [(each.sql, each.kind, each.data) for each in second] == [(each.sql, each.kind, each.data) for each in found]
    assert [each.origin.place(0).line for each in second] == sorted({each.origin.place(0).line for each in second})
    assert tokens_digest(Statement(each.sql, data=each.data) for each in found) == tokens_digest(
        Statement(each.sql, data=each.data) for each in second
    )


@given(scripts())
def test_a_file_read_as_a_large_one_says_the_same(text: str) -> None:
    small = split(Source("a.sql", text))
    with tempfile.TemporaryDirectory() as folder, patch.object(source_module, "LARGE", -1):
        path = Path(folder) / "a.sql"
        path.write_bytes(text.encode())
        source = read_source(path, "a.sql")
        large = split(source)
        shown = [(each.sql, each.kind, each.data and each.data.digest, each.origin.place(0)) for each in large]
        assert shown == [(each.sql, each.kind, each.data and each.data.digest, each.origin.place(0)) for each in small]
        raw = hashlib.sha256(text.encode()).hexdigest()
        assert checksums(source, large, raw=raw) == checksums(decode(text.encode(), "a.sql"), small, raw=raw)


@given(files())
def test_what_lies_between_statements_holds_no_statement(file: tuple[str, list[str]]) -> None:
    text, _ = file
    found = split(Source("a.sql", text))
    edges = [0, *(edge for statement in found for edge in (statement.start, statement.end)), len(text)]
    assert edges == sorted(edges)
    between = "".join(text[start:end] + "\n" for start, end in zip(edges[::2], edges[1::2], strict=True))
    assert split(Source("a.sql", between)) == ()


@given(scripts())
def test_comments_lie_between_the_statement_before_and_their_own(text: str) -> None:
    end = 0
    for statement in split(Source("a.sql", text)):
        assert end <= statement.comments_from <= statement.start
        end = statement.end


@given(st.text(LETTERS, max_size=60), st.data())
def test_a_place_maps_back_to_its_offset(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    place = Source("a.sql", text).place(offset)
    lines = text.split("\n")
    assert place.line is not None
    assert place.column is not None
    assert sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1 == offset
    assert place.text == lines[place.line - 1]


@given(scripts(), st.integers(0, 30))
def test_a_syntax_error_is_placed_in_the_line_that_has_it(text: str, blanks: int) -> None:
    before = text + "\n" * blanks + ";"
    with pytest.raises(Refused) as caught:
        split(Source("a.sql", before + " \n  SELECT 'ä' FORM 1"))
    place = caught.value.place
    assert place is not None
    assert (place.line, place.column) == (before.count("\n") + 2, 19)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=50))
def test_line_ends_and_a_mark_never_change_what_is_read(text: str) -> None:
    windows = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    assert decode(windows, "a.sql").text == decode(text.encode(), "a.sql").text == text


@given(scripts(), st.sampled_from(["\ufeff", ""]), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\n\n"]))
def test_line_ends_and_a_mark_never_change_the_normalised_checksum(text: str, mark: str, ends: str, end: str) -> None:
    text = "\n" + text.rstrip("\n") + "\n"
    other = mark + (text + end).replace("\n", ends)
    sources = [decode(each.encode(), "a.sql") for each in (text, other)]
    found = [checksums(each, split(each), raw=hashlib.sha256(each.text.encode()).hexdigest()) for each in sources]
    assert found[0].normalised == found[1].normalised
    assert found[0].tokens == found[1].tokens


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
