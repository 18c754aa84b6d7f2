"""Whatever the seed and however few or many rows: what is generated keeps every rule."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.ropes import Texts
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World
from seeding_worlds import network, one_table, rows_of, values

FEW = st.sampled_from([0, 1, 2, 3, 7, 40])
SEEDS = st.integers(0, 2**63 - 1)


@st.composite
def networks(draw: st.DrawFn) -> World:
    people = draw(FEW)
    possible = people * (people - 1)
    follows = draw(st.integers(0, min(possible, 300)))
    return network(
        draw(SEEDS), people=people, follows=follows, posts=draw(FEW), comments=draw(FEW) * 3, likes=draw(FEW) * 4
    )


@given(networks())
def test_pairs_are_different_and_exactly_as_many_as_wanted_and_nobody_follows_himself(made: World) -> None:
    pairs = list(zip(rows_of(made, "follows", "who"), rows_of(made, "follows", "whom"), strict=True))
    wanted = made.definition.tables["follows"].rows
    assert len(pairs) == len(set(pairs)) == wanted.total  # type: ignore[attr-defined]
    assert all(who != whom for who, whom in pairs)


@given(networks())
def test_friends_are_the_ordered_mutual_pairs_since_the_later_of_the_two_follows(made: World) -> None:
    since = {
        pair: at
        for *pair_, at in zip(*(rows_of(made, "follows", n) for n in ("who_id", "whom_id", "at")), strict=True)
        for pair in [tuple(pair_)]
    }
    mutual = {(a, b): max(at, since[b, a]) for (a, b), at in since.items() if a < b and (b, a) in since}
    found = zip(*(rows_of(made, "friends", n) for n in ("low_id", "high_id", "at")), strict=True)
    assert {(low, high): at for low, high, at in found} == mutual


@given(networks())
def test_ids_are_unique_and_rise_with_time(made: World) -> None:
    for table in ("people", "posts", "comments"):
        ids, times = rows_of(made, table, "id"), rows_of(made, table, "time")
        assert ids == sorted(set(ids))
        assert times == sorted(set(times))
        assert all(identifier[6] >> 4 == 7 and identifier[8] >> 6 == 2 for identifier in ids)


@given(networks())
def test_what_refers_to_something_comes_after_it_and_before_the_end(made: World) -> None:
    calendar = made.definition.calendar
    for table, links in {
        "follows": ("who", "whom"),
        "posts": ("author",),
        "comments": ("post", "author"),
        "likes": ("post", "who"),
    }.items():
        times = rows_of(made, table, "time")
        for link in links:
            assert all(at > before for at, before in zip(times, rows_of(made, table, f"{link}.time"), strict=True))
        # A crowd at the very end may stand a few microseconds beyond it.
        assert all(calendar.start <= at <= calendar.end + 10_000 for at in times)


@given(networks())
def test_a_reply_is_later_than_what_it_replies_to_and_under_the_same_post(made: World) -> None:
    columns = (rows_of(made, "comments", n) for n in ("parent_id", "parent.post_id", "post_id", "parent.at", "at"))
    for parent, parent_post, post, parent_at, at in zip(*columns, strict=True):
        assert parent is None or (parent_post == post and parent_at < at)


@given(networks())
def test_each_likes_once_not_his_own_and_only_what_is_live(made: World) -> None:
    columns = (rows_of(made, "likes", n) for n in ("post_id", "who_id", "post.author_id", "post.status"))
    likes = list(zip(*columns, strict=True))
    assert len({like[:2] for like in likes}) == len(likes)
    assert all(who != author and status == "live" for _, who, author, status in likes)


@given(networks())
def test_counts_sums_and_extremes_agree_with_the_rows(made: World) -> None:
    posts, comments = Counter(rows_of(made, "posts", "author_id")), Counter(rows_of(made, "comments", "post_id"))
    likes = Counter(rows_of(made, "likes", "post_id"))
    words: Counter[bytes] = Counter()
    for author, number in zip(rows_of(made, "posts", "author_id"), rows_of(made, "posts", "words"), strict=True):
        words[author] += number
    people = rows_of(made, "people", "id")
    assert rows_of(made, "people", "posts") == [posts[key] for key in people]
    assert rows_of(made, "people", "words") == [words[key] for key in people]
    ids = rows_of(made, "posts", "id")
    assert rows_of(made, "posts", "likes") == [likes[key] for key in ids]
    assert rows_of(made, "posts", "comments") == [comments[key] for key in ids]
    latest: dict[bytes, int] = {}
    for post, at in zip(rows_of(made, "comments", "post_id"), rows_of(made, "comments", "at"), strict=True):
        latest[post] = max(at, latest.get(post, at))
    assert rows_of(made, "posts", "last") == [latest.get(key) for key in ids]


@given(networks())
def test_numbers_within_a_group_have_no_gaps_and_names_are_unique(made: World) -> None:
    numbers: dict[Any, list[int]] = {}
    for post, number in zip(rows_of(made, "comments", "post"), rows_of(made, "comments", "number"), strict=True):
        numbers.setdefault(post, []).append(number)
    assert all(found == list(range(len(found))) for found in numbers.values())
    names = rows_of(made, "people", "name")
    assert len(set(names)) == len(names)


@given(networks())
def test_a_column_that_depends_on_the_status_is_there_exactly_where_it_should(made: World) -> None:
    columns = (rows_of(made, "posts", n) for n in ("status", "gone_at", "at"))
    for status, gone_at, at in zip(*columns, strict=True):
        assert (gone_at is not None) == (status == "gone")
        assert gone_at is None or at < gone_at < made.definition.calendar.end


@given(SEEDS)
@settings(max_examples=5)
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(seed: int) -> None:
    assert everything(network(seed)) == everything(network(seed))
    assert everything(network(seed)) != everything(network(seed + 1))


def test_a_new_column_and_a_new_table_change_no_other() -> None:
    columns = (
        'id = { make = "uuid7" }\nn = { make = "number", spread = { dist = "uniform", min = 0, max = 1_000_000 } }'
    )
    alone = one_table(columns, 50)
    more = one_table(columns + '\nflag = { make = "flag", share = 0.5 }', 50)
    assert [rows_of(alone, "t", name) for name in ("id", "n")] == [rows_of(more, "t", name) for name in ("id", "n")]


BLOCKWISE = """
id = { make = "uuid7" }
number = { make = "ordinal", start = 1 }
some = { make = "number", spread = { dist = "lognormal", median = 20, sigma = 1.0 } }
name = { make = "copy", of = "word.word", nulls = 0.2 }
text = { make = "text", templates = ["{name} {number}", "{some}"] }
unique = { make = "text", templates = ["{word.word}"], unique = true }
other = { make = "copy", of = "drawn.word", where = { flag = true } }
flag = { make = "flag", share = 0.5 }
later = { make = "later", lag = { dist = "lognormal", median = "5d", sigma = 1.0 }, share = 0.5 }
early = { make = "compare", left = "later", op = "<", right = 2025-03-01T00:00:00Z }
half = { make = "compute", of = ["some", 2], function = "divide", decimals = 1 }
so_far = { make = "running", function = "sum", of = "some", per = "name" }
words = { make = "array", of = ["name", "other", "text"] }
lump = { make = "bytes", size = { dist = "uniform", min = 0, max = 20 } }
nonce = { make = "bytes", size = 12 }
sealed = { make = "encrypt", of = "name", nonce = "nonce", key = "dev" }
hash = { make = "digest", of = "text" }
vector = { make = "embedding", of = "name", dims = 5 }
"""
HELPERS = """
[tables.t.helpers]
word = { make = "pick", file = "words.csv" }
drawn = { make = "pick", file = "words.csv", match = { kind = "word.kind" } }
"""
WORDS = {"words.csv": "word,kind\nblue,x\nred,x\ngreen,x\noak,y\nfir,y\n"}


def test_a_block_made_alone_is_the_same_as_made_with_all_others() -> None:
    rows = 2 * BLOCK + 17
    whole, pieces = (one_table(BLOCKWISE, rows, HELPERS, WORDS) for _ in range(2))
    for name in whole.definition.tables["t"].columns:
        expected = whole.whole("t").value(name)
        for first in range(0, rows, BLOCK):
            span = Span(first, min(first + BLOCK, rows))
            assert same(pieces.block("t", span).value(name), expected.take(span.positions)), name


def same(one: Column, other: Column) -> bool:
    return one.kind == other.kind and values(one) == values(other)


def everything(made: World) -> list[list[Any]]:
    return [
        values(made.whole(table).value(column))
        for table, spec in made.definition.tables.items()
        for column in spec.columns
    ]


def test_texts_are_pieces_of_buffers_and_read_the_same() -> None:
    column = one_table('text = { make = "text", templates = ["{id} ä {id}"] }\nid = { make = "ordinal" }', 3)
    found = column.whole("t").value("text")
    assert isinstance(found.values, Texts)
    assert found.values.strings() == ["0 ä 0", "1 ä 1", "2 ä 2"]
