from __future__ import annotations

from dataclasses import replace

import pytest

from platformdb.errors import Place
from platformdb.indexes.evidence.judge import best, differs, helps, judge, misses, tier_of
from platformdb.indexes.evidence.model import Effect, Evidence, InsertCost, Side, WriteCost
from platformdb.indexes.evidence.shown import as_data, summary, table
from platformdb.report.model import Severity

PLACE = Place("sql/indexes/tier2_a.sql", 4, 1)


def effect(kept: Side, dropped: Side, query: str = "feed", target: float = 50) -> Effect:
    return Effect(query, "heaviest", target, kept, dropped)


def evidence(*effects: Effect, declared: int | None = 2, **facts: object) -> Evidence:
    made = Evidence("by_author", "posts", 81_920, declared, PLACE, effects=effects)
    return replace(made, **facts)  # type: ignore[arg-type]


SAME = effect(Side(20), Side(20))
FEWER_PAGES = effect(Side(20, (1.0, 1.1, 1.0)), Side(200, (1.0, 1.0, 1.1)))
MISSED = effect(Side(20, (5.0, 6.0, 5.5)), Side(9_000, (90.0, 80.0, 85.0)))
FASTER = effect(Side(20, (1.0, 1.1, 1.0)), Side(20, (2.0, 2.2, 2.1)), target=500)


class TestTiers:
    def test_one_without_which_a_target_is_missed_is_of_tier_1(self) -> None:
        assert tier_of(evidence(SAME, MISSED)) == 1

    def test_one_that_helps_is_of_tier_2(self) -> None:
        assert tier_of(evidence(SAME, FEWER_PAGES)) == 2

    def test_one_that_helps_nobody_is_of_tier_3(self) -> None:
        assert tier_of(evidence(SAME)) == tier_of(evidence()) == 3

    def test_a_target_that_is_missed_with_it_too_is_not_its_doing(self) -> None:
        lost = effect(Side(20, (60.0,) * 3), Side(9_000, (90.0,) * 3))
        assert (misses(lost), tier_of(evidence(lost))) == (False, 2)

    def test_a_query_that_was_cancelled_without_it_missed_its_target(self) -> None:
        cancelled = effect(Side(20, (5.0,)), Side(stopped=1_000))
        assert tier_of(evidence(cancelled)) == 1

    def test_one_that_was_cancelled_and_misses_its_target_anyway_is_only_helped(self) -> None:
        assert tier_of(evidence(effect(Side(20, (60.0,)), Side(stopped=1_000)))) == 2

    @pytest.mark.parametrize(
        ("pages", "others", "far"),
        [(20, 23, True), (20, 22, False), (3, 5, False), (1_000, 1_100, False), (9, 3, True)],
    )
    def test_pages_differ_from_ten_percent_and_three_pages_on(self, pages: int, others: int, far: bool) -> None:
        assert differs(pages, others) is far

    def test_time_counts_where_pages_are_the_same_in_every_round(self) -> None:
        assert helps(FASTER)
        assert not helps(replace(FASTER, dropped=Side(20, (2.0, 1.0, 2.1))))

    def test_a_few_hundredths_of_a_millisecond_are_the_machines(self) -> None:
        assert not helps(effect(Side(20, (0.02,) * 3), Side(20, (0.04,) * 3)))

    def test_one_that_makes_a_query_read_more_does_not_help_it(self) -> None:
        assert not helps(effect(Side(200, (1.0,) * 3), Side(20, (2.0,) * 3)))

    def test_the_effect_that_misses_a_target_comes_first(self) -> None:
        worse = effect(Side(20, (0.1,) * 3), Side(9_000, (40.0,) * 3), "other")
        assert best(evidence(SAME, worse, MISSED)) == (MISSED, worse)


class TestFindings:
    def test_a_tier_that_is_right_is_no_finding(self) -> None:
        assert judge([evidence(FEWER_PAGES)], "load") == ()
        assert judge([evidence(MISSED, declared=None)], "load") == ()

    def test_one_that_is_needed_more_is_a_warning_with_the_line_to_move(self) -> None:
        (finding,) = judge([evidence(MISSED)], "load")
        assert (finding.rule, finding.severity, finding.place) == ("tier-wrong", Severity.WARNING, PLACE)
        assert finding.message == (
            "by_author is declared in tier 2, but without it feed for heaviest takes 85.0 ms instead of 5.5, "
            "the target is 50 ms"
        )
        assert finding.help == "move it from sql/indexes/tier2_a.sql:4:1 to a file of tier 1"

    def test_one_that_nothing_needs_is_a_warning(self) -> None:
        (finding,) = judge([evidence(SAME)], "ci")
        assert finding.message.endswith("but no measured query is 10 % worse without it")
        assert finding.help.endswith("to a file of tier 3, or write down the query that needs it")

    def test_on_little_data_no_target_is_missed_so_tier_1_is_not_judged(self) -> None:
        first = evidence(FEWER_PAGES, declared=1)
        assert judge([first], "ci") == ()
        assert [finding.rule for finding in judge([first], "load")] == ["tier-wrong"]

    def test_those_that_alone_serve_a_foreign_key_or_keep_a_rule_are_one_note(self) -> None:
        found = [evidence(SAME, foreign_keys=("posts.fk",)), evidence(SAME, unique=True, index="one_each")]
        (finding,) = judge(found, "load")
        assert (finding.rule, finding.severity) == ("tier-unproven", Severity.NOTE)
        assert finding.detail == "by_author (tier 2), one_each (tier 2)"

    def test_one_that_could_not_be_measured_is_not_judged(self) -> None:
        assert judge([evidence(skipped="others need it")], "load") == ()


class TestTable:
    COST = WriteCost(InsertCost(500.0, 0.02), InsertCost(420.0, 0.015), ("status",), 4, 0, 3)

    def row(self, found: Evidence) -> dict[str, object]:
        shown = table([found])
        return dict(zip(shown.columns, shown.rows[0], strict=True))

    def test_a_row_says_whom_it_helps_and_what_it_costs(self) -> None:
        row = self.row(evidence(SAME, MISSED, cost=self.COST))
        assert row["helps most"] == "feed (heaviest)"
        assert (row["pages with / without"], row["p50 with / without"]) == ("20 / 9,000", "5.50 / 85.00")
        assert (row["size"], row["log per insert"]) == ("80 kB", "80 B")
        assert row["heap-only updates lost"] == "3 of 4: status"

    def test_a_query_that_was_cancelled_has_a_time_at_least(self) -> None:
        row = self.row(evidence(effect(Side(20, (5.0,)), Side(stopped=1_000))))
        assert (row["pages with / without"], row["p50 with / without"]) == ("20 / ?", "5.00 / > 1,000 ms")

    def test_one_that_no_query_needs_says_so(self) -> None:
        assert self.row(evidence(SAME))["helps most"] == "nothing measured"
        assert self.row(evidence(foreign_keys=("posts.posts_fk",)))["helps most"] == "foreign key posts_fk"

    def test_tiers_come_in_order_and_those_of_no_tier_last(self) -> None:
        found = [evidence(declared=None, index="c"), evidence(declared=3, index="b"), evidence(declared=1, index="z")]
        assert [row[0] for row in table(found).rows] == ["z", "b", "c"]

    def test_programs_get_all_of_it(self) -> None:
        data = as_data(evidence(SAME, MISSED, cost=self.COST))
        assert (data["declared_tier"], data["evidence_tier"], data["helps"]) == (2, 1, ["feed"])
        assert (data["wal_bytes_per_insert"], data["heap_only_without"]) == (80.0, 3)
        assert [each["pages_without"] for each in data["queries"]] == [20, 9_000]  # type: ignore[attr-defined]

    def test_the_summary_counts_what_is_not_borne_out(self) -> None:
        found = [evidence(MISSED), evidence(skipped="x")]
        assert summary("shop", found, judge(found, "load")) == "shop: 1 index measured, 1 tier not borne out"
