"""Content search where there is much to search: which index answers is decided by how common the words are."""

from __future__ import annotations

from uuid import UUID

import pytest

from platformdb.postgres.connect import Connection
from rows import value, values

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


# What this transaction has read so far. The server counts rows that an index found by their table.
READ = """
    SELECT pg_stat_get_xact_numscans('idx_content_pieces_search'::regclass),
           pg_stat_get_xact_numscans('idx_content_pieces_library'::regclass),
           pg_stat_get_xact_tuples_fetched('content_pieces'::regclass)
               + pg_stat_get_xact_tuples_returned('content_pieces'::regclass)
"""


@pytest.mark.parametrize(
    ("words", "found", "looked_up", "most"),
    [
        ("samovar", 3, True, 10),
        ("unheard", 0, True, 10),
        ("kettle", 20, False, 100),
        ("kettle -samovar", 20, False, 100),
    ],
)
def test_rare_words_are_looked_up_and_common_ones_met_on_the_way(
    seeded: Connection, organization: UUID, words: str, found: int, *, looked_up: bool, most: int
) -> None:
    # Often enough for a plan to be kept, if one were.
    for _ in range(8):
        before = values(seeded, READ)[0]
        assert len(values(seeded, "SELECT * FROM search_content(%s, %s)", organization, words)) == found
        by_words, by_order, rows = (now - then for now, then in zip(values(seeded, READ)[0], before, strict=True))
        assert (by_words, by_order) == ((1, 0) if looked_up else (0, 1))
        assert rows <= most


def test_pages_follow_each_other_without_gap_or_repetition(seeded: Connection, organization: UUID) -> None:
    page = "SELECT id, cursor FROM search_content(%s, 'kettle', before => %s, page_size => 700)"
    found, cursor = [], value(seeded, "SELECT page_cursor('infinity')")
    while rows := values(seeded, page, organization, cursor):
        found += [row[0] for row in rows]
        cursor = rows[-1][1]
    assert len(found) == len(set(found)) == 6000


def test_what_is_deleted_or_another_ones_is_not_found(seeded: Connection, organization: UUID) -> None:
    search = "SELECT count(*) FROM search_content(%s, 'samovar')"
    other = value(seeded, "SELECT id FROM organizations WHERE id <> %s LIMIT 1", organization)
    assert (value(seeded, search, organization), value(seeded, search, other)) == (3, 0)
    seeded.execute("UPDATE content_pieces SET deleted_at = now() WHERE body LIKE '%samovar%'")
    assert value(seeded, search, organization) == 0


def test_a_search_can_ask_for_one_type_only(seeded: Connection, organization: UUID) -> None:
    search = "SELECT DISTINCT type FROM search_content(%s, 'kettle', %s)"
    assert values(seeded, search, organization, "post") == [("post",)]
    assert values(seeded, search, organization, "video") == []
