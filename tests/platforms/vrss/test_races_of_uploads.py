"""Race 3: concurrent uploads against one quota."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.counters.run import check_counters
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platforms.vrss.build import (
    CHECK_VIOLATION,
    allow_bytes,
    make,
    make_posts,
    make_users,
    storage,
)
from rows import value
from together import at_the_same_instant, deadlocks, held_up

ROUNDS = 40


def upload(conn: Connection, user: UUID, post: UUID, size: int, position: int = 0) -> bool:
    """Whether there was room; any other refusal than the quota's is an error."""
    try:
        make(conn, "post_media", post_id=post, user_id=user, size_bytes=size, position=position)
    except psycopg.errors.CheckViolation as error:
        if str(error).startswith(f"storage quota exceeded: user {user} has "):
            return False
        raise
    else:
        return True


def stored(conn: Connection, user: UUID) -> int:
    return int(value(conn, "SELECT coalesce(sum(size_bytes), 0) FROM post_media WHERE user_id = %s", user))


def test_the_second_upload_waits_and_is_refused_with_what_is_left_then(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    (user,), posts = make_users(admin, 1), make_posts(admin, 2)
    allow_bytes(admin, user, 1000)
    make(first, "post_media", post_id=posts[0], user_id=user, size_bytes=600)

    def second_upload(second: Connection) -> Any:
        return make(second, "post_media", post_id=posts[1], user_id=user, size_bytes=500)

    with held_up(busy_db, first, second_upload) as waiting:
        first.commit()
        with pytest.raises(psycopg.errors.CheckViolation, match="has 400 bytes left, 500 asked") as caught:
            waiting.result()
    assert (caught.value.sqlstate, caught.value.diag.constraint_name) == (CHECK_VIOLATION, "storage_usage_within_quota")
    assert storage(admin, user) == (600, 1000)


def test_the_second_upload_has_room_when_the_first_one_is_given_up(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    (user,), posts = make_users(admin, 1), make_posts(admin, 2)
    allow_bytes(admin, user, 1000)
    make(first, "post_media", post_id=posts[0], user_id=user, size_bytes=600)
    with held_up(busy_db, first, lambda second: upload(second, user, posts[1], 500)) as waiting:
        first.rollback()
        assert waiting.result() is True
    assert storage(admin, user) == (500, 1000)


def test_a_quota_being_lowered_is_waited_for(busy_db: Target, admin: Connection, first: Connection) -> None:
    (user,), (post,) = make_users(admin, 1), make_posts(admin, 1)
    allow_bytes(admin, user, 1000)
    allow_bytes(first, user, 100)
    with held_up(busy_db, first, lambda second: upload(second, user, post, 500)) as waiting:
        first.commit()
        assert waiting.result() is False
    assert storage(admin, user) == (0, 100)


def test_concurrent_uploads_fill_the_quota_and_never_exceed_it(
    busy_db: Target, admin: Connection, vrss: Platform
) -> None:
    (user,), rounds, size = make_users(admin, 1), 10, 70
    posts = make_posts(admin, 4 * rounds)
    allow_bytes(admin, user, 1000)
    taken: list[bool] = []

    def uploader(offset: int) -> Callable[[Connection, int], None]:
        return lambda conn, number: taken.append(upload(conn, user, posts[offset * rounds + number], size))

    at_the_same_instant(busy_db, [uploader(offset) for offset in range(4)], rounds=rounds)
    assert (len(taken), sum(taken)) == (4 * rounds, 1000 // size)
    assert storage(admin, user) == (stored(admin, user), 1000) == (980, 1000)
    assert check_counters(busy_db, vrss).findings == ()


def test_uploads_and_deletions_at_the_same_instant_keep_the_sum(
    busy_db: Target, admin: Connection, vrss: Platform
) -> None:
    (user,), posts = make_users(admin, 1), make_posts(admin, 3)
    allow_bytes(admin, user, 1000)

    def busy(post: UUID) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            upload(conn, user, post, 400, number)
            if number % 4 != 3:
                conn.execute("DELETE FROM post_media WHERE post_id = %s", (post,))

        return work

    at_the_same_instant(busy_db, [busy(post) for post in posts[:2]], rounds=8)
    assert storage(admin, user)[0] == stored(admin, user) <= 1000
    assert check_counters(busy_db, vrss).findings == ()


def test_many_uploaders_in_opposite_order_are_no_deadlock(busy_db: Target, admin: Connection, vrss: Platform) -> None:
    people, posts = make_users(admin, 6), make_posts(admin, 2)
    before = deadlocks(busy_db)

    def album(post: UUID, order: list[UUID]) -> Callable[[Connection, int], None]:
        def work(conn: Connection, _: int) -> None:
            conn.execute(
                """
                INSERT INTO post_media (post_id, user_id, type, url, mime_type, size_bytes, position)
                SELECT %s, person, 'image', 'https://a.example/1', 'image/png', 10, place
                FROM unnest(%s::uuid[]) WITH ORDINALITY AS given (person, place)
                """,
                (post, order),
            )
            conn.execute("DELETE FROM post_media WHERE post_id = %s", (post,))

        return work

    works = [album(posts[0], list(people)), album(posts[1], list(reversed(people)))]
    at_the_same_instant(busy_db, works, rounds=ROUNDS)
    assert deadlocks(busy_db) == before
    assert check_counters(busy_db, vrss).findings == ()
