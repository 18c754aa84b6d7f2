"""What a run of bench looks like in every format: a folder for each case, a file for each format.

After a wanted change: ``pytest tests/golden --update-golden``, then read the difference.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from judged import CASES
from platformdb.bench.shown.output import as_report
from platformdb.report.github import render_github
from platformdb.report.junit import render_junit
from platformdb.report.markdown import render_markdown
from platformdb.report.model import Report
from platformdb.report.text import plain_text, render_text

HERE = Path(__file__).parent / "output"
FORMATS = {"md": render_markdown, "xml": render_junit, "github": render_github}


def on_terminal(report: Report, width: int) -> str:
    """What a terminal of this width shows, without its colours."""
    stream = io.StringIO()
    render_text(report, Console(file=stream, width=width, force_terminal=True, color_system=None, highlight=False))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("form", [*FORMATS, "pipe", "80", "120", "200"])
def test_output(case: str, form: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    report = as_report(CASES[case]())
    if form in FORMATS:
        text = FORMATS[form](report, command="bench", elapsed_ms=4321.0)
    else:
        text = plain_text(report) if form == "pipe" else on_terminal(report, int(form))
    path = HERE / case / f"expected.{form}"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    assert text.rstrip("\n") + "\n" == path.read_text(encoding="utf-8")
