"""The shape report for a terminal, for programs, and as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from platformdb.report.model import Finding, Report, Severity, Table
from platformdb.report.words import counted
from platformdb.seeding.shape_report.model import FanShape, Line, Shape, TableShape, Unit, Verdict

RULE = "seed-shape"
HELP = "load it again with platformdb seed --replace, or declare what is meant in seed.toml"
# Figures of a key in the order of the terminal's columns.
FIGURES = ("gini", "childless", "p99", "max")
UNITS = ("B", "kB", "MB", "GB", "TB")


def as_report(shape: Shape) -> Report:
    """The report; each line that is not what was declared is a finding."""
    misses, judged = shape.misses, sum(line.verdict is not Verdict.SHOWN for line in shape.lines)
    rows = sum(table.measured.rows for table in shape.tables)
    held = f"{counted(len(shape.tables), 'table')}, {counted(rows, 'row')}"
    said = f"{judged - len(misses)} of {judged} measurements are as declared"
    return Report(
        f"{said} ({held}, profile {shape.profile})" if judged else f"nothing to measure ({held})",
        findings=(*(_finding(line, shape.source) for line in misses), *_unseen(shape)),
        tables=tuple(table for table in (_loaded(shape), _keys(shape), _values(shape)) if table.rows),
        data={"shape": as_data(shape)},
    )


def _finding(line: Line, source: str) -> Finding:
    declared = "" if line.declared is None else f", declared {number(line.declared, line.unit)}"
    return Finding(
        RULE,
        f"{line.subject}: {line.measure} is {number(line.measured, line.unit)}{declared}",
        line.subject,
        help=HELP,
        detail=f"allowed: {allowed(line)}; {source}",
    )


def _unseen(shape: Shape) -> Iterator[Finding]:
    if shape.unseen:
        message = f"not measured, for it is of values that no column holds: {', '.join(shape.unseen)}"
        yield Finding(RULE, message, shape.source, Severity.NOTE)


def _loaded(shape: Shape) -> Table:
    rows = [_loaded_row(table) for table in shape.tables]
    columns = ("table", "rows", "heap", "indexes", "toast", "rows/s")
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    return Table("Loaded", columns[:shown], tuple(row[:shown] for row in rows))


def _loaded_row(table: TableShape) -> tuple[object, ...]:
    size, rate = table.measured.size, table.measured.rate
    sizes = (size_of(size.heap), size_of(size.indexes), size_of(size.toast))
    return table.measured.name, table.measured.rows, *sizes, f"{rate:,.0f}" if rate else ""


def _keys(shape: Shape) -> Table:
    rows = tuple(_key_row(fan) for table in shape.tables for fan in table.fans if fan.law is not None)
    return Table("Fan-out: measured / declared", ("key", *FIGURES, ""), rows)


def _key_row(fan: FanShape) -> tuple[object, ...]:
    found = {line.measure: line for line in fan.lines}
    return fan.fan.name, *(_pair(found.get(name)) for name in FIGURES), verdict_of(fan.lines).value


def _pair(line: Line | None) -> str:
    if line is None or line.declared is None:
        return ""
    at_most = "≤" if line.low is None and line.high is not None else ""
    return f"{number(line.measured, line.unit)}/{at_most}{number(line.declared, line.unit)}"


def _values(shape: Shape) -> Table:
    rows = tuple(_value_row(lines) for lines in _by_subject(shape))
    title = "Columns, times and graphs: the measurement that is farthest off"
    return Table(title, ("what", "", "is", "declared", ""), rows)


def _by_subject(shape: Shape) -> Iterator[tuple[Line, ...]]:
    for table in shape.tables:
        lines = [line for line in (*table.lines, *table.columns, *table.times) if _is_told(line)]
        for subject in dict.fromkeys(line.subject for line in lines):
            yield tuple(line for line in lines if line.subject == subject)


def _is_told(line: Line) -> bool:
    """Not that a table has its rows, and a time its place in the story: unless it is not so."""
    return line.verdict is Verdict.FAILED or (
        line.verdict is Verdict.PASSED and line.unit not in (Unit.COUNT, Unit.PLACE)
    )


def _value_row(lines: Sequence[Line]) -> tuple[object, ...]:
    farthest = max(lines, key=_off)
    declared = "" if farthest.declared is None else number(farthest.declared, farthest.unit)
    measured = number(farthest.measured, farthest.unit)
    return farthest.subject, farthest.measure, measured, declared, verdict_of(lines).value


def _off(line: Line) -> float:
    """How far a line is from its declaration: 1 where what is allowed ends."""
    declared = 0.0 if line.declared is None else line.declared
    end = line.high if line.measured >= declared else line.low
    room = abs((declared if end is None else end) - declared)
    return float("inf") if line.verdict is Verdict.FAILED else abs(line.measured - declared) / room if room else 0.0


def verdict_of(lines: Sequence[Line]) -> Verdict:
    """Fail where one fails, pass where something was judged."""
    verdicts = {line.verdict for line in lines}
    return (
        Verdict.FAILED
        if Verdict.FAILED in verdicts
        else Verdict.PASSED
        if Verdict.PASSED in verdicts
        else Verdict.SHOWN
    )


def number(value: float, unit: Unit) -> str:
    """A number for people."""
    if unit is Unit.COUNT:
        return f"{value:,.0f}"
    if unit in (Unit.SHARE, Unit.PLACE):
        return f"{value * 100:.3g} %" if 0 < abs(value) < 0.1 else f"{value * 100:.1f} %"
    return f"{value:.2f}"


def allowed(line: Line) -> str:
    """What is allowed, in words; shares from 0 to 1."""
    low = None if line.low is None else max(line.low, 0.0) if line.unit is not Unit.NUMBER else line.low
    high = None if line.high is None else min(line.high, 1.0) if line.unit is Unit.SHARE else line.high
    if low is not None and high is not None:
        one, other = number(low, line.unit), number(high, line.unit)
        return one if one == other else f"{one} to {other}"
    if high is not None:
        return f"at most {number(high, line.unit)}"
    return "" if low is None else f"at least {number(low, line.unit)}"


def size_of(size: float) -> str:
    """Bytes for people."""
    for unit in UNITS:
        if size < 1_000 or unit == UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1_000
    return ""


def as_data(shape: Shape) -> dict[str, Any]:
    """The whole report as values for JSON."""
    return {
        "source": shape.source,
        "profile": shape.profile,
        "tables": {table.measured.name: _table_data(table) for table in shape.tables},
        "lines": [_line_data(line) for line in shape.lines],
    }


def _table_data(table: TableShape) -> dict[str, Any]:
    has = table.measured
    return {
        "rows": has.rows,
        "looked_at": has.looked,
        "bytes": {"heap": has.size.heap, "indexes": has.size.indexes, "toast": has.size.toast},
        "rows_per_second": None if has.rate is None else round(has.rate),
        "keys": {fan.fan.name: _fan_data(fan) for fan in table.fans},
        "distinct": {column.name: column.distinct for column in has.columns if column.distinct is not None},
        "correlation": {column.name: column.correlation for column in has.columns if column.correlation is not None},
        "by_period": [] if has.moments is None else list(has.moments.periods),
        "by_hour": [] if has.moments is None else list(has.moments.hours),
    }


def _fan_data(fan: FanShape) -> dict[str, Any]:
    has = fan.measured
    return {
        "refers_to": fan.fan.parent,
        "declared": fan.said,
        "children": [int(children) for children in has.children],
        "parents": [int(parents) for parents in has.parents],
    }


def _line_data(line: Line) -> dict[str, Any]:
    return {
        "subject": line.subject,
        "measure": line.measure,
        "measured": float(line.measured),
        "declared": None if line.declared is None else float(line.declared),
        "low": None if line.low is None else float(line.low),
        "high": None if line.high is None else float(line.high),
        "verdict": line.verdict.value,
    }


def as_markdown(shape: Shape) -> str:
    """The report as a page of Markdown: what was loaded, and every line."""
    report = as_report(shape)
    sizes = (tuple(str(cell) for cell in row) for row in report.tables[0].rows) if report.tables else ()
    lines = ((line.subject, line.measure, *_cells(line), line.verdict.value) for line in shape.lines)
    parts = (
        f"# Shape of {shape.source}",
        f"{report.summary}.",
        "## Loaded",
        _grid(report.tables[0].columns if report.tables else (), sizes),
        "## Measured beside declared",
        _grid(("what", "measurement", "measured", "declared", "allowed", "verdict"), lines),
    )
    return "\n\n".join(parts) + "\n"


def _cells(line: Line) -> tuple[str, str, str]:
    declared = "" if line.declared is None else number(line.declared, line.unit)
    return number(line.measured, line.unit), declared, allowed(line)


def _grid(head: Sequence[str], rows: Iterator[tuple[str, ...]] | tuple[()]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in (tuple(head), *rows)]
    return "\n".join((lines[0], "|---" * len(head) + "|", *lines[1:]))
