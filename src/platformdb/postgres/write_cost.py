"""What one row more costs a table, and which updates are heap-only: measured, and rolled back.

A row is put in that was there before: rows are taken out, and the same come in again. So this works for any table,
whatever its columns, its keys and its conditions are. Triggers and foreign keys are off meanwhile: they would delete
and insert elsewhere.

Rolled back as it is, it leaves dead rows behind, as every rolled-back insert does: for a copy of a database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.postgres.undone import undone

ROWS = 200
ROUNDS = 5
# The first update of a row goes where there is room; those after it may stay on that page, if no index forbids it.
UPDATES = 4
SAMPLE = "pg_temp.platformdb_sample"


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a table, by its SQL name, kept in a temporary table. ``columns`` are those that an INSERT may name."""

    table: str
    oid: int
    columns: tuple[str, ...]
    rows: int


@contextmanager
def sampled(connection: Connection, table: str) -> Iterator[Sample | None]:
    """Copies rows from all over the table for as long as this lasts; None where there are none, or we may not.

    Without the right to set session_replication_role nothing of this can be measured.
    """
    try:
        with undone(connection, writes=True):
            connection.execute("SET LOCAL session_replication_role = replica")
    except psycopg.errors.InsufficientPrivilege:
        yield None
        return
    with undone(connection, writes=True):
        row = connection.execute(query("write_cost_table"), (table,)).fetchone()
        oid, estimate, columns = row if row else (0, 0, [])
        share = min(100.0, 100.0 * 2 * ROWS / max(estimate, 1))
        connection.execute(
            f"CREATE TEMP TABLE platformdb_sample AS SELECT tableoid AS platformdb_part, ctid AS platformdb_place, * "  # noqa: S608 - quoted
            f"FROM {table} TABLESAMPLE BERNOULLI ({share}) REPEATABLE (1) LIMIT {ROWS}".encode()
        )
        connection.execute(f"ANALYZE {SAMPLE}".encode())
        counted = connection.execute(f"SELECT count(*) FROM {SAMPLE}".encode()).fetchone()  # noqa: S608
        rows = counted[0] if counted else 0
        yield Sample(table, oid, tuple(columns), rows) if rows and columns else None


def cost_of_insert(connection: Connection, sample: Sample) -> tuple[float, float]:
    """Bytes of write-ahead log and milliseconds that each row of the sample takes to come in again.

    The least of several runs: what a split page, a checkpoint or GIN's pending list add comes on top, now and then.
    """
    with undone(connection, writes=True):
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            f"DELETE FROM {sample.table} "  # noqa: S608 - quoted
            f"WHERE ctid = ANY (ARRAY(SELECT platformdb_place FROM {SAMPLE})) "
            f"AND (tableoid, ctid) IN (SELECT platformdb_part, platformdb_place FROM {SAMPLE})".encode()
        )
        _insert(connection, sample)  # pays for the pages that nobody wrote since the last checkpoint
        runs = [_insert(connection, sample) for _ in range(ROUNDS)]
    return min(wal for wal, _ in runs) / sample.rows, min(ms for _, ms in runs) / sample.rows


def _insert(connection: Connection, sample: Sample) -> tuple[float, float]:
    columns = ", ".join(map(_quoted, sample.columns))
    with undone(connection, writes=True):
        row = connection.execute(
            "EXPLAIN (ANALYZE, WAL, TIMING OFF, FORMAT JSON) "  # noqa: S608 - quoted
            f"INSERT INTO {sample.table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {SAMPLE}".encode()
        ).fetchone()
    found = row[0][0] if row else {}
    return found["Plan"]["WAL Bytes"], found["Execution Time"]


def heap_only_updates(
    connection: Connection, sample: Sample, changed: Collection[str], free: Collection[str]
) -> tuple[int, int]:
    """Of updates that change one of the columns ``changed``: how many were tried, and how many were heap-only.

    A row gets the values that another one has in all columns that are ``free`` to change: one column alone might break
    a condition that speaks of two. Where no other row of the sample differs, nothing is tried.
    """
    wanted = [_quoted(column) for column in sample.columns if column in free]
    try:
        with undone(connection, writes=True):
            connection.execute("SET LOCAL session_replication_role = replica")
            place = connection.execute(
                f"SELECT tableoid, ctid::text FROM {sample.table} LIMIT 1".encode()  # noqa: S608 - quoted
            ).fetchone()
            before = _counts(connection, sample)
            for _ in range(UPDATES):
                place = connection.execute(_update(sample, changed, wanted), place).fetchone() if place else None
            after = _counts(connection, sample)
    except psycopg.Error:  # a condition with other columns in it, a unique index
        if connection.broken:
            raise
        return 0, 0
    return after[0] - before[0], after[1] - before[1]


def _update(sample: Sample, changed: Collection[str], wanted: Sequence[str]) -> bytes:
    here, there = (", ".join(f"{row}.{_quoted(name)}" for name in changed) for row in ("t", "o"))
    other = f"FROM {SAMPLE} AS o WHERE ROW({there}) IS DISTINCT FROM ROW({here})"
    values = ", ".join(f"o.{name}" for name in wanted)
    return (
        f"UPDATE {sample.table} AS t SET ({', '.join(wanted)}) = "  # noqa: S608 - quoted
        f"(SELECT {values} {other} ORDER BY o.platformdb_part, o.platformdb_place LIMIT 1) "
        f"WHERE t.tableoid = %s AND t.ctid = %s::tid AND EXISTS (SELECT {other}) RETURNING t.tableoid, t.ctid::text"
    ).encode()


def _counts(connection: Connection, sample: Sample) -> tuple[int, int]:
    row = connection.execute(query("write_cost_counts"), (sample.oid, sample.oid)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)
