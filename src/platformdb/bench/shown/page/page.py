"""A judged run as one page of HTML, with nothing to be loaded from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from platformdb.bench.model import Entry, Judged, Run, Verdict
from platformdb.bench.shown.headline import headline
from platformdb.bench.shown.page.beside import compared
from platformdb.bench.shown.page.marks import anchor, found_by, verdict_mark
from platformdb.bench.shown.page.overview import overview
from platformdb.bench.shown.page.runs import over_runs
from platformdb.bench.shown.page.tree import tree
from platformdb.bench.shown.table import chosen_by, is_notable, milliseconds
from platformdb.report.masking import masked, masked_words
from platformdb.report.model import Finding, Severity
from platformdb.report.page import resource, tiles, whole_page
from platformdb.report.words import counted

HERE = "platformdb.bench.shown.page"
CLASSES = {Severity.ERROR: "fail", Severity.WARNING: "warn", Severity.NOTE: "note"}
SEARCH = """<form class="search" role="search" hidden>
<label>Find <input type="search" placeholder="query, persona, table, index …"></label>
<label><input type="checkbox"> only what wants a look</label>
<output aria-live="polite"></output></form>"""


def as_page(judged: Judged, *, history: Sequence[Run] = ()) -> str:
    """The page; ``history`` are earlier runs of the same platform. Nothing in it depends on when it was made."""
    title = f"bench of {judged.run.platform}"
    body = "\n".join(_body(masked(judged, masked_words), history))
    return whole_page(title, body, styles=resource(HERE, "page.css"), script=resource(HERE, "search.js"))


def _body(judged: Judged, history: Sequence[Run]) -> Iterator[str]:
    run = judged.run
    yield f'<h1>bench of {escape(run.platform)}</h1>\n<p class="verdict">{escape(headline(judged))}</p>'
    yield f'<p class="soft">{escape("; ".join(_environment(judged)))}</p>'
    yield tiles(_figures(judged))
    yield from _findings(judged.findings)
    if judged.verdicts:
        yield f"<h2>Queries</h2>\n{SEARCH}\n{overview(judged)}"
    for _, verdicts in groupby(judged.verdicts, lambda verdict: verdict.entry.query):
        yield _query([*verdicts], [*history, run] if history else [])


def _environment(judged: Judged) -> Iterator[str]:
    run, reference = judged.run, judged.reference
    yield f"PostgreSQL {run.server}"
    if run.seed is not None:
        yield f"seed {run.seed.number} of profile {run.seed.profile}, {run.seed.rows:,} rows"
    yield from _moment(run)
    if run.noise is not None:
        yield f"times of equal rounds differ by {run.noise * 100:.0f} %"
    if reference is not None:
        yield " ".join(("compared with a reference", *_moment(reference)))


def _moment(run: Run) -> Iterator[str]:
    if run.taken is not None:
        yield f"taken {run.taken:%Y-%m-%d %H:%M}"
    if run.commit:
        yield f"at {run.commit[:12]}"


def _figures(judged: Judged) -> Iterator[tuple[str, str]]:
    verdicts = judged.verdicts
    queries = len({verdict.entry.query for verdict in verdicts})
    yield f"{len(verdicts):,}", f"personas of {counted(queries, 'query') if queries == 1 else f'{queries} queries'}"
    yield f"{sum(verdict.passed for verdict in verdicts):,} of {len(verdicts):,}", "personas pass all gates"
    timed = [verdict.entry for verdict in verdicts if verdict.entry.times is not None]
    met = sum(entry.times is not None and entry.times.p99 <= entry.target_ms for entry in timed)
    yield f"{met:,} of {len(timed):,}", "meet their target"
    yield f"{sum(verdict.entry.work.buffers for verdict in verdicts):,}", "buffers, each run once"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield f'<ul class="findings">{"".join(_finding(finding) for finding in findings)}</ul>'


def _finding(finding: Finding) -> str:
    told = f"{finding.rule}, {finding.place}" if finding.place else finding.rule
    parts = (
        f'<b class="{CLASSES[finding.severity]}">{escape(finding.severity.value)}</b> {escape(finding.message)}',
        f'<span class="soft">[{escape(told)}]</span>',
        f"<pre>{escape(finding.detail)}</pre>" if finding.detail else "",
        f'<div class="soft">→ {escape(finding.help)}</div>' if finding.help else "",
    )
    return f"<li>{' '.join(part for part in parts if part)}</li>"


def _query(verdicts: Sequence[Verdict], runs: Sequence[Run]) -> str:
    entry = verdicts[0].entry
    writes = ", writes and is rolled back" if entry.writes else ""
    parts = "\n".join(_persona(verdict, runs) for verdict in verdicts)
    return (
        f'<section class="query"><h2>{escape(entry.query)}</h2>\n'
        f'<p class="soft">{escape(entry.purpose)} Target {entry.target_ms:g} ms{writes}.</p>\n{parts}</section>'
    )


def _persona(verdict: Verdict, runs: Sequence[Run]) -> str:
    entry = verdict.entry
    opened = " open" if is_notable(verdict) else ""
    said = " · ".join(_in_short(entry))
    return (
        f'<details class="persona" id="{escape(anchor(entry), quote=True)}" {found_by(verdict)}{opened}>'
        f"<summary><h3>{escape(entry.persona)}</h3> {verdict_mark(verdict)} <span>{escape(said)}</span></summary>\n"
        f"{''.join(_findings(verdict.findings))}{_plans(verdict)}{over_runs(entry, runs)}</details>"
    )


def _in_short(entry: Entry) -> Iterator[str]:
    if said := chosen_by(entry):
        yield said
    if entry.times is not None:
        p50, p95, p99 = map(milliseconds, (entry.times.p50, entry.times.p95, entry.times.p99))
        yield f"p50 {p50}, p95 {p95}, p99 {p99} ms of {entry.times.samples:,}"
    work = entry.work
    yield f"{work.buffers:,} buffers"
    yield f"{work.touched:,} rows touched for {work.returned:,}"
    if work.wal_records:
        yield f"{work.wal_records:,} WAL records"


def _plans(verdict: Verdict) -> str:
    plan, reference = verdict.entry.plan, verdict.reference
    if reference is None:
        return f'<div class="plans"><div><h4>Plan</h4>{tree(plan)}</div></div>'
    ours, theirs = compared(plan, reference.plan)
    if not any((*ours, *theirs)):
        return f'<div class="plans"><div><h4>Plan, as in the reference</h4>{tree(plan)}</div></div>'
    return (
        f'<div class="plans two"><div><h4>Plan now</h4>{tree(plan, ours)}</div>'
        f"<div><h4>Plan of the reference</h4>{tree(reference.plan, theirs)}</div></div>"
    )
