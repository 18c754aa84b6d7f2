"""Arrays: of several paths of a row, and of the rows of another table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from platformdb.seeding.problems import Misfit
from seeding_worlds import HEAD, one_table, rows_of, values, world

LINES = """
n = { make = "ordinal" }
id = { make = "uuid7" }
word = { make = "choice", values = ["tea", "ä", ""], nulls = 0.4 }
pair = { make = "text", templates = ["{word}-{n}"] }
half = { make = "number", spread = { dist = "uniform", min = 0, max = 9 }, nulls = 0.5 }
some = { make = "flag", share = 0.5 }
lump = { make = "bytes", size = 3 }
"""


def gathered(options: str, posts: int = 40) -> tuple[list[Any], list[dict[str, Any]]]:
    """Each person's list, and the posts."""
    text = f"""{HEAD}
[profiles.test]
[tables.people]
rows = {{ shape = "independent", count = 6 }}
[tables.people.columns]
id = {{ make = "uuid7" }}
found = {{ make = "gather", of = "posts", by = "author", {options} }}
[tables.posts]
rows.shape = "per"
rows.of = [{{ table = "people", link = "author", total = {posts}, skew = {{ zipf = 1.0, childless = 0.3 }} }}]
[tables.posts.columns]
id = {{ make = "uuid7" }}
word = {{ make = "choice", values = ["tea", "milk"], nulls = 0.3 }}
live = {{ make = "flag", share = 0.5 }}
"""
    made = world(text)
    names = ("author", "id", "word", "live")
    rows = zip(*(rows_of(made, "posts", name) for name in names), strict=True)
    return values(made.whole("people").value("found")), [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.parametrize("paths", [["n", "half"], ["id", "id"], ["word", "pair", "word"], ["some"], ["lump"], ["time"]])
def test_an_array_holds_the_values_of_its_paths_that_are_there(paths: list[str]) -> None:
    made = one_table(f"{LINES}c = {{ make = 'array', of = {paths} }}\n", 50)
    rows = zip(*(rows_of(made, "t", path) for path in paths), strict=True)
    assert rows_of(made, "t", "c") == [[each for each in row if each is not None] for row in rows]


def test_an_array_can_be_null_and_be_taken_through_a_link() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.p]
rows = {{ shape = "independent", count = 4 }}
[tables.p.columns]
n = {{ make = "ordinal" }}
l = {{ make = "array", of = ["n", "n"], where = {{ n = [1, 2] }} }}
[tables.c]
rows = {{ shape = "per", of = [{{ table = "p", count = {{ dist = "fixed", value = 2 }} }}] }}
[tables.c.columns]
l = {{ make = "copy", of = "p.l" }}
n = {{ make = "copy", of = "p.n" }}
"""
    made = world(text)
    found = rows_of(made, "c", "l")
    assert found == [[n, n] if n in (1, 2) else None for n in rows_of(made, "c", "n")]
    nothing = made.whole("p").value("l").take(np.array([-1, 1, -1]))
    assert values(nothing) == [None, [1, 1], None]


def test_values_of_different_kinds_make_no_array() -> None:
    made = one_table(f"{LINES}c = {{ make = 'array', of = ['n', 'word'] }}", 3)
    with pytest.raises(Misfit, match="one kind that has values, not int and text"):
        made.whole("t").value("c")
    with pytest.raises(Misfit, match="one kind that has values, not link"):
        one_table("l = { make = 'draw', table = 't' }\nc = { make = 'array', of = ['l'] }").whole("t").value("c")


def test_the_rows_that_refer_to_a_row_are_gathered_in_the_order_of_time() -> None:
    found, posts = gathered('value = "id"')
    assert found == [[post["id"] for post in posts if post["author"] == person] for person in range(6)]
    assert [] in found
    assert any(len(ids) > 1 for ids in found)


def test_what_is_gathered_is_limited_and_conditional_and_without_nulls() -> None:
    found, posts = gathered('value = "word", limit = 3, where = { live = true }')
    expected = [
        [post["word"] for post in posts if post["author"] == person and post["live"] and post["word"]][:3]
        for person in range(6)
    ]
    assert found == expected
    assert max(map(len, found)) == 3


def test_where_nothing_is_there_all_arrays_are_empty() -> None:
    assert gathered('value = "id"', posts=0)[0] == [[]] * 6


def test_lists_cannot_be_gathered() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.people]
rows = {{ shape = "independent", count = 1 }}
[tables.people.columns]
found = {{ make = "gather", of = "posts", by = "people", value = "ids" }}
[tables.posts]
rows = {{ shape = "per", of = [{{ table = "people" }}] }}
[tables.posts.columns]
ids = {{ make = "array", of = ["n"] }}
n = {{ make = "ordinal" }}
"""
    people = world(text).whole("people")
    with pytest.raises(Misfit, match=r"'ids' of posts is of kind int\[\]: no list of that"):
        people.value("found")


@pytest.mark.parametrize(
    "maker",
    [
        'make = "bytes", size = { dist = "uniform", min = 1, max = 9 }',
        'make = "array", of = ["n", "n"]',
        'make = "array", of = ["w", "w"]',
        'make = "embedding", of = "n", dims = 3',
    ],
)
def test_the_first_of_several_can_be_of_any_kind(maker: str) -> None:
    lines = f"""
c = {{ make = "first", of = ["a", "b"] }}
a = {{ {maker}, nulls = 0.5 }}
b = {{ {maker}, nulls = 0.3 }}
n = {{ make = "ordinal" }}
w = {{ make = "choice", values = ["tea", "milk"] }}
"""
    made = one_table(lines, 40)
    rows = list(zip(*(rows_of(made, "t", name) for name in ("c", "a", "b")), strict=True))
    assert all(found == (b if a is None else a) for found, a, b in rows)
    assert {(a is None, b is None) for _, a, b in rows} == {(x, y) for x in (True, False) for y in (True, False)}
