"""What the database asks of values beside what the generators can make."""

from __future__ import annotations

import pytest

from platformdb.seeding.fit.allowed import judge_table
from platformdb.seeding.fit.constraints import Check, Partition, Partitioning
from platformdb.seeding.model import ColumnFact, TableFact
from seeding_worlds import HEAD, definition

FILES = {"colours.csv": "name,code:int\nred,1\ngreen,2\n,3\n", "demo.csv": "c\nred\nblue\n"}
UNIFORM = '{{ make = "number", spread = {{ dist = "uniform", min = {}, max = {} }}, decimals = {} }}'


def judged(column: ColumnFact, generator: str, *checks: str, more: str = "", table: str = "", **facts: object):
    """The problems and the names of unproven checks of a table with the column c, and x (int)."""
    text = f"""{HEAD}
[profiles.test]
[tables.t]
rows = {{ shape = "independent", count = 1000 }}
{table}
[tables.t.helpers]
colour = {{ make = "pick", file = "colours.csv" }}
number = {UNIFORM.format(0, 100, 0)}
[tables.t.columns]
c = {generator}
{more}
"""
    made = tuple(Check(f"check{place}", expression, ("c",)) for place, expression in enumerate(checks))
    columns = (column, ColumnFact("x", "int4"), ColumnFact("y", "int4", default="7"))
    fact = TableFact("t", "public", "t", columns, checks=made, **facts)  # type: ignore[arg-type]
    problems, unproven = judge_table(definition(text, FILES), fact)
    return [problem.message for problem in problems], [check.name for check in unproven]


INT, TEXT = ColumnFact("c", "int4", declared="integer"), ColumnFact("c", "text", declared="text")
PROVEN: tuple[list[str], list[str]] = ([], [])
OPEN: tuple[list[str], list[str]] = ([], ["check0"])


def number(low: float, high: float, decimals: int = 0) -> str:
    return UNIFORM.format(low, high, decimals)


def choice(*values: object) -> str:
    return f'{{ make = "choice", values = {list(values)} }}'


@pytest.mark.parametrize(
    ("column", "generator", "check"),
    [
        (INT, number(1, 10), "c > 0"),
        (INT, number(1, 10), "c < 10"),
        (INT, '{ make = "ordinal", start = 1 }', "c > 0"),
        (INT, choice(1, 2), "c IN (1, 2, 3)"),
        (INT, choice(1, 2), "c IS NOT NULL"),
        (INT, number(0, 10), "c < x"),
        (TEXT, choice("a", "b"), "c ~ '^[a-z]$'::text"),
        (TEXT, choice("a", "b"), "c <> 'c'::text"),
        (TEXT, '{ make = "copy", of = "colour.name" }', "c IN ('red'::text, 'green'::text)"),
        (TEXT, '{ make = "text", templates = ["no {number}"] }', "length(c) <= 5"),
        (TEXT, '{ make = "text", templates = ["{colour.name} {number}"] }', "length(c) <= 8"),
        (TEXT, '{ make = "digest", of = "colour.name" }', "length(c) = 64"),
        (TEXT, '{ make = "prose", words = { dist = "fixed", value = 9 }, max = 50 }', "length(c) <= 50"),
        (ColumnFact("c", "bytea"), '{ make = "bytes", size = 12 }', "octet_length(c) = 12"),
        (ColumnFact("c", "bool"), '{ make = "flag", share = 1.0 }', "c"),
        (ColumnFact("c", "numeric", modifier=(5 << 16) + 2 + 4), number(0, 999, 2), "c >= 0.0"),
        (ColumnFact("c", "jsonb"), choice("{}"), "jsonb_typeof(c) = 'object'::text"),
        (INT, '{ make = "number", spread = { dist = "lognormal", median = 5, sigma = 1.0, min = 1 } }', "c >= 1"),
    ],
)  # fmt: skip
def test_what_cannot_go_wrong_is_proven(column: ColumnFact, generator: str, check: str) -> None:
    assert judged(column, generator, check) == PROVEN


@pytest.mark.parametrize(
    ("column", "generator", "check", "said"),
    [
        (INT, number(0, 10), "c > 0", "can make 0"),
        (INT, number(0, 10), "c % 2 = 0", "can make 5"),
        (INT, number(0, 100_000), "c < 5", "can make 5000"),
        (INT, '{ make = "ordinal" }', "c > 0", "can make 0"),
        (INT, choice(1, 4), "c IN (1, 2, 3)", "can make 4"),
        (TEXT, choice("a", "B"), "c ~ '^[a-z]$'::text", "can make 'B'"),
        (TEXT, '{ make = "copy", of = "colour.name" }', "c <> 'red'::text", "can make 'red'"),
        (TEXT, '{ make = "text", templates = ["{number}."] }', "length(c) < 2", "all values have 2 characters or more"),
        (TEXT, '{ make = "constant", value = "" }', "btrim(c) <> ''::text", "can make ''"),
        (INT, '{ make = "number", spread = { dist = "lognormal", median = 5, sigma = 1.0 } }', "c < 3", "can make 5"),
    ],
)  # fmt: skip
def test_a_contradiction_is_a_problem_with_an_example(
    column: ColumnFact, generator: str, check: str, said: str
) -> None:
    assert judged(column, generator, check) == ([f"{said}, and check0 asks for CHECK {check}"], [])


@pytest.mark.parametrize(
    ("column", "generator", "check"),
    [
        (INT, number(0, 1), "c % 2 = 0"),
        (INT, number(0, 10), "strange(c)"),
        (INT, number(0, 10), "c < y"),
        (INT, '{ make = "ordinal" }', "c < 5000"),
        (INT, '{ make = "number", spread = { dist = "lognormal", median = 5, sigma = 1.0 } }', "c < 30000"),
        (TEXT, '{ make = "text", templates = ["{colour.name}"] , unique = true }', "length(c) < 9"),
        (TEXT, '{ make = "text", templates = ["{time}"] }', "length(c) < 30"),
        (TEXT, '{ make = "text", templates = ["{number}"], nulls = 0.5 }', "c IS NOT NULL AND length(c) < 9"),
        (TEXT, '{ make = "copy", of = "colour.name", where = { number = 5 } }', "c <> 'red'::text"),
        (TEXT, '{ make = "map", of = "number", values = { 1 = "a", 2 = "b" } }', "c <> 'b'::text"),
        (TEXT, choice("a", "b") + "\nx = " + number(0, 9), "(c = 'a'::text) = (x IS NULL)"),
        (ColumnFact("c", "uuid"), choice("no id"), f"c <> '{'0' * 32}'::uuid"),
        (ColumnFact("c", "text", loose=True), choice("a", "b"), "c <> 'A'::text"),
    ],
)  # fmt: skip
def test_what_is_neither_is_left_to_the_rows(column: ColumnFact, generator: str, check: str) -> None:
    assert judged(column, generator, check) == OPEN


def test_a_column_without_generator_and_default_is_null() -> None:
    assert judged(INT, number(0, 9), "x IS NULL OR c > 20") == PROVEN


def test_a_type_takes_only_its_values() -> None:
    mood = ColumnFact("c", "mood", enum=True, labels=("sad", "glad"), declared="mood")
    short = ColumnFact("c", "varchar", modifier=7, declared="short")
    padded = ColumnFact("c", "bpchar", modifier=7, declared="padded")
    small = ColumnFact("c", "int2", declared="smallint")
    exact = ColumnFact("c", "numeric", modifier=(3 << 16) + 1 + 4, declared="exact")
    for column, generator, said in (
        (mood, choice("sad", "mad"), "can make 'mad', and the column is mood: sad, glad"),
        (short, choice("abcd"), "can make 'abcd', and the column is short"),
        (padded, '{ make = "text", templates = ["ab{number}a"] }',
         "all values have 4 characters or more, and the column is padded"),
        (small, number(0, 90_000), "can make 45000, and the column is smallint"),
        (exact, number(100, 101, 1), "can make 100.0, and the column is exact"),
    ):  # fmt: skip
        assert judged(column, generator) == ([said], [])
    assert judged(ColumnFact("c", "bpchar", modifier=7), choice("abc    ")) == PROVEN
    assert judged(mood, choice("glad")) == PROVEN


def test_a_column_that_is_not_null_takes_no_nulls() -> None:
    required = ColumnFact("c", "int4", not_null=True)
    said = ["nulls leaves rows without a value, and the column is NOT NULL"]
    assert judged(required, '{ make = "ordinal", nulls = 0.1 }') == (said, [])
    assert judged(required, '{ make = "ordinal" }') == PROVEN
    assert judged(INT, '{ make = "ordinal", nulls = 0.1 }') == PROVEN


def test_a_domain_is_asked_too() -> None:
    checked = (Check("email_check", "VALUE ~ '@'::text", (), "email"),)
    column = ColumnFact("c", "text", checks=checked)
    assert judged(column, choice("a@b", "a"))[0] == [
        "can make 'a', and the domain email asks for CHECK VALUE ~ '@'::text"
    ]
    assert judged(column, choice("a@b")) == PROVEN
    assert judged(column, '{ make = "text", templates = ["{number}"] }') == ([], ["email_check"])


def test_rows_need_a_partition() -> None:
    parts = (Partition("t1", "", "c IS NOT NULL AND c = 'a'::text"), Partition("t2", "", "c = 'b'::text"))
    split = Partitioning("list", ("c",), parts)
    assert judged(TEXT, choice("a", "b"), partitioning=split) == PROVEN
    assert judged(TEXT, choice("a", "c"), partitioning=split)[0] == ["can make 'c', and t has no partition for that"]
    rest = Partitioning("list", ("c",), (*parts, Partition("t3", "DEFAULT", "true", default=True)))
    assert judged(TEXT, choice("a", "c"), partitioning=rest) == PROVEN
    assert judged(TEXT, choice("a"), partitioning=Partitioning("list", ("c",)))[1] == [""]


def test_reserved_rows_count(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = "c IN ('red'::text, 'green'::text)"
    said = judged(TEXT, choice("red", "green"), asked, table='reserved = "demo.csv"')
    assert said == OPEN
    assert judged(TEXT, choice("red", "green"), asked) == PROVEN


def test_secrets_are_not_shown() -> None:
    column = ColumnFact("c", "text")
    text = f"""{HEAD}
[profiles.test]
[tables.t]
rows = {{ shape = "independent", count = 10 }}
[tables.t.columns]
api_token = {{ make = "constant", value = "hunter2" }}
"""
    fact = TableFact(
        "t", "public", "t", (ColumnFact("api_token", "text"), column), checks=(Check("k", "length(api_token) > 9"),)
    )
    (problem,) = judge_table(definition(text), fact)[0]
    assert problem.message == "can make (not shown), and k asks for CHECK length(api_token) > 9"
