"""migrate, down, status, validate, baseline and repair as users start them: what they print, and how they end."""

from __future__ import annotations

import re

import pytest

from commandline import environment, platformdb_run
from inprocess import as_json, call
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server

COMMANDS = {
    "migrate": ("--to", "--out-of-order", "--dry-run", "--var", "--wait-for-lock", "--lock-timeout", "--role"),
    "down": ("--to", "--allow-destructive", "--dry-run", "--var", "--wait-for-lock", "--lock-timeout", "--role"),
    "status": ("--check", "--wait", "--var"),
    "validate": ("--var",),
    "baseline": ("--wait-for-lock",),
    "repair": ("--cosmetic", "--accept", "--ran", "--not-run", "--dry-run"),
}
NOWHERE = Target("url", {"host": "/nonexistent", "dbname": "x"})


@pytest.fixture
def two(project: Project) -> Project:
    return project.write(
        {
            "phases/001_a.sql": "CREATE TABLE a (x int);",
            "phases/001_a.undo.sql": "DROP TABLE a;",
            "phases/002_b.sql": "CREATE TABLE b (x int);",
            "phases/002_b.undo.sql": "ALTER TABLE b RENAME TO b_old;",
        }
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_what_the_command_knows(project: Project, command: str) -> None:
    said = call(NOWHERE, project, command, "--help")
    assert said.code == 0
    assert [option for option in COMMANDS[command] if option not in said.out] == []


def test_commands_that_only_read_wait_for_nobody(project: Project) -> None:
    for command in ("status", "validate"):
        assert "--wait-for-lock" not in call(NOWHERE, project, command, "--help").out
        assert call(NOWHERE, project, command, "--lock-timeout", "1s").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("migrate", "x"),
        ("down",),
        ("baseline",),
        ("status", "--wait"),
        ("repair", "--accept"),
        ("migrate", "--tp", "1"),
    ],
    ids=" ".join,
)
def test_a_mistake_on_the_command_line_is_exit_code_2_in_text_and_json(
    two: Project, arguments: tuple[str, ...]
) -> None:
    assert call(NOWHERE, two, *arguments).code == 2
    said = as_json(NOWHERE, two, *arguments)
    assert (said.code, said.rules) == (2, ["usage"])


@pytest.mark.parametrize(
    "command", [("migrate",), ("down", "--to", "0"), ("status",), ("validate",), ("baseline", "1")]
)
def test_without_a_server_each_is_exit_code_5(two: Project, command: tuple[str, ...]) -> None:
    said = as_json(NOWHERE, two, *command)
    assert (said.code, said.rules) == (5, ["not-now"])


def test_every_command_prints_one_envelope(db: Target, two: Project) -> None:
    for command in (
        ("status",),
        ("migrate", "--dry-run"),
        ("migrate",),
        ("migrate",),
        ("validate",),
        ("repair", "--cosmetic"),
        ("down", "--to", "1", "--dry-run"),
        ("down", "--to", "1"),
    ):
        said = as_json(db, two, *command)
        assert (said.code, said.envelope["command"], said.envelope["ok"]) == (0, command[0], True)
        assert said.envelope["data"]["platform"] == "demo"
    assert as_json(db, two, "down", "--to", "0").rules == ["undo-destructive"]


def test_results_go_to_stdout_and_progress_to_stderr(db: Target, two: Project) -> None:
    said = call(db, two, "migrate")
    assert said.out.splitlines()[0] == "✓ demo: applied 2 versioned migrations"
    assert re.search(r"applied  versioned  phases/002_b\.sql  +not applied yet  +\d+ ms", said.out)
    assert said.err == "== migrate (3 steps)\n", "single lines only for what takes its time"
    quiet = call(db, two, "down", "--to", "1", "--quiet")
    assert (quiet.code, quiet.err) == (0, "")
    assert quiet.out.startswith("✓ demo: took back 1 versioned migration\n")


def test_a_failure_goes_to_stderr_with_what_was_applied_and_where_it_stopped(db: Target, two: Project) -> None:
    two.write({"phases/002_b.sql": "CREATE TABLE b (x int);\nINSERT INTO b\nVALUES ('ä', nope);"})
    said = call(db, two, "migrate", "--quiet")
    assert (said.code, said.out) == (4, "")
    assert "applied  versioned  phases/001_a.sql" in said.err
    assert "failed   versioned  phases/002_b.sql" in said.err
    assert "at phases/002_b.sql:3:14\n  3 | VALUES ('ä', nope);\n    |              ^\n" in said.err
    assert "SQLSTATE: 42703" in said.err
    assert "→ this step was rolled back whole; correct the cause and run the command again" in said.err


def test_status_reads_as_a_table(db: Target, two: Project) -> None:
    assert call(db, two, "migrate", "--to", "1").code == 0
    lines = call(db, two, "status").out.splitlines()
    assert lines[0] == "✓ demo: 1 applied, 1 pending"
    assert lines[2] == "migrations"
    assert lines[3].split() == ["version", "name", "state", "applied", "took"]
    assert re.fullmatch(r" *001  a     applied  \d{4}-\d\d-\d\d \d\d:\d\d  +\d+ ms", lines[4]), lines[4]
    assert lines[5].split() == ["002", "b", "pending"]


def test_a_difference_is_shown_line_by_line(db: Target, two: Project) -> None:
    assert call(db, two, "migrate").code == 0
    two.write({"phases/002_b.sql": "CREATE TABLE b (x bigint);"})
    said = call(db, two, "migrate")
    assert said.code == 3
    assert said.err.splitlines()[0] == "✗ refused: 1 problem found, nothing was changed"
    assert "  -CREATE TABLE b (x int)\n  +CREATE TABLE b (x bigint)\n" in said.err
    assert "→ restore the file (git log shows it)" in said.err


def test_variables_of_the_environment_reach_a_process_of_its_own(db: Target, two: Project) -> None:
    two.write({"phases/003_c.sql": "CREATE TABLE {{ name | identifier }} ();"})
    done = platformdb_run("migrate", cwd=two.root, env=environment(db, PLATFORMDB_VAR_NAME="a name"))
    assert done.returncode == 0, done.stderr
    shown = platformdb_run("status", "--check", cwd=two.root, env=environment(db))
    assert shown.returncode == 0, shown.stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PLATFORMDB_LOCK_TIMEOUT", "soon"), ("PLATFORMDB_WAIT_FOR_LOCK", "-1"), ("PLATFORMDB_LOCK_RETRIES", "many")],
)
def test_a_setting_that_means_nothing_is_named_before_anything_runs(
    db: Target, two: Project, variable: str, value: str
) -> None:
    said = call(db, two, "migrate", **{variable: value})
    assert said.code == 2
    assert variable.removeprefix("PLATFORMDB_").lower() in said.err
    assert "2 pending" in call(db, two, "status").out
