"""The seed of creator, profile dev: what people did there, as it could have happened."""

from __future__ import annotations

import tomllib

import pytest

from platform_facts import Facts
from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from rows import count, value, values

POINTS_IN_TIME = """
    SELECT c.relname, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.atttypid = 'timestamptz'::regtype AND a.attname <> 'finished_at'
"""
TEXTS = POINTS_IN_TIME.replace("timestamptz", "text")

# What could not have happened. Each query finds the rows that are wrong.
IMPOSSIBLE = {
    "a comment before its post was published": """
        SELECT comments.id FROM comments JOIN posts ON posts.id = post_id WHERE comments.created_at < posts.created_at
    """,
    "a reply before the comment it answers": """
        SELECT reply.id FROM comments AS reply JOIN comments AS answered ON answered.id = reply.parent_comment_id
        WHERE reply.created_at < answered.created_at
    """,
    "comments on what was never published": """
        SELECT id FROM posts WHERE status <> 'published' AND comments_count > 0
    """,
    "a post by somebody who is no creator": """
        SELECT posts.id FROM posts JOIN users ON users.id = creator_id WHERE role <> 'creator'
    """,
    "a subscription before either of the two was there": """
        SELECT s.id FROM subscriptions AS s JOIN users ON users.id IN (subscriber_id, creator_id)
        WHERE subscribed_at < users.created_at
    """,
    "a post under a name that is not its creator's": """
        SELECT posts.id FROM posts JOIN users ON users.id = creator_id WHERE creator_username <> username
    """,
    "a comment that does not lie beside its post": """
        SELECT comments.id FROM comments JOIN posts ON posts.id = post_id WHERE archived <> post_archived
    """,
    "a young post in the archive, or an old one outside": """
        SELECT id FROM posts
        WHERE deleted_at IS NULL AND archived <> (coalesce(published_at, 'infinity') < '2025-10-01T00:00:00Z')
    """,
    "a notification that no trigger would have made": """
        SELECT n.id FROM notifications AS n
        LEFT JOIN comments AS c ON c.id = comment_id
        LEFT JOIN comments AS answered ON answered.id = c.parent_comment_id
        LEFT JOIN posts AS p ON p.id = c.post_id
        LEFT JOIN subscriptions AS s ON s.id = subscription_id
        WHERE (n.user_id, n.actor_id) IS DISTINCT FROM CASE n.type
            WHEN 'subscription' THEN (s.creator_id, s.subscriber_id)
            WHEN 'comment' THEN (p.creator_id, c.user_id)
            ELSE (answered.user_id, c.user_id)
        END
    """,
    "a published post that was never announced": """
        SELECT id FROM posts
        WHERE status = 'published' AND NOT EXISTS (SELECT FROM announcements WHERE post_id = posts.id)
    """,
}


@pytest.mark.parametrize("fault", IMPOSSIBLE)
def test_seed_holds_nothing_impossible_such_as(seeded: Connection, fault: str) -> None:
    assert values(seeded, IMPOSSIBLE[fault]) == []


def test_nothing_happened_before_the_seeds_start_or_after_its_end(seeded: Connection, platform: Platform) -> None:
    story = tomllib.loads((platform.seeds / "seed.toml").read_text("utf-8"))
    for table, column in values(seeded, POINTS_IN_TIME):
        earliest, latest = values(seeded, f"SELECT min({column}), max({column}) FROM {table}")[0]
        assert earliest is None or story["start"] <= earliest <= latest <= story["end"], f"{table}.{column}"


def test_no_text_is_empty_or_left_as_a_template(seeded: Connection) -> None:
    for table, column in values(seeded, TEXTS):
        odd = rf"""
            SELECT {column} FROM {table}
            WHERE {column} = '' OR {column} <> btrim({column}) OR {column} ~* '[{{}}]|lorem ipsum|\\n'
        """
        assert values(seeded, odd) == [], f"{table}.{column}"


def test_a_developer_meets_every_common_case(seeded: Connection, facts: Facts) -> None:
    columns = {
        ("users", "role"): facts.enums["user_role"],
        ("posts", "status"): facts.enums["post_status"],
        ("subscriptions", "status"): facts.enums["subscription_status"],
        ("notifications", "type"): facts.enums["notification_type"],
    }
    for (table, column), labels in columns.items():
        found = value(seeded, f"SELECT array_agg(DISTINCT {column}::text) FROM {table}")
        assert set(found) == set(labels), f"{table}.{column}"
    assert {archived for (archived,) in values(seeded, "SELECT DISTINCT archived FROM posts")} == {True, False}
    assert value(seeded, "SELECT max(depth) FROM comments") >= 3


def test_some_are_far_busier_than_others(seeded: Connection) -> None:
    for column in ("posts_count", "subscribers_count"):
        found = [n for (n,) in values(seeded, f"SELECT {column} FROM creator_statistics ORDER BY 1 DESC")]
        assert found[0] >= 3 * found[len(found) // 2], column


def test_the_statistics_are_those_of_the_rows(seeded: Connection) -> None:
    before = values(seeded, "SELECT * FROM creator_statistics ORDER BY 1")
    assert len(before) == count(seeded, "users", role="creator")
    seeded.execute("SELECT refresh_creator_statistics()")
    assert values(seeded, "SELECT * FROM creator_statistics ORDER BY 1") == before
