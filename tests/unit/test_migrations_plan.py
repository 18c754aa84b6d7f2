from __future__ import annotations

from dataclasses import replace

from histories import WHEN, World, file
from platformdb.migrations.model import Kind, State
from platformdb.migrations.plan import failure_steps
from platformdb.migrations.standing import to_be_read, up_to
from platformdb.report.history import Event
from platformdb.report.model import Probe

THREE = file(
    "CREATE TABLE t",
    "CREATE INDEX CONCURRENTLY i",
    "CREATE TABLE u",
    solo=[2],
    probes={2: Probe("index_built", "i", "t")},
)
CALLS = file("CREATE TABLE t", "CALL fill()", solo=[2])


def said(world: World, *states: str) -> list[str]:
    return [f"{step.sql}: {step.reason}" for step in world.steps(*states)]


def test_on_an_empty_database_everything_is_pending_in_order_of_version() -> None:
    world = World({"10_c": file("c"), "2_b": file("b"), "001_a": file("a")})
    assert list(world.states().items()) == [("001", "pending"), ("2", "pending"), ("10", "pending")]
    assert [step.sql for step in world.steps()] == ["a", "b", "c"]


def test_versions_compare_part_by_part() -> None:
    world = World({"1.10_c": file("c"), "1.2_b": file("b"), "1_a": file("a"), "1.2.1_d": file("d")})
    assert [step.sql for step in world.steps()] == ["a", "b", "d", "c"]


def test_what_ran_is_applied_and_nothing_is_left_to_do() -> None:
    world = World({"001_a": file("a"), "002_b": THREE, "views/v.sql": file("v")}).migrated()
    assert set(world.states().values()) == {"applied"}
    assert world.steps() == ()
    (first, *_) = world.standings()
    assert (first.applied_at, first.past and first.past.elapsed_ms) == (WHEN.replace(minute=5), 1.5)


def test_files_that_are_what_was_applied_are_not_read_again() -> None:
    world = World({"001_a": file("a"), "views/v.sql": file("v")}).migrated().with_files(**{"002_b": file("b")})
    assert [f.shown for f in to_be_read(world.listing, world.book, templated=False)] == ["phases/002_b.sql"]
    templated = to_be_read(world.listing, world.book, templated=True)
    assert [f.shown for f in templated] == ["phases/002_b.sql", "views/v.sql"]


def test_a_renumbered_notation_is_still_the_same_version() -> None:
    world = World({"1_a": file("a")}).migrated()
    assert replace(world, files={"001_a": file("a")}).states() == {"001": "applied"}


def test_a_file_with_several_segments_has_one_row_each() -> None:
    steps = World({"001_a": THREE}).steps()
    assert [(s.transactional, s.reason) for s in steps] == [
        (True, "not applied yet, part 1 of 3"),
        (False, "not applied yet, part 2 of 3"),
        (True, "not applied yet, part 3 of 3"),
    ]
    assert [(s.record.segment, s.record.segments) for s in steps if s.record] == [(1, 3), (2, 3), (3, 3)]
    assert len({s.record.digest for s in steps if s.record}) == 3


def test_segments_replay_what_those_before_them_set() -> None:
    written = file("a", "b", "c", solo=[2], settings={1: "SET x", 2: "SET y"})
    replayed = [[s.sql for s in step.settings] for step in World({"001_a": written}).steps()]
    assert replayed == [[], ["SET x"], ["SET x", "SET y"]]


def test_after_a_stop_between_segments_the_run_goes_on_there() -> None:
    world = World({"001_a": THREE})
    world = world.after(world.steps()[:1])
    assert world.states() == {"001": "partial"}
    assert said(world) == [
        "CREATE INDEX CONCURRENTLY i: stopped here before, part 2 of 3",
        "CREATE TABLE u: stopped here before, part 3 of 3",
    ]
    assert [step.resumes for step in world.steps()] == [False, False]


def test_a_statement_that_was_begun_and_can_be_asked_for_resumes() -> None:
    world = World({"001_a": THREE})
    first, second, _ = world.steps()
    world = world.happened(first).happened(second, Event.STARTED)
    assert world.states() == {"001": "partial"}
    assert [(step.sql, step.resumes) for step in world.steps()] == [
        ("CREATE INDEX CONCURRENTLY i", True),
        ("CREATE TABLE u", False),
    ]


def test_a_statement_that_was_begun_and_cannot_be_asked_for_stops_everything() -> None:
    world = World({"001_a": CALLS})
    first, second = world.steps()
    world = world.happened(first).happened(second, Event.STARTED)
    assert world.states() == {"001": "interrupted"}
    assert world.steps() == ()
    assert world.happened(second, Event.FAILED).states() == {"001": "partial"}
    assert world.happened(second, Event.APPLIED).states() == {"001": "applied"}


def test_the_first_statement_of_a_file_can_be_cut_short_too() -> None:
    world = World({"001_a": file("CALL fill()", solo=[1])})
    (step,) = world.steps()
    assert world.happened(step, Event.STARTED).states() == {"001": "interrupted"}
    known = World({"001_a": file("VACUUM", solo=[1], probes={1: Probe("again", "")})})
    (step,) = known.steps()
    assert known.happened(step, Event.STARTED).states() == {"001": "failed"}
    assert [s.resumes for s in known.happened(step, Event.STARTED).steps()] == [True]


def test_a_failure_is_remembered_and_tried_again_whatever_the_file_says_now() -> None:
    world = World({"001_a": file("a")})
    world = world.happened(world.steps()[0], Event.FAILED, "42P01: no such table")
    (standing,) = world.standings()
    assert standing.state is State.FAILED
    assert standing.past is not None
    assert standing.past.failed is not None
    assert standing.past.failed.error == "42P01: no such table"
    assert said(world.with_files(**{"001_a": file("other")})) == ["other: failed before"]
    assert world.migrated().states() == {"001": "applied"}


def test_an_applied_segment_that_was_edited_is_modified_and_an_unapplied_one_may_change() -> None:
    world = World({"001_a": THREE})
    world = world.after(world.steps()[:2])
    later = world.with_files(**{"001_a": file("CREATE TABLE t", "CREATE INDEX CONCURRENTLY i", "other", solo=[2])})
    assert later.states() == {"001": "partial"}
    assert said(later) == ["other: stopped here before, part 3 of 3"]
    earlier = world.with_files(
        **{"001_a": file("CREATE TABLE x", "CREATE INDEX CONCURRENTLY i", "CREATE TABLE u", solo=[2])}
    )
    assert earlier.states() == {"001": "modified"}
    assert earlier.steps() == ()


def test_when_what_had_not_run_is_gone_from_the_file_the_last_part_completes_it() -> None:
    world = World({"001_a": THREE})
    world = world.after(world.steps()[:2]).with_files(
        **{"001_a": file("CREATE TABLE t", "CREATE INDEX CONCURRENTLY i", solo=[2])}
    )
    (step,) = world.steps()
    assert (step.statements, step.transactional) == ((), True)
    assert world.migrated().states() == {"001": "applied"}


def test_an_edit_of_comments_is_told_from_an_edit_of_statements() -> None:
    world = World({"001_a": file("a")}).migrated()
    assert world.with_files(**{"001_a": file("a", comment="-- why\n")}).states() == {"001": "edited"}
    assert world.with_files(**{"001_a": file("b")}).states() == {"001": "modified"}


def test_missing_and_out_of_order_are_seen() -> None:
    world = World({"001_a": file("a"), "003_c": file("c")}).migrated()
    world = world.with_files(**{"001_a": None, "002_b": file("b")})
    assert world.states() == {"001": "missing", "002": "out of order", "003": "applied"}
    (step,) = world.steps("out of order")
    assert step.record is not None
    assert step.record.out_of_order


def test_a_changed_repeatable_is_applied_again_from_its_first_segment() -> None:
    world = World({"views/v.sql": file("v1", "v2", solo=[2])}).migrated()
    world = world.with_files(**{"views/v.sql": file("w1", "w2", solo=[2])})
    assert world.states() == {"views/v.sql": "changed"}
    assert said(world) == ["w1: the file changed, part 1 of 2", "w2: the file changed, part 2 of 2"]
    again = world.migrated()
    assert again.states() == {"views/v.sql": "applied"}
    halfway = world.after(world.steps()[:1])
    assert [step.sql for step in halfway.steps()] == ["w1", "w2"]


def test_what_variables_make_of_a_repeatable_counts() -> None:
    world = World({"views/v.sql": file("v")}).migrated()
    rendered = {
        path: replace(m, segments=(replace(m.segments[0], digest="x"),)) for path, m in world.migrations.items()
    }
    from platformdb.migrations.standing import standings

    (standing,) = standings(world.listing, world.book, rendered)
    assert standing.state is State.CHANGED


def test_going_down_runs_the_undo_files_newest_first_and_forgets() -> None:
    world = World({"001_a": file("a"), "002_b": file("b"), "views/v.sql": file("v")}).migrated()
    steps = world.undone({"002": file("drop b"), "001": file("drop a")})
    assert [(s.sql, s.record and s.record.event, s.record and s.record.kind) for s in steps] == [
        ("drop b", Event.REVERTED, Kind.VERSIONED),
        ("drop a", Event.REVERTED, Kind.VERSIONED),
    ]
    assert world.after(steps[:1]).states() == {"001": "applied", "002": "pending", "views/v.sql": "pending"}


def test_an_undo_that_stopped_halfway_goes_on_where_it_stopped() -> None:
    world = World({"001_a": file("a")}).migrated()
    undo = {"001": file("drop i", "drop a", solo=[1])}
    world = world.after(world.undone(undo)[:1])
    assert world.states() == {"001": "half undone"}
    (step,) = world.undone(undo)
    assert step.sql == "drop a"
    assert world.after([step]).states() == {"001": "pending"}


def test_everything_up_to_the_baseline_is_left_alone() -> None:
    world = World({"001_a": file("a"), "002_b": file("b"), "003_c": file("c")})
    (step, *_) = world.steps()
    assert step.record is not None
    told = replace(step, record=replace(step.record, version="2", event=Event.BASELINE))
    world = world.happened(told)
    assert world.states() == {"001": "baseline", "002": "baseline", "003": "pending"}
    assert [s.sql for s in world.steps()] == ["c"]


def test_an_accepted_edit_is_applied_again_to_the_eye() -> None:
    world = World({"001_a": file("a")}).migrated().with_files(**{"001_a": file("b")})
    (standing,) = world.standings()
    assert standing.migration is not None
    record = replace(world.entries[0].record, checksums=standing.migration.checksums, event=Event.ACCEPTED)
    (step,) = World({"001_a": file("b")}).steps()
    assert world.happened(replace(step, record=record)).states() == {"001": "applied"}


def test_below_the_newest_target_repeatable_files_wait() -> None:
    world = World({"001_a": file("a"), "002_b": file("b"), "views/v.sql": file("v")})
    assert [s.name for s in up_to(world.standings(), (1,))] == ["a"]
    assert [s.name for s in up_to(world.standings(), (2,))] == ["a", "b", "views/v.sql"]
    assert [s.name for s in up_to(world.standings(), None)] == ["a", "b", "views/v.sql"]


def callbacks(**events: str) -> dict[str, list[object]]:
    return {
        event: [file(text).migration(Kind.CALLBACK, "", f"callbacks/{event}.sql")] for event, text in events.items()
    }


def test_callbacks_of_each_file_join_its_transactions() -> None:
    world = World({"001_a": file("a", "b", "c", solo=[2]), "002_d": file("d")})
    every = callbacks(beforeMigrate="bm", beforeEachMigrate="be", afterEachMigrate="ae", afterMigrate="am")
    steps = world.steps(callbacks=every)  # type: ignore[arg-type]
    assert [step.sql for step in steps] == ["bm", "be;\na", "b", "c;\nae", "be;\nd;\nae", "am"]
    assert [step.record is not None for step in steps] == [False, True, True, True, True, False]


def test_callbacks_stand_beside_a_statement_that_refuses_a_transaction() -> None:
    world = World({"001_a": file("a", solo=[1])})
    steps = world.steps(callbacks=callbacks(beforeEachMigrate="be", afterEachMigrate="ae"))  # type: ignore[arg-type]
    assert [step.sql for step in steps] == ["be", "a", "ae"]


def test_where_nothing_is_due_no_callback_runs() -> None:
    world = World({"001_a": file("a")}).migrated()
    assert world.steps(callbacks=callbacks(beforeMigrate="bm", afterMigrate="am")) == ()  # type: ignore[arg-type]


def test_after_a_failure_the_callbacks_of_the_file_come_first() -> None:
    every = callbacks(afterMigrateError="ame", afterEachMigrateError="aeme")
    assert [step.sql for step in failure_steps("Migrate", every)] == ["aeme", "ame"]  # type: ignore[arg-type]
