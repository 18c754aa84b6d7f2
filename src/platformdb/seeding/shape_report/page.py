"""The shape report as one page of HTML, with nothing to be loaded from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape

from platformdb.report.page import resource, tiles, whole_page, wide_table
from platformdb.seeding.shape_report.model import FanShape, Line, Shape, TableShape, Verdict
from platformdb.seeding.shape_report.plots import bars, rank_plot, share_bar
from platformdb.seeding.shape_report.texts import allowed, number, size_of, verdict_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A picture of fewer rows shows nothing.
FEW = 10
# What of a key stands above its picture.
HEADLINES = ("exponent", "sigma", "gini", "childless", "max")
KEY = (
    '<p class="key"><i><span style="background:var(--measured)"></span>measured</i>'
    '<i><span style="background:var(--declared)"></span>declared</i></p>'
)


def as_page(shape: Shape) -> str:
    """The page. Nothing in it depends on when or where it was made."""
    title = f"Shape of {shape.source}, profile {shape.profile}"
    body = "\n".join(_body(shape, title))
    return whole_page(title, body, styles=resource("platformdb.seeding.shape_report", "page.css"))


def _body(shape: Shape, title: str) -> Iterator[str]:
    story = " to ".join(f"{_moment(end):%Y-%m-%d}" for end in shape.story)
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="soft">What the database holds, measured, beside what was declared. {story}.</p>'
    yield _tiles(shape)
    if shape.misses:
        yield "<h2>Not as declared</h2>" + _lines(shape.misses)
    if shape.unseen:
        unseen = escape(", ".join(shape.unseen))
        yield f'<p class="soft">Not measured, for it is of values that no column holds: {unseen}.</p>'
    yield "<h2>Loaded</h2>" + _loaded(shape)
    for table in shape.tables:
        yield from _table(shape, table)


def _tiles(shape: Shape) -> str:
    judged = sum(line.verdict is not Verdict.SHOWN for line in shape.lines)
    sizes = [table.measured.size for table in shape.tables]
    figures = (
        (f"{sum(table.measured.rows for table in shape.tables):,}", f"rows in {len(shape.tables)} tables"),
        (size_of(sum(size.heap + size.toast for size in sizes)), "of rows"),
        (size_of(sum(size.indexes for size in sizes)), "of indexes"),
        (f"{judged - len(shape.misses):,} of {judged:,}", "measurements are as declared"),
    )
    return tiles(figures)


def _loaded(shape: Shape) -> str:
    rated = any(table.measured.rate for table in shape.tables)
    head = ("table", "rows", "heap", "indexes", "toast", *(("rows/s",) if rated else ()), "")
    rows = (_loaded_row(table, rated=rated) for table in shape.tables)
    return wide_table(head, rows, numbers=range(1, len(head) - 1))


def _loaded_row(table: TableShape, *, rated: bool) -> tuple[str, ...]:
    has, verdict = table.measured, verdict_of(list(table.all_lines()))
    sizes = (size_of(has.size.heap), size_of(has.size.indexes), size_of(has.size.toast))
    rate = (f"{has.rate:,.0f}" if has.rate else "",) if rated else ()
    link = f'<a href="#{escape(has.name, quote=True)}">{escape(has.name)}</a>'
    return link, f"{has.rows:,}", *sizes, *rate, _verdict(verdict)


def _table(shape: Shape, table: TableShape) -> Iterator[str]:
    has = table.measured
    said = f"{has.rows:,} rows"
    if has.looked not in (0, has.rows):
        said += f"; of columns {has.looked:,} rows were looked at, whole pages of the disk"
    yield f'<h2 id="{escape(has.name, quote=True)}">{escape(has.name)}</h2>\n<p class="soft">{said}</p>'
    cards = [*_times(shape, table), *(_fan(fan) for fan in table.fans)]
    if cards:
        yield f'{KEY}\n<div class="cards">{"".join(cards)}</div>'
    if shares := table.columns:
        yield _shares(shares)
    if lines := list(table.all_lines()):
        judged = sum(line.verdict is not Verdict.SHOWN for line in lines)
        said = f"All {len(lines)} measurements, {judged} of them judged"
        yield f"<details><summary>{said}</summary>{_lines(lines)}</details>"


def _times(shape: Shape, table: TableShape) -> Iterator[str]:
    moments = table.measured.moments
    if moments is None or table.measured.rows < FEW:
        return
    first, last = (f"{_moment(end):%Y-%m-%d}" for end in shape.story)
    over = bars(f"{table.measured.name}: rows over the story", moments.periods, table.pace, (first, "", last))
    yield _card("Rows over the story", "", over)
    judged = any(line.measure.startswith("rhythm") for line in table.times)
    hours = bars(
        f"{table.measured.name}: rows by hour (UTC)",
        moments.hours,
        shape.rhythm if judged else (),
        ("0 h", "12 h", "24 h"),
    )
    yield _card("Rows by hour (UTC)", "", hours)


def _fan(fan: FanShape) -> str:
    expected = None if fan.law is None else fan.law.degrees(fan.parents)
    found = {line.measure: line for line in fan.lines}
    told = ", ".join(_told(found[name]) for name in HEADLINES if name in found)
    said = f"declared: {fan.said}{' at most' if fan.fan.dropped else ''}" if fan.said else "follows from other rows"
    title = f"{fan.fan.name} to {fan.fan.parent}: children by rank"
    plot = rank_plot(title, fan.measured, expected) if fan.measured.largest > 1 else ""
    return _card(f"{fan.fan.name} → {fan.fan.parent}", f"{said}<br>{told}", plot, verdict_of(fan.lines))


def _told(line: Line) -> str:
    return f'<span class="{line.verdict.value}">{line.measure} {number(line.measured, line.unit)}</span>'


def _card(title: str, text: str, plot: str, verdict: Verdict = Verdict.SHOWN) -> str:
    mark = f" {_verdict(verdict)}" if verdict is Verdict.FAILED else ""
    return f'<section class="card"><h3>{escape(title)}{mark}</h3><p class="soft">{text}</p>{plot}</section>'


def _shares(lines: Sequence[Line]) -> str:
    rows = (
        (
            escape(line.subject.rpartition(".")[2]),
            escape(line.measure),
            _bar(line),
            *_numbers(line),
            _verdict(line.verdict),
        )
        for line in lines
    )
    return wide_table(("column", "", "share of the rows", "measured", "declared", "allowed", ""), rows, numbers=(3, 4))


def _bar(line: Line) -> str:
    return share_bar(f"{line.subject} {line.measure}: {number(line.measured, line.unit)}", line.measured, line.declared)


def _lines(lines: Iterable[Line]) -> str:
    rows = ((escape(line.subject), escape(line.measure), *_numbers(line), _verdict(line.verdict)) for line in lines)
    return wide_table(("what", "measurement", "measured", "declared", "allowed", ""), rows, numbers=(2, 3))


def _numbers(line: Line) -> tuple[str, str, str]:
    declared = "" if line.declared is None else number(line.declared, line.unit)
    return number(line.measured, line.unit), declared, allowed(line)


def _verdict(verdict: Verdict) -> str:
    words = {Verdict.PASSED: "✓ as declared", Verdict.FAILED: "✗ not as declared", Verdict.SHOWN: ""}
    return f'<span class="{verdict.value}">{words[verdict]}</span>' if verdict else ""


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
