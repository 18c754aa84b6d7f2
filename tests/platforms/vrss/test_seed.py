"""The seed, profile dev: the document's 20 users and what they did, as it could have happened."""

from __future__ import annotations

import tomllib
from datetime import datetime
from typing import Any

import pytest

from platformdb.contracts.run import check_contracts
from platformdb.counters.run import check_counters
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from platforms.vrss.build import (
    ALL_TABLES,
    REFERENCES,
    friendships,
    mutual_follows,
)
from rows import count, value, values

POINTS_IN_TIME = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND column_name <> 'current_period_end'
    ORDER BY 1, 2
"""

TEXTS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'text' AND (table_name, column_name) <> ('user_profiles', 'bio')
    ORDER BY 1, 2
"""

# What could not have happened. Each query finds the rows that are wrong.
IMPOSSIBLE = {
    "a reply before the comment it answers": """
        SELECT reply.id FROM comments AS reply JOIN comments AS answered ON answered.id = reply.parent_comment_id
        WHERE reply.created_at <= answered.created_at
    """,
    "a comment before its post": """
        SELECT comments.id FROM comments JOIN posts ON posts.id = post_id WHERE comments.created_at <= posts.created_at
    """,
    "a like before its post": """
        SELECT i.id FROM post_interactions AS i JOIN posts ON posts.id = post_id WHERE i.created_at <= posts.created_at
    """,
    "a like of one's own post": """
        SELECT i.id FROM post_interactions AS i JOIN posts ON posts.id = post_id WHERE i.user_id = posts.user_id
    """,
    "a repost of one's own post": """
        SELECT r.id FROM reposts AS r JOIN posts ON posts.id = post_id WHERE r.user_id = posts.user_id
    """,
    "anything done to a draft": """
        SELECT id FROM posts WHERE status = 'draft' AND likes_count + comments_count + reposts_count > 0
    """,
    "a text post with media": """
        SELECT post_media.id FROM post_media JOIN posts ON posts.id = post_id WHERE posts.type NOT IN
            ('image', 'video', 'audio') OR post_media.type <> posts.type
    """,
    "a post of pictures without any": """
        SELECT id FROM posts WHERE type IN ('image', 'video', 'audio')
            AND NOT EXISTS (SELECT FROM post_media WHERE post_id = posts.id)
    """,
    "media that do not begin at position 0 or leave one out": """
        SELECT post_id FROM post_media GROUP BY post_id
        HAVING min(position) <> 0 OR max(position) <> count(*) - 1
    """,
    "media uploaded by another than the author": """
        SELECT m.id FROM post_media AS m JOIN posts ON posts.id = post_id WHERE m.user_id <> posts.user_id
    """,
    "a friendship older than one of its follows": """
        SELECT f.user_id_1 FROM friendships AS f JOIN user_follows AS u
            ON (u.follower_id, u.following_id) IN ((f.user_id_1, f.user_id_2), (f.user_id_2, f.user_id_1))
        WHERE f.created_at < u.created_at
    """,
    "a user above his quota": "SELECT user_id FROM storage_usage WHERE used_bytes > quota_bytes",
    "a quota that is not the tier's": """
        SELECT u.user_id FROM storage_usage AS u
        WHERE NOT EXISTS (
            SELECT FROM user_subscriptions AS s JOIN subscription_tiers AS t ON t.id = s.tier_id
            WHERE s.user_id = u.user_id AND t.quota_bytes = u.quota_bytes
        )
    """,
    "a user without a profile": """
        SELECT id FROM users WHERE NOT EXISTS (SELECT FROM user_profiles WHERE user_id = users.id)
    """,
    "a user without a subscription": """
        SELECT id FROM users WHERE NOT EXISTS (SELECT FROM user_subscriptions WHERE user_id = users.id)
    """,
    "a message of one who does not take part": """
        SELECT id FROM messages WHERE sender_id IS NULL OR NOT EXISTS (
            SELECT FROM conversation_participants AS p
            WHERE p.conversation_id = messages.conversation_id AND p.user_id = sender_id
              AND p.joined_at <= messages.created_at AND (p.left_at IS NULL OR p.left_at >= messages.created_at)
        )
    """,
    "a direct conversation that is not between its two": """
        SELECT c.id FROM conversations AS c JOIN conversation_participants AS p ON p.conversation_id = c.id
        WHERE c.type = 'direct' GROUP BY c.id
        HAVING array_agg(p.user_id ORDER BY p.user_id) <> ARRAY[c.direct_user_1, c.direct_user_2]
    """,
    "a group of fewer than three, or without its one owner": """
        SELECT c.id FROM conversations AS c LEFT JOIN conversation_participants AS p ON p.conversation_id = c.id
        WHERE c.type = 'group' GROUP BY c.id
        HAVING count(*) < 3 OR count(*) FILTER (WHERE role = 'owner') <> 1
    """,
    "a conversation without messages": """
        SELECT id FROM conversations WHERE NOT EXISTS (SELECT FROM messages WHERE conversation_id = conversations.id)
    """,
    "a notification read before it came": "SELECT id FROM notifications WHERE read_at < created_at",
    "a notification of a like that is not there": """
        SELECT id FROM notifications AS n WHERE type = 'like' AND NOT EXISTS (
            SELECT FROM post_interactions WHERE post_id = n.post_id AND user_id = n.actor_id AND type = 'like'
        )
    """,
    "a notification of a follow that is not there": """
        SELECT id FROM notifications AS n WHERE type = 'follow'
            AND NOT EXISTS (SELECT FROM user_follows WHERE follower_id = n.actor_id AND following_id = n.user_id)
    """,
    "a notification of a comment by another": """
        SELECT n.id FROM notifications AS n LEFT JOIN comments AS c ON c.id = n.comment_id
        WHERE n.type IN ('comment', 'reply') AND (c.user_id, c.post_id) IS DISTINCT FROM (n.actor_id, n.post_id)
    """,
    "a list with its keeper on it": """
        SELECT list_id FROM list_members JOIN user_lists ON user_lists.id = list_id
        WHERE list_members.user_id = user_lists.user_id
    """,
    "changed before it was made": " UNION ALL ".join(
        f"SELECT created_at FROM {table} WHERE updated_at < created_at"
        for table in ("users", "user_profiles", "posts", "comments", "messages", "conversations", "user_lists")
    ),
    "deleted before it was made": " UNION ALL ".join(
        f"SELECT created_at FROM {table} WHERE deleted_at < created_at"
        for table in ("users", "posts", "comments", "messages")
    ),
}

AT_LEAST = {
    "users": 20,
    "posts": 100,
    "post_media": 20,
    "user_follows": 60,
    "friendships": 10,
    "post_interactions": 200,
    "comments": 100,
    "reposts": 20,
    "messages": 50,
    "notifications": 100,
    "subscription_tiers": 3,
    "user_profiles": 20,
    "storage_usage": 20,
}


def calendar(vrss: Platform) -> tuple[datetime, datetime]:
    """When the seed's story starts and ends."""
    found = tomllib.loads((vrss.seeds / "seed.toml").read_text("utf-8"))
    return found["start"], found["end"]


def digests(target: Target) -> dict[str, str]:
    """A digest of each table's rows, in an order that does not depend on how they lie on disk."""
    with connect(target) as conn:
        return {
            table: value(conn, f"SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {table} AS t")
            for table in ALL_TABLES
        }


def seed_into(target: Target, vrss: Platform, number: int, *, replace: bool = False) -> Any:
    with connect(target) as connection:
        return seed(connection, vrss, Request(seed=number, existing=Existing.REPLACE if replace else Existing.REFUSE))


@pytest.mark.parametrize("table", ALL_TABLES)
def test_no_table_is_empty(seeded: Connection, table: str) -> None:
    assert count(seeded, table) >= AT_LEAST.get(table, 4)


def test_there_are_the_documents_twenty_users(seeded: Connection) -> None:
    assert count(seeded, "users") == 20


def test_the_tiers_begin_with_a_free_default_and_rise_in_price_and_room(seeded: Connection) -> None:
    tiers = values(seeded, "SELECT price_cents, quota_bytes, is_default FROM subscription_tiers ORDER BY price_cents")
    assert (tiers[0][0], [default for _, _, default in tiers].count(True)) == (0, 1)
    assert tiers[0][2]
    assert [room for _, room, _ in tiers] == sorted({room for _, room, _ in tiers})


@pytest.mark.parametrize("fault", IMPOSSIBLE)
def test_seed_holds_nothing_impossible_such_as(seeded: Connection, fault: str) -> None:
    assert values(seeded, IMPOSSIBLE[fault]) == []


@pytest.mark.parametrize(
    ("table", "column", "parent"),
    [reference[:3] for reference in REFERENCES if reference[0] != "conversation_participants"],
    ids=[f"{table}.{column}" for table, column, *_ in REFERENCES if table != "conversation_participants"],
)
def test_no_row_is_older_than_what_it_refers_to(seeded: Connection, table: str, column: str, parent: str) -> None:
    older = f"SELECT c.* FROM {table} AS c JOIN {parent} AS p ON p.id = c.{column} WHERE c.created_at < p.created_at"
    assert values(seeded, older) == []


def test_nothing_happened_after_the_seeds_end_or_before_its_start(seeded: Connection, vrss: Platform) -> None:
    for table, column in values(seeded, POINTS_IN_TIME):
        latest = value(seeded, f"SELECT max({column}) FROM {table}")
        assert latest is None or latest <= calendar(vrss)[1], f"{table}.{column}"
    assert (
        value(seeded, "SELECT min(created_at) FROM users")
        >= tomllib.loads((vrss.seeds / "seed.toml").read_text("utf-8"))["start"]
    )


def test_no_text_is_empty_or_left_as_a_template(seeded: Connection) -> None:
    for table, column in values(seeded, TEXTS):
        odd = f"""
            SELECT {column} FROM {table}
            WHERE {column} = '' OR {column} <> btrim({column}) OR {column} ~* '[{{}}]|lorem ipsum'
        """
        assert values(seeded, odd) == [], f"{table}.{column}"


def test_no_two_users_share_a_name_or_an_address(seeded: Connection) -> None:
    for column in ("username", "lower(email)"):
        assert value(seeded, f"SELECT count(DISTINCT {column}) FROM users") == count(seeded, "users")
    assert value(seeded, "SELECT count(DISTINCT display_name) FROM user_profiles") >= 18


def test_addresses_belong_to_nobody(seeded: Connection) -> None:
    real = r"SELECT email FROM users WHERE email !~ '@example\.(com|org|net)$'"
    assert values(seeded, real) == []


def test_posts_do_not_repeat_each_other(seeded: Connection) -> None:
    assert value(seeded, "SELECT count(DISTINCT content)::float / count(*) FROM posts") > 0.5


def test_ids_follow_the_time_of_their_rows(seeded: Connection) -> None:
    dated = values(seeded, "SELECT id, floor(extract(epoch FROM created_at) * 1000)::bigint FROM posts")
    assert all(key.version == 7 and key.int >> 80 == milliseconds for key, milliseconds in dated)


def test_threads_go_deeper_than_one_reply(seeded: Connection) -> None:
    depth = """
        WITH RECURSIVE thread AS (
            SELECT id, 0 AS depth FROM comments WHERE parent_comment_id IS NULL
            UNION ALL
            SELECT comments.id, depth + 1 FROM comments JOIN thread ON thread.id = parent_comment_id
        )
        SELECT max(depth), count(*) FROM thread
    """
    assert values(seeded, depth)[0][0] >= 2
    assert values(seeded, depth)[0][1] == count(seeded, "comments")


def test_friends_are_exactly_those_who_follow_each_other(seeded: Connection) -> None:
    assert friendships(seeded) == mutual_follows(seeded)
    assert len(friendships(seeded)) < count(seeded, "user_follows") / 2


def test_there_are_direct_and_group_conversations_with_messages_of_several(seeded: Connection) -> None:
    talkers = """
        SELECT type, max(senders) FROM (
            SELECT c.type, count(DISTINCT sender_id) AS senders
            FROM conversations AS c JOIN messages ON conversation_id = c.id GROUP BY c.id
        ) AS talks GROUP BY type
    """
    found = dict(values(seeded, talkers))
    assert found["direct"] == 2
    assert found["group"] >= 3


@pytest.mark.parametrize(
    ("table", "column", "expected"),
    [
        ("posts", "type", {"text", "image", "video", "link"}),
        ("posts", "status", {"published", "draft"}),
        ("posts", "visibility", {"public", "followers", "friends"}),
        ("post_interactions", "type", {"like", "bookmark", "share"}),
        ("conversations", "type", {"direct", "group"}),
        ("notifications", "is_read", {True, False}),
        ("notifications", "type", {"follow", "friendship", "like", "comment", "reply", "repost", "message", "system"}),
        ("user_subscriptions", "status", {"active", "cancelled"}),
    ],
)
def test_a_developer_meets_every_common_case(
    seeded: Connection, table: str, column: str, expected: set[object]
) -> None:
    found = {kind for (kind,) in values(seeded, f"SELECT DISTINCT {column} FROM {table}")}
    assert found >= expected


def test_some_are_far_busier_than_others(seeded: Connection) -> None:
    followers = "SELECT count(*) FROM user_follows GROUP BY following_id ORDER BY 1 DESC"
    found = [number for (number,) in values(seeded, followers)]
    assert found[0] >= 2 * found[len(found) // 2]


def test_no_counter_has_drifted(shared_seed: Target, vrss: Platform) -> None:
    assert check_counters(shared_seed, vrss).findings == ()


def test_every_document_keeps_its_contract(shared_seed: Target, vrss: Platform) -> None:
    report = check_contracts(shared_seed, vrss)
    assert report.findings == ()
    assert all(number > 0 for number in report.data["documents"].values())


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(
    vrss_db: Target, shared_seed: Target, vrss: Platform
) -> None:
    assert seed_into(vrss_db, vrss, 1).ok
    first = digests(vrss_db)
    assert first == digests(shared_seed)
    assert seed_into(vrss_db, vrss, 2, replace=True).ok
    other = digests(vrss_db)
    assert {table for table in ALL_TABLES if other[table] != first[table]} >= {"users", "posts", "messages"}
    assert check_counters(vrss_db, vrss).findings == ()


def test_seeding_again_changes_nothing(seeded_db: Target, vrss: Platform) -> None:
    before = digests(seeded_db)
    again = seed_into(seeded_db, vrss, 1)
    assert (again.ok, again.steps, again.data["changed"]) == (True, (), False)
    assert digests(seeded_db) == before


@pytest.mark.newest_server
def test_profile_ci_drifts_nowhere_and_keeps_every_contract(vrss_db: Target, vrss: Platform) -> None:
    with connect(vrss_db) as connection:
        assert seed(connection, vrss, Request(profile="ci")).data["rows"] > 250_000
        assert value(connection, "SELECT count(*) FROM users") == 2_000
    assert check_counters(vrss_db, vrss).findings == ()
    assert check_contracts(vrss_db, vrss).findings == ()


def test_the_triggers_go_on_from_what_the_seed_has_left(seeded: Connection) -> None:
    post, likes = values(seeded, "SELECT id, likes_count FROM posts ORDER BY likes_count DESC LIMIT 1")[0]
    seeded.execute("DELETE FROM post_interactions WHERE post_id = %s AND type = 'like'", (post,))
    assert likes > 0
    assert value(seeded, "SELECT likes_count FROM posts WHERE id = %s", post) == 0
    seeded.execute("DELETE FROM user_follows")
    assert friendships(seeded) == []
