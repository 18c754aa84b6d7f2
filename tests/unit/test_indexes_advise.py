"""Candidates and choice: pure, so nothing is built here."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from platformdb.errors import Refused
from platformdb.indexes.advise.candidates import covering, definition, named, propose
from platformdb.indexes.advise.choose import Market, Names, choose
from platformdb.indexes.advise.model import Column, Index, Key, Table
from platformdb.sqltext.conditions import read_usages
from platformdb.sqltext.usages import Reading, Relations
from platformdb.sqltext.writes import updated_in

POSTS = {
    "id": "integer",
    "author_id": "integer",
    "status": "text",
    "created_at": "timestamp with time zone",
    "views": "integer",
    "tags": "text[]",
    "document": "jsonb",
    "words": "tsvector",
    "meaning": "vector",
    "title": "text",
    "order": "integer",
}
RELATIONS = Relations(
    tables={
        "public.posts": POSTS,
        "public.users": {"id": "integer", "email": "text", "name": "text"},
        "old.posts": {"id": "integer", "slug": "text"},
    },
    views={"public.shown": "SELECT id, author_id, created_at AS at FROM posts WHERE status = 'published'"},
    visible={"posts": "public.posts", "users": "public.users", "shown": "public.shown"},
)
DISTINCT = {"id": 50_000, "author_id": 900, "status": 3, "created_at": 49_000}
WIDE = {"title": 60, "document": 200}
SPELLED = {"order": '"order"'}


def table(name: str, rows: int = 50_000) -> Table:
    columns = RELATIONS.tables[name]
    return Table(
        name,
        name.removeprefix("public."),
        rows,
        tuple(Column(c, SPELLED.get(c, c), t, DISTINCT.get(c, 10), WIDE.get(c, 4)) for c, t in columns.items()),
    )


TABLES = {name: table(name) for name in RELATIONS.tables}


def read(sql: str) -> Reading:
    return read_usages(sql, RELATIONS)


def candidates(sql: str, *extensions: str, tables: Mapping[str, Table] = TABLES) -> set[str]:
    """The candidates of a query, each as what stands behind ON."""
    found = propose(read(sql).usages, tables, extensions)
    return {definition(index, tables[index.table].spelled).partition(" ON ")[2] for index in found}


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT * FROM posts WHERE author_id = $1 ORDER BY created_at DESC LIMIT 9",
         "posts (author_id, created_at DESC)"),
        ("SELECT * FROM posts WHERE author_id = $1 AND views > $2", "posts (author_id, views)"),
        ("SELECT * FROM posts WHERE status = $1 AND author_id = $2", "posts (author_id, status)"),
        ("SELECT * FROM posts WHERE views = $1 AND status = $2 AND author_id = $3", "posts (author_id, views, status)"),
        ("SELECT * FROM posts ORDER BY views DESC, id LIMIT 9", "posts (views DESC, id)"),
        ("SELECT * FROM posts ORDER BY views NULLS FIRST LIMIT 9", "posts (views NULLS FIRST)"),
        ("SELECT * FROM posts WHERE views IN (1, $1) ORDER BY id", "posts (views, id)"),
        ("SELECT * FROM posts WHERE author_id = ANY ($1)", "posts (author_id)"),
        ("SELECT * FROM posts WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 9",
         "posts (created_at DESC, id DESC)"),
        ("SELECT * FROM posts WHERE created_at BETWEEN $1 AND $2", "posts (created_at)"),
        ("SELECT max(created_at) FROM posts WHERE author_id = $1", "posts (author_id, created_at)"),
        ("SELECT status, count(*) FROM posts WHERE author_id = $1 GROUP BY status", "posts (author_id, status)"),
        ("SELECT * FROM posts WHERE \"order\" = $1", 'posts ("order")'),
        ("SELECT * FROM posts WHERE author_id = $1 AND status = 'draft'", "posts (author_id) WHERE status = 'draft'"),
        ("SELECT * FROM posts WHERE views = $1 AND title IS NOT NULL", "posts (views) WHERE title IS NOT NULL"),
        ("SELECT * FROM users WHERE lower(email) = lower($1)", "users (lower(email))"),
        ("SELECT * FROM posts WHERE author_id = $1 OR views = $2", "posts (views)"),
        ("SELECT name FROM users JOIN posts ON author_id = users.id WHERE email = $1", "posts (author_id)"),
        ("SELECT * FROM posts WHERE author_id IN (SELECT id FROM users WHERE email = $1)", "posts (author_id)"),
        ("SELECT * FROM users AS u WHERE EXISTS (SELECT FROM posts WHERE author_id = u.id)", "posts (author_id)"),
        ("SELECT * FROM users AS u, LATERAL (SELECT * FROM posts AS p WHERE author_id = u.id ORDER BY id LIMIT 3) AS l",
         "posts (author_id, id)"),
        ("WITH w AS (SELECT author_id AS a, views FROM posts) SELECT * FROM w WHERE a = $1", "posts (author_id)"),
        ("SELECT * FROM shown WHERE author_id = $1 ORDER BY at DESC LIMIT 9",
         "posts (author_id, created_at DESC) WHERE status = 'published'"),
        ("SELECT a.id FROM posts AS a JOIN posts AS b ON b.views = a.id WHERE a.title = $1", "posts (views)"),
        ("SELECT id FROM posts WHERE author_id = $1 UNION SELECT id FROM posts WHERE views = $1", "posts (views)"),
        ("DELETE FROM posts WHERE created_at < $1", "posts (created_at)"),
        ("UPDATE posts SET status = $1 WHERE author_id = $2", "posts (author_id)"),
        ("SELECT * FROM posts WHERE document @> $1", "posts USING gin (document)"),
        ("SELECT * FROM posts WHERE tags && $1", "posts USING gin (tags)"),
        ("SELECT * FROM posts WHERE words @@ to_tsquery($1)", "posts USING gin (words)"),
        ("SELECT * FROM old.posts WHERE slug = $1", "old.posts (slug)"),
    ],
)  # fmt: skip
def test_a_query_makes_a_candidate(sql: str, wanted: str) -> None:
    assert wanted in candidates(sql)


@pytest.mark.parametrize(
    ("sql", "extension", "wanted"),
    [
        ("SELECT * FROM posts WHERE title LIKE $1", "pg_trgm", "posts USING gin (title gin_trgm_ops)"),
        ("SELECT * FROM posts ORDER BY meaning <=> $1 LIMIT 9", "vector",
         "posts USING hnsw (meaning vector_cosine_ops)"),
    ],
)  # fmt: skip
def test_what_needs_an_extension_is_a_candidate_only_where_that_is_installed(
    sql: str, extension: str, wanted: str
) -> None:
    assert wanted in candidates(sql, extension)
    assert wanted not in candidates(sql)


def test_the_beginning_of_a_text_needs_the_order_of_its_characters() -> None:
    assert "posts (title text_pattern_ops)" in candidates("SELECT * FROM posts WHERE title LIKE 'abc%'")
    assert candidates("SELECT * FROM posts WHERE title LIKE '%abc'") == set()


def test_a_table_of_less_than_a_thousand_rows_makes_none() -> None:
    small = {"public.posts": table("public.posts", rows=999)}
    assert candidates("SELECT * FROM posts WHERE author_id = $1", tables=small) == set()


def test_same_named_tables_of_two_schemas_are_told_apart() -> None:
    sql = "SELECT * FROM old.posts AS o JOIN posts AS p ON p.id = o.id WHERE o.slug = $1 AND p.views = $2"
    found = candidates(sql)
    assert "old.posts (slug)" in found
    assert "posts (views)" in found
    assert not {each for each in found if each.startswith("old.posts (views")}


def test_what_the_condition_fixes_is_no_key_of_the_partial_index() -> None:
    found = candidates("SELECT id FROM posts WHERE status = 'draft' AND author_id = $1")
    assert not {each for each in found if "status" in each.partition(" WHERE ")[0] and "WHERE" in each}


def test_what_changes_with_the_clock_is_no_condition_of_an_index() -> None:
    found = candidates("SELECT id FROM posts WHERE created_at > now() AND author_id = $1")
    assert not {each for each in found if "WHERE" in each}


def test_a_few_narrow_columns_are_included_and_wide_ones_are_not() -> None:
    narrow = read("SELECT id, views FROM posts WHERE author_id = $1").usages
    wide = read("SELECT title FROM posts WHERE author_id = $1").usages
    index = Index("public.posts", (Key("author_id"),))
    assert [each.include for each in covering(index, narrow, TABLES["public.posts"])] == [("id", "views")]
    assert list(covering(index, wide, TABLES["public.posts"])) == []


def test_a_query_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read("SELECT FROM WHERE (")


def test_an_index_serves_one_that_is_its_beginning_but_not_one_over_more_rows() -> None:
    wide = Index("public.posts", (Key("author_id"), Key("created_at", descending=True)))
    assert wide.serves(Index("public.posts", (Key("author_id"),)))
    assert wide.serves(Index("public.posts", (Key("author_id", descending=True), Key("created_at"))))
    assert not wide.serves(Index("public.posts", (Key("created_at", descending=True),)))
    assert not Index("public.posts", (Key("author_id"),), predicate="x").serves(
        Index("public.posts", (Key("author_id"),))
    )


def test_names_tell_the_columns_are_not_taken_and_fit() -> None:
    index = Index("public.posts", (Key("author_id"), Key("lower(title)")))
    assert named(index, ()).name == "idx_posts_author_id_lower_title"
    assert named(index, {"idx_posts_author_id_lower_title"}).name == "idx_posts_author_id_lower_title_2"
    long = Index("public.posts", (Key("a" * 40), Key("b" * 40)))
    assert len(named(long, ()).name) == 63
    assert named(long, ()).name != named(Index("public.posts", (Key("a" * 40), Key("b" * 41))), ()).name


def test_columns_that_a_function_updates_are_seen() -> None:
    body = "BEGIN UPDATE posts SET views = views + 1, status = 'x' WHERE id = NEW.id; RETURN NEW; END"
    assert dict(updated_in(body)) == {"posts": frozenset({"views", "status"})}


# Demands read so many pages with nothing, and with the best of the candidates that are there.
def market(price: Mapping[str, float], base: list[float], served: list[dict[str, float]], weight: float = 1) -> Market:
    def measure(names: Names) -> list[float]:
        return [min((pages[n] for n in names if n in pages), default=b) for b, pages in zip(base, served, strict=True)]

    return Market(price, [weight] * len(base), measure)


def chosen(found: Market) -> set[str]:
    return set(choose(found, dict.fromkeys(found.price, "posts")))


def test_one_index_for_two_queries_is_chosen_rather_than_two() -> None:
    found = market({"a": 3, "b": 3, "both": 4}, [100, 100], [{"a": 5, "both": 6}, {"b": 5, "both": 6}])
    assert chosen(found) == {"both"}


def test_a_table_that_is_written_more_than_it_is_read_gets_none() -> None:
    served = [{"a": 5.0}]
    assert chosen(market({"a": 90}, [100], served)) == {"a"}
    assert chosen(market({"a": 96}, [100], served)) == set()


def test_how_often_a_query_is_asked_counts() -> None:
    assert chosen(market({"a": 960}, [100], [{"a": 5}], weight=1)) == set()
    assert chosen(market({"a": 960}, [100], [{"a": 5}], weight=20)) == {"a"}


def test_what_changes_no_query_by_a_tenth_is_not_proposed() -> None:
    assert chosen(market({"a": 0.1}, [100], [{"a": 91}])) == set()
    assert chosen(market({"a": 0.1}, [100], [{"a": 89}])) == {"a"}


def test_greed_is_corrected_where_two_indexes_do_what_the_best_one_did() -> None:
    """The best alone saves most of all, and is needless beside the two that serve each query better."""
    served = [{"one": 1, "best": 30}, {"two": 1, "best": 30}]
    assert chosen(market({"one": 2, "two": 2, "best": 2}, [100, 100], served)) == {"one", "two"}


def test_every_subset_of_the_finalists_is_compared_for_steps_one_by_one_do_not_reach_each() -> None:
    """Beside the best neither of the two is worth its price, and neither is worth the best's place."""
    served = [{"one": 1, "best": 30}, {"two": 1, "best": 30}]
    assert chosen(market({"one": 29.5, "two": 29.5, "best": 2}, [100, 100], served)) == {"one", "two"}


def test_what_another_index_makes_half_needless_gives_way_to_a_plainer_one() -> None:
    """The wide one is best alone; beside one of the three twins half of it is needless, and the plain one is enough."""
    twins = {f"twin{number}": 1.0 for number in range(3)}
    price = {"wide": 3, "plain": 1, **dict.fromkeys(twins, 2)}
    served = [{"wide": 5, "plain": 5}, {"wide": 40, **twins}]
    assert chosen(market(price, [100, 100], served)) == {"plain", "twin0"}


def test_a_little_gain_does_not_come_back_with_the_subsets() -> None:
    assert chosen(market({"a": 1, "little": 1}, [100, 100], [{"a": 5}, {"little": 96}])) == {"a"}


def test_of_two_that_do_the_same_the_cheaper_one_is_chosen() -> None:
    assert chosen(market({"plain": 2, "wide": 2.5}, [100], [{"plain": 5, "wide": 5}])) == {"plain"}


def test_two_that_help_only_together_are_measured_together() -> None:
    """A set's worth is not the sum of its members': a bitmap of two indexes, say."""

    def measure(names: Names) -> list[float]:
        return [10.0 if names >= {"a", "b"} else 60.0 if names else 100.0]

    assert set(choose(Market({"a": 1, "b": 1}, [1], measure), {"a": "posts", "b": "posts"})) == {"a", "b"}
