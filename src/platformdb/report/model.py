"""The two shapes that carry everything, and the report that holds them.

A check says Findings; a change does Steps. Whatever a command did, it ends as one Report,
and one rule turns a Report into an exit code.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from platformdb.errors import Place
from platformdb.report.history import Entry, Record


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


class Origin(Protocol):
    """Where a statement's text stands in a file, so that a server's position becomes a place for people."""

    def place(self, offset: int) -> Place:
        """The place of a 0-based character of the statement's text."""


class CopyData(Protocol):
    """The rows below a ``COPY … FROM stdin``, read again when they are sent, for they may be larger than memory."""

    @property
    def digest(self) -> str:
        """SHA-256 of the rows, in hexadecimal."""

    def chunks(self) -> Iterator[bytes]:
        """The rows in pieces, without the line that ends them.

        Raises:
            Refused: the file is no longer what was read.
        """


class Listener(Protocol):
    """Hears what the server said to one statement, while the next one may run already: it is to be quick."""

    def __call__(self, rows: int | None, seconds: float, value: bytes | None, /) -> None:
        """``value`` is the first field of the first row, as text."""


@dataclass(frozen=True, slots=True)
class Probe:
    """How the catalog tells whether a statement's work is there, whatever its connection heard of it.

    ``kind`` names a question that ``postgres.postconditions`` can ask of ``name`` (as written in the SQL, quoted
    where it was) and, where it has one, of ``table``.
    """

    kind: str
    name: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL sent as it is. Files go without parameters, the tool's own SQL binds its values.

    ``shown`` replaces ``sql`` wherever it is stored or printed, if it holds secrets. ``probe`` is asked after it ran.
    ``prepared`` is the name under which the session has it already. ``listener`` hears the server's answer.
    """

    sql: str
    parameters: tuple[object, ...] | None = None
    origin: Origin | None = None
    data: CopyData | None = None
    shown: str | None = None
    probe: Probe | None = None
    prepared: str = ""
    listener: Listener | None = None

    @property
    def text(self) -> str:
        """What may be stored and printed; of COPY data only how to recognise it."""
        text = self.sql if self.shown is None else self.shown
        return text if self.data is None else f"{text} -- data: sha256:{self.data.digest}"


def ended(sql: str) -> str:
    """A statement with its semicolon, which a comment at its end must not swallow."""
    return f"{sql}\n;" if "--" in sql.rpartition("\n")[2] else f"{sql};"


def as_script(statements: Sequence[Statement]) -> str:
    """Statements as one text, for reading; secrets are masked, and the last has no semicolon."""
    return "\n".join((*(ended(s.text) for s in statements[:-1]), *(s.text for s in statements[-1:])))


# Outside comments, in which somebody may say why it is not used.
_CONCURRENTLY = re.compile(
    r"\s*(?:create|drop|reindex)\b(?:--[^\n]*\n|/\*.*?\*/|[^-/]|-(?!-)|/(?!\*))*?\bconcurrently\b",
    re.IGNORECASE | re.DOTALL,
)


class Leaves(enum.IntEnum):
    """What a step may leave behind in its session, which the next one must not find."""

    NOTHING = 0
    SETTINGS = 1  # search_path, role, lock_timeout …
    ANYTHING = 2  # temporary tables, prepared statements, cursors …


@dataclass(frozen=True, slots=True)
class Step:
    """What a change will do: its SQL, its subject, whether it runs in a transaction, and why it is there.

    ``settings`` are replayed before the statements: what earlier segments of the same file set for the session.
    ``lock_timeout`` overrides the run's ("2s"; "0" waits for ever). ``begin`` opens the transaction, and may ask for
    an isolation level. ``leaves`` says what has to be undone in the session afterwards. ``resumes``: an earlier attempt
    was cut short, so the statement's probe is asked before it runs. ``source`` is the file, for errors that name no
    statement. ``taken`` are rows about what others did before, with times of their own; such a step has no ``record``.
    """

    kind: str
    subject: str
    reason: str
    statements: tuple[Statement, ...] = ()
    transactional: bool = True
    record: Record | None = None
    source: Place | None = None
    settings: tuple[Statement, ...] = ()
    lock_timeout: str | None = None
    begin: str = "BEGIN"
    leaves: Leaves = Leaves.SETTINGS
    resumes: bool = False
    taken: tuple[Entry, ...] = ()

    @property
    def sql(self) -> str:
        """The step's SQL as one text, for reading; secrets are masked."""
        return as_script(self.statements)

    @property
    def is_concurrent(self) -> bool:
        """Whether a statement takes PostgreSQL's slow way, which locks nobody out and so may wait for ever.

        DETACH PARTITION CONCURRENTLY is none: at its end it locks the partition out.
        """
        return not self.transactional and any(_CONCURRENTLY.match(statement.sql) for statement in self.statements)


class StepState(enum.StrEnum):
    """What became of a step."""

    PLANNED = "planned"
    APPLIED = "applied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step and what became of it.

    ``rows`` counts what its last statement wrote, where that says something; ``statements_ms`` is how long each took.
    """

    step: Step
    state: StepState
    elapsed_ms: float = 0.0
    rows: int | None = None
    statements_ms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people to read; the same facts stand in ``Report.data`` for programs.

    ``spare`` names the columns that a narrow terminal goes without, the first of them first. ``grouped``: rows that
    follow each other and have the same first cell belong together. ``notable`` are the numbers of the rows that
    somebody in a hurry reads.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    spare: tuple[str, ...] = ()
    grouped: bool = False
    notable: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was checked, for what counts checks: it failed if one of its findings is an error.

    ``suite`` is what it belongs to, ``facts`` are figures by name.
    """

    suite: str
    name: str
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    elapsed_ms: float = 0.0


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

    ``facts`` are named texts that must stay whole when they are copied, such as a URL. ``cases`` are what was checked
    one by one; their findings stand in ``findings``, too, or one whose subject is the suite for all of its cases.

    ``raw`` is for commands whose whole result is one line for a pipe (a URL): text output is then just that.
    ``folded`` leaves the single steps out of the text, where the summary counts them.
    """

    summary: str
    outcome: Outcome = Outcome.DONE
    steps: tuple[StepResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    cases: tuple[Case, ...] = ()
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
