"""The seed of community as it could have happened: nothing in it contradicts the rest."""

from __future__ import annotations

import pytest

from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from platformdb.workload.read import read_queries
from rows import values

# What could not have happened. Each query finds the rows that are wrong.
IMPOSSIBLE = {
    "a reply before the comment it answers": """
        SELECT reply.id FROM comments AS reply JOIN comments AS answered ON answered.id = reply.parent_id
        WHERE reply.created_at <= answered.created_at
    """,
    "a comment before its post, or on a draft": """
        SELECT comments.id FROM comments JOIN posts ON posts.id = post_id
        WHERE comments.created_at <= posts.created_at OR posts.status = 'draft'
    """,
    "a post or a comment of one who was no member yet": """
        SELECT p.id FROM posts AS p LEFT JOIN members AS m
            ON (m.community_id, m.user_id) = (p.community_id, p.author_id) AND m.joined_at <= p.created_at
        WHERE m.user_id IS NULL
        UNION ALL
        SELECT c.id FROM comments AS c JOIN posts AS p ON p.id = c.post_id LEFT JOIN members AS m
            ON (m.community_id, m.user_id) = (p.community_id, c.author_id) AND m.joined_at <= c.created_at
        WHERE m.user_id IS NULL
    """,
    "a post published before it was written": "SELECT id FROM posts WHERE published_at < created_at",
    "a community without its one owner": """
        SELECT c.id FROM communities AS c LEFT JOIN members AS m ON m.community_id = c.id AND m.role = 'owner'
        GROUP BY c.id HAVING count(m.user_id) <> 1
    """,
    "a member who joined before there was a community": """
        SELECT c.id FROM members JOIN communities AS c ON c.id = community_id WHERE joined_at < c.created_at
    """,
    "an RSVP after the event began, or before it was announced": """
        SELECT r.id FROM event_rsvps AS r JOIN events AS e ON e.id = r.event_id
        WHERE r.created_at >= e.starts_at OR r.created_at < e.created_at
    """,
    "an RSVP of one who was no member yet": """
        SELECT r.id FROM event_rsvps AS r JOIN members AS m USING (community_id, user_id)
        WHERE m.joined_at > r.created_at
    """,
    "more seats than there are, or a free one while somebody waits": """
        SELECT id FROM events
        WHERE attendees_count > capacity OR (waiting_count > 0 AND attendees_count < coalesce(capacity, 2147483647))
    """,
    "one who waits although he asked before one who has a seat": """
        SELECT w.id FROM event_rsvps AS w JOIN event_rsvps AS g USING (event_id)
        WHERE w.status = 'waiting' AND g.status = 'going' AND w.created_at < g.created_at
    """,
    "an event without its place or its address": """
        SELECT id FROM events WHERE (location IS NULL) = (meeting_url IS NULL)
    """,
    "a subscription without the paid period it needs": """
        SELECT id FROM subscriptions WHERE status = 'cancelled' AND cancelled_at IS DISTINCT FROM current_period_end
    """,
    "a subscriber who was no member": """
        SELECT s.id FROM subscriptions AS s LEFT JOIN members AS m
            ON (m.community_id, m.user_id) = (s.community_id, s.subscriber_id) AND m.joined_at <= s.subscribed_at
        WHERE m.user_id IS NULL
    """,
    "a notification of a comment by another": """
        SELECT n.id FROM notifications AS n LEFT JOIN comments AS c ON c.id = n.comment_id
        WHERE n.type IN ('comment', 'reply') AND (c.author_id, c.post_id) IS DISTINCT FROM (n.actor_id, n.post_id)
    """,
    "a notification to somebody whom it is not about": """
        SELECT n.id FROM notifications AS n JOIN comments AS c ON c.id = n.comment_id
        JOIN posts AS p ON p.id = c.post_id LEFT JOIN comments AS answered ON answered.id = c.parent_id
        WHERE n.user_id <> coalesce(answered.author_id, p.author_id)
    """,
    "a host who was no member yet": """
        SELECT e.id FROM events AS e LEFT JOIN members AS m
            ON (m.community_id, m.user_id) = (e.community_id, e.host_id) AND m.joined_at <= e.created_at
        WHERE m.user_id IS NULL
    """,
    "an activity in another community than its post": """
        SELECT a.id FROM activity AS a JOIN posts AS p ON p.id = a.post_id WHERE p.community_id <> a.community_id
    """,
    "a mail to an address that is not the user's": """
        SELECT e.id FROM email_jobs AS e JOIN users AS u ON u.id = e.user_id WHERE u.email <> e.email
    """,
    "a mail that is to be sent without its job, or a job without its mail": """
        SELECT e.id::text FROM email_jobs AS e FULL JOIN jobs AS j ON (j.payload ->> 'email_job_id')::uuid = e.id
        WHERE (e.status = 'pending') <> (j.id IS NOT NULL) OR e.id IS NULL OR e.scheduled_at <> j.run_at
    """,
    "a mail that failed and is no dead letter": """
        SELECT e.id FROM email_jobs AS e WHERE status = 'failed'
            AND NOT EXISTS (SELECT FROM dead_jobs WHERE (payload ->> 'email_job_id')::uuid = e.id)
    """,
    "a mail to one whose address had bounced": """
        SELECT e.id FROM email_jobs AS e JOIN email_feedback AS f ON f.email = e.email AND f.type = 'bounce'
        WHERE e.sent_at > f.created_at
    """,
    "a mail of a type after one had unsubscribed from it": """
        SELECT e.id FROM email_jobs AS e JOIN email_unsubscribes AS u ON u.email = e.email
        WHERE e.sent_at > u.created_at AND coalesce(u.email_type, e.email_type) = e.email_type
            AND e.email_type <> 'receipt'
    """,
    "a job whose number a new one could get": """
        SELECT id FROM dead_jobs WHERE id >= (SELECT last_value FROM jobs_id_seq)
        UNION ALL SELECT id FROM done_jobs WHERE id >= (SELECT last_value FROM jobs_id_seq)
    """,
}


@pytest.mark.parametrize("fault", IMPOSSIBLE)
def test_seed_holds_nothing_impossible_such_as(seeded: Connection, fault: str) -> None:
    assert values(seeded, IMPOSSIBLE[fault]) == []


def test_posts_are_in_four_languages_and_everybody_has_a_seat_or_waits_somewhere(seeded: Connection) -> None:
    languages = values(seeded, "SELECT DISTINCT language FROM posts ORDER BY 1")
    assert {"en"} < {language for (language,) in languages} <= {"de", "en", "es", "fr"}
    statuses = values(seeded, "SELECT DISTINCT status FROM event_rsvps ORDER BY 1")
    assert statuses == [("cancelled",), ("going",), ("waiting",)]


def test_a_thread_that_looks_up_each_reply_has_the_rows_of_one_that_reads_all_comments_of_its_post(
    seeded: Connection, platform: Platform
) -> None:
    (shipped,) = (query.sql for query in read_queries(platform)[0] if query.name == "thread")
    plain = shipped.replace("reply.post_id = thread.post_id", "reply.post_id = $1")
    assert plain != shipped
    for name, text in (("shipped", shipped), ("plain", plain)):
        seeded.execute(f"PREPARE {name} (uuid, text) AS {text}".encode())
    posts = values(seeded, "SELECT post_id FROM comments GROUP BY post_id ORDER BY count(*) DESC, post_id LIMIT 60")
    for (post,) in posts:
        page = f"('{post}', page_cursor('-infinity'))"
        assert values(seeded, f"EXECUTE shipped {page}") == values(seeded, f"EXECUTE plain {page}")
    assert len(posts) == 60
