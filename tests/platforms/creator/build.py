"""Rows of creator for tests: one valid row of any table with the parents it needs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from platformdb.postgres.connect import Connection
from rows import insert

_numbers = itertools.count(1)


def one(table: str, **given: Any) -> Callable[[Connection], UUID]:
    """Makes a row of the table when it is needed, and gives its id."""
    return lambda conn: make(conn, table, **given).id


def numbered(pattern: str) -> Callable[[Connection], str]:
    return lambda conn: pattern.format(next(_numbers))


# What a row needs to be valid. Functions are asked only when the test gives no value of its own.
VALID: Mapping[str, Mapping[str, Any]] = {
    "users": {
        "email": numbered("Reader{}@example.com"),
        "username": numbered("Reader_{}"),
        "password_hash": "$argon2id$v=19$m=65536",
    },
    "subscriptions": {"subscriber_id": one("users"), "creator_id": one("users", role="creator")},
    "posts": {
        "creator_id": one("users", role="creator"),
        "title": "On slow mornings",
        "content": "Put the kettle on first.",
        "status": "published",
        "published_at": "2026-01-01T00:00:00Z",
    },
    "comments": {"post_id": one("posts"), "user_id": one("users"), "content": "Well said."},
    "statistics_refreshes": {
        "started_at": "2026-01-01T00:00:00Z",
        "finished_at": "2026-01-01T00:00:02Z",
        "creators": 7,
    },
    "notifications": {
        "user_id": one("users"),
        "actor_id": one("users"),
        "type": "comment",
        "comment_id": one("comments"),
        "post_archived": False,
    },
    # One that the trigger has not made already.
    "announcements": {"post_id": one("posts", status="draft", published_at=None)},
}


def valid(conn: Connection, table: str, **given: Any) -> Mapping[str, Any]:
    """The values of a row: those given, and valid ones for the rest."""
    missing = {column: default for column, default in VALID[table].items() if column not in given}
    return {**{c: default(conn) if callable(default) else default for c, default in missing.items()}, **given}


ROWS = {table: partial(valid, table=table) for table in VALID}


def make(conn: Connection, table: str, **given: Any) -> Any:
    """Inserts one row and returns it whole; what is not given is made valid."""
    return insert(conn, table, **valid(conn, table, **given))
