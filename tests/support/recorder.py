"""An observer that remembers what it heard."""

from __future__ import annotations

from platformdb.report.model import Step, StepResult


class Recorder:
    """Events in the order in which they came, as short texts."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def stage(self, title: str, total: int | None = None) -> None:
        self.events.append(f"stage {title} {total}")

    def started(self, step: Step) -> None:
        self.events.append(f"started {step.subject}")

    def finished(self, result: StepResult) -> None:
        self.events.append(f"{result.state.value} {result.step.subject}")

    def note(self, text: str) -> None:
        self.events.append(f"note {text}")

    def progress(self, text: str) -> None:
        self.events.append(f"progress {text}")
