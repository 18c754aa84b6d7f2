"""What a migration is: values only."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platformdb.errors import Place
from platformdb.report.model import Finding, History, Step
from platformdb.sqltext.source import Source


class Kind(enum.StrEnum):
    """How a migration file is run: once in order of version, or again whenever it changed."""

    VERSIONED = "versioned"
    REPEATABLE = "repeatable"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of statements sent together: all in one transaction, or one statement that refuses a transaction.

    ``settings`` are those among them that set something for the session: the segments after it rely on them.
    """

    sql: str
    place: Place
    solo: bool
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file. ``version`` is "" for repeatable files, whose ``name`` is their path."""

    kind: Kind
    version: str
    name: str
    source: Source
    segments: tuple[Segment, ...]

    @property
    def key(self) -> tuple[int, ...]:
        """The version's parts as integers: 2 comes before 10, 1.2 before 1.10."""
        return version_key(self.version)


def version_key(version: str) -> tuple[int, ...]:
    """Sort key of a version such as ``001`` or ``1.2``."""
    return tuple(int(part) for part in version.replace("_", ".").split(".") if part)


# What a file and its rows in the history have in common.
Identity = tuple[Kind, tuple[int, ...] | str]


def identify(kind: Kind, version: str, name: str) -> Identity:
    """A versioned file is its version, whatever its title; a repeatable one its path."""
    return kind, version_key(version) if kind is Kind.VERSIONED else name


@dataclass(frozen=True, slots=True)
class Sources:
    """All migration files of a platform, and what was wrong with reading them.

    ``unread`` has the identities of files that are there but could not be read.
    """

    platform: str
    migrations: tuple[Migration, ...]
    findings: tuple[Finding, ...] = ()
    unread: frozenset[Identity] = frozenset()


class State(enum.StrEnum):
    """How a migration stands between files and history."""

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"  # repeatable: will be applied again
    MODIFIED = "modified"  # versioned: the file is no longer what was applied
    MISSING = "missing"  # applied, but the file is gone
    UNREADABLE = "unreadable"  # applied, and the file is there, but a finding of its own says why it cannot be read
    OUT_OF_ORDER = "out of order"  # pending below an applied version
    PARTIAL = "partial"  # stopped between segments


@dataclass(frozen=True, slots=True)
class Standing:
    """A migration's state, with when it was applied where it was; ``done`` counts its applied segments."""

    kind: Kind
    version: str
    name: str
    state: State
    applied_at: datetime | None = None
    elapsed_ms: float | None = None
    done: int = 0
    migration: Migration | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps to do and findings that forbid doing them."""

    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Planner:
    """Another capability with steps to run under the same lock, after the migrations (index tier 1, for one).

    ``findings`` is what was wrong with its files; ``plan`` asks a connection what there is to do.
    """

    plan: Callable[[Any, History], Plan]
    findings: tuple[Finding, ...] = ()
