"""Carries out what one call of bench asks for: files are read first and written last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from platformdb.bench.compare.versions import Version, compare_versions
from platformdb.bench.model import Judged, Run
from platformdb.bench.reference import dump_run, load_run
from platformdb.bench.request import Request
from platformdb.bench.run import measure_queries, open_copy, wanted_queries
from platformdb.bench.setup import set_up
from platformdb.bench.shown.output import as_report
from platformdb.errors import ConfigError
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.masking import masked
from platformdb.report.model import Outcome, Report, Severity
from platformdb.report.progress import Observer

# The fewest that a p95 can be told of.
LOOK_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Files:
    """Which files are read and written: a reference to judge by, one to save, a page, and earlier runs for it.

    ``mask`` takes secrets out of what is written.
    """

    reference: Path | None = None
    save: Path | None = None
    html: Path | None = None
    history: tuple[Path, ...] = ()
    mask: Callable[[str], str] = str


def gate(target: Target, platform: Platform, observer: Observer, request: Request, files: Files) -> Report:
    """Measures and judges; writes the files that were asked for, the reference only where nothing was refused.

    Raises:
        ConfigError: a file cannot be read or written, or is no run of bench.
        Refused: a query's file is wrong, or the server rejects it.
    """
    _expect_writable(files)
    reference = _read(files.reference) if files.reference else None
    history = tuple(_read(path) for path in files.history)
    asked = replace(request, reference=reference, reference_name=str(files.reference or ""))
    found = measure_queries(target, platform, observer, asked)
    if found.verdicts:
        _write_files(found, files, history)
    return gated(found)


def look(target: Target, platform: Platform, observer: Observer) -> Report:
    """What ``up`` ends with: few samples, no reference; where a platform has no queries there is nothing to look at."""
    if not any((platform.sql / "queries").glob("*.sql")):
        return Report(f"{platform.name} has no benchmark queries")
    return reported(measure_queries(target, platform, observer, Request(samples=LOOK_SAMPLES, any_rows=True)))


def try_mutations(
    target: Target, platform: Platform, observer: Observer, request: Request, tiers: Mapping[str, int]
) -> Report:
    """Tests the gate itself: drops each index and worsens each query, and counts what the gate catches.

    ``tiers`` are those of indexes, by their names. Exits 1 where something got past the gate.

    Raises:
        NotNow: others are at work in the database.
        Refused: see ``gate``; or this role may not drop an index.
    """
    from platformdb.bench.mutate.reports import headline, mutation_report
    from platformdb.bench.mutate.run import mutate

    queries = wanted_queries(platform, request.only)
    with open_copy(target) as (database, notes), connect(database) as connection:
        bench = set_up(connection, platform, queries, request)
        if bench.refused or not bench.queries:
            return gated(Judged(bench.run, (), bench.findings))
        result = mutate(connection, bench.queries, bench.personas, observer, tiers=tiers, tolerance=request.tolerance)
    findings, tables, data = mutation_report(result)
    return Report(
        f"{platform.name}: {headline(result)}",
        findings=(*findings, *bench.findings, *notes),
        tables=tables,
        data={"platform": platform.name, **data},
    )


def compare(before: Version, now: Version, observer: Observer, request: Request, files: Files) -> Report:
    """Judges one version by another, time included; writes the files that were asked for.

    Raises:
        ConfigError: a file cannot be read or written.
        Refused: the server rejects a query.
    """
    _expect_writable(files)
    history = tuple(_read(path) for path in files.history)
    found = compare_versions(before, now, observer, request)
    if found.verdicts:
        _write_files(found, files, history)
    return gated(found)


def reported(judged: Judged) -> Report:
    """The report; a database that is not fit to be judged is a matter of configuration, no gate that failed."""
    unfit = any(finding.severity is Severity.ERROR and finding.rule != "query-gone" for finding in judged.findings)
    report = as_report(judged)
    return report.but(outcome=Outcome.CONFIGURATION) if unfit else report


def gated(judged: Judged) -> Report:
    """The report of a gate: it is never green where no query was asked, for want of an extension that all need."""
    report = reported(judged)
    return report if judged.verdicts else report.but(outcome=Outcome.CONFIGURATION)


def _write_files(judged: Judged, files: Files, history: tuple[Run, ...]) -> None:
    if not (files.save or files.html):
        return
    shown = judged if files.mask is str else masked(judged, files.mask)
    if files.save:
        _write(files.save, dump_run(shown.run))
    if files.html:
        from platformdb.bench.shown.page.page import as_page

        _write(files.html, as_page(shown, history=history))


def _expect_writable(files: Files) -> None:
    """Before anything is measured: a page that would take a run's place, and folders that are not there."""
    runs = {path.absolute() for path in (files.reference, files.save, *files.history) if path}
    if files.html and files.html.absolute() in runs:
        raise ConfigError(
            f"{files.html} cannot be both a page and a run of bench", help="give --html a file of its own"
        )
    for path in (files.save, files.html):
        if path and not path.absolute().parent.is_dir():
            raise ConfigError(f"{path} cannot be written: {path.parent} is no folder", help="make the folder first")


def _read(path: Path) -> Run:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read: {_reason(error)}", help="platformdb bench --save-reference FILE makes one"
        ) from None
    return load_run(text, str(path))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {_reason(error)}", help="name a file in a folder that is there"
        ) from None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
