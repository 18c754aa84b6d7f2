"""Two versions, each in its database: the older one is the reference of the newer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from databases import clone
from platformdb.bench.compare.versions import Version, compare_versions
from platformdb.bench.model import Gate, Judged
from platformdb.bench.request import Request
from platformdb.bench.run import wanted_queries
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

pytestmark = pytest.mark.newest_server

TABLE = """
CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL, at int NOT NULL);
INSERT INTO posts SELECT n, n % 100, n FROM generate_series(1, 5000) AS n;
CREATE INDEX posts_author ON posts (author, at DESC);
"""
NEWEST = """-- The newest posts of an author.
-- platformdb: persona=somebody
SELECT 7;
-- platformdb: target_ms=1000
SELECT id FROM posts WHERE author = $1 ORDER BY at DESC LIMIT 10
"""
ALL = """-- How many posts there are.
-- platformdb: target_ms=1000 whole=posts reason="a number of all"
SELECT count(*) FROM posts
"""


@pytest.fixture
def databases(server: Server) -> Iterator[tuple[Target, Target]]:
    first, second = (clone(server, "template0", f"version_{number}") for number in (1, 2))
    for target in (first, second):
        with connect(target) as connection:
            connection.execute(TABLE.encode())
    yield first, second
    for number in (1, 2):
        server.execute(f"DROP DATABASE version_{number} WITH (FORCE)")


def compared(project: Project, databases: tuple[Target, Target], change: str = "", **later: str) -> Judged:
    project.write({"sql/queries/newest.sql": NEWEST})
    before = Version(databases[0], project.platform, wanted_queries(project.platform))
    project.write({f"sql/queries/{name}.sql": text for name, text in later.items()})
    with connect(databases[1]) as connection:
        connection.execute(change.encode() or b"SELECT 1")
    now = Version(databases[1], project.platform, wanted_queries(project.platform))
    return compare_versions(before, now, Silent(), Request(any_rows=True))


def test_a_version_without_the_index_fails_with_both_numbers(
    project: Project, databases: tuple[Target, Target]
) -> None:
    found = compared(project, databases, "DROP INDEX posts_author")
    (verdict,) = found.verdicts
    assert (verdict.failed, verdict.findings[0].rule) == (Gate.SERVABLE, "not-servable")
    assert "the reference read it by index posts_author (author)" in verdict.findings[0].message
    assert "work-grown" in [finding.rule for finding in verdict.findings]
    assert verdict.reference is not None
    assert verdict.entry.times is not None
    assert Gate.TIME in found.gated


def test_the_same_version_passes_and_a_new_query_is_a_note(project: Project, databases: tuple[Target, Target]) -> None:
    found = compared(project, databases, everything=ALL)
    assert [verdict.failed for verdict in found.verdicts if verdict.failed is not Gate.TIME] == [None, None]
    assert [finding.rule for finding in found.findings] == ["query-new"]
