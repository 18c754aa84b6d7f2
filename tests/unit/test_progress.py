from __future__ import annotations

import io
import os
from contextlib import suppress

import pytest
from rich.console import Console

from platformdb.report.model import Step, StepResult, StepState
from platformdb.report.progress import SLOW_MS, Observer, PlainLines, Silent, live_display

INDEX = Step("index", "idx_[a]", "why")


def lines(*events: tuple[str, object]) -> list[str]:
    stream = io.StringIO()
    observer = PlainLines(stream)
    for name, value in events:
        getattr(observer, name)(*value) if isinstance(value, tuple) else getattr(observer, name)(value)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (("migrate", 3), ["== migrate (3 steps)"]),
        (("bench", 1), ["== bench (1 step)"]),
        (("seed",), ["== seed"]),
        (("counters", 0), []),
    ],
)
def test_a_stage_is_announced_unless_it_is_empty(stage: tuple[object, ...], said: list[str]) -> None:
    assert lines(("stage", stage)) == said


def test_a_step_that_took_a_while_is_a_sign_of_life() -> None:
    slow = StepResult(INDEX, StepState.APPLIED, 12_340)
    assert lines(("started", INDEX), ("finished", slow)) == ["applied idx_[a] (12.3 s)"]
    assert lines(("finished", StepResult(INDEX, StepState.FAILED, 2000))) == ["failed idx_[a] (2.0 s)"]


def test_a_quick_step_is_no_news() -> None:
    assert lines(("started", INDEX), ("finished", StepResult(INDEX, StepState.APPLIED, SLOW_MS - 1))) == []


def test_a_note_is_its_text() -> None:
    assert lines(("note", "waiting")) == ["waiting"]


def every_event(observer: Observer) -> None:
    observer.finished(StepResult(INDEX, StepState.APPLIED))
    for title in ("first", "second"):
        observer.stage(title, 2)
        observer.started(INDEX)
        observer.finished(StepResult(INDEX, StepState.APPLIED))
        observer.note("[waiting] for /it")
    observer.stage("open end")


def test_silence_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    every_event(Silent())
    assert capfd.readouterr() == ("", "")


def test_a_live_display_keeps_notes_and_removes_itself() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, color_system=None)
    with live_display(console) as display:
        every_event(display)
    assert stream.getvalue().count("[waiting] for /it") == 2
    assert stream.getvalue().endswith("\x1b[2K") or "first" not in stream.getvalue().splitlines()[-1]


def test_work_goes_on_where_nobody_can_listen() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with suppress(BrokenPipeError), os.fdopen(writer, "w") as stream:
        PlainLines(stream).note("hello")
