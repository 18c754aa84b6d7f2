"""The two shapes that carry everything, and the report that holds them.

A check says Findings; a change does Steps. Whatever a command did, it ends as one Report,
and one rule turns a Report into an exit code.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from platformdb.errors import Place


class Severity(enum.StrEnum):
    """How much a finding matters: only an error changes the exit code."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has to say.

    ``rule`` is a stable id, ``subject`` the thing it is about (a table, a file, a query),
    ``place`` where to look, ``help`` what to do about it.
    """

    rule: str
    message: str
    subject: str = ""
    severity: Severity = Severity.ERROR
    place: Place | None = None
    help: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL sent in one message. Files go without parameters, the tool's own SQL binds its values."""

    sql: str
    parameters: tuple[object, ...] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the history will say of a step: written in the step's own transaction where it has one.

    A file with statements that refuse a transaction has several ``segments``; it counts as applied when the last is.
    """

    platform: str
    kind: str
    version: str
    name: str
    checksum: str
    segment: int = 1
    segments: int = 1
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the history: a record, and when and how long it ran."""

    record: Record
    applied_at: datetime
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class History:
    """What ran so far, oldest first. ``exists`` says whether there is a history table at all."""

    exists: bool
    entries: tuple[Entry, ...] = ()

    def of(self, kind: str) -> tuple[Entry, ...]:
        """The entries of one kind."""
        return tuple(entry for entry in self.entries if entry.record.kind == kind)


@dataclass(frozen=True, slots=True)
class Step:
    """What a change will do: its SQL, its subject, whether it runs in a transaction, and why it is there.

    ``source`` is where in a file the first statement's text begins, so that server positions become file positions.
    """

    kind: str
    subject: str
    reason: str
    statements: tuple[Statement, ...] = ()
    transactional: bool = True
    record: Record | None = None
    source: Place | None = None

    @property
    def sql(self) -> str:
        """The step's SQL as one text, for reading."""
        return ";\n".join(statement.sql for statement in self.statements)


class StepState(enum.StrEnum):
    """What became of a step."""

    PLANNED = "planned"
    APPLIED = "applied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step and what became of it. ``rows`` counts what it wrote, where that says something."""

    step: Step
    state: StepState
    elapsed_ms: float = 0.0
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people to read; the same facts stand in ``Report.data`` for programs."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


class Outcome(enum.IntEnum):
    """How a command ended; the value is the exit code."""

    DONE = 0
    FOUND = 1
    CONFIGURATION = 2
    REFUSED = 3
    FAILED = 4
    NOT_NOW = 5
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Report:
    """How a command went. ``summary`` is one line; ``next`` holds commands worth trying now.

    ``facts`` are named texts that must stay whole when they are copied, such as a URL.

    ``raw`` is for commands whose whole result is one line for a pipe (a URL): text output is then just that.
    ``folded`` leaves the single steps out of the text, where the summary counts them.
    """

    summary: str
    outcome: Outcome = Outcome.DONE
    steps: tuple[StepResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    next: tuple[str, ...] = ()
    raw: str | None = None
    folded: bool = False

    @property
    def exit_code(self) -> int:
        """The outcome's code, or 1 where a check that otherwise went well found an error."""
        if self.outcome is Outcome.DONE and any(finding.severity is Severity.ERROR for finding in self.findings):
            return Outcome.FOUND
        return int(self.outcome)

    @property
    def ok(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0

    def but(self, **changes: Any) -> Report:
        """This report with some fields replaced."""
        return replace(self, **changes)
