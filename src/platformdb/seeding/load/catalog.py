"""Reads from the catalog what is taken off tables while they are loaded, and takes it off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.load.model import IndexFact, KeyFact, Part, Rights
from platformdb.seeding.load.strip import index_parts, key_parts, policy_parts, trigger_parts
from platformdb.seeding.load.transaction import LOCK_TIMEOUT

PACKAGE = "platformdb.seeding.load"
# From here on a role can be granted the setting of session_replication_role; before, superusers alone may, who own all.
GRANTS_PARAMETERS = 150_000


def read_indexes(connection: Connection, tables: Sequence[str]) -> tuple[Part, ...]:
    """The indexes of these tables that can be dropped; in a transaction."""
    return index_parts([IndexFact(*row) for row in _qualified(connection, "indexes", tables)])


def read_keys(connection: Connection, tables: Sequence[str]) -> tuple[Part, ...]:
    """The foreign keys from and to these tables; in a transaction."""
    facts = [KeyFact(*row) for row in _qualified(connection, "keys", tables)]
    return key_parts(facts, server_version=connection.info.server_version)


def read_triggers(connection: Connection, tables: Sequence[str]) -> tuple[Part, ...]:
    """The users' triggers on these tables, and policies that would hold for their owner."""
    triggers = connection.execute(query("triggers", PACKAGE), (list(tables),)).fetchall()
    forced = connection.execute(query("forced_policies", PACKAGE), (list(tables),)).fetchall()
    return (*trigger_parts(triggers), *policy_parts(name for (name,) in forced))


@contextmanager
def unveiled(connection: Connection, tables: Sequence[str]) -> Iterator[None]:
    """All rows of the tables are seen meanwhile, also those that policies hide from the tables' owner.

    Raises:
        psycopg.errors.InsufficientPrivilege: policies hold for this role, and it is not the owner.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET LOCAL row_security = off".encode())
        forced = connection.execute(query("forced_policies", PACKAGE), (list(tables),)).fetchall()
        take_off(connection, policy_parts(name for (name,) in forced))
        yield


def read_rights(connection: Connection, tables: Sequence[str]) -> Rights:
    """What the role may do with these tables."""
    found = connection.execute(query("rights", PACKAGE), (list(tables),)).fetchall()
    owns, truncates, locks = found[0]
    replicates = connection.info.server_version >= GRANTS_PARAMETERS and _says(connection, "replica_right")
    marks = _says(connection, "marker_right")
    return Rights(owns=owns, truncates=truncates, locks=locks, replicates=replicates, marks=marks)


def _says(connection: Connection, question: str) -> bool:
    row = connection.execute(query(question, PACKAGE)).fetchone()
    return bool(row and row[0])


def take_off(connection: Connection, parts: Iterable[Part]) -> None:
    """All in one message: a round trip each would take longer than the work."""
    connection.execute("; ".join(part.off for part in parts).encode())


def put_on(connection: Connection, parts: Iterable[Part]) -> None:
    """Brings back what was taken off; what must look at rows for that does."""
    statements = [statement for part in parts for statement in (part.on, part.check) if statement]
    connection.execute("; ".join(statements).encode())


def _qualified(connection: Connection, name: str, tables: Sequence[str]) -> list[tuple[Any, ...]]:
    """Definitions with every name qualified: whoever executes them may have another search_path."""
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('search_path', '', true)")
        return connection.execute(query(name, PACKAGE), (list(tables),)).fetchall()
