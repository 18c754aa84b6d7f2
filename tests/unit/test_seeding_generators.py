from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.codes import by_code, compact, ranks
from platformdb.seeding.rows.columns import Column, keys
from platformdb.seeding.rows.ropes import distinct, joined, recode, texts
from platformdb.seeding.rows.streams import BLOCK, Span, Stream
from platformdb.seeding.shape.times import DAY, STEP, Calendar
from seeding_worlds import HEAD, network, one_table, rows_of, world

WORDS = {"words.csv": "word,kind,weight:int,heavy:bool,size:float\nblue,x,1,true,0.5\nred,x,0,no,2\noak,y,5,,\n"}


def made(column: str, rows: int = 200, more: str = "") -> list[object]:
    return rows_of(one_table(f"c = {column}", rows, more, WORDS), "t", "c")


def test_a_choice_follows_its_weights() -> None:
    found = Counter(made('{ make = "choice", values = ["a", "b", "c"], weights = [8, 2, 0] }', 5_000))
    assert set(found) == {"a", "b"}
    assert found["a"] == pytest.approx(4_000, rel=0.05)


def test_constants_and_choices_keep_their_kinds() -> None:
    assert made('{ make = "constant", value = true }', 2) == [True, True]
    assert made('{ make = "constant", value = 7 }', 2) == [7, 7]
    assert made('{ make = "constant", value = "é" }', 2) == ["é", "é"]
    assert made('{ make = "choice", values = [0.5, 1] }', 1)[0] in (0.5, 1.0)


def test_numbers_come_from_their_distribution() -> None:
    assert set(made('{ make = "number", spread = { dist = "uniform", min = 3, max = 5 } }')) == {3, 4}
    assert set(made('{ make = "number", spread = { dist = "fixed", value = "2h" } }')) == {7200}
    drawn = made('{ make = "number", decimals = 2, spread = { dist = "lognormal", median = 10, sigma = 1, max = 50 } }')
    assert max(drawn) <= 50
    assert np.median(drawn) == pytest.approx(10, rel=0.3)
    assert all(round(number, 2) == number for number in drawn)
    weighted = made('{ make = "number", spread = { dist = "weighted", values = [1, 9], weights = [1, 1] } }')
    assert set(weighted) == {1, 9}


def test_a_number_can_be_a_multiple_of_another_column() -> None:
    lines = 'c = { make = "number", spread = { dist = "fixed", value = 3 }, times = "n" }\nn = { make = "ordinal" }'
    assert rows_of(one_table(lines, 3), "t", "c") == [0, 3, 6]


def test_nulls_and_conditions_take_values_away() -> None:
    half = made('{ make = "constant", value = 1, nulls = 0.5 }', 2_000)
    assert half.count(None) == pytest.approx(1_000, rel=0.1)
    lines = """
c = { make = "constant", value = 1, where = { k = ["a", "b"] }, given = ["some"] }
d = { make = "constant", value = 2, absent = ["some"] }
k = { make = "choice", values = ["a", "b", "c"] }
some = { make = "constant", value = "x", nulls = 0.3 }
"""
    table = one_table(lines, 200)
    for c, d, k, some in zip(*(rows_of(table, "t", name) for name in ("c", "d", "k", "some")), strict=True):
        assert (c is not None) == (k in "ab" and some is not None)
        assert (d is not None) == (some is None)


def test_a_map_says_what_belongs_to_a_value() -> None:
    lines = """
c = { make = "map", of = "b", values = { true = "yes" } }
d = { make = "map", of = "b", values = { true = 1 }, otherwise = 0 }
b = { make = "flag", share = 0.5 }
"""
    table = one_table(lines, 50)
    found = set(zip(*(rows_of(table, "t", name) for name in ("b", "c", "d")), strict=True))
    assert found == {(True, "yes", 1), (False, None, 0)}


def test_every_row_of_a_file_is_used_once_before_one_comes_again() -> None:
    lines = 'c = { make = "copy", of = "w.word" }'
    found = rows_of(one_table(lines, 6, 'helpers.w = { make = "pick", file = "words.csv" }', WORDS), "t", "c")
    assert sorted(found[:3]) == ["blue", "oak", "red"]
    assert set(found[3:]) <= {"blue", "oak", "red"}


def test_a_weighted_pick_follows_the_weights_and_types_are_kept() -> None:
    lines = """
c = { make = "copy", of = "w.word" }
h = { make = "copy", of = "w.heavy" }
s = { make = "copy", of = "w.size" }
"""
    table = one_table(lines, 500, 'helpers.w = { make = "pick", file = "words.csv", weight = "weight" }', WORDS)
    columns = (rows_of(table, "t", name) for name in ("c", "h", "s"))
    assert set(zip(*columns, strict=True)) == {("blue", True, 0.5), ("oak", None, None)}


def test_a_pick_can_match_several_columns_and_says_what_is_missing() -> None:
    helpers = """
[tables.t.helpers]
w = { make = "pick", file = "words.csv", match = { kind = "k", weight = "n" } }
k = { make = "constant", value = "x" }
"""
    lines = 'c = { make = "copy", of = "w.word" }\nn = { make = "ordinal" }'
    assert rows_of(one_table(lines, 2, helpers, WORDS), "t", "c") == ["red", "blue"]
    with pytest.raises(Misfit, match=r"words\.csv has no row for kind = x, weight = 2"):
        rows_of(one_table(lines, 3, helpers, WORDS), "t", "c")
    optional = helpers.replace('n" } }', 'n" }, optional = true }')
    assert rows_of(one_table(lines, 3, optional, WORDS), "t", "c") == ["red", "blue", None]


def test_who_has_nothing_to_match_gets_nothing() -> None:
    helpers = 'helpers.w = { make = "pick", file = "words.csv", match = { kind = "k" } }'
    lines = 'c = { make = "copy", of = "w.kind" }\nk = { make = "constant", value = "y", nulls = 0.5 }'
    table = one_table(lines, 40, helpers, WORDS)
    assert rows_of(table, "t", "c") == rows_of(table, "t", "k")
    assert None in rows_of(table, "t", "k")


def test_texts_are_filled_from_other_columns_and_made_unique() -> None:
    lines = """
c = { make = "text", templates = ["a", "a2", "{n} {b} {f}"], unique = true }
n = { make = "constant", value = 5 }
b = { make = "constant", value = true }
f = { make = "constant", value = 1.5 }
"""
    found = rows_of(one_table(lines, 60), "t", "c")
    assert len(set(found)) == 60
    assert {"a", "a2", "5 true 1.5"} <= set(found)


def test_a_text_with_a_missing_part_is_null() -> None:
    lines = 'c = { make = "text", templates = ["<{n}>"] }\nn = { make = "constant", value = "x", nulls = 0.5 }'
    table = one_table(lines, 40)
    assert rows_of(table, "t", "c") == [n and f"<{n}>" for n in rows_of(table, "t", "n")]


def test_a_document_is_json_whatever_stands_in_it() -> None:
    lines = """
c = { make = "json", document = { a = "{t}", b = ["{n}", { c = "{f}" }], d = "plain {t}", e = "{m}" } }
t = { make = "constant", value = 'say "hi" \\ ä' }
n = { make = "ordinal" }
f = { make = "flag", share = 1.0 }
m = { make = "constant", value = 1, nulls = 1.0 }
"""
    found = [json.loads(text) for text in rows_of(one_table(lines, 2), "t", "c")]
    assert found[1] == {"a": 'say "hi" \\ ä', "b": [1, {"c": True}], "d": "plain {t}", "e": None}


def test_first_takes_the_first_that_is_there() -> None:
    lines = """
c = { make = "first", of = ["a", "b", "time"] }
a = { make = "later", lag = { dist = "fixed", value = "1h" }, share = 0.3, beyond = "allow" }
b = { make = "later", lag = { dist = "fixed", value = "2h" }, share = 0.3, beyond = "allow" }
t = { make = "first", of = ["x", "y"] }
x = { make = "constant", value = "x", nulls = 0.5 }
y = { make = "constant", value = "y", nulls = 0.5 }
"""
    table = one_table(lines, 60)
    for c, a, b, time in zip(*(rows_of(table, "t", name) for name in ("c", "a", "b", "time")), strict=True):
        assert c == (a or b or time)
    assert rows_of(table, "t", "t") == [
        x or y for x, y in zip(rows_of(table, "t", "x"), rows_of(table, "t", "y"), strict=True)
    ]
    with pytest.raises(Misfit, match="must be of one kind, not text and time"):
        rows_of(
            one_table('c = { make = "first", of = ["d", "time"] }\nd = { make = "constant", value = "x" }'), "t", "c"
        )


def test_later_times_are_squeezed_dropped_or_left_beyond_the_end() -> None:
    lag = 'lag = { dist = "fixed", value = "900d" }'
    table = one_table(
        f"""
squeezed = {{ make = "later", {lag} }}
dropped = {{ make = "later", {lag}, beyond = "null" }}
beyond = {{ make = "later", {lag}, beyond = "allow" }}
same = {{ make = "later", {lag}, beyond = "null", same = true }}
present = {{ make = "present", of = "dropped" }}
latest = {{ make = "latest", of = ["time", "dropped", "beyond"] }}
"""
    )
    end = table.definition.calendar.end
    times = rows_of(table, "t", "time")
    assert all(time < late < end for time, late in zip(times, rows_of(table, "t", "squeezed"), strict=True))
    assert set(rows_of(table, "t", "dropped")) == {None}
    assert all(late > end for late in rows_of(table, "t", "beyond"))
    assert rows_of(table, "t", "same") == times
    assert rows_of(table, "t", "present") == [False] * 5
    assert rows_of(table, "t", "latest") == rows_of(table, "t", "beyond")


def test_popularity_is_uneven_and_some_have_nothing() -> None:
    large = network(posts=3_000, people=100)
    posts = Counter(rows_of(large, "posts", "author"))
    assert len(posts) <= 80
    assert max(posts.values()) > 5 * np.median(list(posts.values()))


def test_rows_in_turn_come_one_gap_after_the_other_and_end_in_time() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.talk]
rows = {{ shape = "independent", count = 20 }}
[tables.line]
rows = {{ shape = "per", of = [{{ table = "talk", count = {{ dist = "uniform", min = 0, max = 9 }} }}] }}
time = {{ gap = {{ dist = "lognormal", median = "GAP", sigma = 1.0 }}, per = "talk" }}
"""
    for gap in ("2m", "40d"):
        made = world(text.replace("GAP", gap))
        groups: dict[int, list[int]] = {}
        for talk, at in zip(rows_of(made, "line", "talk"), rows_of(made, "line", "time"), strict=True):
            groups.setdefault(talk, []).append(at)
        assert max(map(len, groups.values())) <= 9
        assert all(max(times) <= made.definition.calendar.end for times in groups.values())
        if gap == "2m":
            assert 30e6 < np.median([b - a for times in groups.values() for a, b in zip(times, times[1:])]) < 500e6  # noqa: B905, RUF007


def test_members_can_be_chosen_in_turn_and_drawn_among_some() -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.person]
rows = {{ shape = "independent", count = 9 }}
columns.odd = {{ make = "flag", share = 0.5 }}
[tables.room]
rows = {{ shape = "independent", count = 3 }}
helpers.newest = {{ make = "aggregate", function = "last", of = "seat", by = "room" }}
columns.first = {{ make = "aggregate", function = "min", of = "seat", by = "room", value = "time" }}
columns.last = {{ make = "copy", of = "newest.time" }}
columns.most = {{ make = "aggregate", function = "max", of = "seat", by = "room", value = "time" }}
[tables.seat]
rows = {{ shape = "per", of = [{{ table = "room", count = {{ dist = "fixed", value = 3 }} }}] }}
links.person = {{ make = "draw", table = "person", among = {{ odd = true }} }}
[tables.word]
rows = {{ shape = "per", of = [{{ table = "room", count = {{ dist = "fixed", value = 6 }} }}] }}
helpers.turn = {{ make = "ordinal", per = "room" }}
helpers.seat = {{ make = "member", of = "seat", by = "room", at = "room", nth = "turn" }}
"""
    made = world(text)
    assert all(made.whole("person").value("odd").array[rows_of(made, "seat", "person")])
    seats: dict[int, list[int]] = {}
    for room, seat in zip(rows_of(made, "word", "room"), rows_of(made, "word", "seat"), strict=True):
        seats.setdefault(room, []).append(seat)
    assert all(found[:3] == found[3:] == sorted(set(found)) for found in seats.values())
    assert rows_of(made, "room", "last") == rows_of(made, "room", "most")
    assert all(a < b for a, b in zip(rows_of(made, "room", "first"), rows_of(made, "room", "last"), strict=True))


def test_the_calendar_bends_time_and_keeps_its_order() -> None:
    rhythm = (1.0,) * 8 + (9.0,) * 10 + (2.0,) * 6
    start = round(datetime(2025, 3, 1, 5, tzinfo=UTC).timestamp() * 1e6)
    calendar = Calendar(start, start + 40 * DAY, rhythm)
    instants = np.arange(calendar.opens, calendar.opens + DAY, DAY // 1000, dtype=np.int64) // STEP * STEP
    wall = calendar.wall(instants)
    assert (np.diff(wall) > 0).all()
    hours = (wall % DAY) // (3600 * 10**6)
    assert ((hours >= 8) & (hours < 18)).mean() > 0.75
    assert 0 <= calendar.wall(np.array([calendar.opens]))[0] - calendar.start < 100
    assert 0 <= calendar.end - calendar.wall(np.array([calendar.closes]))[0] < 100
    near = calendar.wall(np.arange(0, 4_000 * STEP, STEP) + instants[500])
    assert len(set(near.tolist())) == 4_000


def test_streams_are_functions_of_their_address() -> None:
    one, other = Stream("1/t/c"), Stream("1/t/d")
    span = Span(0, BLOCK + 10)
    assert (one.uniform(span) == one.uniform(span)).all()
    assert (one.uniform(span)[BLOCK:] == one.uniform(Span(BLOCK, BLOCK + 10))).all()
    assert (one.uniform(span)[:10] == one.uniform(Span(0, 10))).all()
    assert not (one.uniform(span) == other.uniform(span)).any()
    assert not (one.uniform(span) == one.aspect("x").uniform(span)).any()
    assert one.below(7, span).max() == 6
    assert one.below(0, Span(0, 3)).tolist() == [0, 0, 0]
    assert sorted(one.shuffled(100)) == list(range(100))
    assert one.normal(span).std() == pytest.approx(1, rel=0.02)


def test_known_numbers_stay_what_they_are() -> None:
    """The promise of "the same bytes" over versions of numpy and platformdb hangs on these."""
    stream = Stream("1/users/id")
    assert stream.uniform(Span(0, 2)).tolist() == KNOWN_UNIFORM
    assert stream.bits(Span(0, 2)).tolist() == KNOWN_BITS


KNOWN_UNIFORM = [0.8716145914034611, 0.1453061436624078]
KNOWN_BITS = [16078451298530570152, 2680425244478111735]


def test_numbers_are_grouped_the_same_by_table_and_by_sorting() -> None:
    for values in ([5, 3, 5, -1], [10**12, 4, 10**12], []):
        found, codes = compact(np.array(values, np.int64))
        assert found.tolist() == sorted(set(values))
        assert found[codes].tolist() == values if values else True
        assert by_code(codes).tolist() == np.argsort(np.array(values), kind="stable").tolist()
    assert ranks(np.array([7, 7, 1, 7, 1])).tolist() == [0, 1, 0, 2, 1]


def test_different_texts_are_told_apart_by_their_bytes() -> None:
    column = texts(["b", "a", "", "b", "ä"])
    assert distinct(column)[0] == ["", "a", "b", "ä"]
    assert [distinct(column)[0][code] for code in distinct(column)[1]] == ["b", "a", "", "b", "ä"]
    assert joined(column)[4] == "ä".encode()
    assert recode(column, str.upper).strings() == ["B", "A", "", "B", "Ä"]
    named, codes = keys(Column("text", column, np.array([False, True, False, False, False])))
    assert [named[code] for code in codes] == ["b", None, "", "b", "ä"]


def test_columns_know_what_they_are() -> None:
    with pytest.raises(TypeError, match="a column of kind text has no array"):
        _ = Column("text", texts(["a"])).array
    with pytest.raises(TypeError, match="of kind int is not text"):
        _ = Column("int", np.zeros(1)).texts
    nothing = Column("int", np.zeros(0, np.int64)).take(np.array([-1, -1]))
    assert nothing.missing.tolist() == [True, True]


@pytest.mark.parametrize("deepest", ["", ", deepest = 1", ", deepest = 3"])
def test_replies_go_only_so_deep_and_know_how_deep(deepest: str) -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.posts]
rows = {{ shape = "independent", count = 3 }}
[tables.comments]
rows = {{ shape = "per", of = [{{ table = "posts", link = "post", total = 300 }}] }}
[tables.comments.helpers]
parent = {{ make = "earlier", same = "post", share = 0.9{deepest} }}
[tables.comments.columns]
depth = {{ make = "depth", of = "parent" }}
above = {{ make = "copy", of = "parent.depth" }}
its_post = {{ make = "compare", left = "parent.post", op = "=", right = "post", given = ["parent"] }}
"""
    made = world(text)
    columns = (rows_of(made, "comments", name) for name in ("depth", "above", "parent"))
    for depth, above, parent in zip(*columns, strict=True):
        assert depth == (0 if parent < 0 else above + 1)
    found = max(rows_of(made, "comments", "depth"))
    assert found == int(deepest[-1]) if deepest else found > 3
    assert set(rows_of(made, "comments", "its_post")) == {True, None}


def test_depth_needs_a_link_to_earlier_rows() -> None:
    made = one_table('d = { make = "depth", of = "l" }\nl = { make = "draw", table = "t" }', 20)
    with pytest.raises(Misfit, match="'l' of t does not link to earlier rows of the same table"):
        made.whole("t").value("d")
