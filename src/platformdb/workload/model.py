"""A platform's queries as values: as their files say, as the data has it, as they were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from platformdb.errors import Place
from platformdb.workload.plan_tree import PlanNode

# The personas of a population, the heavier first, and how each is chosen: by rank among those with a weight above 0, in
# ascending order of weight and then of the parameters.
RULES: Mapping[str, str] = {
    "heaviest": "the most {}",
    "p99": "more {} than 99 % of those who have any",
    "median": "more {} than half of those who have any",
    "newcomer": "the last to come",
    "nothing": "no {}",
}


@dataclass(frozen=True, slots=True)
class PersonaQuery:
    """``-- platformdb: persona=NAME``: a statement whose first row is one persona's parameters."""

    name: str
    sql: str
    place: Place


@dataclass(frozen=True, slots=True)
class Population:
    """``-- platformdb: personas="RULE"``: a statement with a row for everybody that the query may be run for.

    Its columns are the parameters $1, $2 … in order; then ``weight``, a number of what the rule says ("accounts
    followed"), and, if it likes, ``since``, when it came. From it the personas are chosen, see ``workload.personas``.
    """

    rule: str
    sql: str
    place: Place


@dataclass(frozen=True, slots=True)
class Gates:
    """What a query's file asks of its plan and its work, for every persona; beside what holds for every query.

    ``large`` is how many rows make a table large: no such table may be read in sequence, except those of ``whole``
    (tables by name, read whole on purpose). ``sorted`` is how many rows a sort may take; ``spill`` allows temporary
    files. ``buffers``, ``touched`` (rows touched per row returned) and ``wal_records`` are budgets; None is no budget.
    ``tolerance`` is by how many percent the work may grow beside a reference, where that is more than the run's: for an
    index in which chance has a hand (HNSW).
    """

    large: int = 1_000
    sorted: int = 10_000
    spill: bool = False
    whole: tuple[str, ...] = ()
    buffers: int | None = None
    touched: float | None = None
    wal_records: int | None = None
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Query:
    """A query as its file has it: what it is for, its target for the 99th percentile in milliseconds, and its gates.

    ``writes``: it changes rows (``rollback=on``) and runs only inside transactions that are rolled back. Where the
    server lacks ``extension`` it is not run. ``parameters`` is the highest $n of its text.
    """

    name: str
    purpose: str
    sql: str
    target_ms: float
    personas: tuple[PersonaQuery | Population, ...]
    place: Place
    gates: Gates = field(default_factory=Gates)
    extension: str = ""
    writes: bool = False
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class Persona:
    """A curated parameter set, found in the data. ``rule`` says how it was chosen, ``weight`` how much it has.

    ``parameters`` are the server's own texts, ``types`` the types of the columns that they came from, by number.
    """

    name: str
    parameters: tuple[str | None, ...] = ()
    rule: str = ""
    weight: float | None = None
    types: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """What one run did to one table, its indexes included, as the server counted it, in triggers and functions too.

    ``sequential`` and ``indexed`` are rows read by scans of either kind, ``scans`` the number of sequential scans,
    ``blocks`` the pages fetched of the table and of its indexes.
    """

    table: str
    sequential: int = 0
    indexed: int = 0
    scans: int = 0
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """What one run of a query costs in units that are the same in every run.

    ``buffers`` counts pages, shared hit and read together, of the plan's nodes; ``touched`` the rows that its scans
    read, ``removed`` those of them that a filter threw away, ``returned`` the rows of the result. ``tables`` adds what
    happens in functions and triggers, which the plan does not show.
    """

    buffers: int = 0
    touched: int = 0
    removed: int = 0
    returned: int = 0
    heap_fetches: int = 0
    temp_blocks: int = 0
    wal_records: int = 0
    tables: tuple[Touched, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A query for one persona: the plan as it ran, the plan without sequential scans, its work, and wall times in ms.

    ``steady`` is false where the work was not the same in every run that was counted.
    """

    query: Query
    persona: Persona
    plan: PlanNode
    forced: PlanNode
    work: Work
    samples_ms: tuple[float, ...] = ()
    steady: bool = True


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table of the database: ``name`` with its schema; rows and pages as the statistics have them.

    ``parent`` is the partitioned table that it is a partition of, the outermost one.
    """

    name: str
    rows: int
    pages: int
    parent: str = ""


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """An index of the database. ``columns`` are its key's columns or expressions, ``included`` those behind INCLUDE.

    ``constraint`` names the constraint that it serves, or is empty; ``parent`` the index of the partitioned table.
    Names have their schema.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    included: tuple[str, ...] = ()
    predicate: str = ""
    method: str = "btree"
    unique: bool = False
    constraint: str = ""
    definition: str = ""
    bytes: int = 0
    valid: bool = True
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Tables and indexes of a database by name, as far as plans and gates need them."""

    tables: tuple[TableFacts, ...] = ()
    indexes: tuple[IndexFacts, ...] = ()
