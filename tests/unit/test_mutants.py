"""Queries made worse on purpose."""

from __future__ import annotations

import re
from pathlib import Path

import postgast
import pytest

from platformdb.project import bundled_root
from platformdb.sqltext.mutants import Mutant, MutantKind, mutants
from platformdb.sqltext.source import read_source
from platformdb.sqltext.statements import split

FEED = """
SELECT posts.id, posts.title, cursor(posts.created_at, posts.id)
FROM posts
WHERE posts.user_id = $1 AND (posts.created_at, posts.id) < (cursor_at($2), cursor_id($2))
ORDER BY posts.created_at DESC, posts.id DESC
LIMIT 20
"""
INDEXED = {"user_id", "created_at", "id"}
QUERIES = sorted(bundled_root().glob("sql/*/queries/*.sql"))


def of_kind(kind: MutantKind, sql: str, columns: set[str] = INDEXED) -> list[Mutant]:
    return [mutant for mutant in mutants(sql, columns) if mutant.kind is kind]


def places(kind: MutantKind, sql: str, columns: set[str] = INDEXED) -> list[str]:
    return [mutant.place for mutant in of_kind(kind, sql, columns)]


def used(sql: str) -> set[str]:
    return set(re.findall(r"\$\d+", sql))


def test_a_function_goes_around_each_indexed_column_that_is_compared() -> None:
    found = places(MutantKind.FUNCTION, FEED)
    assert "COALESCE(posts.user_id, posts.user_id)" in found
    assert "date_trunc('milliseconds', posts.created_at)" in found
    assert "(posts.id)::text" in found
    assert places(MutantKind.FUNCTION, FEED, {"title"}) == []


def test_a_column_that_a_subquery_is_searched_for_gets_a_function_too() -> None:
    sql = "SELECT 1 FROM posts WHERE user_id IN (SELECT following_id FROM user_follows WHERE follower_id = $1)"
    assert places(MutantKind.FUNCTION, sql, {"user_id"}) == ["COALESCE(user_id, user_id)"]


def test_each_condition_is_taken_away_once_and_the_other_stays() -> None:
    without_author, without_place = of_kind(MutantKind.MISSING, FEED)
    assert "posts.user_id = $1 OR true" in without_author.sql
    assert "cursor_id($2)) OR true" in without_place.sql
    assert "cursor_id($2)) OR true" not in without_author.sql


def test_a_condition_is_put_beside_another_that_lets_everything_through() -> None:
    assert places(MutantKind.OR, FEED) == [
        "(posts.user_id = $1) OR current_setting('app.sees_all', true) = 'on'",
        "((posts.created_at, posts.id) < (cursor_at($2), cursor_id($2))) OR "
        "current_setting('app.sees_all', true) = 'on'",
        "(posts.user_id = $1) OR $1 IS NULL",
    ]


def test_the_limit_goes() -> None:
    (mutant,) = of_kind(MutantKind.LIMIT, FEED)
    assert "LIMIT" not in mutant.sql
    assert mutant.place == "without LIMIT 20"


def test_a_limit_that_is_a_parameter_is_outdone_for_the_parameter_must_stay() -> None:
    (mutant,) = of_kind(MutantKind.LIMIT, "SELECT id FROM posts LIMIT $1")
    assert "LIMIT GREATEST($1, 9223372036854775807)" in mutant.sql


def test_the_page_behind_a_cursor_becomes_a_page_by_number() -> None:
    (mutant,) = of_kind(MutantKind.OFFSET, FEED)
    assert "cursor_id($2)) OR true" in mutant.sql
    assert "posts.user_id = $1 AND" in mutant.sql
    assert mutant.sql.endswith("LIMIT 20 OFFSET 1000")


def test_a_query_that_pages_by_number_already_gets_no_worse_that_way() -> None:
    assert of_kind(MutantKind.OFFSET, "SELECT id FROM posts ORDER BY id LIMIT 20 OFFSET 40") == []


def test_the_order_is_another() -> None:
    assert places(MutantKind.ORDER, FEED) == [
        "COALESCE(posts.created_at, posts.created_at)",
        "posts.id ASC",
        "posts.title",
    ]


def test_all_columns_are_asked_for() -> None:
    (mutant,) = of_kind(MutantKind.STAR, FEED)
    assert mutant.sql.startswith("SELECT * FROM posts")
    assert of_kind(MutantKind.STAR, "SELECT * FROM posts") == []


def test_what_would_lose_a_parameter_is_left_out() -> None:
    assert of_kind(MutantKind.STAR, "SELECT $1::int FROM posts") == []


def test_a_parameter_gets_another_type() -> None:
    assert places(MutantKind.PARAMETER, FEED) == ["($1)::numeric"]
    (turned,) = of_kind(MutantKind.PARAMETER, "SELECT 1 FROM posts WHERE $1 = user_id")
    assert turned.sql.endswith("$1::numeric = user_id")


def test_what_was_looked_up_is_searched_for() -> None:
    assert places(MutantKind.LIKE, FEED) == ["(posts.user_id)::text LIKE '%' || ($1)::text || '%'"]
    assert places(MutantKind.LIKE, "SELECT 1 FROM users WHERE name LIKE $1") == ["'%' || $1"]


def test_exists_becomes_a_count() -> None:
    sql = "SELECT id FROM posts WHERE EXISTS (SELECT 1 FROM likes WHERE post_id = posts.id AND user_id = $1)"
    (mutant,) = of_kind(MutantKind.COUNT, sql)
    assert "(SELECT count(*) FROM (SELECT 1 FROM likes WHERE" in mutant.sql
    assert mutant.sql.endswith("counted) > 0")


def test_union_all_becomes_union() -> None:
    (mutant,) = of_kind(MutantKind.UNION, "SELECT 1 UNION ALL SELECT 2")
    assert mutant.sql == "SELECT 1 UNION SELECT 2"


def test_subqueries_are_made_worse_too() -> None:
    sql = "WITH page AS (SELECT id FROM posts WHERE user_id = $1 LIMIT 5) SELECT * FROM page"
    assert {mutant.kind for mutant in mutants(sql, INDEXED)} >= {MutantKind.LIMIT, MutantKind.MISSING}


def test_names_and_texts_stay_as_they_are() -> None:
    sql = """SELECT "Weird {0} name", date_trunc('day', at) FROM "T" WHERE "User" = $1 AND at > '{a}'::text[] LIMIT 3"""
    for mutant in mutants(sql, {"User"}):
        assert '"Weird {0} name"' in mutant.sql or mutant.kind is MutantKind.STAR
        assert "'{a}'" in mutant.sql


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_every_mutant_of_a_bundled_query_parses_differs_and_keeps_the_parameters(path: Path) -> None:
    query = split(read_source(path, path.name))[-1].sql
    found = mutants(query, INDEXED)
    assert len({postgast.deparse(postgast.parse(mutant.sql)) for mutant in found}) == len(found)
    assert all(used(mutant.sql) == used(query) for mutant in found)


def test_there_are_bundled_queries() -> None:
    assert len(QUERIES) > 40
