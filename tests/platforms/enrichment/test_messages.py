"""What happens around a message: history, search, mentions, threads, the newest one, unread counts, the log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.workload.read import read_queries
from platforms.enrichment.build import FEBRUARY, JANUARY, make
from rows import count, insert, value, values


def say(conn: Connection, channel: Any, content: str = "Yes.", **given: Any) -> Any:
    """Another message in the channel of a message."""
    return make(conn, "messages", channel_id=channel.channel_id, author_id=channel.author_id, content=content, **given)


def newest(conn: Connection, channel: UUID) -> UUID:
    found: UUID = value(conn, "SELECT last_message_id FROM channels WHERE id = %s", channel)
    return found


def query(platform: Platform, name: str) -> str:
    """A bundled query with psycopg's placeholders, each used as often as it likes."""
    ((found,),) = ([q.sql for q in read_queries(platform)[0] if q.name == name],)
    return found.replace("%", "%%").replace("$1", "%(one)s").replace("$2", "%(two)s")


def ask(conn: Connection, platform: Platform, name: str, one: object, two: object = None) -> list[Any]:
    return conn.execute(query(platform, name).encode(), {"one": one, "two": two}).fetchall()


# History


def test_pages_back_and_pages_on_show_every_message_of_the_busiest_channel_once(
    seeded: Connection, platform: Platform
) -> None:
    # Sixty of one instant, the last of a month: only the id tells them apart, and pages end among them.
    ((channel, author),) = values(
        seeded, "SELECT channel_id, author_id FROM messages GROUP BY 1, 2 ORDER BY count(*) LIMIT 1"
    )
    seeded.execute(
        "INSERT INTO messages (channel_id, author_id, content, created_at)"
        " SELECT %s, %s, 'Yes.', %s::timestamptz + (n / 60) * interval '1 month' FROM generate_series(0, 129) AS n",
        (channel, author, "2026-05-31T23:59:59.999999Z"),
    )
    plain = "WHERE channel_id = %s AND thread_id IS NULL AND deleted_at IS NULL ORDER BY created_at, id"
    everything = [found for (found,) in values(seeded, f"SELECT id FROM messages {plain}", channel)]
    assert len(everything) >= 130
    for name, start, order in (("history_before", "infinity", -1), ("history_after", "-infinity", 1)):
        seen: list[UUID] = []
        place = value(seeded, "SELECT page_cursor(%s)", start)
        while page := ask(seeded, platform, name, channel, place):
            seen += [row[0] for row in page]
            place = page[-1][-1]
        assert seen == everything[::order], name


def test_a_jump_to_a_date_shows_what_was_before_and_what_came_then(conn: Connection, platform: Platform) -> None:
    first = make(conn, "messages", created_at=JANUARY)
    later = say(conn, first, created_at=FEBRUARY)
    found = ask(conn, platform, "history_jump", first.channel_id, "2026-02-01T00:00:00Z")
    assert [row[0] for row in found] == [first.id, later.id]


def test_a_message_comes_with_its_files_and_its_reactions_counted(conn: Connection) -> None:
    said = make(conn, "messages")
    place = {"channel_id": said.channel_id, "message_created_at": said.created_at, "message_id": said.id}
    for emoji in ("👍", "👍", "🎉"):
        make(conn, "message_reactions", **place, emoji_name=emoji)
    make(conn, "message_attachments", **place, filename="plan.pdf")
    details = "SELECT attachments, reactions FROM message_details WHERE channel_id = %s AND id = %s"
    ((attachments, reactions),) = values(conn, details, said.channel_id, said.id)
    assert [file["filename"] for file in attachments] == ["plan.pdf"]
    assert [(each["emoji_name"], each["count"]) for each in reactions] == [("👍", 2), ("🎉", 1)]
    other = say(conn, said)
    assert values(conn, details, other.channel_id, other.id) == [([], [])]


def test_a_soft_deleted_message_and_a_threads_messages_are_no_part_of_the_history(
    conn: Connection, platform: Platform
) -> None:
    root = make(conn, "messages")
    thread = make(
        conn,
        "message_threads",
        channel_id=root.channel_id,
        root_message_created_at=root.created_at,
        root_message_id=root.id,
    )
    say(conn, root, thread_id=thread.id)
    say(conn, root, deleted_at=FEBRUARY)
    found = ask(conn, platform, "history_before", root.channel_id, value(conn, "SELECT page_cursor('infinity')"))
    assert [row[0] for row in found] == [root.id]


# The newest message


def test_the_newest_message_follows_writing_deleting_and_restoring(conn: Connection) -> None:
    first = make(conn, "messages", created_at=JANUARY)
    second = say(conn, first, created_at=FEBRUARY)
    channel = first.channel_id
    assert newest(conn, channel) == second.id
    late = say(conn, first, created_at="2026-01-20T00:00:00Z")  # arrives late, is not the newest
    assert newest(conn, channel) == second.id
    conn.execute("UPDATE messages SET deleted_at = now() WHERE id = %s", (second.id,))
    assert newest(conn, channel) == late.id
    conn.execute("UPDATE messages SET deleted_at = NULL WHERE id = %s", (second.id,))
    assert newest(conn, channel) == second.id
    conn.execute("DELETE FROM messages WHERE channel_id = %s", (channel,))
    assert newest(conn, channel) is None


def test_in_the_seed_the_newest_message_of_every_channel_is_its_newest(seeded: Connection) -> None:
    wrong = """
        SELECT count(*) FROM channels AS c
        LEFT JOIN LATERAL (
            SELECT created_at, id FROM messages
            WHERE channel_id = c.id AND thread_id IS NULL AND deleted_at IS NULL
            ORDER BY created_at DESC, id DESC LIMIT 1
        ) AS newest ON TRUE
        WHERE (c.last_message_at, c.last_message_id) IS DISTINCT FROM (newest.created_at, newest.id)
    """
    assert value(seeded, wrong) == 0


def test_a_message_leaves_the_channels_updated_at_alone(conn: Connection) -> None:
    channel = make(conn, "channels", updated_at="2020-01-01T00:00:00Z")
    make(conn, "messages", channel_id=channel.id)
    assert value(conn, "SELECT updated_at FROM channels WHERE id = %s", channel.id) == channel.updated_at
    conn.execute("UPDATE channels SET topic = 'New' WHERE id = %s", (channel.id,))
    assert value(conn, "SELECT updated_at FROM channels WHERE id = %s", channel.id) > channel.updated_at


# Threads


def test_a_thread_counts_its_messages_and_takes_them_along(conn: Connection) -> None:
    thread = make(conn, "message_threads")
    author = make(conn, "users").id
    counted = "SELECT message_count FROM message_threads WHERE id = %s"
    one, other = (
        make(conn, "messages", channel_id=thread.channel_id, author_id=author, thread_id=thread.id) for _ in range(2)
    )
    assert value(conn, counted, thread.id) == 2
    conn.execute("UPDATE messages SET deleted_at = now() WHERE id = %s", (one.id,))
    assert value(conn, counted, thread.id) == 1
    conn.execute("DELETE FROM messages WHERE id = %s", (other.id,))
    assert value(conn, counted, thread.id) == 0
    conn.execute("DELETE FROM messages WHERE id = %s", (thread.root_message_id,))
    kept = "SELECT root_message_id, root_message_created_at FROM message_threads WHERE id = %s"
    assert values(conn, kept, thread.id) == [(None, thread.root_message_created_at)]
    conn.execute("DELETE FROM message_threads WHERE id = %s", (thread.id,))
    assert count(conn, "messages", channel_id=thread.channel_id) == 0


# What hangs on a message


def test_what_hangs_on_a_message_goes_with_it_and_answers_stay(conn: Connection) -> None:
    said = make(conn, "messages")
    place = {"channel_id": said.channel_id, "message_created_at": said.created_at, "message_id": said.id}
    for table in ("message_reactions", "message_attachments", "ai_analysis", "message_mentions"):
        make(conn, table, **place)
    reference = {"referenced_message_created_at": said.created_at, "referenced_message_id": said.id}
    answer = say(conn, said, created_at=FEBRUARY, **reference)
    conn.execute("DELETE FROM messages WHERE id = %s", (said.id,))
    for table in ("message_reactions", "message_attachments", "ai_analysis", "message_mentions"):
        assert count(conn, table) == 0, table
    left = "SELECT referenced_message_id, referenced_message_created_at FROM messages WHERE id = %s"
    assert values(conn, left, answer.id) == [(None, said.created_at)]


def test_a_channel_takes_everything_in_it_along(conn: Connection) -> None:
    for table in ("message_threads", "conversation_summaries", "ai_analysis", "channel_reads"):
        row = make(conn, table)
        conn.execute("DELETE FROM channels WHERE id = %s", (row.channel_id,))
        assert count(conn, table) == 0, table
    assert count(conn, "messages") == 0


# Mentions


def test_mentions_are_the_arrays_as_rows_whatever_is_edited(conn: Connection, platform: Platform) -> None:
    one, other = make(conn, "users").id, make(conn, "users").id
    said = make(conn, "messages", mentions=[one, one], content="You two!")
    role = make(conn, "roles").id
    assert [row[1] for row in mentions_of(conn, platform, one)] == [said.id]
    edit = "UPDATE messages SET mentions = %s, mention_roles = %s WHERE id = %s"
    conn.execute(edit, ([other], [role], said.id))
    assert mentions_of(conn, platform, one) == []
    assert [row[1] for row in mentions_of(conn, platform, other)] == [said.id]
    assert count(conn, "message_mentions", role_id=role) == 1
    conn.execute("UPDATE messages SET deleted_at = now() WHERE id = %s", (said.id,))
    assert mentions_of(conn, platform, other) == []


def test_a_role_that_is_gone_does_not_keep_its_mentions_author_from_mentioning_others(
    conn: Connection, platform: Platform
) -> None:
    role, other = make(conn, "roles").id, make(conn, "users").id
    said = make(conn, "messages", mention_roles=[role])
    conn.execute("DELETE FROM roles WHERE id = %s", (role,))
    conn.execute("UPDATE messages SET mentions = %s WHERE id = %s", ([other], said.id))
    assert [row[1] for row in mentions_of(conn, platform, other)] == [said.id]
    assert count(conn, "message_mentions", role_id=role) == 0


def test_who_has_a_role_is_mentioned_with_it(conn: Connection, platform: Platform) -> None:
    held = make(conn, "member_roles")
    user = value(conn, "SELECT user_id FROM server_members WHERE id = %s", held.member_id)
    said = make(conn, "messages", mention_roles=[held.role_id])
    assert [row[1] for row in mentions_of(conn, platform, user)] == [said.id]


def mentions_of(conn: Connection, platform: Platform, user: UUID) -> list[Any]:
    return ask(conn, platform, "mentions", user, value(conn, "SELECT page_cursor('infinity')"))


# Search


def test_words_are_found_in_the_language_of_their_message(conn: Connection, platform: Platform) -> None:
    said = make(conn, "messages", content="Two bicycles were repaired.")
    german = make(conn, "users", locale="de-AT").id
    other = make(conn, "messages", channel_id=said.channel_id, author_id=german, content="Die Fahrräder fahren wieder.")
    assert (said.language, other.language) == ("english", "german")

    def found(words: str, language: str = "english") -> list[UUID]:
        question = "SELECT id FROM messages WHERE channel_id = %s AND search @@ search_query(%s, %s, %s)"
        return [row for (row,) in values(conn, question, said.channel_id, said.channel_id, words, language)]

    assert found("bicycle") == [said.id]
    assert found("repairing") == [said.id]
    assert found("Fahrrädern", "german") == [other.id]
    assert found("Fahrrädern") == []
    assert found("bicycle -repaired") == []
    assert [row[0] for row in ask(conn, platform, "search", said.channel_id, "bicycle")] == [said.id]


def test_nobody_finds_the_messages_of_a_channel_by_writing_its_id_elsewhere(
    conn: Connection, platform: Platform
) -> None:
    here = make(conn, "messages")
    make(conn, "messages", content=f"bicycle {here.channel_id}", language="simple")
    assert ask(conn, platform, "search", here.channel_id, "bicycle") == []


# Unread


def test_unread_messages_are_counted_up_to_a_hundred_where_one_may_see_them(
    conn: Connection, platform: Platform
) -> None:
    first = make(conn, "messages", created_at=JANUARY)
    reader = make(conn, "server_members", server_id=server_of(conn, first.channel_id)).user_id
    make(conn, "channel_reads", channel_id=first.channel_id, user_id=reader, last_read_at=JANUARY)

    def unread() -> list[int]:
        return [row[2] for row in ask(conn, platform, "unread", reader)]

    assert unread() == []
    later = say(conn, first, created_at=FEBRUARY)
    assert unread() == [1]
    for _ in range(120):
        say(conn, first, created_at=FEBRUARY)
    assert unread() == [100]
    moved = "UPDATE channel_reads SET last_read_at = %s, last_read_message_id = %s WHERE user_id = %s"
    last = value(conn, "SELECT max(id::text)::uuid FROM messages WHERE channel_id = %s", first.channel_id)
    conn.execute(moved, (FEBRUARY, last, reader))
    assert unread() == []
    conn.execute(moved, (FEBRUARY, later.id, reader))
    conn.execute("UPDATE roles SET permissions = 0 WHERE id = %s", (server_of(conn, first.channel_id),))
    assert unread() == []


def server_of(conn: Connection, channel: UUID) -> UUID:
    found: UUID = value(conn, "SELECT server_id FROM channels WHERE id = %s", channel)
    return found


# The log


def test_the_log_says_who_changed_what_and_no_secret(conn: Connection) -> None:
    person = make(conn, "users", username="ann")
    conn.execute("SELECT set_config('enrichment.actor_id', %s, TRUE)", (str(person.id),))
    conn.execute(
        "UPDATE users SET bio = 'New', status = 'online', password_hash = %s WHERE id = %s", ("y" * 40, person.id)
    )
    conn.execute("UPDATE users SET status = 'idle', password_hash = %s WHERE id = %s", ("z" * 40, person.id))
    conn.execute("UPDATE users SET deleted_at = now() WHERE id = %s", (person.id,))
    log = "SELECT action, actor_id, old_values, new_values FROM audit_logs WHERE row_id = %s ORDER BY id"
    made, edited, deleted = values(conn, log, person.id)
    assert made[0] == "insert"
    assert made[3]["username"] == "ann"
    assert "password_hash" not in made[3]
    assert edited == ("update", person.id, {"bio": None}, {"bio": "New"})
    assert (deleted[0], deleted[2]) == ("soft_delete", {"deleted_at": None})


def test_of_messages_edits_and_deletions_are_logged_under_their_server(conn: Connection) -> None:
    said = make(conn, "messages", content="Frist.")
    conn.execute("UPDATE messages SET content = 'First.' WHERE id = %s", (said.id,))
    conn.execute("UPDATE messages SET deleted_at = now() WHERE id = %s", (said.id,))
    log = "SELECT table_name, server_id, action, old_values ->> 'content' FROM audit_logs WHERE row_id = %s ORDER BY id"
    server = server_of(conn, said.channel_id)
    assert values(conn, log, said.id) == [
        ("messages", server, "update", "Frist."),
        ("messages", server, "soft_delete", None),
    ]


# Small promises


def test_timestamp_is_created_at_and_cannot_be_written(conn: Connection) -> None:
    said = make(conn, "messages")
    assert said.timestamp == said.created_at
    with pytest.raises(psycopg.errors.GeneratedAlways):
        insert(conn, "messages", channel_id=said.channel_id, author_id=said.author_id, timestamp=JANUARY)


def test_presence_is_counted_when_asked(conn: Connection) -> None:
    member = make(conn, "server_members", user_id=make(conn, "users", status="dnd").id)
    presence = "SELECT member_count, online_count FROM server_presence WHERE server_id = %s"
    assert values(conn, presence, member.server_id) == [(2, 1)]
    conn.execute("UPDATE users SET status = 'offline' WHERE id = %s", (member.user_id,))
    assert values(conn, presence, member.server_id) == [(2, 0)]


def test_presence_is_the_same_however_large_the_server_is(seeded: Connection) -> None:
    counted = """
        SELECT m.server_id, count(*) FILTER (WHERE u.status <> 'offline' AND u.deleted_at IS NULL)
        FROM server_members AS m JOIN users AS u ON u.id = m.user_id GROUP BY m.server_id ORDER BY m.server_id
    """
    seen = values(seeded, "SELECT server_id, online_count FROM server_presence ORDER BY server_id")
    assert seen == values(seeded, counted)
    assert len({online for _, online in seen}) > 1


def test_an_invite_is_used_up_only_by_those_who_come_in(conn: Connection) -> None:
    invite, person = make(conn, "invites", max_uses=2), make(conn, "users").id
    joined = "SELECT join_by_invite(%s, %s)"
    assert value(conn, joined, invite.code, person) == value(conn, joined, invite.code, person)
    assert value(conn, "SELECT uses FROM invites WHERE id = %s", invite.id) == 1
    with pytest.raises(psycopg.errors.CheckViolation, match="cannot be used"):
        value(conn, joined, "no-such-code", person)


def test_nobody_comes_into_a_deleted_server(conn: Connection) -> None:
    invite, person = make(conn, "invites"), make(conn, "users").id
    conn.execute("UPDATE servers SET deleted_at = now() WHERE id = %s", (invite.server_id,))
    with pytest.raises(psycopg.errors.CheckViolation, match="cannot be used"):
        value(conn, "SELECT join_by_invite(%s, %s)", invite.code, person)


def test_the_audit_log_cannot_be_emptied(conn: Connection) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation, match="TRUNCATE cannot be done"):
        conn.execute("TRUNCATE audit_logs")


def test_purging_takes_accounts_that_nobody_needs_past_those_who_wrote_or_own(busy_db: Target) -> None:
    # Who owns a server is held by a key that is checked at the COMMIT only.
    with connect(busy_db) as conn:
        old = "2020-01-01T00:00:00Z"
        author, owner, nobody = (make(conn, "users").id for _ in range(3))
        make(conn, "messages", author_id=author)
        make(conn, "servers", owner_id=owner)
        conn.execute("UPDATE users SET deleted_at = %s WHERE id = ANY (%s)", (old, [author, owner, nobody]))
        value(conn, "CALL purge_deleted('users', '30 days', 2)")
        assert [count(conn, "users", id=of) for of in (author, owner, nobody)] == [1, 1, 0]
        conn.execute("UPDATE users SET deleted_at = NULL WHERE id = ANY (%s)", ([author, owner],))
