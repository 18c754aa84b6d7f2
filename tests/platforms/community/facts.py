"""What community promises."""

from __future__ import annotations

import uuid
from typing import Any

from platform_facts import Facts, Numbers, PlanFact
from platformdb.postgres.connect import Connection
from platforms.community.build import LONG_AGO, ROWS, SOME_DAY, make, make_event

NOBODY = uuid.UUID(int=7)
ADDRESSES = ({"email": "nobody"}, {"email": "Ann@example.org"}, {"email": f"{'a' * 250}@b.de"})


def second_owner(conn: Connection) -> None:
    first = make(conn, "members", role="owner")
    make(conn, "members", community_id=first.community_id, role="owner")


def second_running_subscription(conn: Connection) -> None:
    first = make(conn, "subscriptions")
    again = {"subscriber_id": first.subscriber_id, "community_id": first.community_id, "tier_id": first.tier_id}
    make(conn, "subscriptions", **again, status="past_due")


def post_in_a_space_of_another_community(conn: Connection) -> None:
    make(conn, "posts", community_id=make(conn, "communities").id)


def tier_of_another_community(conn: Connection) -> None:
    make(conn, "subscriptions", community_id=make(conn, "communities").id)


def about_a_post_of_another_community(conn: Connection) -> None:
    make(conn, "activity", type="posted", post_id=make(conn, "posts").id)


def about_an_event_of_another_community(conn: Connection) -> None:
    make(conn, "activity", type="attended", event_id=make(conn, "events").id)


def sold_tier_deleted(conn: Connection) -> None:
    sold = make(conn, "subscriptions")
    conn.execute("DELETE FROM subscription_tiers WHERE id = %s", (sold.tier_id,))


def reply_below_another_post(conn: Connection) -> None:
    make(conn, "comments", parent_id=make(conn, "comments").id)


def reply_to_what_comes_later(conn: Connection) -> None:
    """Two comments of one statement that answer each other."""
    one, other, said = uuid.uuid4(), uuid.uuid4(), make(conn, "comments")
    conn.execute(
        """
        INSERT INTO comments (id, post_id, author_id, parent_id, content)
        VALUES (%(one)s, %(post)s, %(by)s, %(other)s, 'a'), (%(other)s, %(post)s, %(by)s, %(one)s, 'b')
        """,
        {"one": one, "other": other, "post": said.post_id, "by": said.author_id},
    )


def own_parent(conn: Connection) -> None:
    said = make(conn, "comments")
    conn.execute("ALTER TABLE comments DISABLE TRIGGER keep_replies_below_on_update")
    conn.execute("UPDATE comments SET parent_id = id WHERE id = %s", (said.id,))


def moved_reply(conn: Connection) -> None:
    said = make(conn, "comments")
    reply = make(conn, "comments", post_id=said.post_id, parent_id=said.id)
    conn.execute("UPDATE comments SET parent_id = %s WHERE id = %s", (reply.id, said.id))


def rsvp_to_an_event_elsewhere(conn: Connection) -> None:
    guest = make(conn, "members")
    make(conn, "event_rsvps", community_id=guest.community_id, user_id=guest.user_id)


def rsvp_to_no_event(conn: Connection) -> None:
    conn.execute("SELECT rsvp(%s, %s)", (NOBODY, make(conn, "users").id))


def rsvp_of_a_stranger(conn: Connection) -> None:
    conn.execute("SELECT rsvp(%s, %s)", (make(conn, "events").id, make(conn, "users").id))


def rsvp_by_hand_of_a_stranger(conn: Connection) -> None:
    make(conn, "event_rsvps", user_id=make(conn, "users").id)


def rsvp_after(**given: Any) -> Any:
    """An RSVP to an event that is none any more."""

    def violation(conn: Connection) -> None:
        party, (guest,) = make_event(conn, 1, **given)
        conn.execute("SELECT rsvp(%s, %s)", (party.id, guest))

    return violation


def rsvp_by_hand_to_a_cancelled_event(conn: Connection) -> None:
    party, (guest,) = make_event(conn, 1, status="cancelled")
    make(conn, "event_rsvps", event_id=party.id, community_id=party.community_id, user_id=guest)


def notification_of_oneself(conn: Connection) -> None:
    person = make(conn, "users").id
    make(conn, "notifications", user_id=person, actor_id=person)


def unsubscribed_twice_from_everything(conn: Connection) -> None:
    make(conn, "email_unsubscribes", email="ann@example.org", email_type=None)
    make(conn, "email_unsubscribes", email="ann@example.org", email_type=None)


def unsubscribed_twice_from_one(conn: Connection) -> None:
    make(conn, "email_unsubscribes", email="ann@example.org")
    make(conn, "email_unsubscribes", email="ann@example.org")


def job_of_no_queue(conn: Connection) -> None:
    conn.execute("SELECT enqueue_job('no_such_queue')")


def queue_deleted_under_its_jobs(conn: Connection) -> None:
    job = make(conn, "jobs")
    conn.execute("DELETE FROM job_queues WHERE id = %s", (job.queue_id,))


def second_queue_of_a_number(conn: Connection) -> None:
    first = make(conn, "job_queues")
    conn.execute("INSERT INTO job_queues (id, name) OVERRIDING SYSTEM VALUE VALUES (%s, 'again')", (first.id,))


def completed_by_who_does_not_hold_it(conn: Connection) -> None:
    job = make(conn, "jobs")
    conn.execute("SELECT complete_jobs(-1, ARRAY[%s]::bigint[])", (job.id,))


FACTS = Facts(
    name="community",
    numbers=Numbers(tables=25, foreign_keys=31, enums=3, jsonb_columns=10, indexes={1: 10, 2: 31, 3: 11}),
    tables={
        "001": ("users", "accounts", "sessions", "profiles", "communities", "spaces", "members"),
        "002": ("posts", "comments"),
        "003": ("events", "event_rsvps", "subscription_tiers", "subscriptions", "analytics_events"),
        "004": (
            "notifications",
            "activity",
            "contact_submissions",
            "email_jobs",
            "email_feedback",
            "email_unsubscribes",
            "job_queues",
            "jobs",
            "job_keys",
            "dead_jobs",
            "done_jobs",
        ),
    },
    rows=ROWS,
    violations={
        "users_username_check": ({"username": "Ann"}, {"username": "ab"}),
        "users_email_check": ADDRESSES,
        "users_name_check": ({"name": ""}, {"name": "x" * 81}),
        "users_image_check": ({"image": "ann.png"},),
        "users_password_hash_check": ({"password_hash": "secret"},),
        "accounts_type_check": ({"type": "password"},),
        "accounts_provider_check": ({"provider": "Google"},),
        "accounts_provider_account_id_check": ({"provider_account_id": ""},),
        "accounts_scope_check": ({"scope": "x" * 501},),
        "sessions_session_token_hash_check": ({"session_token_hash": "a-token-in-plain-text"},),
        "sessions_expires_at_check": ({"expires_at": LONG_AGO},),
        "sessions_user_agent_check": ({"user_agent": "x" * 501},),
        "profiles_headline_check": ({"headline": ""}, {"headline": "x" * 121}),
        "profiles_bio_check": ({"bio": "x" * 2001},),
        "profiles_location_check": ({"location": ""},),
        "profiles_website_check": ({"website": "ftp://example.org"},),
        "profiles_preferences_check": ({"preferences": "[]"},),
        "communities_slug_check": ({"slug": "Readers"}, {"slug": "a--b"}, {"slug": "a"}),
        "communities_name_check": ({"name": ""},),
        "communities_description_check": ({"description": "x" * 5001},),
        "communities_visibility_check": ({"visibility": "secret"},),
        "communities_settings_check": ({"settings": '"open"'},),
        "communities_members_count_check": ({"members_count": -1},),
        "spaces_slug_check": ({"slug": "small talk"},),
        "spaces_name_check": ({"name": ""},),
        "spaces_description_check": ({"description": "x" * 1001},),
        "spaces_kind_check": ({"kind": "chat"},),
        "spaces_position_check": ({"position": -1},),
        "members_role_check": ({"role": "guest"},),
        "members_one_owner": (second_owner,),
        "posts_space_id_fkey": (post_in_a_space_of_another_community, {"space_id": NOBODY}),
        "posts_title_check": ({"title": ""}, {"title": "x" * 201}),
        "posts_content_check": ({"content": ""},),
        "posts_language_check": ({"language": "English"},),
        "posts_published_at_check": (
            {"published_at": None},
            {"status": "draft"},
            {"status": "archived", "published_at": None},
        ),
        "posts_comments_count_check": ({"comments_count": -1},),
        "comments_parent_id_fkey": ({"parent_id": NOBODY}, reply_below_another_post, reply_to_what_comes_later),
        "comments_parent_id_stays": (moved_reply,),
        "comments_not_own_parent_check": (own_parent,),
        "comments_content_check": ({"content": ""}, {"content": "x" * 10_001}),
        "events_title_check": ({"title": ""},),
        "events_description_check": ({"description": "x" * 10_001},),
        "events_place_check": ({"location": None},),
        "events_location_check": ({"location": ""},),
        "events_meeting_url_check": ({"meeting_url": "tomorrow"},),
        "events_ends_at_check": ({"ends_at": LONG_AGO},),
        "events_status_check": ({"status": "moved"},),
        "events_capacity_check": ({"capacity": 0},),
        "events_attendees_count_check": ({"attendees_count": -1},),
        "events_waiting_count_check": ({"waiting_count": -1},),
        "event_rsvps_event_id_fkey": ({"event_id": NOBODY}, rsvp_to_an_event_elsewhere, rsvp_to_no_event),
        "event_rsvps_user_id_fkey": (rsvp_of_a_stranger, rsvp_by_hand_of_a_stranger),
        "event_rsvps_status_check": ({"status": "maybe"},),
        "event_rsvps_waiting_since_check": ({"status": "waiting"}, {"waiting_since": SOME_DAY}),
        "event_rsvps_event_is_open": (
            rsvp_after(status="cancelled"),
            rsvp_after(starts_at=LONG_AGO, ends_at=SOME_DAY),
            rsvp_by_hand_to_a_cancelled_event,
        ),
        "subscription_tiers_slug_check": ({"slug": "Gold!"},),
        "subscription_tiers_name_check": ({"name": ""},),
        "subscription_tiers_description_check": ({"description": "x" * 1001},),
        "subscription_tiers_price_cents_check": ({"price_cents": -1},),
        "subscription_tiers_currency_check": ({"currency": "euro"},),
        "subscription_tiers_billing_interval_check": ({"billing_interval": "week"},),
        "subscriptions_tier_id_fkey": ({"tier_id": NOBODY}, tier_of_another_community, sold_tier_deleted),
        "subscriptions_current_period_end_check": ({"current_period_end": LONG_AGO},),
        "subscriptions_cancelled_at_check": ({"status": "cancelled"}, {"cancelled_at": LONG_AGO}),
        "subscriptions_one_running": (second_running_subscription,),
        "analytics_events_event_name_check": ({"event_name": "Page view"}, {"event_name": "x" * 65}),
        "analytics_events_anonymous_id_check": ({"anonymous_id": ""},),
        "analytics_events_properties_check": ({"properties": "[]"},),
        "notifications_type_check": ({"type": "poke"},),
        "notifications_not_self_check": (notification_of_oneself,),
        "notifications_data_check": ({"data": "[]"},),
        "notifications_read_at_check": ({"read_at": LONG_AGO},),
        "activity_type_check": ({"type": "slept"},),
        "activity_subject_check": ({"type": "posted"}, {"type": "attended"}),
        "activity_post_id_fkey": ({"type": "posted", "post_id": NOBODY}, about_a_post_of_another_community),
        "activity_event_id_fkey": ({"type": "attended", "event_id": NOBODY}, about_an_event_of_another_community),
        "activity_metadata_check": ({"metadata": "[]"},),
        "contact_submissions_name_check": ({"name": ""},),
        "contact_submissions_email_check": ADDRESSES,
        "contact_submissions_inquiry_type_check": ({"inquiry_type": "spam"},),
        "contact_submissions_message_check": ({"message": ""},),
        "contact_submissions_status_check": ({"status": "lost"},),
        "email_jobs_idempotency_key_check": ({"idempotency_key": ""},),
        "email_jobs_email_check": ADDRESSES,
        "email_jobs_email_type_check": ({"email_type": "advertisement"},),
        "email_jobs_payload_check": ({"payload": "[]"},),
        "email_jobs_status_check": ({"status": "sending"},),
        "email_jobs_sent_at_check": ({"status": "sent"}, {"sent_at": SOME_DAY}),
        "email_jobs_reason_check": ({"status": "failed"}, {"status": "suppressed"}),
        "email_feedback_provider_event_id_check": ({"provider_event_id": ""},),
        "email_feedback_email_check": ADDRESSES,
        "email_feedback_type_check": ({"type": "opened"},),
        "email_feedback_details_check": ({"details": "[]"},),
        "email_unsubscribes_email_email_type_key": (unsubscribed_twice_from_everything, unsubscribed_twice_from_one),
        "email_unsubscribes_email_check": ADDRESSES,
        "email_unsubscribes_email_type_check": ({"email_type": "receipt"},),
        "email_unsubscribes_reason_check": ({"reason": ""},),
        "job_queues_pkey": (second_queue_of_a_number,),
        "job_queues_name_check": ({"name": "E-mail"},),
        "job_queues_lease_check": ({"lease": "0"},),
        "job_queues_max_attempts_check": ({"max_attempts": 0},),
        "job_queues_backoff_check": ({"backoff": "-1 second"},),
        "job_queues_backoff_cap_check": ({"backoff_cap": "1 second"},),
        "job_queues_patience_check": ({"patience": "-1 second"},),
        "job_queues_keep_keys_check": ({"keep_keys": "-1 second"},),
        "job_queues_keep_done_check": ({"keep_done": "0"},),
        "jobs_priority_check": ({"priority": 10}, {"priority": -1}),
        "jobs_attempt_check": ({"attempt": 11},),
        "jobs_max_attempts_check": ({"max_attempts": 0},),
        "jobs_queue_id_fkey": (job_of_no_queue, queue_deleted_under_its_jobs),
        "jobs_claim_held": (completed_by_who_does_not_hold_it,),
        "job_keys_key_check": ({"key": ""},),
    },
    plans={
        "community_feed": PlanFact(("idx_posts_community",), 110),
        "space_feed": PlanFact(("idx_posts_space",), 80),
        "thread": PlanFact(("idx_comments_post",), 800),
        "my_communities": PlanFact(("idx_members_user",), 60),
        "upcoming_events": PlanFact(("idx_events_community_starts",), 30),
        "notification_badge": PlanFact(("idx_notifications_unread",), 60),
        "member_directory": PlanFact(("idx_members_joined",), 200),
        "activity_feed": PlanFact(("idx_activity_community",), 130),
        "analytics_by_day": PlanFact(("idx_analytics_events_name_timestamp",), 120),
        "due_emails": PlanFact(("idx_email_jobs_status_scheduled",), 110),
        "text_search": PlanFact(("posts_pkey",), 210),
        "semantic_search": PlanFact(("posts_pkey",), 210),
        "hybrid_search": PlanFact(("posts_pkey",), 210),
    },
    races={
        "update_community_members_count": "test_joining_and_leaving_in_opposite_order_neither_deadlocks_nor_drifts",
        "update_post_comments_count": "test_comments_on_posts_in_opposite_order_neither_deadlock_nor_drift",
        "keep_replies_below": "test_two_comments_that_are_put_below_each_other_at_the_same_instant_make_no_circle",
        "keep_event_seats": "test_many_who_ask_at_the_same_instant_never_get_more_seats_than_there_are",
        "seat_waiting_on_capacity": "test_new_seats_and_cancellations_at_the_same_instant_lose_no_promotion",
        "lock_events_on_leave": "test_members_who_leave_while_seats_come_free_cause_no_deadlock",
        "refuse_queue_with_jobs": "test_a_queue_that_gets_a_mail_just_now_is_not_deleted",
        "queue_emails": "test_mails_written_at_the_same_instant_each_have_one_job",
    },
    wrong_documents={
        "profiles.preferences": (
            '{"digest": "hourly"}',
            '{"colour": "red"}',
            '{"muted": ["receipt"]}',
            '{"theme": null}',
        ),
        "communities.settings": ('{"accent_color": "blue"}', '{"joining": "never"}', '{"rules": [""]}'),
        "notifications.data": ('{"path": "https://example.org"}', '{"titel": "x"}', '{"title": 7}'),
        "activity.metadata": ('{"title": ""}', '{"tier": null}', '{"post": "x"}'),
        "email_jobs.payload": ("{}", '{"subject": ""}', '{"subject": "x", "url": "example.org"}'),
        "email_feedback.details": ('{"code": "550"}', '{"code": null}', '{"remote_host": "MX 1"}'),
        "analytics_events.properties": (
            '{"path": "feed"}',
            '{"source": "fax"}',
            '{"duration_ms": -1}',
            '{"results": "3"}',
        ),
        "jobs.payload": ("{}", '{"email_job_id": 7}', '{"email_job_id": "7"}'),
        "dead_jobs.payload": ("{}", '{"email_job_id": 7}', '{"email_job_id": "7"}'),
        "done_jobs.payload": ("{}", '{"email_job_id": 7}', '{"email_job_id": "7"}'),
    },
    enums={
        "user_role": ("user", "staff", "admin"),
        "post_status": ("draft", "published", "archived"),
        "subscription_status": ("active", "past_due", "cancelled", "expired"),
    },
    served_otherwise={
        "event_rsvps_event_id_fkey": "event_rsvps_event_id_user_id_key finds them all; the community narrows nothing",
    },
)
