"""Measures a seeded database and judges its shape: declaration → queries → lines."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.postgres.connect import Connection
from platformdb.report.model import StepResult
from platformdb.seeding.model import Definition, SeedPlan
from platformdb.seeding.shape_report.declared import declare
from platformdb.seeding.shape_report.judge import judge
from platformdb.seeding.shape_report.measure import measure_table, open_probe
from platformdb.seeding.shape_report.model import Shape

# Counting degrees groups by parent: with the server's 4 MB a million of them go to disk.
SETTINGS = "SET LOCAL work_mem = '256MB'; SET LOCAL hash_mem_multiplier = 2; SET LOCAL jit = off"


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
