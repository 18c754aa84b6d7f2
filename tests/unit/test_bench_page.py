"""The page of bench without a browser, and what it is made of."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from judged import FEED, all_pass, entry, everybody, index_lost, nasty, plan, refused, run
from platformdb.bench.model import Gate, Judged, Verdict
from platformdb.bench.shown.headline import headline
from platformdb.bench.shown.output import as_report
from platformdb.bench.shown.page.beside import compared
from platformdb.bench.shown.page.lines import line_plot
from platformdb.bench.shown.page.page import as_page
from platformdb.bench.shown.page.tree import error_factor, tree
from platformdb.bench.shown.table import bench_table, milliseconds
from platformdb.bench.shown.together import together
from platformdb.cli.masked import masked_report
from platformdb.report.github import render_github
from platformdb.report.json import render_json
from platformdb.report.junit import render_junit
from platformdb.report.markdown import render_markdown
from platformdb.report.masking import masked
from platformdb.report.model import Finding, Severity
from platformdb.workload.plan_tree import PlanNode, read_plan

VOID = {"meta", "input"}


class Reader(HTMLParser):
    """Knows whether tags are balanced, and which there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestPage:
    @pytest.mark.parametrize("judged", [index_lost(), all_pass(), refused(), nasty()])
    def test_it_needs_nothing_else_and_is_whole(self, judged: Judged) -> None:
        page = as_page(judged)
        reader = Reader(page)
        assert reader.open == []
        assert not reader.tags & {"link", "img", "iframe", "object"}
        assert not re.search(r"https?://|url\(|@import|src=", page)

    def test_every_persona_is_linked_to_its_plan(self) -> None:
        reader = Reader(as_page(index_lost()))
        assert reader.ids == ["feed.heaviest", "feed.median", "friends.median", "badge.nothing"]
        assert [link.removeprefix("#") for link in reader.links] == reader.ids

    def test_what_wants_a_look_is_open(self) -> None:
        found = re.findall(r'<details class="persona" id="([^"]+)"[^>]*?( open)?>', as_page(index_lost()))
        assert found == [
            ("feed.heaviest", ""),
            ("feed.median", " open"),
            ("friends.median", " open"),
            ("badge.nothing", " open"),
        ]

    def test_no_value_becomes_a_tag(self) -> None:
        page = as_page(nasty())
        assert page.count("<script") == 1
        assert "&lt;script&gt;alert(&quot;&amp;&quot;)" in page

    def test_the_same_run_makes_the_same_page(self) -> None:
        assert as_page(index_lost()) == as_page(index_lost())

    def test_a_mask_reaches_every_text_of_a_run(self) -> None:
        page = as_page(masked(nasty(), lambda text: text.replace("alert", "***")))
        assert "alert" not in page
        assert "***" in page

    def test_a_password_in_a_condition_is_shown_nowhere(self) -> None:
        scan = PlanNode("Seq Scan", "public.users", "users", filter="(users.password_hash = 'hunter2'::text)")
        found = entry(plan=scan)
        judged = Judged(run(found), (Verdict(found, found, (Finding("work-grown", scan.filter),), Gate.WORK),))
        report = as_report(judged)
        shown = [
            render(report, command="bench", elapsed_ms=1)
            for render in (render_json, render_junit, render_github, render_markdown)
        ]
        for text in (as_page(judged), *shown):
            assert "hunter2" not in text
            assert "***" in text.replace("\\", "")

    def test_the_reference_stands_beside_a_plan_that_differs_only(self) -> None:
        page = as_page(index_lost())
        assert page.count("<h4>Plan of the reference</h4>") == 1
        assert page.count("<h4>Plan, as in the reference</h4>") == 2
        assert page.count("<h4>Plan</h4>") == 1


class TestHistory:
    def test_times_and_buffers_are_drawn_over_the_runs(self) -> None:
        judged = index_lost()
        earlier = [run(entry(tree="feed_reference"), days=days) for days in range(-3, 0)]
        page = as_page(judged, history=earlier)
        assert page.count("<h4>Over 4 runs</h4>") == 1
        assert "Buffers of feed for median over 4 runs: buffers from 78 to 320" in page
        assert "<td" in page.partition("The same in figures")[2]

    def test_a_run_that_has_no_such_query_leaves_a_gap(self) -> None:
        earlier = [run(days=-2), run(entry(tree="feed_reference"), days=-1)]
        assert "<h4>Over 3 runs</h4>" in as_page(index_lost(), history=earlier)

    def test_without_earlier_runs_there_is_no_picture(self) -> None:
        assert "<svg" not in as_page(index_lost())

    def test_a_plot_is_well_formed_and_says_what_it_shows(self) -> None:
        plot = line_plot("Times & more", {"p50": [1.0, None, 3.0], "p99": [None, None, None]}, ("a<", "b"), "ms")
        svg = ElementTree.fromstring(plot)
        assert svg.findtext("title") == "Times & more: p50 from 1 to 3 ms; p99 unknown"
        assert len([*svg.iter("circle")]) == 2

    def test_nothing_is_plotted_of_nothing(self) -> None:
        assert line_plot("t", {"p50": [None]}, ("", ""), "") == ""


class TestTree:
    def test_each_node_says_its_own_time_and_buffers_and_the_rows(self) -> None:
        drawn = tree(plan("feed"))
        assert drawn.count("<li") == sum(1 for _ in plan("feed").walk())
        assert "buffers <b>316</b> own, 316 in all" in drawn
        assert "self <b>0.33 ms</b>" in drawn
        assert "rows <b>8,136</b>, 8,138 expected" in drawn
        assert "removed by filter <b>864</b>" in drawn
        assert "Bars: the share of the time." in drawn
        assert "Bars: the share of the buffers." in tree(PlanNode("Limit"))

    def test_the_error_of_the_planner_is_told(self) -> None:
        node = PlanNode("Seq Scan", rows=10, actual=1_000.0, loops=2)
        assert "50 times too few" in tree(node)
        assert "times too" not in tree(replace(node, actual=30.0))
        assert "rows 20 expected" in tree(replace(node, actual=None))

    @pytest.mark.parametrize(("expected", "actual", "factor"), [(10, 20, 2), (20, 10, 2), (0, 0, 1), (0.01, 5, 5)])
    def test_less_than_one_row_counts_as_one(self, expected: float, actual: float, factor: float) -> None:
        assert error_factor(expected, actual) == factor

    def test_own_time_leaves_out_what_the_parts_took(self) -> None:
        part = {"Node Type": "Seq Scan", "Actual Total Time": 2.0, "Actual Loops": 3}
        node = read_plan({"Plan": {"Node Type": "Nested Loop", "Actual Total Time": 7.5, "Plans": [part]}})
        assert (node.self_ms, node.parts[0].self_ms) == (1.5, 6.0)
        assert read_plan({"Plan": {"Node Type": "Limit"}}).self_ms is None


class TestBeside:
    def test_the_same_plan_differs_nowhere(self) -> None:
        ours, theirs = compared(plan("feed"), plan("feed"))
        assert not any((*ours, *theirs))

    def test_join_order_is_free(self) -> None:
        one, other = PlanNode("Seq Scan", "public.a", "a"), PlanNode("Seq Scan", "public.b", "b")
        ours, theirs = compared(PlanNode("Hash Join", parts=(one, other)), PlanNode("Hash Join", parts=(other, one)))
        assert not any((*ours, *theirs))

    def test_a_lost_index_is_marked_where_its_table_is_read(self) -> None:
        now = plan("feed")
        ours, theirs = compared(now, plan("feed_reference"))
        marks = {node.kind: mark for node, mark in zip(now.walk(), ours, strict=True)}
        assert marks["Seq Scan"].startswith("was Index Scan, was idx_posts_user_created, no condition")
        assert marks["Hash Join"] == "not in the reference"
        assert marks["Index Only Scan"] == ""
        assert "gone" in theirs

    def test_readings_of_one_table_are_told_apart_by_their_alias(self) -> None:
        def pair(first: str, second: str) -> PlanNode:
            scans = (PlanNode(first, "public.t", "one"), PlanNode(second, "public.t", "two"))
            return PlanNode("Append", parts=scans)

        ours, _ = compared(pair("Seq Scan", "Index Scan"), pair("Index Scan", "Seq Scan"))
        assert ours == ("", "was Index Scan", "was Seq Scan")

    @pytest.mark.parametrize(
        ("now", "then", "mark"),
        [
            ("(a.x = $1)", "(a.x = '7'::bigint)", ""),
            ("(a.x = 7)", "(a.x = $1)", ""),
            ("(a.x = 'it''s'::character varying)", "(a.x = $2)", ""),
            ("(a.x = $1)", "(a.y = 7)", "other condition"),
            ("(a.x = 7)", "(a.x = 8)", "other condition"),
            ("", "(a.x = 8)", "no condition"),
            ("(a.x = 8)", "", "new condition"),
        ],
    )
    def test_a_generic_plan_differs_from_none_by_its_parameters(self, now: str, then: str, mark: str) -> None:
        scan = PlanNode("Index Scan", "public.a", "a", condition=then)
        assert compared(replace(scan, condition=now), scan)[0] == (mark,)

    def test_more_work_of_the_same_node_is_told(self) -> None:
        scan = PlanNode("Seq Scan", "public.t", "t", buffers=100, actual=5.0)
        assert compared(replace(scan, buffers=103), scan)[0] == ("buffers 100 → 103",)
        assert compared(replace(scan, buffers=101), scan)[0] == ("",)


class TestHeadline:
    def test_all_pass(self) -> None:
        assert headline(all_pass()) == "vrss: all 3 gates passed"

    def test_time_is_a_gate_where_somebody_asked_for_it(self) -> None:
        strict = replace(all_pass(), gated=tuple(Gate))
        assert headline(strict) == "vrss: all 4 gates passed"

    def test_it_names_what_failed_for_whom(self) -> None:
        assert headline(index_lost()).startswith("vrss: 10 of 12 gates passed; feed for median lost its index;")

    def test_two_queries_are_named_and_the_others_counted(self) -> None:
        error = Finding("work-grown", "more")
        verdicts = tuple(
            Verdict(entry(query, persona), None, (error,), Gate.WORK)
            for query, persona in [("a", "heaviest"), ("a", "p99"), ("b", "median"), ("c", "p99"), ("c", "median")]
        )
        assert headline(Judged(run(), verdicts)) == (
            "vrss: 10 of 15 gates passed; a does more work; b does more work; 2 more failed"
        )

    def test_nothing_measured_is_no_pass(self) -> None:
        assert headline(refused()) == "vrss: nothing was gated: posts: 40 rows changed since ANALYZE"

    def test_what_fails_the_run_without_a_query_is_told(self) -> None:
        gone = Finding("query-gone", "search is gone")
        assert headline(replace(all_pass(), findings=(gone,))) == "vrss: all 3 gates passed; search is gone"


class TestTable:
    def test_rows_that_want_a_look_are_numbered(self) -> None:
        assert bench_table(index_lost()).notable == (1, 2, 3)

    def test_columns_in_which_nothing_stands_are_left_out(self) -> None:
        assert "changed" not in bench_table(all_pass()).columns

    @pytest.mark.parametrize(
        ("value", "said"), [(0.034, "0.03"), (9.994, "9.99"), (12.34, "12.3"), (308.4, "308"), (1234.5, "1,234")]
    )
    def test_times_are_told_to_what_counts(self, value: float, said: str) -> None:
        assert milliseconds(value) == said


def test_secret_variables_are_taken_out_of_what_was_checked() -> None:
    report = masked_report(as_report(nasty()), lambda text: text.replace("alert", "***"))
    assert "alert" not in render_junit(report, command="bench", elapsed_ms=1)


class TestTogether:
    def test_what_is_said_of_several_personas_is_one_finding(self) -> None:
        lost, grown, more = together(everybody().verdicts)
        assert lost.message == "feed: posts: idx_posts_feed → seq posts"
        assert (lost.subject, lost.help, lost.detail) == ("feed", "see", "")
        assert grown.message == "feed does more work"
        assert grown.detail.splitlines()[1] == "p99: more work: pages 209 → 491"
        assert more.message == "feed for p99 and nothing does more work"
        assert more.detail.splitlines()[:2] == ["p99: more work: pages 209 → 491", "  d"]

    def test_what_is_said_of_one_stays_as_it_is(self) -> None:
        findings = tuple(finding for verdict in index_lost().verdicts for finding in verdict.findings)
        assert together(index_lost().verdicts) == findings

    def test_what_is_said_of_all_is_said_without_their_names(self) -> None:
        def both(persona: str) -> Verdict:
            found = tuple(Finding("plan-index-lost", f"feed for {persona}: {what}") for what in ("one", "two"))
            return Verdict(entry(persona=persona), None, found, Gate.PLAN)

        (finding,) = together([both("median"), both("p99")])
        assert (finding.message, finding.detail) == ("feed lost its index", "one\ntwo")

    def test_two_queries_are_never_put_together(self) -> None:
        error = Finding("work-grown", "more", place=FEED)
        verdicts = [Verdict(entry(query), None, (error,), Gate.WORK) for query in ("a", "b")]
        assert len(together(verdicts)) == 2

    def test_junit_has_each_of_them_with_its_persona_and_none_twice(self) -> None:
        root = ElementTree.fromstring(render_junit(as_report(everybody()), command="bench", elapsed_ms=1))
        assert (root.attrib["tests"], root.attrib["failures"]) == ("3", "3")


def test_findings_of_the_report_come_worst_first_and_none_is_lost() -> None:
    report = as_report(index_lost())
    order = [list(Severity).index(finding.severity) for finding in report.findings]
    assert order == sorted(order)
    assert {f for case in report.cases for f in case.findings} == set(report.findings)


def test_the_data_has_every_persona_with_its_plan_and_the_reference() -> None:
    data = as_report(index_lost()).data
    feed = data["queries"][0]
    assert [(query["name"], len(query["personas"])) for query in data["queries"]] == [
        ("feed", 2),
        ("friends", 1),
        ("badge", 1),
    ]
    median = feed["personas"][1]
    assert (median["verdict"], median["failed"], median["passed"]) == ("fail: plan", "plan", False)
    assert median["work"]["buffers"] == 320
    assert median["reference"]["work"]["buffers"] == 78
    assert median["plan"]["kind"] == "Limit"
