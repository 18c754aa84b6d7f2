"""Wires a table to those it refers to: its shape, a link for each foreign key, and which column copies which link.

A column may belong to several foreign keys, as a tenant's id does. Then the rows these refer to must agree on it, and
the second is found among those that belong to the same row as the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from platformdb.seeding.fit.constraints import ForeignKey
from platformdb.seeding.infer.model import Known, Link, Options, Seen, Wiring
from platformdb.seeding.infer.names import BUILT_IN, link_name
from platformdb.seeding.infer.order import Order, may_lack
from platformdb.seeding.infer.uniques import key_columns
from platformdb.seeding.model import TableFact

ABSENT = 0.2
Wirings = Mapping[str, Wiring]
# Where a value comes from: a path of links, and the table and the column at its end.
Stop = tuple[str, str, str]


def wire(fact: TableFact, known: Known, order: Order, done: Wirings) -> Wiring:
    """Decides what a table's rows refer to; the tables before it are ``done``."""
    wirer = _Wirer(fact, known, order, done)
    shape, heads = wirer.heads()
    for key in heads:
        wirer.add(key, None, single=shape == "one")
    rest = [key for key in fact.foreign_keys if key not in heads]
    for key in sorted(rest, key=wirer.urgency):
        wirer.join(key)
    return Wiring(
        shape, tuple(wirer.links), wirer.sources, frozenset(wirer.silent), wirer.fallbacks, "; ".join(wirer.troubles)
    )


@dataclass(slots=True)
class _Wirer:
    """One table under way."""

    fact: TableFact
    known: Known
    order: Order
    done: Wirings
    links: list[Link] = field(default_factory=list)
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    fallbacks: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    def heads(self) -> tuple[str, tuple[ForeignKey, ...]]:
        """The table's shape and the foreign keys that make its rows: one, two different ones in pairs, or none."""
        keys = sorted((key for key in self.fact.foreign_keys if self._early(key)), key=self.urgency)
        uniques = [
            key_columns(self.fact, unique) for unique in self.fact.uniques if not unique.where and not unique.overlaps
        ]
        for key in keys:
            if any(columns <= set(key.columns) for columns in uniques):
                return "one", (key,)
        for columns in uniques:
            ends = [key for key in keys if columns & set(key.columns)]
            if len(ends) == 2 and columns <= {*ends[0].columns, *ends[1].columns} and _apart(ends[0], ends[1]):
                return "pairs", (ends[0], ends[1])
        return ("per", (keys[0],)) if keys else ("independent", ())

    def urgency(self, key: ForeignKey) -> tuple[bool, bool, int, int]:
        """What is wired first: what must be there, then what fixes most columns, then what comes last in the order."""
        place = self.order.places.get(key.table, 0)
        return key.table == self.fact.name, may_lack(self.fact, key), -len(key.columns), -place

    def add(self, key: ForeignKey, options: Options | None, *, single: bool = False, needed: bool = False) -> None:
        """Notes a link, and the columns that are copied from it."""
        late = self._late(key)
        own = [column for column in key.columns if column not in self.sources]
        taken = {*BUILT_IN, *(link.name for link in self.links), *(column.name for column in self.fact.columns)}
        link = Link(link_name(own[-1], taken), key.table, key, options, late, single, needed)
        self.links.append(link)
        for column, referenced in zip(key.columns, key.referenced, strict=True):
            self.sources.setdefault(column, (link.name, referenced))

    def join(self, key: ForeignKey) -> None:
        """Adds a link for a key beside those that are there."""
        if key.table not in self.known.tables:
            self._give_up(key, f"{', '.join(key.columns)} refers to {key.table}, which is left out")
        elif set(key.columns) & self.known.silent.get(self.fact.name, frozenset()) and may_lack(self.fact, key):
            self._give_up(key, "")
        elif key.table == self.fact.name:
            self._join_self(key)
        elif self._own_identity(key):
            self._give_up(key, f"{', '.join(key.columns)} must refer to a row of {key.table} that refers to this one")
        elif all(column in self.sources for column in key.columns):
            if not self._implied(key):
                self._give_up(key, f"{', '.join(key.columns)} must refer to {key.table} and to other tables at once")
        elif shared := [pair for pair in _pairs(key) if pair[0] in self.sources]:
            self._join_sharing(key, shared)
        else:
            self.add(key, {"make": "draw", "table": key.table, **self._nulls(key)})

    def _own_identity(self, key: ForeignKey) -> bool:
        """Whether a part of the key is what tells this table's rows apart, and so no copy of anything."""
        alone = {unique.columns[0] for unique in self.fact.uniques if len(unique.columns) == 1}
        return len(key.columns) > 1 and bool(alone & set(key.columns) - self.sources.keys())

    def _join_sharing(self, key: ForeignKey, shared: list[tuple[str, str]]) -> None:
        """The rows of the other table that belong to the row which this one has in common with them."""
        meetings = [set(self._meetings(key, column, referenced)) for column, referenced in shared]
        common = set.intersection(*meetings)
        if not common:
            self._give_up(key, f"nothing is known that rows of {key.table} and this one share by {shared[0][0]}")
            return
        at, by = min(common, key=lambda pair: (pair[0].count("."), pair))
        if not by:
            self.add(key, {"make": "copy", "of": at})
            return
        lacking = may_lack(self.fact, key)
        options = {"make": "member", "of": key.table, "by": by, "at": at, **self._nulls(key)}
        self.add(key, options, needed=not lacking)

    def _join_self(self, key: ForeignKey) -> None:
        """An earlier row of this table; where a value must be there, else the row itself."""
        shared = [column for column, referenced in _pairs(key) if column in self.sources]
        unique = any(key_columns(self.fact, each) <= set(key.columns) for each in self.fact.uniques)
        if any(column not in key.referenced for column in shared) or (unique and may_lack(self.fact, key)):
            self._give_up(key, f"{', '.join(key.columns)} refers to this table and to others at once")
            return
        roots = {self._root(column) for column in shared}
        options: dict[str, object] = {"make": "earlier", "share": 0.0 if unique else 0.7}
        if roots:
            options["same"] = min(roots)
        elif self.links and not self.links[0].single and not self.links[0].late:
            options["same"] = self.links[0].name
        self.add(key, options)
        if not may_lack(self.fact, key):
            self.fallbacks |= {column: ref for column, ref in _pairs(key) if column not in shared}

    def _give_up(self, key: ForeignKey, why: str) -> None:
        free = [column for column in key.columns if column not in self.sources]
        nullable = [name for name in free if (column := self.fact.column(name)) and not column.not_null]
        if not nullable and why:
            self.troubles.append(why)
        self.silent |= {*(free if key.full else nullable)}

    def _implied(self, key: ForeignKey) -> bool:
        """Whether the values that are there come through a row of the other table already."""
        reached = [
            {path for path, table, name in self._stops(column) if (table, name) == (key.table, referenced)}
            for column, referenced in _pairs(key)
        ]
        return bool(set.intersection(*reached))

    def _meetings(self, key: ForeignKey, column: str, referenced: str) -> Iterator[tuple[str, str]]:
        """Paths from this row and from rows of the other table that end at the same column of the same table."""
        theirs = {(table, name): path for path, table, name in chain(self.done, key.table, referenced)}
        late = {link.name for link in self.links if link.late}
        for path, table, name in self._stops(column):
            if (table, name) in theirs and (self._late(key) or path.partition(".")[0] not in late):
                yield path, theirs[table, name]

    def _stops(self, column: str) -> Iterator[Stop]:
        link, referenced = self.sources[column]
        table = next(each.table for each in self.links if each.name == link)
        for path, end, name in chain(self.done, table, referenced):
            yield f"{link}.{path}".rstrip("."), end, name

    def _root(self, column: str) -> str:
        return list(self._stops(column))[-1][0]

    def _nulls(self, key: ForeignKey) -> Options:
        columns = [self.fact.column(name) for name in key.columns if name not in self.sources]
        if not all(column and not column.not_null for column in columns):
            return {}
        shapes = self.known.seen.get(self.fact.name, Seen()).columns
        share = max(
            (round(shapes[column.name].nulls, 2) for column in columns if column and column.name in shapes),
            default=ABSENT,
        )
        return {"nulls": share} if share else {}

    def _late(self, key: ForeignKey) -> bool:
        return key.table == self.fact.name or (self.fact.name, key.name) in self.order.cut

    def _early(self, key: ForeignKey) -> bool:
        return key.table in self.known.tables and not self._late(key) and not may_lack(self.fact, key)


def chain(done: Wirings, table: str, column: str) -> Iterator[Stop]:
    """Where a column's values come from, link by link, itself first."""
    path, seen = "", {(table, column)}
    while True:
        yield path, table, column
        wiring = done.get(table)
        if wiring is None or column not in wiring.sources or column in wiring.fallbacks:
            return
        link, column = wiring.sources[column]
        table, path = wiring.link(link).table, f"{path}.{link}".lstrip(".")
        if (table, column) in seen:
            return
        seen.add((table, column))


def _pairs(key: ForeignKey) -> list[tuple[str, str]]:
    return list(zip(key.columns, key.referenced, strict=True))


def _apart(one: ForeignKey, other: ForeignKey) -> bool:
    return not set(one.columns) & set(other.columns)
