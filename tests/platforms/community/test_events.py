"""Seats and waiting lists of events: who gets in, who waits, who comes next. Races have their own file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.postgres.connect import Connection
from platforms.community.build import FAR_AHEAD, LONG_AGO, SOME_DAY, counts, make, make_event, statuses, waiting
from rows import count, value, values


def ask(conn: Connection, event: UUID, *users: UUID) -> list[Any]:
    return [values(conn, "SELECT status, place FROM rsvp(%s, %s)", event, user)[0] for user in users]


def cancel(conn: Connection, event: UUID, user: UUID) -> bool:
    return bool(value(conn, "SELECT cancel_rsvp(%s, %s)", event, user))


def seats(conn: Connection, event: UUID, capacity: int | None) -> None:
    conn.execute("UPDATE events SET capacity = %s WHERE id = %s", (capacity, event))


def insert_all(conn: Connection, party: Any, users: tuple[UUID, ...]) -> None:
    conn.execute(
        "INSERT INTO event_rsvps (event_id, community_id, user_id) SELECT %s, %s, unnest(%s::uuid[])",
        (party.id, party.community_id, list(users)),
    )


def test_the_first_get_seats_and_the_others_their_place_on_the_list(conn: Connection) -> None:
    party, users = make_event(conn, 4, capacity=2)
    assert ask(conn, party.id, *users) == [("going", None), ("going", None), ("waiting", 1), ("waiting", 2)]
    assert counts(conn, party.id) == (2, 2)
    assert waiting(conn, party.id) == list(users[2:])


def test_asking_again_changes_nothing(conn: Connection) -> None:
    party, (ann, bob) = make_event(conn, 2, capacity=1)
    assert ask(conn, party.id, ann, bob, bob, ann) == [("going", None), ("waiting", 1), ("waiting", 1), ("going", None)]
    assert counts(conn, party.id) == (1, 1)


def test_an_event_without_a_limit_takes_everybody(conn: Connection) -> None:
    party, users = make_event(conn, 5)
    assert ask(conn, party.id, *users) == [("going", None)] * 5


def test_a_cancelled_seat_goes_to_the_first_who_waits_and_he_is_told(conn: Connection) -> None:
    party, (ann, bob, carl) = make_event(conn, 3, capacity=1)
    ask(conn, party.id, ann, bob, carl)
    assert cancel(conn, party.id, ann)
    assert statuses(conn, party.id) == {ann: "cancelled", bob: "going", carl: "waiting"}
    assert values(conn, "SELECT user_id, event_id FROM notifications WHERE type = 'event_seat'") == [(bob, party.id)]
    assert not cancel(conn, party.id, ann)
    assert not cancel(conn, party.id, make(conn, "users").id)


def test_who_comes_back_after_cancelling_waits_at_the_end(conn: Connection) -> None:
    party, (ann, bob, carl) = make_event(conn, 3, capacity=1)
    ask(conn, party.id, ann, bob, carl)
    cancel(conn, party.id, ann)
    assert ask(conn, party.id, ann) == [("waiting", 2)]
    assert waiting(conn, party.id) == [carl, ann]


def test_who_gives_up_his_place_on_the_list_frees_no_seat(conn: Connection) -> None:
    party, (ann, bob, carl) = make_event(conn, 3, capacity=1)
    ask(conn, party.id, ann, bob, carl)
    assert cancel(conn, party.id, bob)
    assert statuses(conn, party.id) == {ann: "going", bob: "cancelled", carl: "waiting"}
    assert counts(conn, party.id) == (1, 1)


def test_more_seats_go_to_those_who_wait_longest(conn: Connection) -> None:
    party, users = make_event(conn, 6, capacity=1)
    ask(conn, party.id, *users)
    seats(conn, party.id, 3)
    assert waiting(conn, party.id) == list(users[3:])
    seats(conn, party.id, None)
    assert counts(conn, party.id) == (6, 0)


def test_fewer_seats_send_nobody_away_and_let_nobody_in_until_there_is_room(conn: Connection) -> None:
    party, (ann, bob, carl, dora) = make_event(conn, 4, capacity=3)
    ask(conn, party.id, ann, bob, carl)
    seats(conn, party.id, 1)
    assert counts(conn, party.id) == (3, 0)
    assert ask(conn, party.id, dora) == [("waiting", 1)]
    cancel(conn, party.id, ann)
    cancel(conn, party.id, bob)
    assert counts(conn, party.id) == (1, 1)
    cancel(conn, party.id, carl)
    assert statuses(conn, party.id)[dora] == "going"


def test_one_statement_for_many_fills_the_seats_and_lists_the_rest_in_order(conn: Connection) -> None:
    party, users = make_event(conn, 10, capacity=4)
    insert_all(conn, party, users)
    assert counts(conn, party.id) == (4, 6)
    ids = [user for (user,) in values(conn, "SELECT user_id FROM event_rsvps ORDER BY id")]
    assert waiting(conn, party.id) == ids[4:]


def test_rows_by_hand_are_counted_whatever_the_statement(conn: Connection) -> None:
    party, users = make_event(conn, 6, capacity=2)
    insert_all(conn, party, users)
    conn.execute("DELETE FROM event_rsvps WHERE user_id = %s", (users[0],))
    assert counts(conn, party.id) == (2, 3)
    conn.execute("UPDATE event_rsvps SET status = 'cancelled', waiting_since = NULL WHERE user_id <> %s", (users[5],))
    assert counts(conn, party.id) == (1, 0)
    assert statuses(conn, party.id)[users[5]] == "going"
    conn.execute("UPDATE event_rsvps SET created_at = now()")
    assert counts(conn, party.id) == (1, 0)
    conn.execute("TRUNCATE event_rsvps")
    assert counts(conn, party.id) == (0, 0)


def test_who_writes_himself_a_seat_that_is_not_there_waits_at_the_end(conn: Connection) -> None:
    party, (ann, bob, carl) = make_event(conn, 3, capacity=1)
    ask(conn, party.id, ann, bob, carl)
    conn.execute("UPDATE event_rsvps SET status = 'going', waiting_since = NULL WHERE user_id = %s", (bob,))
    assert waiting(conn, party.id) == [carl, bob]
    assert counts(conn, party.id) == (1, 2)


def test_a_seat_is_given_also_to_who_was_only_put_on_the_list(conn: Connection) -> None:
    party, (ann,) = make_event(conn, 1, capacity=1)
    listed = {"event_id": party.id, "community_id": party.community_id, "user_id": ann}
    make(conn, "event_rsvps", **listed, status="waiting", waiting_since=SOME_DAY)
    assert statuses(conn, party.id) == {ann: "going"}


def test_an_rsvp_that_moves_to_another_event_is_counted_there(conn: Connection) -> None:
    party, (ann, bob) = make_event(conn, 2, capacity=1)
    other = make(conn, "events", community_id=party.community_id, capacity=1)
    ask(conn, party.id, ann, bob)
    conn.execute("UPDATE event_rsvps SET event_id = %s WHERE user_id = %s", (other.id, ann))
    assert (counts(conn, party.id), counts(conn, other.id)) == ((1, 0), (1, 0))
    assert statuses(conn, party.id) == {bob: "going"}


def test_who_leaves_the_community_frees_his_seat(conn: Connection) -> None:
    party, (ann, bob) = make_event(conn, 2, capacity=1)
    ask(conn, party.id, ann, bob)
    conn.execute("DELETE FROM members WHERE user_id = %s", (ann,))
    assert statuses(conn, party.id) == {bob: "going"}
    conn.execute("DELETE FROM users WHERE id = %s", (bob,))
    assert counts(conn, party.id) == (0, 0)


def test_seats_of_an_event_that_is_over_or_cancelled_go_to_nobody(conn: Connection) -> None:
    party, (ann, bob) = make_event(conn, 2, capacity=1)
    ask(conn, party.id, ann, bob)
    conn.execute("UPDATE events SET status = 'cancelled' WHERE id = %s", (party.id,))
    cancel(conn, party.id, ann)
    assert counts(conn, party.id) == (0, 1)
    conn.execute("UPDATE events SET status = 'scheduled', starts_at = %s, ends_at = %s", (LONG_AGO, SOME_DAY))
    assert counts(conn, party.id) == (0, 1)
    conn.execute("UPDATE events SET ends_at = %s", (FAR_AHEAD,))
    assert counts(conn, party.id) == (1, 0)


def test_a_deleted_event_takes_its_rsvps_along(conn: Connection) -> None:
    party, users = make_event(conn, 3, capacity=1)
    ask(conn, party.id, *users)
    conn.execute("DELETE FROM events WHERE id = %s", (party.id,))
    assert count(conn, "event_rsvps") == 0


def test_only_members_can_come(conn: Connection) -> None:
    party, _ = make_event(conn, 0)
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="is no member of community") as caught:
        ask(conn, party.id, make(conn, "users").id)
    assert caught.value.diag.message_hint == "Join the community first."


def test_rsvps_date_neither_the_event_nor_its_community_anew(conn: Connection) -> None:
    party, (ann,) = make_event(conn, 1, updated_at=LONG_AGO)
    ask(conn, party.id, ann)
    assert value(conn, "SELECT updated_at < created_at FROM events WHERE id = %s", party.id)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("table", ["event_rsvps", "comments", "members"])
def test_truncating_is_refused_where_the_snapshot_may_be_old(conn: Connection, table: str, level: str) -> None:
    conn.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=f"TRUNCATE {table} .* {level}"):
        conn.execute(f"TRUNCATE {table} CASCADE".encode())
