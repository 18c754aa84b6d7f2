"""What a branch may do to the migrations of its base, and which numbers its new files get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from platformdb.branch.fix import plan_fix, with_mentions
from platformdb.branch.judge import compare, edit_problems, order_problems, remarks
from platformdb.branch.model import Comparison, Edit, Extent, Move, Requirement, Tree
from platformdb.errors import Place
from platformdb.migrations.model import Kind, MigrationFile
from platformdb.report.model import Finding, Severity


def file(shown: str, version: str, raw: str = "", *, kind: Kind = Kind.VERSIONED, language: str = "") -> MigrationFile:
    name = shown.rpartition("/")[2].lstrip("0123456789._-").removesuffix(".sql").removesuffix(".undo")
    return MigrationFile(kind, version, name, f"/x/{shown}", shown, raw or shown, language=language)


def tree(*files: str | MigrationFile) -> Tree:
    """Files as ``phases/001_a.sql``, or with other bytes as ``phases/001_a.sql=new``."""
    made = [each if isinstance(each, MigrationFile) else _from_text(each) for each in files]
    return Tree({(each.kind, each.shown): each for each in made})


def _from_text(text: str) -> MigrationFile:
    shown, _, raw = text.partition("=")
    version = shown.rpartition("/")[2].partition("_")[0]
    return file(shown, version, raw, kind=Kind.UNDO if ".undo." in shown else Kind.VERSIONED)


def said(findings: Iterable[Finding]) -> list[str]:
    return [f"{finding.rule}: {finding.message}" for finding in findings]


BASE = ("phases/001_a.sql", "phases/003_c.sql")


def compared(*here: str, fork: Tree | None = None, base: tuple[str, ...] = BASE) -> Comparison:
    return compare("main", tree(*here), tree(*base), tree(*base) if fork is None else fork)


def test_a_new_file_above_all_others_is_right() -> None:
    assert order_problems(compared(*BASE, "phases/004_d.sql")) == ()


def test_a_new_file_below_the_newest_of_the_base_is_an_error() -> None:
    assert said(order_problems(compared(*BASE, "phases/002_b.sql"))) == [
        "branch-order: phases/002_b.sql is new here and sorts before phases/003_c.sql, which is on main already"
    ]


def test_versions_are_compared_as_numbers() -> None:
    base = ("phases/9_i.sql",)
    assert order_problems(compared(*base, "phases/10_j.sql", base=base)) == ()
    assert len(order_problems(compared(*base, "phases/08_h.sql", base=base))) == 1


def test_a_number_that_the_base_took_meanwhile_is_an_error() -> None:
    found = compared("phases/001_a.sql", "phases/003_mine.sql", fork=tree("phases/001_a.sql"))
    assert said(order_problems(found)) == [
        "branch-number-taken: phases/003_mine.sql is new here and has the number of phases/003_c.sql, which is on main"
    ]
    assert said(remarks(found)) == ["branch-behind: main has got phases/003_c.sql since this branch left it"]


def test_a_file_that_both_added_is_an_edit_where_it_differs() -> None:
    found = compared("phases/001_a.sql", "phases/003_c.sql=other", fork=tree("phases/001_a.sql"))
    assert [pair.now.shown for pair in found.touched] == ["phases/003_c.sql"]


def test_a_file_that_only_the_base_changed_is_no_edit() -> None:
    before = tree(*BASE)
    found = compared(*BASE, fork=before, base=("phases/001_a.sql=corrected", "phases/003_c.sql"))
    assert found.touched == ()


@pytest.mark.parametrize(
    ("extent", "rule", "severity"),
    [
        (Extent.COSMETIC, "branch-edited-cosmetic", Severity.ERROR),
        (Extent.SEMANTIC, "branch-edited", Severity.ERROR),
    ],
)
def test_an_edit_of_a_file_of_the_base_is_an_error(extent: Extent, rule: str, severity: Severity) -> None:
    found = compared("phases/001_a.sql=new", "phases/003_c.sql")
    (finding,) = edit_problems(found, [Edit(found.touched[0], extent, "-x\n+y")])
    assert (finding.rule, finding.severity, finding.detail) == (rule, severity, "-x\n+y")
    assert "git checkout main -- phases/001_a.sql" in finding.help


def test_other_line_ends_are_no_edit() -> None:
    found = compared("phases/001_a.sql=crlf", "phases/003_c.sql")
    assert edit_problems(found, [Edit(found.touched[0], Extent.NOTHING)]) == ()


def test_a_corrected_undo_file_is_worth_a_word() -> None:
    base = (*BASE, "phases/003_c.undo.sql")
    found = compared(*BASE, "phases/003_c.undo.sql=better", base=base)
    (finding,) = edit_problems(found, [Edit(pair, Extent.SEMANTIC) for pair in found.touched])
    assert (finding.rule, finding.severity) == ("branch-undo-edited", Severity.WARNING)


def test_a_file_that_was_taken_away_is_an_error() -> None:
    assert said(edit_problems(compared("phases/001_a.sql"), ())) == [
        "branch-removed: phases/003_c.sql is on main and was removed here"
    ]


@pytest.mark.parametrize(
    "new", ["phases/003_better.sql=phases/003_c.sql", "later/003_c.sql", "phases/005_c.sql=phases/003_c.sql"]
)
def test_a_renamed_file_is_an_error_and_said_once(new: str) -> None:
    found = compared("phases/001_a.sql", new)
    shown = new.partition("=")[0]
    assert said((*order_problems(found), *edit_problems(found, ()))) == [
        f"branch-renamed: phases/003_c.sql is on main and was renamed here to {shown}"
    ]


def test_a_file_that_the_base_removed_itself_is_not_new() -> None:
    found = compared(*BASE, "phases/000_old.sql", fork=tree(*BASE, "phases/000_old.sql"))
    assert found.new == ()


def test_without_the_fork_a_missing_file_below_common_ones_was_removed() -> None:
    base = (*BASE, "phases/004_d.sql")
    found = compare("main", tree("phases/003_c.sql"), tree(*base), None)
    assert [each.shown for each in found.gone] == ["phases/001_a.sql"]
    assert said(remarks(found)) == [
        "branch-unsure: main has phases/004_d.sql, which this branch has not: removed here, or added there since?"
    ]


def test_files_of_the_base_that_changed_places_in_a_plan_are_an_error() -> None:
    base = tree(*(file(f"deploy/{name}.sql", str(number)) for number, name in enumerate("abcd")))
    here = tree(*(file(f"deploy/{name}.sql", str(number)) for number, name in enumerate("acbd")))
    assert said(order_problems(compare("main", here, base, base))) == [
        "branch-reordered: deploy/c.sql, deploy/b.sql run in another order here than on main"
    ]


def test_a_file_put_between_those_of_the_base_does_not_reorder_them() -> None:
    base = tree(*(file(f"deploy/{name}.sql", str(number)) for number, name in enumerate("abc")))
    here = tree(*(file(f"deploy/{name}.sql", str(number)) for number, name in enumerate("axbc")))
    found = order_problems(compare("main", here, base, base))
    assert [finding.rule for finding in found] == ["branch-number-taken"]


def test_a_base_without_migrations_is_said() -> None:
    found = compared("phases/001_a.sql", base=())
    assert order_problems(found) == ()
    assert said(remarks(found)) == ["branch-base-empty: main has no migrations: every file is new"]


# Numbers


def moves(found: Comparison, layout: str = "native") -> dict[str, str]:
    plan, findings = plan_fix(found, layout)
    assert findings == ()
    return {move.old: move.new for each in plan for move in each.moves}


def test_nothing_is_renumbered_where_all_is_in_order() -> None:
    assert moves(compared(*BASE, "phases/004_d.sql")) == {}


def test_new_files_follow_the_newest_of_the_base_with_their_undo() -> None:
    found = compared(*BASE, "phases/002_b.sql", "phases/002_b.undo.sql", "phases/003_x.sql")
    assert moves(found) == {
        "phases/002_b.sql": "phases/004_b.sql",
        "phases/002_b.undo.sql": "phases/004_b.undo.sql",
        "phases/003_x.sql": "phases/005_x.sql",
    }


def test_a_file_in_its_place_makes_room_only_where_it_must() -> None:
    assert moves(compared(*BASE, "phases/003_x.sql", "phases/004_y.sql", "phases/009_z.sql")) == {
        "phases/003_x.sql": "phases/004_x.sql",
        "phases/004_y.sql": "phases/005_y.sql",
    }


def test_the_last_is_moved_first() -> None:
    plan, _ = plan_fix(compared(*BASE, "phases/003_x.sql", "phases/004_y.sql"), "native")
    assert [each.moves for each in plan] == [
        (Move("phases/004_y.sql", "phases/005_y.sql"),),
        (Move("phases/003_x.sql", "phases/004_x.sql"),),
    ]


@pytest.mark.parametrize(
    ("newest", "new", "expected"),
    [
        (("0009_a.sql", "0009"), ("0009_b.sql", "0009"), "0010_b.sql"),
        (("9_a.sql", "9"), ("9_b.sql", "9"), "10_b.sql"),
        (("99_a.sql", "99"), ("12_b.sql", "12"), "100_b.sql"),
        (
            ("20240229235959_a.sql", "20240229235959"),
            ("20240101000000_b.sql", "20240101000000"),
            "20240301000000_b.sql",
        ),
        (("202402292359_a.sql", "202402292359"), ("202401010000_b.sql", "202401010000"), "202403010000_b.sql"),
        (("20240229-a.sql", "20240229"), ("20240101-b.sql", "20240101"), "20240301-b.sql"),
        (("20249999000000_a.sql", "20249999000000"), ("1_b.sql", "1"), "20249999000001_b.sql"),
        (("1700000000_a.up.sql", "1700000000"), ("1600000000_b.up.sql", "1600000000"), "1700000001_b.up.sql"),
        (("V1_10_0__a.sql", "1_10_0"), ("V1_9_3__b.sql", "1_9_3"), "V1_10_1__b.sql"),
        (("V7.0_2019.07.31__a.sql", "7.0_2019.07.31"), ("V6__b.sql", "6"), "V7.0_2019.07.32__b.sql"),
        (("03.00.01_02_a.sql", "03.00.01.02"), ("03.00.01_01_b.sql", "03.00.01.01"), "03.00.01_03_b.sql"),
        (
            ("2024-02-29-235959_a/up.sql", "20240229235959"),
            ("2024-01-01-000000_b/up.sql", "20240101000000"),
            "2024-03-01-000000_b",
        ),
        (
            ("20240229235959_a/migration.sql", "20240229235959"),
            ("20240101000000_b/migration.sql", "20240101000000"),
            "20240301000000_b",
        ),
    ],
)
def test_a_number_is_written_as_the_newest_one_of_the_base(
    newest: tuple[str, str], new: tuple[str, str], expected: str
) -> None:
    base = tree(file(f"db/{newest[0]}", newest[1]))
    here = Tree({**base.files, **tree(file(f"db/{new[0]}", new[1])).files})
    assert list(moves(compare("main", here, base, base)).values()) == [f"db/{expected}"]


def test_a_folder_with_both_ways_is_moved_once() -> None:
    base = tree(file("m/001_a/up.sql", "001"))
    new = (file("m/001_b/up.sql", "001"), file("m/001_b/down.sql", "001", kind=Kind.UNDO))
    found = compare("main", Tree({**base.files, **tree(*new).files}), base, base)
    assert moves(found) == {"m/001_b": "m/002_b"}


def test_a_folder_that_holds_files_of_the_base_is_not_moved() -> None:
    base = tree(file("m/001/a/up.sql", "001"), file("m/002/a/up.sql", "002"))
    found = compare("main", Tree({**base.files, **tree(file("m/001/b/up.sql", "001")).files}), base, base)
    plan, (finding,) = plan_fix(found, "diesel")
    assert plan == ()
    assert "files of main lie in its folder, too" in finding.help


def test_the_undo_file_of_the_bases_own_migration_stays() -> None:
    base = ("phases/001_a.sql", "phases/001_a.undo.sql")
    assert moves(compared(*base, "phases/001_b.sql", base=base)) == {"phases/001_b.sql": "phases/002_b.sql"}


@pytest.mark.parametrize("layout", ["drizzle", "sqitch", "graphile-migrate"])
def test_where_names_do_not_say_the_order_it_says_what_to_do(layout: str) -> None:
    plan, (finding,) = plan_fix(compared(*BASE, "phases/002_b.sql"), layout)
    assert plan == ()
    assert finding.rule == "branch-not-fixed"
    assert finding.help


def test_a_step_in_another_language_is_left_to_its_author() -> None:
    here = {**tree(*BASE).files, **tree(file("phases/002_b.go", "002", language="Go")).files}
    plan, (finding,) = plan_fix(compare("main", Tree(here), tree(*BASE), tree(*BASE)), "goose")
    assert plan == ()
    assert "a step in Go" in finding.help


def test_one_file_that_cannot_be_renumbered_keeps_all_of_them() -> None:
    new: Mapping[object, MigrationFile] = tree("phases/002_b.sql", file("phases/x.sql", "002")).files
    plan, findings = plan_fix(compare("main", Tree({**tree(*BASE).files, **new}), tree(*BASE), tree(*BASE)), "native")
    assert plan == ()
    assert len(findings) == 1


def test_what_refers_to_a_file_follows_it() -> None:
    plan, _ = plan_fix(compared(*BASE, "phases/002_b.sql"), "native")
    place = Place("sql/views/v.sql", 1, 1)
    names = ("002", "2", "001", "002_b", "phases/002_b.sql", "users")
    found = with_mentions(plan, [Requirement(name, place) for name in names])
    assert [(each.requirement.name, each.new) for each in found[0].mentions] == [
        ("002", "004"),
        ("2", "004"),
        ("002_b", "004_b"),
        ("phases/002_b.sql", "phases/004_b.sql"),
    ]
