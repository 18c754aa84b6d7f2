from __future__ import annotations

import pytest

from platformdb.errors import Refused
from platformdb.seeding.plan import load_order, plan_seed
from platformdb.seeding.problems import Invalid
from platformdb.seeding.request import Existing
from platformdb.seeding.state import Marker, judge_state
from seeding_worlds import HEAD, definition, fact


def needs(**tables: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    order, circle = load_order({fact(name): targets for name, targets in tables.items()})
    return tuple(table.name for table in order), circle


def test_a_table_is_loaded_after_those_it_needs_else_in_the_given_order() -> None:
    assert needs(comments=("posts", "users"), posts=("users",), users=(), tags=()) == (
        ("users", "tags", "posts", "comments"),
        (),
    )


def test_a_table_may_need_itself_and_tables_that_are_not_loaded() -> None:
    assert needs(comments=("comments", "elsewhere")) == (("comments",), ())


def test_a_circle_is_named() -> None:
    assert needs(a=("b",), b=("a",), c=())[1] == ("a", "b")


TWO = f"""{HEAD}
[profiles.test]
[tables.a]
rows = {{ shape = "independent", count = 1 }}
columns.id = {{ make = "uuid7" }}
[tables.b]
rows = {{ shape = "independent", count = 1 }}
columns.id = {{ make = "uuid7" }}
"""


def test_what_does_not_fit_the_database_is_said_at_once() -> None:
    text = TWO + 'columns.wrong = { make = "uuid7" }\ncolumns.sum = { make = "uuid7" }\n'
    table = fact("b", "id uuid!", "name text!", "note text")
    generated = table.__class__(
        **{f: getattr(table, f) for f in ("name", "schema", "relation", "needs")},
        columns=(*table.columns, fact("x", "sum int4").columns[0].__class__("sum", "int4", generated=True)),
    )
    with pytest.raises(Invalid) as caught:
        plan_seed(definition(text), {"b": generated})
    assert [problem.message for problem in caught.value.problems] == [
        "the database has no table 'a'",
        "b has no column 'wrong', only id, name, note, sum",
        "the database computes this column itself: leave it out",
        "b.name is NOT NULL and has no default: give it a generator",
    ]


def test_only_columns_with_a_generator_are_sent_in_the_order_of_the_table() -> None:
    facts = {"a": fact("a", "note text", "id uuid!"), "b": fact("b", "id uuid!", needs=("a",))}
    plan = plan_seed(definition(TWO), facts)
    assert [(table.fact.name, [column.name for column in table.columns]) for table in plan.tables] == [
        ("a", ["id"]),
        ("b", ["id"]),
    ]
    assert not plan.deferred
    assert plan.bystanders == ()


def test_a_circle_with_a_deferrable_key_is_loaded_with_checks_at_the_end() -> None:
    facts = {"a": fact("a", "id uuid", needs=("b",)), "b": fact("b", "id uuid", deferrable=("a",))}
    plan = plan_seed(definition(TWO), facts)
    assert plan.deferred
    assert [table.fact.name for table in plan.tables] == ["b", "a"]


def test_a_circle_without_is_loaded_with_its_keys_off() -> None:
    facts = {"a": fact("a", "id uuid", needs=("b",)), "b": fact("b", "id uuid", needs=("a",))}
    plan = plan_seed(definition(TWO), facts)
    assert plan.circle
    assert {table.fact.name for table in plan.tables} == {"a", "b"}


def test_tables_that_refer_to_the_seeded_ones_are_found_however_far() -> None:
    facts = {
        "a": fact("a", "id uuid"),
        "b": fact("b", "id uuid"),
        "near": fact("near", "id uuid", needs=("a",)),
        "far": fact("far", "id uuid", deferrable=("near",)),
        "other": fact("other", "id uuid"),
    }
    assert [table.name for table in plan_seed(definition(TWO), facts).bystanders] == ["near", "far"]


WANTED = Marker("dev", 1, "abc")


def test_an_empty_database_is_loaded_whatever_it_says_to_hold() -> None:
    assert judge_state(WANTED, None, {}, Existing.REFUSE)
    assert judge_state(WANTED, WANTED, {}, Existing.REFUSE)


def test_the_same_seed_again_is_nothing_to_do_unless_it_shall_be_replaced() -> None:
    assert not judge_state(WANTED, Marker("dev", 1, "abc", rows=5), {"a": 5}, Existing.REFUSE)
    assert judge_state(WANTED, Marker("dev", 1, "abc", rows=5), {"a": 5}, Existing.REPLACE)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "the database holds rows that seed did not make"),
        (Marker("dev", 2, "abc", rows=7), "the database holds another seed: profile dev, seed 2, 7 rows"),
        (Marker("ci", 1, "abc", rows=7), "the database holds another seed: profile ci, seed 1, 7 rows"),
        (Marker("dev", 1, "old", rows=7), "the database holds this seed of an older definition: profile dev"),
    ],
)
def test_other_rows_are_not_touched_without_being_asked(found: Marker | None, message: str) -> None:
    with pytest.raises(Refused, match=message) as caught:
        judge_state(WANTED, found, {"a": 1_000, "b": 2}, Existing.REFUSE)
    assert caught.value.detail == "a (1,000), b (2)"
    assert "--replace" in caught.value.help
    assert judge_state(WANTED, found, {"a": 1}, Existing.REPLACE)
