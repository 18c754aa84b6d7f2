"""Unique columns with too few values, found before a row is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platformdb.seeding.fit.constraints import Unique
from platformdb.seeding.fit.possible import least_rows, unique_problems
from seeding_worlds import HEAD, definition, fact, network

FILES = {"words.csv": "word,kind\na,x\nb,x\nc,\n"}


def said(column: str, rows: int, unique: Unique | None = None, more: str = "", reference: str = "") -> list[str]:
    shape = reference or f'{{ shape = "independent", count = {rows} }}'
    text = f"{HEAD}\n[profiles.test]\n[tables.t]\nrows = {shape}\n{more}\n[tables.t.columns]\n{column}\n"
    table = replace(fact("t", "c text"), uniques=(unique or Unique("t_c_key", ("c",)),))
    return [f"{problem.key}: {problem.message}" for problem in unique_problems(definition(text, FILES), {"t": table})]


@pytest.mark.parametrize(
    ("options", "room"),
    [
        ("make = 'constant', value = 1", 1),
        ("make = 'flag', share = 0.5", 2),
        ("make = 'present', of = 'time'", 2),
        ("make = 'choice', values = ['a', 'b', 'c', 'd'], weights = [1, 1, 1, 0]", 3),
        ("make = 'map', of = 'time', values = { a = 1, b = 1, c = 2 }, otherwise = 3", 3),
        ("make = 'number', spread = { dist = 'uniform', min = 1, max = 9 }", 9),
        ("make = 'number', spread = { dist = 'uniform', min = 0, max = 1 }, decimals = 1", 11),
        ("make = 'number', spread = { dist = 'weighted', values = [1, 2], weights = [1, 1] }", 2),
        ("make = 'number', spread = { dist = 'fixed', value = 4 }", 1),
        ("make = 'number', spread = { dist = 'lognormal', median = 3, sigma = 1, min = 1, max = 9 }", 9),
        ("make = 'pattern', of = '[ab]{3}', unique = true", 8),
        ("make = 'text', templates = ['a', 'b', 'a']", 2),
        ("make = 'contract', of = 't.c', documents = 12", 12),
        ("make = 'inet', network = '10.0.0.0/30'", 4),
        ("make = 'bytes', size = 1", 256),
        ("make = 'compare', left = 'time', op = '<', right = 'time'", 2),
    ],
)
def test_a_unique_column_needs_as_many_values_as_rows(options: str, room: int) -> None:
    found = said(f"c = {{ {options} }}", room + 1)
    assert found == [
        f"tables.t.columns.c: c must differ in {room + 1:,} rows (t_c_key), "
        f"and there are only {room:,} different values"
    ]
    assert not said(f"c = {{ {options} }}", min(room, 2))


@pytest.mark.parametrize(
    "options",
    [
        "make = 'ordinal'",
        "make = 'uuid4'",
        "make = 'text', templates = ['a'], unique = true",
        "make = 'text', templates = ['{d}']",
        "make = 'choice', values = ['a'], nulls = 0.5",
        "make = 'choice', values = ['a'], given = ['d']",
        "make = 'number', spread = { dist = 'fixed', value = 1 }, times = 'd'",
    ],
)
def test_what_nobody_can_count_is_not_judged(options: str) -> None:
    assert said(f"c = {{ {options} }}\nd = {{ make = 'ordinal' }}", 5_000) == []


def test_values_drawn_by_chance_meet_long_before_they_are_used_up() -> None:
    column = "c = { make = 'number', spread = { dist = 'uniform', min = 1, max = 1_000_000 } }"
    assert said(column, 1_000) == []
    assert said(column, 10_000)[0].endswith("of 1,000,000 values drawn by chance about 50 would come twice")
    assert said("c = { make = 'pattern', of = '[0-9]{6}', unique = true }", 10_000) == []


def test_several_columns_have_the_room_of_their_combinations() -> None:
    two = "c = { make = 'flag', share = 0.5 }\nd = { make = 'choice', values = [1, 2, 3] }"
    both = Unique("both", ("c", "d"))
    assert said(two, 7, both) == [
        "tables.t.columns.c: c and d must differ in 7 rows (both), and there are only 6 different values"
    ]
    assert said(f"{two}\ne = {{ make = 'ordinal' }}", 7, Unique("all", ("c", "d", "e"))) == []


@pytest.mark.parametrize("change", [{"plain": False}, {"where": "c > 3"}, {"columns": ("c", "other")}])
def test_parts_of_a_table_and_expressions_are_not_judged(change: dict[str, object]) -> None:
    assert said("c = { make = 'flag', share = 0.5 }", 9, replace(Unique("t_c_key", ("c",)), **change)) == []  # type: ignore[arg-type]


def test_what_comes_from_a_file_has_the_files_values() -> None:
    picked = "[tables.t.helpers]\nw = { make = 'pick', file = 'words.csv' }\nh = { make = 'flag', share = 0.1 }"
    assert "only 3 different" in said("c = { make = 'copy', of = 'w.word' }", 4, more=picked)[0]
    assert "only 2 different" in said("c = { make = 'copy', of = 'h' }", 4, more=picked)[0]
    assert said("c = { make = 'copy', of = 'w.kind' }", 4, more=picked) == []  # NULL is never twice the same
    row = "{ shape = 'reference', file = 'words.csv' }"
    assert said("c = { make = 'copy', of = 'row.word' }", 0, reference=row) == []


def test_the_least_number_of_rows_is_known_from_the_file() -> None:
    made = network(people=30, posts=100, comments=300, likes=400).definition
    sizes = {name: least_rows(made, name) for name in made.tables}
    # Of likes those without a liker go, and of comments those without an author.
    assert sizes == {"people": 30, "follows": 200, "friends": 0, "posts": 100, "comments": 0, "likes": 0}


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("table = 'p'", 10),
        ("table = 'p', count = { dist = 'fixed', value = 3 }", 30),
        ("table = 'p', count = { dist = 'uniform', min = 2, max = 9 }", 20),
        ("table = 'p', count = { dist = 'lognormal', median = 2, sigma = 1 }", 0),
        ("table = 'p', count = 'n'", 0),
        ("table = 'p', share = 0.5", 0),
        ("table = 'p', total = 77", 77),
        ("table = 'p', given = ['n']", 0),
    ],
)
def test_the_least_number_of_rows_that_others_bring(source: str, rows: int) -> None:
    text = f"""{HEAD}
[profiles.test]
[tables.p]
rows = {{ shape = "independent", count = 10 }}
[tables.p.columns]
n = {{ make = "ordinal" }}
[tables.t]
rows = {{ shape = "per", of = [{{ {source} }}] }}
"""
    assert least_rows(definition(text), "t") == rows
