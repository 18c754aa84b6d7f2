from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from platformdb.bench.judge import judge, missed, percentile, walk_plan
from platformdb.bench.model import Measurement, Query
from platformdb.workload.read import read_queries
from platformdb.errors import Place
from platformdb.report.model import Finding
from projects import Project

QUERY = Query("feed", "SELECT 1", 50.0, (), Place("sql/queries/feed.sql", 2, 1))
PLAN: Mapping[str, Any] = {
    "Execution Time": 1.25,
    "Plan": {
        "Node Type": "Limit",
        "Shared Hit Blocks": 7,
        "Shared Read Blocks": 2,
        "Plans": [
            {"Node Type": "Index Scan", "Index Name": "a", "Shared Hit Blocks": 5},
            {"Node Type": "Nested Loop", "Plans": [{"Index Name": "b"}, {"Index Name": "a"}]},
        ],
    },
}


def measured(*samples: float, persona: str = "someone", plan: Mapping[str, Any] = PLAN) -> Measurement:
    return Measurement(persona, samples, plan)


class TestPercentile:
    @pytest.mark.parametrize(
        ("samples", "share", "expected"),
        [
            ([7.0], 0.5, 7.0),
            ([7.0], 0.0, 7.0),
            ([7.0], 1.0, 7.0),
            ([15, 20, 35, 40, 50], 0.05, 15),
            ([15, 20, 35, 40, 50], 0.30, 20),
            ([15, 20, 35, 40, 50], 0.40, 20),
            ([15, 20, 35, 40, 50], 0.50, 35),
            ([50, 15, 40, 20, 35], 1.00, 50),
            (range(1, 101), 0.95, 95),
            (range(1, 101), 0.99, 99),
            (range(1, 21), 0.95, 19),
        ],
    )
    def test_it_is_the_nearest_rank(self, samples: list[float], share: float, expected: float) -> None:
        assert percentile(samples, share) == expected


class TestJudge:
    def test_percentiles_buffers_and_indexes_of_the_plan_are_told(self) -> None:
        verdict = judge(QUERY, [measured(*range(1, 101))])
        assert (verdict.p50_ms, verdict.p95_ms, verdict.p99_ms) == (50, 95, 99)
        assert (verdict.execution_ms, verdict.buffers, verdict.indexes) == (1.25, 9, ("a", "b"))

    def test_the_slowest_persona_decides_by_its_p95(self) -> None:
        fast = measured(*[1.0] * 99, 1000.0, persona="one slow run")
        slow = measured(*[60.0] * 100, persona="always slow")
        verdict = judge(QUERY, [fast, slow])
        assert (verdict.persona, verdict.passed) == ("always slow", False)

    @pytest.mark.parametrize(("p95", "passed"), [(49.999, True), (50.0, True), (50.001, False)])
    def test_a_p95_of_exactly_the_target_passes(self, p95: float, passed: bool) -> None:
        assert judge(QUERY, [measured(p95)]).passed is passed

    def test_a_plan_without_indexes_names_none(self) -> None:
        plan = {"Execution Time": 1, "Plan": {"Node Type": "Result"}}
        verdict = judge(QUERY, [measured(1.0, plan=plan)])
        assert (verdict.indexes, verdict.buffers) == ((), 0)

    def test_a_plan_is_walked_parents_first(self) -> None:
        assert [node.get("Node Type") for node in walk_plan(PLAN["Plan"])] == [
            "Limit", "Index Scan", "Nested Loop", None, None,
        ]  # fmt: skip

    def test_only_a_missed_target_is_a_finding(self) -> None:
        verdicts = [judge(QUERY, [measured(50.0)]), judge(QUERY, [measured(50.25)])]
        (finding,) = missed(verdicts)
        assert finding.message == "feed: p95 is 50.25 ms for persona someone, the target 50 ms"
        assert finding.place == QUERY.place


def queries(project: Project, text: str) -> tuple[tuple[Query, ...], tuple[Finding, ...]]:
    return read_queries(project.write({"sql/queries/feed.sql": text}).platform)


class TestRead:
    def test_a_query_has_its_target_its_personas_and_its_place(self, project: Project) -> None:
        (query,), findings = queries(
            project,
            "-- platformdb: persona=busy\nSELECT 1;\n-- platformdb: persona=quiet\nSELECT 2;\n"
            "-- the feed\n-- platformdb: target_ms=12.5\nSELECT $1::int;\n",
        )
        assert findings == ()
        assert (query.name, query.sql, query.target_ms) == ("feed", "SELECT $1::int", 12.5)
        assert [(p.name, p.sql) for p in query.personas] == [("busy", "SELECT 1"), ("quiet", "SELECT 2")]
        assert str(query.place) == "sql/queries/feed.sql:7:1"

    def test_queries_come_by_file_name_and_other_files_do_not(self, project: Project) -> None:
        text = "-- platformdb: target_ms=1\nSELECT 1"
        project.write({"sql/queries/b.sql": text, "sql/queries/a.sql": text, "sql/queries/c.txt": ""})
        assert [query.name for query in read_queries(project.platform)[0]] == ["a", "b"]

    def test_a_platform_without_queries_has_none(self, project: Project) -> None:
        assert read_queries(project.platform) == ((), ())

    @pytest.mark.parametrize(
        ("text", "message", "place"),
        [
            ("SELECT 1", "has no target", "1:1"),
            ("-- platformdb: target_ms=1\nVACUUM", "holds a statement that is no query", "2:1"),
            ("-- platformdb: target_ms=fast\nSELECT 1", "target_ms=fast is not a time above 0", "2:1"),
            ("-- platformdb: target_ms=0\nSELECT 1", "target_ms=0 is not a time above 0", "2:1"),
            ("-- platformdb: target_ms=-5\nSELECT 1", "target_ms=-5 is not a time above 0", "2:1"),
            ("-- platformdb: target_ms=nan\nSELECT 1", "target_ms=nan is not a time above 0", "2:1"),
            ("-- platformdb: target_ms=inf\nSELECT 1", "target_ms=inf is not a time above 0", "2:1"),
            ("-- platformdb: target_ms=1\nSELECT 1;\nSELECT 2", "holds 2 queries, not one", "3:1"),
            ("-- platformdb: persona=a\nSELECT 1", "holds 0 queries, not one", "1:1"),
            ("", "holds 0 queries, not one", "1:1"),
            (
                "-- platformdb: persona=a target_ms=1\nSELECT 1;\n-- platformdb: target_ms=1\nSELECT 1",
                "gives a persona more than its name",
                "2:1",
            ),
            ("-- platformdb: taget_ms=1\nSELECT 1", "unknown directive 'taget_ms'", "1:16"),
            ("-- platformdb: target_ms=1\nSELEC 1", "syntax error", "2:1"),
        ],
    )
    def test_what_is_wrong_is_a_finding_with_its_place(
        self, project: Project, text: str, message: str, place: str
    ) -> None:
        found, (finding,) = queries(project, text)
        assert found == ()
        assert message in finding.message
        assert str(finding.place) == f"sql/queries/feed.sql:{place}"
        assert finding.help
