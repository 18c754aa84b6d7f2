"""The gate's teeth: what is made worse on a real server is caught, and nothing stays of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from databases import clone, template
from platformdb.bench.mutate.model import DroppedIndex, Fate, MutationResult, score
from platformdb.bench.mutate.reports import headline, mutation_report
from platformdb.bench.mutate.run import mutate
from platformdb.errors import NotNow, Place, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.pins import pin
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from platformdb.sqltext.mutants import MutantKind
from platformdb.workload.model import Gates, Persona, Query
from recorder import Recorder
from servers import Server

HERE = Place("queries/some.sql", 3, 1)
SOMEBODY = Persona("heaviest", ("7",), "posts", 50.0)
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL);
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE TABLE posts (
    id int PRIMARY KEY, author int NOT NULL REFERENCES users, at timestamptz NOT NULL, body text NOT NULL
);
CREATE INDEX posts_author_at ON posts (author, at DESC);
CREATE INDEX posts_author ON posts (author);
CREATE INDEX posts_body ON posts (body);
CREATE TABLE likes (
    post int NOT NULL REFERENCES posts ON DELETE CASCADE, liker int NOT NULL, PRIMARY KEY (liker, post)
);
CREATE INDEX likes_post ON likes (post);
CREATE TABLE events (id int NOT NULL, kind int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2024-01-01');
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2030-01-01');
CREATE INDEX events_kind ON events (kind);
CREATE FUNCTION posts_of(whose int) RETURNS bigint STABLE LANGUAGE plpgsql AS
    $$ BEGIN RETURN (SELECT count(*) FROM likes WHERE post = whose); END $$;
INSERT INTO users SELECT n, 'name ' || n, 'u' || n || '@example.org' FROM generate_series(1, 2000) AS n;
INSERT INTO posts
SELECT n, n % 100 + 1, timestamptz '2024-01-01 00:00Z' + n * interval '1 minute', md5(n::text)
FROM generate_series(1, 5000) AS n;
INSERT INTO likes SELECT n % 5000 + 1, n % 1999 + 1 FROM generate_series(1, 6000) AS n;
INSERT INTO events SELECT n, n % 500, date '2023-12-01' + n % 60 FROM generate_series(1, 6000) AS n;
"""
PAGE = "SELECT id, at FROM posts WHERE author = $1 ORDER BY at DESC LIMIT 5"
TIERS = {"posts_author_at": 1, "posts_author": 2, "likes_post": 2, "events_kind": 1, "posts_body": 3}


@pytest.fixture(scope="module")
def filled(server: Server) -> Target:
    def fill(target: Target) -> None:
        with connect(target) as connection:
            connection.execute(SCHEMA.encode())
            connection.execute("VACUUM (FREEZE, ANALYZE)")

    return clone(server, template(server, "mutations", fill), "mutations_shared")


@pytest.fixture
def blog(filled: Target) -> Iterator[Connection]:
    with connect(filled) as connection:
        pin(connection)
        yield connection


def asking(name: str, sql: str, *, writes: bool = False) -> Query:
    return Query(name, "For a test.", sql, 50.0, (), HERE, writes=writes, parameters=1)


def tried(connection: Connection, *queries: Query, tiers: dict[str, int] = TIERS) -> MutationResult:
    return mutate(connection, queries, {query.name: (SOMEBODY,) for query in queries}, Silent(), tiers=tiers)


def of(result: MutationResult, name: str) -> DroppedIndex:
    (found,) = (dropped for dropped in result.indexes if dropped.index.name == f"public.{name}")
    return found


def fates(result: MutationResult) -> dict[str, Fate]:
    return {each.index.name.removeprefix("public."): each.fate for each in result.plain}


def indexes(connection: Connection) -> list[object]:
    return connection.execute("SELECT indexrelid, indisvalid FROM pg_index ORDER BY 1").fetchall()


def test_an_index_that_a_query_needs_is_caught_and_another_is_not(blog: Connection) -> None:
    before = indexes(blog)
    result = tried(blog, asking("page", PAGE))
    assert of(result, "posts_author_at").fate is Fate.CAUGHT
    assert of(result, "posts_author_at").used == ("page",)
    assert {name for name, fate in fates(result).items() if fate is Fate.CAUGHT} == {"posts_author_at"}
    assert indexes(blog) == before
    assert (str(score(result.plain)), of(result, "posts_author_at").tier) == ("1 of 1 (100 %)", 1)


@pytest.mark.newest_server
def test_an_index_of_a_tier_that_nothing_needs_is_named_and_others_are_not(blog: Connection) -> None:
    findings, tables, data = mutation_report(tried(blog, asking("page", PAGE)))
    unneeded = {finding.subject for finding in findings if finding.rule == "index-unneeded"}
    assert unneeded == {"posts_author", "likes_post", "events_kind"}
    assert "posts_author on posts is in tier 2, and no query needs it" in {finding.message for finding in findings}
    assert ("posts_author_at", "1", "caught") in {row[:3] for row in tables[0].rows}
    assert data["score"]["indexes"] == {"caught": 1, "needed": 1}


def test_an_index_beside_which_another_serves_as_well_is_said_to_be_so(blog: Connection) -> None:
    count = asking("count", "SELECT count(*) FROM posts WHERE author = $1 AND id > 0")
    result = tried(blog, count, tiers={"posts_author": 2})
    assert of(result, "posts_author").fate is Fate.HARMLESS
    (finding,) = mutation_report(result)[0]
    assert finding.message.endswith("; count read it, and do as well with another")


def test_the_index_that_only_a_function_reads_is_caught(blog: Connection) -> None:
    result = tried(blog, asking("likes", "SELECT posts_of($1)"))
    assert of(result, "likes_post").fate is Fate.CAUGHT


def test_the_index_of_a_foreign_key_is_needed_by_a_delete(blog: Connection) -> None:
    result = tried(blog, asking("delete", "DELETE FROM posts WHERE id = $1", writes=True))
    assert of(result, "likes_post").fate is Fate.CAUGHT
    assert of(result, "posts_pkey").fate is Fate.CAUGHT
    assert of(result, "posts_body").fate is Fate.HARMLESS
    assert blog.execute("SELECT count(*) FROM posts").fetchone() == (5000,)


def test_a_partitioned_tables_index_is_dropped_with_all_its_parts(blog: Connection) -> None:
    result = tried(blog, asking("events", "SELECT count(*) FROM events WHERE kind = $1"))
    assert of(result, "events_kind").fate is Fate.CAUGHT
    assert not [each for each in result.indexes if each.index.parent]


def test_a_constraints_index_counts_apart(blog: Connection) -> None:
    result = tried(blog, asking("user", "SELECT name FROM users WHERE id = $1"))
    assert of(result, "users_pkey").fate is Fate.CAUGHT
    assert (score(result.constraints).caught, score(result.plain).needed) == (1, 0)
    assert blog.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'").fetchone() == (2,)


def test_a_query_that_does_not_run_without_the_constraint_is_caught(blog: Connection) -> None:
    grouped = "SELECT name, count(*) FROM users JOIN posts ON author = users.id WHERE users.id = $1 GROUP BY users.id"
    effects = of(tried(blog, asking("grouped", grouped)), "users_pkey").effects
    assert effects[0].rules == ("query-fails",)


def test_each_way_of_making_a_query_worse_is_caught_or_makes_no_difference(blog: Connection) -> None:
    result = tried(blog, asking("page", PAGE))
    by_kind = {kind: {worse.fate for worse in result.queries if worse.mutant.kind is kind} for kind in MutantKind}
    assert Fate.CAUGHT in by_kind[MutantKind.LIMIT]
    assert Fate.CAUGHT in by_kind[MutantKind.FUNCTION]
    assert Fate.CAUGHT in by_kind[MutantKind.OFFSET]
    assert Fate.CAUGHT in by_kind[MutantKind.PARAMETER]
    assert Fate.SURVIVED not in set().union(*by_kind.values())
    assert "worse queries caught: " in headline(result)


@pytest.mark.newest_server
def test_what_is_too_slow_counts_as_caught_without_waiting_for_it(blog: Connection) -> None:
    # Whoever takes its condition away has it sleep for a minute.
    sleepy = "SELECT pg_sleep(CASE count(*) WHEN $1 - 7 THEN 0 ELSE 60 END) FROM users WHERE name = 'nobody'"
    result = tried(blog, replace(asking("sleepy", sleepy), gates=Gates(whole=("users",))))
    assert ("too-slow",) in {effect.rules for worse in result.queries for effect in worse.effects}
    assert result.elapsed_ms < 30_000


@pytest.mark.newest_server
def test_a_hole_in_the_gate_is_an_error_that_says_what_got_past(blog: Connection) -> None:
    found = of(tried(blog, asking("page", PAGE)), "posts_author_at")
    past = tuple(replace(effect, rules=(), worse="buffers 4 → 400") for effect in found.effects)
    (finding,) = mutation_report(MutationResult((replace(found, effects=past),)))[0]
    assert finding.rule == "mutant-survived"
    assert finding.message == (
        "without posts_author_at page does more for persona heaviest (buffers 4 → 400), and no gate fails"
    )


@pytest.mark.newest_server
def test_others_at_work_are_not_made_to_wait(blog: Connection, filled: Target) -> None:
    with connect(filled) as other, other.transaction():
        other.execute("SELECT 1 FROM posts LIMIT 1")
        with pytest.raises(NotNow, match="1 other session at work in this database"):
            tried(blog, asking("page", PAGE))


@pytest.mark.newest_server
def test_whoever_holds_the_table_is_waited_for_only_a_moment(blog: Connection, filled: Target) -> None:
    class Holding(Recorder):
        """Comes when the queries were looked at."""

        def stage(self, title: str, total: int | None = None) -> None:
            if title.startswith("dropping"):
                other.execute("BEGIN; LOCK TABLE posts IN ACCESS SHARE MODE")

    with connect(filled) as other:
        with pytest.raises(NotNow, match="busy"):
            mutate(blog, [asking("page", PAGE)], {"page": (SOMEBODY,)}, Holding(), tiers={})
        other.execute("ROLLBACK")
    assert blog.info.transaction_status.name == "IDLE"


def test_a_role_that_may_not_drop_is_told_so(blog: Connection) -> None:
    blog.execute("SET default_transaction_read_only = off")
    blog.execute("CREATE ROLE reader")
    blog.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    try:
        blog.execute("SET ROLE reader")
        with pytest.raises(Refused, match="must be owner"):
            tried(blog, asking("page", PAGE))
    finally:
        blog.execute("RESET ROLE")
        blog.execute("DROP OWNED BY reader; DROP ROLE reader")


@pytest.mark.newest_server
def test_progress_is_told_query_by_query_and_index_by_index(blog: Connection) -> None:
    recorder = Recorder()
    mutate(blog, [asking("page", PAGE)], {"page": (SOMEBODY,)}, recorder, tiers=TIERS)
    assert recorder.events[:2] == ["stage queries as they are 1", "applied page"]
    assert "applied posts_author_at" in recorder.events
