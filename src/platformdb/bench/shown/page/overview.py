"""The table of all queries and personas, with links to their plans; on a phone each row is a card. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from platformdb.bench.model import Judged, Verdict
from platformdb.bench.shown.page.marks import found_by, link, verdict_mark
from platformdb.bench.shown.table import bench_table

CAPTION = "Times in milliseconds, as the client saw them; the target is of p99."
NUMBERS = frozenset({"has", "p50 ms", "p95 ms", "p99 ms", "target", "buffers"})


def overview(judged: Judged) -> str:
    """The table that a terminal shows; roles are named, for as cards its parts are no table to a browser."""
    table = bench_table(judged)
    head = "".join(f'<th scope="col" role="columnheader"{_class(name)}>{escape(name)}</th>' for name in table.columns)
    rows = "\n".join(
        _row(verdict, table.columns, cells) for verdict, cells in zip(judged.verdicts, table.rows, strict=True)
    )
    return (
        f'<div class="wide"><table class="overview" role="table"><caption class="soft">{CAPTION}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{rows}\n</tbody></table></div>'
    )


def _row(verdict: Verdict, columns: Sequence[str], cells: Sequence[object]) -> str:
    parts = "".join(
        f'<td role="cell" data-name="{escape(name, quote=True)}"{_class(name)}>{_cell(verdict, name, value)}</td>'
        for name, value in zip(columns, cells, strict=True)
    )
    return f'<tr role="row" {found_by(verdict)}>{parts}</tr>'


def _cell(verdict: Verdict, name: str, value: object) -> str:
    if name == "persona":
        return link(verdict.entry, str(value))
    if name == "verdict":
        return verdict_mark(verdict)
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _class(name: str) -> str:
    return ' class="n"' if name in NUMBERS else ""
