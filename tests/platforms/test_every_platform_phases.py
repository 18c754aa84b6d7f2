"""The four phases of every platform: each applies alone on top of the ones before, and its undo gives that back."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from phases import ByHand, tables
from platform_facts import Facts, described_platforms
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import Platform, bundled_root, platform_names
from platformdb.report.progress import Silent
from rows import insert
from servers import Server

PHASES = ("001", "002", "003", "004")


@pytest.fixture
def by_hand(server: Server, db: Target, platform: Platform) -> ByHand:
    return ByHand(server, db, platform)


def test_every_bundled_platform_has_facts_but_vrss_whose_tests_are_its_own() -> None:
    assert {*described_platforms(), "vrss"} == set(platform_names(bundled_root()))


@pytest.mark.parametrize("phase", PHASES)
def test_phase_makes_its_tables_and_its_undo_returns_exactly_the_schema_before(
    by_hand: ByHand, facts: Facts, phase: str
) -> None:
    for earlier in PHASES[: PHASES.index(phase)]:
        by_hand.phase(earlier)
    with connect(by_hand.target) as conn:
        before, there = by_hand.schema(), tables(conn)
        by_hand.phase(phase)
        assert tables(conn) - there == set(facts.tables[phase])
        assert by_hand.schema() != before
        by_hand.undo(phase)
        assert by_hand.schema() == before
        # And once more: nothing that was left behind is in the way.
        by_hand.phase(phase)


def test_undo_takes_the_views_triggers_and_indexes_of_its_phase_along(by_hand: ByHand) -> None:
    befores = []
    with connect(by_hand.target) as conn:
        for phase in PHASES:
            befores.append(by_hand.schema(routines=False))
            by_hand.phase(phase)
            refused = by_hand.furnish(conn, phase)
        assert refused == []
        for phase, before in reversed(list(zip(PHASES, befores, strict=True))):
            by_hand.undo(phase)
            # Functions stay where they are: they are present state, and do nothing without a trigger.
            assert by_hand.schema(routines=False) == before, f"the undo of phase {phase} left something behind"
        assert tables(conn) == set()


def test_undo_works_where_rows_are_and_takes_them_along(
    own_db: Target, server: Server, platform: Platform, facts: Facts
) -> None:
    by_hand = ByHand(server, own_db, platform)
    with connect(own_db) as conn:
        for table in facts.all_tables:
            insert(conn, table, **facts.rows[table](conn))
        for phase in reversed(PHASES):
            by_hand.undo(phase)
        assert tables(conn) == set()


def test_files_applied_by_hand_and_by_migrate_give_the_same_schema(by_hand: ByHand, shared_db: Target) -> None:
    for phase in PHASES:
        by_hand.phase(phase)
    with connect(by_hand.target) as conn:
        assert by_hand.furnish(conn) == []
    assert by_hand.schema() == ByHand(by_hand.server, shared_db, by_hand.platform).schema()


def test_migrating_again_changes_nothing(own_db: Target, server: Server, platform: Platform) -> None:
    by_hand = ByHand(server, own_db, platform)
    before = by_hand.schema()
    again = migrate(nullcontext(own_db), platform, Silent())
    assert (again.ok, again.steps) == (True, ())
    assert by_hand.schema() == before
