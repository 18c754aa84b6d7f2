"""What a user sees while work goes on: a live display on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from platformdb.report.model import Step, StepResult


class Observer(Protocol):
    """Hears of work as it happens. Work never waits for an answer."""

    def stage(self, title: str, total: int | None = None) -> None:
        """A new part of the work begins; ``total`` steps will follow where that is known."""

    def started(self, step: Step) -> None:
        """A step begins."""

    def finished(self, result: StepResult) -> None:
        """A step ended."""

    def note(self, text: str) -> None:
        """Something worth a line: a wait, a retry."""


class Silent:
    """Says nothing: for --quiet and for callers of the Python API."""

    def stage(self, title: str, total: int | None = None) -> None:
        """Ignored."""

    def started(self, step: Step) -> None:
        """Ignored."""

    def finished(self, result: StepResult) -> None:
        """Ignored."""

    def note(self, text: str) -> None:
        """Ignored."""


class PlainLines:
    """One line per event, for logs and pipes."""

    def __init__(self, write: object) -> None:
        self._write = write
