from __future__ import annotations

import pytest

from judged import all_pass, index_lost, nasty
from platformdb.bench.shown.output import as_report
from platformdb.errors import Place
from platformdb.report.markdown import LONGEST, render_markdown
from platformdb.report.model import Finding, Outcome, Report, Step, StepResult, StepState, Table


def rendered(report: Report) -> str:
    return render_markdown(report, command="bench", elapsed_ms=1234)


def test_the_verdict_comes_first_then_what_failed_then_the_rest_folded() -> None:
    text = rendered(as_report(index_lost()))
    open_part, _, folded = text.partition("<details>")
    assert text.startswith("### ❌ vrss: 10 of 12 gates passed; feed for median lost its index")
    assert "`plan-index-lost` at `sql/vrss/queries/feed.sql:12:1`" in open_part
    assert [line.split(" | ")[1] for line in open_part.splitlines() if line.startswith("| f")] == ["median", "median"]
    assert "| feed | heaviest |" in folded
    assert "plan-tie" in folded


def test_nothing_is_open_where_nothing_failed() -> None:
    assert "|" not in rendered(as_report(all_pass())).partition("<details>")[0]


def test_no_text_becomes_markdown_html_or_a_call_of_somebody() -> None:
    text = rendered(as_report(nasty()))
    outside_fences = "".join(text.split("  ```")[::2])
    assert "<script" not in outside_fences.replace("\\<script", "")
    assert "@ada" not in outside_fences
    rows = [line for line in text.splitlines() if line.startswith("| a")]
    assert rows
    assert all(line.replace("\\|", "").count("|") == rows[0].replace("\\|", "").count("|") for line in rows)


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    finding = Finding("r", "m", detail="a\n````\nb")
    assert "  `````\n  a\n  ````\n  b\n  `````" in rendered(Report("x", findings=(finding,)))


def test_what_the_summary_says_already_is_not_said_twice() -> None:
    report = Report("no server", Outcome.NOT_NOW, findings=(Finding("not-now", "no server", help="start it"),))
    assert rendered(report).count("no server") == 1
    assert "start it" in rendered(report)


def test_a_failed_step_is_not_folded_away() -> None:
    steps = (StepResult(Step("index", "i", "why"), StepState.FAILED),)
    assert "| failed | index | i | why |" in rendered(Report("x", Outcome.FAILED, steps)).partition("<details>")[0]


@pytest.mark.parametrize("rows", [5_000, 5_001])
def test_a_comment_is_never_longer_than_github_takes_and_ends_what_it_began(rows: int) -> None:
    table = Table("t", ("a", "b"), tuple((number, "x" * 20) for number in range(rows)))
    text = rendered(Report("x", tables=(table,), findings=(Finding("r", "m", detail="d\n" * 10),)))
    assert len(text) <= LONGEST + 200
    assert text.count("<details>") == text.count("</details>") == 1
    assert "Cut here" in text


def test_code_in_the_text_of_a_place_stays_code() -> None:
    text = rendered(Report("x", findings=(Finding("r", "m", place=Place("a`b.sql", 1)),)))
    assert "`a'b.sql:1`" in text
