"""The bytes of COPY, taken apart again as PostgreSQL would."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pytest

from platformdb.errors import ConfigError
from platformdb.postgres import copy_rows
from platformdb.postgres.copy import HEADER, TRAILER, stream
from platformdb.postgres.copy_fields import WireType
from platformdb.postgres.copy_rows import encode_rows
from platformdb.postgres.copy_types import encode
from platformdb.postgres.copy_values import array, inet, numeric
from platformdb.seeding.rows.columns import Column, lists
from platformdb.seeding.rows.ropes import contents as rope
from platformdb.seeding.rows.ropes import texts
from seeding_worlds import one_table


def field(column: Column, kind: str, *, enum: bool = False):
    element = kind.removeprefix("_") if kind.startswith("_") else ""
    return encode(column, WireType("t.c", kind, enum, element, 25 if element else 0))


def parsed(content: bytes) -> list[tuple[bytes | None, ...]]:
    """The fields of each row."""
    rows, at = [], 0
    while at < len(content):
        (count,) = struct.unpack_from(">h", content, at)
        at += 2
        row: list[bytes | None] = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", content, at)
            at += 4
            row.append(None if length < 0 else content[at : at + length])
            at += max(length, 0)
        rows.append(tuple(row))
    return rows


def sent(*columns: Column, kinds: Sequence[str]) -> list[tuple[bytes | None, ...]]:
    fields = [field(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return parsed(b"".join(encode_rows(fields)))


INTS = Column("int", np.array([1, -2, 3], np.int64))
SOME = Column("int", np.array([1, -2, 3], np.int64), np.array([False, True, False]))
WORDS = Column("text", texts(["a", "", "äöü" * 50]))
LOST = Column("text", texts(["a", "b", "c"]), np.array([True, False, True]))


def test_rows_of_fixed_width_lie_side_by_side() -> None:
    assert sent(INTS, INTS, kinds=["int4", "int8"]) == [
        (struct.pack(">i", n), struct.pack(">q", n)) for n in (1, -2, 3)
    ]


def test_texts_and_nulls_have_their_own_lengths() -> None:
    assert sent(INTS, WORDS, SOME, LOST, kinds=["int2", "text", "int4", "jsonb"]) == [
        (b"\0\1", b"a", b"\0\0\0\1", None),
        (b"\xff\xfe", b"", None, b"\1b"),
        (b"\0\3", ("äöü" * 50).encode(), b"\0\0\0\3", None),
    ]


def test_long_texts_are_copied_by_their_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_rows, "SMALL", 0)
    test_texts_and_nulls_have_their_own_lengths()


def test_chunks_are_bounded_and_hold_whole_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_rows, "CHUNK_BYTES", 100)
    chunks = [bytes(chunk) for chunk in encode_rows([field(WORDS, "text"), field(INTS, "int4")])]
    assert [len(parsed(chunk)) for chunk in chunks] == [2, 1]
    assert parsed(b"".join(chunks))[1] == (b"", b"\xff\xff\xff\xfe")


def test_a_stream_has_a_head_and_an_end() -> None:
    parts = [bytes(part) for part in stream([[field(INTS, "int4")], [field(INTS, "int4")]])]
    assert parts[0] == HEADER
    assert HEADER.startswith(b"PGCOPY\n\xff\r\n\0")
    assert len(HEADER) == 19
    assert parts[-1] == TRAILER
    assert len(parsed(b"".join(parts[1:-1]))) == 6


def test_times_count_from_the_year_2000() -> None:
    moment = Column("time", np.array([946_684_800_000_000 + 86_400_000_000 * 3 + 5, 0]))
    assert sent(moment, moment, kinds=["timestamptz", "date"]) == [
        (struct.pack(">q", 86_400_000_000 * 3 + 5), struct.pack(">i", 3)),
        (struct.pack(">q", -946_684_800_000_000), struct.pack(">i", -10_957)),
    ]


def test_texts_of_several_pieces_are_joined_also_where_values_are_made_one_by_one() -> None:
    made = one_table('c = { make = "text", templates = ["10.0.0.{n}"] }\nn = { make = "ordinal", start = 1 }', 2)
    column = made.whole("t").value("c")
    assert sent(column, column, kinds=["text", "inet"]) == [
        (b"10.0.0.1", b"\2\x20\0\4\x0a\0\0\1"),
        (b"10.0.0.2", b"\2\x20\0\4\x0a\0\0\2"),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", (0, 0, 0, 0)),
        ("0.00", (0, 0, 0, 2)),
        ("1", (1, 0, 0, 0, 1)),
        ("-12345.678", (3, 1, 0x4000, 3, 1, 2345, 6780)),
        ("0.00012", (2, -1, 0, 5, 1, 2000)),
        ("1e9", (3, 2, 0, 0, 10, 0, 0)),
        ("120000", (2, 1, 0, 0, 12, 0)),
    ],
)
def test_numerics_are_groups_of_four_digits(value: str, expected: tuple[int, ...]) -> None:
    content = numeric(value)
    assert struct.unpack(f">HhHH{(len(content) - 8) // 2}H", content) == expected


def test_what_is_no_value_of_the_type_is_refused_with_the_column() -> None:
    for column, kind, message in (
        (Column("text", texts(["x"])), "numeric", "t.c (numeric): "),
        (Column("text", texts(["NaN"])), "numeric", "t.c (numeric): 'NaN' is not a finite number"),
        (Column("text", texts(["1.2.3"])), "inet", "t.c (inet): '1.2.3'"),
        (Column("text", texts(["x"])), "uuid", "t.c (uuid): badly formed"),
        (Column("text", texts(["{}"])), "_text", "t.c (_text): '{}' is not a JSON array of strings"),
        (Column("text", texts(["[true]"])), "_int4", "t.c (_int4): '[true]' is not a JSON array of whole numbers"),
        (Column("text", texts(["[40000]"])), "_int2", "t.c (_int2): int too big to convert"),
        (Column("text", texts(['["1"]'])), "_float8", "t.c (_float8): '[\"1\"]' is not a JSON array of numbers"),
        (Column("text", texts(["102"])), "bit", "t.c (bit): '102' has other digits than 0 and 1"),
        (lists(INTS, np.array([2, 0, 1])), "_uuid", "t.c has type _uuid, which takes no int[] values"),
        (lists(INTS, np.array([2, 0, 1])), "int4", "t.c has type int4, which takes no int[] values"),
        (INTS, "_int4", "t.c has type _int4, which takes no int values"),
        (lists(Column("int", np.array([40_000])), np.array([1])), "_int2", "t.c (_int2): the values from 40000 to"),
        (Column("int", np.array([40_000])), "int2", "t.c (int2): the values from 40000 to 40000 do not fit"),
        (INTS, "uuid", "t.c has type uuid, which takes no int values"),
        (INTS, "polygon", "t.c has type polygon, which takes no int values"),
        (Column("link", np.array([1]), None, "t"), "int8", "t.c has type int8, which takes no link values"),
    ):
        with pytest.raises(ConfigError) as caught:
            field(column, kind)
        assert caught.value.message.startswith(message), caught.value.message


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("int4range", "1,5", "t.c (int4range): '1,5' is no range such as [1,5)"),
        ("int4multirange", "[1,5)", "t.c (int4multirange): '[1,5)' is no multirange such as {[1,5)}"),
        ("inet", "10.0.0.1/33", "t.c (inet): '10.0.0.1/33' is no address: a network has 0 to 32 bits"),
        ("macaddr", "08:00", "t.c (macaddr): '08:00' has 2 bytes, not 6"),
        ("cidr", "10.0.0.1/8", "t.c (cidr): '10.0.0.1/8' is no network: it has bits beyond the first 8"),
        ("char", "ab", "t.c (char): 'ab' has 2 bytes, not 1"),
        ("hstore", '{"a": 1}', """t.c (hstore): '{"a": 1}' is not a JSON object of strings"""),
        ("interval", "soon", "t.c (interval): 'soon' is no interval such as 1 mon 2 days 03:04:05"),
        ("time", "25:00", "t.c (time): "),
        ("point", "(1)", "t.c (point): '(1)' has 1 numbers, not 2"),
        ("polygon", "(1,2,3)", "t.c (polygon): '(1,2,3)' has 3 numbers, not two for each point"),
        ("_bool", '["yes"]', "t.c (_bool): '[\"yes\"]' is not a JSON array of booleans"),
        ("numeric", "NaN", "t.c (numeric): 'NaN' is not a finite number"),
    ],
)
def test_a_text_that_is_no_value_is_refused_with_its_column(kind: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        field(Column("text", texts([value])), kind)
    assert caught.value.message.startswith(message)


def test_vectors_are_their_dimensions_and_numbers() -> None:
    numbers = np.array([[1, -0.5], [0, 2]], np.float32)
    column = Column("vector", numbers, np.array([False, True]))
    assert sent(column, column, kinds=["vector", "halfvec"]) == [
        (struct.pack(">hhff", 2, 0, 1, -0.5), struct.pack(">hhee", 2, 0, 1, -0.5)),
        (None, None),
    ]
    assert sent(Column("vector", numbers), kinds=["vector"])[1] == (struct.pack(">hhff", 2, 0, 0, 2),)


IDS = [bytes([number] * 16) for number in (1, 2, 3)]


def item_array(oid: int, *items: bytes) -> bytes:
    """An array as array_recv reads it."""
    head = struct.pack(">iii", 1 if items else 0, 0, oid) + (struct.pack(">ii", len(items), 1) if items else b"")
    return head + b"".join(struct.pack(">i", len(item)) + item for item in items)


@pytest.mark.parametrize(
    ("items", "kind", "written"),
    [
        (Column("int", np.array([1, -2, 3])), "_int4", [struct.pack(">i", n) for n in (1, -2, 3)]),
        (Column("int", np.array([1, 0, 3])), "_int2", [struct.pack(">h", n) for n in (1, 0, 3)]),
        (Column("bool", np.array([True, False, True])), "_bool", [b"\1", b"\0", b"\1"]),
        (Column("text", texts(["a", "", "äöü"])), "_text", [b"a", b"", "äöü".encode()]),
        (Column("text", texts(["1", "2", "3"])), "_jsonb", [b"\0011", b"\0012", b"\0013"]),
        (Column("uuid", np.array(IDS, "V16")), "_uuid", IDS),
    ],
)  # fmt: skip
def test_lists_travel_as_arrays_of_their_items(items: Column, kind: str, written: list[bytes]) -> None:
    column = lists(items, np.array([2, 0, 1]))
    expected = [(item_array(25, *written[:2]),), (item_array(25),), (item_array(25, *written[2:]),)]
    assert sent(column, kinds=[kind]) == expected
    assert sent(column.take(np.array([2, -1, 0])), kinds=[kind]) == [expected[2], (None,), expected[0]]


def test_lists_without_any_item_are_empty_arrays() -> None:
    assert sent(lists(INTS.take(np.zeros(0, np.int64)), np.zeros(2, np.int64)), kinds=["_int4"]) == [
        (item_array(25),), (item_array(25),)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind", "items"),
    [
        ('["a", "é"]', "_text", [b"a", "é".encode()]),
        ("[1, 2]", "_int8", [struct.pack(">q", n) for n in (1, 2)]),
        ('["00000000-0000-0000-0000-000000000007"]', "_uuid", [bytes(15) + b"\7"]),
        ("[]", "_int4", []),
    ],
)
def test_json_arrays_become_arrays(value: str, kind: str, items: list[bytes]) -> None:
    assert sent(Column("text", texts([value])), kinds=[kind]) == [(item_array(25, *items),)]


def test_bits_are_counted_and_packed() -> None:
    for value, packed in (("", b""), ("1", b"\x80"), ("00000001", b"\1"), ("101010101", b"\xaa\x80")):
        assert sent(Column("text", texts([value])), kinds=["varbit"]) == [(struct.pack(">i", len(value)) + packed,)]


def test_bytes_are_sent_as_they_are() -> None:
    column = Column("bytes", rope([b"\0\xff", b"", b"\0"]), np.array([False, False, True]))
    assert sent(column, kinds=["bytea"]) == [(b"\0\xff",), (b"",), (None,)]


def test_enums_travel_as_text_whatever_they_are_called() -> None:
    assert parsed(b"".join(encode_rows([field(LOST, "mood", enum=True)]))) == [(None,), (b"b",), (None,)]


def test_empty_texts_make_empty_values() -> None:
    for kind in ("inet", "numeric", "uuid", "int4range", "time"):
        assert sent(Column("text", texts(["", ""]), np.array([True, False])), kinds=[kind]) == [(None,), (b"",)]
    assert array("", "text", 25) == struct.pack(">iii", 0, 0, 25)
    assert array('["a"]', "text", 25) == struct.pack(">iiiiii", 1, 0, 25, 1, 1, 1) + b"a"
    assert inet("2001:db8::1/64")[:4] == bytes([3, 64, 0, 16])


def test_no_rows_make_no_chunk() -> None:
    assert list(encode_rows([field(Column("int", np.zeros(0, np.int64)), "int4")])) == []
