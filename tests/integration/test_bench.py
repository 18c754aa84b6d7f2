from __future__ import annotations

import pytest

from catalog import picture, rows, run
from platformdb.bench.held import gate_profile
from platformdb.bench.run import measure_queries
from platformdb.errors import NotNow, Refused
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report, Severity
from platformdb.report.progress import Silent
from projects import Project
from recorder import Recorder

SAMPLES = 20
TABLE = """
CREATE TABLE posts (id int PRIMARY KEY, author text);
INSERT INTO posts SELECT n, 'a' || n % 3 FROM generate_series(1, 2000) AS n;
ANALYZE posts;
"""
BY_ID = "-- platformdb: persona=first\nSELECT 1;\n-- platformdb: target_ms=1000\nSELECT * FROM posts WHERE id = $1::int"


@pytest.fixture
def posts(db: Target, project: Project) -> Project:
    run(db, TABLE)
    return project


def measured(db: Target, project: Project, **queries: str) -> Report:
    project.write({f"sql/queries/{name}.sql": text for name, text in queries.items()})
    return measure_queries(db, project.platform, Silent(), samples=SAMPLES)


def test_a_met_target_passes_with_its_percentiles_and_plan(db: Target, posts: Project) -> None:
    report = measured(db, posts, by_id=BY_ID)
    assert (report.exit_code, report.summary) == (0, "demo: 1 of 1 performance targets met")
    (query,) = report.data["queries"]
    assert (query["name"], query["persona"], query["passed"]) == ("by_id", "first", True)
    assert query["indexes"] == ["posts_pkey"]
    assert query["buffers"] > 0
    assert 0 < query["p50_ms"] <= query["p95_ms"] <= query["p99_ms"] < 1000


def test_a_missed_target_exits_1_and_names_query_and_numbers(db: Target, posts: Project) -> None:
    report = measured(db, posts, slow="-- platformdb: target_ms=5\nSELECT pg_sleep(0.01)", by_id=BY_ID)
    assert (report.exit_code, report.summary) == (1, "demo: 1 of 2 performance targets met")
    (finding,) = report.findings
    assert (finding.rule, finding.subject) == ("target-missed", "slow")
    assert "the target 5 ms" in finding.message
    assert report.data["queries"][1]["p50_ms"] >= 10


def test_a_busy_moment_is_no_missed_target(db: Target, posts: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = iter([(9.0,) * 20, (1.0,) * 20])
    monkeypatch.setattr("platformdb.bench.run.time_query", lambda *_, **__: next(rounds))
    report = measured(db, posts, busy="-- platformdb: target_ms=5\nSELECT 1")
    assert (report.exit_code, report.data["queries"][0]["p95_ms"]) == (0, 1.0)


def test_a_target_missed_in_every_round_shows_the_best(
    db: Target, posts: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter([(9.0,) * 20, (7.0,) * 20, (8.0,) * 20])
    monkeypatch.setattr("platformdb.bench.run.time_query", lambda *_, **__: next(rounds))
    report = measured(db, posts, slow="-- platformdb: target_ms=5\nSELECT 1")
    assert (report.exit_code, report.data["queries"][0]["p95_ms"]) == (1, 7.0)


def test_the_slowest_persona_is_the_one_that_counts(db: Target, posts: Project) -> None:
    text = (
        "-- platformdb: persona=quick\nSELECT 0.0;\n-- platformdb: persona=slow\nSELECT 0.01;\n"
        "-- platformdb: target_ms=5\nSELECT pg_sleep($1)"
    )
    (query,) = measured(db, posts, sleep=text).data["queries"]
    assert (query["persona"], query["passed"]) == ("slow", False)


def test_a_persona_may_pass_several_parameters_of_any_type(db: Target, posts: Project) -> None:
    text = (
        "-- platformdb: persona=p\nSELECT author, array_agg(id), now() FROM posts GROUP BY 1 LIMIT 1;\n"
        "-- platformdb: target_ms=1000\n"
        "SELECT count(*) FROM posts WHERE author = $1 AND id = ANY($2) AND $3 < now() AND author LIKE 'a%'"
    )
    assert measured(db, posts, many=text).ok


def test_a_persona_that_finds_nothing_is_a_finding_and_no_pass(db: Target, posts: Project) -> None:
    text = BY_ID.replace("SELECT 1;", "SELECT id FROM posts WHERE false;")
    report = measured(db, posts, by_id=text)
    assert (report.exit_code, [f.rule for f in report.findings]) == (1, ["persona-empty"])
    assert "seed" in report.findings[0].help
    assert report.summary == "demo: 0 of 1 performance targets met"


@pytest.mark.parametrize(
    "text",
    [
        "-- platformdb: target_ms=50\nINSERT INTO posts VALUES (0, 'x') RETURNING id",
        "-- platformdb: persona=p\nDELETE FROM posts RETURNING id;\n-- platformdb: target_ms=50\nSELECT $1::int",
    ],
    ids=["the query", "a persona"],
)
def test_nothing_can_be_written(db: Target, posts: Project, text: str) -> None:
    before = picture(db)
    with pytest.raises(Refused, match="read-only transaction"):
        measured(db, posts, writes=text)
    assert rows(db, "SELECT count(*) FROM posts") == [(2000,)]
    assert picture(db) == before


def test_the_session_is_read_only_without_jit_and_else_as_the_user_wants_it(db: Target, posts: Project) -> None:
    wanted = Target(db.provider, {**db.parameters, "options": "-c search_path=app -c work_mem=7MB"})
    names = ("transaction_read_only", "jit", "search_path", "work_mem")
    found = " || ' ' || ".join(f"current_setting('{name}')" for name in names)
    text = f"-- platformdb: target_ms=1000\nSELECT 1 / ({found} = 'on off app 7MB')::int"
    assert measured(wanted, posts, settings=text).ok


def test_a_query_that_the_server_rejects_is_refused_by_its_name(db: Target, posts: Project) -> None:
    with pytest.raises(Refused, match='benchmark wrong: column "nope" does not exist'):
        measured(db, posts, wrong="-- platformdb: target_ms=50\nSELECT nope")


def test_a_lost_connection_is_not_the_querys_fault(db: Target, posts: Project) -> None:
    with pytest.raises(NotNow, match="was lost"):
        measured(db, posts, gone="-- platformdb: target_ms=50\nSELECT pg_terminate_backend(pg_backend_pid())")


def test_wrong_files_are_refused_before_anything_is_measured(db: Target, posts: Project) -> None:
    report = measured(db, posts, wrong="SELECT 1", slow="-- platformdb: target_ms=50\nSELECT pg_sleep(100)")
    assert (report.exit_code, len(report.findings)) == (3, 1)


def test_no_queries_are_a_warning_and_not_a_pass_in_silence(db: Target, project: Project) -> None:
    report = measured(db, project)
    assert [(f.rule, f.severity) for f in report.findings] == [("no-queries", Severity.WARNING)]


def test_a_persona_of_nulls_has_found_nothing(db: Target, posts: Project) -> None:
    text = "-- platformdb: persona=last\nSELECT max(id) FROM posts WHERE id < 0;\n"
    report = measured(db, posts, by_id=text + "-- platformdb: target_ms=1000\nSELECT * FROM posts WHERE id = $1::int")
    assert (report.exit_code, [f.rule for f in report.findings]) == (1, ["persona-empty"])


def test_every_query_is_announced(db: Target, posts: Project) -> None:
    posts.write({"sql/queries/a.sql": BY_ID, "sql/queries/b.sql": BY_ID})
    recorder = Recorder()
    measure_queries(db, posts.platform, recorder, samples=SAMPLES)
    assert recorder.events == ["stage bench 2", "applied a", "applied b"]


HELD = """
CREATE SCHEMA platformdb;
CREATE TABLE platformdb.seed (platform text, profile text, seed bigint, rows bigint);
INSERT INTO platformdb.seed VALUES ('demo', 'dev', 1, 2651), ('other', 'ci', 1, 7);
"""


def test_a_note_tells_that_the_database_holds_another_seed_than_the_one_meant(db: Target, posts: Project) -> None:
    run(db, HELD)
    posts.write({"sql/queries/by_id.sql": BY_ID})
    report = measure_queries(db, posts.platform, Silent(), samples=SAMPLES, profile="ci")
    (note,) = report.findings
    assert (report.exit_code, note.rule, note.severity) == (0, "other-seed", Severity.NOTE)
    assert note.message == "these figures are of profile dev, seed 1, 2,651 rows, not of ci"
    assert report.data["seed"] == {"profile": "dev", "number": 1, "rows": 2651}


@pytest.mark.parametrize("profile", ["dev", ""], ids=["the one meant", "none meant"])
def test_nothing_is_said_of_the_seed_that_is_meant(db: Target, posts: Project, profile: str) -> None:
    run(db, HELD)
    posts.write({"sql/queries/by_id.sql": BY_ID})
    assert measure_queries(db, posts.platform, Silent(), samples=SAMPLES, profile=profile).findings == ()


def test_a_database_that_was_never_seeded_holds_no_seed(db: Target, posts: Project) -> None:
    posts.write({"sql/queries/by_id.sql": BY_ID})
    report = measure_queries(db, posts.platform, Silent(), samples=SAMPLES, profile="ci")
    assert (report.findings, report.data["seed"]) == ((), None)


def test_a_platform_is_meant_to_be_measured_with_its_profile_ci_if_it_has_one(posts: Project, vrss: Platform) -> None:
    assert gate_profile(vrss) == "ci"
    assert gate_profile(posts.platform) == ""
    posts.write({"seeds/seed.toml": "[profiles.dev]\nusers = 1\n"})
    assert gate_profile(posts.platform) == ""
