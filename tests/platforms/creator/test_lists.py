"""The lists of creator: pages by cursor at the same cost wherever they are, and threads as trees."""

from __future__ import annotations

import pytest

from plans import plans, rows_touched
from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from platformdb.workload.model import Query
from platformdb.workload.read import read_queries
from platforms.creator.build import make
from rows import value, values

FILL = """
    INSERT INTO posts (creator_id, title, content, status, published_at)
    SELECT %s, 'Post ' || number, 'Text.', 'published', '2026-01-01'::timestamptz + (number / 3) * interval '1 minute'
    FROM generate_series(1, 21000) AS number
"""


@pytest.fixture
def queries(platform: Platform) -> dict[str, Query]:
    return {query.name: query for query in read_queries(platform)[0]}


def asked(query: Query, *parameters: str) -> str:
    """The query with its parameters put in."""
    text = query.sql
    for number, given in enumerate(parameters, start=1):
        text = text.replace(f"${number}", f"'{given}'")
    return text


def test_page_1_000_of_the_home_list_touches_as_many_rows_as_page_1(
    conn: Connection, queries: dict[str, Query]
) -> None:
    conn.execute(FILL, (make(conn, "users").id,))
    touched = {persona: rows_touched(plan) for persona, plan in plans(conn, queries["home"])}
    assert touched == {"page_1": 20, "page_1000": 20}


def test_the_pages_of_the_home_list_follow_each_other_without_a_gap_or_a_repetition(
    seeded: Connection, queries: dict[str, Query]
) -> None:
    shown, cursor = [], value(seeded, "SELECT page_cursor('infinity')")
    while page := values(seeded, asked(queries["home"], cursor)):
        shown += [(row[5], row[0]) for row in page]
        cursor = page[-1][-1]
    listed = "SELECT published_at, id FROM posts WHERE status = 'published' AND deleted_at IS NULL AND NOT archived"
    assert shown == sorted(values(seeded, listed), reverse=True)
    assert len(shown) > 40


def test_posts_of_the_same_instant_are_not_lost_between_pages(conn: Connection, queries: dict[str, Query]) -> None:
    creator = make(conn, "users").id
    made = {make(conn, "posts", creator_id=creator).id for _ in range(45)}
    first = values(conn, asked(queries["home"], value(conn, "SELECT page_cursor('infinity')")))
    second = values(conn, asked(queries["home"], first[-1][-1]))
    third = values(conn, asked(queries["home"], second[-1][-1]))
    assert [len(page) for page in (first, second, third)] == [20, 20, 5]
    assert {row[0] for row in (*first, *second, *third)} == made


def test_a_thread_reads_as_a_tree_and_a_deleted_comment_keeps_its_place_but_not_its_words(
    conn: Connection, queries: dict[str, Query]
) -> None:
    post = make(conn, "posts").id

    def say(words: str, answered: object = None) -> object:
        return make(conn, "comments", post_id=post, content=words, parent_comment_id=answered).id

    one, two = say("one"), say("two")
    one_a = say("one a", one)
    say("two a", two)
    say("one a i", one_a)
    say("one b", one)
    conn.execute("UPDATE comments SET deleted_at = now() WHERE id = %s", (one_a,))
    cursor = "page_cursor('-infinity', '00000000-0000-0000-0000-000000000000')"
    rows = values(conn, asked(queries["thread"], str(post), value(conn, f"SELECT {cursor}")))
    assert [(row[1], row[4]) for row in rows] == [
        (0, "one"),
        (1, None),
        (2, "one a i"),
        (1, "one b"),
        (0, "two"),
        (1, "two a"),
    ]


def test_the_comments_of_an_account_that_is_gone_stay_in_their_thread(conn: Connection) -> None:
    parent = make(conn, "comments")
    make(conn, "comments", post_id=parent.post_id, parent_comment_id=parent.id)
    conn.execute("DELETE FROM users WHERE id = %s", (parent.user_id,))
    assert values(conn, "SELECT depth, user_id IS NULL FROM comments ORDER BY depth") == [(0, True), (1, False)]


def test_a_cancelled_subscription_stays_when_the_same_two_begin_again(conn: Connection) -> None:
    first = make(conn, "subscriptions")
    conn.execute("UPDATE subscriptions SET status = 'cancelled', cancelled_at = now()")
    make(conn, "subscriptions", subscriber_id=first.subscriber_id, creator_id=first.creator_id)
    assert values(conn, "SELECT status FROM subscriptions ORDER BY id") == [("cancelled",), ("active",)]


def test_a_comment_or_the_archive_is_no_change_of_the_post(conn: Connection) -> None:
    post = make(conn, "posts", created_at="2026-01-01", updated_at="2026-01-01")
    make(conn, "comments", post_id=post.id)
    conn.execute("UPDATE posts SET archived = TRUE")
    conn.execute("UPDATE users SET username = 'New_Name' WHERE id = %s", (post.creator_id,))
    assert value(conn, "SELECT updated_at FROM posts") == post.updated_at
    conn.execute("UPDATE posts SET title = 'Another'")
    assert value(conn, "SELECT updated_at FROM posts") > post.updated_at
