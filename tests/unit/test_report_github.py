from __future__ import annotations

import re
from pathlib import Path

import pytest

from judged import index_lost, nasty
from platformdb.bench.shown.output import as_report
from platformdb.errors import Place
from platformdb.report.github import add_summary, render_github
from platformdb.report.model import Finding, Outcome, Report, Severity


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def commands(report: Report) -> list[str]:
    """The lines that GitHub takes for commands, as its runner looks for them: not between a stop and its word."""
    found, stopped = [], ""
    for line in render_github(report, command="bench", elapsed_ms=1).splitlines():
        if stop := re.fullmatch("::stop-commands::(.+)", line.lstrip()):
            stopped = stop[1]
        elif line.lstrip() == f"::{stopped}::":
            stopped = ""
        elif not stopped:
            found.append(line)
    return found


def many(count: int, severity: Severity = Severity.ERROR) -> tuple[Finding, ...]:
    return tuple(Finding("rule", f"message {number}", severity=severity) for number in range(count))


def test_each_finding_is_an_annotation_at_its_line_the_worst_first() -> None:
    found = commands(as_report(index_lost()))
    assert [line.split()[0] for line in found] == ["::error", "::error", "::warning", "::notice"]
    assert found[0].startswith(
        "::error file=sql/vrss/queries/feed.sql,line=12,col=1,title=plan-index-lost%3A feed/median::"
    )
    assert "%0Anow: Seq Scan%0A→ bring the index back" in found[0]


def test_the_log_has_the_table_as_a_pipe_would() -> None:
    lines = render_github(as_report(index_lost()), command="bench", elapsed_ms=1).splitlines()
    assert any(line.startswith("feed     median ") for line in lines)


def test_no_text_can_give_github_a_command() -> None:
    found = commands(as_report(nasty()))
    assert len(found) == 1
    assert found[0].startswith("::error file=a%2Cb%3Ac.sql,line=3,col=1,title=work-grown%3A <script>")
    assert "50%25 @ada%0A::error::no" in found[0]


@pytest.mark.parametrize("severity", list(Severity))
def test_of_many_the_tenth_says_how_many_more(severity: Severity) -> None:
    assert len(commands(Report("x", findings=many(10, severity)))) == 10
    found = commands(Report("x", findings=many(14, severity)))
    assert len(found) == 10
    assert found[8].endswith("::message 8")
    assert "::and 5 " in found[9]


def test_a_failure_without_a_finding_is_an_error() -> None:
    assert commands(Report("no server", Outcome.NOT_NOW)) == ["::error title=failed::no server"]


def test_a_file_is_named_from_the_root_of_the_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    monkeypatch.chdir(tmp_path / "db")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (line,) = commands(Report("x", findings=(Finding("r", "m", place=Place("sql/a.sql", 1)),)))
    assert line == "::error file=db/sql/a.sql,line=1,title=r::m"


def test_the_summary_of_the_job_grows(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    add_summary(as_report(index_lost()), path, command="bench", elapsed_ms=1)
    text = path.read_text()
    assert text.startswith("before\n### ❌ vrss: 10 of 12 gates passed")
