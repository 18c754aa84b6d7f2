"""Benchmarks as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platformdb.errors import Place


@dataclass(frozen=True, slots=True)
class Persona:
    """A curated parameter set: a query whose first row is passed to the benchmarked query."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query with a target for its 95th percentile, in milliseconds, and the personas it is run for.

    Where the server lacks ``extension`` it is not run.
    """

    name: str
    sql: str
    target_ms: float
    personas: tuple[Persona, ...]
    place: Place
    extension: str = ""


@dataclass(frozen=True, slots=True)
class HeldSeed:
    """What a database was seeded with."""

    profile: str
    number: int
    rows: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """A query run for one persona: wall times in milliseconds, as the client saw them, and the server's plan."""

    persona: str
    samples_ms: tuple[float, ...]
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A query's percentiles for its slowest persona, and whether the target is met.

    ``indexes`` names the indexes its plan reads, ``buffers`` the pages it touches (hit and read).
    """

    query: Query
    persona: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    execution_ms: float
    buffers: int
    indexes: tuple[str, ...]
    passed: bool
