from __future__ import annotations

import os
from pathlib import Path

import pytest

from platformdb.errors import Place, Refused
from platformdb.sqltext.source import Source, decode, digest, read_source


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


def test_a_utf_16_file_is_refused_and_not_read_as_rubbish() -> None:
    assert "UTF-8" in refused("SELECT 1".encode("utf-16")).message


def test_windows_line_ends_and_a_byte_order_mark_disappear() -> None:
    assert decode(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n", "a.sql") == "SELECT 1;\nSELECT 2;\n"


def test_a_mark_inside_the_text_and_a_lone_carriage_return_stay() -> None:
    assert decode("a\ufeffb\rc".encode(), "a.sql") == "a\ufeffb\rc"


def test_the_checksum_is_the_same_on_every_system_but_not_for_other_text() -> None:
    unix, windows = (Source("a.sql", decode(data, "a.sql")) for data in (b"a\nb", b"\xef\xbb\xbfa\r\nb"))
    assert unix.checksum == windows.checksum == Source("other name", "a\nb").checksum
    assert unix.checksum != Source("a.sql", "a\nb ").checksum


def test_a_checksum_says_its_algorithm() -> None:
    assert digest("") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_file_is_read_under_the_name_people_know(tmp_path: Path) -> None:
    path = tmp_path / "001_a.sql"
    path.write_bytes(b"SELECT 'a'\r\n")
    assert read_source(path, "phases/001_a.sql") == Source("phases/001_a.sql", "SELECT 'a'\n")


@pytest.mark.parametrize(
    "make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo], ids=["absent", "a folder", "a pipe without end"]
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, make: object) -> None:
    path = tmp_path / "001_a.sql"
    make(path)  # type: ignore[operator]
    with pytest.raises(Refused, match=r"cannot read phases/001_a\.sql"):
        read_source(path, "phases/001_a.sql")
