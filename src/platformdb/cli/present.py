"""From a Report, or from whatever went wrong, to what the user sees and the exit code."""

from __future__ import annotations

import os
import re
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from platformdb.errors import PlatformdbError
from platformdb.report.model import Finding, Outcome, Report

# Formats for programs, each with a module and a function of its name in report/.
RENDERED = frozenset({"json", "junit", "github", "markdown"})


def present(report: Report, command: str, *, elapsed_ms: float, form: str, color: bool) -> int:
    """Prints a report: results to stdout; in text, what went wrong to stderr. Returns the exit code."""
    try:
        if form in RENDERED:
            render = getattr(import_module(f"platformdb.report.{form}"), f"render_{form}")
            print(render(report, command=command, elapsed_ms=elapsed_ms), flush=True)  # noqa: T201 - the result
            if form == "github" and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
                from platformdb.report.github import add_summary

                add_summary(report, Path(summary), command=command, elapsed_ms=elapsed_ms)
        else:
            _as_text(report, color=color)
    except OSError as error:
        trouble = unwritable(error)
        return report.exit_code or trouble
    return report.exit_code


def unwritable(error: OSError) -> int:
    """What it means for the exit code that the result could not be written: nothing where a reader has seen enough."""
    # Python would complain again when it flushes stdout at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # head, less
        return int(Outcome.DONE)
    with suppress(OSError):
        sys.stderr.write(f"✗ the result could not be written: {error.strerror}\n")
    return int(Outcome.NOT_NOW)


def _as_text(report: Report, *, color: bool) -> None:
    stream = sys.stdout if report.outcome in {Outcome.DONE, Outcome.FOUND} else sys.stderr
    if _is_one_line(report):
        print(_one_line(report, styled=stream.isatty() and color and _has_colors()), file=stream, flush=True)
        return
    from rich.console import Console

    from platformdb.report.text import plain_text, render_text

    if stream.isatty():
        # None leaves it to rich, which knows NO_COLOR.
        render_text(report, Console(file=stream, no_color=None if color else True, highlight=False))
        return
    stream.write(plain_text(report) + "\n")
    stream.flush()


def _is_one_line(report: Report) -> bool:
    """Whether there is so little to say that rich (40 ms to import) need not draw it."""
    said = report.tables or report.findings or report.facts or report.next or (report.steps and not report.folded)
    return (report.raw is not None and report.ok) or not said


def _one_line(report: Report, *, styled: bool) -> str:
    """What ``render_text`` would write."""
    if report.raw is not None and report.ok:
        return report.raw
    mark, color = ("✓", 32) if report.ok else ("✗", 31)
    return f"\x1b[1;{color}m{mark} \x1b[0m\x1b[1m{report.summary}\x1b[0m" if styled else f"{mark} {report.summary}"


def _has_colors() -> bool:
    """What rich goes by as well."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in {"dumb", "unknown"}


def failure(error: BaseException) -> Report:
    """The report of a run that raised; results that travelled inside the error come along."""
    if isinstance(error, KeyboardInterrupt):
        return _report("interrupted", Outcome.INTERRUPTED, "interrupted", "run the same command again to go on")
    if isinstance(error, PlatformdbError):
        message = without_passwords(error.message)
        finding = Finding(error.rule, message, place=error.place, help=error.help, detail=error.detail)
        return Report(message, Outcome(error.exit_code), error.results, (finding,))
    shown = "".join(traceback.format_exception(error)) if os.environ.get("PLATFORMDB_DEBUG") else ""
    return _report(
        f"this is a bug in platformdb: {type(error).__name__}: {error}",
        Outcome.BUG,
        "bug",
        "please report it with the output of the same command under PLATFORMDB_DEBUG=1",
        shown,
    )


def without_passwords(message: str) -> str:
    """A message that repeats an argument, in which a URL may stand that was meant for --url."""
    return re.sub(r"(\w://?[^\s:/@]*):\S*@", r"\1:***@", message)


def _report(message: str, outcome: Outcome, rule: str, help_text: str, detail: str = "") -> Report:
    return Report(message, outcome, findings=(Finding(rule, message, help=help_text, detail=detail),))
