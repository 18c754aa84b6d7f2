"""Index tiers as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from platformdb.errors import Place


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """An index that there should be: one CREATE INDEX of a tier file.

    ``before_name`` and ``after_name`` are the statement's text around ``INDEX [CONCURRENTLY] [IF NOT EXISTS] name``,
    so that it can be built under another name or concurrently without rewriting the rest; ``after_table`` is what comes
    after ``ON table``, so that it can be built on each partition. Where the server lacks ``extension`` (of pgvector,
    say, if it is an HNSW index) there should be none.
    """

    name: str
    table: str
    tier: int
    reason: str
    sql: str
    before_name: str
    after_name: str
    checksum: str
    place: Place
    extension: str = ""
    after_table: str = ""

    @property
    def schema(self) -> str:
        """That of the table, and so of the index; "" where the search path decides."""
        return self.table.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class BuiltIndex:
    """An index in the catalog. ``bytes`` is its size on disk, ``visible`` says that the search path shows it.

    Where it is the part of a partitioned table's index, that is its parent.
    """

    name: str
    table: str
    valid: bool
    bytes: int
    schema: str = "public"
    visible: bool = True
    parent_schema: str | None = None
    parent_name: str | None = None

    @property
    def parent(self) -> tuple[str | None, str | None]:
        """Schema and name of the index that it is a part of."""
        return self.parent_schema, self.parent_name


@dataclass(frozen=True, slots=True)
class Branch:
    """A partitioned table, or a partition; ``parts`` are its own, where it is partitioned itself."""

    schema: str
    name: str
    partitioned: bool
    bytes: int = 0
    parts: tuple[Branch, ...] = ()

    @property
    def leaves(self) -> tuple[Branch, ...]:
        """The tables at the ends, in which the rows are."""
        return tuple(leaf for part in self.parts for leaf in part.leaves) if self.partitioned else (self,)


class State(enum.StrEnum):
    """How a defined index stands in the database."""

    BUILT = "built"
    MISSING = "missing"
    WAITING = "waiting"  # for an extension that the server does not have
    INVALID = "invalid"  # a concurrent build that was interrupted left it behind
    CHANGED = "changed"  # its definition is no longer what was built
    MISPLACED = "misplaced"  # the name is taken by an index of another table


@dataclass(frozen=True, slots=True)
class Standing:
    """A definition, its state, and the catalog's index where there is one.

    ``unrecorded``: it is built, and the run that built it was interrupted before it could say so in the history.
    """

    definition: IndexDefinition
    state: State
    built: BuiltIndex | None = None
    unrecorded: bool = False
