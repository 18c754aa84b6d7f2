"""The history's rows folded: what is known of each migration."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from platformdb.migrations.model import Kind, Past, identify
from platformdb.migrations.past import Book, fold
from platformdb.report.history import Checksums, Entry, Event, Record

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
SUMS = Checksums("r", "n", "t")


def record(version: str = "001", segment: int = 1, segments: int = 1, event: Event = Event.APPLIED) -> Record:
    return Record("demo", "versioned", version, "a", SUMS, segment, segments, f"d{segment}", event=event)


def book(*records: Record) -> Book:
    return fold(
        Entry(each, WHEN, 2.0, "why" if each.event is Event.FAILED else "", n) for n, each in enumerate(records, 1)
    )


def past(*records: Record) -> Past:
    return book(*records).pasts[identify(Kind.VERSIONED, "001", "")]


def repeatable(name: str, event: Event = Event.APPLIED) -> Record:
    return replace(record("", event=event), kind="repeatable", name=name)


def test_an_empty_history_knows_nothing() -> None:
    assert book() == Book()
    assert book().newest == ()


class TestForward:
    def test_segments_add_up(self) -> None:
        found = past(record(segment=1, segments=3), record(segment=2, segments=3))
        assert (found.done, found.segments, found.whole) == (2, 3, False)
        assert (found.digests, found.entries, found.elapsed_ms) == (("d1", "d2"), (1, 2), 4.0)

    def test_the_last_segment_makes_it_whole(self) -> None:
        assert past(record(segment=1, segments=2), record(segment=2, segments=2)).whole

    def test_a_version_is_the_same_however_it_is_written(self) -> None:
        assert list(book(record("001", 1, 2), record("1", 2, 2)).pasts) == [(Kind.VERSIONED, (1,))]

    def test_an_announced_statement_is_open_until_its_outcome_is_known(self) -> None:
        opened = past(record(event=Event.STARTED))
        assert opened.started is not None
        assert opened.done == 0
        assert past(record(event=Event.STARTED), record()).started is None
        failed = past(record(event=Event.STARTED), record(event=Event.FAILED))
        assert (failed.started, failed.failed and failed.failed.error) == (None, "why")

    def test_a_success_forgets_the_failures_before_it(self) -> None:
        found = past(record(event=Event.FAILED), record())
        assert (found.failed, found.whole) == (None, True)

    def test_a_repeatable_file_applied_again_begins_anew(self) -> None:
        first = [replace(repeatable("v"), segment=n, segments=2, digest=f"d{n}") for n in (1, 2)]
        again = replace(repeatable("v"), segment=1, segments=3, digest="new")
        found = book(*first, again).pasts[(Kind.REPEATABLE, "v")]
        assert (found.done, found.segments, found.digests, found.entries) == (1, 3, ("new",), (3,))

    def test_another_segment_count_after_a_correction_counts(self) -> None:
        assert past(record(segment=1, segments=3), record(segment=2, segments=2)).whole

    def test_out_of_order_is_remembered(self) -> None:
        assert past(replace(record(), out_of_order=True)).out_of_order


class TestBack:
    def test_an_undo_leaves_nothing_of_it(self) -> None:
        assert book(record(), record(event=Event.REVERTED)).pasts == {}

    def test_an_undo_in_the_middle_counts_what_it_did(self) -> None:
        found = past(record(), record(segment=1, segments=2, event=Event.REVERTED))
        assert (found.undone, found.whole) == (1, True)

    def test_a_part_of_an_undo_closes_what_was_announced_before_it(self) -> None:
        announced = record(segment=1, segments=2, event=Event.STARTED)
        found = past(record(), announced, replace(announced, event=Event.REVERTED))
        assert (found.undone, found.started, found.failed) == (1, None, None)

    def test_after_an_undo_every_repeatable_file_is_due_again(self) -> None:
        found = book(record("001"), record("002"), repeatable("v"), record("002", event=Event.REVERTED))
        assert list(found.pasts) == [(Kind.VERSIONED, (1,))]

    def test_what_was_taken_back_and_applied_again_is_there(self) -> None:
        assert past(record(), record(event=Event.REVERTED), record()).entries == (3,)


class TestVerdicts:
    def test_an_accepted_edit_has_the_new_checksums_and_the_new_text(self) -> None:
        accepted = replace(record(event=Event.ACCEPTED), checksums=Checksums("r2", "n2", "t2"))
        found = past(record(), accepted)
        assert (found.checksums.raw, found.entries, found.done) == ("r2", (2,), 1)

    def test_a_baseline_is_the_lowest_that_is_newest(self) -> None:
        baseline = replace(record("004", event=Event.BASELINE), digest="")
        assert book(baseline).newest == (4,)
        assert book(baseline).pasts == {}
        assert book(baseline, record("10")).newest == (10,)

    def test_the_last_part_of_a_baseline_file_says_both(self) -> None:
        parts = record("004", 1, 2), record("004", 2, 2, event=Event.BASELINE)
        assert book(parts[0]).baseline == ()
        assert book(*parts).baseline == (4,)
        assert book(*parts).pasts[identify(Kind.VERSIONED, "004", "")].whole


class TestNewest:
    @pytest.mark.parametrize("event", [Event.STARTED, Event.FAILED])
    def test_what_did_not_run_is_not_the_newest(self, event: Event) -> None:
        assert book(record("001"), record("002", event=event)).newest == (1,)

    def test_what_began_is(self) -> None:
        assert book(record("001"), record("002", 1, 2)).newest == (2,)

    def test_versions_are_compared_part_by_part(self) -> None:
        assert book(record("2"), record("10"), record("9.9")).newest == (10,)


def test_rows_of_other_capabilities_are_left_out() -> None:
    assert book(replace(record(), kind="index")) == Book()
