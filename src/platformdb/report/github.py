"""A Report as GitHub Actions' workflow commands: notes beside the lines of a pull request.

How they are written and escaped: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands;
how many of them GitHub shows: https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from platformdb.report.model import Finding, Report, Severity
from platformdb.report.words import counted

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
# Of each kind GitHub shows so many for a step, and drops the rest without a word.
SHOWN = 10


def render_github(report: Report, *, command: str, elapsed_ms: float) -> str:
    """The report as text for the log, then an annotation for each finding; of too many the last tells how many."""
    findings = report.findings
    if not report.ok and not any(finding.severity is Severity.ERROR for finding in findings):
        findings = (*findings, Finding("failed", report.summary))
    kinds = ([each for each in findings if each.severity is severity] for severity in COMMANDS)
    annotations = (line for kind in kinds for line in _annotations(kind, command))
    return "\n".join((_quoted(_as_text(report)), *annotations))


def add_summary(report: Report, path: Path, *, command: str, elapsed_ms: float) -> None:
    """Adds the report to the page that GitHub shows of the job: the file that GITHUB_STEP_SUMMARY names.

    Raises:
        OSError: the file cannot be written.
    """
    from platformdb.report.markdown import render_markdown

    with path.open("a", encoding="utf-8") as file:
        file.write(render_markdown(report, command=command, elapsed_ms=elapsed_ms))


def _as_text(report: Report) -> str:
    from platformdb.report.text import plain_text

    return plain_text(report)


def _quoted(text: str) -> str:
    """A text in which GitHub sees no commands, whatever its lines begin with: the word that ends that is not in it."""
    word = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"::stop-commands::{word}\n{text}\n::{word}::"


def _annotations(findings: Sequence[Finding], command: str) -> Iterator[str]:
    shown = findings if len(findings) <= SHOWN else findings[: SHOWN - 1]
    yield from (_annotation(finding) for finding in shown)
    if more := findings[len(shown) :]:
        kind = COMMANDS[more[0].severity]
        title = _property(f"platformdb {command}")
        yield f"::{kind} title={title}::{_data(f'and {counted(len(more), kind)} more: see the log of this step')}"


def _annotation(finding: Finding) -> str:
    place = finding.place
    given = {
        "file": _in_repository(place.name) if place and place.line else None,
        "line": place.line if place else None,
        "col": place.column if place else None,
        "title": finding.rule + (f": {finding.subject}" if finding.subject else ""),
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in given.items() if value is not None)
    lines = (finding.message, finding.detail, f"→ {finding.help}" if finding.help else "")
    return f"::{COMMANDS[finding.severity]} {properties}::{_data(chr(10).join(line for line in lines if line))}"


def _in_repository(name: str) -> str:
    """A file's name as GitHub knows it, where the command runs in a folder below the repository's."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    return Path(os.path.relpath(name, workspace)).as_posix() if workspace else name


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
