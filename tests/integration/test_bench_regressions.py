"""What the gates are for: each of these changes is caught for the right reason, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from databases import template
from platformdb.bench.entry import entry_of
from platformdb.bench.judge import judge
from platformdb.bench.model import Entry, Verdict
from platformdb.errors import Place
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.target import Target
from platformdb.postgres.undone import undone
from platformdb.workload.model import Persona, Query
from platformdb.workload.run import observe, read_catalog
from regressions import HARMLESS, REGRESSIONS, VECTORS, WORLD, Regression
from servers import Server

SORTED = 20_000


@pytest.fixture(scope="module")
def world(server: Server) -> Iterator[Connection]:
    """One pinned session of a database that all cases share: whatever they do is rolled back."""

    def fill(target: Target) -> None:
        with connect(target) as connection:
            connection.execute(WORLD)
            if connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone():
                connection.execute(VECTORS)
            connection.execute("SET default_statistics_target = 1000")
            connection.execute("VACUUM (FREEZE, ANALYZE)")

    with connect(server.database(template(server, "regressions", fill))) as connection:
        pin(connection)
        yield connection


def judged(world: Connection, sql: str, values: tuple[str, ...], reference: Entry | None = None) -> Verdict:
    from platformdb.workload.model import Gates

    writes = not sql.startswith("SELECT")
    query = Query("case", "a case", sql, 1000.0, (), Place("case.sql"), Gates(sorted=SORTED), writes=writes)
    measurement = observe(world, query, Persona("somebody", values))
    catalog = read_catalog(world)
    entry = entry_of(measurement, catalog)
    return judge(measurement, entry, catalog, reference)


def worsened(world: Connection, case: Regression) -> Verdict:
    reference = judged(world, case.query, case.values)
    assert reference.findings == (), case.name
    again = judged(world, case.query, case.values, reference.entry)
    assert (again.findings, again.changed) == ((), ""), case.name
    with undone(world, writes=True):
        if case.change:
            world.execute(case.change)
        values = case.values if case.then_values is None else case.then_values
        return judged(world, case.then or case.query, values, reference.entry)


def has(world: Connection, extension: str) -> bool:
    return not extension or bool(world.execute("SELECT 1 FROM pg_extension WHERE extname = %s", (extension,)).fetchone())


@pytest.mark.parametrize("case", REGRESSIONS, ids=lambda case: case.name)
def test_a_regression_is_caught_for_the_right_reason(world: Connection, case: Regression) -> None:
    if not has(world, case.extension):
        pytest.skip(f"this server has no extension {case.extension}")
    verdict = worsened(world, case)
    first = verdict.findings[0] if verdict.findings else None
    print(f"\n{case.name} | {verdict.failed} | {' '.join(f.rule for f in verdict.findings)}")
    for finding in verdict.findings:
        print("   ", finding.message)
    assert first is not None
    assert (verdict.failed, first.rule) == (case.gate, case.rule)
    assert case.says in first.message


@pytest.mark.parametrize(("name", "query", "values", "change", "then"), HARMLESS, ids=[each[0] for each in HARMLESS])
def test_a_harmless_change_passes(
    world: Connection, name: str, query: str, values: tuple[str, ...], change: str, then: str
) -> None:
    reference = judged(world, query, values)
    with undone(world, writes=True):
        if change:
            world.execute(change)
        verdict = judged(world, then or query, values, reference.entry)
    assert verdict.passed, verdict.findings
