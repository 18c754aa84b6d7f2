"""The index tiers of VRSS, by the plans they make possible: no clock is asked here."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from plans import plan_of
from platformdb.indexes.model import IndexDefinition
from platformdb.indexes.read import read_tiers
from platformdb.indexes.run import apply_indexes, index_status
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platformdb.workload.personas import find_personas
from platformdb.workload.plan_tree import PlanNode
from platformdb.workload.read import read_queries
from platformdb.workload.run import explain_forced
from rows import value, values

ID = "'01900000-0000-7000-8000-000000000001'::uuid"
LAST_DAY = "created_at > now() - interval '1 day'"
MONTH_AGO = "now() - interval '30 days'"
PUBLIC = "status = 'published' AND visibility = 'public' AND deleted_at IS NULL"
SHOWN = "status = 'published' AND deleted_at IS NULL"
RUNNING = "status IN ('trialing', 'active', 'past_due')"

# The document's seven, with its columns, the first of which it gives twice; and one for those who follow many.
CRITICAL = {
    "idx_posts_feed": "posts (user_id, created_at DESC, id DESC) "
    "WHERE ((status = 'published'::text) AND (deleted_at IS NULL))",
    "idx_posts_published_created": "posts (created_at DESC, id DESC) "
    "WHERE ((status = 'published'::text) AND (deleted_at IS NULL))",
    "idx_posts_user_created": "posts (user_id, created_at DESC, status)",
    "idx_user_follows_follower": "user_follows (follower_id, created_at DESC)",
    "idx_user_follows_following": "user_follows (following_id, created_at DESC)",
    "idx_friendships_user1": "friendships (user_id_1, created_at DESC)",
    "idx_friendships_user2": "friendships (user_id_2, created_at DESC)",
    "idx_comments_post_created": "comments (post_id, created_at DESC)",
    "idx_notifications_user_unread": "notifications (user_id, created_at DESC) WHERE (is_read = false)",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A query of the application that the index is there for.

    ``by`` are the columns that the index must find rows by; with ``order`` the rows must come in order without a sort.
    ``beside`` is an index that would do as well for a table without rows, as these are.
    """

    query: str
    by: tuple[str, ...] = ()
    order: str = ""
    beside: str = ""

    @property
    def sql(self) -> str:
        return f"{self.query} ORDER BY {self.order} LIMIT 20" if self.order else self.query


def newest(table: str, *by: str, where: str = "") -> Use:
    """The newest rows of a table, by columns that equal something."""
    conditions = [*(f"{column} = {ID}" for column in by), *([where] if where else [])]
    return Use(f"SELECT * FROM {table} WHERE {' AND '.join(conditions)}", by, "created_at DESC")


def parent_deleted(table: str, column: str) -> Use:
    """What the server asks when the row that a foreign key refers to is deleted."""
    return Use(f"DELETE FROM ONLY {table} WHERE {ID} = {column}", (column,))


USES: Mapping[str, Use] = {
    "idx_posts_feed": Use(
        f"SELECT created_at, id FROM posts WHERE user_id = {ID} AND {SHOWN}",
        ("user_id",),
        "created_at DESC, id DESC",
        beside="idx_posts_published_created",
    ),
    "idx_posts_user_created": newest("posts", "user_id"),
    "idx_user_follows_follower": newest("user_follows", "follower_id"),
    "idx_user_follows_following": newest("user_follows", "following_id"),
    "idx_friendships_user1": newest("friendships", "user_id_1"),
    "idx_friendships_user2": newest("friendships", "user_id_2"),
    "idx_comments_post_created": newest("comments", "post_id", where="deleted_at IS NULL"),
    "idx_notifications_user_unread": newest("notifications", "user_id", where="is_read = FALSE"),
    "idx_post_media_user_created": newest("post_media", "user_id"),
    "idx_post_interactions_user_type": Use(
        f"SELECT post_id FROM post_interactions WHERE user_id = {ID} AND type = 'bookmark'",
        ("user_id", "type"),
        "created_at DESC",
    ),
    "idx_comments_user_created": newest("comments", "user_id"),
    "idx_comments_parent": Use(
        f"SELECT * FROM comments WHERE parent_comment_id = {ID} AND post_id = {ID}",
        ("parent_comment_id", "post_id"),
        "created_at",
    ),
    "idx_reposts_user_created": newest("reposts", "user_id"),
    "idx_section_content_post": parent_deleted("section_content", "post_id"),
    "idx_list_members_user": newest("list_members", "user_id"),
    "idx_conversations_direct_user_2": parent_deleted("conversations", "direct_user_2"),
    "idx_conversations_created_by": parent_deleted("conversations", "created_by"),
    "idx_conversation_participants_user": Use(
        f"SELECT conversation_id FROM conversation_participants WHERE user_id = {ID}", ("user_id",)
    ),
    "idx_messages_conversation_created": newest("messages", "conversation_id"),
    "idx_messages_sender_created": newest("messages", "sender_id"),
    "idx_notifications_user_created": newest("notifications", "user_id"),
    "idx_notifications_actor": parent_deleted("notifications", "actor_id"),
    "idx_notifications_post": parent_deleted("notifications", "post_id"),
    "idx_notifications_comment": parent_deleted("notifications", "comment_id"),
    "idx_user_subscriptions_user_started": Use(
        f"SELECT * FROM user_subscriptions WHERE user_id = {ID}", ("user_id",), "started_at DESC"
    ),
    "idx_user_subscriptions_tier_status": Use(
        f"SELECT count(*) FROM user_subscriptions WHERE tier_id = {ID} AND status = 'active'", ("tier_id", "status")
    ),
    "idx_user_subscriptions_period_end": Use(
        f"SELECT id FROM user_subscriptions WHERE current_period_end < now() AND {RUNNING}",
        ("current_period_end",),
        "current_period_end",
    ),
    "idx_posts_published_created": Use(f"SELECT * FROM posts WHERE {SHOWN}", order="created_at DESC, id DESC"),
    "idx_posts_public_type_created": Use(
        f"SELECT * FROM posts WHERE type = 'video' AND {PUBLIC}", ("type",), "created_at DESC"
    ),
    "idx_posts_drafts": Use(
        f"SELECT * FROM posts WHERE user_id = {ID} AND status = 'draft' AND deleted_at IS NULL",
        ("user_id",),
        "updated_at DESC",
    ),
    "idx_posts_search": Use(
        "SELECT id FROM posts WHERE deleted_at IS NULL "
        "AND to_tsvector('simple', coalesce(title, '') || ' ' || content) @@ to_tsquery('simple', 'heron & river')",
        ("to_tsvector",),
    ),
    "idx_posts_deleted": Use(f"SELECT id FROM posts WHERE deleted_at < {MONTH_AGO}", ("deleted_at",), "deleted_at"),
    "idx_comments_deleted": Use(
        f"SELECT id FROM comments WHERE deleted_at < {MONTH_AGO}", ("deleted_at",), "deleted_at"
    ),
    "idx_users_deleted": Use(f"SELECT id FROM users WHERE deleted_at < {MONTH_AGO}", ("deleted_at",), "deleted_at"),
    "idx_users_created": Use("SELECT * FROM users", order="created_at DESC"),
    "idx_users_not_active": Use(
        "SELECT * FROM users WHERE status = 'suspended' AND status <> 'active'", ("status",), "created_at DESC"
    ),
    "idx_users_username_prefix": Use(
        "SELECT username FROM users WHERE username LIKE 'ann%' AND deleted_at IS NULL", ("username",)
    ),
    "idx_user_profiles_display_name": Use(
        "SELECT user_id FROM user_profiles WHERE lower(display_name) LIKE 'ann%'", ("lower(display_name)",)
    ),
    "idx_post_interactions_recent_likes": Use(
        f"SELECT post_id, count(*) FROM post_interactions WHERE type = 'like' AND {LAST_DAY} GROUP BY post_id",
        ("created_at",),
    ),
    "idx_custom_feeds_public_created": Use("SELECT * FROM custom_feeds WHERE is_public", order="created_at DESC"),
    "idx_custom_feeds_algorithm_config": Use(
        """SELECT id FROM custom_feeds WHERE algorithm_config @> '{"sort": "trending"}'""", ("algorithm_config",)
    ),
    "idx_user_lists_public_created": Use("SELECT * FROM user_lists WHERE NOT is_private", order="created_at DESC"),
    "idx_notifications_read": Use(
        f"SELECT id FROM notifications WHERE is_read AND read_at < {MONTH_AGO}", ("read_at",), "read_at"
    ),
}


def definitions(vrss: Platform) -> tuple[IndexDefinition, ...]:
    found, findings = read_tiers(vrss)
    assert findings == ()
    return found


def plan_without(conn: Connection, query: str, *avoided: str) -> tuple[PlanNode, ...]:
    """The nodes of the plan that the server makes where it avoids reading whole tables, and what else is named."""
    for way in ("seqscan", *avoided):
        conn.execute(f"SET LOCAL enable_{way} = off".encode())
    return plan_of(conn, query)


def plan_for(conn: Connection, use: Use) -> tuple[PlanNode, ...]:
    """An index that gives an order shows it where sorting is dear, as it is for long lists; these tables are empty."""
    if use.beside:
        conn.execute(f"DROP INDEX {use.beside}".encode())
    return plan_without(conn, use.sql, *(("sort", "bitmapscan") if use.order else ()))


@pytest.mark.parametrize(("name", "use"), USES.items(), ids=list(USES))
def test_index_serves_the_query_it_is_there_for(conn: Connection, name: str, use: Use) -> None:
    plan = plan_for(conn, use)
    (scan,) = (node for node in plan if node.index)
    (table,) = {node.alias for node in plan if node.alias}
    looked_up = scan.condition.replace(f"{table}.", "")
    assert scan.index == name
    leading = [value(conn, "SELECT pg_get_indexdef(%s::regclass, %s, TRUE)", name, n + 1) for n in range(len(use.by))]
    for column, indexed in zip(use.by, leading, strict=True):
        assert indexed.startswith(column), f"{column} is not where the index begins, but {indexed}"
        assert column in looked_up, f"{column} is not in {looked_up}"
    assert not [node for node in plan if use.order and "Sort" in node.kind], "the rows do not come in order"


def test_every_index_has_its_use_tested(vrss: Platform) -> None:
    assert {definition.name for definition in definitions(vrss)} == set(USES)


def test_there_are_at_least_30_indexes_in_three_tiers_each_with_its_reason(vrss: Platform) -> None:
    found = definitions(vrss)
    assert len(found) >= 30
    assert {definition.tier for definition in found} == {1, 2, 3}
    for definition in found:
        assert len(definition.reason) > 15, definition
        assert definition.reason.endswith("."), definition
    assert len({definition.reason for definition in found}) == len(found)


def test_tier_1_is_the_seven_of_the_document_and_what_else_the_feed_needs(vrss: Platform) -> None:
    assert {definition.name for definition in definitions(vrss) if definition.tier == 1} == set(CRITICAL)


@pytest.mark.parametrize(("name", "expected"), CRITICAL.items(), ids=list(CRITICAL))
def test_critical_index_has_the_documents_columns(conn: Connection, name: str, expected: str) -> None:
    found = value(conn, "SELECT pg_get_indexdef(%s::regclass)", name)
    assert found.partition(" ON public.")[2].replace(" USING btree", "") == expected


def test_every_index_is_valid_and_ready(conn: Connection) -> None:
    broken = "SELECT indexrelid::regclass FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive)"
    assert values(conn, broken) == []


def test_no_index_repeats_a_constraint_or_the_beginning_of_another_index(conn: Connection, vrss: Platform) -> None:
    shorter_and_longer = """
        WITH found AS (
            SELECT
                i.indexrelid::regclass::text AS name, i.indrelid, c.relam,
                coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
                (SELECT array_agg(
                            pg_get_indexdef(i.indexrelid, place, TRUE) || ' ' || i.indclass[place - 1]::text
                            || ' ' || i.indcollation[place - 1]::text ORDER BY place)
                 FROM generate_series(1, i.indnkeyatts) AS place) AS columns
            FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
            WHERE c.relnamespace = 'public'::regnamespace
        )
        SELECT shorter.name, longer.name
        FROM found AS shorter
        JOIN found AS longer
          ON longer.indrelid = shorter.indrelid AND longer.relam = shorter.relam AND longer.name <> shorter.name
         AND longer.predicate = shorter.predicate
         AND longer.columns[1:cardinality(shorter.columns)] = shorter.columns
        WHERE shorter.name = ANY (%s)
    """
    names = [definition.name for definition in definitions(vrss)]
    assert values(conn, shorter_and_longer, names) == []
    # The question finds what it is to find.
    conn.execute("CREATE INDEX again ON reposts (post_id)")
    assert values(conn, shorter_and_longer, ["again"]) == [("again", "reposts_once_key")]


def test_every_foreign_key_is_served_by_an_index(conn: Connection) -> None:
    unserved = """
        SELECT k.conrelid::regclass::text, k.conname
        FROM pg_constraint AS k
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT
            FROM pg_index AS i
            WHERE i.indrelid = k.conrelid AND i.indisvalid
              AND (string_to_array(i.indkey::text, ' ')::smallint[])[1:cardinality(k.conkey)] @> k.conkey
              AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = (
                  SELECT format('(%I IS NOT NULL)', attname)
                  FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1]
              ))
        )
    """
    assert values(conn, unserved) == []
    conn.execute("DROP INDEX idx_notifications_actor")
    assert values(conn, unserved) == [("notifications", "notifications_actor_id_fkey")]


def test_counts_can_change_without_touching_any_index(conn: Connection) -> None:
    """Likes come by the thousand: an index on a count would make each of them a write to all of a post's indexes."""
    indexed = """
        SELECT DISTINCT attrelid::regclass::text, attname
        FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE indrelid = ANY ('{posts,storage_usage}'::regclass[])
    """
    often = {"likes_count", "comments_count", "reposts_count", "used_bytes"}
    assert often.isdisjoint(column for _, column in values(conn, indexed))


# For each part of the query the indexes that may serve it. A friend's id stands in the primary key, too.
FOLLOWED = {"idx_user_follows_follower", "user_follows_pkey"}
DOCUMENT = {
    "feed": (FOLLOWED, {"idx_posts_feed"}, {"idx_posts_published_created"}),
    "feed_as_documented": (FOLLOWED, {"idx_posts_user_created", "idx_posts_feed", "idx_posts_published_created"}),
    "storage_quota": ({"storage_usage_user_id_key"},),
    "friends": ({"idx_friendships_user1", "friendships_pkey"}, {"idx_friendships_user2"}),
    "notification_badge": ({"idx_notifications_user_unread"},),
}


@pytest.mark.parametrize(("name", "parts"), DOCUMENT.items(), ids=list(DOCUMENT))
def test_with_tier_1_alone_the_documents_query_is_served_by_its_indexes(
    seeded: Connection, vrss: Platform, name: str, parts: tuple[set[str], ...]
) -> None:
    later = [definition.name for definition in definitions(vrss) if definition.tier > 1]
    seeded.execute(f"DROP INDEX {', '.join(later)}".encode())
    (query,) = (query for query in read_queries(vrss)[0] if query.name == name)
    personas, _ = find_personas(seeded, [query])
    for persona in personas[name]:
        plan = explain_forced(seeded, query, persona)
        used = {node.index for node in plan.walk()}
        assert all(used & part for part in parts), used
        assert "Seq Scan" not in {node.kind for node in plan.walk()}


def test_the_badge_reads_no_more_than_the_unread(conn: Connection) -> None:
    plan = plan_without(conn, f"SELECT count(*) FROM notifications WHERE user_id = {ID} AND is_read = FALSE")
    (scan,) = (node for node in plan if node.index)
    assert scan.index == "idx_notifications_user_unread"
    assert scan.filter == ""


def test_tiers_build_up_and_then_there_is_nothing_to_do(db: Target, vrss: Platform) -> None:
    assert migrate(nullcontext(db), vrss, Silent()).ok
    sizes = {tier: sum(d.tier == tier for d in definitions(vrss)) for tier in (1, 2, 3)}
    for tier in (1, 2, 3):
        report = apply_indexes(db, vrss, Silent(), tier=tier)
        assert report.data["built"] == sizes[tier]
        assert index_status(db, vrss).ok
    with connect(db) as conn:
        built = values(conn, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'idx%'")
    assert {name for (name,) in built} == {definition.name for definition in definitions(vrss)}
    assert apply_indexes(db, vrss, Silent(), tier=3).steps == ()


def test_tier_3_brings_the_tiers_below_it(db: Target, vrss: Platform) -> None:
    assert migrate(nullcontext(db), vrss, Silent()).ok
    assert apply_indexes(db, vrss, Silent(), tier=3).data["built"] == len(definitions(vrss))
