"""Rows of community for tests: one valid row of any table with the parents it needs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from platformdb.postgres.connect import Connection
from rows import insert, values

SOME_DAY = "2026-01-01T00:00:00Z"
LONG_AGO = "2020-01-01T00:00:00Z"
FAR_AHEAD = "2100-01-01T00:00:00Z"
FAR_AHEAD_TOO = "2100-01-01T02:00:00Z"

_numbers = itertools.count(1)


def user(_: Connection) -> Mapping[str, Any]:
    number = next(_numbers)
    return {"username": f"user_{number}", "email": f"user_{number}@example.org", "name": "Ann Example"}


def account(conn: Connection) -> Mapping[str, Any]:
    number = next(_numbers)
    return {"user_id": made("users")(conn), "type": "oidc", "provider": "google", "provider_account_id": str(number)}


def session(conn: Connection) -> Mapping[str, Any]:
    token = f"{next(_numbers):064x}"
    return {"user_id": made("users")(conn), "session_token_hash": token, "expires_at": FAR_AHEAD}


def community(_: Connection) -> Mapping[str, Any]:
    return {"slug": f"readers-{next(_numbers)}", "name": "Readers"}


def space(conn: Connection) -> Mapping[str, Any]:
    return {"community_id": made("communities")(conn), "slug": f"talk-{next(_numbers)}", "name": "Talk"}


def member(conn: Connection) -> Mapping[str, Any]:
    return {"community_id": made("communities")(conn), "user_id": made("users")(conn)}


def post(conn: Connection) -> Mapping[str, Any]:
    room = make(conn, "spaces")
    said = {"title": "On herons", "content": "They stand still.", "status": "published", "published_at": SOME_DAY}
    return {**said, "space_id": room.id, "community_id": room.community_id, "author_id": made("users")(conn)}


def comment(conn: Connection) -> Mapping[str, Any]:
    return {"post_id": made("posts")(conn), "author_id": made("users")(conn), "content": "Well said."}


def event(conn: Connection) -> Mapping[str, Any]:
    when = {"starts_at": FAR_AHEAD, "ends_at": FAR_AHEAD_TOO}
    return {"community_id": made("communities")(conn), "title": "Breakfast", "location": "The mill", **when}


def event_rsvp(conn: Connection) -> Mapping[str, Any]:
    party = make(conn, "events")
    guest = make(conn, "members", community_id=party.community_id)
    return {"event_id": party.id, "community_id": party.community_id, "user_id": guest.user_id}


def tier(conn: Connection) -> Mapping[str, Any]:
    offer = {"slug": f"tier-{next(_numbers)}", "name": "Supporter", "price_cents": 500}
    return {"community_id": made("communities")(conn), **offer}


def subscription(conn: Connection) -> Mapping[str, Any]:
    sold = make(conn, "subscription_tiers")
    of_tier = {"tier_id": sold.id, "community_id": sold.community_id}
    return {"subscriber_id": made("users")(conn), **of_tier, "current_period_end": FAR_AHEAD}


def activity(conn: Connection) -> Mapping[str, Any]:
    return {"community_id": made("communities")(conn), "user_id": made("users")(conn), "type": "joined"}


def email_job(_: Connection) -> Mapping[str, Any]:
    mail = {"email": "ann@example.org", "email_type": "digest", "payload": {"subject": "Your week"}}
    return {"idempotency_key": f"digest:{next(_numbers)}", **mail}


def feedback(_: Connection) -> Mapping[str, Any]:
    return {"provider_event_id": f"report-{next(_numbers)}", "email": "ann@example.org", "type": "delivery"}


def contact(_: Connection) -> Mapping[str, Any]:
    return {"name": "Ann", "email": "ann@example.org", "message": "Is there a breakfast?"}


def queue(_: Connection) -> Mapping[str, Any]:
    return {"name": f"queue_{next(_numbers)}"}


def a_queue(conn: Connection) -> int:
    return int(make(conn, "job_queues").id)


def dead_job(conn: Connection) -> Mapping[str, Any]:
    tried = {"priority": 5, "attempt": 10, "max_attempts": 10, "payload": {}, "error": "gone", "created_at": SOME_DAY}
    return {"id": next(_numbers), "queue_id": a_queue(conn), **tried}


def done_job(conn: Connection) -> Mapping[str, Any]:
    done = {"attempt": 1, "payload": {}, "created_at": SOME_DAY}
    return {"id": next(_numbers), "queue_id": a_queue(conn), **done}


ROWS: Mapping[str, Callable[[Connection], Mapping[str, Any]]] = {
    "users": user,
    "accounts": account,
    "sessions": session,
    "profiles": lambda conn: {"user_id": made("users")(conn)},
    "communities": community,
    "spaces": space,
    "members": member,
    "posts": post,
    "comments": comment,
    "events": event,
    "event_rsvps": event_rsvp,
    "subscription_tiers": tier,
    "subscriptions": subscription,
    "analytics_events": lambda _: {"event_name": "page_view", "anonymous_id": "visitor-1"},
    "notifications": lambda conn: {"user_id": made("users")(conn), "type": "system"},
    "activity": activity,
    "contact_submissions": contact,
    "email_jobs": email_job,
    "email_feedback": feedback,
    "email_unsubscribes": lambda _: {"email": f"user_{next(_numbers)}@example.org", "email_type": "digest"},
    "job_queues": queue,
    "jobs": lambda conn: {"queue_id": a_queue(conn), "leased_until": LONG_AGO},
    "job_keys": lambda conn: {"queue_id": a_queue(conn), "key": "once", "job_id": next(_numbers)},
    "dead_jobs": dead_job,
    "done_jobs": done_job,
}


def made(table: str) -> Callable[[Connection], Any]:
    """Makes a row of the table when it is needed, and gives its id."""
    return lambda conn: make(conn, table).id


def make(conn: Connection, table: str, **given: Any) -> Any:
    """Inserts one row and returns it whole; what is not given is made valid."""
    return insert(conn, table, **{**ROWS[table](conn), **given})


def make_event(conn: Connection, members: int, **given: Any) -> tuple[Any, tuple[UUID, ...]]:
    """An event, and the users who are members of its community."""
    party = make(conn, "events", **given)
    users = [make(conn, "members", community_id=party.community_id).user_id for _ in range(members)]
    return party, tuple(users)


def statuses(conn: Connection, event: UUID) -> dict[UUID, str]:
    """The RSVP of each user of an event."""
    return dict(values(conn, "SELECT user_id, status FROM event_rsvps WHERE event_id = %s", event))


def waiting(conn: Connection, event: UUID) -> list[UUID]:
    """The waiting list of an event, in order."""
    query = """
        SELECT user_id FROM event_rsvps WHERE event_id = %s AND status = 'waiting' ORDER BY waiting_since, id
    """
    return [user for (user,) in values(conn, query, event)]


def counts(conn: Connection, event: UUID) -> tuple[int, int]:
    """(attendees, waiting) as the event's row says."""
    ((attendees, waiters),) = values(conn, "SELECT attendees_count, waiting_count FROM events WHERE id = %s", event)
    return int(attendees), int(waiters)
