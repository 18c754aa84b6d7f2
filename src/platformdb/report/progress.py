"""What a user sees while work goes on: a live display on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol, TextIO

from platformdb.report.model import Step, StepResult
from platformdb.report.words import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


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

    def progress(self, text: str) -> None:
        """How far the step under way is; said every now and then, each time in place of what was said before."""


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

    def progress(self, text: str) -> None:
        """Ignored."""


SLOW_MS = 1000
# Between two lines on how far a step is: an hour of waiting is not to fill a log.
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0


class PlainLines:
    """One line an event, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._pause = FIRST_PAUSE_SECONDS
        self._next = 0.0
        self._said = ""

    def _write(self, text: str) -> None:
        with suppress(OSError):  # work goes on where nobody listens: a closed pipe, a full disk
            self._stream.write(text + "\n")
            self._stream.flush()

    def stage(self, title: str, total: int | None = None) -> None:
        """``== title (N steps)``."""
        if total != 0:
            self._write(f"== {title}" + (f" ({counted(total, 'step')})" if total else ""))

    def started(self, step: Step) -> None:
        """Nothing: the line comes when the step has ended."""
        self._pause, self._said = FIRST_PAUSE_SECONDS, ""
        self._next = time.monotonic() + self._pause

    def finished(self, result: StepResult) -> None:
        """A line for a step that took a while, as a sign of life; the result lists every step anyway."""
        if result.elapsed_ms >= SLOW_MS:
            self._write(f"{result.state.value} {result.step.subject} ({result.elapsed_ms / 1000:.1f} s)")

    def note(self, text: str) -> None:
        """The text."""
        self._write(text)

    def progress(self, text: str) -> None:
        """The text, where it is another one and the last is a while ago."""
        now = time.monotonic()
        if text != self._said and now >= self._next:
            self._write(text)
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            self._said, self._next = text, now + self._pause


class LiveDisplay:
    """A bar per stage that is under way, gone when it ends.

    It appears with the first stage: before, a command may ask a question, which the display would draw over (and
    rich 15 swallows Ctrl-C while it redirects stdout).
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def stage(self, title: str, total: int | None = None) -> None:
        """Replaces the bar."""
        self._progress.start()
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(title, total=total, subject="")

    def started(self, step: Step) -> None:
        """Names the step beside the bar."""
        if self._task is not None:
            self._progress.update(self._task, subject=step.subject)

    def finished(self, result: StepResult) -> None:
        """Moves the bar."""
        if self._task is not None:
            self._progress.advance(self._task)

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._progress.console.print(text, highlight=False, markup=False)

    def progress(self, text: str) -> None:
        """Beside the bar, in place of the step's name."""
        if self._task is not None:
            self._progress.update(self._task, subject=text)


@contextmanager
def live_display(console: Console) -> Iterator[LiveDisplay]:
    """A display on a terminal, removed at the end."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[subject]}", style="dim", markup=False),
        TimeElapsedColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    try:
        yield LiveDisplay(progress)
    finally:
        progress.stop()
