"""What the gates are for: each of these changes is caught for the right reason, and nothing else is."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from databases import template
from platformdb.bench.entry import entry_of
from platformdb.bench.gates.judge import judge
from platformdb.bench.ground.prepare import prepare
from platformdb.bench.model import Entry, Verdict
from platformdb.errors import Place
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.target import Target
from platformdb.postgres.undone import undone
from platformdb.workload.model import Gates, Persona, Query
from platformdb.workload.run import observe, read_catalog
from regressions import HARMLESS, REGRESSIONS, VECTORS, WORLD, Harmless, Regression
from servers import Server

SORTED, TRIES = 20_000, 20


@pytest.fixture(scope="module")
def world(server: Server) -> Iterator[Connection]:
    """One pinned session of a database that all cases share: whatever they do is rolled back."""

    def fill(target: Target) -> None:
        with connect(target) as connection:
            connection.execute(WORLD.encode())
            if connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone():
                connection.execute(VECTORS.encode())

    with connect(server.database(template(server, "regressions", fill))) as connection:
        pin(connection)
        for _ in range(TRIES):  # an older snapshot keeps pages from being visible to all
            if not prepare(connection):
                break
            time.sleep(0.1)
        yield connection


def judged(
    world: Connection,
    sql: str,
    values: tuple[str, ...],
    reference: Entry | None = None,
    whole: tuple[str, ...] = (),
) -> Verdict:
    writes = not sql.startswith("SELECT")
    query = Query(
        "case", "a case", sql, 1000.0, (), Place("case.sql"), Gates(sorted=SORTED, whole=whole), writes=writes
    )
    measurement = observe(world, query, Persona("somebody", values))
    catalog = read_catalog(world)
    entry = entry_of(measurement, catalog)
    return judge(measurement, entry, catalog, reference)


def has(world: Connection, extension: str) -> bool:
    return not extension or extension in read_installed_extensions(world)


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.name)
def test_a_harmless_change_passes(world: Connection, case: Harmless) -> None:
    reference = judged(world, case.query, case.values)
    with undone(world, writes=True):
        if case.change:
            world.execute(case.change.encode())
        verdict = judged(world, case.then or case.query, case.values, reference.entry)
    assert verdict.passed, verdict.findings


@pytest.mark.parametrize("case", REGRESSIONS, ids=lambda case: case.name)
def test_a_regression_is_caught_for_the_right_reason(world: Connection, case: Regression) -> None:
    if not has(world, case.extension):
        pytest.skip(f"this server has no extension {case.extension}")
    reference = judged(world, case.query, case.values, whole=case.whole)
    assert reference.findings == ()
    unchanged = judged(world, case.query, case.values, reference.entry, case.whole)
    assert (unchanged.findings, unchanged.changed) == ((), "")
    with undone(world, writes=True):
        if case.change:
            world.execute(case.change.encode())
        values = case.values if case.then_values is None else case.then_values
        verdict = judged(world, case.then or case.query, values, reference.entry, case.whole)
    if case.leaves:
        world.execute(f"VACUUM (FREEZE, INDEX_CLEANUP ON) {case.leaves}".encode())
    assert verdict.findings, "nobody noticed"
    first = verdict.findings[0]
    print(f"\n{case.name} | {verdict.failed} | {first.rule} | {first.message}")  # with -s: the table of the manual
    assert (verdict.failed, first.rule) == (case.gate, case.rule)
    assert case.says in first.message


def test_there_are_thirty_regressions_at_least(world: Connection) -> None:
    assert len([case for case in REGRESSIONS if has(world, case.extension)]) >= 30
