"""Measures a seeded database and judges its shape: declaration → queries → lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from platformdb.errors import ConfigError
from platformdb.postgres.connect import Connection
from platformdb.report.model import Report, StepResult
from platformdb.seeding.model import Definition, SeedPlan
from platformdb.seeding.shape_report.declared import declare
from platformdb.seeding.shape_report.judge import judge
from platformdb.seeding.shape_report.measure import measure_table, open_probe
from platformdb.seeding.shape_report.model import Shape
from platformdb.seeding.shape_report.page import as_page
from platformdb.seeding.shape_report.texts import as_data, as_markdown, as_report

# Counting degrees groups by parent: with the server's 4 MB a million of them go to disk.
SETTINGS = "SET LOCAL work_mem = '256MB'; SET LOCAL hash_mem_multiplier = 2; SET LOCAL jit = off"

WRITERS: dict[str, Callable[[Shape], str]] = {
    ".html": as_page,
    ".json": lambda shape: json.dumps(as_data(shape), indent=2) + "\n",
    ".md": as_markdown,
}


def check_output(path: Path) -> None:
    """To be asked before anything is loaded.

    Raises:
        ConfigError: nothing can be written there, or in no such format.
    """
    if path.suffix not in WRITERS:
        known = ", ".join(WRITERS)
        raise ConfigError(f"{path}: a report is written as one of {known}", help="choose a name that ends so")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}", help="make it first")


def shape_report(
    connection: Connection,
    definition: Definition,
    plan: SeedPlan,
    loaded: Sequence[StepResult] = (),
    output: Path | None = None,
) -> Report:
    """What ``measure_shape`` found as a report, a finding for each miss; and as a page in ``output``.

    Raises:
        ConfigError: the page cannot be written.
    """
    shape = measure_shape(connection, definition, plan, loaded)
    report = as_report(shape)
    if output is None:
        return report
    check_output(output)
    try:
        output.write_text(WRITERS[output.suffix](shape), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {output}: {error.strerror}", help="choose another file") from None
    return report.but(facts={"page": str(output)})


def with_shape(loaded: Report, shape: Report) -> Report:
    """One report of both: how loading went, and what came of it."""
    return loaded.but(
        findings=(*loaded.findings, *shape.findings),
        tables=(*loaded.tables, *shape.tables),
        facts={**loaded.facts, **shape.facts},
        data={**loaded.data, **shape.data},
        summary=f"{loaded.summary}; {shape.summary}",
        folded=True,
    )


def measure_shape(
    connection: Connection, definition: Definition, plan: SeedPlan, loaded: Sequence[StepResult] = ()
) -> Shape:
    """What the database holds of the plan's tables, beside what the definition declares. Changes nothing.

    Args:
        connection: in autocommit mode, or in a transaction.
        definition: of the seed that is loaded, for its profile, scale and end.
        plan: which tables and columns were loaded.
        loaded: how loading went, for rows per second; without it the report has none.
    """
    rates = {
        result.step.subject: result.rows / result.elapsed_ms * 1000
        for result in loaded
        if result.rows and result.elapsed_ms and result.step.kind == "copy"
    }
    specs = declare(definition, plan)
    facts = [table.fact for table in plan.tables]
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(SETTINGS)
        probe = open_probe(connection, facts, (definition.calendar.start, definition.calendar.end))
        measured = [measure_table(probe, spec, rates.get(spec.name)) for spec in specs]
    return judge(definition, specs, measured)
