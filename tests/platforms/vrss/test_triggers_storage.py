"""Storage: every byte of media is charged to who uploaded it, given back when it goes, and never beyond the quota."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.counters.read import read_counters
from platformdb.counters.run import find_drifts
from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from platforms.vrss.build import (
    CHECK_VIOLATION,
    allow_bytes,
    make,
    make_users,
    nobody,
    refused,
    storage,
)
from rows import count, value

GIBIBYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Uploader:
    """A user who may store 1000 bytes, and a post of his."""

    conn: Connection
    id: UUID
    post: UUID

    def upload(self, size: int, **given: Any) -> Any:
        position = count(self.conn, "post_media", post_id=self.post)
        media = {"post_id": self.post, "user_id": self.id, "size_bytes": size, "position": position}
        return make(self.conn, "post_media", **{**media, **given})

    @property
    def used(self) -> int:
        return storage(self.conn, self.id)[0]


def uploader(conn: Connection, quota: int = 1000) -> Uploader:
    user = make(conn, "users").id
    allow_bytes(conn, user, quota)
    return Uploader(conn, user, make(conn, "posts", user_id=user).id)


@pytest.fixture
def ann(conn: Connection) -> Uploader:
    return uploader(conn)


@pytest.fixture
def bob(conn: Connection) -> Uploader:
    return uploader(conn)


@pytest.fixture(autouse=True)
def no_drift(conn: Connection, vrss: Platform) -> Iterator[None]:
    """Whatever a test does: at its end used_bytes is the sum of the media."""
    yield
    if conn.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS:
        assert find_drifts(conn, read_counters(vrss)) == ()


def many(conn: Connection, rows: list[tuple[Uploader, int]]) -> None:
    """Uploads in one statement."""
    conn.execute(
        """
        INSERT INTO post_media (post_id, user_id, type, url, mime_type, size_bytes, position)
        SELECT post, uploader, 'image', 'https://media.example.org/1', 'image/png', size, 100 + ordinality
        FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[]) WITH ORDINALITY AS given (post, uploader, size)
        """,
        ([who.post for who, _ in rows], [who.id for who, _ in rows], [size for _, size in rows]),
    )


def test_an_upload_is_charged(ann: Uploader, bob: Uploader) -> None:
    ann.upload(300)
    ann.upload(200)
    assert (ann.used, bob.used) == (500, 0)


def test_deleted_media_are_given_back(conn: Connection, ann: Uploader) -> None:
    first = ann.upload(300)
    ann.upload(200)
    conn.execute("DELETE FROM post_media WHERE id = %s", (first.id,))
    assert ann.used == 200


def test_one_statement_charges_each_uploader_the_sum(conn: Connection, ann: Uploader, bob: Uploader) -> None:
    many(conn, [(ann, 100), (bob, 10), (ann, 200), (bob, 20), (ann, 300)])
    assert (ann.used, bob.used) == (600, 30)
    conn.execute("DELETE FROM post_media WHERE size_bytes IN (100, 10, 300)")
    assert (ann.used, bob.used) == (200, 20)


def test_the_uploader_is_charged_and_not_the_author_of_the_post(ann: Uploader, bob: Uploader) -> None:
    ann.upload(400, user_id=bob.id)
    assert (ann.used, bob.used) == (0, 400)


def test_a_deleted_post_gives_the_bytes_of_its_media_back(conn: Connection, ann: Uploader, bob: Uploader) -> None:
    ann.upload(300)
    ann.upload(100, user_id=bob.id)
    conn.execute("DELETE FROM posts WHERE id = %s", (ann.post,))
    assert (ann.used, bob.used) == (0, 0)


def test_a_soft_deleted_post_keeps_its_bytes(conn: Connection, ann: Uploader) -> None:
    ann.upload(300)
    conn.execute("UPDATE posts SET deleted_at = now()")
    assert ann.used == 300


def test_a_user_with_media_can_be_deleted(conn: Connection, ann: Uploader, bob: Uploader) -> None:
    ann.upload(300)
    bob.upload(200)
    bob.upload(100, user_id=ann.id)
    conn.execute("DELETE FROM users WHERE id = %s", (ann.id,))
    assert (count(conn, "post_media"), bob.used) == (1, 200)


def test_an_author_who_is_deleted_gives_those_their_bytes_back_who_uploaded_to_his_posts(
    conn: Connection, ann: Uploader, bob: Uploader
) -> None:
    ann.upload(250, user_id=bob.id)
    conn.execute("DELETE FROM users WHERE id = %s", (ann.id,))
    assert bob.used == 0


def test_a_replaced_file_is_charged_the_difference(conn: Connection, ann: Uploader) -> None:
    media = ann.upload(300)
    for size in (800, 100):
        conn.execute("UPDATE post_media SET size_bytes = %s WHERE id = %s", (size, media.id))
        assert ann.used == size


def test_media_that_change_hands_move_their_bytes(conn: Connection, ann: Uploader, bob: Uploader) -> None:
    media = ann.upload(300)
    conn.execute("UPDATE post_media SET user_id = %s WHERE id = %s", (bob.id, media.id))
    assert (ann.used, bob.used) == (0, 300)


def test_a_new_description_charges_nothing(conn: Connection, ann: Uploader) -> None:
    ann.upload(300)
    conn.execute("UPDATE post_media SET alt_text = 'A heron', position = 7")
    assert ann.used == 300


def test_truncate_gives_everybody_everything_back(conn: Connection, ann: Uploader, bob: Uploader) -> None:
    ann.upload(300)
    bob.upload(200)
    conn.execute("TRUNCATE post_media")
    assert (ann.used, bob.used) == (0, 0)


def test_copy_is_charged(conn: Connection, ann: Uploader) -> None:
    columns = "post_id, user_id, type, url, mime_type, size_bytes, position"
    with conn.cursor() as cursor, cursor.copy(f"COPY post_media ({columns}) FROM STDIN".encode()) as copy:
        for position, size in enumerate((100, 200, 300)):
            copy.write(f"{ann.post}\t{ann.id}\timage\thttps://a.example/1\timage/png\t{size}\t{position}\n")
    assert ann.used == 600


def test_the_quota_can_be_used_to_the_last_byte(ann: Uploader) -> None:
    ann.upload(1000)
    ann.upload(0)
    assert ann.used == 1000


def test_one_byte_more_is_refused_with_what_is_left_and_what_to_do(conn: Connection, ann: Uploader) -> None:
    ann.upload(400)
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota") as caught:
        ann.upload(601)
    said = caught.value.diag
    assert said.message_primary == f"storage quota exceeded: user {ann.id} has 600 bytes left, 601 asked"
    assert said.message_detail == "400 of 1000 bytes are used."
    assert "larger subscription" in said.message_hint
    assert (said.table_name, said.column_name) == ("storage_usage", "used_bytes")
    assert (ann.used, count(conn, "post_media")) == (400, 1)


def test_a_statement_is_judged_by_its_sum_and_refused_whole(conn: Connection, ann: Uploader, bob: Uploader) -> None:
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota") as caught:
        many(conn, [(bob, 500), (ann, 400), (ann, 400), (ann, 400)])
    assert f"user {ann.id} has 1000 bytes left, 1200 asked" in str(caught.value)
    assert (ann.used, bob.used, count(conn, "post_media")) == (0, 0, 0)


def test_growing_beyond_the_quota_is_refused_too(conn: Connection, ann: Uploader) -> None:
    media = ann.upload(900)
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota"):
        conn.execute("UPDATE post_media SET size_bytes = 1001 WHERE id = %s", (media.id,))
    assert ann.used == 900


def test_taking_over_more_than_one_may_store_is_refused(conn: Connection, ann: Uploader, bob: Uploader) -> None:
    media = ann.upload(600)
    bob.upload(600)
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota"):
        conn.execute("UPDATE post_media SET user_id = %s WHERE id = %s", (bob.id, media.id))
    assert (ann.used, bob.used) == (600, 600)


def test_after_a_deletion_there_is_room_again(conn: Connection, ann: Uploader) -> None:
    media = ann.upload(1000)
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota"):
        ann.upload(1)
    conn.execute("DELETE FROM post_media WHERE id = %s", (media.id,))
    ann.upload(1000)
    assert ann.used == 1000


def test_a_larger_quota_makes_room(conn: Connection, ann: Uploader) -> None:
    ann.upload(1000)
    allow_bytes(conn, ann.id, 2000)
    ann.upload(1000)
    assert storage(conn, ann.id) == (2000, 2000)


def test_a_quota_may_be_lowered_below_what_is_used_and_then_only_deleting_goes(conn: Connection, ann: Uploader) -> None:
    first, second = ann.upload(600), ann.upload(400)
    allow_bytes(conn, ann.id, 500)
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota") as caught:
        ann.upload(1)
    assert "has 0 bytes left, 1 asked" in str(caught.value)
    conn.execute("UPDATE post_media SET size_bytes = 300 WHERE id = %s", (second.id,))
    assert storage(conn, ann.id) == (900, 500)
    conn.execute("DELETE FROM post_media WHERE id = %s", (first.id,))
    assert storage(conn, ann.id) == (300, 500)


def test_a_user_without_storage_usage_cannot_upload_and_is_told_why(conn: Connection, ann: Uploader) -> None:
    conn.execute("DELETE FROM storage_usage WHERE user_id = %s", (ann.id,))
    with refused(conn, CHECK_VIOLATION, "storage_usage_has_quota") as caught:
        ann.upload(1)
    assert f"user {ann.id} has no row in storage_usage" in str(caught.value)
    assert count(conn, "post_media") == 0


def test_media_of_nobody_are_refused_by_the_reference(conn: Connection, ann: Uploader) -> None:
    with refused(conn, "23503", "post_media_user_id_fkey"):
        ann.upload(1, user_id=nobody())


def test_an_upload_that_is_rolled_back_is_not_charged(conn: Connection, ann: Uploader) -> None:
    conn.execute("SAVEPOINT here")
    ann.upload(900)
    conn.execute("ROLLBACK TO SAVEPOINT here")
    assert ann.used == 0


def test_sums_beyond_64_bits_are_refused_as_too_much_and_not_as_a_crash(conn: Connection, ann: Uploader) -> None:
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota"):
        many(conn, [(ann, 2**63 - 1), (ann, 2**63 - 1)])


def test_every_new_user_gets_the_quota_of_the_default_tier(conn: Connection) -> None:
    make(conn, "subscription_tiers", slug="large", quota_bytes=9_000)
    make(conn, "subscription_tiers", slug="free", quota_bytes=700, is_default=True)
    users = make_users(conn, 3)
    assert [storage(conn, user) for user in users] == [(0, 700)] * 3


def test_without_a_default_tier_a_new_user_gets_a_gibibyte(conn: Connection) -> None:
    make(conn, "subscription_tiers", quota_bytes=9_000)
    (user,) = make_users(conn, 1)
    assert storage(conn, user) == (0, GIBIBYTE)


def test_users_inserted_together_all_get_their_quota(conn: Connection) -> None:
    conn.execute(
        """
        INSERT INTO users (username, email, password_hash)
        SELECT 'many_' || n, n || '@example.org', repeat('x', 20) FROM generate_series(1, 50) AS n
        """
    )
    assert value(conn, "SELECT count(*) FROM storage_usage WHERE quota_bytes = %s", GIBIBYTE) == 50


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_truncating_media_is_refused_where_the_snapshot_may_be_old(conn: Connection, level: str) -> None:
    conn.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=f"TRUNCATE post_media .* {level}"):
        conn.execute("TRUNCATE post_media")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_uploads_are_judged_at_every_isolation_level(conn: Connection, level: str) -> None:
    conn.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    ann = uploader(conn)
    ann.upload(1000)
    with refused(conn, CHECK_VIOLATION, "storage_usage_within_quota"):
        ann.upload(1)
