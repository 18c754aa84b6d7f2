"""What several connections do at the same instant: every trigger, and the schedulers and workers of the queue."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.counters.run import check_counters
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platforms.aipromote.build import ROWS, approve, claim, make, make_approved_post, status
from rows import count, insert, value, values
from together import at_the_same_instant, deadlocks, held_up

ROUNDS = 25

MISPLACED = """
    SELECT post.id, post.status, piece.status FROM scheduled_posts AS post
    JOIN content_pieces AS piece ON piece.id = post.content_piece_id
    WHERE post.status <> CASE piece.status WHEN 'approved' THEN 'scheduled' ELSE 'pending' END::post_status
"""
WRONG_PLANS = """
    SELECT users.id FROM users
    LEFT JOIN subscriptions ON subscriptions.user_id = users.id AND status IN ('trialing', 'active', 'past_due')
    WHERE users.plan <> coalesce(subscriptions.plan, 'free')
"""


def refused_by(constraint: str, work: Callable[[], object]) -> bool:
    """Whether the constraint refused it; any other refusal is an error."""
    try:
        work()
    except psycopg.IntegrityError as error:
        if error.diag.constraint_name != constraint:
            raise
        return True
    return False


def withdraw(conn: Connection, piece: UUID) -> None:
    conn.execute("UPDATE content_pieces SET status = 'draft', approved_at = NULL WHERE id = %s", (piece,))


def test_a_post_scheduled_while_its_content_is_approved_is_not_left_waiting(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    row = ROWS["scheduled_posts"](admin)
    approve(first, row["content_piece_id"])
    with held_up(own_db, first, lambda second: insert(second, "scheduled_posts", **row)) as waiting:
        first.commit()
        assert waiting.result().status == "scheduled"


def test_an_approval_waits_for_a_post_that_is_being_scheduled_and_takes_it_along(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    row = ROWS["scheduled_posts"](admin)
    post = insert(first, "scheduled_posts", **row)
    assert post.status == "pending"
    with held_up(own_db, first, lambda second: approve(second, row["content_piece_id"])) as waiting:
        first.commit()
        waiting.result()
    assert status(admin, post.id) == "scheduled"


def test_approval_and_withdrawal_at_the_same_instant_leave_posts_as_the_content_is(
    own_db: Target, admin: Connection
) -> None:
    posts = [make(admin, "scheduled_posts") for _ in range(3)]
    pieces = [post.content_piece_id for post in posts]
    before = deadlocks(own_db)

    def editor(change: Callable[[Connection, UUID], None]) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            change(conn, pieces[number % 3])

        return work

    def planner(conn: Connection, number: int) -> None:
        post = posts[number % 3]
        conn.execute("UPDATE scheduled_posts SET scheduled_at = now() WHERE id = %s", (post.id,))

    at_the_same_instant(own_db, [editor(approve), editor(withdraw), planner], rounds=ROUNDS)
    assert values(admin, MISPLACED) == []
    assert deadlocks(own_db) == before


def test_posts_scheduled_at_the_same_instant_fill_the_plan_and_never_exceed_it(
    own_db: Target, admin: Connection
) -> None:
    row = ROWS["scheduled_posts"](admin)
    insert(admin, "scheduled_posts", **row)
    taken: list[bool] = []

    def scheduler(name: str) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            other = {**row, "idempotency_key": f"{name}-{number}"}
            taken.append(not refused_by("usage_within_plan", lambda: insert(conn, "scheduled_posts", **other)))

        return work

    at_the_same_instant(own_db, [scheduler(name) for name in "abcd"], rounds=9)
    assert (len(taken), sum(taken)) == (36, 29)
    assert count(admin, "scheduled_posts") == value(admin, "SELECT sum(amount) FROM usage") == 30


def test_charges_at_the_same_instant_fill_the_plan_and_never_exceed_it(own_db: Target, admin: Connection) -> None:
    user = make(admin, "users").id
    taken: list[bool] = []

    def charger(name: str) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            charge = "SELECT charge_usage(%s, NULL, 'content_generations', 3, %s)"
            key = f"{name}-{number}"
            taken.append(not refused_by("usage_within_plan", lambda: conn.execute(charge.encode(), (user, key))))

        return work

    at_the_same_instant(own_db, [charger(name) for name in "abcd"], rounds=5)
    assert (len(taken), sum(taken)) == (20, 6)
    assert value(admin, "SELECT sum(amount) FROM usage") == 18


def test_the_second_charge_waits_and_is_told_what_is_left_then(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    user = make(admin, "users").id
    charge = b"SELECT charge_usage(%s, NULL, 'content_generations', 15, %s)"
    first.execute(charge, (user, "first"))
    with held_up(own_db, first, lambda second: second.execute(charge, (user, "second"))) as waiting:
        first.commit()
        with pytest.raises(psycopg.errors.CheckViolation, match="has 5 content_generations left this month, 15 asked"):
            waiting.result()


def test_a_charge_that_is_asked_twice_at_the_same_instant_is_charged_once(own_db: Target, admin: Connection) -> None:
    user = make(admin, "users").id
    charged: list[bool] = []

    def client(conn: Connection, number: int) -> None:
        ask = "SELECT charge_usage(%s, NULL, 'ai_tokens', 10, %s)"
        charged.append(value(conn, ask, user, f"key-{number}"))

    at_the_same_instant(own_db, [client] * 3, rounds=10)
    assert (len(charged), sum(charged)) == (30, 10)
    assert value(admin, "SELECT sum(amount) FROM usage") == 100


@pytest.mark.parametrize("level", ["repeatable read"])
def test_a_charge_with_an_old_snapshot_is_refused(admin: Connection, first: Connection, level: str) -> None:
    user = make(admin, "users").id
    first.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="charging usage"):
        first.execute("SELECT charge_usage(%s, NULL, 'ai_tokens', 1, 'k')", (user,))


def test_plan_changes_at_the_same_instant_leave_users_on_the_plan_they_pay_for(
    own_db: Target, admin: Connection
) -> None:
    people = [make(admin, "users").id for _ in range(4)]
    before = deadlocks(own_db)

    def customer(order: Sequence[UUID], plan: str) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            conn.execute(
                """
                UPDATE subscriptions SET status = 'expired' WHERE id IN (
                    SELECT id FROM subscriptions WHERE user_id = ANY (%s) AND status = 'active' ORDER BY id FOR UPDATE
                )
                """,
                (list(order),),
            )
            user = order[number % 4]
            refused_by("subscriptions_one_live", lambda: make(conn, "subscriptions", user_id=user, plan=plan))

        return work

    works = [customer(people, "growth"), customer(people[::-1], "scale"), customer(people, "starter")]
    at_the_same_instant(own_db, works, rounds=ROUNDS)
    assert values(admin, WRONG_PLANS) == []
    assert value(admin, "SELECT count(*) FROM subscriptions WHERE status = 'active'") > 0
    assert deadlocks(own_db) == before


def test_pieces_of_the_same_series_in_opposite_order_neither_deadlock_nor_drift(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    organization = make(admin, "organizations").id
    series = [make(admin, "series", organization_id=organization).id for _ in range(4)]
    before = deadlocks(own_db)

    def writer(order: list[UUID]) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            added = conn.execute(
                """
                INSERT INTO content_pieces (organization_id, series_id, content_type, title, body)
                SELECT %s, part, 'post', 'Part', 'Text' FROM unnest(%s::uuid[]) AS part RETURNING id
                """,
                (organization, order),
            ).fetchall()
            ids = [row[0] for row in added[: number % 4]]
            conn.execute("UPDATE content_pieces SET deleted_at = now() WHERE id = ANY (%s)", (ids,))
            conn.execute("DELETE FROM content_pieces WHERE id = %s", (added[3][0],))

        return work

    at_the_same_instant(own_db, [writer(series), writer(series[::-1])], rounds=ROUNDS)
    assert deadlocks(own_db) == before
    assert value(admin, "SELECT sum(pieces_count) FROM series") > 0
    assert check_counters(own_db, platform).findings == ()


def test_the_series_of_one_statement_are_locked_in_the_order_of_their_ids(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    organization = make(admin, "organizations").id
    # On disk the other way round.
    low, high = UUID(int=1), UUID(int=2)
    for series in (high, low):
        make(admin, "series", organization_id=organization, id=series)
    lock = "SELECT id FROM series WHERE id = %s FOR NO KEY UPDATE"
    value(first, lock, low)

    def write(second: Connection) -> None:
        second.execute(
            """
            INSERT INTO content_pieces (organization_id, series_id, content_type, title, body)
            SELECT %s, part, 'post', 'Part', 'Text' FROM unnest(%s::uuid[]) AS part
            """,
            (organization, [high, low]),
        )

    with held_up(own_db, first, write) as waiting:
        assert value(admin, f"{lock} NOWAIT", high) == high
        first.commit()
        waiting.result()
    assert values(admin, "SELECT pieces_count FROM series") == [(1,), (1,)]


def test_of_two_who_use_the_same_nonce_at_the_same_instant_one_is_refused(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    key, nonce = make(admin, "encryption_keys").id, secrets.token_bytes(12)
    one, other = (dict(ROWS["social_accounts"](admin)) for _ in range(2))
    insert(first, "social_accounts", **{**one, "key_id": key, "access_token_nonce": nonce})

    def second_use(second: Connection) -> Any:
        return insert(second, "social_accounts", **{**other, "key_id": key, "refresh_token_nonce": nonce})

    with held_up(own_db, first, second_use) as waiting:
        first.commit()
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            waiting.result()
    assert caught.value.diag.constraint_name == "encryption_nonces_pkey"
    assert count(admin, "social_accounts", key_id=key) == 1


def test_who_encrypts_with_a_key_that_is_being_retired_waits_and_is_refused(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    key, row = make(admin, "encryption_keys").id, ROWS["social_accounts"](admin)
    first.execute("UPDATE encryption_keys SET retired_at = now() WHERE id = %s", (key,))
    with held_up(own_db, first, lambda second: insert(second, "social_accounts", **{**row, "key_id": key})) as waiting:
        first.commit()
        with pytest.raises(psycopg.errors.CheckViolation, match="is retired"):
            waiting.result()


def test_every_change_of_many_at_the_same_instant_is_in_the_audit_trail(own_db: Target, admin: Connection) -> None:
    organization = make(admin, "organizations").id

    def renamer(name: str) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            conn.execute("SELECT set_config('aipromote.actor', %s, false)", (name,))
            conn.execute("UPDATE organizations SET name = %s WHERE id = %s", (f"{name} {number}", organization))
            with pytest.raises(psycopg.errors.CheckViolation, match="append-only"):
                conn.execute("DELETE FROM audit_log")

        return work

    at_the_same_instant(own_db, [renamer(name) for name in ("ann", "ben", "cho")], rounds=ROUNDS)
    trail = "SELECT actor, changes FROM audit_log WHERE object_id = %s AND action = 'update'"
    rows = values(admin, trail, str(organization))
    assert sorted({actor for actor, _ in rows}) == ["ann", "ben", "cho"]
    assert len(rows) == 3 * ROUNDS
    # Each change begins where another one ended: nothing was lost between two rows, and nothing is there twice.
    befores, afters = ({changes["name"][end] for _, changes in rows} for end in ("from", "to"))
    assert len(afters) == len(befores) == 3 * ROUNDS
    assert befores - afters == {"Harbour Tea"}


def test_a_summary_written_by_two_at_the_same_instant_is_sent_once(own_db: Target, admin: Connection) -> None:
    rows = [ROWS["weekly_summaries"](admin) for _ in range(10)]
    taken: list[bool] = []

    def coach(conn: Connection, number: int) -> None:
        key = "weekly_summaries_organization_id_week_start_key"
        taken.append(not refused_by(key, lambda: insert(conn, "weekly_summaries", **rows[number])))

    at_the_same_instant(own_db, [coach] * 3, rounds=10)
    assert (len(taken), sum(taken)) == (30, 10)
    mails = values(admin, "SELECT payload ->> 'weekly_summary_id' FROM jobs JOIN job_queues AS q ON q.id = queue_id")
    assert len(mails) == len({mail for (mail,) in mails}) == 10


def test_schedulers_at_the_same_instant_enqueue_each_post_once(own_db: Target, admin: Connection) -> None:
    posts = [make_approved_post(admin).id for _ in range(20)]
    given: list[int] = []

    def scheduler(conn: Connection, _: int) -> None:
        given.append(value(conn, "SELECT enqueue_due_posts(2)"))

    at_the_same_instant(own_db, [scheduler] * 4, rounds=6)
    assert sum(given) == 20
    jobs = values(admin, "SELECT id, (payload ->> 'scheduled_post_id')::uuid FROM jobs ORDER BY 2")
    assert jobs == values(admin, "SELECT job_id, id FROM scheduled_posts WHERE status = 'queued' ORDER BY 2")
    assert [post for _, post in jobs] == sorted(posts)


def test_posts_end_as_their_jobs_do_whoever_is_killed(own_db: Target, admin: Connection) -> None:
    """Workers that finish, fail, and vanish in the middle; their leases end while others are at work."""
    admin.execute(
        "UPDATE job_queues SET lease = '20 ms', max_attempts = 4, backoff = '0 s', backoff_cap = '0 s' "
        "WHERE name = 'publishing'"
    )
    posts = [make_approved_post(admin).id for _ in range(30)]
    hopeless = frozenset(posts[:5])
    sent: list[UUID] = []

    def worker(number: int) -> Callable[[Connection, int], None]:
        luck = random.Random(number)

        def work(conn: Connection, _: int) -> None:
            conn.execute("SELECT enqueue_due_posts(5)")
            for job, held in conn.execute("SELECT id, claim FROM claim_jobs('publishing', 'w', 2)").fetchall():
                if luck.random() < 0.3:
                    time.sleep(0.03)
                # Raised where the lease has ended, and somebody else has the job.
                with suppress(psycopg.errors.ObjectNotInPrerequisiteState):
                    publish(conn, held, job, luck.choice(("finish", "finish", "fail", "vanish")), sent, hopeless)

        return work

    at_the_same_instant(own_db, [worker(number) for number in range(4)], rounds=40)
    deadline = time.monotonic() + 60
    while value(admin, "SELECT count(*) FROM jobs JOIN job_queues AS q ON q.id = queue_id WHERE q.name = 'publishing'"):
        assert time.monotonic() < deadline
        worker(7)(admin, 0)
    ends = dict(values(admin, "SELECT status, count(*) FROM scheduled_posts GROUP BY 1"))
    assert sum(ends.values()) == 30 == ends.get("published", 0) + ends.get("failed", 0)
    assert ends["failed"] == count(admin, "dead_jobs") >= len(hopeless)
    assert values(admin, "SELECT id FROM stray_posts") == []
    published = [row[0] for row in values(admin, "SELECT id FROM scheduled_posts WHERE status = 'published'")]
    assert sorted(sent) == sorted(published), "each post was finished once"
    assert set(published) <= set(posts)


def publish(
    conn: Connection, held: int, job: int, end: str, sent: list[UUID], hopeless: frozenset[UUID] = frozenset()
) -> None:
    """Ends a job as ``end`` says; a hopeless post's is never finished, so that some fail whatever the luck."""
    post = conn.execute("SELECT scheduled_post_id FROM begin_publishing(%s, %s)", (held, job)).fetchone()
    assert post is not None
    if end == "finish" and post[0] not in hopeless:
        conn.execute("SELECT finish_publishing(%s, %s, %s)", (held, job, f"x-{job}"))
        sent.append(post[0])
    elif end == "fail":
        conn.execute("SELECT fail_publishing(%s, %s, 'no luck')", (held, job))


def test_a_cancellation_and_a_worker_at_the_same_instant_agree(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    post = make_approved_post(admin)
    admin.execute("SELECT enqueue_due_posts()")
    held, job = claim(admin)
    first.execute("UPDATE scheduled_posts SET status = 'cancelled' WHERE id = %s", (post.id,))

    def begin(second: Connection) -> list[Any]:
        return second.execute("SELECT * FROM begin_publishing(%s, %s)", (held, job)).fetchall()

    with held_up(own_db, first, begin) as waiting:
        first.commit()
        assert waiting.result() == []
    assert (status(admin, post.id), count(admin, "jobs")) == ("cancelled", 0)


def test_a_queue_that_gets_a_job_at_the_same_instant_stays(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    first.execute("SELECT enqueue_job('email')")
    delete = b"DELETE FROM job_queues WHERE name = 'email'"
    with held_up(own_db, first, lambda second: second.execute(delete)) as waiting:
        first.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="still has jobs"):
            waiting.result()
    assert count(admin, "job_queues", name="email") == 1
