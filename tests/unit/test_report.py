from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from platformdb.errors import Place
from platformdb.report.history import Entry, History, Record
from platformdb.report.json import envelope_schema, render_json
from platformdb.report.model import Finding, Outcome, Report, Severity, Statement, Step, StepResult, StepState, Table
from platformdb.report.text import render_text

STEP = Step("index", "idx_a", "tier 1: why", (Statement("SELECT 1"),), transactional=False)
FINDING = Finding(
    "migration-modified", "it changed", "001_a", place=Place("a.sql", 3, 7, "SELECT x"), help="restore it", detail="d"
)
FULL = Report(
    "a summary with ü",
    Outcome.FAILED,
    steps=(StepResult(STEP, StepState.APPLIED, 1.23456, 7), StepResult(STEP, StepState.FAILED, 2.0)),
    findings=(FINDING, Finding("note-only", "no place")),
    tables=(Table("t", ("a",), ((1,),)),),
    data={"when": datetime(2026, 1, 1, tzinfo=UTC), "n": 1},
)


def finding(severity: Severity) -> Finding:
    return Finding("rule", "message", severity=severity)


class TestExitCode:
    @pytest.mark.parametrize("outcome", list(Outcome))
    def test_the_outcome_is_the_exit_code(self, outcome: Outcome) -> None:
        report = Report("x", outcome)
        assert report.exit_code == outcome.value
        assert report.ok is (outcome is Outcome.DONE)

    def test_the_codes_are_those_of_the_manual(self) -> None:
        assert [outcome.value for outcome in Outcome] == [0, 1, 2, 3, 4, 5, 70, 130]

    @pytest.mark.parametrize(("severity", "code"), [(Severity.ERROR, 1), (Severity.WARNING, 0), (Severity.NOTE, 0)])
    def test_only_an_error_turns_done_into_found(self, severity: Severity, code: int) -> None:
        assert Report("x", findings=(finding(Severity.NOTE), finding(severity))).exit_code == code

    @pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.DONE])
    def test_findings_do_not_change_any_other_outcome(self, outcome: Outcome) -> None:
        assert Report("x", outcome, findings=(finding(Severity.ERROR),)).exit_code == outcome.value


def test_a_report_with_something_replaced_keeps_the_rest() -> None:
    changed = FULL.but(summary="other")
    assert (changed.summary, changed.steps, FULL.summary) == ("other", FULL.steps, "a summary with ü")


def test_values_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        FULL.summary = "x"  # type: ignore[misc]


def test_the_sql_of_a_step_is_all_its_statements() -> None:
    assert Step("k", "s", "r", (Statement("A"), Statement("B"))).sql == "A;\nB"


def test_history_is_asked_by_kind() -> None:
    entries = tuple(
        Entry(Record("p", kind, "1", "n", "c"), datetime(2026, 1, 1, tzinfo=UTC), 1.0) for kind in ("a", "b", "a")
    )
    assert History(True, entries).of("a") == (entries[0], entries[2])


class TestEnvelope:
    def envelope(self, report: Report = FULL) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(render_json(report, command="migrate", elapsed_ms=12.345))
        return parsed

    def test_the_schema_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(envelope_schema())

    @pytest.mark.parametrize("report", [FULL, Report("x"), *(Report("x", outcome) for outcome in Outcome)])
    def test_every_report_validates(self, report: Report) -> None:
        Draft202012Validator(envelope_schema()).validate(self.envelope(report))

    def test_it_is_one_line_with_readable_letters(self) -> None:
        text = render_json(FULL.but(summary="two\nlines ü"), command="migrate", elapsed_ms=1)
        assert "\n" not in text
        assert "ü" in text

    def test_it_says_everything_once(self) -> None:
        envelope = self.envelope()
        assert (envelope["schema"], envelope["command"], envelope["ok"]) == (1, "migrate", False)
        assert (envelope["exit_code"], envelope["elapsed_ms"]) == (4, 12.3)
        assert envelope["data"] == {"when": "2026-01-01 00:00:00+00:00", "n": 1}
        assert envelope["steps"][0] == {
            "kind": "index",
            "subject": "idx_a",
            "reason": "tier 1: why",
            "transactional": False,
            "state": "applied",
            "rows": 7,
            "elapsed_ms": 1.235,
        }
        assert envelope["findings"][0] == {
            "rule": "migration-modified",
            "severity": "error",
            "subject": "001_a",
            "message": "it changed",
            "help": "restore it",
            "detail": "d",
            "place": {"name": "a.sql", "line": 3, "column": 7},
        }
        assert envelope["findings"][1]["place"] is None

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda e: e.update(ok=True),
            lambda e: e.update(exit_code=0),
            lambda e: e.update(exit_code=9),
            lambda e: e.update(schema=2),
            lambda e: e.update(summary=""),
            lambda e: e.update(command=""),
            lambda e: e.update(extra=1),
            lambda e: e.update(elapsed_ms=-1),
            lambda e: e.update(version="new"),
            lambda e: e.update(data=[]),
            lambda e: e.pop("data"),
            lambda e: e["steps"][0].update(state="done"),
            lambda e: e["steps"][0].update(rows=-1),
            lambda e: e["steps"][0].pop("reason"),
            lambda e: e["findings"][0].update(severity="fatal"),
            lambda e: e["findings"][0].update(rule="Not An Id"),
            lambda e: e["findings"][0]["place"].update(line=0),
            lambda e: e["findings"][0].pop("place"),
        ],
    )
    def test_a_wrong_envelope_does_not_validate(self, spoil: Callable[[dict[str, Any]], object]) -> None:
        envelope = self.envelope()
        spoil(envelope)
        assert not Draft202012Validator(envelope_schema()).is_valid(envelope)


def drawn(report: Report, *, color: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=200, no_color=not color, force_terminal=color, highlight=False)
    render_text(report, console)
    return stream.getvalue()


class TestText:
    @pytest.mark.parametrize(
        ("line", "column"),
        [
            ("SELECT FORM t", 8),
            ("\tSELECT\tFORM t", 9),
            ("SELECT '漢字' FORM t", 13),
            ("SELECT '漢\t字' FORM t", 14),
            ("SELECT 'e\u0301\u0301' FORM t", 14),
            ("FORM", 1),
        ],
    )
    def test_the_caret_stands_under_its_column(self, line: str, column: int) -> None:
        from rich.cells import cell_len

        assert line[column - 1 :].startswith("FORM")
        place = Place("a.sql", 12, column, line)
        text, caret = drawn(Report("x", Outcome.REFUSED, findings=(Finding("r", "m", place=place),))).splitlines()[-2:]
        assert cell_len(text[: text.index("FORM")]) == cell_len(caret[: caret.index("^")])

    def test_brackets_in_messages_are_not_markup(self) -> None:
        report = Report("[bold]x[/bold]", findings=(Finding("r", "[red]y[/red]", help="[z]"),))
        assert all(part in drawn(report) for part in ("[bold]x[/bold]", "[red]y[/red]", "[z]"))

    def test_a_long_message_is_one_line_for_grep(self) -> None:
        assert "word " * 99 in drawn(Report("word " * 100))

    def test_without_colours_there_is_no_escape_code(self) -> None:
        assert "\x1b" not in drawn(FULL)
        assert "\x1b" in drawn(FULL, color=True)

    def test_a_raw_result_is_just_that_line_but_not_when_it_failed(self) -> None:
        assert drawn(Report("url", raw="postgresql://x")) == "postgresql://x\n"
        assert "postgresql" not in drawn(Report("failed", Outcome.NOT_NOW, raw="postgresql://x"))

    def test_a_summary_that_the_only_finding_repeats_is_said_once(self) -> None:
        assert drawn(Report("boom", Outcome.FAILED, findings=(Finding("r", "boom"),))).count("boom") == 1

    def test_a_failure_still_says_what_was_applied_before_it(self) -> None:
        report = Report("boom", Outcome.FAILED, FULL.steps, (Finding("apply-failed", "boom"),))
        text = drawn(report)
        assert text.count("boom") == 1
        assert "applied" in text
        assert "failed" in text

    def test_a_folded_report_leaves_its_steps_out(self) -> None:
        assert "idx_a" in drawn(Report("x", steps=FULL.steps))
        assert "idx_a" not in drawn(Report("x", steps=FULL.steps, folded=True))
