from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from catalog import rows, run
from commandline import envelope_of, environment, platformdb_run
from platformdb.errors import ConfigError, NotNow, PlatformdbError, Refused
from platformdb.postgres import connect as module
from platformdb.postgres.connect import connect
from platformdb.postgres.read import fetch
from platformdb.postgres.target import Target
from projects import Project

PASSWORD = "hunter2-ß%"
GUESS = "wr0ng-guess"


@pytest.fixture
def user(db: Target) -> str:
    """A user with a password, made for one test; goes with its database."""
    ((name,),) = rows(db, "SELECT 'user_' || current_database()")
    run(db, f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    return str(name)


@pytest.fixture
def address(db: Target, user: str) -> dict[str, str]:
    """Where the database is and who asks; without a password."""
    keep = {key: db.parameters[key] for key in ("host", "dbname", "port") if key in db.parameters}
    return {**keep, "user": user}


def refused(parameters: Mapping[str, str]) -> PlatformdbError:
    with pytest.raises(PlatformdbError) as caught, connect(Target("url", parameters)):
        pass
    assert caught.value.__cause__ is None, "the driver's error could hold anything"
    assert caught.value.help
    return caught.value


def who(parameters: Mapping[str, str]) -> str:
    with connect(Target("url", parameters)) as connection:
        return str(connection.execute("SELECT current_user").fetchall()[0][0])


def test_a_connection_commits_at_once_and_is_closed_at_the_end(db: Target) -> None:
    with connect(db) as connection:
        assert connection.autocommit
        assert connection.execute("SELECT current_setting('application_name')").fetchone() == ("platformdb",)
    assert connection.closed


def test_the_password_of_the_url_is_used(address: dict[str, str], user: str) -> None:
    assert who({**address, "password": PASSWORD}) == user


@pytest.mark.parametrize("given", [{"password": GUESS}, {}], ids=["a wrong password", "no password"])
def test_a_wrong_password_is_a_matter_of_settings_and_is_not_repeated(
    address: dict[str, str], given: dict[str, str]
) -> None:
    error = refused({**address, **given, "passfile": "/dev/null"})
    assert isinstance(error, ConfigError)
    assert GUESS not in f"{error.message}{error.detail}{error.help}"
    assert address["dbname"] in error.message


def test_a_database_that_is_not_there_is_a_matter_of_settings(address: dict[str, str]) -> None:
    error = refused({**address, "dbname": "nowhere", "password": PASSWORD})
    assert isinstance(error, ConfigError)
    assert 'database "nowhere" does not exist' in error.detail


@pytest.mark.parametrize(
    "given",
    [
        {"sslmode": "maybe"},
        {"port": "x"},
        {"passwrod": GUESS},
        {"connect_timeout": "soon"},
        {"service": "nowhere"},
        {"options": "-c no_such_setting=1"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_wrong_parameter_is_a_matter_of_settings(address: dict[str, str], given: dict[str, str]) -> None:
    error = refused({**address, **given})
    assert isinstance(error, ConfigError)
    assert GUESS not in f"{error.message}{error.detail}{error.help}"


def test_a_role_that_may_not_log_in_is_a_matter_of_settings(db: Target, address: dict[str, str], user: str) -> None:
    run(db, f"ALTER ROLE {user} NOLOGIN")
    assert isinstance(refused({**address, "password": PASSWORD}), ConfigError)


def test_a_role_without_the_right_to_connect_is_a_matter_of_settings(db: Target, address: dict[str, str]) -> None:
    run(db, f'REVOKE CONNECT ON DATABASE "{address["dbname"]}" FROM PUBLIC')
    assert isinstance(refused({**address, "password": PASSWORD}), ConfigError)


@pytest.mark.parametrize(
    "parameters",
    [{"host": "/nonexistent"}, {"host": "127.0.0.1", "port": "1"}, {"hostaddr": "127.0.0.1", "port": "1"}],
    ids=["no socket", "no port", "no address"],
)
def test_no_server_may_be_there_later(parameters: dict[str, str]) -> None:
    error = refused({**parameters, "dbname": "x", "password": GUESS})
    assert isinstance(error, NotNow)
    assert GUESS not in f"{error.message}{error.detail}{error.help}"


def test_a_server_with_no_connection_left_may_have_one_later(db: Target, address: dict[str, str], user: str) -> None:
    run(db, f"ALTER ROLE {user} CONNECTION LIMIT 0")
    assert isinstance(refused({**address, "password": PASSWORD}), NotNow)


def test_a_server_too_old_is_refused_with_both_versions(db: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OLDEST_SERVER", 99)
    with pytest.raises(Refused, match=r"PostgreSQL 1\d.* is too old") as caught, connect(db):
        pass
    assert "99" in caught.value.help


class TestLibpqsOwnFiles:
    @pytest.fixture
    def passfile(self, tmp_path: Path, user: str) -> Path:
        path = tmp_path / "pass file"
        path.write_text(f"*:*:*:{user}:{PASSWORD}\n", encoding="utf-8")
        path.chmod(0o600)
        return path

    def test_the_password_file_is_honoured(
        self, address: dict[str, str], user: str, passfile: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGPASSFILE", str(passfile))
        assert who(address) == user

    def test_a_password_file_that_others_can_read_is_not(
        self, address: dict[str, str], passfile: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        passfile.chmod(0o644)
        monkeypatch.setenv("PGPASSFILE", str(passfile))
        assert isinstance(refused(address), ConfigError)

    def test_a_service_is_honoured_from_the_environment(
        self, address: dict[str, str], user: str, tmp_path: Path, project: Project
    ) -> None:
        service = tmp_path / "services.conf"
        lines = "\n".join(f"{key}={value}" for key, value in {**address, "password": PASSWORD}.items())
        service.write_text(f"[mine]\n{lines}\n", encoding="utf-8")
        project.write({"phases/001_a.sql": "SELECT 1"})
        env = environment(PGSERVICE="mine", PGSERVICEFILE=str(service))
        result = platformdb_run("status", "--format", "json", cwd=project.root, env=env)
        assert envelope_of(result.stdout)["data"]["counts"]["pending"] == 1

    def test_a_service_that_is_not_defined_is_a_matter_of_settings(self, project: Project, tmp_path: Path) -> None:
        project.write({"phases/001_a.sql": "SELECT 1"})
        env = environment(PGSERVICE="nowhere", PGSERVICEFILE=str(tmp_path / "none.conf"))
        result = platformdb_run("status", cwd=project.root, env=env)
        assert (result.returncode, "service" in result.stderr) == (2, True)


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize(
    ("change", "code"),
    [({"password": GUESS}, 2), ({"dbname": "nowhere"}, 2), ({"host": "/nonexistent"}, 5)],
    ids=["wrong password", "no database", "no server"],
)
def test_no_output_of_the_program_holds_the_password(
    db: Target, address: dict[str, str], project: Project, change: dict[str, str], code: int, output: str
) -> None:
    project.write({"phases/001_a.sql": "SELECT 1"})
    target = Target("url", {**address, "password": PASSWORD, **change})
    env = environment(target, PLATFORMDB_DEBUG="1")
    result = platformdb_run("migrate", "--format", output, cwd=project.root, env=env)
    assert result.returncode == code
    assert PASSWORD not in result.stdout + result.stderr
    assert GUESS not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    if output == "json":
        assert envelope_of(result.stdout)["exit_code"] == code


@pytest.mark.parametrize("style", ["German", "SQL", "Postgres"])
def test_the_date_style_of_role_or_environment_is_no_obstacle(
    db: Target, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    monkeypatch.setenv("PGDATESTYLE", style)
    with connect(db) as connection:
        ((moment,),) = connection.execute("SELECT timestamptz '2026-02-01 00:00:00Z'").fetchall()
    assert (moment.month, moment.year) == (2, 2026)


def test_a_connection_lost_while_reading_is_no_bug(db: Target) -> None:
    with pytest.raises(NotNow, match="was lost") as caught, connect(db) as connection:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert "terminating connection" in caught.value.detail


def test_what_this_role_may_not_read_is_refused_with_the_servers_words(db: Target, address: dict[str, str]) -> None:
    run(db, "CREATE TABLE secret ()")
    target = Target("url", {**address, "password": PASSWORD})
    with pytest.raises(Refused, match="permission denied for table secret") as caught, connect(target) as connection:
        connection.execute("TABLE secret")
    assert caught.value.help
    with pytest.raises(Refused, match="permission denied") as caught, connect(target) as connection:
        fetch(connection, "TABLE secret", what="a query")
    assert caught.value.help == "connect as a role that may do this, or grant it what is missing"
