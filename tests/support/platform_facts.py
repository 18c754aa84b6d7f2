"""What a platform promises, as data: tests/platforms/test_every_platform_*.py hold every platform to it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdb.postgres.connect import Connection

# One valid row of a table: its values, whatever parents it needs made before.
Row = Callable[[Connection], Mapping[str, Any]]
# What must fail on a constraint: values that make the valid row wrong, or something done with the connection.
Violation = Mapping[str, Any] | Callable[[Connection], object]

FOLDER = Path(__file__).parent.parent / "platforms"


@dataclass(frozen=True, slots=True)
class PlanFact:
    """What a query's plan must show for every persona of the seeded database, with sequential scans discouraged.

    ``indexes`` are all used by at least one persona; ``rows`` is the most that any persona's plan may touch: the rows
    that its scans return, and those that they filter away. An index of a partition goes by its parent's name.
    """

    indexes: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many there are. The document's own numbers are lower bounds of these."""

    tables: int
    foreign_keys: int
    enums: int
    jsonb_columns: int
    indexes: Mapping[int, int]  # by tier


@dataclass(frozen=True, slots=True)
class Facts:
    """One platform.

    ``tables`` by phase ("001" …), without partitions. ``rows`` has a valid row for every table. ``violations`` has at
    least one for every CHECK, exclusion constraint and unique index that the catalog has beyond plain columns, and for
    every rule that a trigger raises with a CONSTRAINT name. NOT NULL, foreign keys and plain unique constraints are
    violated by the tests themselves, from the catalog; where that meets another rule first, an entry here goes before
    (``"table.column"`` for NOT NULL). ``filled`` are the columns ("table.column") that a trigger fills, so that a NULL
    cannot break them. ``served_otherwise`` are the foreign keys that no index leads with all columns of, and why that
    is right. ``races`` names, for every trigger function but set_updated_at, the test in the platform's test_races.py
    that runs it concurrently. ``wrong_documents`` has three or more JSON texts that each contract refuses.
    """

    name: str
    numbers: Numbers
    tables: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, Row]
    violations: Mapping[str, tuple[Violation, ...]]
    plans: Mapping[str, PlanFact]
    races: Mapping[str, str] = field(default_factory=dict)
    wrong_documents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    served_otherwise: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_tables(self) -> tuple[str, ...]:
        return tuple(table for phase in self.tables.values() for table in phase)


def described_platforms() -> tuple[str, ...]:
    """The platforms that have facts."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/facts.py")))


def facts_of(name: str) -> Facts:
    found = importlib.import_module(f"platforms.{name}.facts").FACTS
    assert isinstance(found, Facts)
    return found
