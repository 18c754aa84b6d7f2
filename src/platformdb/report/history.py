"""What the history says: rows as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class Event(enum.StrEnum):
    """What a row of the history says happened."""

    STARTED = "started"  # a statement outside any transaction is about to run
    APPLIED = "applied"
    FAILED = "failed"
    REVERTED = "reverted"  # an undo file ran
    BASELINE = "baseline"  # everything up to this version was there before platformdb
    ACCEPTED = "accepted"  # the file was edited, and somebody said that this is right


@dataclass(frozen=True, slots=True)
class Checksums:
    """Three SHA-256 of a file, in hexadecimal: its bytes; its text without BOM, CRLF and trailing blanks; its tokens.

    The last leaves out comments and white space: where it is the same, an edit was cosmetic.
    """

    raw: str
    normalised: str
    tokens: str


@dataclass(frozen=True, slots=True)
class Record:
    """What the history will say of a step: written in the step's own transaction where it has one.

    A file may have several ``segments``; it counts as applied when the last is. ``digest`` is the checksum of this
    segment's tokens, so that a later run can tell whether what ran is still what the file says.
    """

    platform: str
    kind: str
    version: str
    name: str
    checksums: Checksums
    segment: int = 1
    segments: int = 1
    digest: str = ""
    text: str = ""
    event: Event = Event.APPLIED
    out_of_order: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the history: a record without its text, when and how long it ran, and why it failed if it did."""

    record: Record
    applied_at: datetime
    elapsed_ms: float
    error: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What ran so far, oldest first. ``exists`` says whether there is a history table at all."""

    exists: bool
    entries: tuple[Entry, ...] = ()

    def of(self, kind: str) -> tuple[Entry, ...]:
        """The entries of one kind."""
        return tuple(entry for entry in self.entries if entry.record.kind == kind)
