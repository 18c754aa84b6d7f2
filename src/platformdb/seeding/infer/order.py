"""In which order tables are described: each after those its rows refer to, with circles cut where it costs least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from platformdb.seeding.fit.constraints import ForeignKey
from platformdb.seeding.model import TableFact


@dataclass(frozen=True, slots=True)
class Order:
    """Tables by their place in the order, and the foreign keys that are cut: (table, name of the key)."""

    places: Mapping[str, int]
    cut: frozenset[tuple[str, str]]


def may_lack(fact: TableFact, key: ForeignKey) -> bool:
    """Whether a row may refer to nothing by this key."""
    nullable = [not_null is False for not_null in (_not_null(fact, name) for name in key.columns)]
    return all(nullable) if key.full else any(nullable)


def arrange(tables: Mapping[str, TableFact]) -> Order:
    """Puts tables in order."""
    waiting = {name: [key for key in fact.foreign_keys if key.table != name] for name, fact in tables.items()}
    places: dict[str, int] = {}
    cut: set[tuple[str, str]] = set()
    while waiting:
        ready = [name for name, keys in waiting.items() if not _open(keys, waiting)]
        for name in ready or [_cheapest(tables, waiting)]:
            cut |= {(name, key.name) for key in _open(waiting[name], waiting)}
            places[name] = len(places)
        waiting = {name: keys for name, keys in waiting.items() if name not in places}
    return Order(places, frozenset(cut))


def _open(keys: list[ForeignKey], waiting: Mapping[str, object]) -> list[ForeignKey]:
    return [key for key in keys if key.table in waiting]


def _cheapest(tables: Mapping[str, TableFact], waiting: Mapping[str, list[ForeignKey]]) -> str:
    """Of tables in circles the one with the fewest keys that must have a value at once."""

    def cost(name: str) -> tuple[int, int, int, int]:
        keys = _open(waiting[name], waiting)
        required = [key for key in keys if not may_lack(tables[name], key)]
        wanted = sum(name in (key.table for key in others) for others in waiting.values())
        return sum(not key.deferrable for key in required), len(required), len(keys), -wanted

    circle = _in_circles(waiting)
    return min(circle, key=cost)


def _in_circles(waiting: Mapping[str, list[ForeignKey]]) -> list[str]:
    """The tables that lead back to themselves; others only wait for them."""
    reach = {name: {key.table for key in _open(keys, waiting)} for name, keys in waiting.items()}
    return [name for name in waiting if name in _reached(name, reach)]


def _reached(name: str, reach: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    queue = list(reach[name])
    while queue:
        if (next_one := queue.pop()) not in seen:
            seen.add(next_one)
            queue += reach[next_one]
    return seen


def _not_null(fact: TableFact, name: str) -> bool:
    column = fact.column(name)
    return column is not None and column.not_null
