"""The commands of the local server, and ``up``: one server for all of them, in a project of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalog import rows
from commandline import envelope_of, environment, platformdb_run
from embedded_server import project_folder
from platformdb.config import Config
from platformdb.postgres.providers.embedded import embedded
from platformdb.report.progress import Silent
from projects import Project

FILES = {
    "phases/001_posts.sql": "CREATE TABLE posts (id int PRIMARY KEY); INSERT INTO posts VALUES (1);",
    "sql/indexes/tier2_a.sql": "-- why\nCREATE INDEX two ON posts (id);",
    "sql/queries/all.sql": "-- All posts.\n-- platformdb: target_ms=1000\nSELECT * FROM posts",
}


@pytest.fixture(scope="module")
def local() -> Iterator[Project]:
    """A project on which ``up`` ran once; its name has a space and an umlaut."""
    with project_folder("mein Früh") as folder:
        project = Project(folder).write(FILES)
        result = platformdb_run("up", "--format", "json", cwd=folder, env=environment())
        envelope = envelope_of(result.stdout)
        assert (result.returncode, envelope["command"]) == (0, "up"), result.stderr
        assert (envelope["data"]["created"]["tables"], envelope["data"]["created"]["rows"]) == (1, 1)
        yield project


def said(project: Project, *arguments: str, code: int = 0) -> str:
    result = platformdb_run(*arguments, cwd=project.root, env=environment())
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout


def test_up_again_changes_nothing_and_says_so(local: Project) -> None:
    shown = said(local, "up")
    assert "nothing was changed" in shown
    assert "platformdb server psql" in shown


def test_up_never_touches_a_database_that_the_environment_names(local: Project) -> None:
    env = environment(DATABASE_URL="postgresql:///production?host=/nonexistent", PGHOST="/nonexistent")
    result = platformdb_run("up", "--format", "json", cwd=local.root, env=env)
    assert envelope_of(result.stdout)["exit_code"] == 0, result.stderr


def test_the_other_commands_find_the_local_server_by_themselves(local: Project) -> None:
    assert "1 applied" in said(local, "status")
    assert "two" in said(local, "indexes", "status")


@pytest.mark.parametrize(
    "arguments", [["start"], ["status"], ["url"], ["binaries"]], ids=lambda arguments: arguments[0]
)
def test_json_of_every_server_command_is_valid(local: Project, arguments: list[str]) -> None:
    envelope = envelope_of(said(local, "server", *arguments, "--format", "json"))
    assert envelope["command"] == f"server {arguments[0]}"


def test_the_url_is_one_line_that_reaches_the_database(local: Project) -> None:
    url = said(local, "server", "url", "--database", local.root.name)
    assert url.count("\n") == 1
    result = platformdb_run("status", "--url", url.strip(), cwd=local.root, env=environment())
    assert (result.returncode, "1 applied" in result.stdout) == (0, True), result.stderr


def test_what_up_made_is_in_the_database(local: Project) -> None:
    config = Config(project=local.root, provider="embedded")
    with embedded(config, Silent(), database=local.root.name, create=False) as target:
        assert rows(target, "SELECT id FROM posts") == [(1,)]


NO_SERVER = [["status"], ["url"], ["psql"], ["stop"]]


@pytest.mark.parametrize("arguments", NO_SERVER, ids=lambda arguments: arguments[0])
def test_without_a_server_every_answer_is_valid_json_too(project: Project, arguments: list[str]) -> None:
    result = platformdb_run("server", *arguments, "--format", "json", cwd=project.root, env=environment())
    assert envelope_of(result.stdout)["exit_code"] == result.returncode
    assert list(project.root.iterdir()) == []


def test_seeding_a_platform_without_seeds_is_valid_json(local: Project) -> None:
    result = platformdb_run("seed", "--format", "json", cwd=local.root, env=environment())
    envelope = envelope_of(result.stdout)
    assert (envelope["command"], envelope["exit_code"]) == ("seed", result.returncode)
    assert result.returncode in (2, 3)


def test_a_wrong_file_is_refused_before_a_server_is_made(project: Project) -> None:
    project.write({"phases/001_a.sql": "SELEC"})
    result = platformdb_run("up", "--format", "json", cwd=project.root, env=environment())
    assert envelope_of(result.stdout)["exit_code"] == 3
    assert not (project.root / ".platformdb").exists()


def test_up_calls_another_tools_files_what_the_other_commands_call_them() -> None:
    with project_folder("foreign") as folder:
        project = Project(folder).write({"platformdb.toml": 'migrations = ["db"]\n', "db/1_a.up.sql": "SELECT 1"})
        said(project, "up")
        url = said(project, "server", "url", "--database", "migrations").strip()
        assert "1 applied" in said(project, "status", "--url", url)


def test_up_takes_another_tools_folder_and_a_command_before_it_says_so() -> None:
    with project_folder("folder") as folder:
        project = Project(folder).write({"db/1_a.up.sql": "CREATE TABLE a (x int)"})
        said(project, "server", "start")
        early = platformdb_run("migrate", "--migrations", "db", cwd=folder, env=environment())
        assert (early.returncode, "platformdb up --migrations DIR" in early.stderr) == (2, True)
        said(project, "up", "--migrations", "db")
        assert "1 applied" in said(project, "status", "--migrations", "db")
