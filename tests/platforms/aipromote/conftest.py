"""Which platform these tests are about, and a database in which they commit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target


@pytest.fixture(scope="session")
def platform_name() -> str:
    return "aipromote"


@pytest.fixture
def admin(own_db: Target) -> Iterator[Connection]:
    """A connection that makes what a test needs, and looks at the outcome."""
    with connect(own_db) as connection:
        yield connection


@pytest.fixture
def first(own_db: Target) -> Iterator[Connection]:
    """A connection that begins a transaction and keeps the others waiting."""
    with connect(own_db) as connection:
        connection.autocommit = False
        yield connection
        connection.rollback()
