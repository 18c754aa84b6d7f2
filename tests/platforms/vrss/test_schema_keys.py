"""What is unique in VRSS, what refers to what, and what becomes of the one when the other is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from psycopg import sql

from platformdb.postgres.connect import Connection
from platforms.vrss.build import (
    ALL_TABLES,
    CASCADE,
    FOREIGN_KEY_VIOLATION,
    REFERENCES,
    RESTRICT_VIOLATION,
    UNIQUE_VIOLATION,
    make,
    make_direct_conversation,
    make_users,
    refused,
)
from rows import count, values
from servers import Server

# name, table, the columns that must not repeat together, and what makes a second row differ
UNIQUE = (
    ("subscription_tiers_slug_key", "subscription_tiers", {"slug": "gold"}, {"slug": "silver"}),
    ("subscription_tiers_one_default", "subscription_tiers", {"is_default": True}, {"is_default": False}),
    ("users_username_key", "users", {"username": "ann"}, {"username": "anna"}),
    ("users_email_key", "users", {"email": "ann@example.org"}, {"email": "anna@example.org"}),
    ("user_profiles_pkey", "user_profiles", {"user_id": ...}, {"user_id": ...}),
    ("post_media_post_id_position_key", "post_media", {"post_id": ..., "position": 1}, {"position": 2}),
    ("user_follows_pkey", "user_follows", {"follower_id": ..., "following_id": ...}, {"following_id": ...}),
    ("friendships_pkey", "friendships", {"user_id_1": ..., "user_id_2": ...}, {"user_id_2": ...}),
    (
        "post_interactions_once_key",
        "post_interactions",
        {"post_id": ..., "user_id": ..., "type": "like"},
        {"type": "bookmark"},
    ),
    ("reposts_once_key", "reposts", {"post_id": ..., "user_id": ...}, {"user_id": ...}),
    ("profile_sections_user_id_position_key", "profile_sections", {"user_id": ..., "position": 1}, {"position": 2}),
    ("section_content_section_id_position_key", "section_content", {"section_id": ..., "position": 1}, {"position": 2}),
    ("custom_feeds_user_id_name_key", "custom_feeds", {"user_id": ..., "name": "Birds"}, {"name": "Boats"}),
    ("feed_filters_feed_id_position_key", "feed_filters", {"feed_id": ..., "position": 1}, {"position": 2}),
    ("user_lists_user_id_name_key", "user_lists", {"user_id": ..., "name": "Family"}, {"name": "Work"}),
    ("list_members_pkey", "list_members", {"list_id": ..., "user_id": ...}, {"user_id": ...}),
    (
        "conversation_participants_pkey",
        "conversation_participants",
        {"conversation_id": ..., "user_id": ...},
        {"user_id": ...},
    ),
    (
        "user_subscriptions_one_running",
        "user_subscriptions",
        {"user_id": ..., "status": "active"},
        {"status": "expired"},
    ),
)
# Tested in sentences of their own (below, and in test_schema_rules.py), or by their primary key before they are asked.
OTHER_UNIQUE = {"storage_usage_user_id_key", "conversations_direct_pair_key", "comments_id_post_id_key"}

REFERENCE_NAMES = [f"{table}.{column}" for table, column, *_ in REFERENCES]


def referring_row(conn: Connection, table: str, column: str, parent: str) -> Any:
    """A row whose column is filled, also where it may be empty."""
    if column.startswith("direct_user"):
        return make_direct_conversation(conn, *make_users(conn, 2))
    if column == "parent_comment_id":
        answered = make(conn, "comments")
        return make(conn, "comments", parent_comment_id=answered.id, post_id=answered.post_id)
    row = make(conn, table)
    if getattr(row, column) is not None:
        return row
    return make(conn, table, **{column: make(conn, parent).id})


def key_of(conn: Connection, table: str, row: Any) -> dict[str, Any]:
    """The row's primary key."""
    names = values(
        conn,
        """
        SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE indrelid = %s::regclass AND indisprimary
        """,
        table,
    )
    return {name: getattr(row, name) for (name,) in names}


def delete(conn: Connection, table: str, key: object) -> None:
    conn.execute(sql.SQL("DELETE FROM {} WHERE id = %s").format(sql.Identifier(table)), (key,))


@pytest.mark.parametrize(("name", "table", "same", "other"), UNIQUE, ids=[case[0] for case in UNIQUE])
def test_unique_key_refuses_the_same_and_takes_another(
    conn: Connection, name: str, table: str, same: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    given = {column: chosen for column, chosen in same.items() if chosen is not ...}
    first = make(conn, table, **given)
    repeated = {column: getattr(first, column) for column in same}
    with refused(conn, UNIQUE_VIOLATION, name):
        make(conn, table, **repeated)
    differing = {column: chosen for column, chosen in other.items() if chosen is not ...}
    make(conn, table, **{**{column: repeated[column] for column in same if column not in other}, **differing})


def test_every_unique_key_in_the_catalog_is_tested(conn: Connection) -> None:
    found = values(
        conn,
        """
        SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE indisunique AND relnamespace = 'public'::regnamespace
          AND NOT (indisprimary AND EXISTS (
              SELECT FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey) AND attname = 'id'
          ))
        """,
    )
    assert {name for (name,) in found} == {case[0] for case in UNIQUE} | OTHER_UNIQUE


@pytest.mark.parametrize("table", ["users", "posts", "messages"])
def test_an_id_is_given_once(conn: Connection, table: str) -> None:
    given = make(conn, table).id
    with refused(conn, UNIQUE_VIOLATION, f"{table}_pkey"):
        make(conn, table, id=given)


def test_an_email_address_is_taken_whatever_its_case(conn: Connection) -> None:
    make(conn, "users", email="Ann@Example.org")
    with refused(conn, UNIQUE_VIOLATION, "users_email_key"):
        make(conn, "users", email="aNN@eXAMPLE.ORG")


def test_a_user_has_one_row_of_storage_usage(conn: Connection) -> None:
    user = make(conn, "users").id
    assert count(conn, "storage_usage", user_id=user) == 1
    with refused(conn, UNIQUE_VIOLATION, "storage_usage_user_id_key"):
        conn.execute("INSERT INTO storage_usage (user_id, quota_bytes) VALUES (%s, 1)", (user,))


@pytest.mark.parametrize(("table", "column", "parent", "action"), REFERENCES, ids=REFERENCE_NAMES)
def test_reference_to_a_row_that_is_not_there_is_refused(
    conn: Connection, table: str, column: str, parent: str, action: str
) -> None:
    row = referring_row(conn, table, column, parent)
    assert count(conn, parent, id=getattr(row, column)) == 1
    # Above or below all others, so that an ordered pair stays ordered.
    absent = "ffffffff-ffff-7fff-bfff-ffffffffffff" if column.endswith("_2") else "00000000-0000-7000-8000-000000000000"
    update = sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(column), sql.Identifier(column)
    )
    with refused(conn, FOREIGN_KEY_VIOLATION, f"{table}_{column}_fkey"):
        conn.execute(update, (absent, getattr(row, column)))


@pytest.mark.parametrize(
    ("table", "column", "parent"),
    [reference[:3] for reference in REFERENCES if reference[3] == CASCADE],
    ids=[name for name, reference in zip(REFERENCE_NAMES, REFERENCES, strict=True) if reference[3] == CASCADE],
)
def test_row_goes_with_the_one_it_refers_to(conn: Connection, table: str, column: str, parent: str) -> None:
    row = referring_row(conn, table, column, parent)
    other = referring_row(conn, table, column, parent)
    key, other_key = key_of(conn, table, row), key_of(conn, table, other)
    delete(conn, parent, getattr(row, column))
    assert (count(conn, table, **key), count(conn, table, **other_key)) == (0, 1)


@pytest.mark.parametrize(("table", "column"), [("conversations", "created_by"), ("messages", "sender_id")])
def test_row_outlives_the_account_it_refers_to(conn: Connection, table: str, column: str) -> None:
    row = referring_row(conn, table, column, "users")
    delete(conn, "users", getattr(row, column))
    assert count(conn, table, id=row.id, **{column: None}) == 1


def test_a_tier_that_was_sold_cannot_be_deleted(conn: Connection, server: Server) -> None:
    tier = make(conn, "user_subscriptions", status="expired").tier_id
    # PostgreSQL 18 began to tell RESTRICT from NO ACTION.
    sqlstate = RESTRICT_VIOLATION if int(server.version) >= 18 else FOREIGN_KEY_VIOLATION
    with refused(conn, sqlstate, "user_subscriptions_tier_id_fkey"):
        delete(conn, "subscription_tiers", tier)


def test_a_tier_that_nobody_took_can_be_deleted(conn: Connection) -> None:
    tier = make(conn, "subscription_tiers").id
    delete(conn, "subscription_tiers", tier)
    assert count(conn, "subscription_tiers", id=tier) == 0


def test_every_foreign_key_in_the_catalog_is_tested_with_its_action(conn: Connection) -> None:
    found = values(
        conn,
        """
        SELECT conname, conrelid::regclass::text, confrelid::regclass::text,
               CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'r' THEN 'RESTRICT' END
        FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
        """,
    )
    assert set(found) == {(f"{table}_{column}_fkey", table, to, action) for table, column, to, action in REFERENCES}


def test_deleting_a_user_takes_everything_of_his_along(conn: Connection) -> None:
    user, friend = make_users(conn, 2)
    post = make(conn, "posts", user_id=user).id
    make(conn, "user_profiles", user_id=user)
    make(conn, "post_media", post_id=post, user_id=user)
    make(conn, "post_interactions", post_id=post, user_id=friend)
    answered = make(conn, "comments", post_id=post, user_id=friend).id
    make(conn, "comments", post_id=post, user_id=user, parent_comment_id=answered)
    make(conn, "user_follows", follower_id=user, following_id=friend)
    make(conn, "user_follows", follower_id=friend, following_id=user)
    make_direct_conversation(conn, user, friend)
    make(conn, "notifications", user_id=friend, actor_id=user, post_id=post, comment_id=answered)
    make(conn, "user_subscriptions", user_id=user)
    delete(conn, "users", user)
    gone = set(ALL_TABLES) - {"users", "storage_usage", "subscription_tiers"}
    assert {table: count(conn, table) for table in gone} == dict.fromkeys(gone, 0)
    assert (count(conn, "users"), count(conn, "storage_usage", user_id=friend)) == (1, 1)
