"""Every trigger of community with several connections at once: seats, waiting lists, counts, threads, mails."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from platformdb.counters.run import check_counters
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platforms.community.build import counts, make, make_event, statuses, waiting
from rows import count, value, values
from together import Work, at_the_same_instant, deadlocks, held_up

ROUNDS = 25

# So that two sessions come upon the same rows in different orders: as they lie, and as their ids (by chance) are.
OTHER_PLANS = "; ".join(f"SET enable_{way} = off" for way in ("hashagg", "hashjoin", "mergejoin", "seqscan"))
BY_HAND = "INSERT INTO event_rsvps (event_id, community_id, user_id) VALUES (%s, %s, %s)"
# Seats that are free although somebody waits, and seats beyond the capacity.
WRONG_SEATS = """
    SELECT id FROM events
    WHERE attendees_count > capacity OR (waiting_count > 0 AND attendees_count < capacity)
"""


def ask(conn: Connection, event: UUID, user: UUID) -> Any:
    return values(conn, "SELECT status, place FROM rsvp(%s, %s)", event, user)[0]


def cancel(conn: Connection, event: UUID, user: UUID) -> bool:
    return bool(value(conn, "SELECT cancel_rsvp(%s, %s)", event, user))


def no_drift(target: Target, platform: Platform) -> None:
    assert check_counters(target, platform).findings == ()


def test_many_who_ask_at_the_same_instant_never_get_more_seats_than_there_are(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    events = [make_event(admin, 8, capacity=3) for _ in range(ROUNDS)]

    def by_function(number: int) -> Work:
        return lambda conn, turn: ask(conn, events[turn][0].id, events[turn][1][number])

    def by_hand(number: int) -> Work:
        def work(conn: Connection, turn: int) -> None:
            party, users = events[turn]
            conn.execute(BY_HAND, (party.id, party.community_id, users[number]))

        return work

    at_the_same_instant(own_db, [*map(by_function, range(4)), *map(by_hand, range(4, 8))], rounds=ROUNDS)
    assert [counts(admin, party.id) for party, _ in events] == [(3, 5)] * ROUNDS
    assert values(admin, WRONG_SEATS) == []
    no_drift(own_db, platform)


def test_seats_that_come_free_at_the_same_instant_go_to_the_first_in_line_and_none_is_lost(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    party, users = make_event(admin, 40, capacity=4)
    for user in users:
        ask(admin, party.id, user)

    def leaver(number: int) -> Work:
        """Cancels for one of those who have a seat now; which ones those are changes while it runs."""

        def work(conn: Connection, turn: int) -> None:
            cancel(conn, party.id, users[turn * 4 + number])

        return work

    at_the_same_instant(own_db, [leaver(number) for number in range(4)], rounds=8)
    # In every round exactly the four who asked first had the seats, and gave them up.
    left = statuses(admin, party.id)
    assert [left[user] for user in users] == ["cancelled"] * 32 + ["going"] * 4 + ["waiting"] * 4
    assert count(admin, "notifications", type="event_seat") == 32
    no_drift(own_db, platform)


def test_asking_and_cancelling_at_random_ends_with_full_seats_and_right_counts(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    party, users = make_event(admin, 6, capacity=2)
    before = deadlocks(own_db)

    def fickle(number: int) -> Work:
        def work(conn: Connection, turn: int) -> None:
            for again in range(3):
                if (turn + number + again) % 3:
                    ask(conn, party.id, users[number])
                else:
                    cancel(conn, party.id, users[number])

        return work

    at_the_same_instant(own_db, [fickle(number) for number in range(6)], rounds=ROUNDS)
    assert values(admin, WRONG_SEATS) == []
    assert deadlocks(own_db) == before
    no_drift(own_db, platform)


def test_several_events_in_opposite_order_are_no_deadlock(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    party, users = make_event(admin, 4)
    parties = [party, *(make(admin, "events", community_id=party.community_id, id=uuid4()) for _ in range(9))]
    before = deadlocks(own_db)

    def everywhere(user: UUID, order: Sequence[Any], plans: str) -> Work:
        def work(conn: Connection, _: int) -> None:
            conn.execute(plans.encode())
            conn.execute(
                """
                INSERT INTO event_rsvps (event_id, community_id, user_id)
                SELECT event, %s, %s FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (event, place) ORDER BY place
                """,
                (party.community_id, user, [each.id for each in order]),
            )
            conn.execute("UPDATE event_rsvps SET status = 'cancelled' WHERE user_id = %s", (user,))
            conn.execute("DELETE FROM event_rsvps WHERE user_id = %s", (user,))

        return work

    ways = itertools.cycle([(parties, OTHER_PLANS), (parties[::-1], "SELECT 1")])
    at_the_same_instant(own_db, [everywhere(user, *next(ways)) for user in users], rounds=ROUNDS)
    assert count(admin, "event_rsvps") == 0
    assert deadlocks(own_db) == before
    no_drift(own_db, platform)


def test_who_asks_while_the_last_seat_is_being_taken_waits_for_the_outcome(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    party, (ann, bob) = make_event(admin, 2, capacity=1)
    assert ask(first, party.id, ann) == ("going", None)
    with held_up(own_db, first, lambda conn: ask(conn, party.id, bob)) as late:
        first.commit()
        assert late.result() == ("waiting", 1)
    party, (ann, bob) = make_event(admin, 2, capacity=1)
    ask(first, party.id, ann)
    with held_up(own_db, first, lambda conn: ask(conn, party.id, bob)) as late:
        first.rollback()
        assert late.result() == ("going", None)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_with_an_old_snapshot_one_is_told_to_try_again_instead_of_overbooking(
    own_db: Target, admin: Connection, first: Connection, level: str
) -> None:
    party, (ann, bob) = make_event(admin, 2, capacity=1)
    first.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    first.execute("SELECT 1 FROM users")
    ask(admin, party.id, ann)
    with pytest.raises(psycopg.errors.SerializationFailure):
        first.execute(BY_HAND, (party.id, party.community_id, bob))
    first.rollback()
    assert counts(admin, party.id) == (1, 0)


def test_new_seats_and_cancellations_at_the_same_instant_lose_no_promotion(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    events = [make_event(admin, 9, capacity=2) for _ in range(ROUNDS)]
    for party, users in events:
        for user in users:
            ask(admin, party.id, user)

    def larger(conn: Connection, turn: int) -> None:
        conn.execute("UPDATE events SET capacity = capacity + 2 WHERE id = %s", (events[turn][0].id,))

    def leaver(number: int) -> Work:
        return lambda conn, turn: cancel(conn, events[turn][0].id, events[turn][1][number])

    at_the_same_instant(own_db, [larger, leaver(0), leaver(1), leaver(5)], rounds=ROUNDS)
    for party, users in events:
        found = statuses(admin, party.id)
        kept = [found[user] for number, user in enumerate(users) if number not in {0, 1, 5}]
        assert kept == ["going"] * 4 + ["waiting"] * 2
    no_drift(own_db, platform)


def test_members_who_leave_while_seats_come_free_cause_no_deadlock(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    events = [make_event(admin, 4, capacity=1) for _ in range(ROUNDS * 2)]
    for party, users in events:
        for user in users:
            ask(admin, party.id, user)
    before = deadlocks(own_db)

    def free(conn: Connection, turn: int) -> None:
        cancel(conn, events[turn][0].id, events[turn][1][0])

    def leave(number: int) -> Work:
        """One who waits goes: just he may be promoted."""

        def work(conn: Connection, turn: int) -> None:
            party, users = events[turn]
            conn.execute(
                "DELETE FROM members WHERE community_id = %s AND user_id = %s", (party.community_id, users[number])
            )

        return work

    at_the_same_instant(own_db, [free, leave(1), leave(2)], rounds=len(events))
    assert deadlocks(own_db) == before
    assert [statuses(admin, party.id)[users[3]] for party, users in events] == ["going"] * len(events)
    no_drift(own_db, platform)


def test_one_who_is_promoted_and_leaves_is_waited_for_at_the_event_and_not_in_a_circle(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    party, (ann, bob, carl) = make_event(admin, 3, capacity=1)
    for user in (ann, bob, carl):
        ask(admin, party.id, user)
    first.execute("SELECT FROM events WHERE id = %s FOR NO KEY UPDATE", (party.id,))
    leaving = "DELETE FROM members WHERE user_id = %s"
    with held_up(own_db, first, lambda conn: conn.execute(leaving, (bob,))) as late:
        # His RSVP is not locked yet, so he can be promoted, and is then gone.
        first.execute("SET LOCAL lock_timeout = '5s'")
        cancel(first, party.id, ann)
        first.commit()
        late.result()
    assert statuses(admin, party.id) == {ann: "cancelled", carl: "going"}
    assert waiting(admin, party.id) == []


def test_joining_and_leaving_in_opposite_order_neither_deadlocks_nor_drifts(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    communities = [make(admin, "communities", id=uuid4()).id for _ in range(10)]
    users = [make(admin, "users").id for _ in range(4)]
    before = deadlocks(own_db)

    def restless(user: UUID, order: Sequence[UUID]) -> Work:
        def work(conn: Connection, _: int) -> None:
            if turn_of(user) % 2:
                conn.execute(OTHER_PLANS.encode())
            conn.execute(
                """
                INSERT INTO members (community_id, user_id)
                SELECT id, %s FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place) ORDER BY place
                """,
                (user, list(order)),
            )
            conn.execute("UPDATE members SET community_id = community_id WHERE user_id = %s", (user,))
            conn.execute(
                "DELETE FROM members WHERE user_id = %s AND community_id = ANY (%s)",
                (user, list(order[: turn_of(user)])),
            )
            conn.execute("DELETE FROM members WHERE user_id = %s", (user,))

        return work

    def turn_of(user: UUID) -> int:
        return 1 + users.index(user)

    orders = itertools.cycle([communities, communities[::-1]])
    at_the_same_instant(own_db, [restless(user, next(orders)) for user in users], rounds=ROUNDS)
    assert deadlocks(own_db) == before
    assert count(admin, "members") == 0
    no_drift(own_db, platform)


def test_comments_on_posts_in_opposite_order_neither_deadlock_nor_drift(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    posts, users = [make(admin, "posts", id=uuid4()).id for _ in range(10)], [make(admin, "users").id for _ in range(4)]
    before = deadlocks(own_db)

    def talker(user: UUID, order: Sequence[UUID]) -> Work:
        def work(conn: Connection, turn: int) -> None:
            if order[0] == posts[0]:
                conn.execute(OTHER_PLANS.encode())
            conn.execute(
                """
                INSERT INTO comments (post_id, author_id, content)
                SELECT id, %s, 'Yes.' FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place) ORDER BY place
                """,
                (user, list(order)),
            )
            conn.execute("UPDATE comments SET deleted_at = now() WHERE author_id = %s AND deleted_at IS NULL", (user,))
            if turn % 2:
                conn.execute("DELETE FROM comments WHERE author_id = %s", (user,))

        return work

    orders = itertools.cycle([posts, posts[::-1]])
    at_the_same_instant(own_db, [talker(user, next(orders)) for user in users], rounds=ROUNDS)
    assert deadlocks(own_db) == before
    no_drift(own_db, platform)


def test_two_comments_that_are_put_below_each_other_at_the_same_instant_make_no_circle(
    own_db: Target, admin: Connection
) -> None:
    one = make(admin, "comments")
    other = make(admin, "comments", post_id=one.post_id)
    refused = []

    def below(child: UUID, parent: UUID) -> Work:
        def work(conn: Connection, _: int) -> None:
            with pytest.raises(psycopg.errors.CheckViolation) as caught:
                conn.execute("UPDATE comments SET parent_id = %s WHERE id = %s", (parent, child))
            refused.append(caught.value.diag.constraint_name)

        return work

    at_the_same_instant(own_db, [below(one.id, other.id), below(other.id, one.id)], rounds=ROUNDS)
    assert refused == ["comments_parent_id_stays"] * 2 * ROUNDS
    assert count(admin, "comments", parent_id=None) == 2


def test_a_reply_to_a_comment_that_is_just_being_removed_goes_with_it_or_is_refused(
    own_db: Target, admin: Connection, first: Connection
) -> None:
    said = make(admin, "comments")
    first.execute("DELETE FROM comments WHERE id = %s", (said.id,))
    with held_up(own_db, first, lambda conn: make(conn, "comments", post_id=said.post_id, parent_id=said.id)) as late:
        first.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            late.result()
    assert value(admin, "SELECT comments_count FROM posts WHERE id = %s", said.post_id) == 0


def test_mails_written_at_the_same_instant_each_have_one_job(own_db: Target, admin: Connection) -> None:
    insert = """
        INSERT INTO email_jobs (idempotency_key, email, email_type, payload)
        SELECT 'digest:' || n, 'user_' || n || '@example.org', 'digest', '{"subject": "Your week"}'
        FROM generate_series(%s, %s + 4) AS n
        ON CONFLICT (idempotency_key) DO NOTHING
    """

    # Two by two they write the same mails.
    def writer(number: int) -> Work:
        return lambda conn, turn: conn.execute(insert, (turn * 100 + number // 2 * 10,) * 2)

    at_the_same_instant(own_db, [writer(number) for number in range(4)], rounds=ROUNDS)
    assert count(admin, "email_jobs") == count(admin, "jobs") == ROUNDS * 10
    assert value(admin, "SELECT count(DISTINCT payload ->> 'email_job_id') FROM jobs") == ROUNDS * 10


def test_a_queue_that_gets_a_mail_just_now_is_not_deleted(own_db: Target, admin: Connection, first: Connection) -> None:
    make(first, "email_jobs")
    with held_up(own_db, first, lambda conn: conn.execute("DELETE FROM job_queues WHERE name = 'email'")) as late:
        first.commit()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            late.result()
    assert count(admin, "jobs") == 1
