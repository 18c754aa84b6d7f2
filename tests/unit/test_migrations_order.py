from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from platformdb.errors import Place
from platformdb.migrations.model import Kind, Migration, MigrationFile, Names, Needs
from platformdb.migrations.order import ordered
from platformdb.report.history import Checksums


def file(shown: str, version: str = "", kind: Kind = Kind.REPEATABLE) -> MigrationFile:
    if version and kind is Kind.REPEATABLE:
        kind = Kind.VERSIONED
    return MigrationFile(kind, version, shown, shown, shown, "")


def migration(
    shown: str,
    *,
    requires: Sequence[str] = (),
    defines: Sequence[str] = (),
    refers: Sequence[str] = (),
) -> Migration:
    needs = Needs(tuple((name, Place(shown, 1, 25)) for name in requires))
    names = Names(frozenset(defines), frozenset(refers))
    return Migration(file(shown), Checksums("", "", ""), (), needs=needs, names=names)


def order(*pending: Migration, known: Sequence[MigrationFile] = ()) -> list[str]:
    found, findings = ordered(pending, known)
    assert findings == ()
    return [each.file.shown for each in found]


def rules(*pending: Migration, known: Sequence[MigrationFile] = ()) -> list[str]:
    return [finding.rule for finding in ordered(pending, known)[1]]


def test_where_nothing_speaks_against_it_the_given_order_holds() -> None:
    assert order(migration("z.sql"), migration("a.sql"), migration("m.sql")) == ["z.sql", "a.sql", "m.sql"]


def test_nothing_is_in_order() -> None:
    assert ordered(()) == ((), ())


def test_a_required_file_comes_first_and_the_others_stay_where_they_were() -> None:
    found = order(migration("a.sql", requires=["c"]), migration("b.sql"), migration("c.sql"), migration("d.sql"))
    assert found == ["b.sql", "c.sql", "a.sql", "d.sql"]


@pytest.mark.parametrize("name", ["sql/views/totals.sql", "sql/views/totals", "views/totals", "totals.sql", "totals"])
def test_a_file_can_be_required_by_any_end_of_its_path(name: str) -> None:
    found = order(migration("sql/functions/f.sql", requires=[name]), migration("sql/views/totals.sql"))
    assert found == ["sql/views/totals.sql", "sql/functions/f.sql"]


def test_part_of_a_name_is_not_its_end() -> None:
    assert rules(migration("a.sql", requires=["tals"]), migration("views/totals.sql")) == ["requires-unknown"]


@pytest.mark.parametrize("version", ["2", "002", "0002"])
def test_a_version_is_there_before_any_repeatable_file(version: str) -> None:
    known = [file("phases/002_b.sql", "002")]
    assert order(migration("b.sql", requires=[version]), migration("a.sql"), known=known) == ["b.sql", "a.sql"]


def test_a_file_that_was_applied_long_ago_is_there() -> None:
    assert order(migration("b.sql", requires=["totals"]), known=[file("sql/views/totals.sql")]) == ["b.sql"]


@pytest.mark.parametrize("name", ["2", "002_b.undo"])
def test_an_undo_file_cannot_be_required(name: str) -> None:
    undo = file("phases/002_b.undo.sql", "002", Kind.UNDO)
    assert rules(migration("a.sql", requires=[name]), known=[undo]) == ["requires-unknown"]


def test_an_unknown_name_is_found_with_its_place_and_the_nearest_one() -> None:
    _, (finding,) = ordered((migration("a.sql", requires=["totels"]), migration("sql/views/totals.sql")))
    assert (finding.rule, finding.subject, finding.place) == ("requires-unknown", "a.sql", Place("a.sql", 1, 25))
    assert finding.message == "a.sql requires totels, and there is no such file"
    assert finding.help == "did you mean sql/views/totals.sql?"


def test_an_unknown_name_like_no_other_gets_the_ways_to_write_one() -> None:
    _, (finding,) = ordered((migration("a.sql", requires=["099"]),))
    assert finding.help == "write a file's path, its name, or a version"


def test_every_problem_is_found_at_once() -> None:
    assert (
        rules(migration("a.sql", requires=["x", "y"]), migration("b.sql", requires=["z"])) == ["requires-unknown"] * 3
    )


def test_a_name_that_fits_several_files_asks_for_the_path() -> None:
    pending = (migration("a.sql", requires=["users"]), migration("functions/users.sql"), migration("views/users.sql"))
    _, (finding,) = ordered(pending)
    assert finding.rule == "requires-unclear"
    assert finding.help == "write the path of the one that is meant: functions/users.sql, views/users.sql"


def test_a_name_that_the_file_has_itself_means_the_other_one() -> None:
    assert order(migration("functions/users.sql", requires=["users"]), migration("views/users.sql")) == [
        "views/users.sql",
        "functions/users.sql",
    ]


def test_files_that_require_each_other_are_found_with_the_whole_chain() -> None:
    pending = (
        migration("a.sql", requires=["b"]),
        migration("b.sql", requires=["c"]),
        migration("c.sql", requires=["a"]),
        migration("d.sql"),
    )
    found, (finding,) = ordered(pending)
    assert {each.file.shown for each in found} == {"a.sql", "b.sql", "c.sql", "d.sql"}
    assert finding.rule == "requires-circle"
    assert finding.message.startswith("files require each other in a circle: ")
    chain = finding.message.split(": ")[1].split(" requires ")
    assert chain[0] == chain[-1] == finding.subject
    assert set(pairwise(chain)) == {("a.sql", "b.sql"), ("b.sql", "c.sql"), ("c.sql", "a.sql")}
    assert finding.place == Place(finding.subject, 1, 25)


def test_a_file_that_requires_itself_is_a_circle() -> None:
    _, (finding,) = ordered((migration("a.sql", requires=["a"]),))
    assert finding.message == "files require each other in a circle: a.sql requires a.sql"


def test_two_circles_are_two_findings() -> None:
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    assert rules(*(migration(f"{one}.sql", requires=[other]) for one, other in pairs)) == ["requires-circle"] * 2


def test_a_view_comes_after_the_view_and_the_function_it_reads() -> None:
    found = order(
        migration("a.sql", defines=["relation a"], refers=["relation b", "function app.f"]),
        migration("b.sql", defines=["relation b"]),
        migration("f.sql", defines=["function app.f"]),
    )
    assert found == ["b.sql", "f.sql", "a.sql"]


def test_a_trigger_comes_after_the_function_it_runs() -> None:
    assert order(
        migration("t.sql", defines=["trigger users.t"], refers=["relation users", "function touch"]),
        migration("touch.sql", defines=["function touch"]),
    ) == ["touch.sql", "t.sql"]


def test_a_function_that_returns_rows_of_a_view_comes_after_it() -> None:
    assert order(
        migration("f.sql", defines=["function f"], refers=["type app.v", "relation app.v"]),
        migration("v.sql", defines=["relation app.v"]),
    ) == ["v.sql", "f.sql"]


@pytest.mark.parametrize(
    ("refers", "defines", "fits"),
    [
        ("relation v", "relation app.v", True),
        ("relation app.v", "relation v", True),
        ("relation app.v", "relation app.v", True),
        ("relation app.v", "relation other.v", False),
        ("relation v", "function v", False),
        ("relation app.v", "relation vapp.v", False),
        ('relation "a.b"."c.d"', 'relation "a.b"."c.d"', True),
        ('relation "c.d"', 'relation "a.b"."c.d"', True),
        ("relation d", 'relation "c.d"', False),
        ('relation "V"', "relation v", False),
    ],
)
def test_a_name_fits_in_its_schema_and_without_one_in_any(refers: str, defines: str, fits: bool) -> None:
    found = order(migration("1.sql", refers=[refers]), migration("2.sql", defines=[defines]))
    assert found == (["2.sql", "1.sql"] if fits else ["1.sql", "2.sql"])


def test_overloads_in_several_files_all_come_first() -> None:
    assert order(
        migration("v.sql", refers=["function f"]),
        migration("f1.sql", defines=["function f"]),
        migration("f2.sql", defines=["function s.f"]),
    ) == ["f1.sql", "f2.sql", "v.sql"]


def test_files_that_only_refer_to_each_other_keep_the_given_order() -> None:
    assert order(
        migration("b.sql", defines=["function b"], refers=["function a"]),
        migration("a.sql", defines=["function a"], refers=["function b", "relation v"]),
        migration("v.sql", defines=["relation v"]),
    ) == ["b.sql", "v.sql", "a.sql"]


@pytest.mark.parametrize("turned", [False, True])
def test_what_a_file_requires_outweighs_what_others_refer_to(turned: bool) -> None:
    pair = [
        migration("a.sql", requires=["b"], defines=["function a"]),
        migration("b.sql", defines=["function b"], refers=["function a"]),
    ]
    assert order(*(reversed(pair) if turned else pair)) == ["b.sql", "a.sql"]


def test_a_file_that_refers_to_its_own_objects_is_no_circle() -> None:
    assert order(migration("a.sql", defines=["relation a", "function f"], refers=["relation a"])) == ["a.sql"]


def test_a_long_chain_is_sorted() -> None:
    chain = [migration(f"{n}.sql", requires=[f"{n + 1}.sql"]) for n in range(1500)]
    assert order(*chain, migration("1500.sql")) == [f"{n}.sql" for n in range(1500, -1, -1)]
