"""Advice on a real server: what other advisors cannot propose, or should not, and that nothing stays of the trials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from catalog import picture, rows, run
from databases import clone, template
from platformdb.config import Config
from platformdb.errors import ConfigError, Refused
from platformdb.indexes.advise.demands import of_queries
from platformdb.indexes.advise.hypothetical import plausible
from platformdb.indexes.advise.model import Index, Key
from platformdb.indexes.advise.read import read_facts
from platformdb.indexes.advise.run import Wish, advise
from platformdb.indexes.read import read_tiers
from platformdb.indexes.run import apply_indexes
from platformdb.postgres.catalog import read_available_extensions
from platformdb.postgres.connect import connect
from platformdb.postgres.server.lifecycle import ensure_running, shut_down
from platformdb.postgres.server.run import target_of
from platformdb.postgres.target import Target
from platformdb.report.model import Report, Severity
from platformdb.report.progress import Silent
from platformdb.workload.personas import find_personas
from platformdb.workload.read import read_queries
from projects import Project
from servers import BINARIES, Server, running_server

# 300 authors, the first of whom wrote a sixth of all posts; few posts are reported; tags and documents repeat.
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, name text NOT NULL);
INSERT INTO users SELECT n, 'User' || n || '@example.com', repeat('n', 60) FROM generate_series(1, 3000) AS n;
CREATE TABLE posts (
    id int PRIMARY KEY,
    author_id int NOT NULL REFERENCES users ON DELETE CASCADE,
    editor_id int REFERENCES users ON DELETE SET NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    views int NOT NULL,
    tags text[] NOT NULL,
    document jsonb NOT NULL,
    body text NOT NULL
);
INSERT INTO posts
SELECT
    n, CASE WHEN n % 6 = 0 THEN 1 ELSE 1 + n % 300 END, CASE WHEN n % 50 = 0 THEN 1 + n % 90 END,
    CASE WHEN n % 100 = 7 THEN 'reported' ELSE 'published' END,
    timestamptz '2026-01-01' + n * 7919 % 12000 * interval '1 minute', n * 31 % 1000,
    ARRAY['t' || n % 211, 'u' || n % 7], jsonb_build_object('kind', n % 307), repeat('b', 200)
FROM generate_series(1, 12000) AS n;
CREATE INDEX posts_by_author ON posts (author_id);
CREATE TABLE settings (name text, value text);
INSERT INTO settings SELECT n::text, n::text FROM generate_series(1, 500) AS n;
CREATE VIEW published AS SELECT id, author_id, created_at FROM posts WHERE status = 'published';
ANALYZE;
"""
AUTHOR = "-- platformdb: persona=heaviest\nSELECT author_id FROM posts GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1;\n"
QUERIES = {
    "author_page": AUTHOR + "-- platformdb: target_ms=50\n"
    "SELECT id, body FROM posts WHERE author_id = $1 ORDER BY created_at DESC LIMIT 20;\n",
    "author_since": AUTHOR + "-- platformdb: target_ms=50\n"
    "SELECT body FROM posts WHERE author_id = $1 AND created_at > timestamptz '2026-01-09 07:00Z';\n",
    "most_read": "-- platformdb: target_ms=50\n"
    "SELECT id, body FROM posts ORDER BY views DESC, created_at, id LIMIT 20;\n",
    "reported": "-- platformdb: target_ms=50\n"
    "SELECT id, body FROM posts WHERE status = 'reported' ORDER BY created_at LIMIT 50;\n",
    "tagged": "-- platformdb: persona=one\nSELECT ARRAY['t8'];\n"
    "-- platformdb: target_ms=50\nSELECT id FROM posts WHERE tags && $1;\n",
    "of_kind": "-- platformdb: persona=one\nSELECT '{\"kind\": 8}'::jsonb;\n"
    "-- platformdb: target_ms=50\nSELECT id FROM posts WHERE document @> $1;\n",
    "login": "-- platformdb: persona=one\nSELECT email FROM users WHERE id = 77;\n"
    "-- platformdb: target_ms=50\nSELECT id FROM users WHERE lower(email) = lower($1);\n",
    "setting": "-- platformdb: persona=one\nSELECT '77';\n"
    "-- platformdb: target_ms=50\nSELECT value FROM settings WHERE name = $1;\n",
}


def project_of(project: Project, queries: dict[str, str]) -> Project:
    return project.write({f"sql/queries/{name}.sql": f"-- {name}.\n\n{text}" for name, text in queries.items()})


@pytest.fixture(scope="module")
def blog(server: Server) -> Target:
    """A database that nobody is connected to, so that it can be copied."""
    return server.database(template(server, "advise_blog", lambda target: run(target, SCHEMA)))


@pytest.fixture(scope="module")
def report(blog: Target, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The advice on all queries together."""
    project = project_of(Project(tmp_path_factory.mktemp("blog")), QUERIES)
    return advise(blog, project.platform, Silent())


def proposals(report: Report) -> dict[str, list[str]]:
    """Each CREATE INDEX with the queries that it helps."""
    return {
        each["sql"].partition(" ON ")[2]: [effect["demand"] for effect in each["effects"]]
        for each in report.data["proposals"]
    }


def test_two_queries_get_one_index_with_equality_first_and_the_order_behind(report: Report) -> None:
    """Behind an equality it may be read in either direction."""
    found = {sql.replace(" DESC", ""): served for sql, served in proposals(report).items()}
    assert found["posts (author_id, created_at);"] == ["author_page (heaviest)", "author_since (heaviest)"]


def test_directions_are_kept_where_they_differ(report: Report) -> None:
    assert "most_read (everybody)" in proposals(report)["posts (views DESC, created_at, id);"]


def test_few_rows_of_one_status_get_an_index_of_their_own(report: Report) -> None:
    assert "posts (created_at) WHERE status = 'reported';" in proposals(report)


@pytest.mark.parametrize("column", ["tags", "document"])
def test_elements_and_documents_get_a_gin_index(report: Report, column: str) -> None:
    assert f"posts USING gin ({column});" in proposals(report)


def test_an_expression_is_indexed_as_it_is_written(report: Report) -> None:
    assert "users (lower(email));" in proposals(report)


def test_a_foreign_key_whose_parents_are_deleted_gets_one_over_the_rows_that_have_a_parent(report: Report) -> None:
    assert "posts (editor_id) WHERE editor_id IS NOT NULL;" in proposals(report)


def test_a_small_table_gets_none(report: Report) -> None:
    assert not [sql for sql in proposals(report) if sql.startswith("settings")]


def test_what_the_new_index_makes_needless_is_named(report: Report) -> None:
    assert [finding.subject for finding in report.findings if finding.rule == "index-replaced"] == ["posts_by_author"]


def test_proposals_are_warnings_with_their_figures_and_their_sql(report: Report) -> None:
    found = [finding for finding in report.findings if finding.rule == "index-advised"]
    assert len(found) == 7
    assert {finding.severity for finding in found} == {Severity.WARNING}
    assert report.exit_code == 0
    tagged = next(finding for finding in found if finding.subject == "idx_posts_tags")
    assert "tagged (one): " in tagged.message
    assert "bytes of WAL more for each insert" in tagged.message
    assert tagged.help == "CREATE INDEX idx_posts_tags ON posts USING gin (tags);"


def test_every_proposal_saves_pages_and_costs_wal(report: Report) -> None:
    for proposal in report.data["proposals"]:
        assert all(effect["pages_with"] < effect["pages_without"] for effect in proposal["effects"])
        assert proposal["insert"]["measured"]
        assert 0 < proposal["insert"]["wal_bytes"] < 2000


def test_nothing_stays_in_the_database_or_on_the_server(server: Server, blog: Target, report: Report) -> None:
    assert rows(blog, "SELECT count(*) FROM pg_class WHERE relname LIKE 'platformdb%' OR relname LIKE 'idx_%'") == [
        (0,)
    ]
    assert rows(server.maintenance, "SELECT datname FROM pg_database WHERE datname LIKE 'platformdb_bench%'") == []


def test_what_is_written_is_a_tier_file_after_which_nothing_is_left_to_propose(
    server: Server, blog: Target, project: Project
) -> None:
    """The loop that is worth most: advise, build, advise again."""
    target = clone(server, "advise_blog", "advise_again")
    few = {name: QUERIES[name] for name in ("author_page", "reported", "tagged")}
    platform = project_of(project, few).platform
    first = advise(target, platform, Silent(), Wish(write=True))
    assert first.data["files"] == ["sql/indexes/tier2_optimization.sql"]
    definitions, problems = read_tiers(platform)
    assert problems == ()
    assert len(definitions) == 4
    assert all("pages without it" in definition.reason for definition in definitions)
    assert apply_indexes(target, platform, Silent(), tier=2).data["built"] == 4
    second = advise(target, platform, Silent(), Wish(check=True))
    assert second.data["proposals"] == []
    assert "nothing to propose" in second.summary
    assert second.exit_code == 0


def test_where_somebody_is_connected_no_copy_can_be_made_and_other_rows_than_a_seed_are_left_alone(
    blog: Target, project: Project
) -> None:
    platform = project_of(project, {"author_page": QUERIES["author_page"]}).platform
    with connect(blog), pytest.raises(Refused, match="no copy of the database can be made") as refused:
        advise(blog, platform, Silent())
    assert "platformdb seed" in refused.value.help


def test_where_no_copy_can_be_made_a_seed_is_measured_in_a_transaction_that_is_rolled_back(
    server: Server, blog: Target, project: Project
) -> None:
    target = clone(server, "advise_blog", "advise_seeded")
    run(
        target,
        "CREATE SCHEMA platformdb; CREATE TABLE platformdb.seed (platform text, rows bigint, tables text[]);"
        f"INSERT INTO platformdb.seed VALUES ('{project.platform.name}', 15500, '{{users,posts,settings}}')",
    )
    platform = project_of(project, {"author_page": QUERIES["author_page"]}).platform
    before = picture(target)
    with connect(target):
        report = advise(target, platform, Silent(), Wish(foreign_keys=False))
    assert [each.replace(" DESC", "") for each in proposals(report)] == ["posts (author_id, created_at);"]
    assert "about" in report.findings[0].message, "WAL cannot be measured there"
    assert picture(target) == before


def test_a_project_without_queries_is_told_where_to_put_them(blog: Target, project: Project) -> None:
    report = advise(blog, project.platform, Silent())
    assert [finding.rule for finding in report.findings] == ["no-queries"]
    assert "--statements" in report.findings[0].help


def test_a_query_that_does_not_parse_is_refused_before_anything_is_copied(blog: Target, project: Project) -> None:
    platform = project_of(project, {"broken": "-- platformdb: target_ms=50\nSELECT FROM WHERE (;\n"}).platform
    report = advise(blog, platform, Silent())
    assert report.exit_code == 3
    assert report.findings[0].place is not None


def test_a_server_that_counts_no_statements_says_how_it_would(blog: Target, project: Project) -> None:
    with pytest.raises(ConfigError, match="pg_stat_statements is not installed") as refused:
        advise(blog, project.platform, Silent(), Wish(statements=10))
    assert "shared_preload_libraries" in refused.value.help


@pytest.fixture(scope="module")
def counting(server: Server) -> Iterator[Server]:
    """A server of the same version that counts its statements."""
    with running_server(server.version, keep=False) as other:
        other.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        config = Config(project=other.project, binaries=BINARIES[server.version])
        shut_down(config, Silent())
        yield replace(other, maintenance=target_of(ensure_running(config, Silent()), "postgres"))


ASKED = """
SELECT body FROM posts WHERE author_id = {author} ORDER BY created_at DESC LIMIT 20;
SELECT count(*) FROM log WHERE kind = 'k{author}';
"""
ONCE = """
INSERT INTO log SELECT n, 'k' || n % 500 FROM generate_series(20001, 50000) AS n;
SELECT count(*) FROM posts WHERE created_at > now() - interval '3 days';
"""


def test_a_live_server_is_asked_what_it_was_asked_and_what_is_written_more_than_read_gets_no_index(
    counting: Server, project: Project
) -> None:
    counting.execute("CREATE DATABASE live")
    target = counting.database("live")
    run(
        target,
        SCHEMA + "CREATE TABLE log (id int, kind text);"
        "INSERT INTO log SELECT n, 'k' || n % 500 FROM generate_series(1, 20000) AS n; ANALYZE;"
        "CREATE EXTENSION pg_stat_statements",
    )
    with connect(target) as connection:
        for author in range(10, 30):
            for statement in ASKED.format(author=author).split(";")[:2]:
                connection.execute(statement.encode())
        for statement in ONCE.split(";")[:2]:
            connection.execute(statement.encode())
    report = advise(target, project.platform, Silent(), Wish(statements=20, foreign_keys=False))
    found = [sql.replace(" DESC", "") for sql in proposals(report)]
    assert "posts (author_id, created_at);" in found
    assert not [sql for sql in found if sql.startswith("log")], "30,000 inserts for 20 reads"
    left = [finding for finding in report.findings if finding.rule == "statement-left-out"]
    assert any("interval $" in finding.detail for finding in left), "what the server itself cannot read again"


def test_hypopg_sifts_where_the_server_has_it_and_nothing_is_sifted_where_not(
    server: Server, blog: Target, project: Project
) -> None:
    platform = project_of(project, {"most_read": QUERIES["most_read"]}).platform
    useful = Index("public.posts", (Key("views", descending=True), Key("created_at"), Key("id")))
    useless = Index("public.posts", (Key("body"),))
    with connect(clone(server, "advise_blog", "advise_sifted")) as connection:
        facts = read_facts(connection)
        queries, _ = read_queries(platform)
        demands, _ = of_queries(queries, find_personas(connection, queries)[0], facts)
        kept = plausible(connection, facts, demands, (useful, useless))
        has = "hypopg" in read_available_extensions(connection)
    assert kept == ((useful,) if has else (useful, useless))


FUNCTIONS = """
CREATE FUNCTION posts_of(whose int) RETURNS TABLE (id int, title text) STABLE LANGUAGE sql AS
    $$ SELECT p.id, p.body FROM posts AS p WHERE p.author_id = whose ORDER BY p.created_at DESC LIMIT 20 $$;
"""


def test_what_a_function_seeks_is_seen_and_measured(server: Server, blog: Target, project: Project) -> None:
    target = clone(server, "advise_blog", "advise_functions")
    run(target, FUNCTIONS)
    asked = AUTHOR + "-- platformdb: target_ms=50\nSELECT id FROM posts_of($1);\n"
    platform = project_of(project, {"page": asked}).platform
    report = advise(target, platform, Silent(), Wish(foreign_keys=False))
    assert [each.replace(" DESC", "") for each in proposals(report)] == ["posts (author_id, created_at);"]
