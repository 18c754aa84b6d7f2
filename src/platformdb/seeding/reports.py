"""How seeding went, as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from platformdb.report.leftout import left_out
from platformdb.report.model import Finding, Report, Severity, Step, StepResult, StepState
from platformdb.report.words import counted
from platformdb.seeding.state import Marker


def nothing_to_do(wanted: Marker, found: Marker | None) -> Report:
    """The database holds the wanted seed already."""
    rows = found.rows if found else 0
    return Report(
        f"nothing to do: {wanted.shown} is loaded already ({rows:,} rows)",
        data={**_data(wanted), "rows": rows, "changed": False},
    )


def copied(wanted: Marker, found: Marker | None, template: str, elapsed_ms: float) -> Report:
    """The database was replaced by a copy of what the same seed made before."""
    rows = found.rows if found else 0
    step = Step("copy", template, f"{rows:,} rows of the same seed, made before")
    return Report(
        f"copied {counted(rows, 'row')} ({wanted.shown})",
        steps=(StepResult(step, StepState.APPLIED, elapsed_ms, rows),),
        data={**_data(wanted), "rows": rows, "changed": True, "template": template},
    )


def loaded(
    wanted: Marker,
    results: tuple[StepResult, ...],
    refreshed: tuple[StepResult, ...] = (),
    missed: Sequence[tuple[str, str]] = (),
    notes: Sequence[tuple[str, str]] = (),
) -> Report:
    """The tables were filled, one result for each, and views refreshed.

    ``missed`` are the tables and columns that were left out, each with the extension it needs; ``notes`` are what it
    cost that the role may not do more, each with its remedy.
    """
    rows = sum(result.rows or 0 for result in results)
    tables = {result.step.subject: result.rows for result in results}
    said = f"{counted(len(results), 'table')}, {counted(rows, 'row')}"
    return Report(
        f"seeded {said} ({wanted.shown})",
        steps=results + refreshed,
        findings=(*_missed(missed), *_costs(notes)),
        data={**_data(wanted), "rows": rows, "changed": True, "tables": tables, "checksums": dict(wanted.checksums)},
    )


def _data(wanted: Marker) -> dict[str, object]:
    as_of = wanted.as_of.isoformat() if wanted.as_of else None
    asked = {"profile": wanted.profile, "seed": wanted.seed, "scale": wanted.scale, "as_of": as_of}
    return {**asked, "subset": list(wanted.subset), "checksum": wanted.checksum}


def _costs(notes: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    for message, remedy in notes:
        yield Finding("seed-rights", message, severity=Severity.NOTE, help=remedy)


def _missed(parts: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """One note for each extension."""
    for extension in dict.fromkeys(extension for _, extension in parts):
        note = left_out(extension, [name for name, needed in parts if needed == extension])
        yield replace(note, help="install it, migrate, and then run platformdb seed --replace")
