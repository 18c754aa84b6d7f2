"""What AIPromote promises."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from platform_facts import Facts, Numbers, PlanFact, Violation
from platformdb.postgres.connect import Connection
from platforms.aipromote.build import ROWS, approve, claim, make, make_approved_post

MODELS = ("users", "organizations", "founders", "ai_strategies", "content_pieces", "social_accounts", "scheduled_posts")
MODELS += (
    "analytics",
    "brand_rules",
    "assets",
    "content_pillars",
    "series",
    "weekly_summaries",
    "subscriptions",
    "usage",
)

LONG_AGO = "2020-01-01T00:00:00Z"
NOBODY = uuid.UUID(int=7)
PLAIN = b"EAAJZC4k1ZBpsBAOZCqT7Yk2wZBv0f3nXqPqv7mZAlZBhVtQ9sZAy8ZCmd0dZCZBxk"


def elsewhere(table: str, column: str, other: str) -> Violation:
    """A reference to something of another organization: it exists, and must not be referred to."""

    def refers_to_another_organizations(conn: Connection) -> object:
        return make(conn, table, **{column: make(conn, other).id})

    return refers_to_another_organizations


def twice(table: str, **same: Any) -> Violation:
    """Two rows of one organization (or user) with the same values."""

    def second_row(conn: Connection) -> object:
        first = make(conn, table, **same)
        owner = "user_id" if table == "subscriptions" else "organization_id"
        return make(conn, table, **{**same, owner: getattr(first, owner)})

    return second_row


def new(table: str, **given: Any) -> Violation:
    """A row that a trigger refuses."""

    def row(conn: Connection) -> object:
        return make(conn, table, **given)

    return row


def same_address(conn: Connection) -> None:
    make(conn, "users", email="Ann@Example.com")
    make(conn, "users", email="aNN@eXAMPLE.COM")


def same_external_id(conn: Connection) -> None:
    first = published(conn)
    second = make_approved_post(
        conn,
        organization_id=first.organization_id,
        content_piece_id=first.content_piece_id,
        social_account_id=first.social_account_id,
    )
    conn.execute("SELECT enqueue_due_posts()")
    number, job = claim(conn)
    conn.execute("SELECT begin_publishing(%s, %s)", (number, job))
    conn.execute("SELECT finish_publishing(%s, %s, 'x1')", (number, job))
    assert second.id


def published(conn: Connection) -> Any:
    post = make_approved_post(conn)
    conn.execute("SELECT enqueue_due_posts()")
    number, job = claim(conn)
    conn.execute("SELECT begin_publishing(%s, %s)", (number, job))
    conn.execute("SELECT finish_publishing(%s, %s, 'x1')", (number, job))
    return post


def changed(table: str, **values: Any) -> Violation:
    """A valid row that is changed into one that cannot be."""

    def update(conn: Connection) -> None:
        row = make(conn, table)
        for column, given in values.items():
            conn.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s".encode(), (given, row.id))

    return update


def post_becomes(change: str, before: Callable[[Connection], Any] = make_approved_post) -> Violation:
    """A post that is changed into one that cannot be."""

    def update(conn: Connection) -> None:
        conn.execute(f"UPDATE scheduled_posts SET {change} WHERE id = %s".encode(), (before(conn).id,))

    return update


def queued(conn: Connection) -> Any:
    post = make_approved_post(conn)
    conn.execute("SELECT enqueue_due_posts()")
    return post


def publishing(conn: Connection) -> Any:
    post = queued(conn)
    conn.execute("SELECT begin_publishing(%s, %s)", claim(conn))
    return post


def pending(conn: Connection) -> Any:
    return make(conn, "scheduled_posts")


def cancelled(conn: Connection) -> Any:
    post = pending(conn)
    conn.execute("UPDATE scheduled_posts SET status = 'cancelled' WHERE id = %s", (post.id,))
    return post


def same_job(conn: Connection) -> None:
    first, second = queued(conn), make_approved_post(conn)
    conn.execute(
        "UPDATE scheduled_posts SET job_id = (SELECT job_id FROM scheduled_posts WHERE id = %s) WHERE id = %s",
        (first.id, second.id),
    )


def same_nonce_again(conn: Connection) -> None:
    first = make(conn, "social_accounts")
    make(conn, "social_accounts", key_id=first.key_id, access_token_nonce=first.refresh_token_nonce)


def old_nonce_for_a_new_token(conn: Connection) -> None:
    row = make(conn, "social_accounts")
    conn.execute(
        "UPDATE social_accounts SET access_token_ciphertext = %s WHERE id = %s", (secrets.token_bytes(80), row.id)
    )


def nonce_of_long_ago(conn: Connection) -> None:
    row = make(conn, "social_accounts")
    for nonce in (secrets.token_bytes(12), row.access_token_nonce):
        conn.execute("UPDATE social_accounts SET access_token_nonce = %s WHERE id = %s", (nonce, row.id))


def token_under_a_retired_key(conn: Connection) -> None:
    key = make(conn, "encryption_keys")
    conn.execute("UPDATE encryption_keys SET retired_at = now() WHERE id = %s", (key.id,))
    make(conn, "social_accounts", key_id=key.id)


def usage_of_another_users_organization(conn: Connection) -> None:
    make(conn, "usage", organization_id=make(conn, "organizations").id)


def more_than_the_plan(conn: Connection) -> None:
    row = make(conn, "usage", amount=20)
    make(conn, "usage", user_id=row.user_id)


def more_back_than_charged(conn: Connection) -> None:
    row = make(conn, "usage", amount=3)
    make(conn, "usage", user_id=row.user_id, amount=-4)


def analytics_of_another_platform(conn: Connection) -> None:
    make(conn, "analytics", platform="x")


def report_on_another_platform(conn: Connection) -> None:
    post = make(conn, "scheduled_posts")
    make(conn, "weekly_summaries", organization_id=post.organization_id, top_post_id=post.id, top_platform="x")


def own_parent(table: str, column: str) -> Violation:
    def refers_to_itself(conn: Connection) -> None:
        row = make(conn, table)
        conn.execute(f"UPDATE {table} SET {column} = id WHERE id = %s".encode(), (row.id,))

    return refers_to_itself


def generation_for_nobody(conn: Connection) -> None:
    conn.execute("SELECT request_generation(%s, 'content_generation', '{}', 'k')", (NOBODY,))


def lost_claim(conn: Connection) -> None:
    queued(conn)
    number, job = claim(conn)
    conn.execute("SELECT finish_publishing(%s, %s, 'x1')", (number + 1, job))


def unknown_queue(conn: Connection) -> None:
    conn.execute("SELECT enqueue_job('no_such_queue')")


def queue_with_jobs(conn: Connection) -> None:
    conn.execute("SELECT enqueue_job('email')")
    conn.execute("DELETE FROM job_queues WHERE name = 'email'")


def same_queue_id(conn: Connection) -> None:
    conn.execute("INSERT INTO job_queues (id, name) OVERRIDING SYSTEM VALUE SELECT id, 'again' FROM job_queues LIMIT 1")


def audit(statement: str) -> Violation:
    def change(conn: Connection) -> None:
        make(conn, "users")
        conn.execute(statement.encode())

    return change


def recharged(conn: Connection) -> None:
    row = make(conn, "usage")
    conn.execute("UPDATE usage SET amount = 2 WHERE id = %s", (row.id,))


def approved_then(column: str, given: Any) -> Violation:
    def update(conn: Connection) -> None:
        row = make(conn, "content_pieces")
        approve(conn, row.id)
        conn.execute(f"UPDATE content_pieces SET {column} = %s WHERE id = %s".encode(), (given, row.id))

    return update


LONG = {length: "x" * length for length in (41, 81, 121, 161, 201, 255, 501, 1001, 2001, 50001)}
NO_OBJECT = "[]"
BAD_MODEL: tuple[Mapping[str, Any], ...] = ({"ai_model": "A Model"}, {"ai_model": ""})
NO_CREDENTIALS = dict.fromkeys(
    ("key_id", "access_token_ciphertext", "access_token_nonce", "refresh_token_ciphertext", "refresh_token_nonce")
)
ATTRIBUTION = {"ai_model": "larkspur-2.1", "ai_confidence": "0.5", "ai_metadata": {}}

FOUNDATION: Mapping[str, tuple[Violation, ...]] = {
    "encryption_keys_id_check": ({"id": "K"}, {"id": "A Key"}, {"id": "k" * 32}),
    "encryption_keys_algorithm_check": ({"algorithm": "rot13"},),
    "encryption_keys_retired_at_check": ({"retired_at": LONG_AGO},),
    "encryption_nonces_nonce_check": ({"nonce": b"eleven byte"}, {"nonce": b"thirteen byte"}),
    "encryption_nonces_pkey": (same_nonce_again, old_nonce_for_a_new_token, nonce_of_long_ago),
    "users_email_check": ({"email": "nobody"}, {"email": f"{'a' * 250}@b.de"}),
    "users_email_key": (same_address,),
    "users_password_hash_check": ({"password_hash": "secret"},),
    "users_full_name_check": ({"full_name": ""}, {"full_name": LONG[121]}),
    "users_locale_check": ({"locale": "english"}, {"locale": "EN"}),
    "users_plan_of_subscription": (new("users", plan="scale"), changed("users", plan="growth")),
    "organizations_name_check": ({"name": ""}, {"name": LONG[121]}),
    "organizations_slug_check": ({"slug": "Harbour"}, {"slug": "-a"}, {"slug": "a"}),
    "organizations_website_check": ({"website": "harbour.example"}, {"website": "https://" + LONG[501]}),
    "organizations_industry_check": ({"industry": ""}, {"industry": LONG[81]}),
    "organizations_stage_check": ({"stage": "unicorn"},),
    "organizations_markets_check": ({"markets": ["Germany"]}, {"markets": ["DE", None]}, {"markets": ["de"]}),
    "organizations_languages_check": ({"languages": []}, {"languages": ["German"]}, {"languages": [None]}),
    "organizations_timezone_check": ({"timezone": ""}, {"timezone": "UTC+1; DROP"}),
    "organizations_profile_check": ({"profile": NO_OBJECT},),
    "founders_full_name_check": ({"full_name": ""}, {"full_name": LONG[121]}),
    "founders_title_check": ({"title": ""}, {"title": LONG[81]}),
    "founders_bio_check": ({"bio": LONG[2001]},),
    "founders_social_links_check": ({"social_links": NO_OBJECT},),
    "founders_one_primary": (twice("founders", is_primary=True),),
    "subscriptions_external_id_check": ({"external_id": ""}, {"external_id": LONG[81]}),
    "subscriptions_price_cents_check": ({"price_cents": -1}, {"plan": "free"}),
    "subscriptions_currency_check": ({"currency": "usd"},),
    "subscriptions_period_check": ({"current_period_end": LONG_AGO}, {"current_period_start": LONG_AGO}),
    "subscriptions_cancelled_at_check": (
        {"status": "cancelled"},
        {"cancelled_at": "2026-03-05T00:00:00Z"},
        {"status": "cancelled", "cancelled_at": LONG_AGO},
    ),
    "subscriptions_one_live": (twice("subscriptions"),),
    "usage_amount_check": ({"amount": 0},),
    "usage_idempotency_key_check": ({"idempotency_key": ""}, {"idempotency_key": LONG[121]}),
    "usage_organization_id_fkey": ({"organization_id": NOBODY},),
    "usage_of_own_organization": (usage_of_another_users_organization,),
    "usage_within_plan": (more_than_the_plan, new("usage", amount=21)),
    "usage_not_negative": (more_back_than_charged, new("usage", amount=-1)),
    "usage_append_only": (recharged,),
}

CONTENT: Mapping[str, tuple[Violation, ...]] = {
    "brand_rules_name_check": ({"name": ""}, {"name": LONG[121]}),
    "brand_rules_severity_check": ({"severity": "fatal"},),
    "brand_rules_definition_check": ({"definition": NO_OBJECT},),
    "ai_strategies_version_check": ({"version": 0},),
    "ai_strategies_title_check": ({"title": ""}, {"title": LONG[161]}),
    "ai_strategies_strategy_check": ({"strategy": NO_OBJECT},),
    "ai_strategies_ai_model_check": BAD_MODEL,
    "ai_strategies_confidence_check": ({"confidence": "1.01"}, {"confidence": "-0.1"}),
    "ai_strategies_based_on_id_check": (own_parent("ai_strategies", "based_on_id"),),
    "ai_strategies_based_on_id_fkey": (elsewhere("ai_strategies", "based_on_id", "ai_strategies"),),
    "ai_strategies_one_active": (twice("ai_strategies", is_active=True),),
    "content_pillars_name_check": ({"name": ""}, {"name": LONG[81]}),
    "content_pillars_description_check": ({"description": LONG[1001]},),
    "content_pillars_share_percent_check": ({"share_percent": 101}, {"share_percent": -1}),
    "content_pillars_strategy_id_fkey": (elsewhere("content_pillars", "strategy_id", "ai_strategies"),),
    "series_title_check": ({"title": ""}, {"title": LONG[161]}),
    "series_description_check": ({"description": LONG[1001]},),
    "series_cadence_check": ({"cadence": "hourly"},),
    "series_ends_on_check": ({"ends_on": "2026-01-04"},),
    "series_pieces_count_check": ({"pieces_count": -1},),
    "series_pillar_id_fkey": (elsewhere("series", "pillar_id", "content_pillars"),),
    "assets_file_name_check": ({"file_name": ""}, {"file_name": "../shop.webp"}, {"file_name": LONG[201]}),
    "assets_storage_key_check": ({"storage_key": "short"}, {"storage_key": "Media/00000001"}),
    "assets_mime_type_check": ({"mime_type": "video/mp4"}, {"asset_type": "document"}, {"mime_type": "webp"}),
    "assets_size_bytes_check": ({"size_bytes": 0},),
    "assets_dimensions_check": ({"width": 100}, {"width": 0, "height": 100}, {"height": 1}),
    "assets_duration_ms_check": (
        {"duration_ms": 10},
        {"duration_ms": 0, "asset_type": "video", "mime_type": "video/mp4"},
    ),
    "assets_sha256_check": ({"sha256": "abc"}, {"sha256": "G" * 64}),
    "assets_alt_text_check": ({"alt_text": ""}, {"alt_text": LONG[1001]}),
    "assets_ai_model_check": BAD_MODEL,
    "assets_one_copy": (twice("assets", sha256="0" * 64),),
    "content_pieces_strategy_id_fkey": (elsewhere("content_pieces", "strategy_id", "ai_strategies"),),
    "content_pieces_pillar_id_fkey": (elsewhere("content_pieces", "pillar_id", "content_pillars"),),
    "content_pieces_series_id_fkey": (elsewhere("content_pieces", "series_id", "series"),),
    "content_pieces_asset_id_fkey": (elsewhere("content_pieces", "asset_id", "assets"),),
    "content_pieces_repurposed_from_id_fkey": (elsewhere("content_pieces", "repurposed_from_id", "content_pieces"),),
    "content_pieces_repurposed_from_id_check": (own_parent("content_pieces", "repurposed_from_id"),),
    "content_pieces_language_check": ({"language": "german"},),
    "content_pieces_title_check": ({"title": ""}, {"title": LONG[201]}),
    "content_pieces_body_check": ({"body": ""}, {"body": LONG[50001]}),
    "content_pieces_platform_variants_check": ({"platform_variants": NO_OBJECT},),
    "content_pieces_ai_metadata_check": ({**ATTRIBUTION, "ai_metadata": NO_OBJECT},),
    "content_pieces_ai_model_check": ({**ATTRIBUTION, "ai_model": "A Model"},),
    "content_pieces_ai_confidence_check": ({**ATTRIBUTION, "ai_confidence": "1.2"},),
    "content_pieces_ai_attribution_check": ({"ai_model": "larkspur-2.1"}, {"ai_confidence": "0.5"}),
    "content_pieces_approved_at_check": (
        {"status": "approved"},
        {"approved_at": LONG_AGO},
        approved_then("status", "rejected"),
        approved_then("approved_at", None),
    ),
    "social_accounts_founder_id_fkey": (elsewhere("social_accounts", "founder_id", "founders"),),
    "social_accounts_key_id_fkey": ({"key_id": "no-such-key"},),
    "social_accounts_handle_check": ({"handle": ""}, {"handle": "Harbour Tea"}, {"handle": "a" * 31}),
    "social_accounts_external_id_check": ({"external_id": ""}, {"external_id": "1" * 31}),
    "social_accounts_revoked_at_check": ({"revoked_at": LONG_AGO, **NO_CREDENTIALS},),
    "social_accounts_credentials_check": (
        {"access_token_ciphertext": None},
        {"access_token_nonce": None},
        changed("social_accounts", revoked_at="2100-01-01T00:00:00Z"),
    ),
    "social_accounts_refresh_token_check": ({"refresh_token_nonce": None}, {"refresh_token_ciphertext": None}),
    "social_accounts_access_token_nonce_check": ({"access_token_nonce": bytes(11)}, {"access_token_nonce": bytes(16)}),
    "social_accounts_refresh_token_nonce_check": ({"refresh_token_nonce": bytes(11)},),
    "social_accounts_nonces_differ_check": ({"access_token_nonce": bytes(12), "refresh_token_nonce": bytes(12)},),
    "social_accounts_access_token_ciphertext_check": (
        {"access_token_ciphertext": PLAIN},
        {"access_token_ciphertext": secrets.token_bytes(47)},
        {"access_token_ciphertext": secrets.token_bytes(8193)},
    ),
    "social_accounts_refresh_token_ciphertext_check": (
        {"refresh_token_ciphertext": PLAIN},
        {"refresh_token_ciphertext": secrets.token_bytes(47)},
    ),
    "social_accounts_key_in_use": (token_under_a_retired_key,),
}

FEATURES: Mapping[str, tuple[Violation, ...]] = {
    "scheduled_posts_content_piece_id_fkey": (elsewhere("scheduled_posts", "content_piece_id", "content_pieces"),),
    "scheduled_posts_social_account_id_fkey": (
        elsewhere("scheduled_posts", "social_account_id", "social_accounts"),
        {"platform": "x"},
    ),
    "scheduled_posts_idempotency_key_check": ({"idempotency_key": ""}, {"idempotency_key": LONG[121]}),
    "scheduled_posts_job_id_key": (same_job,),
    "scheduled_posts_attempts_check": ({"attempts": -1},),
    "scheduled_posts_last_error_check": (
        {"last_error": ""},
        {"last_error": "x " * 1001},
        {"last_error": f"invalid token {PLAIN.decode()}"},
    ),
    "scheduled_posts_job_id_check": (post_becomes("status = 'queued'"),),
    "scheduled_posts_published_check": (
        {"published_at": LONG_AGO},
        {"external_id": "x1"},
        post_becomes("status = 'published'", publishing),
    ),
    "scheduled_posts_failed_check": (post_becomes("status = 'failed'", publishing),),
    "scheduled_posts_external_id_check": (
        post_becomes("status = 'published', published_at = now(), external_id = ''", publishing),
    ),
    "scheduled_posts_external_id_key": (same_external_id,),
    "scheduled_posts_begins_waiting": (
        new("scheduled_posts", status="queued"),
        new("scheduled_posts", status="published"),
    ),
    "scheduled_posts_status_follows": (
        post_becomes("status = 'published'"),
        post_becomes("status = 'queued'", pending),
        post_becomes("status = 'scheduled'", queued),
        post_becomes("status = 'cancelled'", publishing),
        post_becomes("status = 'pending'", cancelled),
        post_becomes("status = 'queued'", published),
    ),
    "scheduled_posts_settled": (
        post_becomes("scheduled_at = now()", queued),
        post_becomes("content_piece_id = gen_random_uuid()", publishing),
    ),
    "analytics_counts_check": ({"likes": -1}, {"clicks": -1}),
    "analytics_reach_check": ({"reach": 201},),
    "analytics_metrics_check": ({"metrics": NO_OBJECT},),
    "analytics_collected_at_check": ({"collected_at": LONG_AGO},),
    "analytics_scheduled_post_id_fkey": ({"scheduled_post_id": NOBODY}, analytics_of_another_platform),
    "weekly_summaries_week_start_check": ({"week_start": "2026-03-03"},),
    "weekly_summaries_top_post_check": ({"top_platform": "x"}, {"top_post_id": NOBODY}),
    "weekly_summaries_headline_check": ({"headline": ""}, {"headline": LONG[201]}),
    "weekly_summaries_report_check": ({"report": NO_OBJECT},),
    "weekly_summaries_ai_model_check": BAD_MODEL,
    "weekly_summaries_confidence_check": ({"confidence": "1.2"},),
    "weekly_summaries_top_post_id_fkey": ({"top_post_id": NOBODY, "top_platform": "x"}, report_on_another_platform),
    "audit_log_actor_check": ({"actor": ""}, {"actor": LONG[121]}),
    "audit_log_action_check": ({"action": "look"},),
    "audit_log_changes_check": ({"changes": NO_OBJECT},),
    "audit_log_append_only": (
        audit("UPDATE audit_log SET actor = 'nobody'"),
        audit("DELETE FROM audit_log"),
        audit("TRUNCATE audit_log"),
    ),
    "organizations_exist": (generation_for_nobody,),
}

QUEUES: Mapping[str, tuple[Violation, ...]] = {
    "job_queues_pkey": (same_queue_id,),
    "job_queues_name_check": ({"name": "E-Mail"},),
    "job_queues_lease_check": ({"lease": "0 s"},),
    "job_queues_max_attempts_check": ({"max_attempts": 0},),
    "job_queues_backoff_check": ({"backoff": "-1 s"},),
    "job_queues_backoff_cap_check": ({"backoff": "10 s", "backoff_cap": "9 s"},),
    "job_queues_patience_check": ({"patience": "-1 s"},),
    "job_queues_keep_keys_check": ({"keep_keys": "-1 s"},),
    "job_queues_keep_done_check": ({"keep_done": "0 s"},),
    "jobs_priority_check": ({"priority": 10}, {"priority": -1}),
    "jobs_attempt_check": ({"attempt": -1}, {"attempt": 2, "max_attempts": 1}),
    "jobs_max_attempts_check": ({"max_attempts": 0},),
    "job_keys_key_check": ({"key": ""}, {"key": LONG[201]}),
    "jobs_claim_held": (lost_claim,),
    "jobs_queue_id_fkey": (unknown_queue, queue_with_jobs),
}

A_CHANNEL = '{"platform": "x", "posts_per_week": 3, "content_types": ["post"]}'
WRONG_PAYLOADS = ('{"scheduled_post_id": 7}', '{"template": "spam", "user_id": "x"}', "[]", '{"anything": "else"}')

FACTS = Facts(
    name="aipromote",
    numbers=Numbers(tables=23, foreign_keys=33, enums=10, jsonb_columns=12, indexes={1: 8, 2: 22, 3: 13}),
    tables={
        "001": (
            "encryption_keys",
            "encryption_nonces",
            "users",
            "organizations",
            "founders",
            "subscriptions",
            "usage",
        ),
        "002": (
            "brand_rules",
            "ai_strategies",
            "content_pillars",
            "series",
            "assets",
            "content_pieces",
            "social_accounts",
        ),
        "003": ("scheduled_posts", "analytics", "weekly_summaries", "audit_log"),
        "004": ("job_queues", "jobs", "job_keys", "dead_jobs", "done_jobs"),
    },
    rows=ROWS,
    violations={**FOUNDATION, **CONTENT, **FEATURES, **QUEUES},
    plans={
        "audit_trail": PlanFact(("idx_audit_log_object",), 5),
        "content_calendar": PlanFact(("idx_scheduled_posts_calendar",), 520),
        "content_library": PlanFact(("idx_content_pieces_library",), 120),
        # A function, whose plans test_search.py looks at.
        "content_search": PlanFact((), 0),
        "dashboard": PlanFact(("idx_analytics_organization_date",), 120),
        "due_posts": PlanFact(("idx_scheduled_posts_due",), 30),
        "expiring_accounts": PlanFact(("idx_social_accounts_expiring",), 40),
        "generation_context": PlanFact(
            ("founders_one_primary", "ai_strategies_one_active", "brand_rules_organization_id_name_key"), 20
        ),
        "key_rotation": PlanFact(("idx_social_accounts_key",), 40),
        "plan_usage": PlanFact(("idx_usage_user_period",), 110),
        "queue_health": PlanFact(("jobs_claim_order",), 200),
    },
    races={
        "guard_post_status": "test_a_post_scheduled_while_its_content_is_approved_is_not_left_waiting",
        "update_posts_on_approval": "test_approval_and_withdrawal_at_the_same_instant_leave_posts_as_the_content_is",
        "charge_scheduled_posts": "test_posts_scheduled_at_the_same_instant_fill_the_plan_and_never_exceed_it",
        "refuse_overuse": "test_charges_at_the_same_instant_fill_the_plan_and_never_exceed_it",
        "sync_user_plan": "test_plan_changes_at_the_same_instant_leave_users_on_the_plan_they_pay_for",
        "guard_user_plan": "test_plan_changes_at_the_same_instant_leave_users_on_the_plan_they_pay_for",
        "update_series_pieces_count": "test_pieces_of_the_same_series_in_opposite_order_neither_deadlock_nor_drift",
        "record_nonces": "test_of_two_who_use_the_same_nonce_at_the_same_instant_one_is_refused",
        "record_audit": "test_every_change_of_many_at_the_same_instant_is_in_the_audit_trail",
        "refuse_change": "test_every_change_of_many_at_the_same_instant_is_in_the_audit_trail",
        "email_weekly_summary": "test_a_summary_written_by_two_at_the_same_instant_is_sent_once",
        "follow_dead_jobs": "test_posts_end_as_their_jobs_do_whoever_is_killed",
        "refuse_queue_with_jobs": "test_a_queue_that_gets_a_job_at_the_same_instant_stays",
    },
    enums={
        "user_role": ("member", "agency", "support", "admin"),
        "plan": ("free", "starter", "growth", "scale"),
        "subscription_status": ("trialing", "active", "past_due", "cancelled", "expired"),
        "usage_metric": ("content_generations", "strategy_generations", "scheduled_posts", "ai_tokens"),
        "platform": ("x", "linkedin", "instagram", "facebook", "threads", "tiktok", "youtube"),
        "content_type": ("post", "thread", "article", "image", "carousel", "video", "story", "poll"),
        "content_status": ("draft", "in_review", "approved", "rejected", "archived"),
        "post_status": ("pending", "scheduled", "queued", "publishing", "published", "failed", "cancelled"),
        "asset_type": ("image", "video", "audio", "document"),
        "brand_rule_type": ("voice", "vocabulary", "compliance", "formatting", "visual"),
    },
    served_otherwise={
        "analytics_scheduled_post_id_fkey": "the post alone finds its days by the unique key; the rest narrows nothing",
    },
    wrong_documents={
        "organizations.profile": ('{"pitch": null}', '{"goals": ["fame"]}', '{"colour": "red"}'),
        "founders.social_links": ('{"linkedin": "ann"}', '{"x": null}', '{"myspace": "https://a.example"}'),
        "ai_strategies.strategy": (
            '{"summary": "s", "objectives": ["a"], "channels": []}',
            f'{{"summary": "s", "objectives": [], "channels": [{A_CHANNEL}]}}',
            f'{{"summary": "s", "objectives": ["a"], "channels": [{A_CHANNEL}, {A_CHANNEL}]}}',
        ),
        "brand_rules.definition": ("{}", '{"do": "be kind"}', '{"words": [""]}'),
        "content_pieces.platform_variants": (
            '{"myspace": {"body": "a"}}',
            '{"x": "a"}',
            '{"x": {"body": "a", "hashtags": ["no sign"]}}',
        ),
        "content_pieces.ai_metadata": (
            "{}",
            '{"prompt_version": "1", "temperature": 0.7, "prompt_tokens": 1, "completion_tokens": 1}',
            '{"prompt_version": "1.0", "temperature": 3, "prompt_tokens": 1, "completion_tokens": 1}',
        ),
        "analytics.metrics": ('{"saves": -1}', '{"saves": "7"}', '{"likes": 1}'),
        "weekly_summaries.report": (
            '{"week": {"posts": 1, "impressions": 1, "engagements": 1}, "advice": []}',
            '{"advice": ["Rest."]}',
            '{"week": {"posts": -1, "impressions": 1, "engagements": 1}, "advice": ["Rest."]}',
        ),
        "audit_log.changes": ("[]", '{"status": "approved"}', '{"status": {"from": 1, "because": 2}}'),
        "jobs.payload": WRONG_PAYLOADS,
        "dead_jobs.payload": WRONG_PAYLOADS,
        "done_jobs.payload": WRONG_PAYLOADS,
    },
)
