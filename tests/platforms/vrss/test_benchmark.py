"""The document's performance targets: its queries, and what a measurement of them says. No time is judged here."""

from __future__ import annotations

import re

import pytest

from platformdb.bench.model import Query
from platformdb.workload.read import read_queries
from platformdb.bench.run import measure_queries
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from rows import value, values

TARGETS = {"feed": 50, "storage_quota": 5, "friends": 10, "notification_badge": 10}

# As the document has them.
TEXTS = {
    "feed": """
        SELECT * FROM posts
        WHERE user_id IN (SELECT following_id FROM user_follows WHERE follower_id = $1)
          AND status = 'published'
          AND deleted_at IS NULL
        ORDER BY created_at DESC
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

# A user whose answer is known to be more than one for another persona, in the words of each query.
SIZE = {
    "feed": "SELECT count(*) FROM user_follows WHERE follower_id = %s",
    "storage_quota": "SELECT used_bytes FROM storage_usage WHERE user_id = %s",
    "friends": "SELECT count(*) FROM friendships WHERE %s IN (user_id_1, user_id_2)",
    "notification_badge": "SELECT count(*) FROM notifications WHERE user_id = %s AND NOT is_read",
}


@pytest.fixture(scope="module")
def queries(vrss: Platform) -> dict[str, Query]:
    found, findings = read_queries(vrss)
    assert findings == ()
    return {query.name: query for query in found}


@pytest.fixture
def report(shared_seed: Target, vrss: Platform) -> Report:
    return measure_queries(shared_seed, vrss, Silent(), samples=3)


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().rstrip(";")


def test_the_documents_four_queries_have_its_targets(queries: dict[str, Query]) -> None:
    assert {name: query.target_ms for name, query in queries.items()} == TARGETS


@pytest.mark.parametrize("name", TEXTS)
def test_query_reads_as_in_the_document(queries: dict[str, Query], name: str) -> None:
    assert one_line(queries[name].sql) == one_line(TEXTS[name])


@pytest.mark.parametrize("name", TEXTS)
def test_query_is_run_for_three_personas_from_most_to_least(
    seeded: Connection, queries: dict[str, Query], name: str
) -> None:
    personas = queries[name].personas
    assert len(personas) == 3
    users = [value(seeded, persona.sql) for persona in personas]
    sizes = [value(seeded, SIZE[name], user) for user in users]
    assert len(set(users)) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


@pytest.mark.parametrize("name", TEXTS)
def test_persona_is_the_same_user_every_time(seeded: Connection, queries: dict[str, Query], name: str) -> None:
    for persona in queries[name].personas:
        found = [values(seeded, persona.sql) for _ in range(2)]
        assert len(found[0]) == 1
        assert found[0] == found[1]


def test_each_query_gets_a_verdict_with_ordered_percentiles_and_its_plan(report: Report) -> None:
    verdicts = {verdict["name"]: verdict for verdict in report.data["queries"]}
    assert set(verdicts) == set(TARGETS)
    for name, verdict in verdicts.items():
        assert verdict["target_ms"] == TARGETS[name]
        assert 0 < verdict["p50_ms"] <= verdict["p95_ms"] <= verdict["p99_ms"]
        assert verdict["passed"] == (verdict["p95_ms"] <= verdict["target_ms"])
        assert verdict["buffers"] > 0
        assert verdict["execution_ms"] > 0


def test_a_missed_target_is_a_finding_and_nothing_else_is(report: Report) -> None:
    missed = {verdict["name"] for verdict in report.data["queries"] if not verdict["passed"]}
    assert {finding.subject for finding in report.findings} == missed
    assert {finding.rule for finding in report.findings} <= {"target-missed"}


def test_the_report_has_a_row_for_people_per_query(report: Report) -> None:
    (table,) = report.tables
    assert {row[0] for row in table.rows} == set(TARGETS)
    assert {row[1] for row in table.rows} == {"50 ms", "5 ms", "10 ms"}


def test_measuring_writes_nothing(seeded_db: Target, vrss: Platform, queries: dict[str, Query]) -> None:
    for query in queries.values():
        assert not re.search(r"\b(insert|update|delete|create|for update)\b", query.sql, re.IGNORECASE)
    assert measure_queries(seeded_db, vrss, Silent(), samples=1).tables


def test_without_rows_nothing_is_measured_and_that_is_no_pass(shared_vrss: Target, vrss: Platform) -> None:
    report = measure_queries(shared_vrss, vrss, Silent(), samples=1)
    assert not report.ok
    assert {finding.rule for finding in report.findings} == {"persona-empty"}
    assert {finding.subject for finding in report.findings} == set(TARGETS)
