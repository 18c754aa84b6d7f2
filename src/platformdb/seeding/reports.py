"""How seeding went, as a report."""

from __future__ import annotations

from platformdb.report.model import Report, StepResult
from platformdb.seeding.state import Marker


def nothing_to_do(wanted: Marker, found: Marker | None) -> Report:
    """The database holds the wanted seed already."""
    rows = found.rows if found else 0
    return Report(
        f"nothing to do: profile {wanted.profile}, seed {wanted.seed} is loaded already ({rows:,} rows)",
        data={**_data(wanted), "rows": rows, "changed": False},
    )


def loaded(wanted: Marker, results: tuple[StepResult, ...]) -> Report:
    """The tables were filled, one result for each."""
    rows = sum(result.rows or 0 for result in results)
    tables = {result.step.subject: result.rows for result in results}
    return Report(
        f"seeded {len(results)} tables, {rows:,} rows (profile {wanted.profile}, seed {wanted.seed})",
        steps=results,
        data={**_data(wanted), "rows": rows, "changed": True, "tables": tables},
    )


def _data(wanted: Marker) -> dict[str, object]:
    return {"profile": wanted.profile, "seed": wanted.seed, "checksum": wanted.checksum}
