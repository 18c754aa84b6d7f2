"""--tables: some tables, with those that they come from or refer to; all others are left as they are, and have no rows.

What is derived from rows that are not there (a count of comments without comments) is derived from none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platformdb.errors import ConfigError
from platformdb.seeding.generators.links import Draw, Member
from platformdb.seeding.model import Definition, Shape, Table, TableFact
from platformdb.seeding.rows.world import Draft, World
from platformdb.seeding.shape.graphs import Mutual, Pairs
from platformdb.seeding.shape.shapes import Per

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream


@dataclass(frozen=True, slots=True)
class Left:
    """The shape of a table that is left out: no rows, with the links of its own ``shape``."""

    shape: Shape

    def lay(self, world: World, stream: Stream) -> Draft:
        """No rows."""
        return self.shape.lay(world if world.empty else World(world.definition, world.seed, empty=True), stream)


def chosen_tables(definition: Definition, names: tuple[str, ...], facts: Mapping[str, TableFact]) -> frozenset[str]:
    """These tables and all that they need; all of the definition where none is named.

    Raises:
        ConfigError: a table is not in the definition.
    """
    if unknown := [name for name in names if name not in definition.tables]:
        known = ", ".join(definition.tables)
        raise ConfigError(f"--tables: {definition.source} has no table '{unknown[0]}'", help=f"it has {known}")
    chosen: set[str] = set()
    waiting = list(names or definition.tables)
    while waiting:
        name = waiting.pop()
        if name in chosen or name not in definition.tables:
            continue
        chosen.add(name)
        waiting += _sources(definition.tables[name])
        waiting += (*facts[name].needs, *facts[name].deferrable) if name in facts else ()
    return frozenset(chosen)


def narrowed(definition: Definition, chosen: frozenset[str]) -> Definition:
    """The same definition, in which only the chosen tables have rows."""
    tables = {
        name: table if name in chosen else replace(table, rows=Left(table.rows))
        for name, table in definition.tables.items()
    }
    return replace(definition, tables=tables)


def _sources(table: Table) -> Iterator[str]:
    """The tables that its rows come from, or are taken from."""
    match table.rows:
        case Per(of=sources):
            yield from (source.table for source in sources)
        case Pairs(left=left, right=right):
            yield from (left.table, right.table)
        case Mutual(of=edges):
            yield edges
    for value in (*table.links.values(), *table.helpers.values(), *table.columns.values()):
        match value.generator:
            case Draw(table=name) | Member(of=name):
                yield name
