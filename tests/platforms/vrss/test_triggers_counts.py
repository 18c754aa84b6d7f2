"""The counts of posts: always what a count would say, whatever statement changed the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel, sql

from platformdb.counters.read import read_counters
from platformdb.counters.run import find_drifts
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platforms.vrss.build import (
    make,
    make_posts,
    make_users,
)
from rows import count, value


@dataclass(frozen=True, slots=True)
class Counted:
    """A table whose rows are counted on their post, in ``column``."""

    table: str
    column: str
    row: dict[str, Any]

    def add(self, conn: Connection, post: UUID, **given: Any) -> Any:
        return make(conn, self.table, post_id=post, **{**self.row, **given})

    def execute(self, conn: Connection, statement: str, *parameters: Any) -> None:
        """The statement on this table; its columns beside post and user are filled by ``extra``."""
        conn.execute(statement.format(table=self.table, columns=self._columns, extra=self._values).encode(), parameters)

    @property
    def _columns(self) -> str:
        return ", ".join(("post_id", "user_id", *self.row))

    @property
    def _values(self) -> str:
        return "".join(f", '{given}'" for given in self.row.values())

    def copied(self, post: UUID, user: UUID) -> str:
        """A line of COPY's text format."""
        return "\t".join((str(post), str(user), *self.row.values())) + "\n"

    def counts(self, conn: Connection, *posts: UUID) -> list[int]:
        wanted = sql.SQL("SELECT {} FROM posts WHERE id = %s").format(sql.Identifier(self.column))
        return [conn.execute(wanted, (post,)).fetchone()[0] for post in posts]  # type: ignore[index]


LIKES = Counted("post_interactions", "likes_count", {"type": "like"})
COMMENTS = Counted("comments", "comments_count", {"content": "Well said."})
REPOSTS = Counted("reposts", "reposts_count", {})
INSERT = """
    INSERT INTO {table} ({columns})
    SELECT post, person{extra} FROM unnest(%s::uuid[]) AS post, unnest(%s::uuid[]) AS person
"""


@pytest.fixture(params=[LIKES, COMMENTS, REPOSTS], ids=["likes", "comments", "reposts"])
def counted(request: pytest.FixtureRequest) -> Counted:
    return request.param


@pytest.fixture(params=[LIKES, REPOSTS], ids=["likes", "reposts"])
def once(request: pytest.FixtureRequest) -> Counted:
    """What one user does to a post once only."""
    return request.param


@pytest.fixture(autouse=True)
def no_drift(conn: Connection, vrss: Platform) -> Any:
    """Whatever a test does: at its end the counters say what a count says."""
    yield
    if conn.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS:
        assert find_drifts(conn, read_counters(vrss)) == ()


def test_an_insert_counts(conn: Connection, counted: Counted) -> None:
    post, other = make_posts(conn, 2)
    counted.add(conn, post)
    counted.add(conn, post)
    assert counted.counts(conn, post, other) == [2, 0]


def test_a_delete_counts_down(conn: Connection, counted: Counted) -> None:
    post, other = make_posts(conn, 2)
    first = counted.add(conn, post)
    counted.add(conn, post)
    counted.add(conn, other)
    counted.execute(conn, "DELETE FROM {table} WHERE id = %s", first.id)
    assert counted.counts(conn, post, other) == [1, 1]


def test_one_statement_counts_many_rows_on_many_posts(conn: Connection, counted: Counted) -> None:
    posts, people = make_posts(conn, 3), make_users(conn, 4)
    counted.execute(conn, INSERT, list(posts), list(people))
    assert counted.counts(conn, *posts) == [4, 4, 4]
    counted.execute(conn, "DELETE FROM {table} WHERE user_id = ANY (%s) AND post_id <> %s", list(people[:3]), posts[0])
    assert counted.counts(conn, *posts) == [4, 1, 1]


def test_a_row_that_moves_to_another_post_moves_its_count(conn: Connection, counted: Counted) -> None:
    post, other = make_posts(conn, 2)
    moved = counted.add(conn, post)
    counted.execute(conn, "UPDATE {table} SET post_id = %s WHERE id = %s", other, moved.id)
    assert counted.counts(conn, post, other) == [0, 1]


def test_an_update_of_something_else_counts_nothing(conn: Connection, counted: Counted) -> None:
    (post,) = make_posts(conn, 1)
    counted.add(conn, post)
    counted.execute(conn, "UPDATE {table} SET created_at = created_at - interval '1 day'")
    assert counted.counts(conn, post) == [1]


def test_two_rows_that_change_posts_with_each_other_leave_the_counts(conn: Connection, counted: Counted) -> None:
    post, other = make_posts(conn, 2)
    counted.add(conn, post)
    counted.add(conn, other)
    counted.execute(
        conn, "UPDATE {table} SET post_id = CASE post_id WHEN %s THEN %s::uuid ELSE %s END", post, other, post
    )
    assert counted.counts(conn, post, other) == [1, 1]


def test_statements_that_touch_no_row_count_nothing(conn: Connection, counted: Counted) -> None:
    (post,) = make_posts(conn, 1)
    counted.execute(conn, INSERT, [post], [])
    counted.execute(conn, "DELETE FROM {table} WHERE post_id = %s", post)
    assert counted.counts(conn, post) == [0]


def test_an_upsert_that_finds_the_row_counts_nothing(conn: Connection, once: Counted) -> None:
    (post,), people = make_posts(conn, 1), make_users(conn, 3)
    once.add(conn, post, user_id=people[0])
    once.execute(conn, INSERT + " ON CONFLICT DO NOTHING", [post], list(people))
    assert once.counts(conn, post) == [3]


def test_an_upsert_that_updates_counts_nothing(conn: Connection, once: Counted) -> None:
    (post,), people = make_posts(conn, 1), make_users(conn, 3)
    once.add(conn, post, user_id=people[0])
    constraint = f"{once.table}_once_key"
    upsert = f"{INSERT} ON CONFLICT ON CONSTRAINT {constraint} DO UPDATE SET created_at = now()"
    once.execute(conn, upsert, [post], list(people))
    assert once.counts(conn, post) == [3]


def test_merge_counts_what_it_inserts_and_deletes(conn: Connection, counted: Counted) -> None:
    if conn.info.server_version < 150000:
        pytest.skip("MERGE came with PostgreSQL 15")
    post, other = make_posts(conn, 2)
    row = counted.add(conn, post)
    (user,) = make_users(conn, 1)
    counted.execute(
        conn,
        """
        MERGE INTO {table} AS t USING (VALUES (%s::uuid, %s::uuid)) AS given (post, person) ON t.id = %s
        WHEN MATCHED THEN DELETE
        """,
        other,
        user,
        row.id,
    )
    counted.execute(
        conn,
        """
        MERGE INTO {table} AS t USING (VALUES (%s::uuid, %s::uuid)) AS given (post, person) ON FALSE
        WHEN NOT MATCHED THEN INSERT ({columns}) VALUES (given.post, given.person{extra})
        """,
        other,
        user,
    )
    assert counted.counts(conn, post, other) == [0, 1]


def test_a_user_who_is_deleted_is_counted_no_longer(conn: Connection, counted: Counted) -> None:
    post, other = make_posts(conn, 2)
    user = counted.add(conn, post).user_id
    counted.add(conn, other, user_id=user)
    counted.add(conn, other)
    conn.execute("DELETE FROM users WHERE id = %s", (user,))
    assert counted.counts(conn, post, other) == [0, 1]


def test_a_post_that_is_deleted_takes_its_rows_along_in_peace(conn: Connection, counted: Counted) -> None:
    post, other = make_posts(conn, 2)
    counted.add(conn, post)
    counted.add(conn, other)
    conn.execute("DELETE FROM posts WHERE id = %s", (post,))
    assert count(conn, counted.table) == 1
    assert counted.counts(conn, other) == [1]


def test_an_author_who_is_deleted_with_his_own_rows_is_no_error(conn: Connection, counted: Counted) -> None:
    author = make(conn, "users").id
    own, foreign = make(conn, "posts", user_id=author).id, make(conn, "posts").id
    counted.add(conn, own, user_id=author)
    counted.add(conn, foreign, user_id=author)
    conn.execute("DELETE FROM users WHERE id = %s", (author,))
    assert counted.counts(conn, foreign) == [0]


def test_truncate_sets_all_counts_to_zero(conn: Connection, counted: Counted) -> None:
    posts = make_posts(conn, 3)
    for post in posts:
        counted.add(conn, post)
    counted.execute(conn, "TRUNCATE {table} CASCADE")
    assert counted.counts(conn, *posts) == [0, 0, 0]


def test_copy_counts(conn: Connection, counted: Counted) -> None:
    posts, people = make_posts(conn, 2), make_users(conn, 5)
    statement = f"COPY {counted.table} ({counted._columns}) FROM STDIN"
    with conn.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for user in people:
            copy.write(counted.copied(posts[0], user))
    assert counted.counts(conn, *posts) == [5, 0]


def test_a_statement_that_is_rolled_back_is_not_counted(conn: Connection, counted: Counted) -> None:
    (post,) = make_posts(conn, 1)
    counted.add(conn, post)
    conn.execute("SAVEPOINT here")
    counted.add(conn, post)
    conn.execute("ROLLBACK TO SAVEPOINT here")
    assert counted.counts(conn, post) == [1]


def test_a_statement_that_fails_on_its_last_row_counts_none(conn: Connection, once: Counted) -> None:
    posts, (user,) = make_posts(conn, 3), make_users(conn, 1)
    once.add(conn, posts[2], user_id=user)
    conn.execute("SAVEPOINT here")
    with pytest.raises(psycopg.errors.UniqueViolation):
        once.execute(conn, INSERT, list(posts), [user])
    conn.execute("ROLLBACK TO SAVEPOINT here")
    assert once.counts(conn, *posts) == [0, 0, 1]


def test_counts_follow_at_every_isolation_level(conn: Connection, counted: Counted) -> None:
    for level in (IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE):
        conn.rollback()
        conn.isolation_level = level
        (post,) = make_posts(conn, 1)
        counted.add(conn, post)
        assert counted.counts(conn, post) == [1]


@pytest.mark.parametrize("kind", ["bookmark", "share"])
def test_only_likes_are_counted_as_likes(conn: Connection, kind: str) -> None:
    (post,) = make_posts(conn, 1)
    LIKES.add(conn, post, type=kind)
    conn.execute("DELETE FROM post_interactions")
    assert LIKES.counts(conn, post) == [0]


def test_a_like_that_becomes_a_bookmark_is_counted_no_longer_and_back_again(conn: Connection) -> None:
    (post,) = make_posts(conn, 1)
    LIKES.add(conn, post)
    conn.execute("UPDATE post_interactions SET type = 'bookmark'")
    assert LIKES.counts(conn, post) == [0]
    conn.execute("UPDATE post_interactions SET type = 'like'")
    assert LIKES.counts(conn, post) == [1]


def test_a_user_who_likes_bookmarks_and_shares_is_one_like(conn: Connection) -> None:
    (post,), (user,) = make_posts(conn, 1), make_users(conn, 1)
    for kind in ("like", "bookmark", "share"):
        LIKES.add(conn, post, user_id=user, type=kind)
    assert LIKES.counts(conn, post) == [1]


def test_a_soft_deleted_comment_is_counted_no_longer_and_a_restored_one_is(conn: Connection) -> None:
    (post,) = make_posts(conn, 1)
    COMMENTS.add(conn, post)
    conn.execute("UPDATE comments SET deleted_at = now()")
    assert COMMENTS.counts(conn, post) == [0]
    conn.execute("UPDATE comments SET deleted_at = NULL")
    assert COMMENTS.counts(conn, post) == [1]


def test_a_comment_that_is_soft_deleted_and_then_deleted_is_counted_down_once(conn: Connection) -> None:
    (post,) = make_posts(conn, 1)
    COMMENTS.add(conn, post)
    gone = COMMENTS.add(conn, post)
    conn.execute("UPDATE comments SET deleted_at = now() WHERE id = %s", (gone.id,))
    conn.execute("DELETE FROM comments WHERE id = %s", (gone.id,))
    assert COMMENTS.counts(conn, post) == [1]


def test_a_comment_that_arrives_soft_deleted_is_not_counted(conn: Connection) -> None:
    (post,) = make_posts(conn, 1)
    COMMENTS.add(conn, post, deleted_at="2026-01-01Z")
    assert COMMENTS.counts(conn, post) == [0]


def test_replies_count_and_go_with_the_comment_they_answer(conn: Connection) -> None:
    (post,) = make_posts(conn, 1)
    root = COMMENTS.add(conn, post)
    reply = COMMENTS.add(conn, post, parent_comment_id=root.id)
    COMMENTS.add(conn, post, parent_comment_id=reply.id)
    assert COMMENTS.counts(conn, post) == [3]
    conn.execute("DELETE FROM comments WHERE id = %s", (root.id,))
    assert COMMENTS.counts(conn, post) == [0]


def test_a_soft_deleted_post_goes_on_counting(conn: Connection, counted: Counted) -> None:
    (post,) = make_posts(conn, 1)
    conn.execute("UPDATE posts SET deleted_at = now()")
    counted.add(conn, post)
    assert counted.counts(conn, post) == [1]


def test_a_post_and_its_rows_in_one_statement_are_counted(conn: Connection, counted: Counted) -> None:
    (user,) = make_users(conn, 1)
    counted.execute(
        conn,
        """
        WITH post AS (INSERT INTO posts (user_id) VALUES (%s) RETURNING id, user_id)
        INSERT INTO {table} ({columns}) SELECT id, user_id{extra} FROM post
        """,
        user,
    )
    assert value(conn, f"SELECT {counted.column} FROM posts") == 1


def test_truncate_is_refused_where_its_snapshot_may_be_old(conn: Connection, counted: Counted) -> None:
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        conn.rollback()
        conn.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
        with pytest.raises(psycopg.errors.FeatureNotSupported, match=f"TRUNCATE {counted.table} .* {level}"):
            counted.execute(conn, "TRUNCATE {table} CASCADE")
    conn.rollback()


@pytest.fixture
def earlier(busy_db: Target) -> Iterator[Connection]:
    """A transaction whose snapshot is older than all that happens in the test."""
    with connect(busy_db) as connection:
        connection.autocommit = False
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT count(*) FROM posts")
        yield connection
        connection.rollback()


def test_a_row_on_a_post_newer_than_the_snapshot_is_refused_and_not_lost(
    admin: Connection, earlier: Connection, counted: Counted
) -> None:
    (post,), (user,) = make_posts(admin, 1), make_users(admin, 1)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        counted.add(earlier, post, user_id=user)
    earlier.rollback()
    counted.add(earlier, post, user_id=user)
    assert counted.counts(earlier, post) == [1]


def test_a_count_changed_since_the_snapshot_is_refused_and_not_overwritten(
    admin: Connection, earlier: Connection, counted: Counted
) -> None:
    (post,), people = make_posts(admin, 1), make_users(admin, 2)
    earlier.rollback()
    earlier.execute("SELECT count(*) FROM posts")
    counted.add(admin, post, user_id=people[0])
    with pytest.raises(psycopg.errors.SerializationFailure):
        counted.add(earlier, post, user_id=people[1])
    earlier.rollback()
    counted.add(earlier, post, user_id=people[1])
    assert counted.counts(earlier, post) == [2]
