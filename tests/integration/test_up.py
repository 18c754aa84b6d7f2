from __future__ import annotations

from contextlib import nullcontext

import pytest

from catalog import picture, relations, run
from platformdb.errors import ApplyFailed
from platformdb.postgres.target import Target
from platformdb.report.model import Report
from platformdb.report.progress import Silent
from platformdb.up.run import bring_up
from projects import Project

FILES = {
    "phases/001_posts.sql": "CREATE TABLE posts (id int PRIMARY KEY, likes int NOT NULL, config jsonb);",
    "phases/002_rows.sql": "INSERT INTO posts SELECT n, 0, '{\"size\": 1}' FROM generate_series(1, 5) AS n;",
    "sql/indexes/tier1_a.sql": "-- why\nCREATE INDEX one ON posts (likes);",
    "sql/indexes/tier3_a.sql": "-- why\nCREATE INDEX three ON posts (likes, id);",
    "sql/counters.toml": '[[counter]]\ntable = "posts"\nkey = "id"\ncolumn = "likes"\nreason = "none"\n'
    'query = "SELECT 0 AS key, 0 AS value"\n',
    "sql/contracts.py": "from pydantic import BaseModel\nclass C(BaseModel):\n    size: int\n"
    'CONTRACTS = {"posts.config": C}\n',
    "sql/queries/all.sql": "-- All posts.\n-- platformdb: target_ms=1000\nSELECT * FROM posts",
}


@pytest.fixture
def whole(project: Project) -> Project:
    return project.write(FILES)


def up(db: Target, project: Project) -> Report:
    return bring_up(nullcontext(db), project.platform, Silent())


def test_everything_is_there_at_the_end_and_the_screen_says_it(db: Target, whole: Project) -> None:
    report = up(db, whole)
    assert report.exit_code == 0, report.findings
    assert {"posts", "one", "three"} <= relations(db)
    created = {key: report.data["created"][key] for key in ("tables", "indexes", "triggers", "rows")}
    assert created == {"tables": 1, "indexes": 3, "triggers": 0, "rows": 5}
    screen = {table.title: table for table in report.tables}
    assert screen["in the database"].rows[1] == ("indexes", 3, "tier 1: 1, tier 3: 1, constraints: 1")
    assert screen["what was done"].rows[-1] == ("✓", "all 3 gates passed")
    assert report.facts == {"connection URL": db.url}
    assert len(screen["what was done"].rows) == 6


def test_the_second_time_nothing_is_changed(db: Target, whole: Project) -> None:
    up(db, whole)
    before = picture(db)
    report = up(db, whole)
    assert (report.exit_code, report.steps, report.data["changed"]) == (0, (), False)
    assert picture(db) == before


def test_what_the_checks_find_is_said_with_exit_code_1(db: Target, whole: Project) -> None:
    up(db, whole)
    run(db, "UPDATE posts SET likes = 1, config = '{}' WHERE id = 2")
    report = up(db, whole)
    assert report.exit_code == 1
    assert [finding.rule for finding in report.findings] == ["counter-drifted", "contract-broken"]
    assert "2 checks failed" in report.summary


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("phases/003_x.sql", "SELEC"),
        ("sql/indexes/tier2_a.sql", "CREATE INDEX j ON posts (id)"),
        ("sql/counters.toml", "[[counter]]"),
        ("sql/contracts.py", "CONTRACTS = 1"),
        ("sql/queries/all.sql", "SELECT 1"),
    ],
)
def test_any_wrong_file_is_refused_before_the_database_is_opened(whole: Project, file: str, text: str) -> None:
    whole.write({file: text})
    report = up(Target("url", {"host": "/nonexistent"}), whole)
    assert (report.exit_code, len(report.findings)) == (3, 1)


def test_all_wrong_files_are_said_at_once(whole: Project) -> None:
    whole.write(
        {"phases/003_x.sql": "SELEC", "sql/counters.toml": "x = 1", "sql/contracts.py": "", "sql/queries/q.sql": ""}
    )
    assert len(up(Target("url", {"host": "/nonexistent"}), whole).findings) == 4


def test_a_part_that_fails_ends_it_and_tells_what_was_done_before(db: Target, whole: Project) -> None:
    whole.write({"sql/indexes/tier2_a.sql": "-- why\nCREATE INDEX two ON nowhere (x)"})
    with pytest.raises(ApplyFailed) as caught:
        up(db, whole)
    done = [(r.step.subject, r.state.value) for r in caught.value.results]
    assert done[1:] == [
        ("phases/001_posts.sql", "applied"),
        ("phases/002_rows.sql", "applied"),
        ("one", "applied"),
        ("two", "failed"),
    ]


def test_a_contradiction_ends_it_before_the_indexes(db: Target, whole: Project) -> None:
    up(db, whole)
    whole.write(
        {"phases/001_posts.sql": "SELECT 1", "sql/indexes/tier3_b.sql": "-- why\nCREATE INDEX more ON posts (id)"}
    )
    report = up(db, whole)
    assert (report.exit_code, report.summary) == (3, "demo is not up")
    assert "more" not in relations(db)
