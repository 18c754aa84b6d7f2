"""Rows of AIPromote for tests: one valid row of any table with the parents it needs."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from platformdb.postgres.connect import Connection
from rows import insert, value

MODEL = "larkspur-2.1"

_numbers = itertools.count(1)


def encryption_key(_: Connection) -> Mapping[str, Any]:
    return {"id": f"test-key-{next(_numbers)}"}


def encryption_nonce(conn: Connection) -> Mapping[str, Any]:
    return {"key_id": make(conn, "encryption_keys").id, "nonce": secrets.token_bytes(12)}


def user(_: Connection) -> Mapping[str, Any]:
    return {
        "email": f"Founder{next(_numbers)}@example.com",
        "password_hash": "$argon2id$v=19$m=65536",
        "full_name": "Ann Example",
    }


def organization(conn: Connection) -> Mapping[str, Any]:
    described = {"name": "Harbour Tea", "slug": f"harbour-tea-{next(_numbers)}", "industry": "food"}
    return {**described, "user_id": make(conn, "users").id, "markets": ["DE", "PT"], "languages": ["de", "pt-BR"]}


def founder(conn: Connection) -> Mapping[str, Any]:
    return {"organization_id": make(conn, "organizations").id, "full_name": "Ann Example", "title": "Founder"}


def subscription(conn: Connection) -> Mapping[str, Any]:
    period = {
        "started_at": "2026-01-01T00:00:00Z",
        "current_period_start": "2026-03-01T00:00:00Z",
        "current_period_end": "2026-04-01T00:00:00Z",
    }
    return {
        "user_id": make(conn, "users").id,
        "plan": "starter",
        "price_cents": 1900,
        "external_id": f"sub-{next(_numbers)}",
        **period,
    }


def charge(conn: Connection) -> Mapping[str, Any]:
    key = f"charge-{next(_numbers)}"
    user_id = make(conn, "users").id
    return {"user_id": user_id, "metric": "content_generations", "amount": 1, "idempotency_key": key}


def brand_rule(conn: Connection) -> Mapping[str, Any]:
    rule = {"rule_type": "voice", "name": f"Plain words {next(_numbers)}", "definition": {"avoid": ["jargon"]}}
    return {"organization_id": make(conn, "organizations").id, **rule}


def strategy(conn: Connection) -> Mapping[str, Any]:
    plan = {"summary": "Show the work.", "objectives": ["Signups"], "channels": []}
    written = {"version": next(_numbers), "title": "Spring", "strategy": plan, "ai_model": MODEL, "confidence": "0.82"}
    return {"organization_id": make(conn, "organizations").id, **written}


def pillar(conn: Connection) -> Mapping[str, Any]:
    return {"organization_id": make(conn, "organizations").id, "name": f"Behind the counter {next(_numbers)}"}


def series(conn: Connection) -> Mapping[str, Any]:
    titled = {"title": f"Monday leaves {next(_numbers)}", "starts_on": "2026-01-05"}
    return {"organization_id": make(conn, "organizations").id, **titled}


def asset(conn: Connection) -> Mapping[str, Any]:
    file = {"asset_type": "image", "file_name": "shop.webp", "mime_type": "image/webp", "size_bytes": 120_000}
    stored = {"storage_key": f"media/{next(_numbers):08}", "sha256": secrets.token_hex(32)}
    return {"organization_id": make(conn, "organizations").id, **file, **stored}


def piece(conn: Connection) -> Mapping[str, Any]:
    said = {"content_type": "post", "title": "First flush", "body": "The first leaves of the year are in."}
    return {"organization_id": make(conn, "organizations").id, **said}


def credentials() -> Mapping[str, Any]:
    """As an application has them after encrypting; what is inside is nobody's business here."""
    return {
        "access_token_ciphertext": secrets.token_bytes(80),
        "access_token_nonce": secrets.token_bytes(12),
        "refresh_token_ciphertext": secrets.token_bytes(80),
        "refresh_token_nonce": secrets.token_bytes(12),
    }


def account(conn: Connection) -> Mapping[str, Any]:
    known = {"platform": "linkedin", "handle": f"harbour-tea-{next(_numbers)}", "external_id": f"urn:{next(_numbers)}"}
    key = {"key_id": make(conn, "encryption_keys").id}
    return {"organization_id": make(conn, "organizations").id, **known, **key, **credentials()}


def scheduled_post(conn: Connection) -> Mapping[str, Any]:
    said = make(conn, "content_pieces")
    where = make(conn, "social_accounts", organization_id=said.organization_id)
    what = {"content_piece_id": said.id, "social_account_id": where.id, "platform": where.platform}
    when = {"scheduled_at": "2026-03-02T09:00:00Z", "idempotency_key": f"post-{next(_numbers)}"}
    return {"organization_id": said.organization_id, **what, **when}


def figures(conn: Connection) -> Mapping[str, Any]:
    post = make(conn, "scheduled_posts")
    about = {"organization_id": post.organization_id, "scheduled_post_id": post.id, "platform": post.platform}
    return {**about, "metric_date": "2026-03-03", "impressions": 200, "reach": 150, "likes": 12}


def weekly_summary(conn: Connection) -> Mapping[str, Any]:
    report = {"week": {"posts": 3, "impressions": 600, "engagements": 31}, "advice": ["Post on Tuesdays."]}
    written = {"headline": "A good week", "report": report, "ai_model": MODEL, "confidence": "0.7"}
    return {"organization_id": make(conn, "organizations").id, "week_start": "2026-03-02", **written}


def audit_row(_: Connection) -> Mapping[str, Any]:
    return {"actor": "ann", "table_name": "users", "object_id": "1", "action": "insert", "changes": {}}


def job_queue(_: Connection) -> Mapping[str, Any]:
    return {"name": f"queue_{next(_numbers)}"}


def job(conn: Connection) -> Mapping[str, Any]:
    # Not the default, minus infinity, which is no datetime.
    return {"queue_id": make(conn, "job_queues").id, "leased_until": "2026-03-01T00:00:00Z"}


def job_key(conn: Connection) -> Mapping[str, Any]:
    return {"queue_id": make(conn, "job_queues").id, "key": f"key-{next(_numbers)}", "job_id": 1}


def ended_job(conn: Connection) -> dict[str, Any]:
    counted = {"id": next(_numbers), "queue_id": make(conn, "job_queues").id, "attempt": 1}
    return {**counted, "payload": {}, "created_at": "2026-03-01T00:00:00Z"}


def dead_job(conn: Connection) -> Mapping[str, Any]:
    return {**ended_job(conn), "priority": 5, "max_attempts": 1, "error": "no such address"}


ROWS: Mapping[str, Callable[[Connection], Mapping[str, Any]]] = {
    "encryption_keys": encryption_key,
    "encryption_nonces": encryption_nonce,
    "users": user,
    "organizations": organization,
    "founders": founder,
    "subscriptions": subscription,
    "usage": charge,
    "brand_rules": brand_rule,
    "ai_strategies": strategy,
    "content_pillars": pillar,
    "series": series,
    "assets": asset,
    "content_pieces": piece,
    "social_accounts": account,
    "scheduled_posts": scheduled_post,
    "analytics": figures,
    "weekly_summaries": weekly_summary,
    "audit_log": audit_row,
    "job_queues": job_queue,
    "jobs": job,
    "job_keys": job_key,
    "dead_jobs": dead_job,
    "done_jobs": ended_job,
}


def make(conn: Connection, table: str, **given: Any) -> Any:
    """A valid row with these values in place of its own."""
    return insert(conn, table, **{**ROWS[table](conn), **given})


def make_approved_post(conn: Connection, **given: Any) -> Any:
    """A post whose content is approved: it is scheduled, and due since spring."""
    post = make(conn, "scheduled_posts", **given)
    approve(conn, post.content_piece_id)
    return post


def approve(conn: Connection, piece_id: Any) -> None:
    conn.execute("UPDATE content_pieces SET status = 'approved', approved_at = now() WHERE id = %s", (piece_id,))


def status(conn: Connection, post_id: Any) -> str:
    return str(value(conn, "SELECT status FROM scheduled_posts WHERE id = %s", post_id))


def claim(conn: Connection, queue: str = "publishing", worker: str = "tester") -> tuple[int, int]:
    """The claim and the id of the queue's next job."""
    ((job_id, number),) = conn.execute("SELECT id, claim FROM claim_jobs(%s, %s)", (queue, worker)).fetchall()
    return number, job_id
