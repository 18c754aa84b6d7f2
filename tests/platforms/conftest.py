"""Databases of every platform that has facts; in a platform's own folder, of that one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from databases import clone, digest, fresh, rolled_back, template
from platform_facts import Facts, described_platforms, facts_of
from platformdb.config import Config
from platformdb.indexes.run import apply_indexes
from platformdb.migrations.run import migrate
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform, bundled_root, find_platform
from platformdb.report.progress import Silent
from servers import Server

HERE = Path(__file__).parent


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs for each platform; one in a platform's own folder, for that one.

    A parameter, not a fixture that each folder overrides: what depends on it is then made anew for the next platform.
    """
    if "platform_name" in metafunc.fixturenames:
        described = described_platforms()
        folder = metafunc.definition.path.relative_to(HERE).parts[0]
        wanted = [folder] if folder in described else described
        metafunc.parametrize("platform_name", wanted, indirect=True, scope="session")


@pytest.fixture(scope="session")
def platform_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def platform(platform_name: str) -> Platform:
    return find_platform(Config(project=bundled_root(), platform=platform_name))


@pytest.fixture(scope="session")
def facts(platform_name: str) -> Facts:
    return facts_of(platform_name)


@pytest.fixture(scope="session")
def _migrated(server: Server, platform: Platform) -> str:
    """The name of a database with the platform applied whole, all index tiers built, no rows."""

    def fill(target: Target) -> None:
        # Without partitions but the default ones: PostgreSQL 15 takes minutes for the rules of 144 (measured).
        report = migrate(nullcontext(target), platform, Silent())
        assert report.ok, report
        report = apply_indexes(target, platform, Silent(), tier=3)
        assert report.ok, report

    return template(server, f"{platform.name}_{digest(platform.phases, platform.sql)}", fill)


@pytest.fixture(scope="session")
def _seeded(server: Server, platform: Platform, _migrated: str) -> str:
    """The same, seeded with profile dev."""
    from platformdb.seeding.request import Request
    from platformdb.seeding.run import seed

    def fill(target: Target) -> None:
        with connect(target) as connection:
            assert seed(connection, platform, Request(), observer=Silent()).ok

    return template(server, f"{_migrated}_{digest(platform.seeds)}", fill, source=_migrated)


@pytest.fixture(scope="session")
def shared_db(server: Server, _migrated: str) -> Target:
    """One database without rows for all tests that change nothing, or roll back."""
    return clone(server, _migrated, f"{_migrated}_shared")


@pytest.fixture(scope="session")
def shared_seed(server: Server, _seeded: str) -> Target:
    """One seeded database for all tests that change nothing, or roll back."""
    return clone(server, _seeded, f"{_seeded}_shared")


@pytest.fixture(scope="session")
def _connection(shared_db: Target) -> Iterator[Connection]:
    with connect(shared_db) as connection:
        yield connection


@pytest.fixture(scope="session")
def _seeded_connection(shared_seed: Target) -> Iterator[Connection]:
    with connect(shared_seed) as connection:
        yield connection


@pytest.fixture
def conn(_connection: Connection) -> Iterator[Connection]:
    """A connection to a database without rows; what the test does is rolled back."""
    yield from rolled_back(_connection)


@pytest.fixture
def seeded(_seeded_connection: Connection) -> Iterator[Connection]:
    """A connection to a seeded database; what the test does is rolled back."""
    yield from rolled_back(_seeded_connection)


@pytest.fixture
def own_db(server: Server, _migrated: str, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A database of its own, for tests that commit or run several connections."""
    yield from fresh(server, request, _migrated)


@pytest.fixture
def own_seed(server: Server, _seeded: str, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A seeded database of its own."""
    yield from fresh(server, request, _seeded)


@pytest.fixture
def busy_db(own_db: Target) -> Target:
    """A database in which tests commit; a folder may have one for all of its tests."""
    return own_db


@pytest.fixture
def admin(busy_db: Target) -> Iterator[Connection]:
    """A connection that makes what a test needs, and looks at the outcome."""
    with connect(busy_db) as connection:
        yield connection


@pytest.fixture
def first(busy_db: Target) -> Iterator[Connection]:
    """A connection that begins a transaction and keeps the others waiting."""
    with connect(busy_db) as connection:
        connection.autocommit = False
        yield connection
        connection.rollback()
