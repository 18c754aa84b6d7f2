"""A Report as Markdown, for a comment on a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from platformdb.report.model import Finding, Report, Severity, StepState, Table
from platformdb.report.words import are_numbers, cell_text

# A comment on GitHub may have 65,536 characters; who posts it wants to add a line of his own.
LONGEST = 60_000
MARKS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "💬"}
CUT = "\n\n_Cut here, for a comment takes no more; the log of the job has all of it._\n"
# What means something in Markdown or HTML, and would be read as that.
SPECIAL = re.compile(r"([\\`*\[\]<>&#|~$]|(?<!\w)_|_(?!\w))")


def render_markdown(report: Report, *, command: str, elapsed_ms: float) -> str:
    """The verdict; what failed; of each table the rows worth a look; and the rest, folded."""
    mark = "✅" if report.ok else "❌"
    said_by_finding = [finding.message for finding in report.findings] == [report.summary]
    parts = [
        f"### {mark} {_escaped(report.summary)}",
        *_findings([each for each in report.findings if each.severity is not Severity.NOTE], said=said_by_finding),
        *(part for table in report.tables for part in _table(table)),
        *_folded_notes([each for each in report.findings if each.severity is Severity.NOTE]),
        *_steps(report),
        *(f"```\n{each}\n```" for each in report.next),
        f"<sub>platformdb {_escaped(command)}, {elapsed_ms / 1000:.1f} s</sub>",
    ]
    return _within("\n\n".join(parts) + "\n")


def _within(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    kept = text[:LONGEST].rpartition("\n")[0]
    # What is open must be closed, or the page below it is folded away as well.
    closing = "\n```" * (kept.count("```") % 2) + "\n</details>" * (kept.count("<details>") - kept.count("</details>"))
    return kept + closing + CUT


def _findings(findings: Sequence[Finding], *, said: bool) -> Iterator[str]:
    for finding in findings:
        message = "" if said else f"**{_escaped(finding.message)}** "
        yield "\n".join((f"- {MARKS[finding.severity]} {message}{_rule(finding)}", *_below(finding)))


def _rule(finding: Finding) -> str:
    return f"`{finding.rule}`" + (f" at {_code(str(finding.place))}" if finding.place else "")


def _below(finding: Finding) -> Iterator[str]:
    if finding.detail:
        # A fence longer than any in the text.
        fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", finding.detail) or [""]))
        yield from (f"  {line}" for line in (fence, *finding.detail.splitlines(), fence))
    if finding.help:
        yield f"  → {_escaped(finding.help)}"


def _folded_notes(notes: Sequence[Finding]) -> Iterator[str]:
    if notes:
        yield _folded(f"{len(notes)} notes" if len(notes) > 1 else "1 note", "\n".join(_findings(notes, said=False)))


def _table(table: Table) -> Iterator[str]:
    """Rows worth a look stand open, the others are folded."""
    notable = [table.rows[place] for place in table.notable]
    others = [row for place, row in enumerate(table.rows) if place not in set(table.notable)]
    if notable:
        yield f"**{_escaped(table.title)}**"
        yield _grid(table.columns, notable)
    if others:
        yield _folded(f"{table.title}: {len(others)}{' more' if notable else ''}", _grid(table.columns, others))


def _steps(report: Report) -> Iterator[str]:
    if report.steps and not report.folded:
        rows = [(each.state.value, each.step.kind, each.step.subject, each.step.reason) for each in report.steps]
        grid = _grid(("state", "kind", "subject", "why"), rows)
        failed = any(each.state is StepState.FAILED for each in report.steps)
        yield grid if failed else _folded(f"steps: {len(rows)}", grid)


def _folded(summary: str, text: str) -> str:
    return f"<details>\n<summary>{escape(summary)}</summary>\n\n{text}\n\n</details>"


def _grid(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    right = [are_numbers(values) for values in zip(*rows, strict=True)]
    rule = "|".join("---:" if is_right else "---" for is_right in right)
    head, *lines = (f"| {' | '.join(map(_cell, row))} |" for row in (columns, *rows))
    return "\n".join((head, f"|{rule}|", *lines))


def _cell(value: object) -> str:
    return " ".join(_escaped(cell_text(value)).split())


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


def _escaped(text: str) -> str:
    """A text that means nothing but itself; an @name in it calls nobody."""
    return re.sub(r"@(?=\w)", "@\u200b", SPECIAL.sub(r"\\\1", text))
