"""The four phases: each applies alone on top of the ones before it, and its undo returns exactly the schema before."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from phases import ByHand, tables
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platforms.vrss.build import TABLES, make
from rows import value, values
from servers import Server

PHASES = tuple(TABLES)


@pytest.fixture
def by_hand(server: Server, db: Target, vrss: Platform) -> ByHand:
    return ByHand(server, db, vrss)


@pytest.mark.parametrize("phase", PHASES)
def test_phase_applies_on_top_of_the_ones_before_and_its_undo_returns_exactly_the_schema_before(
    by_hand: ByHand, phase: str
) -> None:
    for earlier in PHASES[: PHASES.index(phase)]:
        by_hand.phase(earlier)
    with connect(by_hand.target) as conn:
        before, there = by_hand.schema(), tables(conn)
        by_hand.phase(phase)
        assert tables(conn) - there == set(TABLES[phase])
        assert by_hand.schema() != before
        by_hand.undo(phase)
        assert by_hand.schema() == before
        # And once more: nothing that was left behind is in the way.
        by_hand.phase(phase)


def test_undo_takes_the_triggers_and_indexes_of_its_phase_along(by_hand: ByHand) -> None:
    befores = []
    with connect(by_hand.target) as conn:
        for phase in PHASES:
            befores.append(by_hand.schema(routines=False))
            by_hand.phase(phase)
            refused = by_hand.furnish(conn)
        assert refused == []
        assert value(conn, "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal") > 30
        for phase, before in reversed(list(zip(PHASES, befores, strict=True))):
            by_hand.undo(phase)
            # Functions stay where they are: they are present state, and do nothing without a trigger.
            assert by_hand.schema(routines=False) == before, f"the undo of phase {phase} left something behind"
        assert tables(conn) == set()


def test_undo_works_where_rows_are_and_takes_them_along(vrss_db: Target, server: Server, vrss: Platform) -> None:
    by_hand = ByHand(server, vrss_db, vrss)
    with connect(vrss_db) as conn:
        for table in (table for phase in PHASES for table in TABLES[phase]):
            make(conn, table)
        for phase in reversed(PHASES):
            by_hand.undo(phase)
        assert tables(conn) == set()


@pytest.mark.parametrize("phase", ["001", "002"])
def test_undo_of_a_phase_that_others_build_on_is_refused_whole(
    vrss_db: Target, server: Server, vrss: Platform, phase: str
) -> None:
    by_hand = ByHand(server, vrss_db, vrss)
    with connect(vrss_db) as conn:
        there = tables(conn)
        with pytest.raises(AssertionError, match="because other objects depend on it"):
            by_hand.undo(phase)
        assert tables(conn) == there


def test_files_applied_by_hand_and_by_migrate_give_the_same_schema(
    by_hand: ByHand, shared_vrss: Target, server: Server, vrss: Platform
) -> None:
    for phase in PHASES:
        by_hand.phase(phase)
    with connect(by_hand.target) as conn:
        assert by_hand.furnish(conn) == []
    assert by_hand.schema() == ByHand(server, shared_vrss, vrss).schema()


def test_migrating_again_changes_nothing(vrss_db: Target, server: Server, vrss: Platform) -> None:
    by_hand = ByHand(server, vrss_db, vrss)
    before = by_hand.schema()
    again = migrate(nullcontext(vrss_db), vrss, Silent())
    assert (again.ok, again.steps) == (True, ())
    assert by_hand.schema() == before


def test_uuidv7_is_the_servers_own_from_postgresql_18_on(conn: Connection, server: Server) -> None:
    found = values(
        conn, "SELECT pronamespace::regnamespace::text FROM pg_proc WHERE proname = 'uuidv7' AND pronargs = 0"
    )
    assert found == [("pg_catalog" if int(server.version) >= 18 else "public",)]
