"""Race 1: two follow or unfollow each other at the same instant, and neither transaction sees the other's row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from psycopg import IsolationLevel

from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platforms.vrss.build import (
    follow,
    friendships,
    make_users,
    mutual_follows,
    unfollow,
)
from together import at_the_same_instant, deadlocks, held_up

ROUNDS = 40


def pairs_of_users(conn: Connection, number: int) -> list[tuple[UUID, UUID]]:
    people = make_users(conn, 2 * number)
    return list(zip(people[:number], people[number:], strict=True))


def went_through(conn: Connection, work: Callable[[], object]) -> bool:
    try:
        with conn.transaction():
            work()
    except psycopg.errors.SerializationFailure:
        return False
    else:
        return True


def test_who_follows_back_waits_for_the_other_and_then_sees_him(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    one, other = make_users(admin, 2)
    follow(first, one, other)
    with held_up(busy_db, first, lambda second: follow(second, other, one)) as waiting:
        first.commit()
        waiting.result()
    assert friendships(admin) == [(one, other)]


def test_who_follows_back_one_who_changes_his_mind_makes_no_friend(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    one, other = make_users(admin, 2)
    follow(first, one, other)
    with held_up(busy_db, first, lambda second: follow(second, other, one)) as waiting:
        first.rollback()
        waiting.result()
    assert friendships(admin) == []


def test_who_follows_back_one_who_just_unfollows_makes_no_friend(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    one, other = make_users(admin, 2)
    follow(admin, one, other)
    unfollow(first, one, other)
    with held_up(busy_db, first, lambda second: follow(second, other, one)) as waiting:
        first.commit()
        waiting.result()
    assert friendships(admin) == mutual_follows(admin) == []


def test_who_unfollows_one_who_just_follows_back_leaves_no_friendship(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    one, other = make_users(admin, 2)
    follow(admin, one, other)
    follow(first, other, one)
    with held_up(busy_db, first, lambda second: unfollow(second, one, other)) as waiting:
        first.commit()
        waiting.result()
    assert friendships(admin) == mutual_follows(admin) == []


def test_strangers_do_not_wait_for_each_other(admin: Connection, first: Connection) -> None:
    # Two pairs share one of 1024 locks once in a while; of eight pairs, most do not.
    pairs = pairs_of_users(admin, 8)
    follow(first, *pairs[0])
    admin.execute("SET lock_timeout = '20ms'")
    went_on = 0
    for pair in pairs[1:]:
        try:
            follow(admin, *pair)
            went_on += 1
        except psycopg.errors.LockNotAvailable:
            continue
    assert went_on >= 5


def test_two_who_follow_each_other_at_the_same_instant_become_friends_once(busy_db: Target, admin: Connection) -> None:
    pairs = pairs_of_users(admin, ROUNDS)
    at_the_same_instant(
        busy_db,
        [
            lambda conn, number: follow(conn, *pairs[number]),
            lambda conn, number: follow(conn, *reversed(pairs[number])),
        ],
        rounds=ROUNDS,
    )
    assert friendships(admin) == sorted(pairs)
    for one, other in pairs:
        unfollow(admin, one, other)
    assert friendships(admin) == []


def test_two_who_unfollow_each_other_at_the_same_instant_are_friends_no_more(
    busy_db: Target, admin: Connection
) -> None:
    pairs = pairs_of_users(admin, ROUNDS)
    for one, other in pairs:
        follow(admin, one, other)
        follow(admin, other, one)
    assert len(friendships(admin)) == ROUNDS
    at_the_same_instant(
        busy_db,
        [
            lambda conn, number: unfollow(conn, *pairs[number]),
            lambda conn, number: unfollow(conn, *reversed(pairs[number])),
        ],
        rounds=ROUNDS,
    )
    assert friendships(admin) == []


def test_following_and_unfollowing_at_the_same_instant_leaves_no_friendship_behind(
    busy_db: Target, admin: Connection
) -> None:
    pairs = pairs_of_users(admin, ROUNDS)
    for one, other in pairs:
        follow(admin, one, other)
    at_the_same_instant(
        busy_db,
        [
            lambda conn, number: unfollow(conn, *pairs[number]),
            lambda conn, number: follow(conn, *reversed(pairs[number])),
        ],
        rounds=ROUNDS,
    )
    assert friendships(admin) == mutual_follows(admin) == []


def test_serializable_transactions_become_friends_once_when_the_loser_retries(
    busy_db: Target, admin: Connection
) -> None:
    pairs = pairs_of_users(admin, ROUNDS)

    def insistent(pair_of: Callable[[int], Any]) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            conn.isolation_level = IsolationLevel.SERIALIZABLE
            while not went_through(conn, lambda: follow(conn, *pair_of(number))):
                pass

        return work

    both = [insistent(lambda number: pairs[number]), insistent(lambda number: reversed(pairs[number]))]
    at_the_same_instant(busy_db, both, rounds=ROUNDS)
    assert friendships(admin) == sorted(pairs)


def test_many_followed_in_opposite_order_is_no_deadlock(busy_db: Target, admin: Connection) -> None:
    people = make_users(admin, 12)
    before = deadlocks(busy_db)

    def everybody(conn: Connection, order: tuple[UUID, ...]) -> None:
        followers = list(order[::2])
        conn.execute(
            """
            INSERT INTO user_follows (follower_id, following_id)
            SELECT one, other
            FROM unnest(%s::uuid[]) WITH ORDINALITY AS followers (one, place),
                 unnest(%s::uuid[]) WITH ORDINALITY AS followed (other, next_place)
            WHERE one <> other
            ORDER BY place, next_place
            """,
            (followers, list(order)),
        )
        conn.execute("DELETE FROM user_follows WHERE follower_id = ANY (%s)", (followers,))

    forth, back = people, tuple(reversed(people))
    works = [lambda conn, _: everybody(conn, forth), lambda conn, _: everybody(conn, back)]
    at_the_same_instant(busy_db, works, rounds=10)
    assert deadlocks(busy_db) == before
    assert friendships(admin) == mutual_follows(admin) == []
