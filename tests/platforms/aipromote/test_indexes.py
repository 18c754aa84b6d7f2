"""What each index is there for that neither a benchmark query nor a foreign key alone would miss."""

from __future__ import annotations

import pytest

from plans import indexes, plan_of
from platformdb.indexes.read import read_tiers
from platformdb.postgres.connect import Connection
from platformdb.project import Platform

ID = "'01900000-0000-7000-8000-000000000001'::uuid"
MONTH_AGO = "now() - interval '30 days'"
LIVE = "status IN ('trialing', 'active', 'past_due')"
REVIEW = f"organization_id = {ID} AND status = 'in_review' AND deleted_at IS NULL"


def deleted(table: str) -> str:
    return f"SELECT id FROM {table} WHERE deleted_at < {MONTH_AGO} ORDER BY deleted_at LIMIT 100"


def parent_deleted(table: str, *columns: str) -> str:
    """What the server asks when the row that a foreign key refers to is deleted."""
    return f"SELECT 1 FROM ONLY {table} AS x WHERE {' AND '.join(f'{column} = {ID}' for column in columns)}"


USES = {
    "idx_subscriptions_user_started": f"SELECT * FROM subscriptions WHERE user_id = {ID} ORDER BY started_at DESC",
    "idx_subscriptions_period_end": f"""
        SELECT id FROM subscriptions WHERE {LIVE} AND current_period_end < now() ORDER BY current_period_end LIMIT 20
    """,
    "idx_usage_organization": parent_deleted("usage", "organization_id"),
    "idx_ai_strategies_based_on": parent_deleted("ai_strategies", "based_on_id"),
    "idx_content_pillars_strategy": parent_deleted("content_pillars", "strategy_id"),
    "idx_series_pillar": parent_deleted("series", "pillar_id"),
    "idx_assets_uploaded_by": parent_deleted("assets", "uploaded_by"),
    "idx_assets_library": f"""
        SELECT * FROM assets WHERE organization_id = {ID} AND asset_type = 'video' AND deleted_at IS NULL
        ORDER BY created_at DESC LIMIT 20
    """,
    "idx_content_pieces_strategy": parent_deleted("content_pieces", "strategy_id"),
    "idx_content_pieces_pillar": f"""
        SELECT * FROM content_pieces WHERE pillar_id = {ID} AND organization_id = {ID}
        ORDER BY created_at DESC, id DESC LIMIT 20
    """,
    "idx_content_pieces_series": f"""
        SELECT * FROM content_pieces WHERE series_id = {ID} AND organization_id = {ID} ORDER BY created_at LIMIT 20
    """,
    "idx_content_pieces_asset": parent_deleted("content_pieces", "asset_id"),
    "idx_content_pieces_repurposed_from": parent_deleted("content_pieces", "repurposed_from_id"),
    "idx_content_pieces_created_by": parent_deleted("content_pieces", "created_by"),
    "idx_content_pieces_approved_by": parent_deleted("content_pieces", "approved_by"),
    "idx_content_pieces_review": f"SELECT * FROM content_pieces WHERE {REVIEW} ORDER BY updated_at LIMIT 20",
    "idx_content_pieces_unsure": f"""
        SELECT * FROM content_pieces WHERE {REVIEW} AND ai_confidence < 0.6 ORDER BY ai_confidence LIMIT 20
    """,
    "idx_content_pieces_model": """
        SELECT ai_confidence FROM content_pieces WHERE ai_model = 'larkspur-2.1' ORDER BY created_at DESC LIMIT 100
    """,
    "idx_social_accounts_founder": parent_deleted("social_accounts", "founder_id"),
    "idx_scheduled_posts_content": parent_deleted("scheduled_posts", "content_piece_id", "organization_id"),
    "idx_scheduled_posts_account": parent_deleted("scheduled_posts", "social_account_id"),
    "idx_scheduled_posts_created_by": parent_deleted("scheduled_posts", "created_by"),
    "idx_scheduled_posts_failed": f"""
        SELECT * FROM scheduled_posts WHERE organization_id = {ID} AND status = 'failed'
        ORDER BY updated_at DESC LIMIT 20
    """,
    "idx_weekly_summaries_top_post": parent_deleted("weekly_summaries", "top_post_id"),
    "idx_audit_log_organization": f"""
        SELECT * FROM audit_log WHERE organization_id = {ID} ORDER BY occurred_at DESC, id DESC LIMIT 50
    """,
    "idx_users_deleted": deleted("users"),
    "idx_users_created": "SELECT * FROM users ORDER BY created_at DESC LIMIT 20",
    "idx_organizations_deleted": deleted("organizations"),
    "idx_organizations_markets": "SELECT id FROM organizations WHERE markets @> '{DE}'",
    "idx_assets_deleted": deleted("assets"),
    "idx_content_pieces_deleted": deleted("content_pieces"),
    "idx_weekly_summaries_week": "SELECT organization_id FROM weekly_summaries WHERE week_start = '2026-03-02'",
    "idx_analytics_collected": f"SELECT count(*) FROM analytics WHERE collected_at > {MONTH_AGO}",
    "idx_audit_log_actor": "SELECT * FROM audit_log WHERE actor = 'ann' ORDER BY occurred_at DESC LIMIT 50",
}
# The benchmark queries read these; test_search.py has the one for words.
MEASURED = {
    "idx_usage_user_period",
    "idx_content_pieces_library",
    "idx_content_pieces_search",
    "idx_social_accounts_expiring",
    "idx_scheduled_posts_calendar",
    "idx_scheduled_posts_due",
    "idx_analytics_organization_date",
    "idx_audit_log_object",
    "idx_social_accounts_key",
}


def test_every_index_has_a_use(platform: Platform) -> None:
    definitions, _ = read_tiers(platform)
    assert {definition.name for definition in definitions} == {*USES, *MEASURED}


@pytest.mark.parametrize("index", USES)
def test_index_is_read_by_what_it_is_there_for(seeded: Connection, index: str) -> None:
    seeded.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    plan = plan_of(seeded, USES[index])
    assert indexes(seeded, plan) == {index}
    if "LIMIT" in USES[index]:
        assert "Sort" not in {node.kind for node in plan}
