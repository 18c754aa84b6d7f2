"""Values made of other columns of the row: comparisons, arithmetic, running totals, texts of ids and times."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from itertools import accumulate

import pytest

from platformdb.seeding.problems import Misfit
from platformdb.seeding.shape.times import SECOND
from seeding_worlds import HEAD, one_table, rows_of, world

N = 'n = { make = "ordinal" }\n'
HALF = 'h = { make = "number", spread = { dist = "uniform", min = 0, max = 99 }, nulls = 0.5 }\n'


def made(column: str, more: str = N + HALF, rows: int = 60) -> list[object]:
    return rows_of(one_table(f"c = {column}\n{more}", rows), "t", "c")


def both(column: str, *names: str, more: str = N + HALF) -> list[tuple[object, ...]]:
    """The column beside others."""
    table = one_table(f"c = {column}\n{more}", 60)
    return list(zip(*(rows_of(table, "t", name) for name in ("c", *names)), strict=True))


@pytest.mark.parametrize(
    ("op", "expected"),
    [("<", "ynn"), ("<=", "yyn"), ("=", "nyn"), (">=", "nyy"), (">", "nny"), ("!=", "yny")],
)
def test_numbers_are_compared(op: str, expected: str) -> None:
    found = made(f'{{ make = "compare", left = "n", op = "{op}", right = 1 }}', rows=3)
    assert found == [each == "y" for each in expected]


def test_a_comparison_with_nothing_is_nothing() -> None:
    for answer, number, half in both('{ make = "compare", left = "n", op = ">", right = "h" }', "n", "h"):
        assert answer == (None if half is None else number > half)


def test_whole_and_broken_numbers_texts_and_durations_are_compared() -> None:
    assert made('{ make = "compare", left = "n", op = "<", right = 0.5 }', rows=2) == [True, False]
    assert made('{ make = "compare", left = "n", op = ">=", right = "1s" }', rows=2) == [False, True]
    words = 'w = { make = "map", of = "n", values = { 0 = "a", 1 = "bb" } }\nb = { make = "constant", value = "b" }\n'
    assert made('{ make = "compare", left = "w", op = "<", right = "b" }', N + words, 2) == [True, False]
    assert made('{ make = "compare", left = "w", op = "=", right = "w" }', N + words, 3) == [True, True, None]


def test_times_are_compared_with_times() -> None:
    noon = datetime(2025, 3, 1, 12, tzinfo=UTC).timestamp() * SECOND
    for early, at in both('{ make = "compare", left = "time", op = "<", right = 2025-03-01T12:00:00Z }', "time"):
        assert early == (at < noon)


def test_ids_booleans_and_links_are_equal_or_not() -> None:
    more = """
i = { make = "uuid7" }
j = { make = "first", of = ["k", "i"] }
k = { make = "uuid7", of = "later", nulls = 0.5 }
later = { make = "later", lag = { dist = "fixed", value = 9 } }
f = { make = "flag", share = 0.5 }
l = { make = "copy", of = "drawn" }
drawn = { make = "draw", table = "t", where = { f = true } }
"""
    for answer, i, j in both('{ make = "compare", left = "i", op = "=", right = "j" }', "i", "j", more=more):
        assert answer == (i == j)
    for answer, flag in both('{ make = "compare", left = "f", op = "!=", right = "f" }', "f", more=more):
        assert answer is False or flag is None
    for answer, flag in both('{ make = "compare", left = "l", op = "=", right = "drawn" }', "f", more=more):
        assert answer is (True if flag else None)
    for left, op, message in (
        ("i", "<", "'i' is of kind uuid, which has no <"),
        ("drawn", ">=", "'drawn' is of kind link, which has no >="),
        ("b", "=", "'b' is of kind bytes, which has no ="),
    ):
        with pytest.raises(Misfit, match=message):
            made(f'{{ make = "compare", left = "{left}", op = "{op}", right = "{left}" }}',
                 more + 'b = { make = "bytes", size = 1 }')  # fmt: skip


def test_a_comparison_makes_a_condition() -> None:
    more = N + 'late = { make = "compare", left = "n", op = ">", right = 1 }\n'
    assert made('{ make = "constant", value = 7, where = { late = true } }', more, 4) == [None, None, 7, 7]


@pytest.mark.parametrize(
    ("function", "of", "expected"),
    [
        ("add", '["n", 2, "n"]', [2, 4, 6]),
        ("subtract", '[10, "n", "n"]', [10, 8, 6]),
        ("multiply", '["n", 0.5]', [0.0, 0.5, 1.0]),
        ("divide", '[6, "n"]', [None, 6.0, 3.0]),
        ("modulo", '["n", 2]', [0, 1, 0]),
        ("modulo", '[5, "n"]', [None, 0, 1]),
        ("bit_or", '["n", 4]', [4, 5, 6]),
        ("bit_and", '["n", 2]', [0, 0, 2]),
        ("least", '["n", 1]', [0, 1, 1]),
        ("greatest", '["n", 1.5]', [1.5, 1.5, 2.0]),
    ],
)
def test_arithmetic(function: str, of: str, expected: list[object]) -> None:
    found = made(f'{{ make = "compute", function = "{function}", of = {of} }}', rows=3)
    assert found == expected
    assert [type(each) for each in found] == [type(each) for each in expected]


def test_arithmetic_with_nothing_is_nothing_and_extremes_pass_it_over() -> None:
    more = """
l = { make = "compute", function = "least", of = ["h", "n"] }
g = { make = "compute", function = "greatest", of = ["n", "h"] }
o = { make = "compute", function = "greatest", of = ["h", "h"] }
"""
    column = '{ make = "compute", function = "add", of = ["n", "h"] }'
    rows = both(column, "l", "g", "o", "n", "h", more=N + HALF + more)
    assert {half is None for *_, half in rows} == {True, False}
    for total, least, greatest, only, number, half in rows:
        assert total == (None if half is None else number + half)
        assert least == (number if half is None else min(number, half))
        assert greatest == (number if half is None else max(number, half))
        assert only == half


def test_figures_are_rounded() -> None:
    assert made('{ make = "compute", function = "divide", of = ["n", 3], decimals = 2 }', rows=3) == [0.0, 0.33, 0.67]
    whole = made('{ make = "compute", function = "divide", of = ["n", 3], decimals = 0 }', rows=3)
    assert whole == [0, 0, 1]
    assert all(isinstance(each, int) for each in whole)


def test_times_and_seconds() -> None:
    more = (
        N
        + 'two = { make = "compute", function = "subtract", of = ["c", "time"] }\n'
        + 'before = { make = "compute", function = "subtract", of = ["time", "n", 0.5] }\n'
        + 'last = { make = "compute", function = "greatest", of = ["before", "c"] }\n'
    )
    column = '{ make = "compute", function = "add", of = ["time", "2h"] }'
    for later, seconds, before, last, at, number in both(column, "two", "before", "last", "time", "n", more=more):
        assert later == last == at + 7200 * SECOND
        assert seconds == 7200.0
        assert before == at - number * SECOND - SECOND // 2


def test_running_totals_go_by_time_within_a_group() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.people]
rows = {{ shape = "independent", count = 5 }}
[tables.people.columns]
id = {{ make = "uuid7" }}
[tables.posts]
rows = {{ shape = "per", of = [{{ table = "people", link = "author", total = 60 }}] }}
[tables.posts.columns]
words = {{ make = "number", spread = {{ dist = "uniform", min = 0, max = 9 }}, nulls = 0.3 }}
half = {{ make = "compute", function = "multiply", of = ["words", 0.5] }}
long = {{ make = "compare", left = "words", op = ">", right = 4 }}
total = {{ make = "running", function = "sum", of = "words", per = "author" }}
halves = {{ make = "running", function = "sum", of = "half", per = "author" }}
counted = {{ make = "running", function = "count", of = "words", per = "long" }}
longs = {{ make = "running", function = "sum", of = "long" }}
"""
    made = world(text)
    names = ("author", "words", "long", "total", "halves", "counted", "longs")
    rows = list(zip(*(rows_of(made, "posts", name) for name in names), strict=True))
    for author in range(5):
        own = [row for row in rows if row[0] == author]
        sums = list(accumulate(row[1] or 0 for row in own))
        assert [row[3] for row in own] == sums
        assert [row[4] for row in own] == [each / 2 for each in sums]
    for long in (True, False, None):
        own = [row for row in rows if row[2] is long]
        assert [row[5] for row in own] == [0 if long is None else number for number in range(1, len(own) + 1)]
    assert [row[6] for row in rows] == list(accumulate(bool(row[2]) for row in rows))


def test_ids_and_times_stand_in_texts_and_documents() -> None:
    lines = """
id = { make = "uuid7" }
none = { make = "uuid7", nulls = 1 }
t = { make = "text", templates = ["{id} {time}"] }
j = { make = "json", document = { id = "{id}", at = "{time}", none = "{none}" } }
"""
    made = one_table(lines, 3)
    for identifier, at, text, document in zip(*(rows_of(made, "t", n) for n in ("id", "time", "t", "j")), strict=True):
        written = datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % SECOND:06}Z"
        assert text == f"{uuid.UUID(bytes=identifier)} {written}"
        assert json.loads(document) == {"id": str(uuid.UUID(bytes=identifier)), "at": written, "none": None}


def test_bytes_cannot_stand_in_a_text() -> None:
    for maker in ('{ make = "text", templates = ["{b}"] }', '{ make = "json", document = { a = "{b}" } }'):
        with pytest.raises(Misfit, match="a column of kind bytes cannot stand in a text"):
            made(maker, 'b = { make = "bytes", size = 2 }\n')
