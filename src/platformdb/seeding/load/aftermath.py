"""What follows a load: sequences go on after the rows, views show them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.model import Statement, Step, StepResult, StepState
from platformdb.report.progress import Observer
from platformdb.seeding.load.catalog import PACKAGE, unveiled
from platformdb.seeding.model import TableFact, TablePlan
from platformdb.sqltext.quote import quote_identifier

ADVANCE = "SELECT setval(%(sequence)s, %(largest)s)"
# Numbers that were given out once are not given out again, also where their rows are gone.
GO_ON = "SELECT setval(%(sequence)s, greatest(%(largest)s, pg_sequence_last_value(%(sequence)s::regclass)))"


def advance_sequences(connection: Connection, tables: Sequence[TablePlan], *, keeps: bool = False) -> None:
    """The next number of each is the one after the largest; with ``keeps`` rows that were there stay.

    To be called last: no rollback takes it back.
    """
    counted = [(table.fact.quoted, column) for table in tables for column in table.columns if column.sequence]
    if not counted:
        return
    with unveiled(connection, [quoted for quoted, _ in counted]):
        for quoted, column in counted:
            largest = f"SELECT max({quote_identifier(column.name)}) FROM {quoted}"  # noqa: S608
            found = connection.execute(largest.encode()).fetchone()
            if found and found[0] is not None:
                values = {"sequence": column.sequence, "largest": found[0]}
                connection.execute(GO_ON if keeps else ADVANCE, values)


def refresh_views(connection: Connection, facts: Sequence[TableFact], observer: Observer) -> tuple[StepResult, ...]:
    """Materialised views that read the tables, each after those that it reads itself."""
    names = [fact.quoted for fact in facts]
    views = connection.execute(query("materialized_views", PACKAGE), (names,)).fetchall()
    return tuple(_refresh(connection, quoted, name, observer) for quoted, name in views)


def _refresh(connection: Connection, quoted: str, name: str, observer: Observer) -> StepResult:
    statement = f"REFRESH MATERIALIZED VIEW {quoted}"
    step = Step("refresh", name, "it reads what was loaded", (Statement(statement),))
    observer.started(step)
    began = time.perf_counter()
    connection.execute(f"{statement}; ANALYZE {quoted}".encode())
    result = StepResult(step, StepState.APPLIED, (time.perf_counter() - began) * 1000)
    observer.finished(result)
    return result
