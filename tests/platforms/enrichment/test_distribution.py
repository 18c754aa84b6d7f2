"""That messages and all that hangs on them can lie on several nodes, by channel: what Citus asks of the schema."""

from __future__ import annotations

from platformdb.postgres.connect import Connection
from rows import values

# Distributed by channel_id, and lying together. Everything else would be a reference table, or stay on one node.
DISTRIBUTED = (
    "messages",
    "message_mentions",
    "message_reactions",
    "message_attachments",
    "ai_analysis",
    "conversation_summaries",
    "message_threads",
    "channel_reads",
)
KEYS = """
    SELECT i.indexrelid::regclass::text, array_agg(a.attname)::text[]
    FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = %s::regclass AND i.indisunique GROUP BY 1
"""
REFERENCES = """
    SELECT k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text,
           (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[place]),
           (SELECT attname FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[place])
    FROM pg_constraint AS k, LATERAL generate_subscripts(k.conkey, 1) AS place
    WHERE k.contype = 'f' AND k.conparentid = 0 AND k.connamespace = 'public'::regnamespace
      AND k.confrelid = ANY (%s::regclass[])
"""


def test_every_primary_and_unique_key_of_a_distributed_table_holds_the_channel(conn: Connection) -> None:
    for table in DISTRIBUTED:
        keys = values(conn, KEYS, table)
        assert keys, table
        assert [name for name, columns in keys if "channel_id" not in columns] == []


def test_foreign_keys_between_distributed_tables_go_from_channel_to_channel(conn: Connection) -> None:
    columns: dict[str, set[tuple[str, str]]] = {}
    for name, _, _, one, other in values(conn, REFERENCES, list(DISTRIBUTED)):
        columns.setdefault(name, set()).add((one, other))
    assert len(columns) == 9
    assert [name for name, pairs in columns.items() if ("channel_id", "channel_id") not in pairs] == []


def test_no_table_on_one_node_refers_to_a_distributed_one(conn: Connection) -> None:
    assert {table for _, table, *_ in values(conn, REFERENCES, list(DISTRIBUTED))} <= set(DISTRIBUTED)


def test_what_hangs_on_a_message_is_partitioned_by_its_time(conn: Connection) -> None:
    keys = """
        SELECT partrelid::regclass::text, attname FROM pg_partitioned_table
        JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]
    """
    assert dict(values(conn, keys)) == {
        "messages": "created_at",
        "audit_logs": "created_at",
        "message_mentions": "message_created_at",
        "message_reactions": "message_created_at",
        "message_attachments": "message_created_at",
        "ai_analysis": "message_created_at",
    }
