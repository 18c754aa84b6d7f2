"""Whatever goes wrong inside: what the user sees, on which stream, with which exit code."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from commandline import envelope_of
from platformdb.cli.app import run
from platformdb.cli.present import present
from platformdb.errors import ApplyFailed, ConfigError, Interrupted, NotNow, Place, PlatformdbError, Refused
from platformdb.report.model import Finding, Outcome, Report, Severity, Statement, Step, StepResult, StepState, Table
from platformdb.report.progress import Observer
from platformdb.report.text import render_text

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


ONE_LINE = [Report("demo: nothing to do"), Report("not well", Outcome.FOUND), Report("unused", raw="postgresql:///x")]


@pytest.mark.parametrize("report", ONE_LINE, ids=lambda report: report.summary)
@pytest.mark.parametrize("terminal", [False, True])
def test_a_report_of_one_line_looks_as_if_rich_had_drawn_it(
    report: Report, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=terminal, color_system="standard" if terminal else None, width=200)
    render_text(report, console)
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: terminal)
    monkeypatch.setattr("sys.stdout", written)
    present(report, "migrate", elapsed_ms=0, form="text", color=True)
    assert written.getvalue() == drawn.getvalue()
    assert ("\x1b" in written.getvalue()) == (terminal and report.raw is None)


@pytest.mark.parametrize("how", ["NO_COLOR", "TERM", "flag"])
def test_colours_can_be_refused(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb" if how == "TERM" else "xterm")
    monkeypatch.setenv("NO_COLOR", "1" if how == "NO_COLOR" else "")
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdout", written)
    present(ONE_LINE[0], "migrate", elapsed_ms=0, form="text", color=how != "flag")
    assert written.getvalue() == "✓ demo: nothing to do\n"


TOML = '[variables]\npw = { env = "APP_PASSWORD", secret = true }\nschema = "app"\n'
VALUE = "hun\"ter'2"


@pytest.fixture
def secretive(provoke: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "platformdb.toml").write_text(TOML)
    monkeypatch.setenv("APP_PASSWORD", VALUE)
    return provoke


WHOLE = Report(
    f"summary {VALUE}",
    steps=(StepResult(Step("versioned", f"subject {VALUE}", f"reason {VALUE}", (STEP.statements)), StepState.APPLIED),),
    findings=(
        Finding(
            "rule",
            f"message {VALUE}",
            f"subject {VALUE}",
            Severity.NOTE,
            Place("app.sql", 1, 1, f"line {VALUE}"),
            f"help {VALUE}",
            f"detail {VALUE}",
        ),
    ),
    tables=(Table(f"title {VALUE}", ("column",), ((f"cell {VALUE}", 5, None, Path(VALUE)),)),),
    facts={"fact": f"text {VALUE}"},
    data={"deep": [{"er": (f"text {VALUE}", 5, Path(VALUE))}], "count": 5},
    next=(f"command {VALUE}",),
)


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_part_of_a_report_shows_a_secret(secretive: object, capfd: pytest.CaptureFixture[str], style: str) -> None:
    report = WHOLE.but(tables=(Table("t", ("a", "b", "c", "d"), WHOLE.tables[0].rows),))
    secretive(report)
    assert run([*WORDS, "--format", style]) == 0
    out = capfd.readouterr().out
    assert "hun" not in out
    assert "ter'2" not in out
    parts = ("summary", "subject", "reason", "message", "help", "detail")
    assert all(
        f"{part} ***" in out for part in (*parts, *(("line", "cell", "text", "command") if style == "text" else ()))
    )
    if style == "json":
        data = envelope_of(out)["data"]
        assert data == {"deep": [{"er": ["text ***", 5, "***"]}], "count": 5}


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_error_shows_a_secret_not_even_a_bug_with_its_traceback(
    secretive: object, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    monkeypatch.setenv("PLATFORMDB_DEBUG", "1")
    secretive(ZeroDivisionError(f"division by {VALUE}"))
    assert run([*WORDS, "--format", style]) == 70
    shown = "".join(capfd.readouterr())
    assert "division by ***" in shown
    assert "test_boundary.py" in shown
    assert "hun" not in shown


def test_progress_shows_no_secret(
    secretive: object, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(opening: object, platform: object, observer: Observer, **_: object) -> Report:
        observer.stage(f"stage {VALUE}", 1)
        observer.started(WHOLE.steps[0].step)
        observer.finished(replace(WHOLE.steps[0], elapsed_ms=2000.0))
        observer.note(f"note {VALUE}")
        return Report("done")

    monkeypatch.setattr("platformdb.migrations.run.migrate", act)
    assert run(WORDS) == 0
    assert capfd.readouterr().err == "== stage *** (1 step)\napplied subject *** (2.0 s)\nnote ***\n"


def test_a_short_secret_leaves_the_envelope_valid(
    secretive: object, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_PASSWORD", "e")
    secretive(Report("well done", data={"key": "value"}, findings=(Finding("rule", "one", severity=Severity.NOTE),)))
    assert run([*WORDS, "--format", "json"]) == 0
    envelope = envelope_of(capfd.readouterr().out)
    assert (envelope["summary"], envelope["data"]) == ("w***ll don***", {"key": "valu***"})
    assert (envelope["findings"][0]["severity"], envelope["findings"][0]["rule"]) == ("note", "rule")


@pytest.mark.parametrize(
    ("url", "said", "shown"),
    [
        ("postgresql://me:hun%2Fter2@h/d", "FATAL: hun/ter2 is wrong", "FATAL: *** is wrong"),
        ("postgresql://h/d?password=hunter2", "hunter2", "***"),
        ("host=h password='hunter2' dbname=d", "hunter2", "***"),
        ("postgresql://me:hun%2Fter2@h/d", "postgresql://me:hun%2Fter2@h/d", "***"),
        ("postgresql://postgres:postgres@h/shop", "postgresql://postgres@h/shop", "postgresql://postgres@h/shop"),
        ("postgresql://app:shop@h/shop", "shop: applied", "shop: applied"),
        ("postgresql://me:a@h/d", "applied", "applied"),
    ],
)
def test_the_databases_password_is_shown_nowhere_unless_the_url_says_it_openly(
    provoke: object, capfd: pytest.CaptureFixture[str], url: str, said: str, shown: str
) -> None:
    provoke(Report(said))
    assert run(["migrate", "--project", ".", "--url", url]) == 0
    assert capfd.readouterr().out == f"✓ {shown}\n"
