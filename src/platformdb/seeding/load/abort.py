"""Takes back a load in stages that was cut short."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.model import Report, Step
from platformdb.seeding.load.catalog import PACKAGE, put_on
from platformdb.seeding.load.model import Part
from platformdb.seeding.load.record import Record, forget, read_record, unfinished
from platformdb.seeding.load.transaction import one_transaction


def give_up(connection: Connection, platform: str) -> Report:
    """Empties the tables of a load that was not finished; its foreign keys and triggers come back, the plan goes.

    Raises:
        NotNow: the tables are in use.
        ApplyFailed: the server refused something; nothing was changed.
    """
    record = read_record(connection, platform)
    if record is None:
        other = unfinished(connection)  # of a project by another name
        said = f"nothing to give up: no load of {platform} was cut short"
        return Report(said, findings=(other,) if other else (), data={"changed": False})
    step = Step("abort", f"giving up the load of {platform}", record.shown)
    with one_transaction(connection, step):
        _take_back(connection, record)
        forget(connection, platform)
        row = connection.execute(query("schema_empty", PACKAGE)).fetchone()
        if row and row[0]:
            connection.execute("DROP SCHEMA platformdb")
    emptied = len(record.tables)
    return Report(
        f"gave up the load of {platform} ({record.shown}): {emptied} tables are empty, and their schema is as before",
        data={"changed": True, "tables": list(record.tables)},
    )


def _take_back(connection: Connection, record: Record) -> None:
    tables = _there(connection, (*record.tables, *record.others))
    if tables:
        connection.execute(f"TRUNCATE {', '.join(tables)}".encode())
    put_on(connection, _missing(connection, record))
    if not record.checking:
        connection.execute("; ".join(record.triggers).encode())


def _missing(connection: Connection, record: Record) -> list[Part]:
    """The keys that are off; those which are on but have not looked at all rows now do."""
    if not record.checking:
        return list(record.keys)
    return [Part(part.relation, part.name, "", "", part.check) for part in record.keys]


def _there(connection: Connection, names: Sequence[str]) -> list[str]:
    return [name for (name,) in connection.execute(query("present_tables", PACKAGE), (list(names),))]
