"""A Report for people: one line first, detail below; rich draws it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from platformdb.errors import Place
from platformdb.report.model import Finding, Report, Severity, StepResult, StepState, Table
from platformdb.report.words import are_numbers, cell_text

MARKS = {Severity.ERROR: ("✗", "red"), Severity.WARNING: ("!", "yellow"), Severity.NOTE: ("·", "cyan")}
STATE_STYLES = {StepState.APPLIED: "green", StepState.PLANNED: "cyan", StepState.FAILED: "red"}
# Cells that speak for themselves at a glance.
WORD_STYLES = {
    "✓": "bold green",
    "✗": "bold red",
    "pass": "green",
    "applied": "green",
    "built": "green",
    "running": "green",
    "fail": "bold red",
    "missing": "red",
    "modified": "red",
    "unreadable": "red",
    "invalid": "red",
    "partial": "red",
    "out of order": "red",
    "misplaced": "red",
    "failed": "red",
    "half undone": "red",
    "interrupted": "red",
    "edited": "yellow",
    "pending": "yellow",
    "over target": "yellow",
    "tie": "cyan",
    "new": "cyan",
    "changed": "yellow",
}
# Of a line that is longer than this (characters) only as much is shown, around the caret.
LONG = 200
# Cells of a line that nobody reads on a terminal.
WIDE = 1000
# Blanks between columns; of a cell that is wider than this the rest goes to the next line.
GAP, WRAPPED = 2, 24
# A table of more rows than this is not fitted to the terminal.
FITTED_ROWS = 200


def plain_text(report: Report) -> str:
    """A report for a pipe or a log: nothing folds, and no line ends in the blanks that tables are filled up with."""
    file = io.StringIO()
    render_text(report, Console(file=file, no_color=True, highlight=False, width=WIDE))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def render_text(report: Report, console: Console) -> None:
    """Writes a report to a console; a report with ``raw`` is just that line."""
    if report.raw is not None and report.ok:
        console.print(Text(report.raw), soft_wrap=True)
        return
    said_by_finding = [finding.message for finding in report.findings] == [report.summary]
    if said_by_finding and not report.steps and not report.tables:
        # One error and nothing else to say: once is enough.
        console.print(_finding(report.findings[0]), soft_wrap=True)
        return
    if not said_by_finding:
        console.print(_summary(report), soft_wrap=True)
    if report.steps and not report.folded:
        _print_grid(_steps(report.steps), console)
    for table in report.tables:
        console.print()
        console.print(Text(table.title, style="bold"))
        _print_table(table, console)
    for finding in report.findings:
        console.print()
        console.print(_finding(finding), soft_wrap=True)
    _render_facts(report.facts, console)
    _render_next(report.next, console)


def _render_facts(facts: Mapping[str, str], console: Console) -> None:
    """Name and text on lines of their own; the terminal wraps them, so that what is copied has no line ends in it."""
    for name, text in facts.items():
        console.print()
        console.print(Text(name, style="bold"))
        console.print(Text(text), soft_wrap=True)


def _render_next(commands: tuple[str, ...], console: Console) -> None:
    if commands:
        console.print()
        console.print(Text("next:", style="bold"))
    for command in commands:
        console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)


def _summary(report: Report) -> Text:
    mark, style = ("✓", "green") if report.ok else ("✗", "red")
    return Text.assemble((f"{mark} ", f"bold {style}"), (report.summary, "bold"))


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells in rows; ``right`` has the numbers of the columns that are flush right, ``header`` may be empty."""

    rows: Sequence[Sequence[Text]]
    header: Sequence[str] = ()
    right: frozenset[int] = frozenset()


def _steps(results: Sequence[StepResult]) -> Grid:
    return Grid(tuple(_step(result) for result in results))


def _step(result: StepResult) -> tuple[Text, ...]:
    rows = f"{result.rows:,} rows" if result.rows is not None and result.step.kind == "copy" else ""
    return (
        Text(f"  {result.state.value}", style=STATE_STYLES[result.state]),
        Text(result.step.kind),
        Text(result.step.subject),
        Text(result.step.reason if result.step.reason.startswith(rows) else rows, style="dim"),
        Text(f"{result.elapsed_ms:.0f} ms" if result.state is not StepState.PLANNED else "", style="dim"),
    )


def _print_table(table: Table, console: Console) -> None:
    shown = fitted(table, console.width)
    # In a pipe each row is for itself: grep finds it with its first cell.
    _print_grid(_table(_blanked(shown) if table.grouped and console.is_terminal else shown), console)
    if left := [column for column in table.columns if column not in shown.columns]:
        console.print(Text(f"too narrow for: {', '.join(left)}", style="dim"))


def fitted(table: Table, width: int) -> Table:
    """The table without as many of its spare columns as have no room in a line of so many cells."""
    if not table.spare:
        return table
    widths = {
        name: max(cell_len(name), *(min(cell_len(_cell(row[place]).plain), WRAPPED) for row in table.rows), 0)
        for place, name in enumerate(table.columns)
    }
    for name in table.spare:
        if sum(widths.values()) + GAP * (len(widths) - 1) <= width:
            break
        widths.pop(name, None)
    kept = [place for place, name in enumerate(table.columns) if name in widths]
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows)
    return replace(table, columns=tuple(widths), rows=rows)


def _blanked(table: Table) -> Table:
    """The table with the first cell of each group only."""
    before = [None, *(row[0] for row in table.rows)]
    rows = tuple(("", *row[1:]) if row[0] == above else row for row, above in zip(table.rows, before, strict=False))
    return replace(table, rows=rows)


def _table(table: Table) -> Grid:
    columns = list(zip(*table.rows, strict=True))
    right = frozenset(number for number, values in enumerate(columns) if are_numbers(values))
    rows = tuple(tuple(_cell(value) for value in row) for row in table.rows)
    return Grid(rows, table.columns if any(table.columns) else (), right)


def _print_grid(grid: Grid, console: Console) -> None:
    """Rich fits a table to the terminal, at 0.3 ms a row; long ones are just set in columns."""
    if len(grid.rows) > FITTED_ROWS:
        console.file.write("".join(f"{line}\n" for line in _lines(grid)))
        return
    table = RichTable(
        box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim", show_header=bool(grid.header)
    )
    for number in range(len(grid.rows[0]) if grid.rows else len(grid.header)):
        name = grid.header[number] if grid.header else ""
        table.add_column(name, justify="right" if number in grid.right else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*row)
    console.print(table)


def _lines(grid: Grid) -> Iterator[str]:
    texts = [list(grid.header)] if grid.header else []
    texts += [[cell.plain for cell in row] for row in grid.rows]
    widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = (_padded(text, widths[number], right=number in grid.right) for number, text in enumerate(row))
        yield "  ".join(cells).rstrip()


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def _cell(value: object) -> Text:
    text = cell_text(value)
    word = text.partition(":")[0].partition(" at ")[0]  # of "partial: 2 of 3 parts", "failed at statement 2 of 3"
    return Text(text, style=WORD_STYLES.get(word, ""))


def _finding(finding: Finding) -> Text:
    mark, style = MARKS[finding.severity]
    lines = Text.assemble((f"{mark} ", f"bold {style}"), (finding.message, "bold"), (f"  [{finding.rule}]", "dim"))
    for part in (*_place(finding.place), *_indented(finding.detail, "  ")):
        lines.append("\n").append(part)
    if finding.help:
        lines.append("\n  → ", style="cyan").append(finding.help)
    return lines


def _place(place: Place | None) -> Iterator[Text]:
    """The place as ``file:line:column``, the line itself, and a caret under the column."""
    if place is None:
        return
    yield Text(f"  at {place}", style="dim")
    if place.text is not None and place.line is not None and place.column is not None:
        gutter = f"  {place.line} | "
        shown, column = _around(place.text, place.column)
        yield Text(gutter + shown)
        # As wide as the text above it: a tab, or two cells for a CJK character and none for a combining mark.
        before = "".join("\t" if c == "\t" else " " * cell_len(c) for c in shown[: column - 1])
        yield Text(" " * (len(gutter) - 2) + "| " + before + "^", style="red")


def _around(text: str, column: int) -> tuple[str, int]:
    """What of a line is shown, and the column in that: some files are one line of many megabytes."""
    start, end = max(column - 1 - LONG // 2, 0), column - 1 + LONG // 2
    if len(text) <= LONG:
        return text, column
    shown = text[start:end]
    return ("…" if start else "") + shown + ("…" if end < len(text) else ""), column - start + bool(start)


def _indented(text: str, prefix: str) -> Iterator[Text]:
    for line in text.splitlines():
        yield Text(prefix + line, style="dim")
