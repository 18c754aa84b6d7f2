"""The feed of VRSS beside the document's query, for readers who follow few, many and very many accounts.

It makes a database with 3 million posts of 10,000 authors, who all write on, but for fifty who fell silent after the
first tenth of the time; and readers who follow 20 to 10,000 of them. Both queries are taken as sql/vrss/queries has
them, asked in turns, and their first pages compared row by row. Then posts are written with and without the feed's
index.

    .venv/bin/python benchmarks/feed.py postgresql://postgres@127.0.0.1/postgres [DATABASE]

The first URL is that of a server and of somebody who may create databases. With the name of a DATABASE that holds VRSS
already, seeded with profile ``load`` for example, its own heaviest readers are asked, and one who follows 10,000 of
those who post; nothing stays of him. Times are what a client sees: the least of all runs is nearest to what the query
costs on an idle machine; machines differ, so compare the ratios.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from platformdb.config import Config
from platformdb.indexes.run import apply_indexes
from platformdb.migrations.run import migrate
from platformdb.postgres.target import Target
from platformdb.project import Platform, bundled_root, find_platform
from platformdb.report.progress import Silent
from platformdb.workload.read import read_queries

NAME = "platformdb_benchmark_feed"
AUTHORS, POSTS, SILENT, WRITTEN = 10_000, 3_000_000, 50, 10_000
FIRST_PAGE = ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
PINNED = "-c jit=off -c max_parallel_workers_per_gather=0"
SECONDS = 8

FILL = f"""
    INSERT INTO users (username, email, password_hash)
    SELECT 'author_' || n, 'author_' || n || '@example.com', repeat('x', 40) FROM generate_series(1, {AUTHORS}) AS n;
    CREATE TABLE authors AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM users;
    INSERT INTO posts (user_id, content, created_at, updated_at)
    SELECT authors.id, 'A post of some forty letters, like many.', at, at
    FROM (
        SELECT
            1 + CASE WHEN n < {POSTS} / 10 THEN n * 7919 % {AUTHORS}
                     ELSE {SILENT} + n * 7919 % {AUTHORS - SILENT} END AS author,
            '2026-01-01'::timestamptz + n * interval '5 seconds' AS at
        FROM generate_series(1::bigint, {POSTS}) AS n
    ) AS written
    JOIN authors ON authors.n = written.author
    ORDER BY at;
"""
# Those who follow a share of all authors, chosen by a hash of theirs; and one who follows the silent ones alone.
READERS = {"20": 20, "200": 200, "2,000": 2_000, "10,000": 10_000}
FOLLOW = """
    WITH reader AS (
        INSERT INTO users (username, email, password_hash)
        VALUES ('reader_' || %(name)s, %(name)s || '@example.org', repeat('x', 40)) RETURNING id
    ), follows AS (
        INSERT INTO user_follows (follower_id, following_id)
        SELECT reader.id, chosen.id
        FROM reader, (SELECT id FROM authors WHERE n > %(above)s ORDER BY md5(id::text) LIMIT %(number)s) AS chosen
    )
    SELECT id FROM reader
"""
HEAVIEST = "SELECT follower_id, count(*) FROM user_follows GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3"
THOSE_WHO_POST = """
    CREATE TABLE authors AS
    SELECT user_id AS id, row_number() OVER (ORDER BY md5(user_id::text)) AS n
    FROM (SELECT DISTINCT user_id FROM posts WHERE status = 'published' AND deleted_at IS NULL) AS posting
"""
CANDIDATES = """
    SELECT count(*) FROM posts JOIN user_follows ON following_id = user_id
    WHERE follower_id = %s AND status = 'published' AND deleted_at IS NULL
"""
# Where page 50 begins, or the last page of those who have fewer.
BEHIND = """
    SELECT created_at::text, id::text FROM (
        SELECT created_at, id FROM posts
        WHERE user_id IN (SELECT following_id FROM user_follows WHERE follower_id = %s)
          AND status = 'published' AND deleted_at IS NULL
        ORDER BY created_at DESC, id DESC LIMIT 980
    ) AS seen ORDER BY 1, 2 LIMIT 1
"""
WRITE = """
    EXPLAIN (ANALYZE, WAL, TIMING OFF, SUMMARY, FORMAT JSON)
    INSERT INTO posts (user_id, content) SELECT user_id, 'A post of some forty letters, like many.'
    FROM (SELECT user_id FROM posts ORDER BY md5(id::text) LIMIT %s) AS chosen
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Something to time: a query with its parameters, and what was measured so far, in milliseconds."""

    text: str
    parameters: tuple[object, ...]
    samples: list[float] = field(default_factory=list)

    def run(self, cursor: psycopg.RawCursor) -> None:
        began = time.perf_counter()
        cursor.execute(self.text, self.parameters, prepare=True)
        self.samples.append((time.perf_counter() - began) * 1000)

    def shown(self) -> str:
        ranked = sorted(self.samples)
        return " / ".join(f"{ranked[max(-(-len(ranked) * of // 100) - 1, 0)]:.1f}" for of in (0, 50, 99))


def main() -> None:
    platform = find_platform(Config(project=bundled_root(), platform="vrss"))
    texts = {query.name: query.sql for query in read_queries(platform)[0] if query.name.startswith("feed")}
    given = sys.argv[2] if len(sys.argv) > 2 else ""
    url = make_conninfo(sys.argv[1], dbname=given or made(sys.argv[1], platform), options=PINNED)
    with psycopg.connect(url) as conn:
        conn.prepare_threshold = 0
        print("| follows | candidate posts | document: least / p50 / p99 ms | feed | feed, page 50 |")
        print("|---|---|---|---|---|")
        for follows, reader in (heaviest(conn) if given else readers(conn)).items():
            compare(conn, texts, follows, reader)
        write(conn)
        conn.rollback()


def made(server: str, platform: Platform) -> str:
    """The name of a database with the posts, unless it is there already."""
    with psycopg.connect(server, autocommit=True) as conn:
        if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
            return NAME
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    target = Target("url", {key: str(value) for key, value in conninfo_to_dict(server).items()} | {"dbname": NAME})
    assert migrate(nullcontext(target), platform, Silent()).ok
    with psycopg.connect(make_conninfo(server, dbname=NAME), autocommit=True) as conn:
        conn.execute(FILL)
        assert apply_indexes(target, platform, Silent(), tier=2).ok
        conn.execute("VACUUM (FREEZE, ANALYZE)")
    return NAME


def follower(conn: psycopg.Connection, name: str, number: int, above: int = SILENT) -> object:
    asked = {"name": name, "number": number, "above": above}
    ((reader,),) = conn.execute(FOLLOW, asked).fetchall()
    return reader


def readers(conn: psycopg.Connection) -> Mapping[str, object]:
    """In the open transaction: they go with it."""
    found = {follows: follower(conn, str(number), number, -1) for follows, number in READERS.items()}
    conn.execute("UPDATE authors SET n = -n WHERE n <= %s", (SILENT,))
    conn.execute("DELETE FROM authors WHERE n > 0")
    return found | {f"{SILENT} who fell silent": follower(conn, "silent", SILENT, -SILENT - 1)}


def heaviest(conn: psycopg.Connection) -> Mapping[str, object]:
    """Of the database's own, and one more in the open transaction."""
    found = {f"{number:,}": reader for reader, number in conn.execute(HEAVIEST).fetchall()}
    conn.execute(THOSE_WHO_POST)
    return found | {"10,000": follower(conn, "ten_thousand", 10_000, 0)}


def compare(conn: psycopg.Connection, texts: Mapping[str, str], follows: str, reader: object) -> None:
    candidates = (conn.execute(CANDIDATES, (reader,)).fetchone() or (0,))[0]
    behind = conn.execute(BEHIND, (reader,)).fetchone() or FIRST_PAGE
    cases = (
        Case(texts["feed_as_documented"], (reader,)),
        Case(texts["feed"], (reader, *FIRST_PAGE)),
        Case(texts["feed"], (reader, *behind)),
    )
    with psycopg.RawCursor(conn) as cursor:
        pages = [cursor.execute(case.text, case.parameters).fetchall() for case in cases[:2]]
        assert pages[0] == pages[1], f"two feeds for one who follows {follows}"
        for _ in range(6):
            for case in cases:
                case.run(cursor)
        for case in cases:
            case.samples.clear()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and len(cases[0].samples) < 500:
            for case in cases:
                case.run(cursor)
    print(f"| {follows} | {candidates:,} | {' | '.join(case.shown() for case in cases)} |", flush=True)


def write(conn: psycopg.Connection) -> None:
    """What a post costs with the feed's index and without: the least of three runs, as checkpoints add whole pages."""
    print(f"\n| {WRITTEN:,} posts written | WAL bytes a post | ms |\n|---|---|---|")
    for name, change in (("with idx_posts_feed", "SELECT"), ("without it", "DROP INDEX idx_posts_feed")):
        conn.execute(change)
        runs = [conn.execute(WRITE, (WRITTEN,)).fetchall()[0][0][0] for _ in range(3)]
        wal = min(run["Plan"]["WAL Bytes"] for run in runs)
        spent = min(run["Execution Time"] for run in runs)
        print(f"| {name} | {wal / WRITTEN:,.0f} | {spent:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
