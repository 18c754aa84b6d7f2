"""The document's performance targets: its queries, and for whom all queries are asked. No time is judged here."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from platformdb.postgres.connect import Connection
from platformdb.project import Platform
from platformdb.workload.model import Persona, Query
from platformdb.workload.personas import find_personas
from platformdb.workload.read import read_queries
from platformdb.workload.run import observe
from platforms.vrss.build import ALL_TABLES
from rows import digests, value

TARGETS = {"feed": 50, "feed_as_documented": 50, "storage_quota": 5, "friends": 10, "notification_badge": 10}

# As the document has them, but for the order of posts of the same instant, which it leaves open.
TEXTS = {
    "feed_as_documented": """
        SELECT * FROM posts
        WHERE user_id IN (SELECT following_id FROM user_follows WHERE follower_id = $1)
          AND status = 'published'
          AND deleted_at IS NULL
        ORDER BY created_at DESC, id DESC
        LIMIT 20
    """,
    "storage_quota": """
        SELECT (quota_bytes - used_bytes) AS available
        FROM storage_usage
        WHERE user_id = $1
    """,
    "friends": """
        SELECT user_id_2 AS friend_id FROM friendships WHERE user_id_1 = $1
        UNION
        SELECT user_id_1 AS friend_id FROM friendships WHERE user_id_2 = $1
    """,
    "notification_badge": """
        SELECT COUNT(*) FROM notifications
        WHERE user_id = $1 AND is_read = FALSE
    """,
}

# How much a user has, in the words of each query.
SIZE = {
    "feed_as_documented": "SELECT count(*) FROM user_follows WHERE follower_id = %s",
    "storage_quota": "SELECT used_bytes FROM storage_usage WHERE user_id = %s",
    "friends": "SELECT count(*) FROM friendships WHERE %s IN (user_id_1, user_id_2)",
    "notification_badge": "SELECT count(*) FROM notifications WHERE user_id = %s AND NOT is_read",
}


@pytest.fixture(scope="module")
def queries(vrss: Platform) -> Mapping[str, Query]:
    found, findings = read_queries(vrss)
    assert findings == ()
    return {query.name: query for query in found}


@pytest.fixture
def personas(seeded: Connection, queries: Mapping[str, Query]) -> Mapping[str, tuple[Persona, ...]]:
    found, findings = find_personas(seeded, tuple(queries.values()))
    assert findings == ()
    return found


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().rstrip(";")


def test_the_documents_queries_have_its_targets(queries: Mapping[str, Query]) -> None:
    assert {name: queries[name].target_ms for name in TARGETS} == TARGETS


@pytest.mark.parametrize("name", TEXTS)
def test_query_reads_as_in_the_document(queries: Mapping[str, Query], name: str) -> None:
    assert one_line(queries[name].sql) == one_line(TEXTS[name])


@pytest.mark.parametrize("name", SIZE)
def test_the_personas_of_the_documents_queries_go_from_most_to_least(
    seeded: Connection, personas: Mapping[str, tuple[Persona, ...]], name: str
) -> None:
    ranked = [persona for persona in personas[name] if persona.name != "newcomer"]
    sizes = [value(seeded, SIZE[name], persona.parameters[0]) for persona in ranked]
    assert len(sizes) >= 2
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_every_query_runs_for_each_of_its_personas_and_leaves_nothing_behind(
    seeded: Connection, queries: Mapping[str, Query], personas: Mapping[str, tuple[Persona, ...]]
) -> None:
    before = digests(seeded, ALL_TABLES)
    for name, query in queries.items():
        for persona in personas[name]:
            measured = observe(seeded, query, persona, runs=1)
            assert measured.work.buffers > 0, f"{name} for {persona.name}"
    assert digests(seeded, ALL_TABLES) == before


def test_without_rows_nobody_is_found_and_every_query_says_so(conn: Connection, queries: Mapping[str, Query]) -> None:
    asked = {name for name, query in queries.items() if query.personas}
    _, findings = find_personas(conn, tuple(queries.values()))
    assert {finding.rule for finding in findings} == {"persona-empty"}
    assert len(asked) <= len(findings)
