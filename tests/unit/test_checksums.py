from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from platformdb.report.history import Checksums
from platformdb.report.model import Statement
from platformdb.sqltext import source as source_module
from platformdb.sqltext.checksums import checksums, tokens_digest
from platformdb.sqltext.source import Source, decode, read_source
from platformdb.sqltext.statements import split

COPY = "COPY t FROM stdin;\n"


def sums(text: str | bytes) -> Checksums:
    data = text.encode() if isinstance(text, str) else text
    source = decode(data, "a.sql")
    return checksums(source, split(source), raw=hashlib.sha256(data).hexdigest())


def tokens(*texts: str) -> str:
    return tokens_digest(Statement(text) for text in texts)


def test_a_file_with_nothing_to_tidy_has_one_checksum_for_bytes_and_text() -> None:
    found = sums("SELECT 'ä';\n")
    assert found.raw == found.normalised == hashlib.sha256("SELECT 'ä';\n".encode()).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        b"\xef\xbb\xbf-- x\nSELECT 1;\n\nSELECT 2;\n",
        b"-- x\r\nSELECT 1;\r\n\r\nSELECT 2;\r\n",
        b"\xef\xbb\xbf-- x\r\nSELECT 1;\r\n\r\nSELECT 2;\r\n",
        b"-- x \t\nSELECT 1; \n \t \nSELECT 2;\t\n",
        b"-- x\nSELECT 1;\n\nSELECT 2;\r\n",
        b"-- x\nSELECT 1;\n\nSELECT 2;",
        b"-- x\nSELECT 1;\n\nSELECT 2;\n\n \n",
    ],
    ids=["mark", "windows", "mark and windows", "blanks", "one windows line", "no last line end", "more line ends"],
)
def test_line_ends_a_mark_and_trailing_blanks_are_no_change_of_the_text(other: bytes) -> None:
    first, second = sums("-- x\nSELECT 1;\n\nSELECT 2;\n"), sums(other)
    assert first.raw != second.raw
    assert (first.normalised, first.tokens) == (second.normalised, second.tokens)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT 'a \nb'", "SELECT 'a\nb'"),
        ("SELECT E'a \nb'", "SELECT E'a\nb'"),
        ('SELECT 1 AS "a \nb"', 'SELECT 1 AS "a\nb"'),
        ("DO $$ \n$$", "DO $$\n$$"),
        (f"{COPY}a \n\\.\n", f"{COPY}a\n\\.\n"),
        ("SELECT 'a\n\r\n'", "SELECT 'a\n\n'"),
    ],
)
def test_blanks_that_are_content_are_a_change_of_text_and_of_tokens(one: str, other: str) -> None:
    first, second = sums(f"-- it's  \n{one}"), sums(f"-- it's\n{other}")
    assert first.normalised != second.normalised
    assert first.tokens != second.tokens


def test_a_quote_in_a_comment_begins_no_string() -> None:
    assert (
        sums("SELECT 1 -- it's \n + 2 /* ' \n */;\n").normalised
        == sums("SELECT 1 -- it's\n + 2 /* '\n */;\n").normalised
    )


def test_other_white_space_and_comments_change_the_text_but_not_the_tokens() -> None:
    first, second = sums("create table T(x int);"), sums("-- new\nCREATE TABLE t ( x /* ; */ int )\n;;\n-- end\n")
    assert first.normalised != second.normalised
    assert first.tokens == second.tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT 'a'", "SELECT 'A'"),
        ("SELECT 'a '", "SELECT 'a'"),
        ('SELECT "a"', 'SELECT "A"'),
        ('SELECT "a"', "SELECT a"),
        ("SELECT Äb", "SELECT äb"),
        ("SELECT a<b", "SELECT a<=b"),
        ("SELECT a<@b", "SELECT a< @b"),
        ("SELECT 'a''b'", "SELECT 'a'\n'b'"),
        ("SELECT x'1F'", "SELECT x '1F'"),
        ("SELECT 0x1F", "SELECT 0 x1F"),
        ("SELECT ab", "SELECT a b"),
        ("SELECT $$a$$", "SELECT $x$a$x$"),
        ("DO $$ -- a\n$$", "DO $$ -- b\n$$"),
        ("SELECT E'\\n'", "SELECT '\\n'"),
        ("SELECT 1, 2", "SELECT 1"),
    ],
)
def test_every_other_edit_changes_the_tokens(one: str, other: str) -> None:
    assert tokens(one) != tokens(other)


def test_rows_are_part_of_the_tokens() -> None:
    assert sums(f"{COPY}1\n\\.\n").tokens != sums(f"{COPY}2\n\\.\n").tokens
    assert sums(f"{COPY}1\n\\.\n").tokens == sums("copy T from STDIN ;\n1\n\\.\n\n").tokens


def test_statements_do_not_run_into_each_other() -> None:
    assert tokens("a", "b") != tokens("a b") != tokens("a ; b")
    assert tokens("a", "b") != tokens("ab")
    assert tokens("a", "b") != tokens("b", "a")


def test_what_is_shown_counts_where_it_differs_so_that_no_secret_is_hashed() -> None:
    masked = [tokens_digest([Statement(f"SELECT '{secret}'", shown="SELECT '***'")]) for secret in ("a", "b")]
    assert masked[0] == masked[1] == tokens("SELECT '***'")


def test_a_file_and_its_statements_have_the_same_tokens() -> None:
    source = Source("a.sql", f"SELECT 1;\n{COPY}1\n\\.\n")
    statements = split(source)
    again = [Statement(each.sql, data=each.data) for each in statements]
    assert checksums(source, statements, raw="").tokens == tokens_digest(again)


@pytest.mark.parametrize("text", ["SELECT 'a", "\\x ' \n", "$a$", "a \n/*"])
def test_text_that_is_no_sql_has_checksums_nevertheless(text: str) -> None:
    found = checksums(Source("a.sql", text), (), raw="r")
    assert found == checksums(Source("a.sql", text + "\n"), (), raw="r")
    assert tokens(text)


def test_a_template_is_taken_as_it_is_written() -> None:
    def of(original: str, text: str) -> Checksums:
        return checksums(Source("a.sql", text, original=original), split(Source("a.sql", text)), raw="r")

    first, second = of("SELECT {{ a }}", "SELECT 1"), of("SELECT {{ a }}\n", "SELECT 2")
    assert first.normalised == second.normalised != of("SELECT {{ b }}", "SELECT 1").normalised
    assert first.tokens != second.tokens


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT 1;\n{COPY}1 \nä\n\\.\nSELECT 2;\n",
        f"SELECT 1; \n{COPY}1\n\\.",
        f"{COPY}1\n\\.",
        f"{COPY}1\n\\.\n\n\n",
        f"{COPY}\\.\n",
    ],
    ids=["tidy", "blanks", "no last line end", "line ends", "no rows"],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "mark"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
def test_rows_left_in_their_file_change_no_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, ends: str, mark: bytes
) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes(mark + text.replace("\n", ends).encode())
    monkeypatch.setattr(source_module, "LARGE", 0)
    source = read_source(path, "a.sql")
    assert len(source.left_out) == 1
    found = checksums(source, split(source), raw=hashlib.sha256(path.read_bytes()).hexdigest())
    assert (found.normalised, found.tokens) == (sums(text).normalised, sums(text).tokens)


def test_the_rows_of_a_tidy_file_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sql"
    path.write_text(f"{COPY}1\n\\.\n")
    monkeypatch.setattr(source_module, "LARGE", 0)
    source = read_source(path, "a.sql")
    statements = split(source)
    path.unlink()
    assert checksums(source, statements, raw="raw").normalised == "raw"
