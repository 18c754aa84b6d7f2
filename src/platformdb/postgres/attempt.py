"""Trying something inside a transaction: what the server says to it, as a value, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from platformdb.postgres.connect import Connection

# "Key (a, b)=(1, 2) already exists." of a unique violation; the column of a COPY that a message's context names.
_KEY = re.compile(r"Key \((.*?)\)=")
_COPIED = re.compile(r"COPY [^,]+, line \d+, column (.+?)(?::|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server's answer: its SQLSTATE and message, and the constraint and columns that it names."""

    sqlstate: str
    message: str
    constraint: str = ""
    columns: tuple[str, ...] = ()


def attempt(connection: Connection, work: Callable[[], object]) -> Refusal | None:
    """Does the work in a transaction of its own, or a part of the one that is open; None: the server took it all.

    Raises:
        psycopg.Error: the connection is lost.
    """
    try:
        with connection.transaction():
            work()
    except psycopg.Error as error:
        if connection.broken:
            raise
        return _refusal(error)
    return None


def _refusal(error: psycopg.Error) -> Refusal:
    diag = error.diag
    key = _KEY.search(diag.message_detail or "")
    columns = tuple(key[1].split(", ")) if key else (diag.column_name,) if diag.column_name else ()
    copied = _COPIED.search(diag.context or "")
    columns = columns or ((copied[1],) if copied else ())
    message = diag.message_primary or str(error).strip()
    return Refusal(error.sqlstate or "", message, diag.constraint_name or "", columns)
