"""An old month goes as a whole: messages with what hangs on them, and nothing that stays points into it."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from platformdb.counters.run import check_counters, fix_counters
from platformdb.partitions.run import ensure_partitions, partition_status
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platforms.enrichment.build import make
from rows import value, values

CHILDREN = ("message_mentions", "message_reactions", "message_attachments", "ai_analysis")
POINTING = {
    "answers": ("messages", "referenced_message_created_at", "referenced_message_id"),
    "threads": ("message_threads", "root_message_created_at", "root_message_id"),
    "starts": ("conversation_summaries", "start_message_created_at", "start_message_id"),
    "ends": ("conversation_summaries", "end_message_created_at", "end_message_id"),
    "channels": ("channels", "last_message_at", "last_message_id"),
}


@pytest.fixture
def strict(platform: Platform, tmp_path: Path) -> Platform:
    """The platform, but messages are kept as long as the day of the test allows: the oldest months have to go."""
    sql = tmp_path / "sql" / platform.name
    shutil.copytree(platform.sql, sql)
    policies = (sql / "partitions.toml").read_text(encoding="utf-8")
    (sql / "partitions.toml").write_text(policies.replace("24 months", "6 months"), encoding="utf-8")
    return dataclasses.replace(platform, root=tmp_path, sql=sql)


def rows(conn: Connection, schema: str) -> dict[str, int]:
    """The rows of messages and of what hangs on them, in a schema's monthly tables."""
    tables = values(
        conn, "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'", schema
    )
    counts = dict.fromkeys(("messages", *CHILDREN), 0)
    for (name,) in tables:
        parent = name[: -len("_2025_03")]
        if parent in counts:
            counts[parent] += value(conn, f"SELECT count(*) FROM {schema}.{name}")
    return counts


def pointing(conn: Connection, name: str, before: object) -> int:
    """How many rows point to a message from before a time."""
    table, at, target = POINTING[name]
    found: int = value(conn, f"SELECT count(*) FROM {table} WHERE {at} < %s AND {target} IS NOT NULL", before)
    return found


def test_old_months_go_into_the_archive_whole_and_leave_nothing_that_points_there(
    own_seed: Target, platform: Platform, strict: Platform
) -> None:
    # With the months there, whatever the database began with: what lies in the default moves there.
    assert ensure_partitions(own_seed, platform, Silent()).ok
    with connect(own_seed) as conn:
        before = rows(conn, "public")
        oldest = value(conn, "SELECT min(created_at) FROM messages")
        assert pointing(conn, "answers", "infinity") > 0
        assert pointing(conn, "starts", "infinity") > 0
        report = ensure_partitions(own_seed, strict, Silent())
        assert report.findings == ()
        after, archived = rows(conn, "public"), rows(conn, "archive")
        left = value(conn, "SELECT min(created_at) FROM messages")
        assert left > oldest
        assert {table: after[table] + archived[table] for table in before} == before
        assert archived["messages"] > 100
        assert archived["message_reactions"] > 50
        assert {name: pointing(conn, name, left) for name in POINTING} == dict.fromkeys(POINTING, 0)
        # What went says in its own columns what it answered, and has its reactions beside it.
        orphans = """
            SELECT count(*) FROM archive.message_reactions_2026_03 AS r
            WHERE NOT EXISTS (SELECT FROM archive.messages_2026_03 AS m WHERE m.id = r.message_id)
        """
        assert value(conn, orphans) == 0
        # And life goes on: the next message, the next answer.
        said = "SELECT channel_id, author_id, created_at, id FROM messages ORDER BY created_at DESC LIMIT 1"
        ((channel, author, at, answered),) = values(conn, said)
        conn.execute(
            "INSERT INTO messages"
            " (channel_id, author_id, content, referenced_message_created_at, referenced_message_id)"
            " VALUES (%s, %s, 'Still here.', %s, %s)",
            (channel, author, at, answered),
        )
    # A thread counts what can be read in it; the nightly repair takes off what is in the archive now.
    assert {f.subject.partition("[")[0] for f in check_counters(own_seed, platform).findings} <= {
        "message_threads.message_count"
    }
    assert fix_counters(own_seed, platform, Silent()).ok
    assert check_counters(own_seed, platform).findings == ()
    assert partition_status(own_seed, strict).ok
    assert ensure_partitions(own_seed, strict, Silent()).steps == ()


def test_a_message_of_a_month_without_partition_is_not_lost(conn: Connection) -> None:
    said = make(conn, "messages", created_at="2031-05-05T00:00:00Z")
    assert value(conn, "SELECT count(*) FROM messages_default WHERE id = %s", said.id) == 1
    make(
        conn,
        "message_reactions",
        channel_id=said.channel_id,
        message_created_at=said.created_at,
        message_id=said.id,
    )
    assert value(conn, "SELECT count(*) FROM message_reactions_default") == 1
