"""What the server says of a statement: its plan, and what one run of it did to each table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.prepared import Prepared
from platformdb.postgres.queries import query

# Rows read by sequential scans, entries read of indexes, sequential scans, pages fetched.
Counts = tuple[int, int, int, int]


def explain_run(
    connection: Connection, statement: Prepared, *, writes: bool = False, timing: bool = False
) -> Mapping[str, Any]:
    """Runs a prepared statement; the plan that it really took, with what each node did.

    TIMING stays off unless it is asked for: it reads the clock twice for each row of each node, +70 % in
    PostgreSQL's own example, and changes nothing else. What the statement draws by random() is the same each time.
    """
    connection.execute("SELECT setseed(0)")
    return _explained(
        connection,
        f"EXPLAIN (ANALYZE, VERBOSE, BUFFERS, TIMING {'ON' if timing else 'OFF'}, SUMMARY OFF,"
        f" WAL {'ON' if writes else 'OFF'}, FORMAT JSON) {statement.call}",
    )


def explain_plan(connection: Connection, statement: Prepared) -> Mapping[str, Any]:
    """The plan of a prepared statement, which is not run."""
    return _explained(connection, f"EXPLAIN (VERBOSE, FORMAT JSON) {statement.call}")


def forbid_sequential_scans(connection: Connection) -> None:
    """Until the transaction ends: what is still read in sequence has no index that could serve it."""
    connection.execute("SET LOCAL enable_seqscan = off")


def read_counts(connection: Connection) -> Mapping[str, Counts]:
    """What this transaction has done so far to each of the users' tables, in triggers and functions too.

    Indexes count for their table, partitions for the outermost table. The server keeps these numbers for itself while
    the transaction is open, so the difference of two is what lay between them, and nothing else.
    """
    return {
        name: (rows, entries, scans, pages) for name, rows, entries, scans, pages in connection.execute(query("counts"))
    }


def _explained(connection: Connection, text: str) -> Mapping[str, Any]:
    row = connection.execute(text.encode()).fetchone()
    found: Mapping[str, Any] = row[0][0] if row else {}
    return found
