"""The jobs of creator: archiving, refreshing the statistics, mailing announcements, purging what was deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.counters.run import check_counters, fix_counters
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platforms.creator.build import make
from rows import count, digests, value, values
from together import held_up

OLD, YOUNG = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
HALVES = "SELECT tableoid::regclass::text, count(*) FROM {} GROUP BY 1 ORDER BY 1"


def archive(conn: Connection, older_than: str = "1 year", batch_size: int = 100) -> int:
    return int(value(conn, f"CALL archive_posts('{older_than}', {batch_size})"))


def halves(conn: Connection, table: str) -> dict[str, int]:
    return dict(values(conn, HALVES.format(table)))


def old_posts(conn: Connection, number: int) -> list[UUID]:
    return [make(conn, "posts", published_at=OLD).id for _ in range(number)]


def everything(conn: Connection) -> dict[str, Any]:
    """What posts and comments say, wherever they lie."""
    conn.execute("""
        CREATE OR REPLACE TEMP VIEW what_posts_say AS
            SELECT id, creator_id, title, status, published_at, comments_count, created_at, updated_at FROM posts;
        CREATE OR REPLACE TEMP VIEW what_comments_say AS
            SELECT id, post_id, user_id, parent_comment_id, depth, content, created_at FROM comments;
    """)
    return digests(conn, ("what_posts_say", "what_comments_say"))


def test_archiving_moves_old_published_posts_with_all_that_hangs_on_them(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    (old,), young = old_posts(admin, 1), make(admin, "posts", published_at=YOUNG).id
    make(admin, "posts", status="draft", published_at=None)
    make(admin, "posts", published_at=OLD, deleted_at=OLD)
    parent = make(admin, "comments", post_id=old).id
    make(admin, "comments", post_id=old, parent_comment_id=parent)
    make(admin, "comments", post_id=young)
    before = everything(admin)
    assert archive(admin) == 1
    assert everything(admin) == before
    assert halves(admin, "posts") == {"posts_active": 3, "posts_archive": 1}
    assert halves(admin, "comments") == {"comments_active": 1, "comments_archive": 2}
    left = "SELECT count(*) FROM notifications AS n JOIN comments AS c ON c.id = comment_id "
    assert value(admin, left + "WHERE n.post_archived <> c.post_archived") == 0
    assert values(admin, "SELECT post_archived FROM announcements WHERE post_id = %s", old) == [(True,)]
    assert check_counters(own_db, platform).findings == ()


def test_a_count_that_was_spoilt_is_repaired_in_both_halves(
    own_db: Target, admin: Connection, platform: Platform
) -> None:
    old_posts(admin, 2)
    make(admin, "comments", post_id=make(admin, "posts", published_at=YOUNG).id)
    archive(admin)
    admin.execute("UPDATE posts SET comments_count = 5")
    assert len(check_counters(own_db, platform).findings) == 3
    assert fix_counters(own_db, platform, Silent()).data["repaired"] == 3
    assert values(admin, "SELECT comments_count FROM posts ORDER BY archived, 1") == [(1,), (0,), (0,)]


def test_an_archived_post_is_written_renamed_and_deleted_as_before(admin: Connection) -> None:
    (old,) = old_posts(admin, 1)
    said = make(admin, "comments", post_id=old)
    archive(admin)
    make(admin, "comments", post_id=old, post_archived=True, parent_comment_id=said.id)
    assert value(admin, "SELECT comments_count FROM posts") == 2
    admin.execute("UPDATE users SET username = 'New_Name' WHERE role = 'creator'")
    assert value(admin, "SELECT creator_username FROM posts") == "New_Name"
    admin.execute("DELETE FROM posts WHERE id = %s", (old,))
    assert (count(admin, "comments"), count(admin, "notifications"), count(admin, "announcements")) == (0, 0, 0)


def test_archiving_goes_on_where_it_was_stopped_and_then_finds_nothing(admin: Connection) -> None:
    posts = sorted(old_posts(admin, 7))
    # The fifth post in the order of the job cannot be moved: the batches before it stand.
    admin.execute("ALTER TABLE posts_archive ADD CONSTRAINT stop CHECK (id <> '%s')" % posts[4])  # noqa: UP031
    with pytest.raises(psycopg.errors.CheckViolation):
        archive(admin, batch_size=2)
    assert halves(admin, "posts") == {"posts_active": 3, "posts_archive": 4}
    admin.execute("ALTER TABLE posts_archive DROP CONSTRAINT stop")
    assert (archive(admin, batch_size=2), archive(admin)) == (3, 0)
    assert halves(admin, "posts") == {"posts_archive": 7}


@pytest.mark.parametrize(
    "hold",
    [
        "SELECT 1 FROM posts WHERE id = %s FOR KEY SHARE",
        "UPDATE comments SET content = 'Changed.' WHERE post_id = %s",
        "INSERT INTO comments (post_id, content) VALUES (%s, 'Just now.')",
    ],
)
def test_archiving_waits_for_nobody_and_leaves_what_is_held_for_the_next_run(
    admin: Connection, first: Connection, hold: str
) -> None:
    held, *_ = old_posts(admin, 3)
    make(admin, "comments", post_id=held)
    first.execute(hold.encode(), (held,))
    admin.execute("SET lock_timeout = '1s'")
    assert archive(admin, batch_size=1) == 2
    first.commit()
    assert archive(admin) == 1


def test_archiving_gives_way_to_who_reads_his_notifications_and_then_comments(
    admin: Connection, first: Connection
) -> None:
    (old,) = old_posts(admin, 1)
    said = make(admin, "comments", post_id=old)
    first.execute("UPDATE notifications SET read_at = now() WHERE comment_id = %s", (said.id,))
    # Waiting for the one who reads while holding the post would be half a deadlock.
    assert archive(admin) == 0
    make(first, "comments", post_id=old)
    first.commit()
    assert archive(admin) == 1


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_archiving_refuses_isolation_levels_at_which_it_would_not_see_other_runs(
    admin: Connection, isolation: str
) -> None:
    admin.execute(f"SET default_transaction_isolation = '{isolation}'".encode())
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="archive_posts"):
        archive(admin)


def test_archiving_refuses_senseless_arguments(admin: Connection) -> None:
    for older_than, batch_size in (("1 year", 0), ("-1 day", 5)):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="archive_posts"):
            archive(admin, older_than, batch_size)


def test_the_statistics_are_right_after_a_refresh_which_is_noted(admin: Connection) -> None:
    post = make(admin, "posts", published_at=OLD)
    make(admin, "posts", creator_id=post.creator_id, status="draft", published_at=None)
    make(admin, "comments", post_id=post.id)
    make(admin, "subscriptions", creator_id=post.creator_id)
    make(admin, "subscriptions", creator_id=post.creator_id, status="cancelled", cancelled_at=YOUNG)
    archive(admin)
    numbers = "SELECT posts_count, drafts_count, archived_count, comments_count, subscribers_count, cancelled_count"
    of_creator = f"{numbers} FROM creator_statistics WHERE creator_id = %s"
    assert values(admin, of_creator, post.creator_id) == []
    assert value(admin, "SELECT refresh_creator_statistics()") == count(admin, "creator_statistics") == 1
    assert values(admin, of_creator, post.creator_id) == [(1, 1, 1, 1, 1, 1)]
    assert values(admin, "SELECT creators, finished_at > started_at FROM statistics_refreshes") == [(1, True)]


def test_the_old_statistics_can_be_read_while_a_refresh_is_at_work_and_a_second_one_leaves_at_once(
    admin: Connection, first: Connection
) -> None:
    make(admin, "posts")
    admin.execute("SELECT refresh_creator_statistics()")
    make(admin, "posts")
    assert value(first, "SELECT refresh_creator_statistics()") == 2
    admin.execute("SET lock_timeout = '1s'")
    assert count(admin, "creator_statistics") == 1
    assert value(admin, "SELECT refresh_creator_statistics()") is None
    first.commit()
    assert count(admin, "creator_statistics") == 2
    assert count(admin, "statistics_refreshes") == 2


def test_a_refresh_does_not_keep_anybody_from_writing(own_db: Target, admin: Connection, first: Connection) -> None:
    post = make(admin, "posts")
    first.execute("SELECT refresh_creator_statistics()")
    admin.execute("SET lock_timeout = '1s'")
    make(admin, "comments", post_id=post.id)
    with held_up(own_db, first, lambda conn: conn.execute("REFRESH MATERIALIZED VIEW creator_statistics")):
        make(admin, "subscriptions", creator_id=post.creator_id)


def announced(conn: Connection, page_size: int) -> list[UUID]:
    return [reader for (reader,) in values(conn, "SELECT subscriber_id FROM take_announcement(%s)", page_size)]


def test_an_announcement_reaches_every_active_subscriber_once_in_pages_and_is_finished(admin: Connection) -> None:
    creator = make(admin, "users", role="creator").id
    readers = [make(admin, "subscriptions", creator_id=creator).subscriber_id for _ in range(5)]
    make(admin, "subscriptions", creator_id=creator, status="cancelled", cancelled_at=YOUNG)
    make(admin, "posts", creator_id=creator)
    make(admin, "posts")  # of a creator without subscribers
    pages = [announced(admin, 2) for _ in range(4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert sorted(reader for page in pages for reader in page) == sorted(readers)
    assert values(admin, "SELECT sent_count, finished_at IS NOT NULL FROM announcements ORDER BY 1") == [
        (0, True),
        (5, True),
    ]


def test_nobody_is_mailed_a_post_that_was_withdrawn_or_deleted_meanwhile_until_it_is_back(admin: Connection) -> None:
    reader = make(admin, "subscriptions")
    post = make(admin, "posts", creator_id=reader.creator_id)
    ways = {
        "status = 'withdrawn', published_at = NULL": "status = 'published', published_at = now()",
        "deleted_at = now()": "deleted_at = NULL",
    }
    for away, back in ways.items():
        admin.execute(f"UPDATE posts SET {away}".encode())
        assert announced(admin, 10) == []
        admin.execute(f"UPDATE posts SET {back}".encode())
    assert announced(admin, 10) == [reader.subscriber_id]
    assert values(admin, "SELECT post_id FROM announcements") == [(post.id,)]


def test_no_mail_goes_to_a_deleted_account(admin: Connection) -> None:
    gone = make(admin, "subscriptions")
    there = make(admin, "subscriptions", creator_id=gone.creator_id)
    admin.execute("UPDATE users SET deleted_at = now() WHERE id = %s", (gone.subscriber_id,))
    make(admin, "posts", creator_id=gone.creator_id)
    assert announced(admin, 10) == [there.subscriber_id]


@pytest.mark.parametrize("page_size", [0, -1, None])
def test_a_page_of_no_mails_is_refused(admin: Connection, page_size: int | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="page_size"):
        admin.execute("SELECT take_announcement(%s)", (page_size,))


def test_workers_take_different_announcements_and_what_one_gives_back_is_taken_again(
    admin: Connection, first: Connection
) -> None:
    creators = [make(admin, "subscriptions").creator_id for _ in range(2)]
    for creator in creators:
        make(admin, "posts", creator_id=creator)
    mine, others = announced(first, 10), announced(admin, 10)
    assert len({*mine, *others}) == 2
    assert announced(admin, 10) == []
    first.rollback()
    assert announced(admin, 10) == mine


def test_a_draft_is_announced_when_it_is_published_and_not_again(admin: Connection) -> None:
    post = make(admin, "posts", status="draft", published_at=None).id
    assert count(admin, "announcements") == 0
    publish = "UPDATE posts SET status = 'published', published_at = now() WHERE id = %s"
    withdraw = "UPDATE posts SET status = 'withdrawn', published_at = NULL WHERE id = %s"
    for change in (publish, withdraw, publish):
        admin.execute(change.encode(), (post,))
    assert count(admin, "announcements") == 1
    # One from before there were announcements is not news either, whatever else changes about it.
    admin.execute("DELETE FROM announcements")
    make(admin, "comments", post_id=post)
    assert count(admin, "announcements") == 0


def test_purging_takes_exactly_what_was_deleted_long_ago_from_both_halves(admin: Connection) -> None:
    gone, kept = old_posts(admin, 3), old_posts(admin, 3)
    admin.execute("UPDATE posts SET archived = TRUE WHERE id = ANY (%s)", ([*gone[:2], *kept[:1]],))
    admin.execute("UPDATE posts SET deleted_at = %s WHERE id = ANY (%s)", (OLD, gone))
    assert value(admin, "CALL purge_deleted('posts', '30 days', 2)") == 3
    assert value(admin, "SELECT array_agg(id ORDER BY id) FROM posts") == sorted(kept)


def test_purging_leaves_what_others_refer_to_and_takes_all_the_rest(admin: Connection) -> None:
    post = make(admin, "posts").id
    answered = [make(admin, "comments", post_id=post, deleted_at=OLD).id for _ in range(3)]
    for parent in answered:
        make(admin, "comments", post_id=post, parent_comment_id=parent)
    for _ in range(20):
        make(admin, "comments", post_id=post, deleted_at=OLD)
    heard: list[str | None] = []
    admin.add_notice_handler(lambda notice: heard.append(notice.message_primary))
    assert value(admin, "CALL purge_deleted('comments', '30 days', 8)") == 20
    assert heard == ["3 deleted rows of comments stay: others still refer to them"]
    kept = value(admin, "SELECT array_agg(id ORDER BY id) FROM comments WHERE deleted_at IS NOT NULL")
    assert kept == sorted(answered)


@pytest.mark.parametrize("arguments", ["'30 days', 0", "'-1 day', 5", "NULL, 5", "'30 days', NULL"])
def test_purging_refuses_senseless_arguments(admin: Connection, arguments: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="purge_deleted"):
        admin.execute(f"CALL purge_deleted('posts', {arguments})".encode())
