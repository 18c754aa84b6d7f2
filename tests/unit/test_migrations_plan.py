from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from platformdb.migrations.model import Kind, Migration, Sources, Standing, State
from platformdb.migrations.plan import contradictions, plan_steps, standings
from platformdb.migrations.read import segment
from platformdb.report.model import Entry, History, Record, Step
from platformdb.sqltext.source import Source

WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def versioned(files: Mapping[str, str]) -> Sources:
    """Files by ``version_name``, in the order of a read folder."""
    made = [migration(Kind.VERSIONED, *name.split("_", 1), text) for name, text in files.items()]
    return Sources("demo", tuple(sorted(made, key=lambda m: m.key)))


def migration(kind: Kind, version: str, name: str, text: str) -> Migration:
    source = Source(f"phases/{version}_{name}.sql" if version else name, text)
    return Migration(kind, version, name, source, segment(source))


def repeatable(name: str, text: str) -> Sources:
    return Sources("demo", (migration(Kind.REPEATABLE, "", name, text),))


def after(steps: Sequence[Step], before: History | None = None) -> History:
    """The history once these steps ran."""
    old = before.entries if before else ()
    return History(True, (*old, *(Entry(step.record, WHEN, 1.5) for step in steps if step.record)))


def applied(sources: Sources) -> History:
    return after(planned(sources, History(False)))


def planned(sources: Sources, history: History) -> tuple[Step, ...]:
    return plan_steps(sources, standings(sources, history))


def states(sources: Sources, history: History) -> list[tuple[str, str]]:
    return [(s.version or s.name, s.state.value) for s in standings(sources, history)]


NEVER = History(False)
SEGMENTED = "CREATE TABLE t (x int); CREATE INDEX CONCURRENTLY i ON t (x); CREATE TABLE u ();"


def test_on_an_empty_database_everything_is_pending_in_order_of_version() -> None:
    sources = versioned({"10_c": "SELECT 3", "2_b": "SELECT 2", "001_a": "SELECT 1"})
    assert states(sources, NEVER) == [("001", "pending"), ("2", "pending"), ("10", "pending")]
    assert [step.sql for step in planned(sources, NEVER)] == ["SELECT 1", "SELECT 2", "SELECT 3"]


def test_what_ran_is_applied_and_nothing_is_left_to_do() -> None:
    sources = versioned({"001_a": "SELECT 1", "002_b": SEGMENTED})
    (first, second) = standings(sources, applied(sources))
    assert (first.state, first.applied_at, first.elapsed_ms) == (State.APPLIED, WHEN, 1.5)
    assert second.done == 3
    assert planned(sources, applied(sources)) == ()


def test_a_renumbered_notation_is_still_the_same_version() -> None:
    history = applied(versioned({"1_a": "SELECT 1"}))
    assert states(versioned({"001_a": "SELECT 1"}), history) == [("001", "applied")]


def test_only_what_is_new_runs() -> None:
    history = applied(versioned({"001_a": "SELECT 1"}))
    (step,) = planned(versioned({"001_a": "SELECT 1", "002_b": "SELECT 2"}), history)
    assert (step.subject, step.reason) == ("phases/002_b.sql", "not applied yet")


def test_a_step_carries_its_history_row_and_its_place() -> None:
    sources = versioned({"001_a": "-- why\nSELECT 'ä'"})
    (step,) = planned(sources, NEVER)
    checksum = sources.migrations[0].source.checksum
    assert step.record == Record("demo", "versioned", "001", "a", checksum, 1, 1, "SELECT 'ä'")
    assert str(step.source) == "phases/001_a.sql:2:1"
    assert step.transactional


def test_a_cut_file_becomes_a_step_per_segment() -> None:
    steps = planned(versioned({"001_a": SEGMENTED}), NEVER)
    assert [step.transactional for step in steps] == [True, False, True]
    assert [(s.record.segment, s.record.segments) for s in steps if s.record] == [(1, 3), (2, 3), (3, 3)]
    assert [s.reason for s in steps] == [f"not applied yet, part {n} of 3" for n in (1, 2, 3)]


def test_a_file_that_stopped_between_segments_goes_on_there() -> None:
    sources = versioned({"001_a": SEGMENTED})
    history = after(planned(sources, NEVER)[:2])
    (standing,) = standings(sources, history)
    assert (standing.state, standing.done) == (State.PARTIAL, 2)
    (step,) = planned(sources, history)
    assert (step.sql, step.reason) == ("CREATE TABLE u ()", "stopped here before, part 3 of 3")


def test_the_part_that_did_not_run_yet_may_be_corrected() -> None:
    history = after(planned(versioned({"001_a": SEGMENTED}), NEVER)[:2])
    corrected = versioned({"001_a": SEGMENTED.replace("TABLE u", "TABLE better")})
    (step,) = planned(corrected, history)
    assert step.sql == "CREATE TABLE better ()"
    assert states(corrected, after([step], history)) == [("001", "applied")]


def test_the_part_that_ran_may_not_be_edited() -> None:
    history = after(planned(versioned({"001_a": SEGMENTED}), NEVER)[:2])
    edited = versioned({"001_a": SEGMENTED.replace("x int", "x bigint")})
    assert states(edited, history) == [("001", "modified")]
    assert planned(edited, history) == ()


def test_when_the_part_that_did_not_run_is_removed_the_file_is_still_completed() -> None:
    history = after(planned(versioned({"001_a": SEGMENTED}), NEVER)[:2])
    shorter = versioned({"001_a": SEGMENTED.replace(" CREATE TABLE u ();", "")})
    steps = planned(shorter, history)
    assert [step.statements for step in steps] == [()], "nothing is run again, but the history learns that it is whole"
    assert states(shorter, after(steps, history)) == [("001", "applied")]


def test_a_file_changed_after_it_was_applied_is_modified() -> None:
    history = applied(versioned({"001_a": "SELECT 1"}))
    assert states(versioned({"001_a": "SELECT 1 "}), history) == [("001", "modified")]


def test_a_file_that_is_gone_is_missing_and_keeps_its_name() -> None:
    history = applied(versioned({"001_a": "SELECT 1", "002_b": "SELECT 2"}))
    found = standings(versioned({"002_b": "SELECT 2"}), history)
    assert [(s.version, s.name, s.state) for s in found] == [
        ("001", "a", State.MISSING),
        ("002", "b", State.APPLIED),
    ]


def test_a_new_file_below_an_applied_version_is_out_of_order() -> None:
    history = applied(versioned({"002_b": "SELECT 2"}))
    sources = versioned({"001_a": "SELECT 1", "002_b": "SELECT 2", "003_c": "SELECT 3"})
    assert states(sources, history) == [("001", "out of order"), ("002", "applied"), ("003", "pending")]


def test_two_pending_versions_are_in_order_by_number_and_not_by_text() -> None:
    history = applied(versioned({"9_a": "SELECT 1"}))
    assert states(versioned({"9_a": "SELECT 1", "10_b": "SELECT 2"}), history) == [("9", "applied"), ("10", "pending")]


class TestRepeatable:
    def test_it_runs_once_and_then_only_when_it_changed(self) -> None:
        first, second = repeatable("sql/views/v.sql", "SELECT 1"), repeatable("sql/views/v.sql", "SELECT 2")
        history = applied(first)
        assert planned(first, history) == ()
        (step,) = planned(second, history)
        assert step.reason == "the file changed"
        assert states(second, after([step], history)) == [("sql/views/v.sql", "applied")]

    def test_going_back_to_an_earlier_text_is_a_change_too(self) -> None:
        first, second = repeatable("v.sql", "SELECT 1"), repeatable("v.sql", "SELECT 2")
        history = after(planned(second, applied(first)), applied(first))
        assert states(first, history) == [("v.sql", "changed")]

    def test_one_that_stopped_between_segments_starts_over(self) -> None:
        sources = repeatable("v.sql", "SELECT 1; VACUUM; SELECT 2")
        history = after(planned(sources, NEVER)[:2])
        assert states(sources, history) == [("v.sql", "changed")]
        assert len(planned(sources, history)) == 3

    def test_one_whose_file_is_gone_is_worth_a_warning_that_stops_nothing(self) -> None:
        found = standings(Sources("demo", ()), applied(repeatable("v.sql", "SELECT 1")))
        assert [(each.name, each.state.value) for each in found] == [("v.sql", "missing")]
        assert plan_steps(Sources("demo", ()), found) == ()
        (finding,) = contradictions(found)
        assert (finding.rule, finding.severity) == ("repeatable-missing", "warning")


def standing(state: State) -> Standing:
    made = migration(Kind.VERSIONED, "001", "a", "SELECT 1")
    return Standing(Kind.VERSIONED, "001", "a", state, migration=None if state is State.MISSING else made)


@pytest.mark.parametrize(
    ("state", "rule", "message"),
    [
        (State.MODIFIED, "migration-modified", "phases/001_a.sql was changed after it was applied"),
        (State.MISSING, "migration-missing", "001_a was applied here, but its file is gone"),
        (
            State.OUT_OF_ORDER,
            "migration-out-of-order",
            "phases/001_a.sql is pending below a version that is applied already",
        ),
    ],
)
def test_a_contradiction_says_what_happened_and_what_to_do(state: State, rule: str, message: str) -> None:
    (finding,) = contradictions([standing(state)])
    assert (finding.rule, finding.message) == (rule, message)
    assert finding.help
    assert plan_steps(Sources("demo", ()), [standing(state)]) == ()


@pytest.mark.parametrize("state", [State.APPLIED, State.PENDING, State.CHANGED, State.PARTIAL])
def test_the_other_states_are_no_contradiction(state: State) -> None:
    assert contradictions([standing(state)]) == ()
