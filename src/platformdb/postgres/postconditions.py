"""Whether a statement's work is there, asked of the catalog: after a crash nobody else knows."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.model import Probe, Statement


class Found(enum.StrEnum):
    """What the catalog says of a statement's work, and so what is to be done next."""

    DONE = "done"
    ABSENT = "absent"  # nothing of it is there: run the statement
    BROKEN = "broken"  # half of it is there: run the cleanup, then look again
    BUSY = "busy"  # another session is still at it (the one whose client was lost, perhaps): wait, then look again
    AGAIN = "again"  # the catalog cannot tell, and running it again is right; good news where it has just run


@dataclass(frozen=True, slots=True)
class Look:
    """An answer. Each statement of ``cleanup`` runs by itself, outside a transaction; ``detail`` is for people."""

    found: Found
    cleanup: tuple[Statement, ...] = ()
    detail: str = ""


# Each kind of probe by the query that answers it, which returns found, detail and cleanup; no row means absent.
_QUERIES: Mapping[str, str] = {
    "index_built": "probe_index_built",
    "reindexed": "probe_reindexed",
    "partition_detached": "probe_partition_detached",
    "constraint_valid": "probe_constraint_valid",
    "database_created": "probe_database",
    "tablespace_created": "probe_tablespace",
    "subscription_created": "probe_subscription",
}

# These ask for the same thing, and hope for the opposite.
_GONE: Mapping[str, str] = {
    "index_dropped": "probe_relation",
    "database_dropped": "probe_database",
    "tablespace_dropped": "probe_tablespace",
    "subscription_dropped": "probe_subscription",
}


def look(connection: Connection, probe: Probe) -> Look:
    """What the catalog says of a statement's work.

    Names are looked up by the connection's search path, as the statement itself looks them up. Kind ``again`` costs
    no round trip, the others one where the work is done, and two where it is not.
    """
    if probe.kind == "again":
        return Look(Found.AGAIN)
    seen = _ask(connection, probe)
    if seen.found in {Found.ABSENT, Found.BROKEN} and (at_it := _at_it(connection, probe)):
        return Look(Found.BUSY, detail=f"still being worked on by {at_it}")
    return seen


def _ask(connection: Connection, probe: Probe) -> Look:
    if probe.kind in _GONE:
        there = connection.execute(query(_GONE[probe.kind]), _names(probe)).fetchone()
        return Look(Found.ABSENT, detail=f"{probe.name} is still there") if there else Look(Found.DONE)
    row = connection.execute(query(_QUERIES[probe.kind]), _names(probe)).fetchone()
    if row is None:
        return Look(Found.ABSENT, detail=f"{probe.name} is not there")
    found, detail, cleanup = Found(row[0]), row[1], tuple(Statement(sql) for sql in row[2] or ())
    return Look(found, cleanup if found is Found.BROKEN else (), "" if found is Found.DONE else detail or "")


def _at_it(connection: Connection, probe: Probe) -> str:
    row = connection.execute(query("probe_busy"), _names(probe)).fetchone()
    return row[0] or "" if row else ""


def _names(probe: Probe) -> Mapping[str, str]:
    return {"name": probe.name, "table": probe.table}
