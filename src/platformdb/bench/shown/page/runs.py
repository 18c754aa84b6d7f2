"""A persona's times and buffers over several runs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.bench.model import Entry, Run, Times
from platformdb.bench.shown.page.lines import line_plot
from platformdb.report.page import wide_table

HEAD = ("run", "p50 ms", "p99 ms", "buffers")
KEY = '<p class="key"><i><span class="s0"></span>p50</i><i><span class="s1"></span>p99</i></p>'


def over_runs(entry: Entry, runs: Sequence[Run]) -> str:
    """Two pictures and, folded, their figures; nothing where there is one run only."""
    found = [_of(run, entry) for run in runs]
    if sum(each is not None for each in found) < 2:
        return ""
    times = [None if each is None else each.times for each in found]
    buffers = [None if each is None else each.work.buffers for each in found]
    ends = (_name(runs[0]), _name(runs[-1]))
    title = f"{entry.query} for {entry.persona} over {len(runs)} runs"
    series = {"p50": [_p50(each) for each in times], "p99": [_p99(each) for each in times]}
    rows = (
        (_name(run), _said(_p50(time)), _said(_p99(time)), "" if pages is None else f"{pages:,}")
        for run, time, pages in zip(runs, times, buffers, strict=True)
    )
    return (
        f'<h4>Over {len(runs)} runs</h4>\n<div class="cards">'
        f'<div class="card">Times{KEY}{line_plot(f"Times of {title}", series, ends, "ms")}</div>'
        f'<div class="card">Buffers{line_plot(f"Buffers of {title}", {"buffers": buffers}, ends, "")}</div></div>\n'
        f"<details><summary>The same in figures</summary>{wide_table(HEAD, rows, (1, 2, 3))}</details>"
    )


def _of(run: Run, entry: Entry) -> Entry | None:
    wanted = (entry.query, entry.persona)
    return next((each for each in run.entries if (each.query, each.persona) == wanted), None)


def _name(run: Run) -> str:
    """When a run was taken, or of which commit it is."""
    return f"{run.taken:%Y-%m-%d %H:%M}" if run.taken else run.commit[:12] or "unnamed"


def _p50(times: Times | None) -> float | None:
    return None if times is None else times.p50


def _p99(times: Times | None) -> float | None:
    return None if times is None else times.p99


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
