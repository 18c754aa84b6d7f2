"""One suite for all providers: whatever a database comes from, the same holds for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest

from commandline import environment
from embedded_server import project_folder
from engine import ENVIRONMENT, IMAGE, why_not
from platformdb.config import Config, load
from platformdb.errors import ConfigError, NotNow, PlatformdbError
from platformdb.migrations.outlook import Options
from platformdb.migrations.run import migrate
from platformdb.migrations.status import status
from platformdb.postgres.connect import connect
from platformdb.postgres.providers import open_target
from platformdb.postgres.providers.container import LABEL, publish_on
from platformdb.postgres.server.lifecycle import shut_down
from platformdb.postgres.target import Target
from platformdb.project import Platform, find_platform
from platformdb.report.progress import Silent
from servers import Server

Opening = Callable[[], AbstractContextManager[Target]]

needs_engine = pytest.mark.skipif(why_not() is not None, reason=f"no container engine: {why_not()}")


@pytest.fixture
def project() -> Iterator[Path]:
    """A project with one migration, in a folder that any user may enter; nothing of it is left at the end."""
    with project_folder() as folder:
        (folder / "phases").mkdir()
        (folder / "phases/001_first.sql").write_text("CREATE TABLE thing (id integer PRIMARY KEY);\n")
        yield folder


@pytest.fixture(params=["url", "embedded", pytest.param("container", marks=needs_engine)])
def flags(
    request: pytest.FixtureRequest, project: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, object]]:
    """The flags with which a command gets its database from one provider."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    if request.param == "url":
        name = f"conformance_{os.getpid()}_{abs(hash(project))}"
        server.execute(f'CREATE DATABASE "{name}"')
        yield {"url": server.database(name).url}
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    elif request.param == "embedded":
        yield {"provider": "embedded"}
        shut_down(load({"project": project}, {}, project), Silent())
    else:
        yield {"provider": "container", "image": IMAGE}


@pytest.fixture
def config(flags: dict[str, object], project: Path) -> Config:
    return load({**flags, "project": project}, {}, project)


@pytest.fixture
def opening(config: Config) -> Opening:
    """Opens the provider's database ``thing``."""
    return lambda: open_target(config, Silent(), database="thing", create=True)


@pytest.fixture
def platform(config: Config) -> Platform:
    return find_platform(config)


# One worker for all: two cores do not start containers faster in parallel.
pytestmark = [pytest.mark.newest_server, pytest.mark.xdist_group("containers")]


def test_it_gives_a_server_that_we_support(opening: Opening) -> None:
    with opening() as target, connect(target) as connection:
        assert connection.info.server_version >= 140000


def test_it_gives_several_connections_at_once(opening: Opening) -> None:
    with opening() as target, connect(target) as one, connect(target) as other:
        assert one.info.backend_pid != other.info.backend_pid


def test_it_gives_the_same_database_within_one_opening(opening: Opening) -> None:
    with opening() as target:
        with connect(target) as connection:
            connection.execute("CREATE TABLE mark ()")
        with connect(target) as connection:
            connection.execute("SELECT FROM mark")


def test_its_texts_hold_no_password(opening: Opening) -> None:
    with opening() as target:
        secret = target.parameters.get("password") or _password_in(target.parameters.get("passfile"))
        assert len(secret) >= 16
        assert secret not in repr(target)
        assert secret not in target.url


def test_migrate_works_and_then_has_nothing_to_do(opening: Opening, platform: Platform) -> None:
    with opening() as target:
        assert migrate(_opened(target), platform, Silent()).data["applied"] == {"versioned": 1}
        assert migrate(_opened(target), platform, Silent()).data["applied"] == {}
        assert status(target, platform).data["counts"]["applied"] == 1


def test_the_lock_works(opening: Opening, platform: Platform) -> None:
    from platformdb.postgres.lock import one_runner

    with opening() as target, one_runner(target, wait_seconds=0, observer=Silent()), pytest.raises(NotNow):
        migrate(_opened(target), platform, Silent(), options=Options(wait_seconds=0))


def test_an_error_inside_comes_out_unchanged(opening: Opening) -> None:
    with pytest.raises(ZeroDivisionError), opening() as target, connect(target):
        _ = 1 / 0


def test_the_command_line_reaches_it(flags: dict[str, object], project: Path, config: Config) -> None:
    if flags.get("provider") == "embedded":
        with open_target(config, Silent(), database=project.name, create=True):
            pass
    arguments = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    done = _command(project, "migrate", *arguments)
    assert done["exit_code"] == 0, done
    assert done["data"]["applied"] == {"versioned": 1}


def _opened(target: Target) -> AbstractContextManager[Target]:
    @contextmanager
    def opened() -> Iterator[Target]:
        yield target

    return opened()


def _password_in(passfile: str | None) -> str:
    return Path(passfile or os.devnull).read_text().strip().rsplit(":", 1)[-1]


def _command(project: Path, *arguments: str, **more: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "platformdb", *arguments, "--format", "json", "--quiet"],
        cwd=project,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    assert result["exit_code"] == done.returncode
    return result


class TestWithoutADatabase:
    """Each provider says in its own way that there is none, and what to do."""

    def test_url(self, project: Path) -> None:
        config = load({"url": "postgresql://127.0.0.1:1/x", "project": project}, {}, project)
        with pytest.raises(NotNow, match=r"no connection to postgresql://127\.0\.0\.1:1/x"):
            self._connect(config)

    def test_embedded(self, project: Path) -> None:
        config = load({"provider": "embedded", "project": project}, {}, project)
        with pytest.raises(ConfigError) as caught:
            self._connect(config)
        assert "platformdb up" in caught.value.help

    # In a process of its own: testcontainers leaves its socket open when no engine answers.
    def test_container(self, project: Path) -> None:
        done = _command(project, "migrate", "--provider", "container", DOCKER_HOST=f"unix://{project}/no-engine.sock")
        assert done["exit_code"] == 5
        assert done["summary"] == "no container engine answers"

    def test_nobody_named_one(self, project: Path) -> None:
        with pytest.raises(ConfigError, match="no database given"):
            self._connect(load({"project": project}, {}, project))

    @staticmethod
    def _connect(config: Config) -> None:
        with open_target(config, Silent(), database="x") as target, connect(target):
            raise AssertionError("connected to a server that does not exist")


@needs_engine
class TestContainers:
    """What only containers have: they come and go."""

    @pytest.fixture(autouse=True)
    def for_the_engine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)

    def test_a_container_goes_with_its_command(self, project: Path) -> None:
        assert _command(project, "migrate", "--provider", "container", "--image", IMAGE)["exit_code"] == 0
        assert _containers(project) == set()

    def test_a_container_goes_when_its_command_fails(self, project: Path) -> None:
        (project / "phases/002_wrong.sql").write_text("SELECT 1 / 0;\n")
        assert _command(project, "migrate", "--provider", "container", "--image", IMAGE)["exit_code"] == 4
        assert _containers(project) == set()

    def test_a_kept_container_stays_and_its_url_reaches_it(self, project: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "platformdb", "migrate", "--provider", "container", "--image", IMAGE, "--keep"],
            cwd=project,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        (kept,) = _containers(project)
        try:
            assert done.returncode == 0, done.stderr
            (line,) = [line for line in done.stderr.splitlines() if "connect with: " in line]
            with psycopg.connect(line.split("connect with: ")[1]) as connection:
                assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)
            assert f"docker rm --force --volumes {kept}" in done.stderr
            (passfile,) = (project / ".platformdb").glob("container-*.pgpass")
            assert passfile.stat().st_mode & 0o777 == 0o600
            assert _password_in(str(passfile)) not in done.stderr + done.stdout
        finally:
            subprocess.run(["docker", "rm", "--force", "--volumes", kept], capture_output=True, check=True)

    def test_a_missing_image_is_named(self, project: Path) -> None:
        done = _command(project, "migrate", "--provider", "container", "--image", "platformdb-test/nothing:1")
        assert done["exit_code"] == 2
        assert "platformdb-test/nothing:1" in str(done["summary"])


def _containers(project: Path) -> set[str]:
    command = ["docker", "ps", "--all", "--filter", f"label={LABEL}={project}", "--format", "{{.ID}}"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    ("host", "binding"),
    [
        ("localhost", ("127.0.0.1",)),
        ("127.0.0.1", ("127.0.0.1",)),
        ("172.17.0.1", ("172.17.0.1",)),
        ("ci.example", None),
        ("", None),
    ],
)
def test_a_port_is_published_on_the_engines_address_only(host: str, binding: tuple[str] | None) -> None:
    assert publish_on(host) == binding


def test_the_suite_knows_all_providers() -> None:
    """A provider without conformance tests would be a promise nobody checks."""
    for name in ("url", "embedded", "container"):
        assert Config(project=Path(), provider=name).provider == name
    with pytest.raises(PlatformdbError):
        load({"provider": "fourth"}, {}, Path())
