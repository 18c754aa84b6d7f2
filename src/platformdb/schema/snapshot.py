"""All that a database's schema is, as values that two databases share: no numbers of the catalog, no secrets.

Kinds of objects, and where PostgreSQL keeps them: the documentation's chapter "System Catalogs".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.schema.grants import granted

PACKAGE = "platformdb.schema"
PARTS = (
    "state_schemas",
    "state_relations",
    "state_columns",
    "state_constraints",
    "state_indexes",
    "state_reactions",
    "state_functions",
    "state_types",
    "state_operators",
    "state_texts",
    "state_outside",
)
REMARKS = "state_remarks"

Fact = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the schema: ``kind`` and ``name`` are its identity, ``within`` is that of what it goes with.

    ``facts`` holds what is so; what is not, or is as it is by default, is left out.
    """

    kind: str
    name: str
    within: str
    facts: Mapping[str, Fact]

    @property
    def identity(self) -> str:
        """What people call it: ``column users.email``."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every object of a schema by its identity, in the order of these."""

    things: Mapping[str, Thing]


def read_snapshot(connection: Connection) -> Snapshot:
    """The schema of a database, in one round trip.

    Left out are the server's own schemas and platformdb's, temporary objects, what extensions brought, the values of
    sequences, and all rows. Names in ``public`` stand alone, all others with their schema, whatever the search_path.

    Raises:
        Refused: this role may not read the catalog.
    """
    with connection.transaction(), connection.pipeline():
        connection.execute("SELECT set_config('search_path', 'public', true)")
        cursors = [connection.execute(query(part, PACKAGE)) for part in (*PARTS, REMARKS)]
        *parts, remarks = [cursor.fetchall() for cursor in cursors]
    return _assembled([row for part in parts for row in part], remarks)


def _assembled(rows: Iterable[Sequence[Any]], remarks: Iterable[Sequence[Any]]) -> Snapshot:
    """Objects with what is said of them, and without those that an extension brought."""
    said: dict[tuple[str, int, int], dict[str, str]] = {}
    for catalog, oid, column, what, text in remarks:
        said.setdefault((catalog, oid, column), {})[what] = text
    found: dict[str, Thing] = {}
    brought: set[str] = set()
    for catalog, oid, column, kind, name, within, facts in rows:
        thing = Thing(kind, name, within or "", _facts(facts, said.get((catalog, oid, column), {})))
        if "extension" in said.get((catalog, oid, 0), {}):
            brought.add(thing.identity)
        if known := found.get(thing.identity):  # a composite type is a relation as well as a type
            thing = replace(thing, facts={**known.facts, **thing.facts})
        found[thing.identity] = thing
    own = (found[identity] for identity in sorted(found) if not brought.intersection(_line(found, identity)))
    return Snapshot({thing.identity: thing for thing in own})


def _facts(facts: Mapping[str, Any], said: Mapping[str, str]) -> Mapping[str, Fact]:
    given = {name: value for name, value in facts.items() if name not in {"grants", "usual"}}
    grants, revoked = granted(facts.get("grants"), facts.get("usual"))
    every = {**given, **said, "grants": grants, "revoked": revoked}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in every.items() if value}


def _line(found: Mapping[str, Thing], identity: str) -> Iterable[str]:
    """An object and all that it stands within, but for schemas: an extension's schema may hold what is not its own."""
    while identity in found:
        yield identity
        within = found[identity].within
        if within.startswith("schema "):
            return
        identity = within
