"""Whatever the pattern or the schema: what is made keeps it."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from platformdb.seeding.rows.streams import Stream
from platformdb.seeding.words.documents import Documents
from platformdb.seeding.words.forms import room
from platformdb.seeding.words.patterns import read_pattern
from platformdb.seeding.words.wording import Dice
from seeding_worlds import one_table, rows_of

ATOMS = st.sampled_from(
    [
        "(a|ab)",
        "(b|bb)",
        "(a|b|ab|ba)",
        "a",
        "-",
        r"\.",
        r"\d",
        r"\w",
        r"\s",
        "[a-f0-9]",
        "[^a-z]",
        "[]x-]",
        r"[\d_]",
        "ü",
        "[äöü]",
        ".",
    ]
)
TIMES = st.sampled_from(["", "", "?", "*", "+", "{3}", "{2,4}", "{1,}", "+?", "{0}"])


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Sequences, choices and groups of patterns."""
    groups = st.tuples(st.sampled_from(["(", "(?:"]), inner, TIMES).map(lambda part: f"{part[0]}{part[1]}){part[2]}")
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join), st.tuples(inner, inner).map("|".join), groups
    )


PATTERNS = st.recursive(st.tuples(ATOMS, TIMES).map("".join), joined, max_leaves=5)


@given(pattern=PATTERNS)
@settings(max_examples=60, deadline=None)
def test_a_pattern_makes_what_it_matches(pattern: str) -> None:
    try:
        rows = min(room(read_pattern(pattern)), 40)
    except ValueError as refused:
        assert "pieces" in str(refused)  # noqa: PT017 - the only reason that these patterns can be refused for
        return
    columns = (
        f"c = {{ make = 'pattern', of = '{pattern}' }}\nd = {{ make = 'pattern', of = '{pattern}', unique = true }}"
    )
    made = one_table(columns, rows)
    found, different = rows_of(made, "t", "c"), rows_of(made, "t", "d")
    assert [text for text in (*found, *different) if not re.fullmatch(pattern, text)] == []
    assert len(set(different)) == rows


NUMBERS = st.tuples(st.integers(-50, 50), st.integers(0, 90)).map(lambda pair: (pair[0], sum(pair)))
SCALARS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    NUMBERS.map(lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[1]}),
    NUMBERS.map(lambda pair: {"type": "number", "exclusiveMinimum": pair[0], "maximum": pair[1] + 1}),
    st.tuples(st.integers(0, 30), st.integers(0, 90)).map(
        lambda pair: {"type": "string", "minLength": pair[0], "maxLength": sum(pair)}
    ),
    st.sampled_from([
        {"type": "boolean"}, {"type": "null"}, {"const": "x"}, {"enum": [1, "a", None]}, {"type": ["null", "string"]},
        {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"}, {"type": "string", "format": "date-time"},
    ]),
)  # fmt: skip


def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects, arrays and choices of schemas."""
    members = st.dictionaries(st.sampled_from(["name", "url", "color", "items", "kind"]), inner, max_size=4)
    return st.one_of(
        st.tuples(members, st.booleans()).map(
            lambda pair: {"type": "object", "properties": pair[0], "required": list(pair[0]) * pair[1],
                          "additionalProperties": False}
        ),
        st.tuples(inner, st.integers(0, 3)).map(lambda pair: {"type": "array", "items": pair[0], "minItems": pair[1]}),
        st.tuples(inner, inner).map(lambda pair: {"anyOf": list(pair)}),
        inner.map(lambda each: {"type": "object", "additionalProperties": each, "minProperties": 1}),
    )  # fmt: skip


@given(schema=st.recursive(SCALARS, nested, max_leaves=8))
@settings(max_examples=80, deadline=None)
def test_a_document_keeps_its_schema(schema: dict[str, Any]) -> None:
    documents = Documents(schema, Dice(Stream("x")))
    validator = Draft202012Validator(schema)
    for _ in range(10):
        validator.validate(documents.document())
