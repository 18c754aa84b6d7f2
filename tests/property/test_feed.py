"""The feed of VRSS, over graphs made by chance: the same rows as the document's query, page by page to the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.workload.read import read_queries
from rows import taken_back

PAGE = 20
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
READER = UUID(int=0)
FIRST_PAGE = ("infinity", UUID(int=2**128 - 1))
# A third is drafts, archived or deleted.
STATES = (("published", None), ("published", None), ("published", None), ("published", BEGAN), ("draft", None))


@dataclass(frozen=True, slots=True)
class Graph:
    """Authors by number, those whom the reader follows, and posts: author, id, minute, status and deleted_at."""

    authors: int
    followed: frozenset[int]
    posts: tuple[tuple[int, UUID, int, tuple[str, datetime | None]], ...]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Large by chance: a list that hypothesis draws post by post would hardly ever fill a page."""
    authors = draw(st.sampled_from([1, 25, 60]))
    # Few instants for many posts: more than a page of them is of the same one, of one author and of several.
    instants = draw(st.sampled_from([1, 9, 1000]))
    # All write in turn, so that a page has 20 authors; or the first of them nearly everything.
    in_turn = draw(st.booleans())
    follows = draw(st.sampled_from([0.4, 1.0]))
    chance = Random(draw(st.integers(min_value=0, max_value=2**32)))
    # Ids in any order: among posts of the same instant the id decides, and it agrees with nothing else.
    posts = tuple(
        (
            number % (authors + 1) if in_turn else int((authors + 1) * chance.random() ** 4),
            UUID(int=chance.getrandbits(128)),
            instants * number // 240 if in_turn else chance.randrange(instants),
            chance.choice(STATES),
        )
        for number in range(draw(st.sampled_from([0, 30, 240])))
    )
    # Number 0 is the reader, who writes too and may even follow himself.
    return Graph(authors, frozenset(n for n in range(authors + 1) if chance.random() < follows), posts)


def one_each(authors: int, *, at_once: bool = False) -> Graph:
    """As many authors, each with one post: one after the other, or all in one instant."""
    posts = tuple((n, UUID(int=n * 7919 % 997), 0 if at_once else n, STATES[0]) for n in range(1, authors + 1))
    return Graph(authors, frozenset(range(1, authors + 1)), posts)


def alone(posts: int) -> Graph:
    """One author who has written all there is."""
    return Graph(1, frozenset([1]), tuple((1, UUID(int=n), n, STATES[0]) for n in range(1, posts + 1)))


@pytest.fixture(scope="module")
def feed_connection(shared_vrss: Target) -> Iterator[Connection]:
    with connect(shared_vrss) as connection:
        connection.autocommit = False
        # That nobody follows himself is a rule of the table, not one that the feed relies on.
        connection.execute("ALTER TABLE user_follows DROP CONSTRAINT user_follows_not_self_check")
        connection.execute("ALTER TABLE user_follows DISABLE TRIGGER USER; ALTER TABLE posts DISABLE TRIGGER USER")
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def texts(vrss: Platform) -> Mapping[str, str]:
    return {query.name: query.sql for query in read_queries(vrss)[0]}


# How far the feed looks among the newest posts of everybody before it asks each author: as it does, never, always.
WAYS = {"as it is": "5 * count(*)", "by authors": "0 * count(*)", "by time": "1000 + count(*)"}


def person(number: int) -> UUID:
    return UUID(int=number)


def fill(conn: Connection, graph: Graph) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO users (id, username, email, password_hash) VALUES (%s, %s, %s, 'not a hash of anything')",
            [(person(n), f"user_{n}", f"user_{n}@example.org") for n in range(graph.authors + 1)],
        )
        cursor.executemany(
            "INSERT INTO user_follows (follower_id, following_id) VALUES (%s, %s)",
            [(READER, person(number)) for number in graph.followed],
        )
        cursor.executemany(
            "INSERT INTO posts (user_id, id, created_at, status, deleted_at) VALUES (%s, %s, %s, %s, %s)",
            [(person(by), key, BEGAN + timedelta(minutes=at), *state) for by, key, at, state in graph.posts],
        )


def asked(conn: Connection, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    with psycopg.RawCursor(conn) as cursor:
        return cursor.execute(sql.encode(), parameters).fetchall()


def pages(conn: Connection, sql: str) -> Iterator[list[tuple[object, ...]]]:
    """All pages of the feed, each behind the last post of the one before."""
    behind: tuple[object, ...] = FIRST_PAGE
    columns = [name for (name,) in asked(conn, COLUMNS)]
    while page := asked(conn, sql, READER, *behind):
        yield page
        behind = page[-1][columns.index("created_at")], page[-1][columns.index("id")]


COLUMNS = "SELECT attname::text FROM pg_attribute WHERE attrelid = 'posts'::regclass AND attnum > 0 ORDER BY attnum"


@pytest.mark.newest_server
@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs())
@example(graph=one_each(20))
@example(graph=one_each(41))
@example(graph=one_each(50, at_once=True))
@example(graph=alone(41))
def test_the_feed_has_the_documents_rows_on_every_page(
    feed_connection: Connection, texts: Mapping[str, str], way: str, graph: Graph
) -> None:
    assert WAYS["as it is"] in texts["feed"]
    feed = texts["feed"].replace(WAYS["as it is"], WAYS[way])
    # The document's query without its LIMIT: all pages at once.
    documented = texts["feed_as_documented"].rstrip()
    with taken_back(feed_connection):
        fill(feed_connection, graph)
        found = list(pages(feed_connection, feed))
        first = asked(feed_connection, documented, READER)
        whole = asked(feed_connection, documented.removesuffix("LIMIT 20"), READER)
    assert found[:1] == ([first] if first else [])
    assert [row for page in found for row in page] == whole
    assert all(len(page) == PAGE for page in found[:-1])
