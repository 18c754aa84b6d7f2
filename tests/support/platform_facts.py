"""What a platform promises, as data: the tests of every platform (tests/platforms/test_every_platform.py) read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from platformdb.postgres.connect import Connection

# One valid row of a table: its values, whatever parents it needs made before.
Row = Callable[[Connection], Mapping[str, Any]]
# What must fail on a constraint: values that make the valid row wrong, or something done with the connection.
Violation = Mapping[str, Any] | Callable[[Connection], object]


@dataclass(frozen=True, slots=True)
class PlanFact:
    """What a query's plan must show for every persona of the seeded database, with sequential scans discouraged.

    ``indexes`` are all used by at least one persona; ``rows`` is the most that any persona's plan may touch: the rows
    that its scans return, and those that they filter away.
    """

    indexes: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The document's own numbers, and ours where it gives none. ``foreign_keys`` and ``indexes`` are lower bounds there."""

    tables: int
    foreign_keys: int
    enums: int
    jsonb_columns: int
    indexes: Mapping[int, int]  # by tier, exactly


@dataclass(frozen=True, slots=True)
class Facts:
    """One platform.

    ``tables`` by phase ("001" …), without partitions. ``rows`` has a valid row for every table. ``violations`` has at
    least one for every CHECK, exclusion constraint and unique index that the catalog has beyond plain columns
    (NOT NULL, foreign keys and plain unique constraints are violated by the tests themselves, from the catalog), and
    for every rule that a trigger raises with a CONSTRAINT name. ``races`` names, for every trigger function but
    set_updated_at, the test in the platform's test_races.py that runs it concurrently. ``wrong_documents`` has three
    or more JSON texts that each contract refuses.
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
