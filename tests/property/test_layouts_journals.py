"""Whatever a file of drizzle, node-pg-migrate or graphile-migrate holds: each character belongs to one section."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformdb.adopt.native import closed
from platformdb.errors import Refused
from platformdb.migrations.layouts import drizzle, graphile, node_pg_migrate
from platformdb.migrations.layouts.graphile import body_hash
from platformdb.migrations.layouts.sections import part_of
from platformdb.migrations.reading import Reading, Side
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import split

BITS = st.sampled_from(
    [
        "SELECT 1",
        ";",
        "\n",
        "-- Up Migration",
        "-- Down Migration",
        "--> statement-breakpoint",
        "--! Included f.sql",
        "--! no-transaction",
        "--! nonsense",
        "'",
        "$$",
        "/* ",
        " */",
        "-- ä 漢 ",
        "\t ",
    ]
)
TEXTS = st.lists(BITS, max_size=12).map("".join)
READINGS = (drizzle.READING, node_pg_migrate.READING, Reading("graphile-migrate", graphile._cut))


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.layout)
@given(body=TEXTS)
def test_sections_cover_a_file_without_a_gap(reading: Reading, body: str) -> None:
    header = f"--! Previous: -\n--! Hash: {body_hash(body, None)}\n\n" if reading.layout == "graphile-migrate" else ""
    source = Source("f.sql", header + body)
    try:
        sections = reading.cut(source)
    except Refused:
        return
    assert sections[0].start == 0
    assert sections[-1].end == len(source.text)
    assert all(section.end == following.start for section, following in pairwise(sections))
    assert "".join(part_of(source, section).text for section in sections) == source.text


@given(TEXTS)
def test_breakpoints_alone_are_no_part_of_what_runs(body: str) -> None:
    parts = [
        body[section.start : section.end]
        for section in drizzle.READING.cut(Source("f.sql", body))
        if section.side is not Side.MARK
    ]
    assert parts == body.split("--> statement-breakpoint")


@given(TEXTS)
def test_a_part_that_was_closed_says_the_same_and_may_be_followed_by_another(text: str) -> None:
    part = Source("f.sql", text)
    try:
        before = [statement.sql for statement in split(part)]
        after = closed(part)
    except Refused:
        return
    following = "\nSELECT 2"
    assert [statement.sql for statement in split(Source("f.sql", after))] == before
    assert [statement.sql for statement in split(Source("f.sql", after + following))] == [*before, "SELECT 2"]
