"""Facts of the catalog, as plain rows; the capabilities give them their names."""

from __future__ import annotations

from collections.abc import Mapping

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query


def read_indexes(connection: Connection) -> list[tuple[str, str, bool, int, str, bool, str | None, str | None]]:
    """The users' indexes: name, table, valid, bytes, schema, whether the search path shows it, and its parent.

    The parent, by schema and name, is the index of the partitioned table.
    """
    return connection.execute(query("indexes")).fetchall()


def read_partition_trees(
    connection: Connection,
) -> list[tuple[str, str, bool, int, bool, str | None, str | None]]:
    """Partitioned tables and partitions, parents first: schema, name, whether partitioned, bytes, visible, parent."""
    return connection.execute(query("partition_trees")).fetchall()


def read_primary_key(connection: Connection, table: str) -> tuple[str, ...]:
    """The columns of a table's primary key, in order; empty where there is no such table or no key."""
    return tuple(name for (name,) in connection.execute(query("primary_key"), (table,)))


def count_objects(connection: Connection) -> dict[str, int]:
    """How many tables, indexes (those of constraints apart) and triggers the search path shows."""
    row = connection.execute(query("objects")).fetchone() or ()
    return dict(zip(("tables", "indexes", "constraint_indexes", "triggers"), row, strict=True))


def count_rows(connection: Connection) -> int:
    """The rows of all visible tables, counted one by one."""
    tables = [name for (name,) in connection.execute(query("tables"))]
    if not tables:
        return 0
    # The names come from regclass, which has quoted them.
    counts = " UNION ALL ".join(f"SELECT count(*) FROM {name}" for name in tables)  # noqa: S608
    return sum(count for (count,) in connection.execute(counts.encode()))


def read_installed_extensions(connection: Connection) -> frozenset[str]:
    """The extensions that CREATE EXTENSION has been run for in this database."""
    return frozenset(name for (name,) in connection.execute("SELECT extname FROM pg_extension"))


def read_facts(connection: Connection) -> Mapping[str, str]:
    """What the target is: its ``database``, that one's ``owner``, the ``user``, and the ``schema`` that is first."""
    row = connection.execute(query("facts")).fetchone() or ("", "", "", "")
    return dict(zip(("database", "owner", "user", "schema"), row, strict=True))


def read_available_extensions(connection: Connection) -> frozenset[str]:
    """The extensions that CREATE EXTENSION would find on the server."""
    return frozenset(name for (name,) in connection.execute("SELECT name FROM pg_available_extensions"))


def read_procedures(connection: Connection) -> list[tuple[str, str]]:
    """Name and body of the procedures whose text mentions COMMIT or ROLLBACK; whether they do either is for others."""
    return connection.execute(query("committing_procedures")).fetchall()
