"""Views and functions as the catalog knows them: what stands on them, and the statements that make them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query

# An object's number: of the catalog it is in, and in there.
Address = tuple[int, int]

PG_CLASS, PG_PROC = 1259, 1255  # these catalogs have the same numbers on every server

_NAME_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


class Hopeless(Exception):
    """Why something cannot be dropped, or not be made again."""


class Part(NamedTuple):
    """One statement towards making an object again; ``setting`` has ``value`` meanwhile.

    ``part`` is one of those in ``dependants_definitions.sql``: make, own, fill, column, extra.
    """

    part: str
    sql: str
    setting: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A view or a function, and how it is made again. ``target``: it was asked for, it does not stand on others."""

    kind: str
    schema: str
    name: str
    identity: str
    parts: tuple[Part, ...]
    target: bool = False

    @property
    def shown(self) -> str:
        """How people know it."""
        return f"{self.kind.lower()} {self.identity}"

    @property
    def is_relation(self) -> bool:
        """Whether it is a view of some kind."""
        return self.kind.endswith("VIEW")

    def is_called(self, name: str) -> bool:
        """Whether "relation v" or "function s.f" may mean it."""
        kind, *schema, last = name_parts(name)
        return self.is_relation == (kind == "relation") and last == self.name and schema in ([], [self.schema])


def name_parts(name: str) -> tuple[str, ...]:
    """Of "relation s.v" the kind and the parts of the name, without quotes."""
    kind, _, rest = name.partition(" ")
    return kind, *(quoted.replace('""', '"') or plain for quoted, plain in _NAME_PART.findall(rest))


def read_definitions(connection: Connection, targets: Sequence[Address]) -> list[Definition]:
    """The targets and all that stands on them, each after what it stands on; needs a transaction.

    Raises:
        Hopeless: something stands on them that must not be dropped, or they stand on each other.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('search_path', '', true)")  # names come out qualified
        order = _standing_on(connection, targets)
        found = {
            address: each for catalog in (PG_CLASS, PG_PROC) for address, each in _read(connection, catalog, order)
        }
    return [replace(found[address], target=address in targets) for address in order]


def exists(connection: Connection, definition: Definition) -> bool:
    """Whether there is such an object now, whatever it looks like."""
    question = "to_regclass" if definition.is_relation else "to_regprocedure"
    return connection.execute(f"SELECT {question}(%s) IS NOT NULL", (definition.identity,)).fetchone() == (True,)


def _standing_on(connection: Connection, targets: Sequence[Address]) -> list[Address]:
    classes, objects = zip(*targets, strict=True)
    rows = connection.execute(query("dependants"), {"classes": list(classes), "objects": list(objects)}).fetchall()
    stays = dict.fromkeys(described for *_, movable, described in rows if not movable)
    if stays:
        raise Hopeless(f"platformdb does not drop and re-create {'; '.join(stays)}; make this change in a migration")
    below: dict[Address, set[Address]] = {}
    for classid, objid, below_classid, below_objid, *_ in rows:
        below.setdefault((classid, objid), set()).update([(below_classid, below_objid)] if below_objid else [])
    parts = {(classid, objid) for classid, objid, *_, is_part, _, _ in rows if is_part}
    try:
        return [address for address in TopologicalSorter(below).static_order() if address not in parts]
    except CycleError:
        described = dict.fromkeys(row[-1] for row in rows)
        raise Hopeless(f"these stand on each other, so none can be dropped: {'; '.join(described)}") from None


def _read(connection: Connection, catalog: int, addresses: Iterable[Address]) -> Iterator[tuple[Address, Definition]]:
    numbers = [number for each, number in addresses if each == catalog]
    relations, functions = (numbers, []) if catalog == PG_CLASS else ([], numbers)
    parameters = {"relations": relations, "functions": functions}
    rows = connection.execute(query("dependants_definitions"), parameters).fetchall()
    for number, group in groupby(rows, key=itemgetter(0)):
        lines = list(group)
        _, kind, schema, name, identity, *_ = lines[0]
        yield (catalog, number), Definition(kind, schema, name, identity, tuple(Part(*line[5:]) for line in lines))
