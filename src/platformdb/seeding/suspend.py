"""What rests while tables are loaded, and is set right in the same transaction: triggers, and checks row by row."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.seeding.marker import PACKAGE
from platformdb.seeding.model import TableFact
from platformdb.sqltext.quote import quote_identifier

ENABLE = {"O": "ENABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}
# From here on PostgreSQL can check a foreign key for a whole table, by one join.
CHECKS_TABLES = 180_000
# Checking row by row takes 10 µs for each foreign key (a join: 0.1 µs), two ALTER TABLE a millisecond.
MANY_ROWS = 20_000


def disable_triggers(connection: Connection, tables: Sequence[TableFact]) -> str:
    """Disables the users' triggers; returns the statements that bring each back to what it was."""
    disable, enable = [], []
    for schema, relation, name, state in connection.execute(query("triggers", PACKAGE), (_quoted(tables),)):
        table = f"ALTER TABLE ONLY {quote_identifier(schema)}.{quote_identifier(relation)}"
        disable.append(f"{table} DISABLE TRIGGER {quote_identifier(name)}")
        enable.append(f"{table} {ENABLE[state]} {quote_identifier(name)}")
    # One message for all: a round trip each would take longer than the work.
    connection.execute("; ".join(disable).encode())
    return "; ".join(enable)


def postpone_keys(connection: Connection, tables: Sequence[TableFact], rows: int) -> str:
    """Leaves foreign keys unchecked, where PostgreSQL can check all rows later; returns the statements that do.

    The keys' triggers are made anew, and fire in the order in which they were made. So all keys take part, in their old
    order, or none, where one was never validated and must stay so.
    """
    if connection.info.server_version < CHECKS_TABLES or rows < MANY_ROWS:
        return ""
    found = connection.execute(query("enforced_keys", PACKAGE), (_quoted(tables),)).fetchall()
    if not all(validated for _, _, validated in found):
        return ""
    keys = [f"ALTER TABLE {table} ALTER CONSTRAINT {quote_identifier(name)}" for table, name, _ in found]
    connection.execute("; ".join(f"{key} NOT ENFORCED" for key in keys).encode())
    return "; ".join(f"{key} ENFORCED" for key in keys)


def _quoted(tables: Sequence[TableFact]) -> list[str]:
    return [table.quoted for table in tables]
