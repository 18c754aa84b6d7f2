"""Rules of VRSS that take more than one row: soft delete, order that can be changed, one of a kind."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from platformdb.postgres.connect import Connection
from platforms.vrss.build import (
    FOREIGN_KEY_VIOLATION,
    UNIQUE_VIOLATION,
    make,
    make_direct_conversation,
    make_users,
    refused,
)
from rows import count, value, values

SOFT_DELETED = ("comments", "messages", "posts", "users")
# table, the column that says where the order belongs
ORDERED = (
    ("post_media", "post_id"),
    ("profile_sections", "user_id"),
    ("section_content", "section_id"),
    ("feed_filters", "feed_id"),
)


def soft_delete(conn: Connection, table: str, key: object) -> None:
    conn.execute(sql.SQL("UPDATE {} SET deleted_at = now() WHERE id = %s").format(sql.Identifier(table)), (key,))


def test_exactly_these_tables_delete_softly(conn: Connection) -> None:
    found = values(
        conn,
        """
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'deleted_at' AND is_nullable = 'YES' ORDER BY 1
        """,
    )
    assert tuple(name for (name,) in found) == SOFT_DELETED


@pytest.mark.parametrize("table", SOFT_DELETED)
def test_a_soft_deleted_row_stays_and_can_come_back(conn: Connection, table: str) -> None:
    row = make(conn, table)
    soft_delete(conn, table, row.id)
    assert count(conn, table, id=row.id) == 1
    assert count(conn, table, id=row.id, deleted_at=None) == 0
    conn.execute(sql.SQL("UPDATE {} SET deleted_at = NULL WHERE id = %s").format(sql.Identifier(table)), (row.id,))
    assert count(conn, table, id=row.id, deleted_at=None) == 1


def test_a_soft_deleted_user_keeps_what_he_wrote(conn: Connection) -> None:
    post = make(conn, "posts")
    comment = make(conn, "comments", user_id=post.user_id, post_id=post.id)
    soft_delete(conn, "users", post.user_id)
    assert (count(conn, "posts", id=post.id), count(conn, "comments", id=comment.id)) == (1, 1)


@pytest.mark.parametrize(
    ("column", "name"), [("username", "users_username_key"), ("email", "users_email_key")], ids=["username", "email"]
)
def test_nobody_takes_over_the_name_of_a_soft_deleted_user(conn: Connection, column: str, name: str) -> None:
    user = make(conn, "users")
    soft_delete(conn, "users", user.id)
    with refused(conn, UNIQUE_VIOLATION, name):
        make(conn, "users", **{column: getattr(user, column)})


def test_a_soft_deleted_comment_keeps_its_replies(conn: Connection) -> None:
    answered = make(conn, "comments")
    reply = make(conn, "comments", post_id=answered.post_id, parent_comment_id=answered.id)
    soft_delete(conn, "comments", answered.id)
    assert count(conn, "comments", id=reply.id, parent_comment_id=answered.id, deleted_at=None) == 1


def two_in_order(conn: Connection, table: str, column: str) -> tuple[object, object]:
    first = make(conn, table, position=0)
    second = make(conn, table, position=1, **{column: getattr(first, column)})
    return first.id, second.id


def move(conn: Connection, table: str, key: object, position: int) -> None:
    conn.execute(sql.SQL("UPDATE {} SET position = %s WHERE id = %s").format(sql.Identifier(table)), (position, key))


@pytest.mark.parametrize(("table", "column"), ORDERED)
def test_two_change_places_in_one_transaction(conn: Connection, table: str, column: str) -> None:
    first, second = two_in_order(conn, table, column)
    conn.execute("SET CONSTRAINTS ALL DEFERRED")
    move(conn, table, first, 1)
    move(conn, table, second, 0)
    conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert (count(conn, table, id=first, position=1), count(conn, table, id=second, position=0)) == (1, 1)


@pytest.mark.parametrize(("table", "column"), ORDERED)
def test_two_change_places_in_one_statement(conn: Connection, table: str, column: str) -> None:
    first, second = two_in_order(conn, table, column)
    conn.execute(sql.SQL("UPDATE {} SET position = 1 - position").format(sql.Identifier(table)))
    assert (count(conn, table, id=first, position=1), count(conn, table, id=second, position=0)) == (1, 1)


@pytest.mark.parametrize(("table", "column"), ORDERED)
def test_two_in_one_place_are_refused_at_once_unless_deferred(conn: Connection, table: str, column: str) -> None:
    first, _ = two_in_order(conn, table, column)
    name = f"{table}_{column}_position_key"
    with refused(conn, UNIQUE_VIOLATION, name):
        move(conn, table, first, 1)
    with refused(conn, UNIQUE_VIOLATION, name):
        conn.execute(sql.SQL("SET CONSTRAINTS {} DEFERRED").format(sql.Identifier(name)))
        move(conn, table, first, 1)
        conn.execute(sql.SQL("SET CONSTRAINTS {} IMMEDIATE").format(sql.Identifier(name)))


@pytest.mark.parametrize("running", ["trialing", "active", "past_due"])
@pytest.mark.parametrize("second", ["trialing", "active", "past_due"])
def test_a_user_has_one_running_subscription(conn: Connection, running: str, second: str) -> None:
    user = make(conn, "user_subscriptions", status=running).user_id
    with refused(conn, UNIQUE_VIOLATION, "user_subscriptions_one_running"):
        make(conn, "user_subscriptions", user_id=user, status=second)


def test_ended_subscriptions_pile_up_beside_the_running_one(conn: Connection) -> None:
    (user,) = make_users(conn, 1)
    for status, cancelled in (("expired", None), ("expired", None), ("cancelled", "2100-01-01Z"), ("active", None)):
        make(conn, "user_subscriptions", user_id=user, status=status, cancelled_at=cancelled)
    assert count(conn, "user_subscriptions", user_id=user) == 4


def test_a_subscription_can_follow_one_that_ended(conn: Connection) -> None:
    first = make(conn, "user_subscriptions")
    conn.execute("UPDATE user_subscriptions SET status = 'expired' WHERE id = %s", (first.id,))
    make(conn, "user_subscriptions", user_id=first.user_id)
    with refused(conn, UNIQUE_VIOLATION, "user_subscriptions_one_running"):
        conn.execute("UPDATE user_subscriptions SET status = 'active' WHERE id = %s", (first.id,))


def test_two_have_one_direct_conversation_whoever_begins(conn: Connection) -> None:
    one, other = make_users(conn, 2)
    make_direct_conversation(conn, one, other)
    with refused(conn, UNIQUE_VIOLATION, "conversations_direct_pair_key"):
        make_direct_conversation(conn, other, one)


def test_one_has_direct_conversations_with_many(conn: Connection) -> None:
    one, second, third = make_users(conn, 3)
    for pair in ((one, second), (one, third), (second, third)):
        make_direct_conversation(conn, *pair)
    assert count(conn, "conversations", type="direct") == 3


def test_groups_of_the_same_title_do_not_disturb_each_other(conn: Connection) -> None:
    for _ in range(2):
        make(conn, "conversations", title="Family")
    assert count(conn, "conversations", title="Family") == 2


def test_a_reply_belongs_to_the_post_of_the_comment_it_answers(conn: Connection) -> None:
    answered = make(conn, "comments")
    elsewhere = make(conn, "posts").id
    with refused(conn, FOREIGN_KEY_VIOLATION, "comments_parent_comment_id_fkey"):
        make(conn, "comments", post_id=elsewhere, parent_comment_id=answered.id)
    make(conn, "comments", post_id=answered.post_id, parent_comment_id=answered.id)


def test_a_comment_with_replies_cannot_move_to_another_post(conn: Connection) -> None:
    answered = make(conn, "comments")
    make(conn, "comments", post_id=answered.post_id, parent_comment_id=answered.id)
    with refused(conn, FOREIGN_KEY_VIOLATION, "comments_parent_comment_id_fkey"):
        conn.execute("UPDATE comments SET post_id = %s WHERE id = %s", (make(conn, "posts").id, answered.id))


def test_deleting_a_comment_takes_the_whole_thread_below_it_along(conn: Connection) -> None:
    root = make(conn, "comments")
    parent = root
    for _ in range(3):
        parent = make(conn, "comments", post_id=root.post_id, parent_comment_id=parent.id)
    conn.execute("DELETE FROM comments WHERE id = %s", (root.id,))
    assert count(conn, "comments", post_id=root.post_id) == 0


def test_one_tier_at_most_is_the_default_and_the_default_can_change(conn: Connection) -> None:
    first, second = make(conn, "subscription_tiers", is_default=True), make(conn, "subscription_tiers")
    with refused(conn, UNIQUE_VIOLATION, "subscription_tiers_one_default"):
        conn.execute("UPDATE subscription_tiers SET is_default = TRUE WHERE id = %s", (second.id,))
    conn.execute("UPDATE subscription_tiers SET is_default = FALSE WHERE id = %s", (first.id,))
    conn.execute("UPDATE subscription_tiers SET is_default = TRUE WHERE id = %s", (second.id,))
    assert value(conn, "SELECT slug FROM subscription_tiers WHERE is_default") == second.slug


def test_numbers_too_large_for_their_column_are_errors_and_not_other_numbers(conn: Connection) -> None:
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        make(conn, "subscription_tiers", quota_bytes=2**63)


def test_a_pinned_post_leaves_the_section_with_the_post_and_the_rest_stays(conn: Connection) -> None:
    post = make(conn, "posts").id
    pin = make(conn, "section_content", type="post", post_id=post, body=None)
    make(conn, "section_content", section_id=pin.section_id, position=1)
    conn.execute("DELETE FROM posts WHERE id = %s", (post,))
    assert value(conn, "SELECT array_agg(position) FROM section_content WHERE section_id = %s", pin.section_id) == [1]
