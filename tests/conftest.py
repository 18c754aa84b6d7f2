"""Fixtures that every kind of test shares, and the honest end of the summary: what was not run, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from databases import clone, digest, fresh, template
from platformdb.config import Config
from platformdb.indexes.run import apply_indexes
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform, bundled_root, find_platform
from platformdb.report.progress import Silent
from projects import Project
from servers import BINARIES, Server, available_versions, running_server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-databases", action="store_true", help="leave servers and databases, and print their URLs")
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that uses a server runs once on every version that is on this machine."""
    if "server" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("newest_server")
        versions = available_versions()[:1] if only else available_versions()
        metafunc.parametrize("server", versions, indirect=True, scope="session", ids=[f"pg{v}" for v in versions])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "newest_server: does not depend on the server's version; runs on one only")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for version in set(BINARIES) - set(available_versions()):
        terminalreporter.write_line(
            f"not run: the tests on PostgreSQL {version}: no programs in {BINARIES[version]} (install them to run both)"
        )


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running_server(request.param, keep=request.config.getoption("--keep-databases")) as started:
        yield started


@pytest.fixture
def db(server: Server, request: pytest.FixtureRequest) -> Iterator[Target]:
    """An empty database of its own."""
    yield from fresh(server, request, "template0")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project folder, called ``demo``, to be filled with files."""
    root = tmp_path / "demo"
    root.mkdir()
    return Project(root)


@pytest.fixture(scope="session")
def vrss() -> Platform:
    return find_platform(Config(project=bundled_root(), platform="vrss"))


@pytest.fixture(scope="session")
def vrss_template(server: Server, vrss: Platform) -> str:
    """The name of a database with VRSS applied whole, all index tiers built, no rows; named by what was applied."""
    name = f"vrss_{digest(vrss.phases, vrss.sql)}"

    def fill(target: Target) -> None:
        assert migrate(nullcontext(target), vrss, Silent()).ok
        assert apply_indexes(target, vrss, Silent(), tier=3).ok

    return template(server, name, fill)


@pytest.fixture(scope="session")
def seeded_template(server: Server, vrss: Platform, vrss_template: str) -> str:
    """The same, seeded with profile dev."""
    from platformdb.seeding.request import Request
    from platformdb.seeding.run import seed

    name = f"{vrss_template}_{digest(vrss.seeds)}"

    def fill(target: Target) -> None:
        with connect(target) as connection:
            assert seed(connection, vrss, Request(), observer=Silent()).ok

    return template(server, name, fill, source=vrss_template)


@pytest.fixture
def vrss_db(server: Server, vrss_template: str, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A VRSS database of its own, for tests that commit or run several connections."""
    yield from fresh(server, request, vrss_template)


@pytest.fixture
def seeded_db(server: Server, seeded_template: str, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A seeded VRSS database of its own."""
    yield from fresh(server, request, seeded_template)


@pytest.fixture(scope="session")
def shared_vrss(server: Server, vrss_template: str) -> Target:
    """One VRSS database for all tests that roll back."""
    return clone(server, vrss_template, f"{vrss_template}_shared")


@pytest.fixture
def conn(shared_vrss: Target) -> Iterator[Connection]:
    """A connection to a VRSS database without rows; what the test does is rolled back."""
    with connect(shared_vrss) as connection:
        connection.autocommit = False
        yield connection
        connection.rollback()
