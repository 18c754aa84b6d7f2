"""Reserved rows: the first rows of a table, the same in every profile."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from platformdb.seeding.files.definition import read_definition
from platformdb.seeding.plan import plan_seed
from platformdb.seeding.problems import Invalid
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World
from seeding_worlds import HEAD, fact, rows_of, sources

DEMO = "0198c0de-0000-7000-8000-000000000001"
USERS = f"id,username,born,admin:bool,score:int\n{DEMO},demo,1990-05-17T00:00:00Z,true,7\n,admin,,false,\n"
TABLE = """
[tables.users]
rows = { shape = "independent", count = "$users" }
reserved = "demo.csv"
[tables.users.helpers]
born = { make = "time", min = 1950-01-01, max = 2000-01-01 }
[tables.users.columns]
id = { make = "uuid7" }
number = { make = "ordinal", start = 1 }
username = { make = "text", templates = ["ann", "demo", "admin"], unique = true }
email = { make = "text", templates = ["{username}@example.com"] }
code = { make = "pattern", of = "[A-Z][0-9]", unique = true }
admin = { make = "flag", share = 0.1 }
score = { make = "number", spread = { dist = "uniform", min = 0, max = 9 }, decimals = 1 }
birthday = { make = "copy", of = "born" }
posts = { make = "aggregate", function = "count", of = "posts", by = "author" }
[tables.posts]
rows = { shape = "per", of = [{ table = "users", link = "author", count = { dist = "fixed", value = 2 } }] }
[tables.posts.columns]
author_name = { make = "copy", of = "author.username" }
"""


def world(users: int = 40, seed: int = 1, file: str = USERS, table: str = TABLE, scale: float = 1.0) -> World:
    text = f"{HEAD}\n[profiles.test]\nusers = {users}\n{table}"
    return World(read_definition(sources(text, {"demo.csv": file}), "test", scale), seed)


def columns(made: World, *names: str) -> list[list[Any]]:
    return [rows_of(made, "users", name) for name in names]


@pytest.mark.parametrize(("users", "seed", "scale"), [(40, 1, 1.0), (2, 1, 1.0), (40, 7, 1.0), (40, 1, 90.0)])
def test_the_first_rows_are_those_of_the_file_whatever_the_size_and_the_seed(
    users: int, seed: int, scale: float
) -> None:
    made = world(users, seed, scale=scale)
    first = [values[:2] for values in columns(made, "username", "email", "admin", "score")]
    assert first == [["demo", "admin"], ["demo@example.com", "admin@example.com"], [True, False], [7.0, None]]
    assert rows_of(made, "users", "id")[:2] == [uuid.UUID(DEMO).bytes, None]
    assert rows_of(made, "users", "birthday")[:2] == [642_902_400_000_000, None]
    assert rows_of(made, "users", "time") == sorted(rows_of(made, "users", "time"))


def test_all_other_values_are_made_as_for_any_row() -> None:
    text = TABLE.replace('reserved = "demo.csv"\n', "")
    with_file, without = world(), world(table=text)
    for name in ("number", "code", "posts"):
        assert rows_of(with_file, "users", name) == rows_of(without, "users", name)
    for name in ("id", "admin", "score", "birthday"):
        assert rows_of(with_file, "users", name)[2:] == rows_of(without, "users", name)[2:]


def test_reserved_rows_take_part_in_everything() -> None:
    assert rows_of(world(), "users", "posts")[:2] == [2, 2]
    assert rows_of(world(), "posts", "author_name").count("demo") == 2


@pytest.mark.parametrize("users", [40, BLOCK + 100])
def test_no_generated_text_is_a_reserved_one(users: int) -> None:
    names = rows_of(world(users), "users", "username")
    assert len(set(names)) == users
    assert "ann" in names


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("number:int", [5, 1, 40]),
        ("number:int", [2, 3, 1]),
        ("number:int", [4, 5, 6]),
        ("code", ["B7", "Z0", "A0"]),
        ("username", ["ann5", "ann2", "ann"]),
    ],
)
def test_a_row_whose_value_is_reserved_takes_one_that_is_free(column: str, values: list[Any]) -> None:
    file = f"{column}\n" + "".join(f"{value}\n" for value in values)
    made = rows_of(world(file=file), "users", column.partition(":")[0])
    assert made[:3] == values
    assert len(set(made)) == 40
    if column == "number:int":
        assert sorted(made) == list(range(1, 41))


def test_a_row_of_a_later_block_gives_way_as_well() -> None:
    last = BLOCK + 50
    made = world(last, file=f"number:int,code\n{last},A1\n", table=TABLE.replace("[A-Z][0-9]", "[A-Z]{2}[0-9]{4}"))
    number = made.block("users", Span(BLOCK, last)).value("number").array
    assert number[-1] == 1
    assert number[-2] == last - 1


def found(file: str, users: int = 40, table: str = TABLE) -> list[str]:
    text = f"{HEAD}\n[profiles.test]\nusers = {users}\n{table}"
    read = read_definition(sources(text, {"demo.csv": file} if file else {}), "test")
    facts = [
        fact("users", "id uuid", "number int4", "username text", "email text", "code text", "admin bool",
             "score float8", "birthday date", "posts int8"),
        fact("posts", "author_name text", needs=("users",)),
    ]  # fmt: skip
    required = [replace(each, not_null=each.name == "code") for each in facts[0].columns]
    facts[0] = replace(facts[0], columns=tuple(required))
    try:
        plan_seed(read, {each.name: each for each in facts})
    except Invalid as invalid:
        return [f"{problem.key}: {problem.message}" for problem in invalid.problems]
    return []


RESERVED = "tables.users.reserved: "


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("", RESERVED + "there is no reference file 'demo.csv'"),
        ("username\n" + "x\n" * 3, RESERVED + "'username' of demo.csv has a value twice, where all others differ"),
        ("posts:int\n3\n", RESERVED + "'posts' of demo.csv is computed from other rows: leave it out there"),
        ("code,number:int\n,5\n", RESERVED + "'code' of demo.csv is empty in a row, and the column is NOT NULL"),
        ("name\nx\n", RESERVED + "'name' of demo.csv is neither a column nor a helper of users"),
        ("id\nx\n", "tables.users.columns.id: demo.csv: 'id' should be of the kind uuid: badly formed"),
        ("born\n1st of May\n", "tables.users.helpers.born: demo.csv: 'born' should be of the kind time: Invalid iso"),
        ("admin\nyes\n", "tables.users.columns.admin: demo.csv: 'admin' is text, and the generator makes values of"),
        ("username:int\n1\n", "tables.users.columns.username: demo.csv: 'username' is int, and the generator makes"),
    ],
)
def test_what_is_wrong_with_a_file_of_reserved_rows_is_said(file: str, message: str) -> None:
    assert [line.startswith(message) for line in found(file)] == [True], found(file)


def test_more_reserved_rows_than_rows_are_refused() -> None:
    message = RESERVED + "demo.csv has 3 rows, and profile test 2 of users"
    assert found("username\na\nb\nc\n", users=2) == [message]


def test_only_tables_that_come_from_no_other_can_have_reserved_rows() -> None:
    rows = (
        'rows = { shape = "per", of = [{ table = "users", link = "author", count = { dist = "fixed", value = 2 } }] }'
    )
    table = TABLE.replace(rows, f'{rows}\nreserved = "demo.csv"').replace('reserved = "demo.csv"\n', "", 1)
    message = "tables.posts.reserved: only a table of the shape independent can have reserved rows"
    assert found("author_name\nx\n", table=table) == [message]


def test_good_reserved_rows_have_no_problem() -> None:
    assert found(USERS) == []
