from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from judged import index_lost, nasty, refused
from platformdb.bench.shown.output import as_report
from platformdb.errors import Place
from platformdb.report.junit import render_junit
from platformdb.report.model import Case, Finding, Outcome, Report, Severity, Step, StepResult, StepState

# What the schema of Jenkins' xUnit plugin (junit-10.xsd) allows; a report with anything else is refused as a whole.
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "skipped", "file"},
    "testcase": {"name", "classname", "time"},
    "properties": set(),
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "system-out"},
}


def rendered(report: Report) -> ElementTree.Element:
    root = ElementTree.fromstring(render_junit(report, command="bench", elapsed_ms=61_234.6))
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    for suite in (root, *root):
        # Of a suite's time the schema takes three decimals.
        assert len(suite.attrib["time"].partition(".")[2]) <= 3
    return root


def test_there_is_a_suite_for_each_query_and_a_case_for_each_persona() -> None:
    root = rendered(as_report(index_lost()))
    cases = {suite.attrib["name"]: [case.attrib["name"] for case in suite.iter("testcase")] for suite in root}
    assert cases == {"feed": ["heaviest", "median"], "friends": ["median"], "badge": ["nothing"]}
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["time"]) == ("4", "1", "61.235")


def test_a_case_fails_once_with_all_its_errors() -> None:
    (failure,) = rendered(as_report(index_lost())).iter("failure")
    assert failure.attrib == {
        "type": "plan-index-lost",
        "message": "feed for median: posts is no longer looked up by user_id; feed for median: pages 78 → 320",
    }
    assert failure.text is not None
    assert "at sql/vrss/queries/feed.sql:12:1" in failure.text
    assert "now: Seq Scan" in failure.text
    assert "what to do: see its plan" in failure.text


def test_what_is_no_error_fails_no_case() -> None:
    outs = [element.text or "" for element in rendered(as_report(index_lost())).iter("system-out")]
    assert [text.partition(" ")[0] for text in outs] == ["note:", "warning:"]


def test_figures_are_properties_of_the_suite() -> None:
    found = {p.attrib["name"]: p.attrib["value"] for p in rendered(as_report(index_lost())).iter("property")}
    assert found["median.buffers"] == "6"
    assert found["heaviest.chosen"] == "the most accounts followed: 2,036"


@pytest.mark.parametrize(
    ("report", "failures"),
    [
        (as_report(refused()), "1"),
        (Report("no connection", Outcome.NOT_NOW), "1"),
        (Report("no connection", Outcome.NOT_NOW, findings=(Finding("not-now", "no connection"),)), "1"),
        (Report("fine"), "0"),
        (Report("noted", findings=(Finding("x", "noted", severity=Severity.NOTE),)), "0"),
        (Report("late", Outcome.NOT_NOW, cases=(Case("s", "c"),)), "1"),
    ],
)
def test_a_report_fails_here_exactly_when_its_exit_code_is_not_0(report: Report, failures: str) -> None:
    assert rendered(report).attrib["failures"] == failures
    assert report.ok is (failures == "0")


def test_steps_are_cases_and_a_planned_one_is_none() -> None:
    states = (StepState.APPLIED, StepState.FAILED, StepState.PLANNED)
    steps = tuple(StepResult(Step("index", f"i{n}", "why"), state, 2.0) for n, state in enumerate(states))
    root = rendered(Report("failed", Outcome.FAILED, steps))
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["index i0", "index i1"]
    assert root.attrib["failures"] == "1"


def test_no_text_breaks_the_file() -> None:
    root = rendered(as_report(nasty()))
    (failure,) = root.iter("failure")
    assert "<script>" in failure.attrib["message"]
    assert "\ufffd" in (failure.text or "")


def test_the_place_is_told_though_no_attribute_takes_it() -> None:
    case = Case("s", "c", (replace(Finding("r", "m"), place=Place("a.sql", 3, 1)),))
    assert "at a.sql:3:1" in render_junit(Report("x", cases=(case,), findings=case.findings), command="b", elapsed_ms=0)
