"""Every trigger and function of enrichment under concurrency: by arrangement and by chance (many rounds)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platforms.enrichment.build import make
from rows import count, value, values
from together import at_the_same_instant, deadlocks, held_up

ROUNDS = 15
OTHER_PLANS = "SET enable_hashagg = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
JOIN = "INSERT INTO server_members (server_id, user_id) SELECT server, %s FROM unnest(%s::uuid[]) AS server"
LEAVE = "DELETE FROM server_members WHERE user_id = %s AND server_id = ANY (%s)"
WRITE = "INSERT INTO messages (channel_id, author_id, content) SELECT c, %s, 'Yes.' FROM unnest(%s::uuid[]) AS c"
LAST = """
    SELECT count(*) FROM channels AS c
    LEFT JOIN LATERAL (
        SELECT created_at, id FROM messages
        WHERE channel_id = c.id AND thread_id IS NULL AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS newest ON TRUE
    WHERE c.id = ANY (%s)
      AND (c.last_message_at, c.last_message_id) IS DISTINCT FROM (newest.created_at, newest.id)
"""


def made(conn: Connection, table: str, **given: Any) -> Any:
    """The row with its parents, in one transaction: a server needs its owner's membership by the end of it."""
    with conn.transaction():
        return make(conn, table, **given)


def ids(conn: Connection, table: str, number: int, **given: Any) -> list[UUID]:
    return [made(conn, table, **given).id for _ in range(number)]


def both_ways(people: list[UUID], things: list[UUID], work: Callable[[Connection, UUID, list[UUID], int], None]) -> Any:
    """For each of the people a work over all things, forth or back; those who go back plan in another way, too."""

    def worker(person: UUID, order: list[UUID]) -> Callable[[Connection, int], None]:
        def run(conn: Connection, number: int) -> None:
            if order is not things:
                conn.execute(OTHER_PLANS)
            work(conn, person, order, number)

        return run

    return [worker(person, order) for person, order in zip(people, itertools.cycle((things, things[::-1])))]


def test_joining_and_leaving_many_servers_in_opposite_order_neither_deadlocks_nor_drifts(
    busy_db: Target, admin: Connection
) -> None:
    servers, people, before = ids(admin, "servers", 8), ids(admin, "users", 4), deadlocks(busy_db)

    def work(conn: Connection, person: UUID, order: list[UUID], number: int) -> None:
        conn.execute(JOIN, (person, order))
        conn.execute("UPDATE server_members SET premium_since = now() WHERE user_id = %s", (person,))
        if number < ROUNDS - 1:
            conn.execute(LEAVE, (person, order))

    at_the_same_instant(busy_db, both_ways(people, servers, work), rounds=ROUNDS)
    assert deadlocks(busy_db) == before
    counts = "SELECT DISTINCT member_count, premium_subscription_count FROM servers WHERE id = ANY (%s)"
    assert values(admin, counts, servers) == [(5, 4)]


def test_of_many_who_want_the_last_place_of_a_server_one_gets_it(busy_db: Target, admin: Connection) -> None:
    server, people = made(admin, "servers", max_members=2).id, ids(admin, "users", 4)
    refused: list[str | None] = []

    def joining(person: UUID) -> Callable[[Connection, int], None]:
        def work(conn: Connection, _: int) -> None:
            try:
                conn.execute(JOIN, (person, [server]))
            except psycopg.errors.CheckViolation as error:
                refused.append(error.diag.constraint_name)

        return work

    at_the_same_instant(busy_db, [joining(person) for person in people], rounds=1)
    assert refused == ["servers_member_count_check"] * 3
    assert value(admin, "SELECT member_count FROM servers WHERE id = %s", server) == 2


def test_servers_made_at_the_same_instant_have_their_parts_once(busy_db: Target, admin: Connection) -> None:
    people = ids(admin, "users", 3)

    def founding(person: UUID) -> Callable[[Connection, int], None]:
        def work(conn: Connection, _: int) -> None:
            conn.execute("INSERT INTO servers (name, owner_id) SELECT 'A', %s FROM generate_series(1, 3)", (person,))

        return work

    at_the_same_instant(busy_db, [founding(person) for person in people], rounds=5)
    parts = """
        SELECT count(*), count(DISTINCT s.id), min(member_count), max(member_count), count(t.server_id)
        FROM servers AS s
        JOIN roles AS r ON r.server_id = s.id AND r.id = s.id AND r.permissions <> 0
        JOIN server_members AS m ON m.server_id = s.id AND m.user_id = s.owner_id
        JOIN server_settings AS t ON t.server_id = s.id
        WHERE s.owner_id = ANY (%s)
    """
    assert values(admin, parts, people) == [(45, 45, 1, 1, 45)]


def test_grants_to_one_role_at_the_same_instant_all_reach_its_mask(busy_db: Target, admin: Connection) -> None:
    roles = ids(admin, "roles", 6, permissions=0)
    names = [name for (name,) in values(admin, "SELECT name FROM permissions ORDER BY bit LIMIT 4")]
    before = deadlocks(busy_db)

    def granting(name: str, order: list[UUID]) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            grant = "INSERT INTO role_permissions (role_id, permission) SELECT r, %s FROM unnest(%s::uuid[]) AS r"
            conn.execute(grant, (name, order))
            if number < ROUNDS - 1:
                take = "DELETE FROM role_permissions WHERE permission = %s AND role_id = ANY (%s)"
                conn.execute(take, (name, order))

        return work

    works = [granting(name, order) for name, order in zip(names, itertools.cycle((roles, roles[::-1])))]
    at_the_same_instant(busy_db, works, rounds=ROUNDS)
    assert deadlocks(busy_db) == before
    assert value(admin, "SELECT array_agg(DISTINCT permissions) FROM roles WHERE id = ANY (%s)", roles) == [0b1111]


def test_a_mask_written_while_a_permission_is_granted_ends_with_both(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    role = made(admin, "roles", permissions=0).id
    first.execute("UPDATE roles SET permissions = 3 WHERE id = %s", (role,))
    grant = "INSERT INTO role_permissions (role_id, permission) VALUES (%s, 'BAN_MEMBERS')"
    with held_up(busy_db, first, lambda conn: conn.execute(grant, (role,))) as waiting:
        first.commit()
        waiting.result()
    assert value(admin, "SELECT permissions FROM roles WHERE id = %s", role) == 7
    assert count(admin, "role_permissions", role_id=role) == 3


def test_the_newest_message_is_right_after_writing_and_deleting_in_opposite_order(
    busy_db: Target, admin: Connection
) -> None:
    channels, people, before = ids(admin, "channels", 5), ids(admin, "users", 4), deadlocks(busy_db)

    def work(conn: Connection, person: UUID, order: list[UUID], number: int) -> None:
        conn.execute(WRITE, (person, order))
        mine = "WHERE author_id = %s AND channel_id = ANY (%s)"
        if number % 2:
            conn.execute(f"UPDATE messages SET deleted_at = now() {mine}".encode(), (person, order))
        elif number % 5 == 0:
            conn.execute(f"DELETE FROM messages {mine} AND created_at < now()".encode(), (person, order))

    at_the_same_instant(busy_db, both_ways(people, channels, work), rounds=ROUNDS)
    assert deadlocks(busy_db) == before
    assert value(admin, LAST, channels) == 0


def test_deleting_the_newest_message_waits_for_one_who_writes_and_leaves_his(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    old = made(admin, "messages")
    first.execute(WRITE, (old.author_id, [old.channel_id]))
    newest = value(first, "SELECT last_message_id FROM channels WHERE id = %s", old.channel_id)
    deletion = "UPDATE messages SET deleted_at = now() WHERE channel_id = %s AND id = %s"
    with held_up(busy_db, first, lambda conn: conn.execute(deletion, (old.channel_id, old.id))) as waiting:
        first.commit()
        waiting.result()
    assert value(admin, "SELECT last_message_id FROM channels WHERE id = %s", old.channel_id) == newest
    assert value(admin, LAST, [old.channel_id]) == 0


def test_threads_written_to_in_opposite_order_neither_deadlock_nor_drift(busy_db: Target, admin: Connection) -> None:
    root = made(admin, "messages")
    others = [made(admin, "messages", channel_id=root.channel_id, author_id=root.author_id) for _ in range(4)]
    threads = [
        made(
            admin,
            "message_threads",
            channel_id=m.channel_id,
            root_message_created_at=m.created_at,
            root_message_id=m.id,
        ).id
        for m in (root, *others)
    ]
    people, before = ids(admin, "users", 4), deadlocks(busy_db)
    answer = """
        INSERT INTO messages (channel_id, author_id, content, thread_id)
        SELECT %s, %s, 'Yes.', thread FROM unnest(%s::uuid[]) AS thread
    """

    def work(conn: Connection, person: UUID, order: list[UUID], number: int) -> None:
        conn.execute(answer, (root.channel_id, person, order))
        if number < ROUNDS - 1:
            gone = "UPDATE messages SET deleted_at = now() WHERE author_id = %s AND deleted_at IS NULL"
            conn.execute(gone, (person,))

    at_the_same_instant(busy_db, both_ways(people, threads, work), rounds=ROUNDS)
    assert deadlocks(busy_db) == before
    assert value(admin, "SELECT array_agg(message_count) FROM message_threads WHERE id = ANY (%s)", threads) == [4] * 5
    assert value(admin, LAST, [root.channel_id]) == 0


def test_a_statement_over_two_threads_waits_for_the_first_and_holds_nothing_of_the_second(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    answer = """
        INSERT INTO messages (channel_id, author_id, content, thread_id)
        SELECT channel_id, owner_id, 'Yes.', id FROM message_threads WHERE id = ANY (%s) ORDER BY id DESC
    """
    for _ in range(8):
        root = made(admin, "messages")
        low, high = (
            made(
                admin,
                "message_threads",
                channel_id=root.channel_id,
                root_message_created_at=said.created_at,
                root_message_id=said.id,
                owner_id=root.author_id,
            ).id
            for said in (root, made(admin, "messages", channel_id=root.channel_id, author_id=root.author_id))
        )
        both = [high, low]
        # The channel's newest message is not what is waited for: messages of threads do not touch it.
        first.execute(answer, ([low],))
        with held_up(busy_db, first, lambda conn, both=both: conn.execute(answer, (both,))) as waiting:
            first.execute(answer, ([high],))
            first.commit()
            waiting.result()
        counts = "SELECT array_agg(message_count) FROM message_threads WHERE id = ANY (%s)"
        assert value(admin, counts, both) == [2, 2]


def test_a_message_edited_by_two_mentions_whom_the_second_wrote(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    said, (one, other) = made(admin, "messages"), ids(admin, "users", 2)
    edit = "UPDATE messages SET mentions = ARRAY[%s]::uuid[] WHERE channel_id = %s AND id = %s"
    first.execute(edit, (one, said.channel_id, said.id))
    with held_up(busy_db, first, lambda conn: conn.execute(edit, (other, said.channel_id, said.id))) as waiting:
        first.commit()
        waiting.result()
    assert values(admin, "SELECT user_id FROM message_mentions WHERE message_id = %s", said.id) == [(other,)]


def test_each_change_at_the_same_instant_is_logged_once(busy_db: Target, admin: Connection) -> None:
    channel = made(admin, "channels").id

    def rename(conn: Connection, number: int) -> None:
        new = f"UPDATE channels SET topic = coalesce(topic, '') || '{number % 10}' WHERE id = %s"
        conn.execute(new.encode(), (channel,))

    at_the_same_instant(busy_db, [rename, rename, rename], rounds=ROUNDS)
    log = (
        "SELECT old_values ->> 'topic', new_values ->> 'topic' FROM audit_logs WHERE row_id = %s AND action = 'update'"
    )
    found = values(admin, log, channel)
    assert len(found) == 3 * ROUNDS
    # Every state but the first and the last was once the new one and once the old one.
    assert {old for old, _ in found} - {None} == {new for _, new in found} - {max((n for _, n in found), key=len)}


def test_a_message_by_one_who_changes_his_language_has_the_one_or_the_other(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    channel, author = made(admin, "channels").id, made(admin, "users", locale="de-DE").id
    first.execute("UPDATE users SET locale = 'fr-FR' WHERE id = %s", (author,))
    admin.execute("SET lock_timeout = '5s'")
    admin.execute(WRITE, (author, [channel]))
    first.commit()
    admin.execute(WRITE, (author, [channel]))
    languages = "SELECT language FROM messages WHERE channel_id = %s ORDER BY created_at"
    assert values(admin, languages, channel) == [("german",), ("french",)]


def test_the_time_of_a_message_cannot_be_changed_behind_an_edit_that_waits(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    said = made(admin, "messages")
    first.execute("UPDATE messages SET content = 'First.' WHERE id = %s", (said.id,))
    move = "UPDATE messages SET content = 'Second.', created_at = created_at + interval '1 hour' WHERE id = %s"
    with held_up(busy_db, first, lambda conn: conn.execute(move, (said.id,))) as waiting:
        first.commit()
        with pytest.raises(psycopg.errors.RestrictViolation, match="never changes"):
            waiting.result()
    assert values(admin, "SELECT content, created_at FROM messages WHERE id = %s", said.id) == [
        ("First.", said.created_at)
    ]


def test_who_comes_at_the_same_instant_as_the_last_that_fits_a_voice_channel_waits_and_is_refused(
    busy_db: Target, admin: Connection, first: Connection
) -> None:
    channel, (one, other) = made(admin, "channels", type=2, user_limit=1).id, ids(admin, "users", 2)
    enter = "INSERT INTO voice_sessions (channel_id, user_id) VALUES (%s, %s)"
    first.execute(enter, (channel, one))
    with held_up(busy_db, first, lambda conn: conn.execute(enter, (channel, other))) as waiting:
        first.commit()
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            waiting.result()
    assert refused.value.diag.constraint_name == "voice_sessions_within_limit"
    assert count(admin, "voice_sessions", channel_id=channel, left_at=None) == 1


def test_an_invite_lets_in_as_many_as_it_says_and_no_more(busy_db: Target, admin: Connection) -> None:
    invite = made(admin, "invites", max_uses=3)
    people = ids(admin, "users", 6)
    refused: list[str | None] = []

    def joining(person: UUID) -> Callable[[Connection, int], None]:
        def work(conn: Connection, _: int) -> None:
            try:
                conn.execute("SELECT join_by_invite(%s, %s)", (invite.code, person))
            except psycopg.errors.CheckViolation as error:
                refused.append(error.diag.constraint_name)

        return work

    at_the_same_instant(busy_db, [joining(person) for person in people], rounds=1)
    assert refused == ["invites_usable"] * 3
    assert value(admin, "SELECT uses FROM invites WHERE id = %s", invite.id) == 3
    assert value(admin, "SELECT member_count FROM servers WHERE id = %s", invite.server_id) == 4


def test_two_who_write_to_each_other_at_the_same_instant_have_one_channel(busy_db: Target, admin: Connection) -> None:
    people = [tuple(ids(admin, "users", 2)) for _ in range(ROUNDS)]
    found: list[UUID] = []

    def opening(*, turned: bool) -> Callable[[Connection, int], None]:
        def work(conn: Connection, number: int) -> None:
            one, another = people[number][::-1] if turned else people[number]
            found.append(value(conn, "SELECT open_direct_channel(%s, %s)", one, another))

        return work

    at_the_same_instant(busy_db, [opening(turned=False), opening(turned=True)], rounds=ROUNDS)
    assert len(found) == 2 * ROUNDS
    assert len(set(found)) == ROUNDS
