"""What CHECKs leave to columns; tests/integration/test_checks.py asks PostgreSQL whether the expressions mean that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from platformdb.sqltext.checks.allowed import OTHER, Allowed, Bound, Order, allowed, cases, orders
from platformdb.sqltext.checks.evaluate import UNKNOWN, evaluate
from platformdb.sqltext.checks.model import Call, Column, Opaque, columns_of, family, renamed, understood
from platformdb.sqltext.checks.patterns import Foreign, similar, translated
from platformdb.sqltext.checks.read import read_check

FAMILIES = {"a": "int", "b": "int", "n": "numeric", "t": "text", "v": "text", "m": "enum", "j": "jsonb", "ok": "bool"}
FAMILIES |= {"words": "text[]", "d": "date", "y": "bytea"}


def read(text: str):
    return read_check(text, FAMILIES)


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("t IN ('a'::text, 'b'::text)", "t", Allowed(values=("a", "b"))),
        ("(t = 'a'::text) OR (t = 'b'::text) OR (t IS NULL)", "t", Allowed(values=("a", "b"))),
        ("t IN ('a'::text, 'b'::text) AND t <> 'a'::text", "t", Allowed(values=("a", "b"), without=("a",))),
        ("m = ANY (ARRAY['x'::mood, 'y'::mood])", "m", Allowed(values=("x", "y"))),
        ("a NOT IN (3, 4)", "a", Allowed(without=(3, 4))),
        ("a >= 1 AND a < 10", "a", Allowed(least=Bound(1, included=True), most=Bound(10, included=False))),
        ("a > 1 AND a >= 1 AND a > 0", "a", Allowed(least=Bound(1, included=False))),
        ("10 > a AND a <= 10", "a", Allowed(most=Bound(10, included=False))),
        ("NOT (a < 5)", "a", Allowed(least=Bound(5, included=True))),
        ("n BETWEEN 0.5 AND 2", "n", Allowed(least=Bound(Decimal("0.5"), included=True), most=Bound(2, included=True))),
        ("a IS NOT NULL AND a > 0", "a", Allowed(least=Bound(0, included=False), null=False)),
        ("a IS NULL OR (a > 0 AND a < 9)", "a", Allowed(least=Bound(0, False), most=Bound(9, False))),
        ("coalesce(t, ''::text) <> ''::text", "t", Allowed(null=False, complete=False)),
        ("length(t) >= 3 AND char_length(t) <= 9", "t", Allowed(shortest=3, longest=9)),
        ("length(t) > 0", "t", Allowed(shortest=1)),
        ("length(t) <> 0", "t", Allowed(shortest=1)),
        ("length(t) <> 4", "t", Allowed(complete=False)),
        ("octet_length(y) = 12", "y", Allowed(shortest=12, longest=12)),
        ("cardinality(words) < 4", "words", Allowed(longest=3)),
        ("t <> ''::text", "t", Allowed(without=("",), shortest=1)),
        ("btrim(t) <> ''::text", "t", Allowed(filled=True, shortest=1)),
        ("length(btrim(t)) > 0", "t", Allowed(filled=True, shortest=1)),
        ("lower(t) = t", "t", Allowed(folded="lower")),
        ("t = upper(t)", "t", Allowed(folded="upper")),
        ("t ~ '^a'::text", "t", Allowed(patterns=(("~", "^a", True),))),
        ("t !~~ '%x'::text", "t", Allowed(patterns=(("~~", "%x", False),))),
        ("t ~ similar_to_escape('a%'::text)", "t", Allowed(patterns=(("~", "^(?:a.*)$", True),))),
        ("jsonb_typeof(j) = 'object'::text", "j", Allowed(documents=("object",))),
        ("ok", "ok", Allowed(values=(True,))),
        ("t < 'b'::text", "t", Allowed(complete=False)),
        ("a < b AND a > 0", "a", Allowed(least=Bound(0, included=False))),
    ],
)
def test_what_a_check_leaves_to_a_column(text: str, column: str, expected: Allowed) -> None:
    assert allowed([read(text)], column) == expected


def test_several_checks_narrow_each_other() -> None:
    found = allowed([read("t IN ('a'::text, 'b'::text)"), read("t IN ('b'::text, 'c'::text)")], "t")
    assert found == Allowed(values=("b",))


def test_the_order_of_two_columns_is_found_where_it_is_all_that_is_asked() -> None:
    assert orders(read("a <= b AND n > 0")) == (Order("a", "<=", "b"),)
    assert orders(read("a > b")) == (Order("b", "<", "a"),)
    assert orders(read("a IS NULL OR b IS NULL OR a <> b")) == (Order("a", "<>", "b"),)
    assert orders(read("ok IS NULL OR a < b")) == ()
    assert orders(read("a < 5")) == ()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("num_nonnulls(a, b) = 1", [(None, OTHER), (OTHER, None)]),
        ("(a IS NULL) = (b IS NULL)", [(None, None), (OTHER, OTHER)]),
        ("a IS NOT NULL OR b IS NOT NULL", [(None, OTHER), (OTHER, None), (OTHER, OTHER)]),
        ("t = 'x'::text OR a IS NULL", [(None, None), (None, OTHER), ("x", None), ("x", OTHER), (OTHER, None)]),
        ("(m = 'x'::mood) = (a IS NOT NULL)", [(None, None), (None, OTHER), ("x", OTHER), (OTHER, None)]),
    ],
)
def test_combinations_of_nulls_and_named_values_are_counted_out(text: str, rows: list[tuple[Any, ...]]) -> None:
    found = cases(read(text))
    assert found is not None
    assert list(found.rows) == rows


def test_no_combinations_where_more_is_asked() -> None:
    assert cases(read("a > 0 OR b IS NULL")) is None
    assert cases(read("now() > d")) is None
    assert cases(read("1 = 1")) is None


def test_what_is_not_understood_is_opaque_where_it_stands_and_names_its_columns() -> None:
    found = read("a > 0 AND my_function(t, v) = 3")
    assert found == Call("and", (Call(">", (Column("a", "int"), read("0"))), Opaque(("t", "v"))))
    assert not understood(found)
    assert columns_of(found) == ("a", "t", "v")
    assert evaluate(found, {"a": 0, "t": "x"}) is False
    assert evaluate(found, {"a": 1, "t": "x"}) is UNKNOWN
    assert read("a >") == Opaque()
    # It would depend on the session's time zone.
    assert not understood(read_check("z > '2025-01-01'::timestamptz", {"z": "timestamptz"}))
    assert understood(read_check("z > '2025-01-01 00:00+00'::timestamptz", {"z": "timestamptz"}))
    assert read("stranger = 3") == Opaque(("stranger",))


def test_a_domains_value_takes_the_columns_name() -> None:
    found = renamed(read_check("VALUE ~ '@'::text AND strange(VALUE)", {"value": "text"}), "email")
    assert columns_of(found) == ("email",)
    assert evaluate(found, {"email": "a"}) is False
    assert evaluate(found, {"email": "a@b"}) is UNKNOWN


def test_a_column_that_is_not_given_is_unknown() -> None:
    assert evaluate(read("a > 0"), {}) is UNKNOWN
    assert evaluate(read("a > 0 OR b > 0"), {"b": 1}) is True
    assert evaluate(read("a > 0"), {"a": None}) is None


def test_types_are_known_by_what_their_values_are() -> None:
    assert [family(kind) for kind in ("int2", "varchar", "timestamptz", "citext")] == [
        "int", "text", "timestamptz", "other",
    ]  # fmt: skip
    assert family("_varchar", "varchar") == "text[]"
    assert family("mood", enum=True) == "enum"


@pytest.mark.parametrize(
    "pattern",
    [r"a\1", "a{,3}", "*a", "(?<=a)b", "***:a", "(?x) a", "[[=a=]]", "[[:word:]]", r"\u00e4", "a++", "(", "^*"],
)
def test_patterns_that_mean_something_else_elsewhere_are_refused(pattern: str) -> None:
    with pytest.raises(Foreign):
        translated("~", pattern)


def test_classes_say_nothing_of_texts_beyond_ascii() -> None:
    assert translated("~", r"^\w+$").verdict("ä") is None
    assert translated("~", r"^\w+$").verdict("a b") is False
    assert translated("~", "^.$").verdict("ä") is True
    assert translated("~~*", "A%").verdict("äh") is None


def test_like_may_not_end_with_its_escape() -> None:
    with pytest.raises(Foreign):
        translated("~~", "a\\")
    assert translated("~~", "a\\\\").verdict("a\\") is True


def test_similar_patterns_with_parts_are_refused() -> None:
    with pytest.raises(Foreign):
        similar('a\\"b\\"c')
