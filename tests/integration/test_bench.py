"""bench end to end: what it measures, what it refuses, and how it exits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from catalog import picture, rows, run
from platformdb.bench.command import Files, gate, look, try_mutations
from platformdb.bench.ground.held import gate_profile
from platformdb.bench.request import Request
from platformdb.errors import ConfigError, NotNow, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report, Severity
from platformdb.report.progress import Silent
from projects import Project
from recorder import Recorder

# The rows are made by hand, not by a seed.
REQUEST = Request(samples=20, any_rows=True)
NO_FILES = Files()
TABLE = """
CREATE TABLE posts (id int PRIMARY KEY, author text);
INSERT INTO posts SELECT n, 'a' || n % 3 FROM generate_series(1, 2000) AS n;
"""
PURPOSE = "-- A post.\n"
BY_ID = (
    f"{PURPOSE}-- platformdb: persona=first\nSELECT 1;\n"
    "-- platformdb: target_ms=1000\nSELECT * FROM posts WHERE id = $1::int"
)
SLOW = f"{PURPOSE}-- platformdb: target_ms=5\nSELECT pg_sleep(0.01)"
BY_AUTHOR = f"{PURPOSE}-- platformdb: target_ms=1000\nSELECT id FROM posts WHERE author = 'a1' ORDER BY id LIMIT 1"

INSERT = "INSERT INTO notes DEFAULT VALUES"


@pytest.fixture
def posts(db: Target, project: Project) -> Project:
    run(db, TABLE)
    return project


def measured(
    db: Target,
    project: Project,
    *,
    request: Request = REQUEST,
    files: Files = NO_FILES,
    **queries: str,
) -> Report:
    project.write({f"sql/queries/{name}.sql": text for name, text in queries.items()})
    return gate(db, project.platform, Silent(), request, files)


def rules(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def test_a_query_passes_with_its_percentiles_plan_and_work(db: Target, posts: Project) -> None:
    report = measured(db, posts, by_id=BY_ID)
    assert (report.exit_code, report.summary) == (0, "demo: all 3 gates passed")
    (query,) = report.data["queries"]
    (persona,) = query["personas"]
    assert (query["name"], query["purpose"], persona["name"], persona["verdict"]) == (
        "by_id",
        "A post.",
        "first",
        "pass",
    )
    assert persona["work"]["buffers"] > 0
    times = persona["times_ms"]
    assert 0 < times["p50"] <= times["p95"] <= times["p99"] < 1000


def test_a_missed_target_warns_and_fails_only_where_time_gates(db: Target, posts: Project) -> None:
    report = measured(db, posts, slow=SLOW)
    (finding,) = report.findings
    assert (report.exit_code, finding.rule, finding.severity) == (0, "target-missed", Severity.WARNING)
    strict = measured(db, posts, request=replace(REQUEST, strict_time=True))
    assert (strict.exit_code, rules(strict)) == (1, ["target-missed"])
    assert "the target 5 ms" in strict.findings[0].message


def test_a_large_table_read_in_sequence_fails(db: Target, posts: Project) -> None:
    report = measured(db, posts, by_author=BY_AUTHOR.replace("ORDER BY id LIMIT 1", ""))
    assert (report.exit_code, rules(report)) == (1, ["not-servable"])
    (finding,) = report.findings
    assert finding.place is not None
    assert finding.place.name.endswith("by_author.sql")


def test_a_second_run_gates_nothing_else_and_a_dropped_index_fails(db: Target, posts: Project, tmp_path: Path) -> None:
    saved, again = tmp_path / "saved.json", tmp_path / "again.json"
    run(db, "CREATE INDEX posts_author ON posts (author, id)")
    assert measured(db, posts, by_author=BY_AUTHOR, files=Files(save=saved)).ok
    report = measured(db, posts, files=Files(reference=saved, save=again))
    assert (report.exit_code, report.findings) == (0, ())
    assert gating(saved) == gating(again)
    run(db, "DROP INDEX posts_author")
    lost = measured(db, posts, files=Files(reference=saved))
    assert lost.exit_code == 1
    assert {finding.severity for finding in lost.findings} >= {Severity.ERROR}


def gating(saved: Path) -> str:
    return saved.read_text("utf-8").partition('"informing"')[0]


def test_a_reference_of_another_platform_is_refused(db: Target, posts: Project, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    measured(db, posts, by_id=BY_ID, files=Files(save=saved))
    saved.write_text(saved.read_text("utf-8").replace('"demo"', '"other"'), "utf-8")
    report = measured(db, posts, files=Files(reference=saved))
    assert (report.exit_code, rules(report)) == (2, ["other-platform"])


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_reference_that_cannot_be_read_is_refused(db: Target, posts: Project, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        measured(db, posts, by_id=BY_ID, files=Files(reference=tmp_path / name))


def test_a_query_that_is_gone_fails_and_a_new_one_is_noted(db: Target, posts: Project, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    measured(db, posts, by_id=BY_ID, files=Files(save=saved))
    (posts.root / "sql/queries/by_id.sql").rename(posts.root / "sql/queries/by_number.sql")
    report = measured(db, posts, files=Files(reference=saved))
    assert (report.exit_code, sorted(rules(report))) == (1, ["query-gone", "query-new"])


def test_only_the_named_queries_run_and_the_others_are_not_gone(db: Target, posts: Project, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    measured(db, posts, by_id=BY_ID, slow=SLOW, files=Files(save=saved))
    report = measured(db, posts, request=replace(REQUEST, only=("by_id",)), files=Files(reference=saved))
    assert (report.exit_code, [query["name"] for query in report.data["queries"]]) == (0, ["by_id"])
    with pytest.raises(ConfigError, match="no query 'nope'"):
        measured(db, posts, request=replace(REQUEST, only=("nope",)))


def test_a_page_is_written_where_it_was_asked_for(db: Target, posts: Project, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    measured(db, posts, by_id=BY_ID, files=Files(html=page))
    assert "by_id" in page.read_text("utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        measured(db, posts, files=Files(html=tmp_path))


def test_a_file_that_cannot_be_written_is_told_before_anything_is_measured(posts: Project, tmp_path: Path) -> None:
    run, nowhere = tmp_path / "bench.json", Target("url", {"host": "localhost", "port": "1", "dbname": "none"})
    for files, words in (
        (Files(save=run, html=run), "both a page and a run"),
        (Files(html=tmp_path / "no" / "page.html"), "is no folder"),
    ):
        with pytest.raises(ConfigError, match=words):
            measured(nowhere, posts, by_id=BY_ID, files=files)
    assert list(tmp_path.glob("*.*")) == []


def test_a_write_is_rolled_back_and_leaves_nothing(db: Target, posts: Project) -> None:
    text = f"{PURPOSE}-- platformdb: target_ms=1000 rollback=on\nINSERT INTO posts VALUES (0, 'x')"
    before = picture(db)
    report = measured(db, posts, write=text)
    assert report.exit_code == 0
    assert report.data["queries"][0]["personas"][0]["work"]["wal_records"] > 0
    assert rows(db, "SELECT count(*) FROM posts") == [(2000,)]
    assert picture(db) == before


def test_a_persona_may_pass_several_parameters_of_any_type(db: Target, posts: Project) -> None:
    text = (
        f"{PURPOSE}-- platformdb: persona=p\nSELECT author, array_agg(id), now() FROM posts GROUP BY 1 LIMIT 1;\n"
        '-- platformdb: target_ms=1000 whole=posts reason="a test"\n'
        "SELECT count(*) FROM posts WHERE author = $1 AND id = ANY($2) AND $3 < now() AND author LIKE 'a%'"
    )
    assert measured(db, posts, many=text).ok


@pytest.mark.parametrize("nobody", ["SELECT id FROM posts WHERE false;", "SELECT max(id) FROM posts WHERE id < 0;"])
def test_a_persona_that_finds_nothing_is_no_pass(db: Target, posts: Project, nobody: str) -> None:
    report = measured(db, posts, by_id=BY_ID.replace("SELECT 1;", nobody))
    assert (report.exit_code, rules(report)) == (2, ["persona-empty"])
    assert "seed" in report.findings[0].help


@pytest.mark.parametrize(
    "text",
    [
        "-- platformdb: target_ms=50\nSELECT nextval('s')",
        "-- platformdb: persona=p\nSELECT nextval('s');\n-- platformdb: target_ms=50\nSELECT $1::int",
    ],
    ids=["the query", "a persona"],
)
def test_nothing_is_written_that_is_not_said_to_be_rolled_back(db: Target, posts: Project, text: str) -> None:
    run(db, "CREATE SEQUENCE s")
    before = picture(db)
    with pytest.raises(Refused, match="read-only transaction"):
        measured(db, posts, writes=PURPOSE + text)
    assert picture(db) == before


def test_the_session_is_read_only_and_pinned_and_keeps_the_search_path(db: Target, posts: Project) -> None:
    wanted = Target(db.provider, {**db.parameters, "options": "-c search_path=app -c work_mem=7MB"})
    names = ("transaction_read_only", "jit", "search_path", "work_mem")
    found = " || ' ' || ".join(f"current_setting('{name}')" for name in names)
    text = f"{PURPOSE}-- platformdb: target_ms=1000\nSELECT 1 / ({found} = 'on off app 4MB')::int"
    assert measured(wanted, posts, settings=text).ok


def test_a_query_that_the_server_rejects_is_refused_by_its_name(db: Target, posts: Project) -> None:
    with pytest.raises(Refused, match=r'wrong.*column "nope" does not exist'):
        measured(db, posts, wrong=f"{PURPOSE}-- platformdb: target_ms=50\nSELECT nope")


def test_a_lost_connection_is_not_the_querys_fault(db: Target, posts: Project) -> None:
    with pytest.raises(NotNow, match="was lost"):
        measured(db, posts, gone=f"{PURPOSE}-- platformdb: target_ms=50\nSELECT pg_terminate_backend(pg_backend_pid())")


def test_wrong_files_are_refused_before_anything_is_measured(db: Target, posts: Project) -> None:
    with pytest.raises(Refused, match="has no target"):
        measured(db, posts, wrong="-- A.\nSELECT 1", sleep="-- B.\n-- platformdb: target_ms=50\nSELECT pg_sleep(100)")


def test_no_queries_are_never_green(db: Target, project: Project) -> None:
    with pytest.raises(ConfigError, match="nothing to gate"):
        measured(db, project)
    assert look(db, project.platform, Silent()).summary == "demo has no benchmark queries"


def test_queries_that_all_lack_their_extension_are_never_green(db: Target, posts: Project) -> None:
    report = measured(db, posts, lost=BY_ID.replace("target_ms", "extension=no_such target_ms"))
    assert (report.exit_code, rules(report)) == (2, ["extension-missing"])
    assert "nothing was gated" in report.summary
    assert try_mutations(db, posts.platform, Silent(), REQUEST, {}).exit_code == 2
    assert look(db, posts.platform, Silent()).exit_code == 0


def test_numbers_that_writes_took_from_sequences_in_place_are_said(db: Target, posts: Project) -> None:
    run(db, f"CREATE TABLE notes (id serial); {INSERT}")
    with connect(db):  # so that nobody can copy it
        report = measured(db, posts, note=f"{PURPOSE}-- platformdb: target_ms=1000 rollback=on\n{INSERT}")
    assert rows(db, "SELECT last_value > 1 FROM notes_id_seq") == [(True,)]
    assert "sequences" in next(each.message for each in report.findings if each.rule == "writes-in-place")


def test_every_query_is_announced(db: Target, posts: Project) -> None:
    posts.write({"sql/queries/a.sql": BY_ID, "sql/queries/b.sql": BY_ID})
    recorder = Recorder()
    gate(db, posts.platform, recorder, REQUEST, Files())
    assert recorder.events[-3:] == ["stage bench 2", "applied a", "applied b"]


HELD = """
CREATE SCHEMA platformdb;
CREATE TABLE platformdb.seed (platform text, profile text, seed bigint, rows bigint);
INSERT INTO platformdb.seed VALUES ('demo', 'dev', 1, 2000), ('other', 'ci', 1, 7);
"""


def test_a_note_tells_that_the_database_holds_another_profile_than_the_one_meant(db: Target, posts: Project) -> None:
    run(db, HELD)
    report = measured(db, posts, request=replace(REQUEST, profile="ci"), by_id=BY_ID)
    (note,) = report.findings
    assert (report.exit_code, note.rule, note.severity) == (0, "other-profile", Severity.NOTE)
    assert note.message == "these figures are of profile dev, seed 1, 2,000 rows, not of ci"
    assert report.data["seed"] == {"profile": "dev", "number": 1, "rows": 2000, "scale": 1.0, "as_of": None}


@pytest.mark.parametrize("profile", ["dev", ""], ids=["the one meant", "none meant"])
def test_nothing_is_said_of_the_profile_that_is_meant(db: Target, posts: Project, profile: str) -> None:
    run(db, HELD)
    assert measured(db, posts, request=replace(REQUEST, profile=profile), by_id=BY_ID).findings == ()


def test_a_database_that_was_never_seeded_holds_no_seed(db: Target, posts: Project) -> None:
    report = measured(db, posts, request=replace(REQUEST, profile="ci"), by_id=BY_ID)
    assert (report.findings, report.data["seed"]) == ((), None)


def test_a_platform_is_meant_to_be_measured_with_its_profile_ci_if_it_has_one(posts: Project, vrss: Platform) -> None:
    assert gate_profile(vrss) == "ci"
    assert gate_profile(posts.platform) == ""
    posts.write({"seeds/seed.toml": "[profiles.dev]\nusers = 1\n"})
    assert gate_profile(posts.platform) == ""
