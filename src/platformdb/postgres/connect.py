"""Opening a connection, and saying why not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from platformdb.errors import ConfigError, NotNow, PlatformdbError, Refused
from platformdb.postgres.target import Target
from platformdb.project import FOREIGN_NAME

Connection = psycopg.Connection[TupleRow]

# What psycopg could not roll back on a lost or interrupted connection the server does; the user has our message.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

OLDEST_SERVER = 14
CONNECT_TIMEOUT_SECONDS = "10"

# Parts of libpq's messages that mean "the settings are wrong", where trying again cannot help.
WRONG_SETTINGS = (
    "authentication failed",
    "no password supplied",
    "does not exist",
    "no pg_hba.conf entry",
    "definition of service",
    "service file",
    "is not permitted to log in",
    "does not support SSL",
    "invalid",
    "unrecognized configuration parameter",
    "could not translate host name",
    "root certificate",
    "permission denied for database",
)
# Classes of SQLSTATE in which nothing is wrong with what was asked: conflicts, lack of resources, busy, cancelled, I/O.
TROUBLE = frozenset({"40", "53", "55", "57", "58"})


@contextmanager
def connect(target: Target, **parameters: str) -> Iterator[Connection]:
    """An autocommit connection to the target, closed at the end.

    Raises:
        ConfigError: the settings are wrong (password, database, service …).
        NotNow: no server answers, or it takes no connections now; or reading was cut short, by a timeout for example.
        Refused: the server is older than PostgreSQL 14, or does not let this role read what is needed.
    """
    with _open(target, parameters) as connection:
        if connection.info.server_version < OLDEST_SERVER * 10_000:
            version = connection.info.parameter_status("server_version")
            raise Refused(
                f"PostgreSQL {version} is too old", help=f"platformdb works with PostgreSQL {OLDEST_SERVER} and newer"
            )
        if not (connection.info.parameter_status("DateStyle") or "").startswith("ISO"):
            connection.execute("SET DateStyle TO ISO")  # psycopg reads no other; the order of day and month stays
        try:
            yield connection
        except psycopg.Error as error:
            # Whoever changes something explains its own errors: what comes here was only reading.
            if explained := _interrupted_reading(error, connection, target):
                raise explained from None
            raise


def pinned(target: Target, connection: Connection) -> Target:
    """The very server and database that this connection leads to, for more of them.

    A URL may name several hosts, a host have several addresses, and a service or PGDATABASE name the database.
    """
    info = connection.info
    found = {"host": info.host, "hostaddr": info.hostaddr, "port": str(info.port), "dbname": info.dbname}
    others = {key: value for key, value in target.parameters.items() if key not in found}
    return Target(target.provider, {**others, **{key: value for key, value in found.items() if value}})


def _open(target: Target, parameters: dict[str, str]) -> Connection:
    wanted: dict[str, Any] = {
        "application_name": "platformdb",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        **target.parameters,
        **parameters,
        # Files are UTF-8 whatever PGCLIENTENCODING says, and their text is sent as it is.
        "client_encoding": "UTF8",
    }
    try:
        # No server-side prepared statements: through a transaction-pooling pooler they belong to somebody else.
        return psycopg.connect(**wanted, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise _explained(error, target) from None


def _interrupted_reading(error: psycopg.Error, connection: Connection, target: Target) -> PlatformdbError | None:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return Refused(
            f"the server refuses: {error.diag.message_primary}",
            help="connect as the role that migrates this database, or grant it what is missing",
        )
    if connection.broken:
        return NotNow(
            f"the connection to {target.url} was lost",
            detail=str(error).strip(),
            help="run the same command again; platformdb status says what was applied",
        )
    if (error.sqlstate or "")[:2] in TROUBLE:
        return NotNow(
            f"the server gave up while platformdb was reading: {error.diag.message_primary}",
            detail=f"SQLSTATE: {error.sqlstate}",
            help="see to the cause and run the same command again; against a statement_timeout that is too short for "
            "this, put -c statement_timeout=0 into PGOPTIONS",
        )
    return None


def _explained(error: psycopg.Error, target: Target) -> PlatformdbError:
    detail = str(error).strip()
    name = target.parameters.get("dbname")
    if target.provider == "embedded" and f'database "{name}" does not exist' in detail:
        what = "--migrations DIR" if name == FOREIGN_NAME else name
        return ConfigError(f"the local server has no database '{name}' yet", help=f"make it with: platformdb up {what}")
    if isinstance(error, psycopg.ProgrammingError) or any(part in detail for part in WRONG_SETTINGS):
        return ConfigError(
            f"cannot connect to {target.url}", detail=detail, help="correct --url, DATABASE_URL, PG… or ~/.pgpass"
        )
    return NotNow(
        f"no connection to {target.url}", detail=detail, help="start the server, or check host and port; then try again"
    )
