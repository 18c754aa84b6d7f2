"""Whatever goes wrong inside: what the user sees, on which stream, with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import envelope_of
from platformdb.cli.app import run
from platformdb.errors import ApplyFailed, ConfigError, Interrupted, NotNow, Place, PlatformdbError, Refused
from platformdb.report.model import Finding, Report, Severity, Statement, Step, StepResult, StepState

WORDS = ["migrate", "--project", ".", "--url", "postgresql:///x"]
STEP = Step("versioned", "phases/001_a.sql", "why", (Statement("SELECT 1"),))


@pytest.fixture
def provoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """Makes the next command raise something, or return a report of our own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phases").mkdir()
    (tmp_path / "phases" / "001_a.sql").write_text("SELECT 1")

    def prepare(outcome: BaseException | Report) -> None:
        def act(*_: object, **__: object) -> Report:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr("platformdb.migrations.run.migrate", act)

    return prepare


def test_a_bug_exits_70_without_a_traceback_and_asks_for_a_report(
    provoke: object, capfd: pytest.CaptureFixture[str]
) -> None:
    provoke(ZeroDivisionError("division by zero"))
    assert run(WORDS) == 70
    shown = capfd.readouterr()
    assert "this is a bug in platformdb: ZeroDivisionError: division by zero" in shown.err
    assert "PLATFORMDB_DEBUG=1" in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_a_bug_shows_its_traceback_to_those_who_ask_for_it(
    provoke: object, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORMDB_DEBUG", "1")
    provoke(ZeroDivisionError("division by zero"))
    assert run(WORDS) == 70
    assert "test_boundary.py" in capfd.readouterr().err


def test_a_bug_is_a_valid_envelope_too(provoke: object, capfd: pytest.CaptureFixture[str]) -> None:
    provoke(ZeroDivisionError("division by zero"))
    assert run([*WORDS, "--format", "json"]) == 70
    envelope = envelope_of(capfd.readouterr().out)
    assert (envelope["exit_code"], envelope["findings"][0]["rule"]) == (70, "bug")


@pytest.mark.parametrize("error", [RecursionError("too deep"), MemoryError(), OSError(28, "No space left on device")])
def test_no_error_of_any_kind_is_a_traceback(
    provoke: object, capfd: pytest.CaptureFixture[str], error: Exception
) -> None:
    provoke(error)
    assert run(WORDS) == 70
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("kind", "code"), [(ConfigError, 2), (Refused, 3), (ApplyFailed, 4), (NotNow, 5), (Interrupted, 130)]
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_every_error_has_its_exit_code_and_says_all_it_knows(
    provoke: object, capfd: pytest.CaptureFixture[str], kind: type[PlatformdbError], code: int, style: str
) -> None:
    error = kind(
        "what happened", help="what to do", detail="what the server said", place=Place("a.sql", 2, 8, "SELECT ö")
    )
    error.results = (StepResult(STEP, StepState.APPLIED, 1.0),)
    provoke(error)
    assert run([*WORDS, "--format", style]) == code
    shown = capfd.readouterr()
    if style == "json":
        envelope = envelope_of(shown.out)
        assert (envelope["exit_code"], envelope["ok"]) == (code, False)
        assert envelope["steps"][0]["subject"] == "phases/001_a.sql"
        assert envelope["findings"][0]["place"] == {"name": "a.sql", "line": 2, "column": 8}
    else:
        assert shown.out == ""
        words = ("what happened", "what to do", "what the server said", "a.sql:2:8", "SELECT ö", "phases/001_a.sql")
        assert all(word in shown.err for word in words)


def test_ctrl_c_exits_130(provoke: object, capfd: pytest.CaptureFixture[str]) -> None:
    provoke(KeyboardInterrupt())
    assert run(WORDS) == 130
    shown = capfd.readouterr()
    assert "interrupted" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(("severity", "code"), [(Severity.ERROR, 1), (Severity.WARNING, 0), (Severity.NOTE, 0)])
def test_what_a_check_found_is_a_result_and_goes_to_stdout(
    provoke: object, capfd: pytest.CaptureFixture[str], severity: Severity, code: int
) -> None:
    provoke(Report("checked", findings=(Finding("rule", "found it", severity=severity),)))
    assert run(WORDS) == code
    shown = capfd.readouterr()
    assert "found it" in shown.out
    assert shown.err == ""


def test_the_working_folder_may_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run(["status"]) == 2
    assert "folder" in capfd.readouterr().err
