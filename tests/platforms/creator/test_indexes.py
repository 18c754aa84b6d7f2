"""The index tiers of creator: the document's eight, and what each index is there for, by the plan it makes possible."""

from __future__ import annotations

import pytest

from plans import indexes, plan_of
from platformdb.indexes.read import read_tiers
from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from rows import value

# With the column that the document indexes, which is where each begins.
DOCUMENT = {
    "idx_posts_creator_id": "creator_id",
    "idx_comments_post_id": "post_id",
    "idx_comments_user_id": "user_id",
    "idx_comments_parent_comment_id": "parent_comment_id",
    "idx_subscriptions_subscriber_id": "subscriber_id",
    "idx_subscriptions_creator_id": "creator_id",
    "idx_posts_published_at": "published_at",
    "idx_subscriptions_status": "status",
}

ID = "'01900000-0000-7000-8000-000000000001'::uuid"
MONTH_AGO = "now() - interval '30 days'"
PUBLISHED = "status = 'published' AND deleted_at IS NULL"

# The query of the application that each is there for: its rows must come in order without a sort.
USES = {
    "idx_posts_creator_id": f"SELECT * FROM posts WHERE creator_id = {ID} ORDER BY published_at DESC, id DESC",
    "idx_comments_post_id": f"SELECT * FROM comments WHERE post_id = {ID} ORDER BY created_at, id",
    "idx_comments_user_id": f"SELECT * FROM comments WHERE user_id = {ID} ORDER BY created_at DESC",
    "idx_comments_parent_comment_id": f"SELECT * FROM comments WHERE parent_comment_id = {ID}",
    "idx_subscriptions_subscriber_id": f"""
        SELECT * FROM subscriptions WHERE subscriber_id = {ID} ORDER BY subscribed_at DESC
    """,
    "idx_subscriptions_creator_id": f"""
        SELECT * FROM subscriptions WHERE creator_id = {ID} AND status = 'active' ORDER BY subscribed_at DESC, id DESC
    """,
    "idx_posts_published_at": f"SELECT * FROM posts WHERE {PUBLISHED} ORDER BY published_at DESC, id DESC",
    "idx_subscriptions_status": """
        SELECT * FROM subscriptions WHERE status = 'cancelled' ORDER BY cancelled_at DESC, subscribed_at DESC
    """,
    "idx_notifications_user_unread": f"SELECT count(*) FROM notifications WHERE user_id = {ID} AND read_at IS NULL",
    "idx_notifications_user_created": f"""
        SELECT * FROM notifications WHERE user_id = {ID} ORDER BY created_at DESC, id DESC
    """,
    "idx_notifications_actor": f"DELETE FROM ONLY notifications WHERE {ID} = actor_id",
    "idx_notifications_subscription": f"DELETE FROM ONLY notifications WHERE {ID} = subscription_id",
    "idx_notifications_comment": f"DELETE FROM ONLY notifications WHERE {ID} = comment_id AND TRUE = post_archived",
    "idx_announcements_unfinished": "SELECT * FROM announcements WHERE finished_at IS NULL ORDER BY created_at",
    "idx_posts_drafts": f"""
        SELECT * FROM posts
        WHERE creator_id = {ID} AND status = 'draft' AND deleted_at IS NULL ORDER BY updated_at DESC
    """,
    "idx_posts_search": """
        SELECT id FROM posts
        WHERE to_tsvector('simple', title || ' ' || content) @@ to_tsquery('simple', 'kettle & lemon')
    """,
    "idx_posts_deleted": f"SELECT id FROM posts WHERE deleted_at < {MONTH_AGO} ORDER BY deleted_at",
    "idx_users_deleted": f"SELECT id FROM users WHERE deleted_at < {MONTH_AGO} ORDER BY deleted_at",
    "idx_users_role_created": "SELECT * FROM users WHERE role = 'creator' ORDER BY created_at DESC",
    "idx_statistics_refreshes_started": "SELECT * FROM statistics_refreshes ORDER BY started_at DESC",
}


def test_tier_1_is_exactly_the_eight_of_the_document_and_every_index_has_its_use_tested(platform: Platform) -> None:
    found = read_tiers(platform)[0]
    assert {definition.name for definition in found if definition.tier == 1} == set(DOCUMENT)
    assert {definition.name for definition in found} == set(USES)


@pytest.mark.parametrize(("name", "column"), DOCUMENT.items(), ids=list(DOCUMENT))
def test_index_of_the_document_begins_with_its_column(conn: Connection, name: str, column: str) -> None:
    assert value(conn, "SELECT pg_get_indexdef(%s::regclass, 1, TRUE)", name) == column


@pytest.mark.parametrize(("name", "query"), USES.items(), ids=list(USES))
def test_index_serves_the_query_it_is_there_for(conn: Connection, name: str, query: str) -> None:
    ordered = "ORDER BY" in query
    for way in ("seqscan", *(("sort", "incremental_sort", "bitmapscan") if ordered else ())):
        conn.execute(f"SET LOCAL enable_{way} = off".encode())
    nodes = plan_of(conn, f"{query} {'LIMIT 20' if ordered else ''}")
    assert indexes(conn, nodes) == {name}
    assert not [node for node in nodes if "Sort" in node.kind], "the rows do not come in order"
