"""The settings on which plans, work and times depend: what a measuring session sets them to, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query

# Everything in PostgreSQL's category "Query Tuning" gets the value it has where nobody configured anything; but for
# these, and with these of other categories. Where a setting is newer than the server it is left out.
PINS: Mapping[str, str] = MappingProxyType(
    {
        # Compiling is done once a query is dear enough: a threshold in cost would be a step in time.
        "jit": "off",
        # Workers are there or not, and share the reading differently each time.
        "max_parallel_workers_per_gather": "0",
        # What sorts and hashes may take before they spill.
        "work_mem": "4MB",
        "hash_mem_multiplier": "2",
        # Each persona's statement is prepared anew and planned five times for its values: after that PostgreSQL keeps
        # to one kind of plan, by costs alone, as it does for an application that prepares its statements.
        "plan_cache_mode": "auto",
        # A large table's scan would begin where another session's is; with LIMIT that finds other rows.
        "synchronize_seqscans": "off",
        "TimeZone": "UTC",
        "DateStyle": "ISO, MDY",
        "IntervalStyle": "postgres",
        "statement_timeout": "0",
        "transaction_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "default_transaction_isolation": "read committed",
        # Writes say of their own transaction that they write.
        "default_transaction_read_only": "on",
    }
)


def pin(connection: Connection) -> None:
    """Makes the session's settings those that ``PINS`` says, read only among them; search_path stays as it is."""
    connection.execute(query("pins_set"), (list(PINS), list(PINS.values())))


def read_unpinned(connection: Connection) -> Mapping[str, str]:
    """The settings that are not what ``pin`` made them, with their values: behind a pooler that lends out sessions."""
    return dict(connection.execute(query("pins_lost"), (list(PINS), list(PINS.values()))).fetchall())


def read_settings(connection: Connection) -> Mapping[str, str]:
    """The pinned settings as the server has them, and those of extensions that somebody set, by name."""
    return dict(connection.execute(query("pins_read"), (list(PINS),)).fetchall())
