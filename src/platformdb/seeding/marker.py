"""The row in platformdb.seed that says which seed a database holds."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.state import Marker

PACKAGE = "platformdb.seeding"


def read_marker(connection: Connection, platform: str) -> Marker | None:
    """Which seed the database says it holds."""
    exists = connection.execute(query("marker_exists", PACKAGE)).fetchone()
    if not (exists and exists[0]):
        return None
    row = connection.execute(query("marker_read", PACKAGE), (platform,)).fetchone()
    return None if row is None else _marker(row[0])


def _marker(row: dict[str, Any]) -> Marker:
    """The row as JSON: one that an older platformdb wrote lacks some of its columns."""
    as_of = row.get("as_of")
    return Marker(
        row["profile"],
        row["seed"],
        row["checksum"],
        scale=row.get("scale", 1.0),
        as_of=datetime.fromisoformat(as_of) if as_of else None,
        subset=tuple(row.get("subset", ())),
        rows=row["rows"],
        tables=tuple(row["tables"]),
        checksums=row.get("checksums", {}),
        before=tuple((*identity[:-1], tuple(identity[-1])) for identity in row.get("before", ())),
    )


def holds(connection: Connection, found: Marker | None, wanted: Marker) -> bool:
    """Whether the database holds the wanted seed; not when its tables are gone, or all empty."""
    if found is None or not wanted.same_seed(found):
        return False
    present = connection.execute(query("tables_present", PACKAGE), (list(found.tables),)).fetchone()
    if not (present and present[0]):
        return False
    # The names were quoted when they were written down.
    parts = " OR ".join(f"EXISTS (SELECT FROM {name})" for name in found.tables)
    row = connection.execute(f"SELECT {parts}".encode()).fetchone()
    return bool(row and row[0])


def make_schema(connection: Connection) -> None:
    """Makes schema platformdb where it is not there."""
    # IF NOT EXISTS would ask for the right to make it all the same.
    if not _says(connection, "schema_made"):
        connection.execute("CREATE SCHEMA platformdb")


def _says(connection: Connection, question: str) -> bool:
    row = connection.execute(query(question, PACKAGE)).fetchone()
    return bool(row and row[0])


def write_marker(connection: Connection, platform: str, marker: Marker) -> None:
    """Says so, in the transaction that loaded it; ``marker.tables`` are quoted names."""
    if not _says(connection, "marker_ready"):  # a role that may write it need not be allowed to make it
        make_schema(connection)
        connection.execute(query("marker_create", PACKAGE))
    values = {
        "platform": platform,
        "profile": marker.profile,
        "seed": marker.seed,
        "checksum": marker.checksum,
        "scale": marker.scale,
        "as_of": marker.as_of,
        "subset": list(marker.subset),
        "tables": list(marker.tables),
        "rows": marker.rows,
        "checksums": json.dumps(dict(marker.checksums)),
        "before": json.dumps(marker.before),
    }
    connection.execute(query("marker_write", PACKAGE), values)


def forget_marker(connection: Connection, platform: str) -> None:
    """The database no longer holds what it says."""
    if read_marker(connection, platform) is not None:
        connection.execute(query("marker_delete", PACKAGE), (platform,))
