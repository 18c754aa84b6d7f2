"""Rows for tests: one valid row of any table with the parents it needs, and short ways to look at the outcome."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.postgres.connect import Connection
from rows import insert, values

TABLES = {
    "001": ("subscription_tiers", "users", "user_profiles", "storage_usage"),
    "002": ("posts", "post_media", "user_follows", "friendships", "post_interactions", "comments", "reposts"),
    "003": ("profile_sections", "section_content", "custom_feeds", "feed_filters", "user_lists", "list_members"),
    "004": ("conversations", "conversation_participants", "messages", "notifications", "user_subscriptions"),
}
ALL_TABLES = tuple(itertools.chain.from_iterable(TABLES.values()))

CHECK_VIOLATION = "23514"
FOREIGN_KEY_VIOLATION = "23503"
NOT_NULL_VIOLATION = "23502"
RESTRICT_VIOLATION = "23001"
UNIQUE_VIOLATION = "23505"

CASCADE, SET_NULL, RESTRICT = "CASCADE", "SET NULL", "RESTRICT"

# table, column, the table referred to, what happens when its row is deleted
REFERENCES = (
    ("user_profiles", "user_id", "users", CASCADE),
    ("storage_usage", "user_id", "users", CASCADE),
    ("posts", "user_id", "users", CASCADE),
    ("post_media", "post_id", "posts", CASCADE),
    ("post_media", "user_id", "users", CASCADE),
    ("user_follows", "follower_id", "users", CASCADE),
    ("user_follows", "following_id", "users", CASCADE),
    ("friendships", "user_id_1", "users", CASCADE),
    ("friendships", "user_id_2", "users", CASCADE),
    ("post_interactions", "post_id", "posts", CASCADE),
    ("post_interactions", "user_id", "users", CASCADE),
    ("comments", "post_id", "posts", CASCADE),
    ("comments", "user_id", "users", CASCADE),
    ("comments", "parent_comment_id", "comments", CASCADE),
    ("reposts", "post_id", "posts", CASCADE),
    ("reposts", "user_id", "users", CASCADE),
    ("profile_sections", "user_id", "users", CASCADE),
    ("section_content", "section_id", "profile_sections", CASCADE),
    ("section_content", "post_id", "posts", CASCADE),
    ("custom_feeds", "user_id", "users", CASCADE),
    ("feed_filters", "feed_id", "custom_feeds", CASCADE),
    ("user_lists", "user_id", "users", CASCADE),
    ("list_members", "list_id", "user_lists", CASCADE),
    ("list_members", "user_id", "users", CASCADE),
    ("conversations", "created_by", "users", SET_NULL),
    ("conversations", "direct_user_1", "users", CASCADE),
    ("conversations", "direct_user_2", "users", CASCADE),
    ("conversation_participants", "conversation_id", "conversations", CASCADE),
    ("conversation_participants", "user_id", "users", CASCADE),
    ("messages", "conversation_id", "conversations", CASCADE),
    ("messages", "sender_id", "users", SET_NULL),
    ("notifications", "user_id", "users", CASCADE),
    ("notifications", "actor_id", "users", CASCADE),
    ("notifications", "post_id", "posts", CASCADE),
    ("notifications", "comment_id", "comments", CASCADE),
    ("user_subscriptions", "user_id", "users", CASCADE),
    ("user_subscriptions", "tier_id", "subscription_tiers", RESTRICT),
)

_numbers = itertools.count(1)


def one(table: str) -> Callable[[Connection], UUID]:
    """Makes a row of the table when it is needed, and gives its id."""
    return lambda conn: make(conn, table).id


def numbered(pattern: str) -> Callable[[Connection], str]:
    return lambda conn: pattern.format(next(_numbers))


# What a row needs to be valid. Functions are asked only when the test gives no value of its own.
VALID: Mapping[str, Mapping[str, Any]] = {
    "subscription_tiers": {
        "slug": numbered("tier-{}"),
        "name": "Silver",
        "price_cents": 499,
        "quota_bytes": 5_000_000,
    },
    "users": {
        "username": numbered("user_{}"),
        "email": numbered("user_{}@example.org"),
        "password_hash": "$argon2id$v=19$m=65536",
    },
    "user_profiles": {"user_id": one("users"), "display_name": "Ann Example"},
    "posts": {"user_id": one("users"), "content": "Hello."},
    "post_media": {
        "post_id": one("posts"),
        "user_id": one("users"),
        "type": "image",
        "url": "https://media.example.org/1.jpg",
        "mime_type": "image/jpeg",
        "size_bytes": 1000,
    },
    "user_follows": {"follower_id": one("users"), "following_id": one("users")},
    "friendships": {"user_id_1": one("users"), "user_id_2": one("users")},
    "post_interactions": {"post_id": one("posts"), "user_id": one("users"), "type": "like"},
    "comments": {"post_id": one("posts"), "user_id": one("users"), "content": "Well said."},
    "reposts": {"post_id": one("posts"), "user_id": one("users")},
    "profile_sections": {"user_id": one("users"), "type": "about", "title": "About me", "position": 0},
    "section_content": {"section_id": one("profile_sections"), "type": "text", "body": "I paint.", "position": 0},
    "custom_feeds": {"user_id": one("users"), "name": "Birds"},
    "feed_filters": {
        "feed_id": one("custom_feeds"),
        "field": "content",
        "operator": "contains",
        "value": "heron",
        "position": 0,
    },
    "user_lists": {"user_id": one("users"), "name": "Neighbours"},
    "list_members": {"list_id": one("user_lists"), "user_id": one("users")},
    "conversations": {"type": "group", "title": "Reading circle"},
    "conversation_participants": {"conversation_id": one("conversations"), "user_id": one("users")},
    "messages": {"conversation_id": one("conversations"), "sender_id": one("users"), "content": "Tonight?"},
    "notifications": {"user_id": one("users"), "type": "system"},
    "user_subscriptions": {
        "user_id": one("users"),
        "tier_id": one("subscription_tiers"),
        "current_period_end": "2100-01-01T00:00:00Z",
    },
}


def make(conn: Connection, table: str, **values: Any) -> Any:
    """Inserts one row and returns it whole; what is not given is made valid."""
    if table == "storage_usage":
        return _made_by_trigger(conn, values)
    for column, default in VALID[table].items():
        if column not in values:
            values[column] = default(conn) if callable(default) else default
    return insert(conn, table, **values)


def _made_by_trigger(conn: Connection, values: dict[str, Any]) -> Any:
    """storage_usage comes with its user; a row of one's own takes its place."""
    user_id = values.pop("user_id", None) or make(conn, "users").id
    conn.execute("DELETE FROM storage_usage WHERE user_id = %s", (user_id,))
    return insert(conn, "storage_usage", **{"user_id": user_id, "quota_bytes": 5_000_000, **values})


def make_direct_conversation(conn: Connection, first: UUID, second: UUID) -> Any:
    lower, higher = sorted((first, second))
    return insert(conn, "conversations", type="direct", direct_user_1=lower, direct_user_2=higher)


def make_users(conn: Connection, number: int) -> tuple[UUID, ...]:
    """The ids of new users, in order."""
    return tuple(sorted(make(conn, "users").id for _ in range(number)))


def make_posts(conn: Connection, number: int) -> tuple[UUID, ...]:
    """The ids of new posts of one author, in order."""
    author = make(conn, "users").id
    return tuple(sorted(make(conn, "posts", user_id=author).id for _ in range(number)))


def follow(conn: Connection, follower: UUID, following: UUID) -> None:
    conn.execute("INSERT INTO user_follows (follower_id, following_id) VALUES (%s, %s)", (follower, following))


def unfollow(conn: Connection, follower: UUID, following: UUID) -> None:
    conn.execute("DELETE FROM user_follows WHERE follower_id = %s AND following_id = %s", (follower, following))


def friendships(conn: Connection) -> list[tuple[UUID, UUID]]:
    return values(conn, "SELECT user_id_1, user_id_2 FROM friendships ORDER BY 1, 2")


def mutual_follows(conn: Connection) -> list[tuple[UUID, UUID]]:
    """What friendships should hold."""
    return values(
        conn,
        """
        SELECT one.follower_id, one.following_id
        FROM user_follows AS one
        JOIN user_follows AS other ON (other.follower_id, other.following_id) = (one.following_id, one.follower_id)
        WHERE one.follower_id < one.following_id
        ORDER BY 1, 2
        """,
    )


def storage(conn: Connection, user_id: UUID) -> tuple[int, int]:
    """(used, quota) in bytes."""
    return values(conn, "SELECT used_bytes, quota_bytes FROM storage_usage WHERE user_id = %s", user_id)[0]


def allow_bytes(conn: Connection, user_id: UUID, quota: int) -> None:
    conn.execute("UPDATE storage_usage SET quota_bytes = %s WHERE user_id = %s", (quota, user_id))


@contextmanager
def refused(conn: Connection, sqlstate: str, constraint: str | None = None) -> Iterator[Any]:
    """The block must fail with this SQLSTATE (and constraint); the transaction can go on after it."""
    if not conn.autocommit:
        conn.execute("SAVEPOINT before_refusal")
    with pytest.raises(psycopg.Error) as caught:
        yield caught
    if not conn.autocommit:
        conn.execute("ROLLBACK TO SAVEPOINT before_refusal")
    assert (caught.value.sqlstate, caught.value.diag.constraint_name) == (sqlstate, constraint), caught.value


def nobody() -> UUID:
    """The id of a row that is not there."""
    return uuid.uuid4()
