"""From a Report, or from whatever went wrong, to what the user sees and the exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback

from platformdb.errors import PlatformdbError
from platformdb.report.model import Finding, Outcome, Report

WIDE = 1000


def present(report: Report, command: str, *, elapsed_ms: float, as_json: bool, color: bool) -> int:
    """Prints a report: results to stdout; in text, what went wrong to stderr. Returns the exit code."""
    try:
        if as_json:
            from platformdb.report.json import render_json

            print(render_json(report, command=command, elapsed_ms=elapsed_ms), flush=True)  # noqa: T201 - the result
        else:
            _as_text(report, color=color)
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return report.exit_code


def _as_text(report: Report, *, color: bool) -> None:
    from rich.console import Console

    from platformdb.report.text import render_text

    stream = sys.stdout if report.outcome in {Outcome.DONE, Outcome.FOUND} else sys.stderr
    if stream.isatty():
        # None leaves it to rich, which knows NO_COLOR.
        render_text(report, Console(file=stream, no_color=None if color else True, highlight=False))
        return
    # For a pipe or a log: nothing folds, and no line ends in the blanks that tables are filled up with.
    console = Console(file=io.StringIO(), no_color=True, highlight=False, width=WIDE)
    render_text(report, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO of two lines above
    stream.write("\n".join(line.rstrip() for line in text.splitlines()) + "\n")
    stream.flush()


def failure(error: BaseException) -> Report:
    """The report of a run that raised; results that travelled inside the error come along."""
    if isinstance(error, KeyboardInterrupt):
        return _report("interrupted", Outcome.INTERRUPTED, "interrupted", "run the same command again to go on")
    if isinstance(error, PlatformdbError):
        finding = Finding(error.rule, error.message, place=error.place, help=error.help, detail=error.detail)
        return Report(error.message, Outcome(error.exit_code), error.results, (finding,))
    shown = "".join(traceback.format_exception(error)) if os.environ.get("PLATFORMDB_DEBUG") else ""
    return _report(
        f"this is a bug in platformdb: {type(error).__name__}: {error}",
        Outcome.BUG,
        "bug",
        "please report it with the output of the same command under PLATFORMDB_DEBUG=1",
        shown,
    )


def _report(message: str, outcome: Outcome, rule: str, help_text: str, detail: str = "") -> Report:
    return Report(message, outcome, findings=(Finding(rule, message, help=help_text, detail=detail),))
