"""The program as a process: streams, pipes, terminals, and JSON from every command."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import picture, run
from commandline import envelope_of, environment, finish, platformdb_run, start
from platformdb.postgres.target import Target
from projects import Project

FILES = {
    "phases/001_posts.sql": "CREATE TABLE posts (id int PRIMARY KEY, likes int NOT NULL, config jsonb);",
    "phases/002_rows.sql": "INSERT INTO posts SELECT n, 0, '{\"size\": 1}' FROM generate_series(1, 300) AS n;",
    "sql/indexes/tier1_a.sql": "-- why\nCREATE INDEX one ON posts (likes);",
    "sql/counters.toml": '[[counter]]\ntable = "posts"\nkey = "id"\ncolumn = "likes"\nreason = "none"\n'
    'query = "SELECT 0 AS key, 0 AS value"\n',
    "sql/contracts.py": "from pydantic import BaseModel\nclass C(BaseModel):\n    size: int\n"
    'CONTRACTS = {"posts.config": C}\n',
    "sql/queries/all.sql": "-- All posts.\n-- platformdb: target_ms=1000\nSELECT * FROM posts",
}
CHECKS = [
    ["status"],
    ["validate"],
    ["indexes", "status"],
    ["counters", "check"],
    ["contracts", "check"],
    ["bench", "--samples", "20", "--any-rows"],
]
CHANGES = [["migrate"], ["indexes", "apply", "--tier", "3"], ["counters", "fix"]]

pytestmark = pytest.mark.newest_server


@pytest.fixture
def whole(project: Project) -> Project:
    return project.write(FILES)


@pytest.fixture
def applied(db: Target, whole: Project) -> Project:
    result = platformdb_run("migrate", cwd=whole.root, env=environment(db))
    assert result.returncode == 0, result.stderr
    return whole


@pytest.mark.parametrize("arguments", [*CHECKS, *CHANGES], ids=" ".join)
def test_json_is_one_valid_line_and_progress_is_elsewhere(db: Target, applied: Project, arguments: list[str]) -> None:
    result = platformdb_run(*arguments, "--format", "json", cwd=applied.root, env=environment(db))
    envelope = envelope_of(result.stdout)
    assert envelope["command"] == " ".join(word for word in arguments[:2] if word.isalpha())
    assert (envelope["exit_code"], envelope["ok"]) == (result.returncode, True)
    assert envelope["data"]["platform"] == "demo"


@pytest.mark.parametrize("arguments", CHECKS[2:], ids=" ".join)
def test_json_of_a_command_that_fails_is_valid_too(db: Target, whole: Project, arguments: list[str]) -> None:
    """Nothing was migrated: there are no tables."""
    result = platformdb_run(*arguments, "--format", "json", cwd=whole.root, env=environment(db))
    envelope = envelope_of(result.stdout)
    assert envelope["exit_code"] == result.returncode != 0
    assert envelope["findings"]


@pytest.mark.parametrize("arguments", CHECKS, ids=" ".join)
def test_checks_change_nothing(db: Target, applied: Project, arguments: list[str]) -> None:
    before = picture(db)
    assert platformdb_run(*arguments, cwd=applied.root, env=environment(db)).returncode == 0
    assert picture(db) == before


def test_json_of_a_migration_names_every_step(db: Target, whole: Project) -> None:
    result = platformdb_run("migrate", "--format", "json", cwd=whole.root, env=environment(db))
    envelope = envelope_of(result.stdout)
    assert [(step["kind"], step["subject"], step["state"]) for step in envelope["steps"]] == [
        ("history", "platformdb.history", "applied"),
        ("versioned", "phases/001_posts.sql", "applied"),
        ("versioned", "phases/002_rows.sql", "applied"),
        ("index", "one", "applied"),
    ]


def test_a_failed_migration_is_json_with_place_and_steps(db: Target, whole: Project) -> None:
    whole.write({"phases/003_bad.sql": "SELECT 1;\nSELECT 'ö', nope;"})
    result = platformdb_run("migrate", "--format", "json", cwd=whole.root, env=environment(db))
    envelope = envelope_of(result.stdout)
    assert envelope["exit_code"] == result.returncode == 4
    assert envelope["findings"][0]["place"] == {"name": "phases/003_bad.sql", "line": 2, "column": 13}
    assert [step["state"] for step in envelope["steps"]] == ["applied"] * 3 + ["failed"]


def test_results_go_to_stdout_and_progress_to_stderr(db: Target, whole: Project) -> None:
    result = platformdb_run("migrate", cwd=whole.root, env=environment(db))
    assert "✓ demo: applied 2 versioned migrations, 1 index" in result.stdout
    assert "== migrate (4 steps)" in result.stderr
    assert "==" not in result.stdout


def test_what_went_wrong_goes_to_stderr(db: Target, whole: Project) -> None:
    whole.write({"phases/003_bad.sql": "SELECT 1;\nSELECT 'ö', nope;"})
    result = platformdb_run("migrate", cwd=whole.root, env=environment(db))
    assert (result.returncode, result.stdout) == (4, "")
    for part in ("phases/003_bad.sql:2:13", "2 | SELECT 'ö', nope", "SQLSTATE: 42703", "applied", "rolled back"):
        assert part in result.stderr
    caret = next(line for line in result.stderr.splitlines() if line.rstrip().endswith("^"))
    assert caret.index("^") == caret.index("|") + 2 + 12


def test_quiet_says_only_the_result(db: Target, whole: Project) -> None:
    result = platformdb_run("migrate", "--quiet", cwd=whole.root, env=environment(db))
    assert (result.returncode, result.stderr) == (0, "")
    assert "applied 2 versioned" in result.stdout


def test_quiet_does_not_hide_an_error(db: Target, whole: Project) -> None:
    whole.write({"phases/003_bad.sql": "SELECT nope"})
    result = platformdb_run("migrate", "-q", cwd=whole.root, env=environment(db))
    assert result.returncode == 4
    assert "phases/003_bad.sql:1:8" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["status"], ["indexes", "status"], ["--help"], ["migrate", "--help"]], ids=" ".join
)
def test_there_are_no_colours_in_a_pipe(db: Target, applied: Project, arguments: list[str]) -> None:
    env = environment(db, TERM="xterm-256color")
    result = platformdb_run(*arguments, cwd=applied.root, env=env)
    assert "\x1b" not in result.stdout + result.stderr


def test_lines_in_a_pipe_are_whole_and_end_without_blanks(db: Target, applied: Project) -> None:
    """A log is read with grep: a long reason must not fold, whatever width somebody's terminal had."""
    reason = "because " + "very " * 40 + "important"
    applied.write({"sql/indexes/tier2_a.sql": f"-- {reason}\nCREATE INDEX two ON posts (id);"})
    result = platformdb_run("indexes", "status", cwd=applied.root, env=environment(db, COLUMNS="40"))
    assert reason in result.stdout
    assert all(line == line.rstrip() for line in result.stdout.splitlines())


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(("arguments", "code"), [(["status"], 0), (["counters", "check"], 1)])
def test_a_reader_that_has_seen_enough_is_no_error(
    db: Target, applied: Project, arguments: list[str], code: int, style: str
) -> None:
    run(db, "UPDATE posts SET likes = 7")
    process = start(*arguments, "--format", style, "--quiet", cwd=applied.root, env=environment(db))
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == code, "the exit code is the command's own all the same"
    assert said == ""


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_result_that_cannot_be_written_is_not_green(db: Target, applied: Project, style: str) -> None:
    with Path("/dev/full").open("w") as full:
        result = finish(start("status", "--format", style, cwd=applied.root, env=environment(db), stdout=full))
    assert result.returncode == 5
    assert result.stderr == "✗ the result could not be written: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "<&- >&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [("status", 0), ("counters check", 1), ("migrate --frob", 2)])
def test_closed_streams_leave_the_exit_code(
    db: Target, applied: Project, arguments: str, code: int, closed: str
) -> None:
    run(db, "UPDATE posts SET likes = 7")
    shell = f'"{sys.executable}" -m platformdb {arguments} {closed}'
    result = subprocess.run(
        ["bash", "-c", shell], cwd=applied.root, env=environment(db), capture_output=True, text=True, check=False
    )
    assert result.returncode == code
    assert "Traceback" not in result.stderr


def test_the_driver_does_not_talk_to_the_user(db: Target, applied: Project) -> None:
    applied.write({"sql/queries/all.sql": "-- All posts.\n-- platformdb: target_ms=1000\nCOPY posts TO STDOUT"})
    result = platformdb_run("bench", "--any-rows", cwd=applied.root, env=environment(db))
    assert result.returncode == 3
    assert "psycopg" not in result.stderr


def test_head_gets_its_line(db: Target, applied: Project) -> None:
    run(db, "UPDATE posts SET likes = 7")
    shell = f'"{sys.executable}" -m platformdb counters check | head -1'
    result = subprocess.run(
        ["bash", "-c", shell], cwd=applied.root, env=environment(db), capture_output=True, text=True, check=False
    )
    assert result.stdout == "✗ demo: 1 counter checked, 300 rows drifted\n"
    assert result.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_output_will_do(db: Target, applied: Project, encoding: str) -> None:
    env = environment(db, PYTHONIOENCODING=encoding)
    for style in ("text", "json"):
        result = subprocess.run(
            [sys.executable, "-m", "platformdb", "status", "--format", style],
            cwd=applied.root, env=env, capture_output=True, check=False,
        )  # fmt: skip
        assert (result.returncode, b"Traceback" in result.stderr) == (0, False), result.stderr
        assert b"demo" in result.stdout


@pytest.mark.parametrize("name", [b"phases/002_\xe4.sql", b"sql/functions/\xe4.sql"])
@pytest.mark.parametrize("style", ["text", "json"])
def test_a_file_name_in_an_old_encoding_is_refused(db: Target, whole: Project, name: bytes, style: str) -> None:
    path = whole.root / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("SELECT 1")
    result = platformdb_run("migrate", "--format", style, cwd=whole.root, env=environment(db))
    assert (result.returncode, "Traceback" in result.stderr) == (3, False), result.stderr
    if style == "json":
        envelope_of(result.stdout)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A pseudo terminal: our end, and the program's."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def on_terminal(terminal: tuple[int, int], *arguments: str, cwd: Path, env: dict[str, str]) -> tuple[int, str]:
    ours, theirs = terminal
    process = start(*arguments, cwd=cwd, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: EIO when the last one has closed the terminal
            break
        if not part:
            break
        seen += part
    return finish(process).returncode, seen.decode()


def test_a_terminal_gets_colours_and_a_live_display(db: Target, whole: Project, terminal: tuple[int, int]) -> None:
    env = environment(db, TERM="xterm-256color")
    env.pop("NO_COLOR", None)
    code, seen = on_terminal(terminal, "migrate", cwd=whole.root, env=env)
    assert code == 0
    assert "\x1b[32m" in seen or "\x1b[1;32m" in seen
    assert "== migrate" not in seen


@pytest.mark.parametrize(
    ("arguments", "more"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})],
    ids=["--no-color", "NO_COLOR", "TERM=dumb"],
)  # fmt: skip
def test_colours_can_be_turned_off_on_a_terminal(
    db: Target, whole: Project, terminal: tuple[int, int], arguments: list[str], more: dict[str, str]
) -> None:
    env = environment(db, **{"TERM": "xterm-256color", **more})
    code, seen = on_terminal(terminal, "status", *arguments, cwd=whole.root, env=env)
    assert code == 0
    assert not any(f"\x1b[{colour}" in seen for colour in ("31", "32", "33", "1;31", "1;32", "1;33"))
    assert "pending" in seen


def test_python_m_and_the_command_are_the_same_program(tmp_path: Path) -> None:
    assert platformdb_run("--version", cwd=tmp_path).stdout.startswith("platformdb ")
