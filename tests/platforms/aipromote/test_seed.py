"""The seed, profile dev: organizations that publish, as it could have happened."""

from __future__ import annotations

import pytest

from platformdb.postgres.connect import Connection
from rows import value, values

# What could not have happened. Each query finds the rows that are wrong.
IMPOSSIBLE = {
    "a plan that is not the live subscription's": """
        SELECT users.id FROM users
        LEFT JOIN subscriptions AS s ON s.user_id = users.id AND s.status IN ('trialing', 'active', 'past_due')
        WHERE users.plan <> coalesce(s.plan, 'free')
    """,
    "more used in a month than the plan allows": """
        SELECT usage.user_id FROM usage JOIN users ON users.id = usage.user_id
        GROUP BY usage.user_id, users.plan, metric, period
        HAVING sum(amount) > plan_limit(users.plan::text, metric::text)
    """,
    "a post that was not charged": """
        SELECT id FROM scheduled_posts AS p
        WHERE NOT EXISTS (SELECT FROM usage WHERE idempotency_key = 'scheduled_post:' || p.id)
    """,
    "a post that went out before its content was approved": """
        SELECT p.id FROM scheduled_posts AS p JOIN content_pieces AS c ON c.id = p.content_piece_id
        WHERE p.status IN ('scheduled', 'queued', 'published', 'failed')
          AND (c.status <> 'approved' OR c.approved_at > p.scheduled_at)
    """,
    "a post that waits although its content is approved": """
        SELECT p.id FROM scheduled_posts AS p JOIN content_pieces AS c ON c.id = p.content_piece_id
        WHERE p.status = 'pending' AND c.status = 'approved'
    """,
    "a post on an account that had been revoked": """
        SELECT p.id FROM scheduled_posts AS p JOIN social_accounts AS a ON a.id = p.social_account_id
        WHERE p.status <> 'cancelled' AND p.status <> 'pending' AND a.revoked_at < p.scheduled_at
    """,
    "a post that was published before its time": "SELECT id FROM scheduled_posts WHERE published_at < scheduled_at",
    "a post in the queue without a job": "SELECT id FROM stray_posts",
    "a failed post without its dead letter": """
        SELECT id FROM scheduled_posts AS p
        WHERE status = 'failed' AND NOT EXISTS (SELECT FROM dead_jobs WHERE dead_jobs.id = p.job_id)
    """,
    "a job about a post that is not there": """
        SELECT id FROM jobs
        WHERE payload ? 'scheduled_post_id'
          AND NOT EXISTS (SELECT FROM scheduled_posts AS p WHERE p.id = (payload ->> 'scheduled_post_id')::uuid)
    """,
    "figures of a day before the post was out": """
        SELECT a.id FROM analytics AS a JOIN scheduled_posts AS p ON p.id = scheduled_post_id
        WHERE p.published_at IS NULL OR a.metric_date < (p.published_at AT TIME ZONE 'UTC')::date
    """,
    "a week's best post that is of another week": """
        SELECT w.id FROM weekly_summaries AS w JOIN scheduled_posts AS p ON p.id = top_post_id
        WHERE p.published_at < w.week_start OR p.published_at >= w.week_start + 7
    """,
    "an approval without somebody who approved": """
        SELECT id FROM content_pieces WHERE status = 'approved' AND approved_by IS NULL
    """,
    "an audit row about something that is not there": """
        SELECT a.id FROM audit_log AS a WHERE table_name = 'content_pieces'
            AND NOT EXISTS (SELECT FROM content_pieces WHERE id::text = object_id)
    """,
    "an account that is encrypted with a key retired before it was connected": """
        SELECT a.id FROM social_accounts AS a JOIN encryption_keys AS k ON k.id = key_id
        WHERE connected_at > retired_at
    """,
}


@pytest.mark.parametrize("fault", IMPOSSIBLE)
def test_seed_holds_nothing_impossible_such_as(seeded: Connection, fault: str) -> None:
    assert values(seeded, IMPOSSIBLE[fault]) == []


@pytest.mark.parametrize(
    ("table", "column", "expected"),
    [
        ("users", "plan", {"free", "starter", "growth", "scale"}),
        ("content_pieces", "status", {"draft", "in_review", "approved", "rejected", "archived"}),
        ("scheduled_posts", "status", {"pending", "scheduled", "published", "failed", "cancelled"}),
        ("social_accounts", "platform", {"linkedin", "instagram", "x"}),
        ("usage", "metric", {"content_generations", "strategy_generations", "scheduled_posts", "ai_tokens"}),
        ("social_accounts", "key_id", {"local-2025", "local-2026", None}),
    ],
)
def test_a_developer_meets_every_common_case(
    seeded: Connection, table: str, column: str, expected: set[object]
) -> None:
    found = {kind for (kind,) in values(seeded, f"SELECT DISTINCT {column} FROM {table}")}
    assert found >= expected


def test_addresses_belong_to_nobody(seeded: Connection) -> None:
    real = r"SELECT email FROM users WHERE email !~ '@([a-z.-]+\.)?example\.(com|org|net)$'"
    assert values(seeded, real) == []


def test_some_have_far_more_to_say_than_others(seeded: Connection) -> None:
    per_organization = "SELECT count(*) FROM content_pieces GROUP BY organization_id ORDER BY 1 DESC"
    found = [number for (number,) in values(seeded, per_organization)]
    assert found[0] >= 3 * found[len(found) // 2]


def test_the_triggers_go_on_from_what_the_seed_has_left(seeded: Connection) -> None:
    series, pieces = values(seeded, "SELECT id, pieces_count FROM series ORDER BY pieces_count DESC LIMIT 1")[0]
    assert pieces > 0
    seeded.execute("UPDATE content_pieces SET deleted_at = now() WHERE series_id = %s", (series,))
    assert value(seeded, "SELECT pieces_count FROM series WHERE id = %s", series) == 0
    waiting = value(seeded, "SELECT count(*) FROM scheduled_posts WHERE status = 'scheduled' AND scheduled_at <= now()")
    assert value(seeded, "SELECT enqueue_due_posts()") == waiting
