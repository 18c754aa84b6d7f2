"""In this folder the platform is enrichment; and one database in which tests commit, for a clone of it takes long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from databases import clone
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from servers import Server


@pytest.fixture(scope="session")
def platform_name() -> str:
    return "enrichment"


@pytest.fixture(scope="session")
def busy_db(server: Server, _migrated: str) -> Target:
    """Tests commit here; each makes rows of its own and looks at no others."""
    return clone(server, _migrated, f"{_migrated}_busy")


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
