from __future__ import annotations

import io
import threading
from contextlib import ExitStack

import pytest

from catalog import rows, run, until
from platformdb.indexes.run import apply_indexes
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.model import Step
from platformdb.report.progress import PlainLines, Silent
from projects import Project
from recorder import Recorder

TIER = "-- by author\nCREATE INDEX by_author ON posts (author);\n-- by likes\nCREATE INDEX by_likes ON posts (likes);\n"
WRITER = "UPDATE posts SET likes = likes WHERE id = 1"


@pytest.fixture
def tiers(db: Target, project: Project) -> Project:
    run(db, "CREATE TABLE posts (id int PRIMARY KEY, author int, likes int); INSERT INTO posts VALUES (1, 1, 1)")
    return project.write({"sql/indexes/tier1_a.sql": TIER})


def held_up(db: Target, tiers: Project, observer: Recorder | PlainLines, seen: object) -> None:
    """Builds while a writer's transaction is open, until ``seen()``."""
    with ExitStack() as stack:
        writer = stack.enter_context(connect(db, application_name="psql"))
        writer.execute("BEGIN")
        writer.execute(WRITER)
        build = threading.Thread(target=lambda: apply_indexes(db, tiers.platform, observer, tier=1))
        build.start()
        stack.callback(build.join, timeout=20)
        stack.callback(writer.execute, "COMMIT")
        until(seen)  # type: ignore[arg-type]


def test_a_build_that_waits_says_in_which_phase_and_for_whom(db: Target, tiers: Project) -> None:
    recorder = Recorder()

    def told() -> list[str]:
        return [event for event in recorder.events if event.startswith("progress")]

    held_up(db, tiers, recorder, told)
    first = told()[0]
    assert first.startswith(
        "progress by_author: waiting for writers before build, 0 % (0 of 1 transactions); waits for"
    )
    assert "psql, idle in transaction" in first
    assert first.endswith(WRITER)


def test_a_pipe_gets_a_line_of_it_now_and_then(db: Target, tiers: Project) -> None:
    stream = io.StringIO()
    held_up(db, tiers, PlainLines(stream), lambda: "waiting for writers" in stream.getvalue())
    assert len([line for line in stream.getvalue().splitlines() if "waiting for writers" in line]) == 1


def test_a_line_is_only_written_when_it_is_new_and_the_last_is_a_while_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("platformdb.report.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    lines = PlainLines(stream)
    lines.started(Step("index", "i", "why"))
    for second in range(31):
        now[0] = 100.0 + second
        lines.progress(f"{second // 2} %")
    lines.started(Step("index", "j", "why"))
    lines.progress("0 %")
    assert stream.getvalue().splitlines() == ["0 %", "1 %", "3 %", "7 %", "12 %"]


def test_what_was_built_before_a_stop_is_not_built_again(db: Target, tiers: Project) -> None:
    """The second of the two fails; the first stands, and the next run builds the second alone."""
    run(db, "INSERT INTO posts VALUES (2, 2, 1)")
    tiers.write({"sql/indexes/tier1_a.sql": TIER.replace("INDEX by_likes", "UNIQUE INDEX by_likes")})
    with pytest.raises(Exception, match="by_likes"):
        apply_indexes(db, tiers.platform, Silent(), tier=1)
    (before,) = rows(db, "SELECT oid FROM pg_class WHERE relname = 'by_author'")
    tiers.write({"sql/indexes/tier1_a.sql": TIER})
    report = apply_indexes(db, tiers.platform, Silent(), tier=1)
    assert [result.step.subject for result in report.steps] == ["by_likes"]
    assert rows(db, "SELECT oid FROM pg_class WHERE relname = 'by_author'") == [before]
