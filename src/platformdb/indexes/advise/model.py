"""Tables, indexes and what they are worth to a workload, as values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from platformdb.sqltext.usages import Usage, Written
from platformdb.workload.model import Persona, Query


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``spelled`` is its name as SQL takes it, ``distinct`` how many values it has, ``width`` in bytes."""

    name: str
    spelled: str
    type: str
    distinct: float
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table that may get an index; ``name`` has its schema, ``spelled`` is it as SQL takes it."""

    name: str
    spelled: str
    rows: int
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """Its column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Key:
    """A column or expression of an index; ``nulls`` is "first" or "last" where that is not the direction's own."""

    text: str
    descending: bool = False
    nulls: str = ""
    opclass: str = ""

    def __str__(self) -> str:
        words = (self.text, self.opclass, "DESC" * self.descending, f"NULLS {self.nulls.upper()}" if self.nulls else "")
        return " ".join(word for word in words if word)

    @property
    def turned(self) -> Key:
        """The same, read backward."""
        other = {"first": "last", "last": "first", "": ""}[self.nulls]
        return replace(self, descending=not self.descending, nulls=other)


@dataclass(frozen=True, slots=True)
class Index:
    """An index, there or proposed. ``constraint``: it belongs to one, so it is not ours to drop."""

    table: str
    keys: tuple[Key, ...]
    method: str = "btree"
    include: tuple[str, ...] = ()
    predicate: str = ""
    name: str = ""
    unique: bool = False
    constraint: bool = False

    def serves(self, other: Index) -> bool:
        """Whether it answers whatever the other one does, so that the other is not needed beside it."""
        if (self.table, self.method) != (other.table, other.method) or self.predicate not in {"", other.predicate}:
            return False
        if self.method != "btree":
            return self.keys == other.keys
        begin = self.keys[: len(other.keys)]
        held = {*(key.text for key in self.keys), *self.include}
        same = begin in (other.keys, tuple(key.turned for key in other.keys))
        return same and held.issuperset(other.include)


@dataclass(frozen=True, slots=True)
class Demand:
    """A query for one persona, how often it is run beside the others, and what it asks of its tables.

    ``hidden`` names the tables that functions read for it, where its plan does not show an index. ``generic``:
    no values are known for its parameters, so its pages are the planner's. One that is not ``measured`` only says how
    often a table is written.
    """

    query: Query
    persona: Persona
    usages: tuple[Usage, ...] = ()
    written: tuple[Written, ...] = ()
    weight: float = 1.0
    hidden: frozenset[str] = frozenset()
    generic: bool = False
    measured: bool = True

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.query.name} ({self.persona.name})" if self.persona.name else self.query.name

    @property
    def estimated(self) -> bool:
        """Whether its pages are the planner's, for it is not run."""
        return self.generic or self.query.writes

    @property
    def tables(self) -> frozenset[str]:
        """The tables whose indexes may matter to it."""
        seen = (*(usage.table for usage in self.usages), *(write.table for write in self.written))
        return self.hidden.union(seen)


@dataclass(frozen=True, slots=True)
class WriteCost:
    """What an index costs whenever its table is written: pages and WAL of one insert more than without it.

    ``updated`` are the columns in it that the workload updates; of such updates ``update_blocks`` is what one reads and
    writes more, and ``hot_lost`` the share (0 to 1) that would have stayed within its page. ``measured`` is false where
    it was reckoned from the size.
    """

    blocks: float = 0.0
    wal_bytes: float = 0.0
    update_blocks: float = 0.0
    hot_lost: float = 0.0
    updated: tuple[str, ...] = ()
    measured: bool = True


@dataclass(frozen=True, slots=True)
class Effect:
    """What a proposal does for one demand, or to it: pages with and without it, all other proposals being there."""

    demand: Demand
    without: float
    beside: float

    @property
    def saved(self) -> float:
        """The pages saved; below 0 where the server chooses worse with it."""
        return self.without - self.beside


@dataclass(frozen=True, slots=True)
class Proposal:
    """An index worth having, with the evidence; ``bytes`` is its size here.

    ``tier`` is what the evidence says, ``replaces`` names the indexes that it makes needless.
    """

    index: Index
    effects: tuple[Effect, ...]
    cost: WriteCost
    bytes: int
    tier: int = 2
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What came of it: the proposals, and how all demands fare without any and with all of them."""

    proposals: tuple[Proposal, ...] = ()
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    demands: tuple[Demand, ...] = ()
    tried: int = 0
