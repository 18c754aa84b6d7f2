"""Two schemas side by side, in words; and privileges as people write them."""

from __future__ import annotations

import pytest

from platformdb.schema.differences import differences
from platformdb.schema.fingerprint import fingerprint
from platformdb.schema.grants import granted
from platformdb.schema.snapshot import Fact, Snapshot, Thing


def schema(*things: Thing) -> Snapshot:
    return Snapshot({thing.identity: thing for thing in things})


def thing(kind: str, name: str, within: str = "", **facts: Fact) -> Thing:
    return Thing(kind, name, within, {key.replace("_", " "): value for key, value in facts.items()})


def said(before: Snapshot, after: Snapshot) -> list[str]:
    return [str(each) for each in differences(before, after)]


TABLE = thing("table", "t", order_of_columns=("a", "b"))
A, B = (thing("column", f"t.{name}", "table t", type="integer") for name in "ab")
INDEX = thing("index", "i", "column t.b", definition="CREATE INDEX i ON t (b)")


def test_equal_schemas_have_nothing_to_say_and_one_fingerprint() -> None:
    one, other = schema(TABLE, A, B), schema(TABLE, A, B)
    assert said(one, other) == []
    assert fingerprint(one) == fingerprint(other)


def test_what_goes_with_something_is_not_said_again() -> None:
    assert said(schema(), schema(TABLE, A, B, INDEX)) == ["table t is left behind"]
    alone = schema(thing("table", "t", order_of_columns=("a",)), A)
    assert said(schema(TABLE, A, B, INDEX), alone) == ["column t.b is gone"]


def test_an_order_is_said_only_of_what_both_have() -> None:
    other = thing("table", "t", order_of_columns=("b", "c", "a"))
    assert said(schema(TABLE), schema(other)) == ["columns of table t are in another order: b, a"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"valid": True}, {}, "index i was valid and is not"),
        ({}, {"valid": True}, "index i was not valid and is"),
        ({"owner": "one"}, {"owner": "two"}, "owner of index i was one and is two"),
        ({"comment": "kept"}, {}, "comment kept of index i is gone"),
        ({}, {"options": ("fillfactor=70",)}, "option fillfactor=70 of index i is left behind"),
        (
            {"definition": "one\ntwo"},
            {"definition": "one\nthree"},
            "definition of index i differs, first in line 2: it was two and is three",
        ),
        (
            {"definition": "one"},
            {"definition": "one\nmore"},
            "definition of index i differs, first in line 2: it was missing and is more",
        ),
        (
            {"parameters": f"{'alike ' * 20}CACHE 1"},
            {"parameters": f"{'alike ' * 20}CACHE 5"},
            "parameters of index i differs, first in line 1: it was …CACHE 1 and is …CACHE 5",
        ),
        (
            {"definition": f"{'x' * 100}a"},
            {"definition": f"{'x' * 100}b"},
            f"definition of index i differs, first in line 1: it was …{'x' * 36}a and is …{'x' * 36}b",
        ),
        (
            {"secret options": ("password=ab12",)},
            {"secret options": ("password=cd34",)},
            "option password of index i has another value",
        ),
    ],
)
def test_a_fact_that_differs_is_a_sentence(old: dict[str, Fact], new: dict[str, Fact], words: str) -> None:
    assert said(schema(Thing("index", "i", "", old)), schema(Thing("index", "i", "", new))) == [words]


def test_not_null_is_said_once() -> None:
    nullable = thing("column", "t.a", "table t", nullable=True)
    constraint = thing("constraint", "t_a_not_null on t", "column t.a", definition="NOT NULL a")
    strict = thing("column", "t.a", "table t")
    assert said(schema(TABLE, nullable), schema(TABLE, strict, constraint)) == ["column t.a was nullable and is not"]
    assert said(schema(TABLE, strict), schema(TABLE, strict, constraint)) == [
        "constraint t_a_not_null on t is left behind"
    ]


def test_the_usual_privileges_are_none_whether_they_are_written_down_or_not() -> None:
    usual = ["owner=arwd/owner", "=X/owner"]
    assert granted(None, usual) == ((), ())
    assert granted(usual, usual) == ((), ())
    assert granted(["owner=arwd/someone", "=X/owner"], usual) == ((), ()), "who granted it makes no difference"


def test_what_is_granted_and_revoked_is_against_the_usual() -> None:
    usual = ["owner=ar/owner", "=X/owner"]
    assert granted(["owner=ar/owner", '"odd=name"=r*w/owner'], usual) == (
        ('SELECT to "odd=name" with grant option', 'UPDATE to "odd=name"'),
        ("EXECUTE to public",),
    )
    assert granted(["what is this"], None) == (("what is this",), ())
