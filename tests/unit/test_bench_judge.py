"""The gates, over measurements that differ in one thing from their reference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platformdb.bench.entry import entry_of
from platformdb.bench.gates.judge import judge, missing
from platformdb.bench.model import Entry, Gate, Run, Verdict
from platformdb.errors import Place
from platformdb.report.model import Severity
from platformdb.workload.model import Catalog, Gates, IndexFacts, Measurement, Persona, Query, TableFacts, Touched, Work
from platformdb.workload.plan_tree import PlanNode

POSTS = "public.posts"
CATALOG = Catalog(
    (TableFacts(POSTS, 20_000, 1_000), TableFacts("public.likes", 30_000, 400)),
    (
        IndexFacts("public.by_user", POSTS, ("user_id", "created_at")),
        IndexFacts("public.by_time", POSTS, ("created_at",)),
    ),
)
QUERY = Query("feed", "The newest posts.", "SELECT 1", 50.0, (), Place("queries/feed.sql", 3))
WORK = Work(buffers=100, touched=50, returned=20, tables=(Touched(POSTS, indexed=50, blocks=100),))
SOUGHT = PlanNode(
    "Index Scan",
    relation=POSTS,
    alias="p",
    index="by_user",
    condition="(p.user_id = 1)",
    cost=80.0,
    actual=50.0,
    buffers=100,
)
FILTERED = replace(SOUGHT, index="by_time", condition="", filter="(p.user_id = 1)", cost=200.0)
SEQUENTIAL = replace(SOUGHT, kind="Seq Scan", index="", condition="", filter="(p.user_id = 1)", cost=400.0)


def measured(
    plan: PlanNode = SOUGHT,
    *,
    forced: PlanNode | None = None,
    work: Work = WORK,
    query: Query = QUERY,
    steady: bool = True,
) -> Measurement:
    return Measurement(query, Persona("heaviest"), plan, replace(forced or SOUGHT, actual=None), work, (1.0,), steady)


REFERENCE = entry_of(measured(), CATALOG)


def judged(found: Measurement, reference: Entry | None = REFERENCE, tolerance: float = 0.02) -> Verdict:
    return judge(found, entry_of(found, CATALOG), CATALOG, reference, tolerance)


def rules(verdict: Verdict) -> list[str]:
    return [finding.rule for finding in verdict.findings]


def gated(**gates: object) -> Query:
    return replace(QUERY, gates=Gates(**gates))  # type: ignore[arg-type]


def test_what_is_as_it_was_passes_without_a_word() -> None:
    verdict = judged(measured())
    assert (verdict.findings, verdict.failed, verdict.changed, verdict.tie) == ((), None, "", False)
    assert verdict.plan == "index by_user"


def test_without_a_reference_only_what_holds_for_every_query_is_judged() -> None:
    assert judged(measured(work=replace(WORK, buffers=999)), None).findings == ()


def test_a_table_that_no_index_serves_is_told_once_with_its_rows_and_how_it_was_read() -> None:
    verdict = judged(measured(SEQUENTIAL, forced=SEQUENTIAL))
    assert (verdict.failed, rules(verdict)) == (Gate.SERVABLE, ["not-servable"])
    (finding,) = verdict.findings
    assert finding.message == (
        "feed for heaviest: no index serves public.posts as p (20,000 rows): with sequential scans off it is still read"
        " in sequence; the reference read it by index by_user (user_id)"
    )
    assert (finding.subject, finding.place) == ("feed/heaviest", QUERY.place)
    assert 'whole="posts" reason=' in finding.help


def test_a_sequential_scan_fails_though_an_index_would_do() -> None:
    assert (judged(measured(SEQUENTIAL)).failed, rules(judged(measured(SEQUENTIAL), None))) == (
        Gate.PLAN,
        ["plan-sequential"],
    )


@pytest.mark.parametrize("table", ["posts", "public.posts"])
def test_a_table_may_be_read_whole_where_the_file_says_so(table: str) -> None:
    found = measured(SEQUENTIAL, forced=SEQUENTIAL, query=gated(whole=(table,)))
    assert judged(found, None).findings == ()


def test_a_table_is_large_from_as_many_rows_as_the_file_says() -> None:
    assert judged(measured(SEQUENTIAL, forced=SEQUENTIAL, query=gated(large=20_000)), None).findings == ()


def test_a_scan_in_a_function_is_seen_by_what_it_read() -> None:
    tables = (*WORK.tables, Touched("public.likes", sequential=60_000, scans=2, blocks=800))
    verdict = judged(measured(work=replace(WORK, tables=tables)), None)
    assert verdict.failed is Gate.PLAN
    assert "public.likes (60,000 rows in 2 scans) in a function or a trigger" in verdict.findings[0].message


def test_a_small_table_that_a_function_reads_often_is_no_sequential_scan_of_a_large_one() -> None:
    tables = (*WORK.tables, Touched("public.settings", sequential=60_000, scans=6_000, blocks=6_000))
    assert judged(measured(work=replace(WORK, tables=tables)), None).passed


def test_a_scan_that_the_plan_shows_is_told_by_the_plan_alone() -> None:
    tables = (Touched(POSTS, sequential=20_000, scans=1, blocks=1_000),)
    verdict = judged(measured(SEQUENTIAL, work=replace(WORK, tables=tables)), None)
    assert [("function" in finding.message) for finding in verdict.findings] == [False]


def test_partitions_that_are_no_longer_pruned_are_told_with_their_number() -> None:
    months = tuple(TableFacts(f"public.posts_{month}", 900, 50, parent=POSTS) for month in range(12))
    catalog = Catalog((*CATALOG.tables, *months))

    def reading(count: int) -> Measurement:
        parts = [
            PlanNode("Seq Scan", relation=f"public.posts_{n}", alias=f"p_{n + 1}", actual=1.0) for n in range(count)
        ]
        return measured(
            PlanNode("Append", cost=10.0 * count, actual=1.0, parts=tuple(parts)), query=gated(large=99_999)
        )

    reference = entry_of(reading(1), catalog)
    found = reading(12)
    verdict = judge(found, entry_of(found, catalog), catalog, reference)
    assert rules(verdict) == ["plan-partitions"]
    assert "p: reads 12 partitions of public.posts, the reference 1" in verdict.findings[0].message


def test_a_sort_above_its_limit_fails() -> None:
    plan = PlanNode("Sort", cost=80.0, actual=9.0, parts=(replace(SOUGHT, actual=10_001.0),))
    assert rules(judged(measured(plan), None)) == ["plan-sort"]
    assert judged(measured(plan, query=gated(sorted=10_001)), None).findings == ()


def test_a_spill_fails_unless_the_file_allows_it() -> None:
    assert rules(judged(measured(replace(SOUGHT, spilled=True)), None)) == ["plan-spill"]
    assert judged(measured(replace(SOUGHT, spilled=True), query=gated(spill=True)), None).findings == ()


def test_a_column_that_moved_from_the_index_into_the_filter_is_lost() -> None:
    verdict = judged(measured(FILTERED))
    assert (verdict.failed, rules(verdict)) == (Gate.PLAN, ["plan-index-lost"])
    assert "p: index by_user (user_id) → index by_time: user_id only checked row by row" in verdict.findings[0].message
    assert verdict.changed == "lost by_user"


def test_an_index_that_no_longer_covers_is_lost() -> None:
    reference = entry_of(measured(replace(SOUGHT, kind="Index Only Scan", cost=10.0)), CATALOG)
    assert rules(judged(measured(), reference)) == ["plan-index-lost"]


def test_another_index_with_the_same_columns_is_no_loss() -> None:
    renamed = Catalog(CATALOG.tables, (IndexFacts("public.other", POSTS, ("user_id", "created_at")),))
    found = measured(replace(SOUGHT, index="other"))
    verdict = judge(found, entry_of(found, renamed), renamed, REFERENCE)
    assert (verdict.findings, verdict.changed) == ((), "p: index by_user → index other")


def test_a_tie_is_a_note() -> None:
    verdict = judged(measured(replace(FILTERED, cost=80.8)))
    assert (verdict.passed, verdict.tie, rules(verdict)) == (True, True, ["plan-tie"])
    assert verdict.findings[0].severity is Severity.NOTE


def test_what_costs_more_than_a_tie_is_none() -> None:
    assert rules(judged(measured(replace(FILTERED, cost=80.9)))) == ["plan-index-lost"]
    assert rules(judged(measured(replace(FILTERED, cost=80.8, startup_cost=5.0)))) == ["plan-index-lost"]


def test_a_tie_whose_work_grew_is_none() -> None:
    found = measured(replace(FILTERED, cost=80.8), work=replace(WORK, buffers=103))
    assert rules(judged(found)) == ["plan-index-lost", "work-grown"]


def test_a_plan_that_is_cheaper_and_no_more_work_is_the_planners_affair() -> None:
    assert judged(measured(replace(FILTERED, cost=40.0))).findings == ()


def test_a_sort_of_what_came_in_order_is_told() -> None:
    plan = PlanNode("Sort", cost=90.0, startup_cost=90.0, actual=9.0, parts=(SOUGHT,))
    assert "sorts 50 rows, which in the reference came in order" in judged(measured(plan)).findings[0].message


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("buffers", "pages"),
        ("touched", "rows touched"),
        ("removed", "rows filtered out"),
        ("heap_fetches", "heap fetches"),
        ("temp_blocks", "temporary blocks"),
        ("wal_records", "WAL records"),
    ],
)
def test_each_kind_of_work_may_not_grow(field: str, what: str) -> None:
    verdict = judged(measured(work=replace(WORK, **{field: 200})))
    assert (verdict.failed, rules(verdict)) == (Gate.WORK, ["work-grown"])
    assert f"{what} {getattr(WORK, field)} → 200" in verdict.findings[0].message


def test_work_in_a_table_that_the_plan_does_not_show_may_not_grow() -> None:
    verdict = judged(measured(work=replace(WORK, tables=(*WORK.tables, Touched("public.likes", indexed=3, blocks=9)))))
    assert "rows of public.likes 0 → 3, pages of public.likes 0 → 9" in verdict.findings[0].message


@pytest.mark.parametrize(("buffers", "tolerance", "passed"), [(102, 0.02, True), (103, 0.02, False), (101, 0.0, False)])
def test_work_may_grow_by_the_tolerance(buffers: int, tolerance: float, *, passed: bool) -> None:
    assert judged(measured(work=replace(WORK, buffers=buffers)), tolerance=tolerance).passed is passed


@pytest.mark.parametrize(("buffers", "passed"), [(150, True), (151, False)])
def test_a_file_may_allow_its_query_more(buffers: int, *, passed: bool) -> None:
    assert judged(measured(work=replace(WORK, buffers=buffers), query=gated(tolerance=50.0))).passed is passed


def test_there_is_no_absolute_slack() -> None:
    reference = entry_of(measured(work=replace(WORK, buffers=3)), CATALOG)
    assert not judged(measured(work=replace(WORK, buffers=4)), reference).passed


def test_other_rows_in_the_result_are_told_first() -> None:
    verdict = judged(measured(work=replace(WORK, returned=50, touched=80)))
    assert verdict.findings[0].message.startswith("feed for heaviest: returns 50 rows, in the reference 20; more work")


def test_less_work_is_a_note_to_save_it() -> None:
    verdict = judged(measured(work=replace(WORK, buffers=50)))
    assert (verdict.passed, rules(verdict), verdict.changed) == (True, ["work-shrunk"], "pages 100 → 50")


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ({"buffers": 99}, "100 pages read, the budget is 99"),
        ({"touched": 2.4}, "2.5 rows touched per row returned, the budget is 2.4"),
        ({"wal_records": 0}, "1 WAL records, the budget is 0"),
    ],
)
def test_a_budget_of_the_file_holds_without_a_reference(gates: dict[str, float], message: str) -> None:
    verdict = judged(measured(work=replace(WORK, wal_records=1), query=gated(**gates)), None)
    assert (verdict.failed, rules(verdict)) == (Gate.WORK, ["work-over-budget"])
    assert message in verdict.findings[0].message


def test_a_budget_that_is_just_met_passes() -> None:
    assert judged(measured(query=gated(buffers=100, touched=2.5, wal_records=0)), None).findings == ()


def test_unsteady_work_is_a_note() -> None:
    verdict = judged(measured(steady=False))
    assert (verdict.passed, rules(verdict)) == (True, ["work-unsteady"])


def test_a_write_may_find_what_the_one_before_left() -> None:
    assert judged(measured(steady=False, query=replace(QUERY, writes=True))).findings == ()


def test_a_missed_target_warns_and_fails_where_time_is_strict() -> None:
    found = replace(measured(), samples_ms=(1.0, 60.0))
    entry = entry_of(found, CATALOG)
    kind = judge(found, entry, CATALOG, None)
    strict = judge(found, entry, CATALOG, None, strict_time=True)
    assert (kind.passed, kind.findings[0].severity, kind.failed) == (True, Severity.WARNING, None)
    assert (strict.passed, strict.failed) == (False, Gate.TIME)
    assert "p99 is 60.00 ms, the target 50 ms" in strict.findings[0].message


def run(*entries: Entry) -> Run:
    return Run("vrss", "18.6", None, {}, {}, entries)


def test_a_query_that_went_fails_and_one_that_came_is_a_note() -> None:
    findings = missing(run(replace(REFERENCE, persona="median")), run(REFERENCE))
    assert [(f.rule, f.subject, f.severity) for f in findings] == [
        ("query-gone", "feed/heaviest", Severity.ERROR),
        ("query-new", "feed/median", Severity.NOTE),
    ]


def test_a_query_that_this_server_cannot_run_did_not_go() -> None:
    assert missing(run(), run(REFERENCE), frozenset({"feed"})) == ()
