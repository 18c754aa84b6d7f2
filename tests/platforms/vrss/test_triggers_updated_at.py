"""updated_at says when a row was changed: by its owner, not by the counts that others cause."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import sql

from platformdb.postgres.connect import Connection
from platforms.vrss.build import (
    make,
)
from rows import count, value, values

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

# For every table with the column: a change that its owner makes.
CHANGES: dict[str, dict[str, Any]] = {
    "subscription_tiers": {"price_cents": 599},
    "users": {"email": "new@example.org"},
    "user_profiles": {"bio": "Painter."},
    "storage_usage": {"quota_bytes": 7_000_000},
    "posts": {"content": "Hello again."},
    "comments": {"content": "Even better said."},
    "profile_sections": {"title": "Me"},
    "section_content": {"body": "I draw."},
    "custom_feeds": {"algorithm_config": '{"sort": "popular"}'},
    "user_lists": {"name": "Friends"},
    "conversations": {"title": "Writing circle"},
    "messages": {"content": "Tomorrow?"},
    "user_subscriptions": {"status": "past_due"},
}


def old_row(conn: Connection, table: str) -> Any:
    return make(conn, table, updated_at=LONG_AGO)


def change(conn: Connection, table: str, **changed: Any) -> None:
    assignments = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changed)
    conn.execute(sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), assignments), tuple(changed.values()))


def untouched(conn: Connection, table: str) -> bool:
    return count(conn, table) == count(conn, table, updated_at=LONG_AGO)


def test_every_table_with_updated_at_is_tested_here(conn: Connection) -> None:
    found = values(
        conn,
        """
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'updated_at'
        """,
    )
    assert {name for (name,) in found} == set(CHANGES)


@pytest.mark.parametrize("table", CHANGES)
def test_updated_at_is_set_when_a_row_changes(conn: Connection, table: str) -> None:
    row = old_row(conn, table)
    assert row.updated_at == LONG_AGO
    change(conn, table, **CHANGES[table])
    assert value(conn, f"SELECT bool_and(updated_at = now()) FROM {table}")


@pytest.mark.parametrize("table", CHANGES)
def test_updated_at_stays_when_an_update_changes_nothing(conn: Connection, table: str) -> None:
    row = old_row(conn, table)
    name = next(iter(CHANGES[table]))
    conn.execute(sql.SQL("UPDATE {} SET {} = {}").format(*map(sql.Identifier, (table, name, name))))
    assert untouched(conn, table)
    assert row.updated_at == LONG_AGO


@pytest.mark.parametrize("table", CHANGES)
def test_updated_at_cannot_be_set_by_hand_together_with_a_change(conn: Connection, table: str) -> None:
    old_row(conn, table)
    change(conn, table, **CHANGES[table], updated_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert value(conn, f"SELECT bool_and(updated_at = now()) FROM {table}")


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "link"},
        {"title": "A title"},
        {"status": "archived"},
        {"visibility": "private"},
        {"deleted_at": LONG_AGO},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_everything_an_author_changes_dates_the_post_anew(conn: Connection, changed: dict[str, Any]) -> None:
    old_row(conn, "posts")
    change(conn, "posts", **changed)
    assert value(conn, "SELECT updated_at = now() FROM posts")


@pytest.mark.parametrize("table", ["post_interactions", "comments", "reposts"])
def test_a_like_a_comment_or_a_repost_does_not_date_the_post_anew(conn: Connection, table: str) -> None:
    post = old_row(conn, "posts")
    made = make(conn, table, post_id=post.id)
    assert value(conn, "SELECT likes_count + comments_count + reposts_count FROM posts WHERE id = %s", post.id) == 1
    assert untouched(conn, "posts")
    conn.execute(sql.SQL("DELETE FROM {} WHERE id = %s").format(sql.Identifier(table)), (made.id,))
    assert untouched(conn, "posts")


def test_repairing_a_counter_does_not_date_the_post_anew(conn: Connection) -> None:
    old_row(conn, "posts")
    change(conn, "posts", likes_count=3)
    assert untouched(conn, "posts")


def test_media_and_messages_leave_the_rows_they_belong_to_alone(conn: Connection) -> None:
    post, conversation = old_row(conn, "posts"), old_row(conn, "conversations")
    make(conn, "post_media", post_id=post.id)
    make(conn, "messages", conversation_id=conversation.id)
    assert untouched(conn, "posts")
    assert untouched(conn, "conversations")


def test_an_upsert_that_updates_dates_the_row_anew(conn: Connection) -> None:
    row = old_row(conn, "user_lists")
    conn.execute(
        """
        INSERT INTO user_lists (user_id, name, description) VALUES (%s, %s, 'New')
        ON CONFLICT (user_id, name) DO UPDATE SET description = excluded.description
        """,
        (row.user_id, row.name),
    )
    assert value(conn, "SELECT updated_at = now() FROM user_lists")
