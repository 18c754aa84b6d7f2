"""Every trigger of creator under concurrency: by arrangement (one waits for the other) and by chance (many rounds)."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.counters.run import check_counters
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platforms.creator.build import make
from rows import count, value, values
from together import at_the_same_instant, deadlocks, held_up

ROUNDS = 25
OTHER_PLANS = "SET enable_hashagg = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
COMMENT = """
    INSERT INTO comments (post_id, post_archived, user_id, content)
    SELECT id, archived, %s, 'Yes.'
    FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place) JOIN posts USING (id)
    ORDER BY place
"""
PUBLISH = "UPDATE posts SET status = 'published', published_at = coalesce(published_at, now()) WHERE id = %s"
ARCHIVE = "UPDATE posts SET archived = TRUE WHERE id = %s"
# Some comment of a user, whichever it is.
WITHDRAW = """
    UPDATE comments SET deleted_at = now()
    WHERE id = (SELECT id FROM comments WHERE user_id = %s AND deleted_at IS NULL ORDER BY content, id LIMIT 1)
"""
MISNAMED = "SELECT count(*) FROM posts JOIN users ON users.id = creator_id WHERE creator_username <> username"
MISPLACED = """
    SELECT count(*) FROM comments JOIN posts ON posts.id = post_id WHERE post_archived <> archived
"""


def rename(creator: UUID, name: str) -> Callable[[Connection], Any]:
    return lambda conn: conn.execute("UPDATE users SET username = %s WHERE id = %s", (name, creator))


def tried_again(work: Callable[[], Any]) -> Any:
    """As a client does that meets SQLSTATE 40001; or 23503, where the post moved after all but the last look at it."""
    while True:
        try:
            return work()
        except (psycopg.errors.SerializationFailure, psycopg.errors.ForeignKeyViolation):
            continue


def make_posts(conn: Connection, number: int) -> list[UUID]:
    """The ids of new posts, in order, each of a creator of its own."""
    return sorted(make(conn, "posts").id for _ in range(number))


def test_a_post_written_during_a_rename_has_the_new_name(own_db: Target, admin: Connection, first: Connection) -> None:
    creator = make(admin, "users", role="creator").id
    rename(creator, "New_Name")(first)
    with held_up(own_db, first, lambda conn: make(conn, "posts", creator_id=creator)) as waiting:
        first.commit()
        assert waiting.result().creator_username == "New_Name"


def test_a_rename_waits_for_a_post_that_is_being_written_and_carries_it_along(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    post = make(admin, "posts")
    make(first, "posts", creator_id=post.creator_id)
    with held_up(own_db, first, rename(post.creator_id, "New_Name")) as waiting:
        first.commit()
        waiting.result()
    assert values(admin, "SELECT DISTINCT creator_username FROM posts") == [("New_Name",)]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_rename_that_could_not_see_such_a_post_is_refused(admin: Connection, first: Connection, level: str) -> None:
    creator = make(admin, "users").id
    first.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="renaming a user"):
        rename(creator, "New_Name")(first)
    first.rollback()
    assert first.execute("UPDATE users SET bio = 'Hello.' WHERE id = %s", (creator,)).rowcount == 1


def test_renames_and_comments_in_opposite_order_neither_deadlock_nor_leave_old_names(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    creators = [make(admin, "users", role="creator").id for _ in range(3)]
    posts = sorted(make(admin, "posts", creator_id=creators[n % 3]).id for n in range(24))
    admin.execute("UPDATE posts SET archived = TRUE WHERE id = ANY (%s)", (posts[::4],))
    reader = make(admin, "users").id
    before = deadlocks(own_db)

    def renaming(conn: Connection, number: int) -> None:
        conn.execute(
            "UPDATE users SET username = 'C' || %s || right(id::text, 8) WHERE id = ANY (%s)", (number, creators)
        )

    def writing(conn: Connection, number: int) -> None:
        make(conn, "posts", creator_id=creators[number % 3])

    def commenting(conn: Connection, _: int) -> None:
        conn.execute(COMMENT, (reader, posts[::-1]))

    at_the_same_instant(own_db, [renaming, writing, writing, commenting], rounds=ROUNDS)
    assert deadlocks(own_db) == before
    assert value(admin, MISNAMED) == 0
    assert check_counters(own_db, platform).findings == ()


def test_a_reply_to_a_comment_that_goes_elsewhere_meanwhile_is_refused(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    answered = make(admin, "comments")
    other = make(admin, "comments", post_id=answered.post_id)
    reply = {"post_id": answered.post_id, "parent_comment_id": answered.id}
    first.execute("UPDATE comments SET parent_comment_id = %s, depth = 1 WHERE id = %s", (other.id, answered.id))
    with held_up(own_db, first, lambda conn: make(conn, "comments", **reply)) as waiting:
        first.commit()
        error = waiting.exception()
    assert isinstance(error, psycopg.errors.ForeignKeyViolation)
    assert error.diag.constraint_name == "comments_parent_comment_id_fkey"
    assert make(admin, "comments", **reply).depth == 2


@pytest.mark.parametrize("on_disk", [range(1, 9), range(8, 0, -1)], ids=["rising", "falling"])
@pytest.mark.parametrize("what", ["rename", "comments"])
def test_posts_are_locked_in_the_order_of_their_ids_however_they_lie_on_disk(
    own_db: Target, admin: Connection, first: Connection, what: str, on_disk: range
) -> None:
    person = make(admin, "users").id
    posts = sorted(make(admin, "posts", creator_id=person, id=UUID(int=number)).id for number in on_disk)
    works = {
        "rename": rename(person, "New_Name"),
        "comments": lambda conn: conn.execute(COMMENT, (person, posts[::-1])),
    }
    first.execute("SELECT 1 FROM posts WHERE id = %s FOR NO KEY UPDATE", (posts[0],))
    with held_up(own_db, first, works[what]) as waiting:
        free = values(admin, "SELECT id FROM posts ORDER BY id FOR NO KEY UPDATE SKIP LOCKED")
        assert [post for (post,) in free] == posts[1:]
        first.commit()
        waiting.result()


def test_a_comment_on_a_post_that_is_being_archived_is_to_be_tried_again_and_then_lies_beside_it(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    (post,), reader = make_posts(admin, 1), make(admin, "users").id
    first.execute(ARCHIVE, (post,))
    with held_up(own_db, first, lambda conn: conn.execute(COMMENT, (reader, [post]))) as waiting:
        first.commit()
        assert isinstance(waiting.exception(), psycopg.errors.SerializationFailure)
    admin.execute(COMMENT, (reader, [post]))
    assert values(admin, "SELECT post_archived FROM comments") == [(True,)]
    assert value(admin, "SELECT comments_count FROM posts") == 1


def test_many_posts_commented_in_opposite_order_neither_deadlock_nor_drift(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    posts, people = make_posts(admin, 10), [make(admin, "users").id for _ in range(4)]
    forth, back = posts, posts[::-1]
    before = deadlocks(own_db)

    def reader(user: UUID, order: list[UUID]) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            if order is back:
                # Another plan visits the posts in another order; nobody may rely on all plans being the same.
                conn.execute(OTHER_PLANS)
            conn.execute(COMMENT, (user, order))
            if number < ROUNDS - 1:
                conn.execute("DELETE FROM comments WHERE user_id = %s AND post_id = ANY (%s)", (user, order))

        return work

    works = [reader(user, order) for user, order in zip(people, itertools.cycle((forth, back)), strict=False)]
    at_the_same_instant(own_db, works, rounds=ROUNDS)
    assert deadlocks(own_db) == before
    assert check_counters(own_db, platform).findings == ()
    assert values(admin, "SELECT DISTINCT comments_count FROM posts") == [(4,)]


def test_an_id_that_is_just_going_to_the_archive_cannot_be_taken_again(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    post = make(admin, "posts").id
    first.execute(ARCHIVE, (post,))
    with held_up(own_db, first, lambda conn: make(conn, "posts", id=post)) as waiting:
        first.commit()
        error = waiting.exception()
    assert isinstance(error, psycopg.errors.UniqueViolation)
    assert error.diag.constraint_name == "posts_id_key"
    assert count(admin, "posts", id=post) == 1


def test_each_of_many_comments_at_the_same_instant_is_told_once(own_db: Target, admin: Connection) -> None:
    posts, people = make_posts(admin, 3), [make(admin, "users").id for _ in range(3)]
    before = deadlocks(own_db)
    works = [
        lambda conn, _, user=user, order=posts[:: 1 - 2 * (n % 2)]: conn.execute(COMMENT, (user, order))
        for n, user in enumerate(people)
    ]
    at_the_same_instant(own_db, works, rounds=ROUNDS)
    assert deadlocks(own_db) == before
    told = "SELECT count(*), count(DISTINCT comment_id), count(DISTINCT user_id) FROM notifications"
    assert values(admin, told) == [(9 * ROUNDS, 9 * ROUNDS, 3)]


def test_of_two_who_subscribe_the_same_pair_at_the_same_instant_one_is_told(own_db: Target, admin: Connection) -> None:
    reader, creators = make(admin, "users").id, [make(admin, "users").id for _ in range(ROUNDS)]
    subscribe = "INSERT INTO subscriptions (subscriber_id, creator_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"

    def work(conn: Connection, number: int) -> None:
        conn.execute(subscribe, (reader, creators[number]))

    at_the_same_instant(own_db, [work, work, work], rounds=ROUNDS)
    assert count(admin, "subscriptions") == ROUNDS
    assert values(admin, "SELECT count(*), count(DISTINCT user_id) FROM notifications") == [(ROUNDS, ROUNDS)]


def test_a_post_published_by_two_at_the_same_instant_is_announced_once(own_db: Target, admin: Connection) -> None:
    posts = [make(admin, "posts", status="draft", published_at=None).id for _ in range(ROUNDS)]

    def work(conn: Connection, number: int) -> None:
        conn.execute(PUBLISH, (posts[number],))

    at_the_same_instant(own_db, [work, work, work], rounds=ROUNDS)
    assert values(admin, "SELECT count(*), count(DISTINCT post_id) FROM announcements") == [(ROUNDS, ROUNDS)]


def test_archiving_while_people_write_loses_and_misplaces_nothing(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    posts, people = make_posts(admin, 150), [make(admin, "users").id for _ in range(2)]
    started, done = threading.Barrier(5, timeout=60), threading.Event()
    before = deadlocks(own_db)

    def archiver() -> int:
        with connect(own_db) as conn:
            started.wait()
            while not done.is_set():
                conn.execute("CALL archive_posts('1 second', 3)")
        return 0

    def commenter(user: UUID, order: list[UUID]) -> int:
        written = 0
        with connect(own_db) as conn:
            started.wait()
            for post in order:
                written += tried_again(lambda: conn.execute(COMMENT, (user, [post])).rowcount)  # noqa: B023
                tried_again(lambda: conn.execute(WITHDRAW, (user,)))
        return written

    with ThreadPoolExecutor(4) as pool:
        archivers = [pool.submit(archiver) for _ in range(2)]
        writers = [
            pool.submit(commenter, user, order) for user, order in zip(people, (posts, posts[::-1]), strict=True)
        ]
        started.wait()
        try:
            written = sum(future.result() for future in writers)
        finally:
            done.set()
        assert [future.result() for future in archivers] == [0, 0]
    assert deadlocks(own_db) == before
    assert written == count(admin, "comments") == 300
    assert value(admin, MISPLACED) == 0
    assert check_counters(own_db, platform).findings == ()


def test_of_two_who_archive_a_post_and_change_its_id_the_second_is_refused(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    post = make(admin, "posts", published_at="2020-01-01T00:00:00Z").id
    first.execute(ARCHIVE.encode(), (post,))
    change = "UPDATE posts SET id = uuidv7() WHERE id = %s"
    with held_up(own_db, first, lambda conn: conn.execute(change.encode(), (post,))) as changing:
        first.commit()
    # It was moved; whoever looks again meets the guard.
    assert isinstance(changing.exception(), psycopg.errors.SerializationFailure)
    with pytest.raises(psycopg.errors.RestrictViolation, match="cannot be changed"):
        admin.execute(change.encode(), (post,))
