"""Folders of text: each case is a folder, its expected.txt is what must come out.

``refused/<case>/`` holds a project with mistakes: the answer of ``migrate``, which must not reach a database.
``plan/<case>/`` holds the files as they were applied (``before/``; ``stopped`` says after how many steps) and as they
are (``after/``): the plan. ``text/<case>/report.json`` is a report: its text.

After a wanted change: ``pytest tests/golden --update-golden``, then read the difference.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from platformdb.cli.app import run
from platformdb.errors import Place
from platformdb.migrations.judge import contradictions
from platformdb.migrations.model import Standing
from platformdb.migrations.outlook import read_whole
from platformdb.migrations.past import fold
from platformdb.migrations.plan import DUE, plan_migrate
from platformdb.migrations.read import list_files
from platformdb.migrations.standing import standings, to_be_read
from platformdb.project import Platform
from platformdb.report.history import Entry
from platformdb.report.model import Finding, Outcome, Report, Severity, Step, StepResult, StepState, Table
from platformdb.report.text import render_text
from projects import Project

HERE = Path(__file__).parent
EXPECTED = "expected.txt"
WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def cases(kind: str) -> list[Path]:
    return sorted(path for path in (HERE / kind).iterdir() if path.is_dir())


def each_case(kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize("case", cases(kind), ids=lambda path: path.name)


@pytest.fixture
def golden(case: Path, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compares with the case's expected text, or writes it."""

    def compare(text: str) -> None:
        path = case / EXPECTED
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is not there: write it with --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.mark.parametrize("kind", ["refused", "plan", "text"])
def test_there_are_cases(kind: str) -> None:
    assert len(cases(kind)) >= 4


@each_case("refused")
def test_refused(case: Path, golden: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = "postgresql:///never?host=/nonexistent"
    code = run(["migrate", "--project", str(case), "--url", nowhere, "--no-color"])
    output = capsys.readouterr()
    assert output.out == ""
    golden(f"exit code {code}\n{output.err.replace(str(case), '<project>')}")


@each_case("plan")
def test_plan(case: Path, golden: Callable[[str], None]) -> None:
    applied = _planned(_found(Project(case / "before").platform, ()))
    stopped = case / "stopped"
    ran = applied[: int(stopped.read_text())] if stopped.is_file() else applied
    entries = tuple(Entry(step.record, WHEN, 1.0, "", n) for n, step in enumerate(ran, 1) if step.record)
    texts = {entry.id: entry.record.text for entry in entries}
    found = _found(Project(case / "after").platform, entries)
    lines = [f"{standing.state.value:<13} {standing.version} {standing.name}".rstrip() for standing in found]
    findings = contradictions(found, texts=texts)
    golden("\n".join([*lines, *_steps(_planned(found)), *_findings(findings)]) + "\n")


def _found(platform: Platform, entries: tuple[Entry, ...]) -> tuple[Standing, ...]:
    """Where the files of a platform stand, read as a run reads them."""
    files, book = list_files(platform), fold(entries)
    migrations, problems = read_whole(to_be_read(files, book, templated=False), platform, {})
    assert problems == ()
    return standings(files, book, migrations)


def _planned(found: tuple[Standing, ...]) -> tuple[Step, ...]:
    return plan_migrate("demo", [standing for standing in found if standing.state in DUE], {})


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        alone = "" if step.transactional else ", outside a transaction"
        yield f"\n-- {step.source}: {step.reason}{alone}"
        yield step.sql


def _findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        yield f"\n{finding.severity.value} {finding.rule}: {finding.message}"
        yield from (f"  {line}" for line in finding.detail.splitlines())
        yield f"  → {finding.help}"


@each_case("text")
def test_text(case: Path, golden: Callable[[str], None]) -> None:
    report = _report(json.loads((case / "report.json").read_text(encoding="utf-8")))
    stream = io.StringIO()
    render_text(report, Console(file=stream, width=200, no_color=True, highlight=False))
    text = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
    golden(f"exit code {report.exit_code}\n{text}\n")


def _report(data: dict[str, Any]) -> Report:
    return Report(
        data["summary"],
        Outcome[data.get("outcome", "DONE")],
        steps=tuple(_result(**step) for step in data.get("steps", ())),
        findings=tuple(_finding(**finding) for finding in data.get("findings", ())),
        tables=tuple(
            Table(table["title"], tuple(table["columns"]), tuple(map(tuple, table["rows"])))
            for table in data.get("tables", ())
        ),
        facts=data.get("facts", {}),
        next=tuple(data.get("next", ())),
        raw=data.get("raw"),
        folded=data.get("folded", False),
    )


def _result(kind: str, subject: str, reason: str, state: str, elapsed_ms: float, rows: int | None = None) -> StepResult:
    return StepResult(Step(kind, subject, reason), StepState(state), elapsed_ms, rows)


def _finding(place: list[Any] | None = None, severity: str = "error", **fields: str) -> Finding:
    return Finding(severity=Severity(severity), place=Place(*place) if place else None, **fields)
