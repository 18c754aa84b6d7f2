"""Versions as Flyway compares them, and placeholders as it fills them in."""

from __future__ import annotations

import re
from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from platformdb.migrations.layouts.flyway import version_of
from platformdb.migrations.model import version_key
from platformdb.sqltext.placeholders import DOLLAR, PSQL, fill
from platformdb.sqltext.source import Source
from platformdb.variables import Variable

VERSIONS = st.lists(st.integers(0, 3), min_size=1, max_size=4)
PIECES = st.lists(
    st.sampled_from(["${a}", "SELECT 1", ";\n", " -- ", "'x'", "$$", "é漢", ":a", ":'a'", "{", "\n"]), max_size=12
)


def compared(first: list[int], second: list[int]) -> int:
    """As MigrationVersion.compareTo: part by part, where one has no more parts they are 0."""
    pairs = list(zip_longest(first, second, fillvalue=0))
    return (pairs > [pair[::-1] for pair in pairs]) - (pairs < [pair[::-1] for pair in pairs])


@given(VERSIONS, VERSIONS, st.sampled_from("._"))
def test_versions_are_in_the_order_of_flyway(first: list[int], second: list[int], separator: str) -> None:
    ours = [version_key(version_of(separator.join(map(str, each)))) for each in (first, second)]
    assert (ours[0] > ours[1]) - (ours[0] < ours[1]) == compared(first, second)


@given(PIECES)
def test_a_filled_text_is_the_text_with_the_values_in_it_and_knows_its_places(pieces: list[str]) -> None:
    text = "".join(pieces)
    filled = fill(Source("V1__a.sql", text), (DOLLAR,), {"a": Variable("two\nlines")})
    assert filled.text == text.replace("${a}", "two\nlines")
    for match in re.finditer("SELECT", filled.text):
        place = filled.place(match.start())
        assert text.splitlines()[place.line - 1].startswith("SELECT", place.column - 1)


@given(
    st.lists(
        st.sampled_from(["SELECT 1", "':a'", '"x:a"', "$$ :a $$", "-- :a\n", "/* :a */", ", ", "E':a'"]), max_size=10
    )
)
def test_nothing_is_filled_into_strings_names_and_comments(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert fill(Source("deploy/a.sql", text), (PSQL,), {"a": Variable("no")}).text == text
