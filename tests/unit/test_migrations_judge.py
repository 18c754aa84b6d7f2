"""What files and history have to say: findings, and which of them forbid a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from histories import World, file
from platformdb.errors import Place
from platformdb.migrations.judge import (
    DIFF_LINES,
    below_baseline,
    contradictions,
    missing_extensions,
    pending,
    undo_problems,
    unfinished,
    versions_required,
)
from platformdb.migrations.model import Files, Kind, Migration, MigrationFile, Needs
from platformdb.migrations.past import Book
from platformdb.migrations.standing import standings
from platformdb.report.history import Event
from platformdb.report.model import Finding, Severity

THREE = {f"00{n}_t{n}": file(f"CREATE TABLE t{n} ()") for n in (1, 2, 3)}


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in findings]


def texts(applied: World) -> Mapping[int, str]:
    return {entry.id: entry.record.text for entry in applied.entries}


class TestContradictions:
    applied = World(THREE).migrated()

    def test_a_history_that_agrees_has_nothing_to_say(self) -> None:
        assert contradictions(self.applied.standings()) == ()

    def test_what_is_only_pending_is_none(self) -> None:
        assert contradictions(self.applied.with_files(**{"004_t4": file("SELECT 4")}).standings()) == ()

    def test_a_modified_file_is_an_error_with_the_difference_to_what_ran(self) -> None:
        edited = self.applied.with_files(**{"002_t2": file("CREATE TABLE t2 (x int)")})
        (finding,) = contradictions(edited.standings(), texts=texts(self.applied))
        assert (finding.rule, finding.severity) == ("migration-modified", Severity.ERROR)
        assert finding.message == "phases/002_t2.sql was changed after it was applied"
        assert finding.detail.splitlines()[-2:] == ["-CREATE TABLE t2 ()", "+CREATE TABLE t2 (x int)"]
        assert "repair --accept 002" in finding.help

    def test_a_long_difference_is_cut_and_says_by_how_much(self) -> None:
        before = World({"001_a": file("\n".join(f"a{n}" for n in range(100)))}).migrated()
        after = before.with_files(**{"001_a": file("\n".join(f"b{n}" for n in range(100)))})
        (finding,) = contradictions(after.standings(), texts=texts(before))
        lines = finding.detail.splitlines()
        assert (len(lines), lines[-1]) == (DIFF_LINES + 1, "… 163 more lines")

    def test_only_what_ran_is_compared_of_a_file_that_stopped(self) -> None:
        begun = World({"001_a": file("one", "two", "three", solo=[2])})
        stopped = begun.after(begun.steps()[:1])
        edited = stopped.with_files(**{"001_a": file("ONE", "2", "3", solo=[2])})
        (finding,) = contradictions(edited.standings(), texts=texts(stopped))
        assert finding.rule == "migration-modified"
        assert finding.detail.splitlines()[-2:] == ["-one", "+ONE"]

    def test_a_cosmetic_edit_is_a_warning(self) -> None:
        edited = self.applied.with_files(**{"002_t2": file("CREATE TABLE t2 ()", comment="-- why")})
        (finding,) = contradictions(edited.standings())
        assert (finding.rule, finding.severity) == ("migration-cosmetic", Severity.WARNING)
        assert "repair --cosmetic" in finding.help

    def test_a_missing_versioned_file_is_an_error_and_a_missing_repeatable_one_a_warning(self) -> None:
        both = World({**THREE, "views/v.sql": file("v")}).migrated()
        left = both.with_files(**{"002_t2": None, "views/v.sql": None})
        found = contradictions(left.standings())
        assert [(f.rule, f.severity) for f in found] == [
            ("migration-missing", Severity.ERROR),
            ("repeatable-missing", Severity.WARNING),
        ]

    def test_what_only_failed_may_go(self) -> None:
        begun = World({**THREE, "004_bad": file("SELECT nope")}).after(World(THREE).steps())
        failed = begun.happened(begun.steps()[0], Event.FAILED, "42703 no such column")
        assert contradictions(failed.with_files(**{"004_bad": None}).standings()) == ()

    def test_out_of_order_is_an_error_unless_it_is_allowed(self) -> None:
        late = World({name: THREE[name] for name in ("001_t1", "003_t3")}).migrated().with_files(**THREE)
        assert rules(contradictions(late.standings())) == ["migration-out-of-order"]
        assert contradictions(late.standings(), out_of_order=True) == ()

    def test_an_interrupted_statement_is_an_error_at_its_place(self) -> None:
        begun = World({"001_a": file("one", "CALL p()", solo=[2])})
        first, second = begun.steps()
        cut = begun.after([first]).happened(second, Event.STARTED)
        (finding,) = contradictions(cut.standings())
        assert finding.rule == "migration-interrupted"
        assert "stopped in part 2, which no transaction held" in finding.message
        assert str(finding.place) == "phases/001_a.sql:2:1"
        assert "--ran 001, or --not-run" in finding.help

    def test_a_half_done_undo_is_an_error(self) -> None:
        undo = {"003": file("one", "two", solo=[2])}
        half = self.applied.after(self.applied.undone(undo)[:1])
        (finding,) = contradictions(half.standings())
        assert finding.rule == "migration-half-undone"
        assert "its undo file stopped after part 1" in finding.message

    def test_line_ends_are_none(self) -> None:
        """As a checkout on another system writes them: other bytes, the same text."""
        (name, written) = next(iter(THREE.items()))
        (migration,) = World({name: written}).migrations.values()
        before = World({name: written}).migrated()
        other = replace(migration, file=replace(migration.file, raw="other"))
        found = standings(Files("demo", (other.file,)), before.book, {other.file.path: other})
        assert contradictions(found) == ()
        assert [s.state.value for s in found] == ["applied"]


class TestUnfinished:
    def test_a_failed_file_says_why_and_where_the_next_run_begins(self) -> None:
        begun = World({"001_a": file("one", "two", solo=[2])})
        first, second = begun.steps()
        failed = begun.after([first]).happened(second, Event.FAILED, "statement 1 of 1: 42P01 no table")
        (finding,) = unfinished(failed.standings())
        assert finding.message == "phases/001_a.sql stopped after part 1 of 2"
        assert (finding.detail, str(finding.place)) == ("statement 1 of 1: 42P01 no table", "phases/001_a.sql:2:1")

    def test_one_of_which_nothing_ran_failed(self) -> None:
        begun = World({"001_a": file("one")})
        (finding,) = unfinished(begun.happened(begun.steps()[0], Event.FAILED, "why").standings())
        assert (finding.rule, finding.message) == ("migration-failed", "phases/001_a.sql failed")


def test_pending_and_changed_files_are_named_for_a_check() -> None:
    applied = World({"001_a": file("a"), "views/v.sql": file("v")}).migrated()
    edited = applied.with_files(**{"002_b": file("b"), "views/v.sql": file("w")})
    assert [finding.message for finding in pending(edited.standings())] == [
        "phases/002_b.sql is pending",
        "views/v.sql is changed",
    ]


def needing(name: str, **needs: tuple[tuple[str, Place], ...]) -> Migration:
    (migration,) = World({name: file("SELECT 1")}).migrations.values()
    return replace(migration, needs=Needs(**needs))


class TestExtensions:
    WHERE = Place("phases/001_a.sql", 3, 1)

    def test_one_that_is_missing_is_named_once_where_it_is_asked_for_first(self) -> None:
        both = [
            needing("001_a", extensions=(("postgis", self.WHERE),)),
            needing("002_b", extensions=(("postgis", Place("phases/002_b.sql", 1, 1)),)),
        ]
        (finding,) = missing_extensions(both, ["plpgsql"])
        assert (finding.message, finding.place) == ("the server has no extension postgis", self.WHERE)
        assert "postgresql-NN-postgis-3" in finding.help

    @pytest.mark.parametrize("name", ["pgcrypto", "something_else"])
    def test_of_others_the_place_to_look_is_contrib(self, name: str) -> None:
        (finding,) = missing_extensions([needing("001_a", extensions=((name, self.WHERE),))], [])
        assert "postgresql-contrib" in finding.help

    def test_one_that_is_there_is_no_finding(self) -> None:
        assert missing_extensions([needing("001_a", extensions=(("postgis", self.WHERE),))], ["postgis"]) == ()


class TestRequires:
    FILES = World(THREE).listing

    @pytest.mark.parametrize(
        ("name", "problem"), [("9", "no such version"), ("abc", "no such version"), ("3", "after it")]
    )
    def test_what_cannot_be_is_a_finding_with_its_place(self, name: str, problem: str) -> None:
        where = Place("phases/002_t2.sql", 1, 1)
        (finding,) = versions_required([needing("002_t2", files=((name, where),))], self.FILES)
        assert (finding.rule, finding.place) == ("requires-unmet", where)
        assert problem in finding.message

    def test_a_lower_version_is_fine_however_it_is_written(self) -> None:
        assert not list(versions_required([needing("002_t2", files=(("1", Place("x")),))], self.FILES))


class TestDown:
    applied = World(THREE).migrated()

    def undo(self, *destructive: tuple[Place, str]) -> Migration:
        found = MigrationFile(Kind.UNDO, "003", "t3", "u", "phases/003_t3.undo.sql", "r")
        return replace(needing("003_t3"), file=found, destructive=destructive)

    def test_a_missing_undo_file_is_an_error(self) -> None:
        (finding,) = undo_problems(self.applied.standings()[2:], {}, allow_destructive=True)
        assert (finding.rule, finding.subject) == ("undo-missing", "phases/003_t3.sql")

    def test_each_loss_is_an_error_unless_it_is_allowed(self) -> None:
        places = [Place("u", 1, 1), Place("u", 2, 1)]
        undo = {"003": self.undo(*((place, "drops a table") for place in places))}
        leaving = self.applied.standings()[2:]
        found = list(undo_problems(leaving, undo, allow_destructive=False))
        assert [(f.rule, f.place) for f in found] == [("undo-destructive", place) for place in places]
        assert list(undo_problems(leaving, undo, allow_destructive=True)) == []

    def test_below_the_baseline_there_is_no_way(self) -> None:
        (finding,) = below_baseline(Book(baseline=(1, 2)), (1,))
        assert "down --to 1.2" in finding.help
        assert list(below_baseline(Book(baseline=(1, 2)), (1, 2))) == []
        assert list(below_baseline(Book(), ())) == []
