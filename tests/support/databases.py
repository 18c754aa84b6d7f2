"""Databases for tests: templates that are made once on each server, and clones of them."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from servers import Server

_numbers = itertools.count(1)


def template(server: Server, name: str, fill: Callable[[Target], None], source: str = "template0") -> str:
    """Makes a database under this name and fills it."""
    clone(server, source, name)
    fill(server.database(name))
    return name


def clone(server: Server, source: str, name: str) -> Target:
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return server.database(name)


def fresh(server: Server, request: pytest.FixtureRequest, source: str) -> Iterator[Target]:
    """A clone for one test, dropped after it, or kept on request."""
    target = clone(server, source, f"t{os.getpid()}_{next(_numbers)}")
    yield target
    if request.config.getoption("--keep-databases"):
        print(f"kept: {target.url}")
        return
    server.execute(f'DROP DATABASE "{target.parameters["dbname"]}" WITH (FORCE)')


def rolled_back(connection: Connection) -> Iterator[Connection]:
    """One connection for many tests: opening one takes longer than a test."""
    connection.autocommit = False
    yield connection
    connection.rollback()
    connection.isolation_level = None


def digest(*folders: Path) -> str:
    """What the files in these folders say, in 16 characters."""
    found = hashlib.blake2b(digest_size=8)
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts:
            found.update(str(path).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
