"""Race 2: many posts liked and disliked in opposite order; and the document's nightly repair, by day."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from platformdb.counters.run import check_counters, fix_counters
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platforms.vrss.build import (
    make,
    make_posts,
    make_users,
)
from rows import value, values
from together import at_the_same_instant, deadlocks, held_up

ROUNDS = 40


TO_POSTS = "FROM unnest(%s::uuid[]) AS post"
ADD = {
    "likes": f"INSERT INTO post_interactions (post_id, user_id, type) SELECT post, %s, 'like' {TO_POSTS}",
    "comments": f"INSERT INTO comments (post_id, user_id, content) SELECT post, %s, 'Yes.' {TO_POSTS}",
    "reposts": f"INSERT INTO reposts (post_id, user_id) SELECT post, %s {TO_POSTS}",
}
REMOVE = {
    "likes": "DELETE FROM post_interactions WHERE user_id = %s AND post_id = ANY (%s)",
    "comments": "DELETE FROM comments WHERE user_id = %s AND post_id = ANY (%s)",
    "reposts": "DELETE FROM reposts WHERE user_id = %s AND post_id = ANY (%s)",
}
KINDS = tuple(ADD)
OTHER_PLANS = "SET enable_hashagg = off; SET enable_hashjoin = off; SET enable_mergejoin = off"


@pytest.mark.parametrize("kind", KINDS)
def test_many_posts_in_opposite_order_neither_deadlock_nor_drift(
    busy_db: Target, admin: Connection, vrss: Platform, kind: str
) -> None:
    posts, people = make_posts(admin, 10), make_users(admin, 4)
    forth, back = list(posts), list(reversed(posts))
    before = deadlocks(busy_db)

    def reader(user: UUID, order: list[UUID], *, keeps: int) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            if order is back:
                # Another plan visits the posts in another order; nobody may rely on all plans being the same.
                conn.execute(OTHER_PLANS)
            conn.execute(ADD[kind], (user, order))
            conn.execute(REMOVE[kind], (user, order[keeps:] if number == ROUNDS - 1 else order))

        return work

    works = [reader(user, order, keeps=4) for user, order in zip(people, itertools.cycle((forth, back)))]
    at_the_same_instant(busy_db, works, rounds=ROUNDS)
    assert deadlocks(busy_db) == before
    assert check_counters(busy_db, vrss).findings == ()
    # Two kept the first four, two the last four.
    counts = values(admin, f"SELECT {kind}_count FROM posts ORDER BY id")
    assert [number for (number,) in counts] == [2, 2, 2, 2, 0, 0, 2, 2, 2, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_who_comes_second_waits_and_counts_on_top(
    busy_db: Target, admin: Connection, first: Connection, kind: str
) -> None:
    posts, people = list(make_posts(admin, 5)), make_users(admin, 2)
    first.execute(ADD[kind], (people[0], posts))
    with held_up(busy_db, first, lambda second: second.execute(ADD[kind], (people[1], posts[::-1]))) as waiting:
        first.commit()
        waiting.result()
    counts = f"SELECT array_agg({kind}_count) FROM posts"
    assert value(admin, counts) == [2] * 5
    first.execute(REMOVE[kind], (people[0], posts))
    with held_up(busy_db, first, lambda second: second.execute(REMOVE[kind], (people[1], posts[::-1]))) as waiting:
        first.commit()
        waiting.result()
    assert value(admin, counts) == [0] * 5


def test_the_same_like_twice_at_the_same_instant_counts_once(busy_db: Target, admin: Connection) -> None:
    posts, (user,) = make_posts(admin, ROUNDS), make_users(admin, 1)

    def like(conn: Connection, number: int) -> None:
        conn.execute(ADD["likes"].encode() + b" ON CONFLICT DO NOTHING", (user, [posts[number]]))

    at_the_same_instant(busy_db, [like, like, like], rounds=ROUNDS)
    assert value(admin, "SELECT array_agg(DISTINCT likes_count) FROM posts") == [1]


def test_a_like_does_not_keep_others_from_commenting_on_the_post(admin: Connection, first: Connection) -> None:
    # The count's lock must let foreign keys read the post; media, which are not counted, refer to it as well.
    (post,), (user,) = make_posts(admin, 1), make_users(admin, 1)
    first.execute(ADD["likes"], (user, [post]))
    admin.execute("SET lock_timeout = '5s'")
    make(admin, "post_media", post_id=post)
    make(admin, "post_interactions", post_id=post, type="bookmark")
    assert value(admin, "SELECT count(*) FROM post_media") == 1


# Two statements, one transaction: the update's snapshot is younger than the locks, as in the triggers. In one
# statement, with the older snapshot, the update itself was now and then one side of a deadlock.
MAKE_DRIFT = """
    SELECT 1 FROM posts ORDER BY id FOR NO KEY UPDATE;
    UPDATE posts SET likes_count = likes_count + 7, comments_count = comments_count + 5
"""


def test_repairing_waits_for_a_writer_and_counts_what_he_wrote(
    busy_db: Target, admin: Connection, first: Connection, vrss: Platform
) -> None:
    posts, (user,) = list(make_posts(admin, 3)), make_users(admin, 1)
    admin.execute(MAKE_DRIFT)
    assert len(check_counters(busy_db, vrss).findings) == 6
    first.execute(ADD["likes"], (user, posts[:2]))
    with held_up(busy_db, first, lambda _: fix_counters(busy_db, vrss, Silent())) as waiting:
        first.commit()
        assert waiting.result().ok
    assert values(admin, "SELECT likes_count, comments_count FROM posts ORDER BY id") == [(1, 0), (1, 0), (0, 0)]


def test_counters_are_right_after_repairs_while_writers_run(busy_db: Target, admin: Connection, vrss: Platform) -> None:
    posts, people = list(make_posts(admin, 25)), make_users(admin, 3)
    started, done = threading.Barrier(len(people) + 1, timeout=60), threading.Event()

    def writer(user: UUID, order: list[UUID]) -> int:
        with connect(busy_db) as conn:
            started.wait()
            turns, last = 0, False
            while not last:
                turns, last = turns + 1, done.is_set()
                for kind in ("likes", "comments"):
                    conn.execute(ADD[kind], (user, order))
                    conn.execute(REMOVE[kind], (user, order[5:] if last else order))
            return turns

    with ThreadPoolExecutor(len(people)) as pool:
        writers = [pool.submit(writer, user, posts if n % 2 else posts[::-1]) for n, user in enumerate(people)]
        started.wait()
        repaired = 0
        try:
            for _ in range(6):
                admin.execute(MAKE_DRIFT)
                repaired += fix_counters(busy_db, vrss, Silent()).data["repaired"]
        finally:
            done.set()
        assert all(future.result() >= 1 for future in writers)
    assert repaired >= 6 * len(posts)
    assert check_counters(busy_db, vrss).findings == ()
    assert value(admin, "SELECT sum(likes_count) FROM posts") == 5 * len(people)
