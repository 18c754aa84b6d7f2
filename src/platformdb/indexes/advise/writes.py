"""What an index costs when its table is written: measured on a copy of some of the table's rows.

The copy has no triggers, no foreign keys and no other index, so what is more with the index than without it is the
index's. It is filled before the index is made, and then so many rows are put in again and updated.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from platformdb.indexes.advise.candidates import definition
from platformdb.indexes.advise.model import Index, WriteCost
from platformdb.indexes.advise.read import Facts
from platformdb.postgres.connect import Connection
from platformdb.postgres.undone import undone
from platformdb.sqltext.quote import quote_identifier

SCRATCH = "platformdb_written"
STANDING_ROWS, WRITTEN_ROWS = 5_000, 500


@dataclass(frozen=True, slots=True)
class _Written:
    """What writing the rows took: pages, WAL, and the share of updates that stayed within their page."""

    blocks: float
    wal_bytes: float
    hot: float = 0.0


def measure_costs(
    connection: Connection, facts: Facts, indexes: Iterable[Index], updated: Collection[str]
) -> Iterator[tuple[str, WriteCost]]:
    """For each index of one table its name and its cost; ``updated`` are the columns that the workload updates."""
    indexes = list(indexes)
    with _scratch(connection, facts, indexes[0].table) as columns:
        used = {index.name: tuple(sorted(name for name in updated if _uses(index, name))) for index in indexes}
        inserted = _insert(connection, columns)
        bare = {sets: _update(connection, sets) for sets in set(used.values()) if sets}
        for index in indexes:
            sets = used[index.name]
            connection.execute(definition(replace(index, name=SCRATCH + "_index"), SCRATCH).encode())
            try:
                more = _insert(connection, columns)
                update = _update(connection, sets) if sets else None
            finally:
                connection.execute(f"DROP INDEX {SCRATCH}_index".encode())
            cost = WriteCost(
                blocks=max(more.blocks - inserted.blocks, 0.0),
                wal_bytes=max(more.wal_bytes - inserted.wal_bytes, 0.0),
                updated=sets,
            )
            if update is not None:
                cost = replace(
                    cost,
                    update_blocks=max(update.blocks - bare[sets].blocks, 0.0),
                    hot_lost=max(bare[sets].hot - update.hot, 0.0),
                )
            yield index.name, cost


def _uses(index: Index, column: str) -> bool:
    """A change of any column in it, in its condition too, makes a new entry in every index of the table."""
    texts = (*(key.text for key in index.keys), *index.include, index.predicate)
    return any(re.search(rf"(?<!\w){re.escape(column)}(?!\w)", text) for text in texts)


@contextmanager
def _scratch(connection: Connection, facts: Facts, table: str) -> Iterator[str]:
    """A table with some of the rows, and room on each page for a new version of some; yields its columns."""
    source = facts.tables[table].spelled
    columns = ", ".join(facts.writable[table])
    connection.execute(f"CREATE TABLE {SCRATCH} (LIKE {source} INCLUDING GENERATED) WITH (fillfactor = 50)".encode())
    try:
        filled = f"INSERT INTO {SCRATCH} ({columns}) SELECT {columns} FROM {source} LIMIT {STANDING_ROWS}"  # noqa: S608
        connection.execute(filled.encode())
        connection.execute(f"VACUUM (FREEZE, ANALYZE) {SCRATCH}".encode())
        yield columns
    finally:
        connection.execute(f"DROP TABLE {SCRATCH}".encode())


def _insert(connection: Connection, columns: str) -> _Written:
    statement = f"INSERT INTO {SCRATCH} ({columns}) SELECT {columns} FROM {SCRATCH} LIMIT {WRITTEN_ROWS}"  # noqa: S608
    return _twice(connection, statement)


def _update(connection: Connection, columns: Collection[str]) -> _Written:
    """Each row gets its neighbour's values: that changes them, whatever their type is."""
    names = [quote_identifier(column) for column in columns]
    leading = ", ".join(f"lead({name}) OVER (ORDER BY ctid) AS {name}" for name in names)
    sets = ", ".join(f"{name} = other.{name}" for name in names)
    return _twice(
        connection,
        f"UPDATE {SCRATCH} AS one SET {sets}"  # noqa: S608
        f" FROM (SELECT ctid AS row, {leading} FROM {SCRATCH} ORDER BY ctid LIMIT {WRITTEN_ROWS}) AS other"
        f" WHERE one.ctid = other.row",
    )


def _twice(connection: Connection, statement: str) -> _Written:
    """The second run: the first after a checkpoint writes whole pages to the WAL, whoever comes first."""
    return [_once(connection, statement) for _ in range(2)][-1]


def _once(connection: Connection, statement: str) -> _Written:
    with undone(connection, writes=True):
        explained = connection.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON) {statement}".encode()
        ).fetchone()
        hot = connection.execute(
            f"SELECT pg_stat_get_xact_tuples_hot_updated('{SCRATCH}'::regclass)::float8".encode()
        ).fetchone()
    plan = explained[0][0]["Plan"] if explained else {}
    pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return _Written(pages / WRITTEN_ROWS, plan["WAL Bytes"] / WRITTEN_ROWS, (hot[0] if hot else 0.0) / WRITTEN_ROWS)
