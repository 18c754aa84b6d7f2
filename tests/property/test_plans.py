from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from histories import World, Written, file
from platformdb.bench.gates.statistics import percentile
from platformdb.errors import Place
from platformdb.indexes import plan as indexes
from platformdb.indexes.model import BuiltIndex, IndexDefinition
from platformdb.migrations.judge import contradictions
from platformdb.migrations.model import Kind, State
from platformdb.report.history import Entry, Event
from platformdb.report.model import Probe, Step

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
# A statement and whether it runs alone; what runs alone can be asked for, so no run needs a person.
STATEMENTS = st.lists(st.sampled_from([("SELECT 1", False), ("SELECT 'ä'", False), ("VACUUM", True)]), max_size=5)
VERSIONS = st.lists(st.integers(1, 30), max_size=6, unique=True)


def written(statements: Sequence[tuple[str, bool]]) -> Written:
    solo = [number for number, (_, alone) in enumerate(statements, 1) if alone]
    probes = {number: Probe("again", "") for number in solo}
    return file(*(text for text, _ in statements), solo=solo, probes=probes)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    versioned = {f"{version}_v": written(draw(STATEMENTS)) for version in draw(VERSIONS)}
    names = draw(st.lists(st.sampled_from("abc"), unique=True))
    return World({**versioned, **{f"views/{name}": written(draw(STATEMENTS)) for name in names}})


def planned(world: World) -> tuple[Step, ...]:
    assert contradictions(world.standings()) == ()
    return world.steps()


@given(worlds())
def test_after_everything_ran_the_plan_is_empty(world: World) -> None:
    world = world.after(planned(world))
    assert planned(world) == ()
    assert all(standing.state is State.APPLIED for standing in world.standings())


@given(worlds(), st.data())
def test_runs_that_stop_anywhere_end_at_the_same_state_with_each_versioned_part_run_once(
    world: World, data: st.DataObject
) -> None:
    files, ran = world.listing.migrations, []
    parts = [part for f in files if f.kind is Kind.VERSIONED for part in world.migrations[f.path].segments]
    while steps := planned(world):
        stop = data.draw(st.integers(1, len(steps)))
        world = world.after(steps[:stop])
        ran += [step.sql for step in steps[:stop] if step.kind == Kind.VERSIONED]
        if stop < len(steps) and data.draw(st.booleans()):  # the next one is begun, and nobody hears of it again
            world = world.happened(steps[stop], Event.FAILED if steps[stop].transactional else Event.STARTED)
    assert ran == [part.text for part in parts]


@given(worlds(), st.data())
def test_what_ran_is_never_planned_again_when_files_are_added(world: World, data: st.DataObject) -> None:
    versioned = sorted((name for name in world.files if "/" not in name), key=lambda name: int(name[:-2]))
    cut = data.draw(st.integers(0, len(versioned)))
    old = World({name: world.files[name] for name in versioned[:cut]})
    whole = replace(old.after(planned(old)), files={name: world.files[name] for name in versioned})
    expected = [text for name in versioned[cut:] for text in world.files[name].texts]
    assert [step.sql for step in planned(whole)] == expected


@given(worlds(), st.data())
def test_a_versioned_file_edited_after_it_ran_stops_everything(world: World, data: st.DataObject) -> None:
    versioned = [name for name in world.files if "/" not in name]
    if not versioned:
        return
    world = world.after(planned(world))
    victim = data.draw(st.sampled_from(versioned))
    edited = file(*world.files[victim].texts, "SELECT 'edited'")
    (finding,) = contradictions(world.with_files(**{victim: edited}).standings())
    assert finding.rule == "migration-modified"


@given(worlds(), st.data())
def test_going_down_and_up_again_runs_the_same_parts(world: World, data: st.DataObject) -> None:
    steps = planned(world)
    world = world.after(steps)
    versions = [step.record.version for step in steps if step.record and step.record.version]
    if not versions:
        return
    target = data.draw(st.sampled_from(versions))
    undo = {version: file("undo") for version in versions if int(version) >= int(target)}
    again = planned(world.after(world.undone(undo)))
    repeatable = [step.sql for step in steps if step.kind == Kind.REPEATABLE]
    assert [s.sql for s in again if s.kind == Kind.VERSIONED] == [
        step.sql for step in steps if step.record and step.record.version in undo
    ]
    assert [s.sql for s in again if s.kind == Kind.REPEATABLE] == repeatable


@given(st.lists(st.tuples(st.text("ab€", min_size=1, max_size=70), st.booleans()), unique_by=lambda pair: pair[0]))
def test_index_builds_leave_nothing_to_do(wanted: list[tuple[str, bool]]) -> None:
    definitions = [
        IndexDefinition(name, "t", 1, "why", name, "CREATE ", " ON t (x)", "sum", Place("f")) for name, _ in wanted
    ]
    catalog = [BuiltIndex(name, "t", False, 0) for name, exists in wanted if exists]
    steps = indexes.plan_builds("demo", indexes.standings(definitions, catalog, ()))
    entries = [Entry(step.record, WHEN, 1.0) for step in steps if step.record]
    now = [BuiltIndex(definition.name, "t", True, 0) for definition in definitions]
    assert indexes.plan_builds("demo", indexes.standings(definitions, now, entries)) == ()


SAMPLES = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=60)
SHARES = st.floats(0, 1)


@given(SAMPLES, SHARES)
def test_a_percentile_is_one_of_the_samples_and_covers_its_share(samples: list[float], share: float) -> None:
    value = percentile(samples, share)
    assert value in samples
    assert sum(sample <= value for sample in samples) >= share * len(samples)
    assert sum(sample < value for sample in samples) < max(share * len(samples), 1)


@given(SAMPLES, SHARES, SHARES)
def test_percentiles_grow_with_their_share(samples: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert min(samples) <= percentile(samples, low) <= percentile(samples, high) <= max(samples)


@given(SAMPLES, SHARES, st.randoms())
def test_the_order_of_samples_does_not_matter(samples: list[float], share: float, random: object) -> None:
    shuffled = list(samples)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert percentile(shuffled, share) == percentile(samples, share)
