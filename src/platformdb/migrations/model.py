"""What a migration is: values only."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from platformdb.errors import Place
from platformdb.migrations.reading import Reading
from platformdb.report.history import Checksums, Entry, History
from platformdb.report.model import Finding, Leaves, Severity, Statement, Step, as_script

if TYPE_CHECKING:
    pass


class Kind(enum.StrEnum):
    """When a file is run: once, in order of version; whenever it changed; to take a version back; at an event.

    A baseline file is run where nothing ran yet, instead of all versions up to its own.
    """

    VERSIONED = "versioned"
    REPEATABLE = "repeatable"
    UNDO = "undo"
    CALLBACK = "callback"
    BASELINE = "baseline"


VERSION = r"[0-9]+(?:[._][0-9]+)*"


def is_version(text: str) -> bool:
    """Whether a text is a version: ``001``, ``1.2``, ``20261121120000``."""
    return re.fullmatch(VERSION, text) is not None


@cache
def version_key(version: str) -> tuple[int, ...]:
    """Sort key of a version such as ``001`` or ``1.2``: part by part as integers, so 2 comes before 10."""
    return tuple(int(part) for part in re.split(r"[._]", version) if part)


# What a file and its rows in the history have in common.
Identity = tuple[Kind, tuple[int, ...] | str]


def identify(kind: Kind, version: str, name: str) -> Identity:
    """A file with a version is that version, whatever its title; one without is its path."""
    return Kind.VERSIONED if kind is Kind.BASELINE else kind, version_key(version) if version else name


class Candidate(NamedTuple):
    """A file of which only the name is known; with its checksum it is a MigrationFile, which see."""

    kind: Kind
    version: str
    name: str
    path: str
    shown: str
    reading: Reading | None = None
    alone: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """A file that was found and not yet read for what it says; ``raw`` is the SHA-256 of its bytes, in hexadecimal.

    ``path`` is a text, for there may be 100,000 of them, and a Path takes longer to make than a small file to read.
    ``includes`` says that it seems to include others, so that its own bytes are not all that it says.

    ``version`` is "" for repeatable files and callbacks, whose ``name`` is their path; ``shown`` is how people know it.

    Of another tool's file ``reading`` says how it is read, ``alone`` that a file beside it takes it out of
    transactions, and ``language`` in which one it is written where that is not SQL: only its own tool can run it.
    """

    kind: Kind
    version: str
    name: str
    path: str
    shown: str
    raw: str
    includes: bool = False
    reading: Reading | None = None
    alone: bool = False
    language: str = ""

    @property
    def identity(self) -> Identity:
        """What its rows in the history are found by."""
        return identify(self.kind, self.version, self.name)


@dataclass(frozen=True, slots=True)
class Files:
    """All files of a platform, versioned ones by version, then repeatable ones by name; what is wrong with them.

    ``unread`` has the identities of files that are there but could not be opened. ``callbacks`` are by event
    (``afterMigrate``), those of one event by name. ``baselines`` are not among the migrations until one is chosen.
    """

    platform: str
    migrations: tuple[MigrationFile, ...]
    undo: Mapping[tuple[int, ...], MigrationFile] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    unread: frozenset[Identity] = frozenset()
    callbacks: Mapping[str, tuple[MigrationFile, ...]] = field(default_factory=dict)
    baselines: tuple[MigrationFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of statements in one transaction, or one statement that refuses a transaction (``solo``).

    ``settings`` are those among them that set something for the session: the segments after it rely on them.
    ``begin`` is how the file opens the transaction itself, where it does. ``text`` is what may be stored and printed,
    ``digest`` the SHA-256 of its tokens.
    """

    statements: tuple[Statement, ...]
    solo: bool
    place: Place
    digest: str
    settings: tuple[Statement, ...] = ()
    begin: str = "BEGIN"

    @property
    def text(self) -> str:
        """The segment's SQL, secrets masked."""
        return as_script(self.statements)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a file wants to find: other files, extensions of the server with the place that asks for them.

    It cannot run without ``extensions``, and waits where one of ``awaited`` is not there.
    """

    files: tuple[tuple[str, Place], ...] = ()
    extensions: tuple[tuple[str, Place], ...] = ()
    awaited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The objects that a file makes and those that it refers to: ``function f``, ``relation s.t``, ``type t``."""

    defined: frozenset[str] = frozenset()
    referenced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file read whole: rendered, split into segments, understood.

    ``destructive`` says where and why statements lose data; ``leaves`` what they may leave in the session.
    """

    file: MigrationFile
    checksums: Checksums
    segments: tuple[Segment, ...]
    lock_timeout: str | None = None
    needs: Needs = Needs()
    names: Names = Names()
    destructive: tuple[tuple[Place, str], ...] = ()
    leaves: Leaves = Leaves.ANYTHING
    remarks: tuple[Finding, ...] = ()


class State(enum.StrEnum):
    """How a migration stands between files and history."""

    APPLIED = "applied"
    BASELINE = "baseline"  # at or below the baseline: there before platformdb
    PENDING = "pending"
    WAITING = "waiting"  # repeatable: for an extension that the server does not have
    CHANGED = "changed"  # repeatable: will be applied again
    COSMETIC = "edited"  # versioned: only comments or white space differ from what was applied
    MODIFIED = "modified"  # versioned: the file no longer says what was applied
    MISSING = "missing"  # applied, but the file is gone
    UNREADABLE = "unreadable"  # the file is there, but a finding of its own says why it cannot be read
    NOT_SQL = "not SQL"  # a step in another language: only its own tool can run it
    OUT_OF_ORDER = "out of order"  # pending below an applied version
    FAILED = "failed"  # the last run failed in it; it will be tried again
    PARTIAL = "partial"  # stopped between segments
    HALF_UNDONE = "half undone"  # its undo file stopped between segments
    INTERRUPTED = "interrupted"  # stopped in a statement outside any transaction: it may have run or not


@dataclass(frozen=True, slots=True)
class Past:
    """What the history says of one migration: the fold of its rows.

    ``done`` of ``segments`` segments ran, with these ``digests``; ``whole`` says that all did. ``started`` is the row
    of a statement outside a transaction of which no outcome is known, ``failed`` that of a last attempt that failed.
    ``undone`` counts the segments of its undo file that ran, where that stopped in the middle.
    """

    last: Entry
    checksums: Checksums
    done: int = 0
    segments: int = 1
    digests: tuple[str, ...] = ()
    entries: tuple[int, ...] = ()
    started: Entry | None = None
    failed: Entry | None = None
    elapsed_ms: float = 0.0
    out_of_order: bool = False
    undone: int = 0
    undone_digests: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every segment ran."""
        return self.done >= self.segments


@dataclass(frozen=True, slots=True)
class Standing:
    """A migration's state between its file and its past; each may be absent, not both.

    ``migration`` is there where the file had to be read: not where its bytes are those that were applied. ``awaits``
    are the extensions for which it waits.
    """

    kind: Kind
    version: str
    name: str
    state: State
    file: MigrationFile | None = None
    migration: Migration | None = None
    past: Past | None = None
    awaits: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """How people know it."""
        return self.file.shown if self.file else f"{self.version}_{self.name}" if self.version else self.name

    @property
    def applied_at(self) -> datetime | None:
        """When the last of it was applied, where any of it was."""
        return self.past.last.applied_at if self.past and self.past.done else None


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps to do and findings, of which errors forbid doing them.

    ``on_failure`` are steps to do when one of the others failed. ``stop`` says why the steps end before the end.
    ``later`` are steps that are planned again before they run, for those before them change what they see.
    """

    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    later: tuple[Step, ...] = ()
    on_failure: tuple[Step, ...] = ()
    stop: Finding | None = None

    @property
    def forbidden(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Planner:
    """Another capability with steps to run under the same lock, after the migrations (index tier 1, for one).

    ``findings`` is what was wrong with its files; ``plan`` asks a connection what there is to do.
    """

    plan: Callable[[Any, History], Plan]
    findings: tuple[Finding, ...] = ()
