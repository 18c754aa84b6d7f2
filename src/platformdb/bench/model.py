"""The gate's values: what a run of bench found, and what is judged about it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from platformdb.report.model import Finding, Severity
from platformdb.workload.model import Work
from platformdb.workload.plan_tree import PlanNode


class Gate(enum.StrEnum):
    """The gates in their order."""

    SERVABLE = "servable"
    PLAN = "plan"
    WORK = "work"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class HeldSeed:
    """What a database was seeded with, and up to which instant its story goes."""

    profile: str
    number: int
    rows: int
    scale: float = 1.0
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How a plan reads one relation: the part of the plan contract that is compared.

    ``place`` tells two readings of one table apart: the alias, with the subplan or branch it is in. ``method`` is
    "seq", "index", "index-only", "bitmap" or "other"; ``sought`` the index's columns in its condition, in the index's
    order, and those that a partial index's predicate settles; ``filtered`` the columns that are only checked row by
    row. ``partitions`` is how many of a partitioned table are read; 0 for other tables.
    """

    place: str
    relation: str
    method: str
    index: str = ""
    sought: tuple[str, ...] = ()
    filtered: tuple[str, ...] = ()
    backward: bool = False
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class Contract:
    """What a plan promises: how it reads each relation (sorted by place), how many rows it sorts, whether it spills.

    ``startup_cost`` and ``cost`` are the planner's, by which a tie is recognised.
    """

    accesses: tuple[Access, ...] = ()
    sorted_rows: int = 0
    spills: bool = False
    startup_cost: float = 0.0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Times:
    """Wall times of one query for one persona, in milliseconds; they inform, they gate nothing by themselves."""

    p50: float
    p95: float
    p99: float
    samples: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One query for one persona, as a run found it and as a reference keeps it. ``checksum`` is of the query's text."""

    query: str
    persona: str
    checksum: str
    purpose: str
    target_ms: float
    rule: str
    weight: float | None
    contract: Contract
    work: Work
    plan: PlanNode
    times: Times | None = None
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of bench found: the environment, and an entry for each query and persona in the files' order.

    ``server`` is the server's version ("18.6"), ``settings`` those of its settings that plans depend on, ``tables`` the
    rows of each table. ``noise`` is by how much equal rounds differed in time (0.1: a tenth).
    """

    platform: str
    server: str
    seed: HeldSeed | None
    settings: Mapping[str, str]
    tables: Mapping[str, int]
    entries: tuple[Entry, ...]
    noise: float | None = None
    taken: datetime | None = None
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gates say of one entry. ``reference`` is the entry that it was compared with, if there is one.

    ``failed`` is the first gate that did not pass; ``findings`` hold why, and ties as notes. ``changed`` says in a few
    words what is other than in the reference, ``plan`` the plan in about five.
    """

    entry: Entry
    reference: Entry | None = None
    findings: tuple[Finding, ...] = ()
    failed: Gate | None = None
    changed: str = ""
    plan: str = ""
    tie: bool = False

    @property
    def passed(self) -> bool:
        """Whether no gate failed."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Judged:
    """A run and what became of it; ``findings`` are those that are of no single entry (preflight, a missing query).

    ``gated`` are the gates that can fail in this run: time is none of them unless somebody asked for it.
    """

    run: Run
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...] = ()
    reference: Run | None = None
    gated: tuple[Gate, ...] = (Gate.SERVABLE, Gate.PLAN, Gate.WORK)
