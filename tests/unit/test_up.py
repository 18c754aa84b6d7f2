from __future__ import annotations

from functools import partial

import pytest

from platformdb.errors import ApplyFailed
from platformdb.postgres.target import Target
from platformdb.report.model import Finding, Outcome, Report, Severity, Step, StepResult, StepState, Table
from platformdb.report.progress import Silent
from platformdb.up.run import Part, _run
from platformdb.up.summary import Created, summarise

CREATED = Created(tables=22, indexes=9, constraint_indexes=3, tiers={1: 4, 3: 1}, triggers=2, rows=5)
RESULT = StepResult(Step("versioned", "001", "why"), StepState.APPLIED)
TARGETS = Table("queries", ("query",), (("feed",), ("friends",)), notable=(1,))
MIGRATED = Report("demo: applied 1 versioned", steps=(RESULT,), data={"applied": 1})
MEASURED = Report("demo: 1 of 1 targets met", tables=(TARGETS,))


def summed(*reports: Report, provider: str = "embedded", **parameters: str) -> Report:
    target = Target(provider, {"host": "here", "dbname": "demo", **parameters})
    return summarise("demo", target, reports, CREATED)


def test_the_last_screen_has_the_parts_what_was_created_the_targets_and_the_url() -> None:
    report = summed(MIGRATED, MEASURED)
    assert [table.title for table in report.tables] == ["what was done", "in the database", "queries"]
    assert report.tables[0].rows == (("✓", "applied 1 versioned"), ("✓", "1 of 1 targets met"))
    assert report.facts == {"connection URL": "postgresql://here/demo"}
    assert report.summary == "demo is up: 1 step applied"
    assert report.ok


def test_it_offers_three_commands_to_try_next() -> None:
    commands = summed(MIGRATED).next
    assert len(commands) == 3
    assert all(command.startswith("platformdb ") and command.endswith(" demo") for command in commands)


def test_what_it_offers_for_a_kept_container_goes_to_that_container() -> None:
    commands = summed(MIGRATED, provider="container", passfile="/secret").next
    assert len(commands) == 3
    assert all("postgresql://here/demo?passfile=/secret" in command for command in commands)


def test_of_a_container_that_is_gone_it_offers_only_to_keep_the_next_one() -> None:
    assert summed(MIGRATED, provider="container").next == ("platformdb up demo --provider container --keep",)


def test_indexes_are_told_apart_and_add_up() -> None:
    rows = summed(MIGRATED).tables[1].rows
    assert rows[1] == ("indexes", 9, "tier 1: 4, tier 3: 1, constraints: 3, other: 1")


def test_a_second_run_says_that_nothing_was_changed() -> None:
    report = summed(Report("nothing to do"), MEASURED)
    assert "nothing was changed" in report.summary
    assert report.data["changed"] is False


def test_the_same_facts_are_there_for_programs() -> None:
    data = summed(MIGRATED, MEASURED).data
    assert (data["created"]["tables"], data["created"]["tiers"], data["created"]["rows"]) == (22, {1: 4, 3: 1}, 5)
    assert data["parts"][0] == {"summary": MIGRATED.summary, "ok": True, "data": {"applied": 1}}
    assert (data["url"], data["platform"], data["changed"]) == ("postgresql://here/demo", "demo", True)


def test_findings_of_every_part_stay_and_decide_the_exit_code() -> None:
    drifted, hint = Finding("counter-drifted", "x"), Finding("note", "y", severity=Severity.NOTE)
    report = summed(MIGRATED, Report("drift", findings=(drifted,)), MEASURED.but(findings=(hint,)))
    assert report.findings == (drifted, hint)
    assert report.exit_code == 1
    assert report.tables[0].rows[1][0] == "✗"
    assert report.summary.endswith("but 1 check failed")


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.FAILED])
def test_a_part_that_could_not_do_its_work_means_not_up(outcome: Outcome) -> None:
    report = summed(MIGRATED, Report("refused", outcome))
    assert (report.summary, report.exit_code) == ("demo is not up", outcome.value)


class TestOrder:
    def parts(self, *reports: Report) -> tuple[list[str], tuple[Part, ...]]:
        ran: list[str] = []

        def work(report: Report) -> Report:
            ran.append(report.summary)
            return report

        return ran, tuple(Part(partial(work, report)) for report in reports)

    def test_a_refused_part_ends_the_run(self) -> None:
        ran, parts = self.parts(Report("a"), Report("b", Outcome.REFUSED), Report("c"))
        assert [report.summary for report in _run(parts, Silent())] == ran == ["a", "b"]

    def test_a_part_that_only_found_something_does_not(self) -> None:
        ran, parts = self.parts(Report("a", findings=(Finding("r", "m"),)), Report("b"))
        _run(parts, Silent())
        assert ran == ["a", "b"]

    def test_an_error_carries_the_steps_of_the_parts_before_it(self) -> None:
        failed = StepResult(RESULT.step, StepState.FAILED)

        def fail() -> Report:
            error = ApplyFailed("x")
            error.results = (failed,)
            raise error

        with pytest.raises(ApplyFailed) as caught:
            _run((Part(lambda: MIGRATED), Part(fail)), Silent())
        assert caught.value.results == (RESULT, failed)
