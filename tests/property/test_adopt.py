"""Whatever a tool applied, in whatever order: that is recorded, nothing else, and forgetting leaves no trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from histories import World, file
from platformdb.adopt.histories.simple import DBMATE
from platformdb.adopt.model import Account, Deed, Filed, Told, plain_key
from platformdb.adopt.plan import Scene, plan_adoption, plan_forgetting
from platformdb.migrations.model import Plan
from platformdb.report.history import Event

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NUMBERS = range(1, 7)
orders = st.permutations(NUMBERS).flatmap(lambda order: st.integers(0, len(order)).map(lambda count: order[:count]))


def fresh() -> World:
    return World({f"{n:03}_x": file(*(f"SELECT {n}, {part}" for part in range(n % 3 + 1))) for n in NUMBERS})


def carried_out(world: World, plan: Plan) -> World:
    assert not plan.forbidden
    taken = [entry for step in plan.steps for entry in step.taken]
    numbered = (replace(entry, id=len(world.entries) + n) for n, entry in enumerate(taken, 1))
    return replace(world, entries=(*world.entries, *numbered))


def adopted(world: World, order: list[int]) -> World:
    standings = {plain_key(s.version): s for s in world.standings()}
    filed = {key: Filed(s.file, key) for key, s in standings.items() if s.file}
    told = Told(tuple(Deed(str(n), str(n)) for n in order))
    account = Account(DBMATE, "public.schema_migrations", told, filed)
    return carried_out(world, plan_adoption(Scene("demo", account, standings, world.book, NOW), ["all"]).plan)


def forgotten(world: World) -> World:
    texts = {entry.id: entry.record.text for entry in world.entries}
    return carried_out(world, plan_forgetting("demo", world.book, world.entries, texts, NOW))


@given(orders)
def test_what_was_applied_is_applied_and_nothing_else(order: list[int]) -> None:
    states = adopted(fresh(), order).states()
    assert {int(version) for version, state in states.items() if state == "applied"} == set(order)


@given(orders)
def test_out_of_order_is_what_came_after_a_later_one(order: list[int]) -> None:
    first = [e.record for e in adopted(fresh(), order).entries if e.record.segment == 1]
    assert [int(record.version) for record in first] == order
    assert [record.out_of_order for record in first] == [n < max(order[:at], default=0) for at, n in enumerate(order)]


@given(orders, orders)
def test_it_can_be_done_in_two_times(order: list[int], later: list[int]) -> None:
    once = adopted(fresh(), [*order, *(n for n in later if n not in order)])
    twice = adopted(adopted(fresh(), order), later)
    assert once.states() == twice.states()


@given(orders, orders)
def test_forgetting_leaves_nothing_and_hinders_nothing(order: list[int], again: list[int]) -> None:
    after = forgotten(adopted(fresh(), order))
    assert after.states() == fresh().states()
    assert adopted(after, again).states() == adopted(fresh(), again).states()
    assert all(entry.record.event in {Event.APPLIED, Event.REVERTED} for entry in after.entries)
