"""The embedded server's surroundings: odd folders, ports, neighbours, several commands at once."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from embedded_server import config_of, finish, in_a_process, project_folder, query, running, tree
from platformdb.errors import Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.providers.embedded import embedded
from platformdb.postgres.server import run
from platformdb.report.progress import Silent


@pytest.fixture
def project() -> Iterator[Path]:
    with project_folder() as folder:
        yield folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_opens_the_loopback_only(project: Path) -> None:
    port = free_port()
    config = config_of(project, port=port)
    report = run.start(config, Silent())
    assert report.data["port"] == port
    assert query(config, "SHOW listen_addresses") == "127.0.0.1"
    assert f"port={port}" in run.url(config, Silent()).raw  # type: ignore[operator]
    passfile = str(config.state_folder / "pgpass")
    with psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres", passfile=passfile):
        pass
    with pytest.raises(Refused, match="runs already, and not on port") as caught:
        run.start(config_of(project, port=free_port()), Silent())
    assert "server stop" in caught.value.help
    assert not run.start(config, Silent()).data["started"]
    run.stop(config, Silent())
    assert run.start(config_of(project), Silent()).data["port"] is None, "only when asked, each time"


def test_a_taken_port_is_refused_and_nothing_is_made(project: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refused, match=f"port {port} on 127.0.0.1 cannot be used") as caught:
            run.start(config_of(project, port=port), Silent())
    assert "--port" in caught.value.help
    assert tree(project) == []


@pytest.mark.parametrize(
    "name", ["two  spaces ünï 'quoted' \"twice\" 100% \\ back 数据", "a, b", "d" * 120, "ü" * 100, "a/b" * 50]
)
def test_any_folder_will_do(name: str) -> None:
    with project_folder(name) as folder:
        config = config_of(folder)
        with embedded(config, Silent(), database="vrss", create=True) as target, connect(target) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("vrss",)
        with psycopg.connect(run.url(config, Silent(), database="vrss").raw or ""):
            pass
        sockets = running(config).mark.socket_folder
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        outside = not sockets.is_relative_to(folder)
        assert outside == (len(os.fsencode(folder)) > 73 or "," in name)
        run.stop(config, Silent())
        assert sockets.exists() is not outside


def test_a_folder_no_pid_file_can_name_is_refused() -> None:
    with project_folder("line\nbreak") as folder:
        with pytest.raises(Refused, match="line break"):
            run.start(config_of(folder), Silent())
        assert tree(folder) == []


def test_several_at_once_make_one_server(project: Path) -> None:
    said = [finish(each) for each in [in_a_process("embedded", project) for _ in range(4)]]
    assert [each.get("error") for each in said] == [None] * 4
    assert len({each["pid"] for each in said}) == 1
    assert query(config_of(project), "SELECT count(*) FROM pg_database WHERE datname = 'vrss'") == 1


def test_servers_of_two_projects_do_not_meet(project: Path) -> None:
    with project_folder() as other:
        both = [config_of(project), config_of(other)]
        assert len({run.start(config, Silent()).data["pid"] for config in both}) == 2
        query(both[0], "CREATE TABLE mine ()")
        assert query(both[1], "SELECT to_regclass('mine')") is None
        run.stop(both[0], Silent())
        assert query(both[1], "SELECT 1") == 1


def test_it_outlives_the_command_that_started_it(project: Path) -> None:
    started = finish(in_a_process("start", project))
    assert started["created"]
    assert running(config_of(project)).pid == started["pid"]
