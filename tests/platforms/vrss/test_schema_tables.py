"""The tables of VRSS as a whole: which there are, how they are described, how their rows are named and dated."""

from __future__ import annotations

import uuid

import pytest

from platformdb.postgres.connect import Connection
from platforms.vrss.build import (
    ALL_TABLES,
    make,
    nobody,
)
from rows import count, value, values

# Everything else is named by what it connects.
WITH_ID = tuple(
    table
    for table in ALL_TABLES
    if table not in {"user_profiles", "user_follows", "friendships", "list_members", "conversation_participants"}
)


def columns(conn: Connection, name: str) -> list[tuple[str, str, bool, str | None]]:
    """(table, type, not null, default) of every column of this name."""
    return values(
        conn,
        """
        SELECT c.relname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        LEFT JOIN pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
        WHERE a.attname = %s AND NOT a.attisdropped
        ORDER BY 1
        """,
        name,
    )


def test_the_21_tables_of_the_document_and_conversation_participants_are_there(conn: Connection) -> None:
    found = values(conn, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {name for (name,) in found} == set(ALL_TABLES)
    assert len(ALL_TABLES) == 22


@pytest.mark.parametrize("table", ALL_TABLES)
def test_table_takes_a_valid_row_and_says_in_a_comment_what_it_holds(conn: Connection, table: str) -> None:
    make(conn, table)
    assert count(conn, table) >= 1
    comment = value(conn, "SELECT obj_description(%s::regclass, 'pg_class')", table)
    assert comment is not None
    assert comment.endswith(".")
    assert len(comment) > 15


@pytest.mark.parametrize("table", WITH_ID)
def test_ids_are_version_7_uuids_by_default(conn: Connection, table: str) -> None:
    made = make(conn, table).id
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_every_other_table_is_keyed_by_what_it_connects(conn: Connection) -> None:
    assert {table for table, *_ in columns(conn, "id")} == set(WITH_ID)
    without = values(
        conn,
        """
        SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)
        """,
    )
    assert without == []


def test_ids_made_one_after_the_other_sort_in_that_order(conn: Connection) -> None:
    made = [value(conn, "SELECT uuidv7()") for _ in range(200)]
    assert made == sorted(made)
    assert len(set(made)) == 200


def test_an_id_tells_when_it_was_made(conn: Connection) -> None:
    clock = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    before = value(conn, clock)
    made = value(conn, "SELECT uuidv7()")
    after = value(conn, clock)
    # PostgreSQL 18 runs its clock ahead by a few nanoseconds where two ids would be the same.
    assert before <= made.int >> 80 <= after + 1


def test_ids_made_in_one_statement_are_all_different(conn: Connection) -> None:
    assert value(conn, "SELECT count(DISTINCT uuidv7()) FROM generate_series(1, 5000)") == 5000


def test_a_given_id_is_kept(conn: Connection) -> None:
    given = nobody()
    assert make(conn, "users", id=given).id == given


@pytest.mark.parametrize("column", ["created_at", "updated_at"])
def test_rows_are_dated_by_default_and_never_undated(conn: Connection, column: str) -> None:
    found = columns(conn, column)
    assert len(found) > 10
    assert {(kind, not_null, default) for _, kind, not_null, default in found} == {
        ("timestamp with time zone", True, "now()")
    }


def test_every_point_in_time_knows_its_zone(conn: Connection) -> None:
    naive = """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('timestamp without time zone', 'time without time zone')
    """
    assert values(conn, naive) == []
    ends = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND column_name LIKE '%_at'"
    assert value(conn, ends) > 30


def test_bytes_are_counted_in_64_bits(conn: Connection) -> None:
    found = values(
        conn,
        """
        SELECT DISTINCT data_type FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name LIKE '%\\_bytes'
        """,
    )
    assert found == [("bigint",)]
    assert make(conn, "storage_usage", quota_bytes=2**60).quota_bytes == 2**60


def test_every_json_column_is_jsonb_and_never_null(conn: Connection) -> None:
    found = values(
        conn,
        """
        SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('json', 'jsonb') ORDER BY 1, 2
        """,
    )
    assert found == [
        ("custom_feeds", "algorithm_config", "jsonb", "NO"),
        ("user_profiles", "background_config", "jsonb", "NO"),
        ("user_profiles", "style_config", "jsonb", "NO"),
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("users", {"status": "active", "deleted_at": None, "last_login_at": None}),
        ("user_profiles", {"bio": "", "visibility": "public", "style_config": {}}),
        ("subscription_tiers", {"currency": "USD", "is_default": False}),
        ("posts", {"type": "text", "status": "published", "visibility": "public", "deleted_at": None}),
        ("posts", {"likes_count": 0, "comments_count": 0, "reposts_count": 0}),
        ("storage_usage", {"used_bytes": 0}),
        ("profile_sections", {"is_visible": True}),
        ("custom_feeds", {"is_public": False, "algorithm_config": {"sort": "recent"}}),
        ("user_lists", {"is_private": True}),
        ("conversation_participants", {"role": "member", "left_at": None, "last_read_at": None}),
        ("notifications", {"is_read": False, "read_at": None}),
        ("user_subscriptions", {"status": "active", "cancelled_at": None}),
    ],
)
def test_a_new_row_starts_with_these_values(conn: Connection, table: str, expected: dict[str, object]) -> None:
    made = make(conn, table)._asdict()
    assert {column: made[column] for column in expected} == expected
