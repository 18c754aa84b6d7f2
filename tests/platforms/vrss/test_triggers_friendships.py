"""Friendships: a pair has exactly one row while both follow each other, whatever statement brought it about."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from platformdb.postgres.connect import Connection
from platforms.vrss.build import (
    follow,
    friendships,
    make_users,
    mutual_follows,
    unfollow,
)
from rows import count, value

INSERT_PAIRS = "INSERT INTO user_follows (follower_id, following_id) SELECT * FROM unnest(%s::uuid[], %s::uuid[])"


@pytest.fixture
def pair(conn: Connection) -> tuple[UUID, UUID]:
    """Two users, the smaller id first."""
    one, other = make_users(conn, 2)
    return one, other


@pytest.fixture
def friends(conn: Connection, pair: tuple[UUID, UUID]) -> tuple[UUID, UUID]:
    follow(conn, *pair)
    follow(conn, *reversed(pair))
    assert friendships(conn) == [pair]
    return pair


@pytest.fixture(autouse=True)
def friends_are_those_who_follow_each_other(conn: Connection) -> Iterator[None]:
    yield
    if conn.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS:
        assert friendships(conn) == mutual_follows(conn)


def follow_each_other(conn: Connection, people: tuple[UUID, ...]) -> None:
    """Everybody follows everybody, in one statement."""
    pairs = [(one, other) for one in people for other in people if one != other]
    conn.execute(INSERT_PAIRS, tuple(map(list, zip(*pairs, strict=True))))


def test_following_alone_is_no_friendship(conn: Connection, pair: tuple[UUID, UUID]) -> None:
    follow(conn, *pair)
    assert friendships(conn) == []


@pytest.mark.parametrize("first", [0, 1], ids=["smaller id first", "larger id first"])
def test_following_back_makes_one_friendship_smaller_id_first(
    conn: Connection, pair: tuple[UUID, UUID], first: int
) -> None:
    follow(conn, pair[first], pair[1 - first])
    follow(conn, pair[1 - first], pair[first])
    assert friendships(conn) == [pair]


@pytest.mark.parametrize("who", [0, 1], ids=["smaller id", "larger id"])
def test_unfollowing_ends_the_friendship(conn: Connection, friends: tuple[UUID, UUID], who: int) -> None:
    unfollow(conn, friends[who], friends[1 - who])
    assert friendships(conn) == []


def test_both_unfollowing_at_once_ends_the_friendship(conn: Connection, friends: tuple[UUID, UUID]) -> None:
    conn.execute("DELETE FROM user_follows WHERE follower_id = ANY (%s)", (list(friends),))
    assert friendships(conn) == []


def test_following_again_makes_friends_again(conn: Connection, friends: tuple[UUID, UUID]) -> None:
    unfollow(conn, *friends)
    follow(conn, *friends)
    assert friendships(conn) == [friends]


def test_following_whom_one_follows_already_does_not_double_the_friendship(
    conn: Connection, friends: tuple[UUID, UUID]
) -> None:
    conn.execute(INSERT_PAIRS + " ON CONFLICT DO NOTHING", ([friends[0]], [friends[1]]))
    assert friendships(conn) == [friends]


def test_a_friendship_that_stays_keeps_its_date(conn: Connection, friends: tuple[UUID, UUID]) -> None:
    conn.execute("UPDATE friendships SET created_at = '2020-01-01Z'")
    conn.execute(
        INSERT_PAIRS + " ON CONFLICT (follower_id, following_id) DO UPDATE SET created_at = now()",
        ([friends[0]], [friends[1]]),
    )
    assert value(conn, "SELECT extract(year FROM created_at AT TIME ZONE 'UTC')::integer FROM friendships") == 2020


def test_both_directions_in_one_statement_make_one_friendship(conn: Connection, pair: tuple[UUID, UUID]) -> None:
    follow_each_other(conn, pair)
    assert friendships(conn) == [pair]


def test_a_circle_of_five_in_one_statement_makes_ten_friendships(conn: Connection) -> None:
    follow_each_other(conn, make_users(conn, 5))
    assert count(conn, "friendships") == 10


def test_leaving_a_circle_ends_the_friendships_of_the_one_who_left(conn: Connection) -> None:
    people = make_users(conn, 5)
    follow_each_other(conn, people)
    conn.execute("DELETE FROM user_follows WHERE follower_id = %s", (people[2],))
    assert count(conn, "friendships") == 6
    assert count(conn, "friendships", user_id_1=people[2]) + count(conn, "friendships", user_id_2=people[2]) == 0


def test_following_another_instead_moves_the_friendship(conn: Connection) -> None:
    one, second, third = make_users(conn, 3)
    for follower, following in ((one, second), (second, one), (third, one)):
        follow(conn, follower, following)
    assert friendships(conn) == [(one, second)]
    conn.execute("UPDATE user_follows SET following_id = %s WHERE follower_id = %s", (third, one))
    assert friendships(conn) == [(one, third)]


def test_changing_the_date_of_a_follow_changes_no_friendship(conn: Connection, friends: tuple[UUID, UUID]) -> None:
    conn.execute("UPDATE user_follows SET created_at = created_at - interval '1 year'")
    assert friendships(conn) == [friends]


@pytest.mark.parametrize("who", [0, 1], ids=["smaller id", "larger id"])
def test_the_friendships_of_a_deleted_user_go_with_him(conn: Connection, friends: tuple[UUID, UUID], who: int) -> None:
    follow_each_other(conn, make_users(conn, 2))
    conn.execute("DELETE FROM users WHERE id = %s", (friends[who],))
    assert count(conn, "friendships") == 1


def test_a_soft_deleted_user_keeps_his_friendships(conn: Connection, friends: tuple[UUID, UUID]) -> None:
    conn.execute("UPDATE users SET deleted_at = now() WHERE id = %s", (friends[0],))
    assert friendships(conn) == [friends]


def test_copy_makes_friendships(conn: Connection) -> None:
    one, second, third = make_users(conn, 3)
    with conn.cursor() as cursor, cursor.copy("COPY user_follows (follower_id, following_id) FROM STDIN") as copy:
        for follower, following in ((one, second), (second, one), (second, third)):
            copy.write(f"{follower}\t{following}\n")
    assert friendships(conn) == [(one, second)]


def test_truncate_ends_all_friendships(conn: Connection) -> None:
    follow_each_other(conn, make_users(conn, 4))
    conn.execute("TRUNCATE user_follows")
    assert friendships(conn) == []


def test_a_follow_that_is_rolled_back_makes_no_friendship(conn: Connection, pair: tuple[UUID, UUID]) -> None:
    follow(conn, *pair)
    conn.execute("SAVEPOINT here")
    follow(conn, *reversed(pair))
    assert friendships(conn) == [pair]
    conn.execute("ROLLBACK TO SAVEPOINT here")
    assert friendships(conn) == []


def test_a_statement_that_follows_nobody_is_no_error(conn: Connection) -> None:
    conn.execute(INSERT_PAIRS, ([], []))
    conn.execute("DELETE FROM user_follows")
    assert friendships(conn) == []


def test_thousands_in_one_statement_take_few_locks(conn: Connection) -> None:
    (star,) = make_users(conn, 1)
    conn.execute(
        """
        INSERT INTO users (username, email, password_hash)
        SELECT 'fan_' || n, 'fan' || n || '@example.org', repeat('x', 20) FROM generate_series(1, 3000) AS n
        """
    )
    conn.execute(
        "INSERT INTO user_follows (follower_id, following_id) SELECT id, %s FROM users WHERE username LIKE 'fan%%'",
        (star,),
    )
    conn.execute(
        "INSERT INTO user_follows (follower_id, following_id) SELECT %s, id FROM users WHERE username LIKE 'fan%%'",
        (star,),
    )
    assert count(conn, "friendships") == 3000
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert 0 < value(conn, held) <= 1024


@pytest.mark.parametrize("statement", ["following", "unfollowing"])
def test_repeatable_read_is_refused_for_it_could_miss_a_friendship(conn: Connection, statement: str) -> None:
    conn.isolation_level = IsolationLevel.REPEATABLE_READ
    one, other = make_users(conn, 2)
    if statement == "unfollowing":
        conn.execute("SET LOCAL session_replication_role = replica")
        follow(conn, one, other)
        conn.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="REPEATABLE READ") as caught:
        follow(conn, one, other) if statement == "following" else unfollow(conn, one, other)
    assert "READ COMMITTED or SERIALIZABLE" in (caught.value.diag.message_hint or "")


def test_serializable_makes_and_ends_friendships_like_read_committed(conn: Connection) -> None:
    conn.isolation_level = IsolationLevel.SERIALIZABLE
    one, other = make_users(conn, 2)
    follow(conn, one, other)
    follow(conn, other, one)
    assert friendships(conn) == [(one, other)]
    unfollow(conn, other, one)
    assert friendships(conn) == []


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_truncating_follows_is_refused_where_the_snapshot_may_be_old(conn: Connection, level: str) -> None:
    conn.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=f"TRUNCATE user_follows .* {level}"):
        conn.execute("TRUNCATE user_follows")
