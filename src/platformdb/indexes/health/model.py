"""The indexes and foreign keys of a database as values, with what the server counted about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from platformdb.sqltext.quote import quote_identifier


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or an index by schema and name."""

    schema: str
    name: str

    def __str__(self) -> str:
        """As people write it: without the schema where that is public."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    @property
    def written(self) -> str:
        """As SQL has it."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"


@dataclass(frozen=True, slots=True)
class Key:
    """One column or expression of an index's key. ``kind`` tells operator class and collation apart from others."""

    text: str
    kind: str
    descending: bool = False
    nulls_first: bool = False

    @property
    def reversed(self) -> Key:
        """As a scan backward meets it."""
        return Key(self.text, self.kind, not self.descending, not self.nulls_first)


@dataclass(frozen=True, slots=True)
class Stored:
    """One column as a B-tree stores it: bytes on average, those of its alignment, and the share of NULLs."""

    width: int
    alignment: int
    nulls: float = 0.0


@dataclass(frozen=True, slots=True)
class Index:
    """An index. ``serves_constraint``: a key or exclusion stands on it; ``parent`` is the index that it is a part of.

    ``columns`` are all columns that key, INCLUDE and predicate name. ``rows``, ``pages`` and ``stored`` are from the
    statistics, empty where there are none. ``bytes`` and ``scans`` of a partitioned index are those of its parts.
    """

    oid: int
    relation: Relation
    table: Relation
    table_oid: int
    method: str
    keys: tuple[Key, ...]
    included: tuple[str, ...] = ()
    predicate: str = ""
    columns: frozenset[str] = frozenset()
    unique: bool = False
    serves_constraint: bool = False
    valid: bool = True
    building: bool = False
    partitioned: bool = False
    parent: int | None = None
    bytes: int = 0
    rows: float = -1
    pages: int = 0
    fillfactor: int = 90
    stored: tuple[Stored, ...] = ()
    scans: int = 0
    last_scan: datetime | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key as it was declared; the copies that partitions have of it are not counted.

    ``referenced`` are the parent's columns, ``divided_by`` those that partition it.
    """

    name: str
    table: Relation
    table_oid: int
    columns: tuple[str, ...]
    parent: Relation
    parent_oid: int = 0
    referenced: tuple[str, ...] = ()
    divided_by: tuple[str, ...] = ()
    rows: float = -1
    partitioned: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of its own counts.

    ``since`` is when they began at the latest; ``started`` tells a primary and its replicas apart. ``followers`` are
    the replicas that stream from it, and those whose slot waits for them.
    """

    now: datetime
    since: datetime
    started: datetime
    database: str
    replica: bool = False
    followers: int = 0
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """Who was asked, and how often each index was scanned there, with the last time where the server keeps it."""

    servers: tuple[Server, ...]
    scans: tuple[tuple[int, int, datetime | None], ...] = ()

    @property
    def age(self) -> timedelta:
        """How long every server that was asked has been counting, at least."""
        return min(server.now - server.since for server in self.servers)

    @property
    def not_asked(self) -> int:
        """How many servers may use an index without our knowing: replicas, or the primary of one."""
        primaries = sum(not server.replica for server in self.servers)
        replicas = len(self.servers) - primaries
        known = max((server.followers for server in self.servers), default=0)
        return max(known - replicas, 0) + (not primaries)


@dataclass(frozen=True, slots=True)
class Past:
    """What the history knows: when the database was first migrated, and when each index was built.

    PostgreSQL itself keeps neither, and a count that was never reset may be older than the database.
    """

    begun: datetime | None = None
    built: Mapping[str, datetime] = field(default_factory=dict)

    def age_of(self, index: str, now: datetime) -> timedelta:
        """How old an index may be at most."""
        since = self.built.get(index, self.begun)
        return now - since if since else timedelta.max


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at. ``parts`` are the partitions of each partitioned table, by oid."""

    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]
    usage: Usage
    parts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is worth a word.

    ``unused`` is how long the servers must have counted before an index without a scan is called unused. An index is
    bloated from ``bloat`` times the size that its rows need, and ``bloat_bytes`` on disk (as pg_index_watch has it).
    A foreign key's table is large from ``rows`` rows.
    """

    unused: timedelta = field(default=timedelta(days=30))
    bloat: float = 2.0
    bloat_bytes: int = 10 << 20
    rows: int = 1_000
