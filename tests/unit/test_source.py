from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from platformdb.errors import Place, Refused
from platformdb.sqltext import source as source_module
from platformdb.sqltext.rows import CHUNK, FileRows
from platformdb.sqltext.source import LARGE, Source, decode, digest, read_source
from platformdb.sqltext.statements import split

PADDING = "-- " + "x" * 996 + "\n"


def refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        decode(data, "a.sql")
    return caught.value


def test_a_place_counts_lines_and_characters_from_one() -> None:
    source = Source("a.sql", "SELECT\n'äö' x\nend")
    assert source.place(0) == Place("a.sql", 1, 1, "SELECT")
    assert source.place(source.text.index("x")) == Place("a.sql", 2, 6, "'äö' x")
    assert source.place(len(source.text)) == Place("a.sql", 3, 4, "end")


def test_the_newline_itself_belongs_to_the_line_it_ends() -> None:
    assert Source("a.sql", "ab\ncd").place(2) == Place("a.sql", 1, 3, "ab")


def rendered(original: str, *marks: tuple[int, int], text: str) -> Source:
    return Source("a.sql", text, marks=marks, original=original)


def test_places_in_a_rendered_text_are_those_of_the_file() -> None:
    original = "-- x\nSELECT {{ n }} +\n{{ n }}, oops"
    text = "-- x\nSELECT 12345 +\n12345, oops"
    first, second = original.index("{{"), original.rindex("{{")
    marks = (0, 0), (12, first), (17, first + 7), (20, second), (25, second + 7)
    source = rendered(original, *marks, text=text)
    assert str(source.place(text.index("SELECT"))) == "a.sql:2:1"
    assert source.place(text.index("oops")) == Place("a.sql", 3, 10, "{{ n }}, oops")
    assert str(source.place(text.index("+"))) == "a.sql:2:16"


def test_a_place_inside_a_value_is_that_of_its_expression() -> None:
    source = rendered("a {{ n }} b", (0, 0), (2, 2), (7, 9), text="a 12345 b")
    assert [source.place(offset).column for offset in range(2, 7)] == [3] * 5


def test_a_place_never_runs_past_what_comes_next_in_the_file() -> None:
    source = rendered("aaXb", (0, 0), (4, 3), text="aaaab")
    assert [source.place(offset).column for offset in range(5)] == [1, 2, 3, 1, 4]
    looping = rendered("aaaa", (0, 0), (4, 2), text="aaaaaa")
    assert [looping.place(offset).column for offset in range(4)] == [1, 2, 3, 3]


def test_places_in_a_loop_are_those_of_its_body_each_time() -> None:
    original = "{% for x in y %}\nab;{% endfor %}"
    source = rendered(original, (0, 16), (4, 16), text="\nab;\nab;")
    assert [str(source.place(offset)) for offset in (1, 2, 5, 6)] == ["a.sql:2:1", "a.sql:2:2"] * 2


def test_bytes_that_are_not_utf_8_are_named_with_line_and_column() -> None:
    error = refused("SELECT 1;\nSELECT 'ä".encode() + b"\xe4';")
    assert "0xe4" in error.message
    assert error.place == Place("a.sql", 2, 10, "SELECT 'ä")
    assert error.exit_code == 3


def test_a_broken_byte_after_windows_line_ends_and_a_mark_keeps_its_column() -> None:
    error = refused(b"\xef\xbb\xbfab\r\ncd\xff")
    assert str(error.place) == "a.sql:2:3"


def test_a_nul_byte_is_refused_with_its_place() -> None:
    error = refused(b"SELECT 1;\n  \0")
    assert "NUL" in error.message
    assert str(error.place) == "a.sql:2:3"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_wide_file_is_refused_by_the_name_of_its_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith("be") else ""
    error = refused(f"{mark}SELECT 1".encode(encoding))
    assert "UTF-16" in error.message or encoding == "utf-32"
    assert "UTF-8" in error.help


def test_windows_line_ends_and_a_byte_order_mark_disappear() -> None:
    assert decode(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n", "a.sql").text == "SELECT 1;\nSELECT 2;\n"


def test_a_carriage_return_in_a_file_of_plain_lines_is_content() -> None:
    assert decode(b"SELECT '\n\r\n';\n", "a.sql").text == "SELECT '\n\r\n';\n"


def test_a_mark_inside_the_text_and_a_lone_carriage_return_stay() -> None:
    assert decode("a\ufeffb\rc".encode(), "a.sql").text == "a\ufeffb\rc"


@pytest.mark.parametrize(
    ("data", "exact"), [(b"a\nb", True), (b"", True), (b"\xef\xbb\xbfa", False), (b"a\r\n", False), (b"a\n\r\n", True)]
)
def test_a_source_knows_whether_it_is_the_file_byte_for_byte(data: bytes, exact: bool) -> None:
    assert decode(data, "a.sql").exact is exact


def test_a_digest_is_plain_sha_256() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_file_is_read_under_the_name_people_know(tmp_path: Path) -> None:
    path = tmp_path / "001_a.sql"
    path.write_bytes(b"SELECT 'a'\r\n")
    assert read_source(path, "phases/001_a.sql") == Source("phases/001_a.sql", "SELECT 'a'\n")


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda path: None, "points at nothing"),
        (lambda path: path.mkdir(), "folder"),
        (os.mkfifo, "regular"),
        (lambda path: path.symlink_to(path), "leads back to itself"),
    ],
    ids=["absent", "a folder", "a pipe without end", "a link to itself"],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, make: Callable[[Path], None], advice: str) -> None:
    path = tmp_path / "001_a.sql"
    make(path)
    with pytest.raises(Refused, match=r"cannot read phases/001_a\.sql") as caught:
        read_source(path, "phases/001_a.sql")
    assert advice in f"{caught.value.message} {caught.value.help}"


def large(path: Path, *parts: str, ends: str = "\n", mark: bytes = b"") -> Source:
    """A file above the limit, for it begins with many comments."""
    text = PADDING * (LARGE // len(PADDING) + 1) + "".join(parts)
    path.write_bytes(mark + text.replace("\n", ends).encode())
    return read_source(path, "a.sql")


ROWS = "".join(f"{number}\tgrün \\N\n" for number in range(100_000))
COPY = "COPY public.t (a, b) FROM stdin;\n"


def test_rows_of_a_large_file_stay_in_it(tmp_path: Path) -> None:
    source = large(tmp_path / "a.sql", COPY, ROWS, "\\.\nSELECT 1;\n", "copy u from STDIN with (format csv);\n\\.\n")
    assert len(source.text) < LARGE + len(PADDING) + 200
    first, select, second = split(source)
    assert isinstance(first.data, FileRows)
    assert b"".join(first.data.chunks()).decode() == ROWS
    assert all(chunk.endswith(b"\n") for chunk in first.data.chunks())
    assert first.data.digest == digest(ROWS)
    assert (select.sql, select.data) == ("SELECT 1", None)
    assert second.data is not None
    assert list(second.data.chunks()) == []
    assert source.exact


def test_rows_are_the_same_in_a_large_file_and_in_a_small_one(tmp_path: Path) -> None:
    (small,) = split(Source("a.sql", COPY + ROWS + "\\.\n"))
    (unix,) = split(large(tmp_path / "a.sql", COPY, ROWS, "\\.\n"))
    source = large(tmp_path / "b.sql", COPY, ROWS, "\\.\n", ends="\r\n", mark=b"\xef\xbb\xbf")
    assert not {"\r", "\ufeff"} & set(source.text)
    (windows,) = split(source)
    assert [b"".join(each.data.chunks()) for each in (small, unix, windows) if each.data] == [ROWS.encode()] * 3
    assert len({each.data.digest for each in (small, unix, windows) if each.data}) == 1


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_places_below_rows_left_out_are_those_of_the_file(tmp_path: Path, ends: str) -> None:
    source = large(tmp_path / "a.sql", COPY, ROWS, "\\.\n", "SELECT 1;\n", COPY, "1\t2\n\\.\n  SELECT 2;\n", ends=ends)
    lines = (tmp_path / "a.sql").read_bytes().decode().split(ends)
    place = split(source)[-1].origin.place(7)
    assert (place.line, place.column, place.text) == (lines.index("  SELECT 2;") + 1, 10, "  SELECT 2;")


@pytest.mark.parametrize(
    "before",
    [
        "/* COPY t FROM stdin;\n",
        "SELECT '\nCOPY t FROM stdin;\n",
        "DO $$\nCOPY t FROM stdin;\n",
        "-- COPY t FROM stdin;\n",
    ],
)
def test_what_only_looks_like_copy_leaves_nothing_out(tmp_path: Path, before: str) -> None:
    source = large(tmp_path / "a.sql", before, "x\n\\.\n")
    assert source.left_out == ()
    assert source.text.endswith(before + "x\n\\.\n")


def test_rows_of_a_large_file_that_never_end_are_refused_where_they_begin(tmp_path: Path) -> None:
    source = large(tmp_path / "a.sql", "SELECT 1;\n", COPY, "1\t2\n")
    with pytest.raises(Refused, match="never end") as caught:
        split(source)
    assert caught.value.place is not None
    assert caught.value.place.line == source.text.count("\n") + 1


@pytest.mark.parametrize(("bad", "message"), [(b"\xff", "0xff"), (b"\0", "NUL")])
def test_bad_bytes_in_rows_left_out_are_refused_with_their_place(tmp_path: Path, bad: bytes, message: str) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes((PADDING * (LARGE // len(PADDING) + 1) + COPY + ROWS).encode() + b"12" + bad + b"\n\\.\n")
    with pytest.raises(Refused, match=message) as caught:
        read_source(path, "a.sql")
    assert caught.value.place == Place("a.sql", path.read_bytes().count(b"\n") - 1, 3, "12")


def test_a_large_wide_file_is_refused_by_the_name_of_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes((PADDING * (LARGE // len(PADDING))).encode("utf-16"))
    with pytest.raises(Refused, match="UTF-16"):
        read_source(path, "a.sql")


def test_a_row_that_spans_pieces_of_the_file_arrives_whole(tmp_path: Path) -> None:
    rows = "x" * (CHUNK - 1) + "ä\\.\n" + "y" * (3 * CHUNK) + "\n\\.z\n"
    (statement,) = split(large(tmp_path / "a.sql", COPY, rows, "\\."))
    assert statement.data is not None
    assert b"".join(statement.data.chunks()).decode() == rows


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-9]),
                                    lambda path: path.write_bytes(path.read_bytes().replace(b"\n7\t", b"\n8\t"))],
                         ids=["gone", "shorter", "other rows"])  # fmt: skip
def test_a_file_that_changes_before_its_rows_are_sent_is_refused(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.sql"
    (statement,) = split(large(path, COPY, ROWS, "\\.\n"))
    change(path)
    assert statement.data is not None
    with pytest.raises(Refused, match=r"a\.sql changed after it was read"):
        list(statement.data.chunks())


def test_the_limit_decides_only_where_rows_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sql"
    path.write_bytes((COPY + "1\t2\n\\.\nSELECT 1;\n").encode())
    near = split(read_source(path, "a.sql"))
    monkeypatch.setattr(source_module, "LARGE", 1)
    far = split(read_source(path, "a.sql"))
    assert [(each.sql, each.data and each.data.digest, each.origin.place(1)) for each in near] == [
        (each.sql, each.data and each.data.digest, each.origin.place(1)) for each in far
    ]
