"""Every CHECK of VRSS: what it lets in and what it keeps out, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from platformdb.postgres.connect import Connection
from platforms.vrss.build import (
    ALL_TABLES,
    CHECK_VIOLATION,
    NOT_NULL_VIOLATION,
    make,
    make_users,
    nobody,
    refused,
)
from rows import insert, values

Row = Mapping[str, Any] | Callable[[Connection], Mapping[str, Any]]
Rule = tuple[str, str, Sequence[Row], Sequence[Row]]


def column(table: str, name: str, takes: Sequence[Any], refuses: Sequence[Any]) -> Rule:
    """A CHECK of one column, called after it."""
    return table, f"{table}_{name}_check", [{name: good} for good in takes], [{name: bad} for bad in refuses]


def text(table: str, name: str, longest: int, shortest: int = 1) -> Rule:
    """A CHECK of a text's length, at both ends."""
    too_short = ["x" * (shortest - 1)] if shortest else []
    return column(table, name, ["é" * longest, "x" * shortest], ["é" * (longest + 1), *too_short])


def address(table: str, name: str, longest: int) -> Rule:
    stem = "https://a.example/"
    takes = [stem, "http://b.example", stem + "x" * (longest - len(stem))]
    refuses = ["", "a.example", "javascript:alert(1)", "ftp://a.example", stem + "x" * (longest - len(stem) + 1)]
    return column(table, name, takes, refuses)


def amount(table: str, name: str, lowest: int = 0) -> Rule:
    return column(table, name, [lowest, lowest + 1], [lowest - 1])


def choice(table: str, name: str, *known: str) -> Rule:
    return column(table, name, known, ["", known[0].upper(), "unheard-of"])


def json_object(table: str, name: str) -> Rule:
    return column(table, name, ['{"a": [1]}', "{}"], ["[]", '"text"', "1", "null"])


def two(first: str, second: str, *, same: bool = False, swapped: bool = False) -> Row:
    """Two users by these columns, the smaller id first; or swapped; or one of them twice."""

    def made(conn: Connection) -> Mapping[str, Any]:
        lower, higher = make_users(conn, 2)
        if same:
            return {first: lower, second: lower}
        return {first: higher, second: lower} if swapped else {first: lower, second: higher}

    return made


def direct(**changes: Any) -> Row:
    """A direct conversation between two, but for the changes."""
    pair = two("direct_user_1", "direct_user_2")
    return lambda conn: {"type": "direct", "title": None, **resolved(conn, pair), **changes}


def direct_between(pair: Row) -> Row:
    return lambda conn: {"type": "direct", "title": None, **resolved(conn, pair)}


def group_with_pair(conn: Connection) -> Mapping[str, Any]:
    return {"type": "group", "title": "Two", **resolved(conn, two("direct_user_1", "direct_user_2"))}


def pinned(conn: Connection) -> Mapping[str, Any]:
    return {"type": "post", "post_id": make(conn, "posts").id, "body": None}


def own_reply(conn: Connection) -> Mapping[str, Any]:
    own = nobody()
    return {"id": own, "parent_comment_id": own}


def reply(conn: Connection) -> Mapping[str, Any]:
    parent = make(conn, "comments")
    return {"parent_comment_id": parent.id, "post_id": parent.post_id}


def resolved(conn: Connection, row: Row) -> dict[str, Any]:
    return dict(row(conn) if callable(row) else row)


START, LATER, EARLIER = "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-02-01T00:00:00Z"

RULES: tuple[Rule, ...] = (
    column("subscription_tiers", "slug", ["a", "pro-2_x", "a" * 32], ["", "Pro", "2pro", "a b", "a" * 33]),
    text("subscription_tiers", "name", 64),
    amount("subscription_tiers", "price_cents"),
    column("subscription_tiers", "currency", ["EUR"], ["eur", "EURO", "E1R", ""]),
    amount("subscription_tiers", "quota_bytes"),
    column("users", "username", ["abc", "a_9", "x" * 30], ["ab", "Abc", "a-b-c", "a b c", "é" * 5, "x" * 31, "abc\n"]),
    column(
        "users",
        "email",
        ["a@b", "Ann.O'Hara+1@example.org", "x" * 242 + "@example.org"],
        ["", "ann", "@b", "a@", "a@@b", "a b@c", "x" * 243 + "@example.org"],
    ),
    column("users", "password_hash", ["x" * 20], ["", "secret", "x" * 19]),
    choice("users", "status", "active", "suspended", "deactivated"),
    text("user_profiles", "display_name", 80),
    text("user_profiles", "bio", 1000, shortest=0),
    text("user_profiles", "location", 120),
    address("user_profiles", "website", 500),
    address("user_profiles", "avatar_url", 500),
    json_object("user_profiles", "background_config"),
    json_object("user_profiles", "style_config"),
    choice("user_profiles", "visibility", "public", "followers", "private"),
    amount("storage_usage", "quota_bytes"),
    amount("storage_usage", "used_bytes"),
    choice("posts", "type", "text", "image", "video", "audio", "link"),
    text("posts", "title", 200),
    text("posts", "content", 20000, shortest=0),
    choice("posts", "status", "draft", "published", "archived"),
    choice("posts", "visibility", "public", "followers", "friends", "private"),
    amount("posts", "likes_count"),
    amount("posts", "comments_count"),
    amount("posts", "reposts_count"),
    choice("post_media", "type", "image", "video", "audio"),
    address("post_media", "url", 1000),
    column("post_media", "mime_type", ["image/svg+xml", "video/mp4"], ["", "image", "image/", "Image/JPEG", "a b/c"]),
    amount("post_media", "size_bytes"),
    amount("post_media", "width", lowest=1),
    amount("post_media", "height", lowest=1),
    text("post_media", "alt_text", 1000, shortest=0),
    amount("post_media", "position"),
    (
        "user_follows",
        "user_follows_not_self_check",
        [two("follower_id", "following_id"), two("follower_id", "following_id", swapped=True)],
        [two("follower_id", "following_id", same=True)],
    ),
    (
        "friendships",
        "friendships_ordered_check",
        [two("user_id_1", "user_id_2")],
        [two("user_id_1", "user_id_2", swapped=True), two("user_id_1", "user_id_2", same=True)],
    ),
    choice("post_interactions", "type", "like", "bookmark", "share"),
    ("comments", "comments_not_own_parent_check", [reply], [own_reply]),
    text("comments", "content", 5000),
    text("reposts", "comment", 1000),
    choice("profile_sections", "type", "about", "gallery", "links", "posts", "friends", "lists", "custom"),
    text("profile_sections", "title", 120),
    amount("profile_sections", "position"),
    (
        "section_content",
        "section_content_type_check",
        [
            {"type": "text"},
            {"type": "image", "url": "https://a.example"},
            {"type": "link", "url": "https://a.example"},
            pinned,
        ],
        [{"type": "table", "url": "https://a.example"}],
    ),
    (
        "section_content",
        "section_content_matches_type_check",
        [{"type": "text"}, {"type": "image", "url": "https://a.example", "body": None}, pinned],
        [{"type": "post"}, {"type": "text", "body": None}, {"type": "image"}, {"type": "link"}],
    ),
    text("section_content", "body", 5000),
    address("section_content", "url", 1000),
    amount("section_content", "position"),
    text("custom_feeds", "name", 80),
    text("custom_feeds", "description", 500, shortest=0),
    json_object("custom_feeds", "algorithm_config"),
    choice("feed_filters", "field", "author", "type", "content", "list", "likes_count", "age_hours"),
    choice("feed_filters", "operator", "equals", "not_equals", "contains", "greater_than", "less_than"),
    text("feed_filters", "value", 500),
    amount("feed_filters", "position"),
    text("user_lists", "name", 80),
    text("user_lists", "description", 500, shortest=0),
    ("conversations", "conversations_type_check", [{"type": "group"}, direct()], [{"type": "broadcast"}]),
    text("conversations", "title", 120),
    (
        "conversations",
        "conversations_shape_check",
        [direct(), {"type": "group"}],
        [
            direct(title="A title"),
            direct(direct_user_2=None),
            direct(direct_user_1=None),
            direct_between(two("direct_user_1", "direct_user_2", swapped=True)),
            direct_between(two("direct_user_1", "direct_user_2", same=True)),
            group_with_pair,
            {"type": "group", "title": None},
        ],
    ),
    choice("conversation_participants", "role", "owner", "admin", "member"),
    (
        "conversation_participants",
        "conversation_participants_left_at_check",
        [{"joined_at": START, "left_at": LATER}, {"joined_at": START, "left_at": START}],
        [{"joined_at": START, "left_at": EARLIER}],
    ),
    text("messages", "content", 10000),
    choice("notifications", "type", "follow", "friendship", "like", "comment", "reply", "repost", "message", "system"),
    (
        "notifications",
        "notifications_not_self_check",
        [two("user_id", "actor_id")],
        [two("user_id", "actor_id", same=True)],
    ),
    (
        "notifications",
        "notifications_read_at_check",
        [{"is_read": True, "read_at": START}, {"is_read": False}],
        [{"is_read": True}, {"is_read": False, "read_at": START}],
    ),
    (
        "user_subscriptions",
        "user_subscriptions_status_check",
        [{"status": status} for status in ("trialing", "active", "past_due", "expired")],
        [{"status": "paused"}, {"status": ""}],
    ),
    (
        "user_subscriptions",
        "user_subscriptions_period_check",
        [{"started_at": START, "current_period_end": LATER}],
        [
            {"started_at": START, "current_period_end": START},
            {"started_at": START, "current_period_end": EARLIER},
        ],
    ),
    (
        "user_subscriptions",
        "user_subscriptions_cancelled_at_check",
        [
            {"started_at": START, "status": "cancelled", "cancelled_at": LATER},
            {"started_at": START, "status": "active", "cancelled_at": LATER},
        ],
        [
            {"started_at": START, "status": "cancelled"},
            {"started_at": START, "status": "active", "cancelled_at": EARLIER},
        ],
    ),
)


@pytest.mark.parametrize(("table", "constraint", "takes", "refuses"), RULES, ids=[rule[1] for rule in RULES])
def test_check_takes_what_is_right_and_refuses_what_is_wrong(
    conn: Connection, table: str, constraint: str, takes: Sequence[Row], refuses: Sequence[Row]
) -> None:
    for row in takes:
        make(conn, table, **resolved(conn, row))
    for row in refuses:
        wrong = resolved(conn, row)
        with refused(conn, CHECK_VIOLATION, constraint):
            make(conn, table, **wrong)


def test_every_check_in_the_catalog_is_tested_here(conn: Connection) -> None:
    found = values(
        conn, "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    )
    assert {name for (name,) in found} == {constraint for _, constraint, _, _ in RULES}


@pytest.mark.parametrize("table", ALL_TABLES)
def test_what_a_row_needs_may_not_be_null(conn: Connection, table: str) -> None:
    whole = make(conn, table)._asdict()
    optional = values(
        conn,
        """
        SELECT attname FROM pg_attribute
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND NOT attnotnull
        """,
        table,
    )
    for name in set(whole) - {name for (name,) in optional}:
        with refused(conn, NOT_NULL_VIOLATION):
            insert(conn, table, **{**whole, name: None})
