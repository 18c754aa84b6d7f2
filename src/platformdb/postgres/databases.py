"""Whole databases: copied from one another, exchanged, dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
from psycopg import sql

from platformdb.errors import NotNow, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target

# Databases that are there on nearly every server, to make others from: a session in one cannot be in the way.
ELSEWHERE = ("postgres", "template1")
# From here on the server may copy files instead of logging every page (measured elsewhere: 0.2 s, 0.7 s).
CHOOSES_STRATEGY = 150_000


def connect_elsewhere(target: Target, **parameters: str) -> AbstractContextManager[Connection]:
    """A connection to the target's server, but not to the target.

    Raises:
        NotNow, ConfigError: see ``connect``.
    """
    other = next(name for name in ELSEWHERE if name != target.parameters.get("dbname"))
    return connect(target.with_database(other), **parameters)


def database_exists(connection: Connection, name: str) -> bool:
    """Whether the server has a database of that name."""
    return bool(connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).rowcount)


def create_database(connection: Connection, name: str) -> None:
    """Makes an empty database.

    Raises:
        NotNow: there is one of that name.
        Refused: this role may not.
    """
    with _explained(f"create database '{name}'"):
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def copy_database(connection: Connection, source: str, name: str, owner: str) -> None:
    """Makes a database as a copy of another, to which nobody may be connected.

    Raises:
        NotNow: somebody is.
        Refused: this role may not.
    """
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*map(sql.Identifier, (name, source, owner)))
    if connection.info.server_version >= CHOOSES_STRATEGY:
        statement += sql.SQL(" STRATEGY file_copy")
    with _explained(f"copy database '{source}'"):
        connection.execute(statement)


def make_template(connection: Connection, name: str, final: str, comment: str) -> None:
    """Gives a finished copy its final name; nobody can connect to it any more, so everybody can copy it.

    Raises:
        NotNow: somebody is connected to it, or made one of that name.
        Refused: this role may not.
    """
    database = sql.Identifier(name)
    with _explained(f"keep database '{name}' as a template"), connection.transaction():
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, sql.Literal(comment)))
        connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(database))
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(database, sql.Identifier(final)))


def exchange_databases(connection: Connection, name: str, other: str, aside: str) -> None:
    """Renames ``name`` to ``aside`` and ``other`` to ``name``, both or neither.

    Raises:
        NotNow: somebody is connected to one of them.
        Refused: this role may not.
    """
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with _explained(f"exchange database '{name}'"), connection.transaction():
        connection.execute(rename.format(sql.Identifier(name), sql.Identifier(aside)))
        connection.execute(rename.format(sql.Identifier(other), sql.Identifier(name)))


def drop_database(connection: Connection, name: str) -> None:
    """Drops a database, if it is there.

    Raises:
        NotNow: somebody is connected to it.
        Refused: this role may not.
    """
    with _explained(f"drop database '{name}'"):
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.errors.ObjectInUse, psycopg.errors.LockNotAvailable) as error:
        raise NotNow(
            f"could not {doing}: others are connected to it",
            detail=error.diag.message_detail or "",
            help="end their sessions, or seed without --cache",
        ) from None
    except psycopg.errors.DuplicateDatabase as error:
        raise NotNow(
            f"could not {doing}: {error.diag.message_primary}", help="somebody was faster; run it again"
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(
            f"could not {doing}: {error.diag.message_primary}",
            help="use a role that may create databases, or seed without --cache",
        ) from None
