"""The recorded plan of a load in stages: what is loaded already, and how everything that is off comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.model import Finding, Severity
from platformdb.seeding.load.model import Filled, Part
from platformdb.seeding.marker import make_schema

PACKAGE = "platformdb.seeding.load"


@dataclass(frozen=True, slots=True)
class Record:
    """A load that was begun: which seed (for people, and its identity as JSON), into which tables.

    ``others`` refer to these tables and were emptied with them. ``keys`` and ``triggers`` are off; when ``checking``
    they are on again, and the keys may still have to look at the rows. ``loaded`` are the tables that are whole.
    """

    platform: str
    shown: str
    identity: Any
    tables: tuple[str, ...]
    others: tuple[str, ...]
    keys: tuple[Part, ...]
    triggers: tuple[str, ...]
    checking: bool = False
    loaded: tuple[Filled, ...] = ()

    def same_seed(self, identity: object) -> bool:
        """Whether these rows are those of this identity."""
        return bool(json.loads(json.dumps(identity)) == self.identity)


def read_record(connection: Connection, platform: str) -> Record | None:
    """The platform's load that was begun and not finished."""
    return next(iter(_read(connection, platform)), None)


def write_record(connection: Connection, record: Record) -> None:
    """Notes what is about to be taken off, in the transaction that does so."""
    make_schema(connection)
    connection.execute(query("plan_create", PACKAGE))
    values = {
        "platform": record.platform,
        "shown": record.shown,
        "identity": json.dumps(record.identity),
        "tables": list(record.tables),
        "others": list(record.others),
        "keys": json.dumps([asdict(part) for part in record.keys]),
        "triggers": list(record.triggers),
    }
    connection.execute(query("plan_write", PACKAGE), values)


def note_loaded(connection: Connection, platform: str, filled: Filled) -> None:
    """Says that a table is whole, in the transaction that made it so."""
    values = (platform, filled.relation, filled.rows, filled.checksum)
    connection.execute(query("plan_loaded", PACKAGE), values)


def note_checking(connection: Connection, platform: str) -> None:
    """Says that keys and triggers are on again, in the transaction that brought them back."""
    connection.execute(query("plan_checking", PACKAGE), (platform,))


def forget(connection: Connection, platform: str) -> None:
    """Takes the plan away, and with the last one its tables."""
    row = connection.execute(query("plan_delete", PACKAGE), {"platform": platform}).fetchone()
    if row == (0,):
        connection.execute(query("plan_drop", PACKAGE))


def unfinished(connection: Connection) -> Finding | None:
    """What to say of a load that was cut short, or None. Cheap: one round trip where there is none."""
    found = _read(connection, None)
    if not found:
        return None
    first = found[0]
    done = f"{len(first.loaded)} of {len(first.tables)} tables are loaded"
    off = f"{len(first.keys)} foreign keys and {len(first.triggers)} triggers are off"
    left = "some foreign keys may not be checked" if first.checking else off
    return Finding(
        "seed-unfinished",
        f"a load of {first.platform} ({first.shown}) was cut short: {done}, {left}",
        first.platform,
        Severity.ERROR,
        help="go on with the same platformdb seed command, or give it up with platformdb seed --abort",
    )


def _read(connection: Connection, platform: str | None) -> list[Record]:
    exists = connection.execute(query("plan_exists", PACKAGE)).fetchone()
    if not (exists and exists[0]):
        return []
    rows = connection.execute(query("plan_read", PACKAGE), {"platform": platform}).fetchall()
    return [_record(row) for row in rows]


def _record(row: Sequence[Any]) -> Record:
    name, shown, identity, tables, others, keys, triggers, checking, loaded = row
    parts = tuple(Part(**_strings(key)) for key in keys)
    done = tuple(Filled(relation, rows, checksum) for relation, rows, checksum in loaded)
    return Record(name, shown, identity, tuple(tables), tuple(others), parts, tuple(triggers), checking, done)


def _strings(key: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in key.items()}
