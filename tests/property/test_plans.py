from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from platformdb.bench.judge import percentile
from platformdb.errors import Place
from platformdb.indexes import plan as indexes
from platformdb.indexes.model import BuiltIndex, IndexDefinition
from platformdb.migrations.model import Kind, Migration, Sources, State
from platformdb.migrations.plan import contradictions, plan_steps, standings
from platformdb.migrations.read import segment
from platformdb.report.model import Entry, History, Step
from platformdb.sqltext.source import Source

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
STATEMENTS = st.lists(st.sampled_from(["SELECT 1", "SELECT 'ä'", "VACUUM", "REINDEX SCHEMA s"]), max_size=5)
VERSIONS = st.lists(st.integers(1, 30), max_size=6, unique=True)


def migration(kind: Kind, version: str, name: str, statements: Sequence[str]) -> Migration:
    source = Source(name, ";\n".join(statements))
    return Migration(kind, version, name, source, segment(source))


@st.composite
def sources(draw: st.DrawFn) -> Sources:
    versioned = [migration(Kind.VERSIONED, str(v), f"v{v}", draw(STATEMENTS)) for v in sorted(draw(VERSIONS))]
    names = draw(st.lists(st.sampled_from("abc"), unique=True))
    repeatable = [migration(Kind.REPEATABLE, "", name, draw(STATEMENTS)) for name in sorted(names)]
    return Sources("demo", (*versioned, *repeatable))


def run(steps: Sequence[Step], history: History) -> History:
    return History(True, (*history.entries, *(Entry(step.record, WHEN, 1.0) for step in steps if step.record)))


def planned(files: Sources, history: History) -> tuple[Step, ...]:
    found = standings(files, history)
    assert contradictions(found) == ()
    return plan_steps(files, found)


@given(sources())
def test_after_everything_ran_the_plan_is_empty(files: Sources) -> None:
    history = run(planned(files, History(False)), History(False))
    assert planned(files, history) == ()
    assert all(standing.state is State.APPLIED for standing in standings(files, history))


@given(sources(), st.data())
def test_runs_that_stop_anywhere_end_at_the_same_state_with_each_versioned_part_run_once(
    files: Sources, data: st.DataObject
) -> None:
    history, ran = History(False), []
    while steps := planned(files, history):
        stop = data.draw(st.integers(1, len(steps)))
        history = run(steps[:stop], history)
        ran += [s.sql for s in steps[:stop] if s.kind == Kind.VERSIONED]
    assert ran == [part.sql for m in files.migrations if m.kind is Kind.VERSIONED for part in m.segments]


@given(sources(), st.data())
def test_what_ran_is_never_planned_again_when_files_are_added(files: Sources, data: st.DataObject) -> None:
    versioned = [m for m in files.migrations if m.kind is Kind.VERSIONED]
    cut = data.draw(st.integers(0, len(versioned)))
    old = Sources("demo", tuple(versioned[:cut]))
    history = run(planned(old, History(False)), History(False))
    steps = planned(Sources("demo", tuple(versioned)), history)
    assert [step.sql for step in steps] == [part.sql for m in versioned[cut:] for part in m.segments]


@given(sources(), st.data())
def test_a_versioned_file_edited_after_it_ran_stops_everything(files: Sources, data: st.DataObject) -> None:
    versioned = [m for m in files.migrations if m.kind is Kind.VERSIONED]
    if not versioned:
        return
    history = run(planned(files, History(False)), History(False))
    victim = data.draw(st.sampled_from(versioned))
    edited = migration(Kind.VERSIONED, victim.version, victim.name, [victim.source.text, "SELECT 'edited'"])
    changed = Sources("demo", tuple(edited if m is victim else m for m in files.migrations))
    (finding,) = contradictions(standings(changed, history))
    assert finding.rule == "migration-modified"


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
