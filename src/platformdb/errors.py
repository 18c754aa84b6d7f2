"""Everything that can go wrong, as one tree; each branch is one exit code.

PlatformdbError (70: a bug, unless a branch below says otherwise)
├── ConfigError   2  usage or configuration
├── Refused       3  nothing was changed
├── ApplyFailed   4  failed while changing; what was applied is in the report
├── NotNow        5  no server, or the lock is busy: try again later
└── Interrupted 130
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a file with 1-based line and column (in characters), or a named object.

    ``text`` is that line of the file, for the caret under it.
    """

    name: str
    line: int | None = None
    column: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.name, self.line, self.column) if part is not None)


class PlatformdbError(Exception):
    """Base of all errors a user can meet: what happened, then ``help``, what to do next.

    ``detail`` holds what a server or a program said, for the lines below the first.
    """

    exit_code = 70
    rule = "bug"

    def __init__(self, message: str, *, help: str = "", detail: str = "", place: Place | None = None) -> None:  # noqa: A002 - the field's name in every finding
        super().__init__(message)
        self.message = message
        self.help = help
        self.detail = detail
        self.place = place
        # Steps done before it (report.model.StepResult), where the error came from the middle of work.
        self.results: tuple[Any, ...] = ()


class ConfigError(PlatformdbError):
    """The command line, the environment or platformdb.toml asks for something that cannot be."""

    exit_code = 2
    rule = "configuration"


class Refused(PlatformdbError):
    """Refused before anything was changed."""

    exit_code = 3
    rule = "refused"


class ApplyFailed(PlatformdbError):
    """Failed while changing."""

    exit_code = 4
    rule = "apply-failed"


class NotNow(PlatformdbError):
    """Not possible now; the same command may succeed later."""

    exit_code = 5
    rule = "not-now"


class Interrupted(PlatformdbError):
    """Stopped by the user."""

    exit_code = 130
    rule = "interrupted"
