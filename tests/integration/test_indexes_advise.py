"""Advice on a real server: what other advisors cannot propose, or should not, and that nothing stays of the trials."""

from __future__ import annotations

import pytest

from catalog import rows, run
from databases import clone, template
from platformdb.indexes.advise.run import Wish, advise
from platformdb.indexes.read import read_tiers
from platformdb.indexes.run import apply_indexes
from platformdb.postgres.target import Target
from platformdb.report.model import Report, Severity
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

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
    "SELECT id, body FROM posts WHERE author_id = $1 AND created_at < 'infinity' ORDER BY created_at DESC LIMIT 20;\n",
    "author_since": AUTHOR + "-- platformdb: target_ms=50\n"
    "SELECT body FROM posts WHERE author_id = $1 AND created_at > timestamptz '2026-01-09 07:00Z';\n",
    "most_read": "-- platformdb: target_ms=50\nSELECT id, body FROM posts ORDER BY views DESC, created_at, id LIMIT 20;\n",
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
    assert proposals(report)["posts (author_id, created_at DESC);"] == [
        "author_page (heaviest)",
        "author_since (heaviest)",
    ]


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
    server: Server, blog: Target, project: Project, request: pytest.FixtureRequest
) -> None:
    """The loop that is worth most: advise, build, advise again."""
    target = clone(server, "advise_blog", "advise_again")
    platform = project_of(project, QUERIES).platform
    first = advise(target, platform, Silent(), Wish(write=True))
    assert first.data["files"] == ["sql/indexes/tier2_optimization.sql"]
    definitions, problems = read_tiers(platform)
    assert problems == ()
    assert len(definitions) == 7
    assert all("pages without it" in definition.reason for definition in definitions)
    assert apply_indexes(target, platform, Silent(), tier=2).data["built"] == 7
    second = advise(target, platform, Silent(), Wish(check=True))
    assert second.data["proposals"] == []
    assert "nothing to propose" in second.summary
    assert second.exit_code == 0
