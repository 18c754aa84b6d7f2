"""Search by words, by meaning and by both: what is found, in which order, and how well the index does it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest

from platformdb.indexes.run import apply_indexes
from platformdb.migrations.outlook import Options
from platformdb.migrations.run import down, migrate
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.progress import Silent
from platformdb.seeding.request import Request
from platformdb.seeding.run import seed
from platformdb.workload.plan_tree import read_plan
from platforms.community.build import SOME_DAY, make
from rows import count, value, values

DIMENSIONS = 384
NEAREST = "SELECT post_id FROM search_posts_semantic(%s, %s, %s)"
EXACT = """
    SELECT id FROM posts WHERE status = 'published' AND embedding IS NOT NULL ORDER BY (embedding <=> %s) + 0 LIMIT 10
"""


@pytest.fixture
def vectors(conn: Connection) -> None:
    """Skips where the server has no vectors; there the other half of these tests looks at what is left."""
    if "vector" not in read_installed_extensions(conn):
        pytest.skip("the server has no extension vector")


def meaning(*numbers: float) -> str:
    """A vector that begins with these numbers; the rest is 0."""
    return str([*numbers, *[0] * (DIMENSIONS - len(numbers))])


def about(conn: Connection, *numbers: float, **given: Any) -> UUID:
    """A post that means this."""
    post: UUID = make(conn, "posts", **given, embedding=meaning(*numbers)).id
    return post


def saying(conn: Connection, content: str, **given: Any) -> UUID:
    post: UUID = make(conn, "posts", content=content, **given).id
    return post


def nearest(conn: Connection, *numbers: float, community: UUID | None = None, k: int = 10) -> list[UUID]:
    return [post for (post,) in values(conn, NEAREST, meaning(*numbers), community, k)]


def fitting(conn: Connection, typed: str, community: UUID | None = None, k: int = 10) -> list[UUID]:
    return [post for (post,) in values(conn, "SELECT post_id FROM search_posts_text(%s, %s, %s)", typed, community, k)]


def index_names(conn: Connection, query: str, *parameters: object) -> set[str]:
    (plan,) = value(conn, f"EXPLAIN (FORMAT JSON) {query}", *parameters)
    return {node.index for node in read_plan(plan).walk() if node.index}


@pytest.mark.usefixtures("vectors")
def test_the_nearest_in_meaning_come_first(conn: Connection) -> None:
    far, near, nearer = about(conn, 0, 1), about(conn, 1, 0.5), about(conn, 1, 0.1)
    assert nearest(conn, 1) == [nearer, near, far]
    assert nearest(conn, 1, k=1) == [nearer]
    assert nearest(conn, 0, 1) == [far, near, nearer]


@pytest.mark.usefixtures("vectors")
def test_drafts_archived_posts_and_those_without_a_vector_are_not_found(conn: Connection) -> None:
    about(conn, 1, status="draft", published_at=None)
    about(conn, 1, status="archived")
    make(conn, "posts")
    seen = about(conn, 0, 1)
    assert nearest(conn, 1) == [seen]
    conn.execute("SET LOCAL enable_indexscan = off")
    assert nearest(conn, 1) == [seen]


@pytest.mark.usefixtures("vectors")
def test_in_a_community_only_its_posts_are_found(conn: Connection) -> None:
    ours = make(conn, "spaces")
    there = {"space_id": ours.id, "community_id": ours.community_id}
    for place in range(30):
        about(conn, 1, place / 100)
    mine = [about(conn, 0.1, 1, **there), about(conn, 0, 1, **there)]
    assert nearest(conn, 1, community=ours.community_id) == mine


@pytest.mark.usefixtures("vectors")
def test_a_community_far_from_the_question_is_found_through_the_index_as_well(conn: Connection) -> None:
    """An index gives its nearest first, and the filter leaves nothing of them: it has to go on looking."""
    conn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    ours, theirs = make(conn, "spaces"), make(conn, "spaces")
    for place in range(150):
        about(conn, 1, place / 1000, space_id=theirs.id, community_id=theirs.community_id)
    there = {"space_id": ours.id, "community_id": ours.community_id}
    mine = [about(conn, 0.1, 1, **there), about(conn, 0, 1, **there)]
    assert nearest(conn, 1, community=ours.community_id) == mine
    conn.execute("ALTER FUNCTION search_posts_semantic(vector, uuid, integer) RESET hnsw.iterative_scan")
    assert nearest(conn, 1, community=ours.community_id) == []


@pytest.mark.usefixtures("vectors")
def test_the_search_reads_the_index(seeded: Connection) -> None:
    seeded.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    (source,) = values(seeded, "SELECT prosrc FROM pg_proc WHERE proname = 'search_posts_semantic'")[0]
    assert "ORDER BY posts.embedding <=> meaning" in source
    query = "SELECT id FROM posts WHERE status = 'published' ORDER BY embedding <=> %s LIMIT 10"
    assert index_names(seeded, query, meaning(1)) == {"idx_posts_embedding"}


@pytest.mark.usefixtures("vectors")
def test_the_index_finds_at_least_95_of_100_true_neighbours(seeded: Connection) -> None:
    """A small version of benchmarks/search.py: the questions are posts that are not in the index."""
    asked = values(seeded, "SELECT embedding::text FROM posts WHERE status <> 'published' AND embedding IS NOT NULL")
    assert len(asked) >= 8
    exact = [{post for (post,) in values(seeded, EXACT, vector)} for (vector,) in asked]
    seeded.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    found = [{post for (post,) in values(seeded, NEAREST, vector, None, 10)} for (vector,) in asked]
    right = sum(len(one & true) for one, true in zip(found, exact, strict=True))
    assert right >= 0.95 * sum(map(len, exact))


@pytest.mark.usefixtures("vectors")
def test_hybrid_search_puts_first_what_fits_by_both_and_tells_the_places(conn: Connection) -> None:
    both = about(conn, 1, 0.2, content="Herons stand still at dusk.")
    words = saying(conn, "A heron, and another heron, and a third heron.")
    sense = about(conn, 1, 0.1, title="At dusk", content="Birds by the river.")
    query = "SELECT post_id, score, text_place, meaning_place FROM hybrid_search(%s, %s, NULL, 10)"
    found = values(conn, query, "heron", meaning(1))
    assert {post for post, *_ in found} == {both, words, sense}
    assert found[0][0] == both
    for _, score, by_text, by_meaning in found:
        assert score == pytest.approx(sum(1 / (60 + place) for place in (by_text, by_meaning) if place))
    assert [score for _, score, *_ in found] == sorted((score for _, score, *_ in found), reverse=True)
    assert {post: by_text for post, _, by_text, _ in found}[sense] is None


@pytest.mark.usefixtures("vectors")
def test_hybrid_search_finds_by_one_alone_and_keeps_to_the_community_and_the_limit(conn: Connection) -> None:
    ours = make(conn, "spaces")
    there = {"space_id": ours.id, "community_id": ours.community_id}
    mine = [about(conn, 1, n, content="River birds.", **there) for n in range(4)]
    about(conn, 1, content="River birds elsewhere.")
    query = "SELECT post_id FROM hybrid_search(%s, %s, %s, %s)"
    assert {post for (post,) in values(conn, query, "no such word", meaning(1), ours.community_id, 10)} == {*mine}
    assert len(values(conn, query, "birds", meaning(1), ours.community_id, 3)) == 3
    assert len(values(conn, query, "birds", meaning(1), ours.community_id, 50)) == 4


def test_words_are_found_in_their_forms_by_the_language_of_the_post(conn: Connection) -> None:
    english = saying(conn, "They were measuring herons.", language="en")
    german = saying(conn, "Die Häuser stehen am Fluss.", language="de")
    spanish = saying(conn, "Los caminos son largos.", language="es")
    french = saying(conn, "Les maisons sont petites.", language="fr")
    polish = saying(conn, "Czaple stoją nad rzeką.", language="pl")
    for typed, post in {
        "measure": english,
        "Haus": german,
        "camino": spanish,
        "maison": french,
        "czaple": polish,
    }.items():
        assert fitting(conn, typed) == [post], typed


def test_a_title_counts_more_than_a_text_and_phrases_and_exclusions_work(conn: Connection) -> None:
    inside = saying(conn, "Something of a lantern, said in passing.", title="On light")
    above = saying(conn, "Said at length.", title="The lantern")
    assert fitting(conn, "lantern") == [above, inside]
    assert fitting(conn, "lantern -passing") == [above]
    assert fitting(conn, '"in passing"') == [inside]
    assert fitting(conn, "lantern", k=1) == [above]
    assert fitting(conn, "") == []


def test_text_search_leaves_out_drafts_and_other_communities(conn: Connection) -> None:
    ours = make(conn, "spaces")
    mine = saying(conn, "A lantern.", space_id=ours.id, community_id=ours.community_id)
    theirs = saying(conn, "A lantern.")
    saying(conn, "A lantern.", status="draft", published_at=None)
    assert {*fitting(conn, "lantern")} == {mine, theirs}
    assert fitting(conn, "lantern", ours.community_id) == [mine]


def test_a_changed_text_is_found_by_its_new_words_only(conn: Connection) -> None:
    post = saying(conn, "A lantern.")
    conn.execute("UPDATE posts SET content = 'A candle.' WHERE id = %s", (post,))
    assert (fitting(conn, "lantern"), fitting(conn, "candle")) == ([], [post])


def test_of_a_common_word_only_the_newest_thousand_posts_are_ranked(conn: Connection) -> None:
    post = make(conn, "posts", content="A lantern.", title="Lantern", published_at=SOME_DAY)
    conn.execute(
        """
        INSERT INTO posts (community_id, space_id, author_id, title, content, status, published_at)
        SELECT community_id, space_id, author_id, 'Light', 'One lantern.', 'published', published_at + interval '1 day'
        FROM posts, generate_series(1, 1000) WHERE id = %s
        """,
        (post.id,),
    )
    assert post.id not in fitting(conn, "lantern", k=2000)
    assert len(fitting(conn, "lantern", k=2000)) == 1000


def test_without_the_extension_everything_else_is_there_and_one_line_says_what_is_left_out(
    db: Target, platform: Platform
) -> None:
    report = migrate(nullcontext(db), platform, Silent())
    assert report.ok
    assert apply_indexes(db, platform, Silent(), tier=3).ok
    with connect(db) as conn:
        there = "vector" in read_installed_extensions(conn)
        column = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attname = 'embedding'"
        assert value(conn, column) == int(there)
        assert value(
            conn, "SELECT count(*) FROM pg_proc WHERE proname IN ('search_posts_semantic', 'hybrid_search')"
        ) == (2 if there else 0)
        loaded = seed(conn, platform, Request(), observer=Silent())
        assert loaded.ok
        assert count(conn, "posts") > 100
        assert fitting(conn, "model")
    for said in (report.findings, loaded.findings):
        lines = [finding.message for finding in said if finding.subject == "vector"]
        assert len(lines) == (0 if there else 1), lines


def test_phase_2_is_undone_and_comes_back_whole_with_and_without_the_column(own_db: Target, platform: Platform) -> None:
    columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('posts') AND attname = 'embedding'"
    with connect(own_db) as conn:
        before = value(conn, columns)
        assert down(nullcontext(own_db), platform, Silent(), options=Options(target="001", allow_destructive=True)).ok
        assert value(conn, "SELECT to_regclass('posts')") is None
        assert migrate(nullcontext(own_db), platform, Silent()).ok
        assert value(conn, columns) == before
        make(conn, "comments")
        assert value(conn, "SELECT comments_count FROM posts") == 1
