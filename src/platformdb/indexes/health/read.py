"""Reads what the rules of health look at: catalog, statistics, and the counts of primary and replicas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import starmap
from typing import Any, LiteralString

from platformdb.errors import ConfigError
from platformdb.indexes.health.model import Facts, ForeignKey, Index, Key, Relation, Server, Stored, Usage
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.queries import query
from platformdb.postgres.target import Target

PACKAGE = "platformdb.indexes.health"
# Bits of pg_index.indoption.
DESCENDING, NULLS_FIRST = 1, 2


def read_facts(connection: Connection, replicas: Sequence[Target] = ()) -> Facts:
    """What the database and its replicas say.

    Raises:
        ConfigError: a replica is none of this database.
    """
    indexes = tuple(map(_index, _rows(connection, "indexes")))
    usage = read_usage(connection, replicas)
    return Facts(
        _with_scans(indexes, usage),
        tuple(map(_foreign_key, _rows(connection, "foreign_keys"))),
        usage,
        tuple((parent, part) for parent, part in connection.execute(query("parts", PACKAGE))),
    )


def read_usage(connection: Connection, replicas: Sequence[Target]) -> Usage:
    """Since when this server and its replicas count, and what the replicas counted."""
    here = _server(connection)
    servers, scans = {here.started: here}, []
    with ExitStack() as stack:
        for target in replicas:
            there = stack.enter_context(connect(target))
            server = _server(there)
            if _lineage(connection) != _lineage(there) or here.replica == server.replica:
                raise _unrelated(target)
            if server.started not in servers:  # the same one under two names is one
                servers[server.started] = server
                scans += there.execute(query("scans", PACKAGE)).fetchall()
    return Usage(tuple(servers.values()), tuple(scans))


def _server(connection: Connection) -> Server:
    row = connection.execute(query("server", PACKAGE)).fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM
    return Server(*row)


def _lineage(connection: Connection) -> tuple[object, ...]:
    """The same on a primary and its replicas: there oids are the same, too."""
    return (*(connection.execute(query("identifier", PACKAGE)).fetchone() or ()), connection.info.dbname)


def _unrelated(target: Target) -> ConfigError:
    return ConfigError(
        f"{target.url} is no replica of this database",
        help="give --replica the URL of a server that streams from this one, with the same database",
    )


def _with_scans(indexes: Sequence[Index], usage: Usage) -> tuple[Index, ...]:
    """Adds what the replicas counted; an index has the same oid there."""
    above = {index.oid: index.parent for index in indexes}
    found = {index.oid: index for index in indexes}
    for oid, scans, last in usage.scans:
        at: int | None = oid
        while at is not None and at in found:
            index = found[at]
            times = [time for time in (index.last_scan, last) if time is not None]
            found[at] = replace(index, scans=index.scans + scans, last_scan=max(times, default=None))
            at = above[at]
    return tuple(found.values())


def _index(row: dict[str, Any]) -> Index:
    """The row's columns are the index's fields, but for those of its key and of what is stored, which are lists."""
    keys = zip(row.pop("texts"), row.pop("kinds"), row.pop("options"), strict=True)
    stored = tuple(zip(row.pop("widths"), row.pop("alignments"), row.pop("nulls"), strict=True))
    lists: dict[str, Any] = {
        "relation": Relation(*row.pop("relation")),
        "table": Relation(*row.pop("table")),
        "keys": tuple(Key(text, kind, bool(how & DESCENDING), bool(how & NULLS_FIRST)) for text, kind, how in keys),
        "included": tuple(row.pop("included")),
        "columns": frozenset(row.pop("columns")),
        # Without statistics of every column nothing can be said of the size.
        "stored": () if any(None in column for column in stored) else tuple(starmap(Stored, stored)),
    }
    return Index(**lists, **row)


def _foreign_key(row: dict[str, Any]) -> ForeignKey:
    table, parent = Relation(*row.pop("table")), Relation(*row.pop("parent"))
    lists: dict[str, Any] = {name: tuple(row.pop(name)) for name in ("columns", "referenced", "divided_by")}
    return ForeignKey(table=table, parent=parent, **lists, **row)


def _rows(connection: Connection, name: LiteralString) -> Iterator[dict[str, Any]]:
    """Each row by the names of its columns."""
    cursor = connection.execute(query(name, PACKAGE))
    names = [column.name for column in cursor.description or ()]
    return (dict(zip(names, row, strict=True)) for row in cursor)
