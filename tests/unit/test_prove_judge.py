"""What came of a proof, as verdict, finding and report."""

from __future__ import annotations

from platformdb.errors import Place
from platformdb.migrations.model import Kind, MigrationFile
from platformdb.prove.judge import SHOWN, judged, lost_on_the_way, not_tried, reported
from platformdb.prove.model import Proof, Verdict
from platformdb.report.model import Finding, Severity
from platformdb.schema.differences import Difference


def file(kind: Kind, shown: str) -> MigrationFile:
    return MigrationFile(kind, "1", "a", f"/{shown}", shown, "")


DO, UNDO = file(Kind.VERSIONED, "1_a.sql"), file(Kind.UNDO, "1_a.undo.sql")
LEFT = Difference("table t", "", "table t is left behind")
ORDER = Difference("table t", "order of columns", "columns of table t are in another order: b, a")
PROBLEM = Finding("apply-failed", "1_a.sql: it broke", place=Place("1_a.sql", 7, 2), detail="SQLSTATE: 42P07")


def finding(proof: Proof, *, require_undo: bool = False) -> Finding:
    (found,) = reported("demo", [proof], require_undo=require_undo).findings
    return found


def test_the_verdict_is_what_the_undo_file_did_first_of_all() -> None:
    assert judged((), ()) is Verdict.EXACT
    assert judged((ORDER,), ()) is Verdict.REORDERED
    assert judged((ORDER, LEFT), ()) is Verdict.DIFFERS
    assert judged((LEFT,), (LEFT,)) is Verdict.DIFFERS
    assert judged((), (LEFT,)) is Verdict.AGAIN_DIFFERS
    assert judged((ORDER,), (LEFT,)) is Verdict.AGAIN_DIFFERS
    assert judged((), (), Verdict.AGAIN_FAILS) is Verdict.AGAIN_FAILS
    assert judged((LEFT,), (), Verdict.AGAIN_FAILS) is Verdict.DIFFERS


def test_only_a_trial_that_is_where_it_should_be_goes_on() -> None:
    assert not Proof(DO, Verdict.EXACT, UNDO).astray
    assert not Proof(DO, Verdict.DIFFERS, UNDO, (LEFT,)).astray
    assert not Proof(DO, Verdict.EMPTY, UNDO, (LEFT,)).astray
    assert Proof(DO, Verdict.DIFFERS, UNDO, (LEFT,), again=(LEFT,)).astray
    assert Proof(DO, Verdict.DIFFERS, UNDO, (LEFT,), problem=PROBLEM).astray
    assert Proof(DO, Verdict.FAILS, UNDO, problem=PROBLEM).astray


def test_a_lie_points_to_the_undo_file_and_says_what_follows_from_it() -> None:
    found = finding(Proof(DO, Verdict.DIFFERS, UNDO, (LEFT,), problem=PROBLEM))
    assert found.message == "1_a.undo.sql does not lead back to where 1_a.sql began: 1 difference"
    assert found.place == Place("1_a.undo.sql", 1)
    assert found.detail.splitlines() == [
        "table t is left behind",
        "and so the migration does not run again: 1_a.sql: it broke",
    ]


def test_a_file_that_holds_both_ways_is_named_once() -> None:
    both = file(Kind.UNDO, DO.shown)
    assert finding(Proof(DO, Verdict.DIFFERS, both, (LEFT,))).message == "1_a.sql does not lead back: 1 difference"


def test_a_failure_points_to_where_the_server_saw_it() -> None:
    found = finding(Proof(DO, Verdict.FAILS, UNDO, problem=PROBLEM))
    assert (found.rule, found.place) == ("undo-fails", PROBLEM.place)
    assert "SQLSTATE: 42P07" in found.detail


def test_the_order_of_columns_is_a_warning_for_no_undo_file_can_do_better() -> None:
    assert finding(Proof(DO, Verdict.REORDERED, UNDO, (ORDER,))).severity is Severity.WARNING


def test_no_undo_file_is_a_note_and_on_request_an_error() -> None:
    none = Proof(DO, Verdict.MISSING)
    assert finding(none).severity is Severity.NOTE
    assert reported("demo", [none], require_undo=False).exit_code == 0
    assert finding(none, require_undo=True).severity is Severity.ERROR
    assert reported("demo", [none], require_undo=True).exit_code == 1


def test_many_differences_are_cut_and_counted() -> None:
    found = finding(Proof(DO, Verdict.DIFFERS, UNDO, (LEFT,) * (SHOWN + 3)))
    assert found.detail.splitlines()[-1] == "… and 3 more"


def test_the_report_counts_verdicts_and_has_a_case_for_each_migration() -> None:
    proofs = [Proof(DO, Verdict.EXACT, UNDO), Proof(DO, Verdict.EMPTY, UNDO, (LEFT,))]
    report = reported("demo", proofs, require_undo=False)
    assert report.summary == "demo: 2 migrations up, down and up again: 1 exact, 1 empty"
    assert [len(case.findings) for case in report.cases] == [0, 1]
    assert report.tables[0].notable == (1,)
    assert report.exit_code == 1
    assert reported("demo", [], require_undo=False).summary.endswith("nothing to prove")


def test_what_is_lost_or_not_tried_is_an_error_and_nothing_is_nothing() -> None:
    assert [*lost_on_the_way(()), *not_tried(0)] == []
    assert [each.severity for each in (*lost_on_the_way((LEFT,)), *not_tried(2))] == [Severity.ERROR, Severity.ERROR]
