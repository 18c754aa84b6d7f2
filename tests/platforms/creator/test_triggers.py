"""What the triggers of creator keep, one writer at a time; test_races.py has several at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.postgres.connect import Connection
from platforms.creator.build import make
from rows import count, value, values


def counted(conn: Connection, post: UUID) -> int:
    return int(value(conn, "SELECT comments_count FROM posts WHERE id = %s", post))


def told(conn: Connection) -> list[Any]:
    return values(conn, "SELECT user_id, actor_id, type FROM notifications ORDER BY id")


def test_the_count_follows_comments_that_come_are_deleted_restored_moved_and_go(conn: Connection) -> None:
    post, other = make(conn, "posts").id, make(conn, "posts").id
    said = [make(conn, "comments", post_id=post).id for _ in range(3)]
    assert counted(conn, post) == 3
    conn.execute("UPDATE comments SET deleted_at = now() WHERE id = ANY (%s)", (said[:2],))
    assert counted(conn, post) == 1
    conn.execute("UPDATE comments SET deleted_at = NULL WHERE id = %s", (said[0],))
    assert counted(conn, post) == 2
    conn.execute("UPDATE comments SET post_id = %s WHERE id = %s", (other, said[0]))
    assert (counted(conn, post), counted(conn, other)) == (1, 1)
    conn.execute("DELETE FROM comments WHERE id = ANY (%s)", (said[1:],))
    assert (counted(conn, post), counted(conn, other)) == (0, 1)
    conn.execute("TRUNCATE comments CASCADE")
    assert counted(conn, other) == 0


def test_truncating_where_the_snapshot_is_kept_is_refused(conn: Connection) -> None:
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="TRUNCATE comments"):
        conn.execute("TRUNCATE comments CASCADE")


def test_the_name_beside_a_post_is_the_creators_whatever_the_writer_gives(conn: Connection) -> None:
    ann, ben = make(conn, "users", username="Ann"), make(conn, "users", username="Ben")
    post = make(conn, "posts", creator_id=ann.id, creator_username="Somebody")
    assert post.creator_username == "Ann"
    name = "UPDATE posts SET {} WHERE id = %s RETURNING creator_username"
    assert value(conn, name.format("creator_username = 'Somebody'"), post.id) == "Ann"
    assert value(conn, name.format(f"creator_id = '{ben.id}'"), post.id) == "Ben"


def test_one_statement_renames_many(conn: Connection) -> None:
    for _ in range(4):
        make(conn, "posts")
    conn.execute("UPDATE users SET username = 'x' || username")
    wrong = "SELECT count(*) FROM posts JOIN users ON users.id = creator_id WHERE username <> creator_username"
    assert (value(conn, wrong), count(conn, "posts")) == (0, 4)


def test_a_comment_is_told_to_the_creator_and_a_reply_to_whom_it_answers(conn: Connection) -> None:
    post = make(conn, "posts")
    comment = make(conn, "comments", post_id=post.id)
    reply = make(conn, "comments", post_id=post.id, parent_comment_id=comment.id)
    assert told(conn) == [
        (post.creator_id, comment.user_id, "comment"),
        (comment.user_id, reply.user_id, "reply"),
    ]


def test_nobody_is_told_of_himself_or_of_what_answers_an_account_that_is_gone(conn: Connection) -> None:
    post = make(conn, "posts")
    own = make(conn, "comments", post_id=post.id, user_id=post.creator_id)
    make(conn, "comments", post_id=post.id, user_id=post.creator_id, parent_comment_id=own.id)
    nobodys = make(conn, "comments", post_id=post.id, user_id=None)
    make(conn, "comments", post_id=post.id, parent_comment_id=nobodys.id)
    assert told(conn) == []


def test_a_creator_is_told_of_a_new_subscriber_and_not_of_history_that_is_brought_in(conn: Connection) -> None:
    new = make(conn, "subscriptions")
    make(conn, "subscriptions", status="cancelled", cancelled_at="2100-01-01T00:00:00Z")
    assert told(conn) == [(new.creator_id, new.subscriber_id, "subscription")]


def test_a_comment_that_was_answered_goes_only_with_its_post(conn: Connection) -> None:
    answered = make(conn, "comments")
    make(conn, "comments", post_id=answered.post_id, parent_comment_id=answered.id)
    with pytest.raises(psycopg.errors.ForeignKeyViolation), conn.transaction():
        conn.execute("DELETE FROM comments WHERE id = %s", (answered.id,))
    conn.execute("DELETE FROM posts WHERE id = %s", (answered.post_id,))
    assert count(conn, "comments") == 0
