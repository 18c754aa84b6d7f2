"""From content to published post: the queues and the tables they work for say the same at every step."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from platformdb.postgres.connect import Connection
from platforms.aipromote.build import approve, claim, make, make_approved_post, status
from rows import count, taken_back, value, values

DUE_JOBS = """
    SELECT payload, run_at FROM jobs JOIN job_queues AS q ON q.id = queue_id WHERE q.name = %s ORDER BY run_at
"""


def begin(conn: Connection) -> tuple[int, int]:
    conn.execute("SELECT enqueue_due_posts()")
    held = claim(conn)
    assert conn.execute("SELECT * FROM begin_publishing(%s, %s)", held).fetchone()
    return held


def column(conn: Connection, name: str, post: Any) -> Any:
    return value(conn, f"SELECT {name} FROM scheduled_posts WHERE id = %s", post.id)


def test_a_post_waits_for_the_approval_of_its_content_and_is_then_scheduled(conn: Connection) -> None:
    post = make(conn, "scheduled_posts")
    assert post.status == "pending"
    approve(conn, post.content_piece_id)
    assert status(conn, post.id) == "scheduled"
    assert make(conn, "scheduled_posts", **{**same_place(post), "idempotency_key": "again"}).status == "scheduled"


def same_place(post: Any) -> dict[str, Any]:
    wanted = ("organization_id", "content_piece_id", "social_account_id", "platform")
    return {name: getattr(post, name) for name in wanted}


@pytest.mark.parametrize("change", ["status = 'draft', approved_at = NULL", "deleted_at = now()"])
def test_withdrawn_content_takes_its_posts_back_also_from_the_queue(conn: Connection, change: str) -> None:
    post = make_approved_post(conn)
    conn.execute("SELECT enqueue_due_posts()")
    conn.execute(f"UPDATE content_pieces SET {change} WHERE id = %s".encode(), (post.content_piece_id,))
    assert status(conn, post.id) == "pending"
    assert conn.execute("SELECT * FROM begin_publishing(%s, %s)", claim(conn)).fetchone() is None
    assert (count(conn, "jobs"), status(conn, post.id)) == (0, "pending")


def test_a_post_that_is_not_due_is_left_alone(conn: Connection) -> None:
    make_approved_post(conn, scheduled_at="2100-01-01T00:00:00Z")
    assert value(conn, "SELECT enqueue_due_posts()") == 0


def test_a_post_has_its_job_in_the_queue_from_the_moment_that_it_is_queued(conn: Connection) -> None:
    posts = [make_approved_post(conn) for _ in range(3)]
    assert value(conn, "SELECT enqueue_due_posts(2)") == 2
    assert value(conn, "SELECT enqueue_due_posts(2)") == 1
    assert value(conn, "SELECT enqueue_due_posts(2)") == 0
    found = values(conn, "SELECT job_id, jsonb_build_object('scheduled_post_id', id) FROM scheduled_posts ORDER BY 1")
    assert found == values(conn, "SELECT id, payload FROM jobs ORDER BY 1")
    assert {status(conn, post.id) for post in posts} == {"queued"}


def test_a_worker_gets_the_wording_of_the_platform_and_the_credentials_still_encrypted(conn: Connection) -> None:
    variants = {"linkedin": {"body": "For colleagues."}}
    piece = make(conn, "content_pieces", platform_variants=variants)
    account = make(conn, "social_accounts", organization_id=piece.organization_id)
    make_approved_post(
        conn,
        organization_id=piece.organization_id,
        content_piece_id=piece.id,
        social_account_id=account.id,
        platform="linkedin",
    )
    conn.execute("SELECT enqueue_due_posts()")
    wanted = "SELECT body, handle, key_id, access_token_ciphertext, access_token_nonce FROM begin_publishing(%s, %s)"
    ciphertext, nonce = account.access_token_ciphertext, account.access_token_nonce
    assert values(conn, wanted, *claim(conn)) == [
        ("For colleagues.", account.handle, account.key_id, ciphertext, nonce)
    ]


def test_a_published_post_says_where_it_is_and_its_figures_are_collected_three_times(conn: Connection) -> None:
    post = make_approved_post(conn)
    conn.execute("SELECT finish_publishing(%s, %s, 'x-77', '2026-03-02T09:01:00Z')", begin(conn))
    assert [column(conn, name, post) for name in ("status", "external_id", "attempts")] == ["published", "x-77", 1]
    jobs = values(conn, DUE_JOBS, "analytics_collection")
    assert [payload["days"] for payload, _ in jobs] == [1, 7, 30]
    assert {payload["scheduled_post_id"] for payload, _ in jobs} == {str(post.id)}
    assert [at.day for _, at in jobs] == [3, 9, 1]
    assert values(conn, DUE_JOBS, "publishing") == []


def test_a_failure_is_tried_again_later_until_it_has_been_tried_eight_times(conn: Connection) -> None:
    post = make_approved_post(conn)
    conn.execute("SELECT enqueue_due_posts()")
    for attempt in range(1, 9):
        conn.execute("UPDATE jobs SET run_at = clock_timestamp()")
        held = claim(conn)
        conn.execute("SELECT begin_publishing(%s, %s)", held)
        again = value(conn, "SELECT fail_publishing(%s, %s, '503 Service Unavailable')", *held)
        assert (again is None) == (attempt == 8)
        assert status(conn, post.id) == ("failed" if again is None else "queued")
        assert column(conn, "attempts", post) == attempt
    assert column(conn, "last_error", post) == "503 Service Unavailable"
    assert values(conn, "SELECT payload, error FROM dead_jobs") == [
        ({"scheduled_post_id": str(post.id)}, "503 Service Unavailable")
    ]


def test_what_a_platform_will_never_take_is_not_tried_again(conn: Connection) -> None:
    post = make_approved_post(conn)
    assert value(conn, "SELECT fail_publishing(%s, %s, 'too long', retry => FALSE)", *begin(conn)) is None
    assert (status(conn, post.id), count(conn, "dead_jobs")) == ("failed", 1)


def test_a_worker_who_vanishes_in_the_last_attempt_leaves_a_failed_post(conn: Connection) -> None:
    post = make_approved_post(conn)
    begin(conn)
    conn.execute("UPDATE jobs SET attempt = max_attempts, run_at = clock_timestamp(), leased_until = clock_timestamp()")
    assert values(conn, "SELECT * FROM claim_jobs('publishing', 'next')") == []
    assert status(conn, post.id) == "failed"
    assert "lease ended" in column(conn, "last_error", post)


def test_a_dead_letter_that_is_tried_again_takes_its_post_along(conn: Connection) -> None:
    post = make_approved_post(conn)
    conn.execute("SELECT fail_publishing(%s, %s, 'too long', retry => FALSE)", begin(conn))
    conn.execute("SELECT retry_dead_jobs(array_agg(id)) FROM dead_jobs")
    assert status(conn, post.id) == "queued"
    held = claim(conn)
    assert conn.execute("SELECT * FROM begin_publishing(%s, %s)", held).fetchone()
    conn.execute("SELECT finish_publishing(%s, %s, 'x-1')", held)
    assert status(conn, post.id) == "published"


def test_a_failed_post_that_is_scheduled_again_gets_a_job_of_its_own(conn: Connection) -> None:
    post = make_approved_post(conn)
    held = begin(conn)
    conn.execute("SELECT fail_publishing(%s, %s, 'too long', retry => FALSE)", held)
    conn.execute("UPDATE scheduled_posts SET status = 'scheduled', scheduled_at = now() WHERE id = %s", (post.id,))
    assert begin(conn)[1] != held[1]
    # The dead letter is of the past: trying it again finds nothing to do.
    conn.execute("SELECT retry_dead_jobs(array_agg(id)) FROM dead_jobs")
    assert status(conn, post.id) == "publishing"
    assert conn.execute("SELECT * FROM begin_publishing(%s, %s)", claim(conn)).fetchone() is None
    assert status(conn, post.id) == "publishing"


def test_a_worker_who_lost_the_job_changes_nothing(conn: Connection) -> None:
    post = make_approved_post(conn)
    held, job = begin(conn)
    for call in ("finish_publishing(%s, %s, 'x-1')", "fail_publishing(%s, %s, 'no')", "begin_publishing(%s, %s)"):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as caught, taken_back(conn):
            conn.execute(f"SELECT {call}".encode(), (held - 1, job))
        assert caught.value.diag.constraint_name == "jobs_claim_held"
    assert status(conn, post.id) == "publishing"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("token EAAJZC4k1ZBpsBAOZCqT7Yk2wZBv0f3nXqPqv7mZ is invalid", "token [removed] is invalid"),
        ("  ", "no message"),
        ("x" * 31, "x" * 31),
        ("so " * 1000, ("so " * 1000)[:2000]),
    ],
)
def test_errors_are_kept_without_what_may_be_a_token(conn: Connection, said: str, kept: str) -> None:
    post = make_approved_post(conn)
    conn.execute("SELECT fail_publishing(%s, %s, %s)", (*begin(conn), said))
    assert column(conn, "last_error", post) == kept
    assert value(conn, "SELECT error FROM jobs") == kept


def test_jobs_that_are_cancelled_by_hand_leave_posts_that_are_found(conn: Connection) -> None:
    post = make_approved_post(conn)
    conn.execute("SELECT enqueue_due_posts()")
    assert values(conn, "SELECT id FROM stray_posts") == []
    conn.execute("SELECT cancel_jobs(array_agg(id)) FROM jobs")
    assert values(conn, "SELECT id, status FROM stray_posts") == [(post.id, "queued")]


def test_the_five_queues_are_there_with_their_rules(conn: Connection) -> None:
    rules = dict(values(conn, "SELECT name, max_attempts FROM job_queues"))
    assert rules == {
        "content_generation": 4,
        "publishing": 8,
        "analytics_collection": 10,
        "strategy_generation": 3,
        "email": 10,
    }
    assert {queue for (queue,) in values(conn, "SELECT queue FROM job_health")} == set(rules)


def test_a_request_for_content_is_charged_and_enqueued_once_or_not_at_all(conn: Connection) -> None:
    organization = make(conn, "organizations")
    ask = b"SELECT request_generation(%s, 'content_generation', '{\"content_type\": \"post\"}', %s)"

    def request(key: str) -> Any:
        return conn.execute(ask, (organization.id, key)).fetchone()

    first = request("a")
    assert request("a") == first
    assert values(conn, "SELECT metric, amount, user_id FROM usage") == [
        ("content_generations", 1, organization.user_id)
    ]
    for number in range(19):
        request(f"more-{number}")
    with pytest.raises(psycopg.errors.CheckViolation, match="plan limit reached"), taken_back(conn):
        request("one too many")
    assert count(conn, "jobs") == 20
    assert value(conn, "SELECT payload ->> 'organization_id' FROM jobs LIMIT 1") == str(organization.id)


def test_the_same_key_is_another_request_in_another_queue_or_of_another_organization(conn: Connection) -> None:
    one = make(conn, "organizations")
    other = make(conn, "organizations", user_id=one.user_id)
    ask = b"SELECT request_generation(%s, %s, '{}', 'a')"
    asked = [(one.id, "content_generation"), (one.id, "strategy_generation"), (other.id, "content_generation")]
    jobs = {conn.execute(ask, each).fetchone() for each in asked}
    assert len(jobs) == count(conn, "jobs") == 3
    assert value(conn, "SELECT array_agg(DISTINCT payload ->> 'organization_id') FROM jobs") == sorted(
        [str(one.id), str(other.id)]
    )
    charged = "SELECT metric::text, organization_id, amount FROM usage WHERE user_id = %s ORDER BY id"
    assert values(conn, charged, one.user_id) == [
        ("content_generations", one.id, 1),
        ("strategy_generations", one.id, 1),
        ("content_generations", other.id, 1),
    ]


def test_a_request_that_the_queue_has_forgotten_is_not_done_again_for_nothing(conn: Connection) -> None:
    ask = b"SELECT request_generation(%s, 'content_generation', '{}', 'a')"
    organization = make(conn, "organizations").id
    conn.execute(ask, (organization,))
    conn.execute("DELETE FROM jobs; DELETE FROM job_keys")
    assert conn.execute(ask, (organization,)).fetchone() == (None,)
    assert (count(conn, "jobs"), count(conn, "usage")) == (0, 1)


@pytest.mark.parametrize("queue", ["email", "publishing", "nothing", None])
def test_only_the_two_queues_that_generate_can_be_asked(conn: Connection, queue: str | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="nothing is generated"):
        conn.execute("SELECT request_generation(%s, %s, '{}', 'a')", (make(conn, "organizations").id, queue))


def test_a_handed_over_organization_leaves_its_use_with_who_paid(conn: Connection) -> None:
    paid = make(conn, "usage", **{**charge_of(conn), "amount": 3})
    heir = make(conn, "users").id
    conn.execute("UPDATE organizations SET user_id = %s WHERE id = %s", (heir, paid.organization_id))
    assert values(conn, "SELECT user_id, organization_id FROM usage") == [(paid.user_id, paid.organization_id)]
    make(conn, "usage", user_id=heir, organization_id=paid.organization_id)
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="is not one of user"):
        make(conn, "usage", user_id=paid.user_id, organization_id=paid.organization_id)


def test_a_line_of_usage_is_not_given_to_another_organization(conn: Connection) -> None:
    row = make(conn, "usage", **charge_of(conn))
    other = make(conn, "organizations", user_id=row.user_id).id
    with pytest.raises(psycopg.errors.CheckViolation, match="append-only"):
        conn.execute("UPDATE usage SET organization_id = %s", (other,))


def charge_of(conn: Connection) -> dict[str, Any]:
    organization = make(conn, "organizations")
    return {"user_id": organization.user_id, "organization_id": organization.id}


def test_a_post_that_is_deleted_while_it_is_published_leaves_nothing_to_collect(conn: Connection) -> None:
    post = make_approved_post(conn)
    held = begin(conn)
    conn.execute("DELETE FROM content_pieces WHERE id = %s", (post.content_piece_id,))
    conn.execute("SELECT finish_publishing(%s, %s, 'x1')", held)
    assert count(conn, "jobs") == 0


def test_a_larger_plan_takes_effect_at_once_and_what_was_used_still_counts(conn: Connection) -> None:
    user = make(conn, "users").id
    charge = b"SELECT charge_usage(%s, NULL, 'content_generations', %s, %s)"
    conn.execute(charge, (user, 20, "all of free"))
    make(conn, "subscriptions", user_id=user, plan="starter")
    conn.execute(charge, (user, 180, "all of starter"))
    with pytest.raises(psycopg.errors.CheckViolation, match="has 0 content_generations left"), taken_back(conn):
        conn.execute(charge, (user, 1, "too much"))
    conn.execute("UPDATE subscriptions SET status = 'cancelled', cancelled_at = now() WHERE user_id = %s", (user,))
    assert value(conn, "SELECT plan FROM users WHERE id = %s", user) == "free"
    # Above the smaller plan's limit nothing more goes, but what failed can be given back.
    assert conn.execute(charge, (user, -10, "given back")).fetchone() == (True,)


def test_what_an_organization_used_stays_used_when_it_is_deleted(conn: Connection) -> None:
    organization = make(conn, "organizations")
    row = make(conn, "usage", user_id=organization.user_id, organization_id=organization.id, amount=7)
    conn.execute("DELETE FROM organizations WHERE id = %s", (organization.id,))
    assert values(conn, "SELECT id, organization_id, amount FROM usage") == [(row.id, None, 7)]


def test_a_weekly_summary_is_sent_to_the_owner(conn: Connection) -> None:
    summary = make(conn, "weekly_summaries")
    ((mail, _),) = values(conn, DUE_JOBS, "email")
    owner = value(conn, "SELECT user_id FROM organizations WHERE id = %s", summary.organization_id)
    assert mail == {"template": "weekly_summary", "user_id": str(owner), "weekly_summary_id": str(summary.id)}
