"""Candidates built for real, and what each costs a writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from platformdb.indexes.advise.candidates import definition
from platformdb.indexes.advise.model import Index, Table, WriteCost
from platformdb.indexes.advise.read import Facts, read_indexes
from platformdb.indexes.advise.trials import drop
from platformdb.postgres.attempt import attempt
from platformdb.postgres.connect import Connection
from platformdb.report.progress import Observer
from platformdb.report.words import counted

# So that no name of a project's own is met.
PREFIX = "platformdb_candidate_"


@dataclass(frozen=True, slots=True)
class Built:
    """A candidate that stands: as it was made up, as the server spells it, and its size."""

    wanted: Index
    index: Index
    bytes: int


def build(
    connection: Connection, facts: Facts, wanted: Iterable[Index], observer: Observer, *, first: int = 0
) -> dict[str, Built]:
    """The candidates that the server makes and that no index which is there already can stand for, by their names.

    It refuses an expression that is not immutable, say; such a candidate is none.
    """
    named = {f"{PREFIX}{number}": index for number, index in enumerate(wanted, first)}
    observer.stage(f"build {counted(len(named), 'candidate')}")
    for name, index in named.items():
        statement = definition(replace(index, name=name), facts.tables[index.table].spelled)
        attempt(connection, lambda statement=statement: connection.execute(statement.encode()))  # type: ignore[misc]
    _analyze(connection, facts, named.values())
    found = read_indexes(connection)
    standing = {name: Built(named[name], *found[name]) for name in named if name in found}
    others = [index for name, (index, _) in found.items() if not name.startswith(PREFIX)]
    needless = {name for name, built in standing.items() if any(other.serves(built.index) for other in others)}
    needless |= _twins(standing)
    drop(connection, {name: standing[name].index for name in needless})
    return {name: built for name, built in standing.items() if name not in needless}


def _analyze(connection: Connection, facts: Facts, indexes: Iterable[Index]) -> None:
    """Of an expression the server knows nothing before the next ANALYZE."""
    expressions = {index.table for index in indexes if any("(" in key.text for key in index.keys)}
    for table in sorted(expressions):
        connection.execute(f"ANALYZE {facts.tables[table].spelled}".encode())


def _twins(standing: Mapping[str, Built]) -> set[str]:
    """Those that the server spells like an earlier one."""
    seen: set[Index] = set()
    twins = set()
    for name, built in standing.items():
        bare = replace(built.index, name="")
        twins |= {name} if bare in seen else set()
        seen.add(bare)
    return twins


def estimated_cost(index: Index, size: int, table: Table) -> WriteCost:
    """What a write costs more, where it cannot be measured: a way down the index, and its entry in the WAL."""
    entry = size / max(table.rows, 1)
    return WriteCost(blocks=3.0, wal_bytes=round(entry + 60), measured=False)
