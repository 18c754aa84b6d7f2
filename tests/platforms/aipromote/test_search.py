"""Content search where there is much to search: which index answers is decided by how common the words are."""

from __future__ import annotations

from uuid import UUID

import pytest

from plans import indexes, rows_touched
from platformdb.bench.judge import walk_plan
from platformdb.bench.read import read_queries
from platformdb.postgres.connect import Connection
from platformdb.postgres.measure import explain
from platformdb.project import Platform
from rows import value

MUCH = """
    INSERT INTO content_pieces (organization_id, content_type, title, body, created_at)
    SELECT %s, 'post', 'Part ' || number, CASE number %% 2000 WHEN 7 THEN 'Kettle and samovar.' ELSE 'The kettle.' END,
           timestamptz '2026-01-01 00:00:00+00' + number * interval '1 minute'
    FROM generate_series(1, 6000) AS number
"""


@pytest.fixture
def organization(seeded: Connection) -> UUID:
    """One with 6,000 pieces about a kettle, three of which mention a samovar."""
    found: UUID = value(seeded, "SELECT id FROM organizations ORDER BY id LIMIT 1")
    seeded.execute(MUCH.encode(), (found,))
    # What waits to be put into the index would have to be read for every search.
    seeded.execute("SELECT gin_clean_pending_list('idx_content_pieces_search')")
    seeded.execute("ANALYZE content_pieces")
    return found


@pytest.mark.parametrize(
    ("words", "index", "found", "most"),
    [
        ("samovar", "idx_content_pieces_search", 3, 10),
        ("kettle", "idx_content_pieces_library", 20, 100),
        ("kettle -samovar", "idx_content_pieces_library", 20, 100),
        ("unheard", "idx_content_pieces_search", 0, 10),
    ],
)
def test_rare_words_are_looked_up_and_common_ones_met_on_the_way(
    seeded: Connection, platform: Platform, organization: UUID, words: str, index: str, found: int, most: int
) -> None:
    (query,) = (each for each in read_queries(platform)[0] if each.name == "content_search")
    plan = list(walk_plan(explain(seeded, query.sql, (organization, words, None), what=words)["Plan"]))
    assert index in indexes(seeded, plan)
    assert plan[0]["Actual Rows"] == found
    assert rows_touched(plan) <= most
