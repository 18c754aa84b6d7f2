"""What creator promises."""

from __future__ import annotations

import uuid
from typing import Any

from platform_facts import Facts, Numbers, PlanFact
from platformdb.postgres.connect import Connection
from platforms.creator.build import ROWS, make

LONG_AGO = "2020-01-01T00:00:00Z"


def same_address(conn: Connection) -> None:
    make(conn, "users", email="Ann@Example.com")
    make(conn, "users", email="aNN@eXAMPLE.COM")


def same_name(conn: Connection) -> None:
    make(conn, "users", username="Ann_Example")
    make(conn, "users", username="ann_eXAMPLE")


def second_active_subscription(conn: Connection) -> None:
    first = make(conn, "subscriptions")
    make(conn, "subscriptions", subscriber_id=first.subscriber_id, creator_id=first.creator_id)


def subscription_to_oneself(conn: Connection) -> None:
    person = make(conn, "users").id
    make(conn, "subscriptions", subscriber_id=person, creator_id=person)


def reused_post(conn: Connection) -> None:
    given = make(conn, "posts").id
    conn.execute("UPDATE posts SET archived = TRUE WHERE id = %s", (given,))
    make(conn, "posts", id=given)


def reused_comment(conn: Connection) -> None:
    given = make(conn, "comments")
    conn.execute("UPDATE posts SET archived = TRUE WHERE id = %s", (given.post_id,))
    make(conn, "comments", id=given.id)


def another_id(table: str) -> Any:
    def violation(conn: Connection) -> None:
        given = make(conn, table).id
        conn.execute(f"UPDATE {table} SET id = uuidv7() WHERE id = %s".encode(), (given,))

    return violation


def comment_beside_its_post(conn: Connection) -> None:
    said = make(conn, "comments")
    conn.execute("UPDATE comments SET post_archived = TRUE WHERE id = %s", (said.id,))


def reply_below(**changed: Any) -> Any:
    """A reply that is changed into one that cannot be."""

    def violation(conn: Connection) -> None:
        parent = make(conn, "comments")
        reply = make(conn, "comments", post_id=parent.post_id, parent_comment_id=parent.id)
        assert reply.depth == 1
        for column, given in changed.items():
            new = given(conn) if callable(given) else given
            conn.execute(f"UPDATE comments SET {column} = %s WHERE id = %s".encode(), (new, reply.id))

    return violation


def circle_at_once(conn: Connection) -> None:
    """Two comments of one statement that answer each other."""
    one, other, post = uuid.uuid4(), uuid.uuid4(), make(conn, "posts").id
    conn.execute(
        "INSERT INTO comments (id, post_id, parent_comment_id, content) VALUES (%s, %s, %s, 'a'), (%s, %s, %s, 'b')",
        (one, post, other, other, post, one),
    )


def circle_afterwards(conn: Connection) -> None:
    """A comment is made the answer to its own answer, at whatever depth would suit."""
    parent = make(conn, "comments")
    reply = make(conn, "comments", post_id=parent.post_id, parent_comment_id=parent.id)
    conn.execute("UPDATE comments SET parent_comment_id = %s, depth = 2 WHERE id = %s", (reply.id, parent.id))


def answer_to_itself(conn: Connection) -> None:
    said = make(conn, "comments")
    conn.execute("UPDATE comments SET parent_comment_id = id, depth = 1 WHERE id = %s", (said.id,))


def notification_of_a_comment_elsewhere(conn: Connection) -> None:
    make(conn, "notifications", post_archived=True)


def told_of_oneself(conn: Connection) -> None:
    person = make(conn, "users").id
    make(conn, "notifications", user_id=person, actor_id=person)


FACTS = Facts(
    name="creator",
    numbers=Numbers(tables=7, foreign_keys=11, enums=4, jsonb_columns=0, indexes={1: 8, 2: 6, 3: 6}),
    tables={
        "001": ("users", "subscriptions"),
        "002": ("posts", "comments"),
        "003": ("statistics_refreshes",),
        "004": ("notifications", "announcements"),
    },
    rows=ROWS,
    violations={
        "users_email_check": ({"email": "nobody"}, {"email": f"{'a' * 250}@b.de"}),
        "users_password_hash_check": ({"password_hash": "secret"},),
        "users_username_check": ({"username": "a b c"}, {"username": "ab"}),
        "users_bio_check": ({"bio": "x" * 2001},),
        "users_email_key": (same_address,),
        "users_username_key": (same_name,),
        "subscriptions_not_self_check": (subscription_to_oneself,),
        "subscriptions_status_check": (
            {"status": "cancelled"},
            {"status": "active", "cancelled_at": "2100-01-01T00:00:00Z"},
        ),
        "subscriptions_cancelled_at_check": ({"status": "cancelled", "cancelled_at": LONG_AGO},),
        "subscriptions_one_active": (second_active_subscription,),
        "posts_title_check": ({"title": ""}, {"title": "x" * 256}),
        "posts_content_check": ({"content": ""},),
        "posts_published_at_check": (
            {"published_at": None},
            {"status": "draft"},
            {"status": "withdrawn"},
        ),
        "posts_archived_check": ({"status": "draft", "published_at": None, "archived": True},),
        "posts_comments_count_check": ({"comments_count": -1},),
        "posts_id_key": (reused_post,),
        "comments_id_key": (reused_comment,),
        "posts_id_stays": (another_id("posts"),),
        "comments_id_stays": (another_id("comments"),),
        "comments_post_id_fkey": ({"post_id": uuid.UUID(int=7)}, comment_beside_its_post),
        "comments_parent_comment_id_fkey": (
            {"parent_comment_id": uuid.UUID(int=7)},
            reply_below(depth=2),
            reply_below(post_id=lambda conn: make(conn, "posts").id),
            circle_at_once,
            circle_afterwards,
            answer_to_itself,
        ),
        "comments_depth_check": (
            {"depth": 1},
            {"depth": -1},
            reply_below(parent_comment_id=None),
            reply_below(depth=0),
        ),
        "comments_content_check": ({"content": ""},),
        "statistics_refreshes_finished_at_check": ({"finished_at": LONG_AGO},),
        "statistics_refreshes_creators_check": ({"creators": -1},),
        "notifications_comment_id_fkey": ({"comment_id": uuid.UUID(int=7)}, notification_of_a_comment_elsewhere),
        "notifications_subscription_id_fkey": (
            {"type": "subscription", "comment_id": None, "post_archived": None, "subscription_id": uuid.UUID(int=7)},
        ),
        "notifications_not_self_check": (told_of_oneself,),
        "notifications_subject_check": ({"comment_id": None}, {"type": "subscription"}, {"post_archived": None}),
        "notifications_read_at_check": ({"read_at": LONG_AGO},),
        "announcements_sent_count_check": ({"sent_count": -1}, {"sent_count": 1}, {"sent_up_to": "A" * 32}),
        "announcements_sent_up_to_check": ({"sent_up_to": "page 2", "sent_count": 1},),
        "announcements_finished_at_check": ({"finished_at": LONG_AGO},),
    },
    filled=("posts.creator_username",),
    plans={
        "home": PlanFact(("idx_posts_published_at",), 25),
        "thread": PlanFact(("idx_comments_post_id",), 200),
        "subscribers": PlanFact(("idx_subscriptions_creator_id",), 70),
        "login": PlanFact(("users_email_key", "users_username_key"), 2),
        "dashboard": PlanFact(("creator_statistics_creator_id_key", "idx_posts_creator_id"), 12),
        "creator_page": PlanFact(("idx_posts_creator_id",), 50),
        "user_comments": PlanFact(("idx_comments_user_id",), 45),
        "subscribed_to": PlanFact(("idx_subscriptions_subscriber_id",), 45),
        "cancellations": PlanFact(("idx_subscriptions_status",), 20),
        "notifications": PlanFact(("idx_notifications_user_created",), 20),
    },
    races={
        "set_creator_username": "test_a_post_written_during_a_rename_has_the_new_name",
        "update_creator_username": "test_renames_and_comments_in_opposite_order_neither_deadlock_nor_leave_old_names",
        "set_comment_depth": "test_a_reply_to_a_comment_that_goes_elsewhere_meanwhile_is_refused",
        "update_post_comments_count": "test_many_posts_commented_in_opposite_order_neither_deadlock_nor_drift",
        "refuse_reused_id": "test_an_id_that_is_just_going_to_the_archive_cannot_be_taken_again",
        "refuse_changed_id": "test_of_two_who_archive_a_post_and_change_its_id_the_second_is_refused",
        "notify_of_comment": "test_each_of_many_comments_at_the_same_instant_is_told_once",
        "notify_of_subscription": "test_of_two_who_subscribe_the_same_pair_at_the_same_instant_one_is_told",
        "announce_post": "test_a_post_published_by_two_at_the_same_instant_is_announced_once",
    },
    enums={
        "user_role": ("subscriber", "creator", "admin"),
        "subscription_status": ("active", "cancelled"),
        "post_status": ("draft", "published", "withdrawn"),
        "notification_type": ("subscription", "comment", "reply"),
    },
    served_otherwise={
        "comments_parent_comment_id_fkey": "the id of the comment answered finds its replies; the rest narrows nothing",
    },
)
