from __future__ import annotations

import pytest

from catalog import picture, rows, run
from platformdb.errors import ConfigError, Refused
from platformdb.indexes.evidence.run import Wanted, index_evidence
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.model import Report, Severity
from platformdb.report.progress import Silent
from projects import Project

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, name text, posted int DEFAULT 0);
CREATE TABLE posts (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author int NOT NULL REFERENCES users ON DELETE CASCADE,
    title text, status text, at timestamptz,
    doubled int GENERATED ALWAYS AS (author * 2) STORED
);
CREATE FUNCTION count_post() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN UPDATE users SET posted = posted + 1 WHERE id = NEW.author; RETURN NULL; END';
CREATE TRIGGER counted AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION count_post();
INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 200) AS n;
INSERT INTO posts (author, title, status, at)
SELECT 1 + n % 200, 'post ' || n, CASE n % 3 WHEN 0 THEN 'draft' ELSE 'live' END, now() - n * interval '1 minute'
FROM generate_series(1, 6000) AS n;
CREATE INDEX by_author ON posts (author, at DESC);
CREATE INDEX by_status ON posts (status);
"""
TIERS = {
    "sql/indexes/tier2_a.sql": "-- a page of posts\nCREATE INDEX by_author ON posts (author, at DESC);\n"
    "-- nobody knows\nCREATE INDEX by_status ON posts (status);\n"
}
QUERIES = {
    "sql/queries/page.sql": "-- The newest posts of a user.\n\n"
    "-- platformdb: persona=first\nSELECT min(id) FROM users;\n\n"
    "-- platformdb: target_ms=1000\nSELECT title FROM posts WHERE author = $1 ORDER BY at DESC LIMIT 5;\n",
    "sql/queries/leave.sql": "-- A user goes, with the posts.\n\n"
    "-- platformdb: persona=last\nSELECT max(id) FROM users;\n\n"
    "-- platformdb: target_ms=1000 rollback=on\nDELETE FROM users WHERE id = $1;\n",
}
COPIES = "SELECT datname FROM pg_database WHERE datname LIKE 'platformdb\\_bench\\_%'"


@pytest.fixture
def blog(db: Target, project: Project) -> Target:
    run(db, SCHEMA)
    run(db, "VACUUM (FREEZE, ANALYZE)")
    project.write({**TIERS, **QUERIES})
    return db


def measured(target: Target, project: Project, wanted: Wanted | None = None) -> Report:
    return index_evidence(target, project.platform, Silent(), wanted or Wanted())


def by_name(report: Report) -> dict[str, dict]:
    return {each["name"]: each for each in report.data["indexes"]}


STATE = (
    "SELECT pg_relation_size('posts'), pg_relation_size('by_author'), relpages FROM pg_class WHERE relname = 'posts'"
)


def test_an_index_is_worth_what_the_queries_lose_without_it(blog: Target, project: Project) -> None:
    before = picture(blog), rows(blog, STATE)
    report = measured(blog, project)
    found = by_name(report)
    assert (found["by_author"]["evidence_tier"], found["by_author"]["helps"]) == (2, ["leave", "page"])
    assert found["by_author"]["foreign_keys"] == ["posts.posts_author_fkey"]
    page = next(each for each in found["by_author"]["queries"] if each["query"] == "page")
    assert page["pages_with"] * 5 < page["pages_without"]
    assert (found["by_status"]["evidence_tier"], found["by_status"]["helps"]) == (3, [])
    (wrong,) = [finding for finding in report.findings if finding.rule == "tier-wrong"]
    assert (wrong.subject, wrong.severity, wrong.place.line) == ("by_status", Severity.WARNING, 4)
    assert report.exit_code == 0
    assert (picture(blog), rows(blog, STATE)) == before
    assert rows(blog, COPIES) == []


def test_what_an_index_costs_the_writes_is_measured(blog: Target, project: Project) -> None:
    """Rows of a table with an identity, a generated column, a trigger and a foreign key come out and in again."""
    status = by_name(measured(blog, project))["by_status"]
    assert 20 < status["wal_bytes_per_insert"] < 400
    assert status["heap_only_columns"] == ["status"]
    assert (status["heap_only_with"], status["heap_only_without"] > 0) == (0, True)


def test_a_column_that_another_index_names_too_loses_nothing(blog: Target, project: Project) -> None:
    run(blog, "CREATE INDEX also ON posts (status, title)")
    status = by_name(measured(blog, project, Wanted(("by_status",))))
    assert list(status) == ["by_status"]
    assert status["by_status"]["heap_only_columns"] == []


@pytest.mark.newest_server
def test_only_the_indexes_of_a_tier_or_a_name_are_looked_at(blog: Target, project: Project) -> None:
    assert list(by_name(measured(blog, project, Wanted(tier=2)))) == ["by_author", "by_status"]
    assert by_name(measured(blog, project, Wanted(tier=1))) == {}


@pytest.mark.newest_server
@pytest.mark.parametrize("name", ["posts_pkey", "nothing"])
def test_an_index_that_cannot_be_left_out_is_refused_by_name(blog: Target, project: Project, name: str) -> None:
    with pytest.raises(ConfigError, match=f"no index {name} that could be left out"):
        measured(blog, project, Wanted((name,)))


class TestInPlace:
    def test_nothing_is_left_of_it_and_no_write_is_run(self, blog: Target, project: Project) -> None:
        dead = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
        before = picture(blog), rows(blog, STATE), rows(blog, dead)
        report = measured(blog, project, Wanted(in_place=True))
        assert by_name(report)["by_author"]["helps"] == ["page"]
        assert by_name(report)["by_author"]["wal_bytes_per_insert"] is None
        assert "writes-in-place" in [finding.rule for finding in report.findings]
        run(blog, "SELECT pg_stat_clear_snapshot()")
        assert (picture(blog), rows(blog, STATE), rows(blog, dead)) == before

    @pytest.mark.newest_server
    def test_others_at_work_are_asked_about_first(self, blog: Target, project: Project) -> None:
        asked: list[str] = []
        with connect(blog), pytest.raises(Refused, match="nothing was measured"):
            measured(blog, project, Wanted(in_place=True, agree=lambda question: bool(asked.append(question))))
        assert "1 other session is at work" in asked[0]

    @pytest.mark.newest_server
    def test_a_busy_table_is_not_waited_for_long_and_the_others_are_measured(
        self, blog: Target, project: Project
    ) -> None:
        run(blog, "CREATE INDEX by_name ON users (name)")
        with connect(blog) as other:
            other.execute("BEGIN; LOCK TABLE posts IN ACCESS SHARE MODE")
            report = measured(blog, project, Wanted(("by_status", "by_name"), in_place=True, agree=lambda _: True))
        assert {name: each["skipped"] for name, each in by_name(report).items()} == {
            "by_name": "",
            "by_status": 'the table of index "public"."by_status" is busy',
        }
        assert "index-not-measured" in [finding.rule for finding in report.findings]

    @pytest.mark.newest_server
    def test_where_nothing_could_be_measured_it_is_to_be_tried_again(self, blog: Target, project: Project) -> None:
        with connect(blog) as other:
            other.execute("BEGIN; LOCK TABLE posts IN ACCESS SHARE MODE")
            report = measured(blog, project, Wanted(("by_status",), in_place=True, agree=lambda _: True))
        assert report.exit_code == 5


@pytest.mark.newest_server
def test_a_database_in_use_is_not_copied(blog: Target, project: Project) -> None:
    with connect(blog), pytest.raises(Refused, match="cannot be copied") as refused:
        measured(blog, project)
    assert "--in-place" in refused.value.help


@pytest.mark.newest_server
def test_without_queries_nothing_is_said(db: Target, project: Project) -> None:
    report = measured(db, project.write(TIERS))
    assert ([finding.rule for finding in report.findings], report.exit_code) == (["no-queries"], 3)
