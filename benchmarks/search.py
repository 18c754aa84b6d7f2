"""How well semantic search finds the nearest posts, and how fast: HNSW beside the exact answer.

It makes a database with the posts of profile ``load`` of the community platform, 100,000 of which have vectors, loads
first and builds the index of the vectors afterwards, as one should. Then it asks for the ten published posts that are
nearest to drafts, which are not in the index, and compares what the index finds with what reading every post finds:

    .venv/bin/python benchmarks/search.py postgresql://postgres@127.0.0.1/postgres [QUESTIONS] [DATABASE]

The first URL is that of a server with the extension vector, and of somebody who may create databases. With the name of
a DATABASE that holds the seed already it asks that one. Times are what a client sees; machines differ, so
compare the ratios.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from platformdb.config import Config
from platformdb.indexes.run import apply_indexes
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import bundled_root, find_platform
from platformdb.report.progress import Silent
from platformdb.seeding.request import Request
from platformdb.seeding.run import seed

NAME = "platformdb_benchmark_search"
K = 10
SETTINGS = (10, 20, 40, 80, 160, 320)

# Drafts are not in the index: what their authors are about to say is like a question that nobody has asked yet.
QUESTIONS = """
    SELECT embedding::text, community_id FROM posts WHERE status = 'draft' AND embedding IS NOT NULL
    ORDER BY md5(id::text) LIMIT %s
"""
# The distance is hidden from the index here, so every published post is read.
EXACT = f"SELECT id FROM posts WHERE status = 'published' ORDER BY (embedding <=> %s::vector) + 0 LIMIT {K}"
INDEXED = f"SELECT id FROM posts WHERE status = 'published' ORDER BY embedding <=> %s::vector LIMIT {K}"
EXACT_IN = f"""
    SELECT id FROM posts WHERE status = 'published' AND community_id = %s
    ORDER BY (embedding <=> %s::vector) + 0 LIMIT {K}
"""
WORDS = ("reading slowly", "measure before building", "fewer tokens", "dialect test sets", "shadow traffic")

Rows = list[list[object]]


def main() -> None:
    server = sys.argv[1]
    questions = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    name = sys.argv[3] if len(sys.argv) > 3 else NAME
    url = make_conninfo(server, dbname=name)
    if len(sys.argv) <= 3:
        prepare(server, url)
    # Prepared statements would keep the plan of the setting before.
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET jit = off")
        compare(connection, questions)


def prepare(server: str, url: str) -> None:
    """A database with the seed, and then all indexes."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(NAME)))
    # An HNSW graph that does not fit is built many times slower.
    target = Target("url", {**conninfo_to_dict(url), "options": "-c maintenance_work_mem=1GB"})
    platform = find_platform(Config(project=bundled_root(), platform="community"))
    print(f"migrate       {timed(lambda: migrate(nullcontext(target), platform, Silent())):8.1f} s")

    def load() -> None:
        with connect(target) as connection:
            seed(connection, platform, Request(profile="load", tables=("posts",)), observer=Silent())

    print(f"seed load     {timed(load):8.1f} s")
    print(f"indexes       {timed(lambda: apply_indexes(target, platform, Silent(), tier=3)):8.1f} s")


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(connection: psycopg.Connection, number: int) -> None:
    asked = connection.execute(QUESTIONS, (number,)).fetchall()
    posts, size = connection.execute(
        "SELECT count(*), pg_size_pretty(pg_relation_size('idx_posts_embedding'))"
        " FROM posts WHERE status = 'published' AND embedding IS NOT NULL"
    ).fetchone() or (0, "")
    print(f"{posts:,} published posts, index {size}, {len(asked)} questions, the {K} nearest\n")
    print("in all communities                 recall@10     p50 ms     p95 ms")
    vectors = [(vector,) for vector, _ in asked]
    exact, times = ask(connection, EXACT, vectors)
    show("exact: every post is read", 1.0, times)
    for setting in SETTINGS:
        connection.execute(sql.SQL("SET hnsw.ef_search = {}").format(setting))
        found, times = ask(connection, INDEXED, vectors)
        show(f"hnsw.ef_search = {setting}", recall(found, exact), times)
    found, times = ask(connection, f"SELECT post_id FROM search_posts_semantic(%s, NULL, {K})", vectors)
    show("search_posts_semantic", recall(found, exact), times)
    print("\nin the community asked about")
    pairs = [(community, vector) for vector, community in asked]
    exact, times = ask(connection, EXACT_IN, pairs)
    show("exact: its posts are read", 1.0, times)
    found, times = ask(connection, f"SELECT post_id FROM search_posts_semantic(%s, %s, {K})", asked)
    show("search_posts_semantic", recall(found, exact), times)
    print("\nhybrid, in all communities")
    mixed = [(WORDS[place % len(WORDS)], vector) for place, (vector, _) in enumerate(asked)]
    show("hybrid_search", None, ask(connection, f"SELECT post_id FROM hybrid_search(%s, %s, NULL, {K})", mixed)[1])


def ask(connection: psycopg.Connection, query: str, parameters: Sequence[Sequence[object]]) -> tuple[Rows, list[float]]:
    """The ids that each question brought, and the milliseconds that it took; the first round only warms up."""
    found: Rows = []
    times: list[float] = []
    for given in (*parameters[:10], *parameters):
        began = time.perf_counter()
        rows = connection.execute(query, given).fetchall()
        times.append((time.perf_counter() - began) * 1000)
        found.append([post for (post,) in rows])
    return found[-len(parameters) :], times[-len(parameters) :]


def recall(found: Rows, exact: Rows) -> float:
    """The share of the true neighbours that was found."""
    return sum(len({*one} & {*true}) for one, true in zip(found, exact, strict=True)) / sum(map(len, exact))


def show(name: str, share: float | None, times: list[float]) -> None:
    p50, p95 = statistics.median(times), sorted(times)[max(0, -(-95 * len(times) // 100) - 1)]
    print(f"{name:34} {'' if share is None else f'{share:9.4f}':>9}  {p50:9.2f}  {p95:9.2f}")


if __name__ == "__main__":
    main()
