"""The steps that bring the database to where the files are, or back to an earlier version: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from platformdb.migrations.model import Kind, Migration, Standing, State
from platformdb.migrations.passed import mark_step
from platformdb.report.history import Event, Record
from platformdb.report.model import Statement, Step

# States from which a run goes on; OUT_OF_ORDER joins them where the user allows it.
DUE = (State.PENDING, State.FAILED, State.PARTIAL, State.CHANGED)
REASONS = {
    State.PENDING: "not applied yet",
    State.FAILED: "failed before",
    State.PARTIAL: "stopped here before",
    State.CHANGED: "the file changed",
    State.OUT_OF_ORDER: "out of order, as allowed",
}

# Callback files by the event they belong to, read.
Callbacks = Mapping[str, Sequence[Migration]]


def plan_migrate(
    platform: str, due: Iterable[Standing], callbacks: Callbacks, *, marked: Collection[Standing] = ()
) -> tuple[Step, ...]:
    """One step per segment of what is due, in the order given, with callbacks around; nothing due, nothing at all.

    Of what is ``marked`` there is only a row to be written.
    """
    steps: list[Step] = []
    for standing in due:
        if standing in marked:
            steps.append(mark_step(platform, standing))
        else:
            steps += _with_callbacks(_forward(platform, standing), "Migrate", callbacks)
    return _surrounded(steps, "Migrate", callbacks)


def plan_down(
    platform: str, leaving: Iterable[Standing], undo: Mapping[str, Migration], callbacks: Callbacks
) -> tuple[Step, ...]:
    """One step per segment of the undo files, by the versions of what is to be left, in the order given."""
    steps = [
        step
        for standing in leaving
        for step in _with_callbacks(_backward(platform, standing, undo[standing.version]), "Down", callbacks)
    ]
    return _surrounded(steps, "Down", callbacks)


def _forward(platform: str, standing: Standing) -> Iterator[Step]:
    migration = standing.migration
    assert migration is not None  # noqa: S101 - what is due was read
    past = standing.past
    # A repeatable file begins anew: what ran of it may have been of another text.
    done = past.done if past and standing.kind is Kind.VERSIONED else 0
    # What had not run may be gone from the file since: then the last part that ran completes it, in the history.
    ran_whole = done == len(migration.segments)
    late = standing.state is State.OUT_OF_ORDER or (past is not None and past.out_of_order)
    record = _record(platform, migration, out_of_order=late)
    for step in _steps(migration, record, REASONS[standing.state], skip=min(done, len(migration.segments) - 1)):
        first = step.record is not None and step.record.segment == done + 1
        if ran_whole:
            yield replace(step, statements=(), transactional=True)
        else:
            yield replace(step, resumes=True) if first and _was_tried(standing) else step


def _was_tried(standing: Standing) -> bool:
    """Whether nobody knows its outcome. An error is one: what the catalog shows then is not this statement's work."""
    return standing.past is not None and standing.past.started is not None


def _backward(platform: str, standing: Standing, undo: Migration) -> Iterator[Step]:
    past = standing.past
    record = replace(
        _record(platform, undo, out_of_order=False),
        kind=standing.kind,
        version=standing.version,
        name=standing.name,
        event=Event.REVERTED,
    )
    undone, total = past.undone if past else 0, len(undo.segments)
    for step in _steps(undo, record, f"takes back {standing.shown}", skip=min(undone, total - 1)):
        first = step.record is not None and step.record.segment == undone + 1
        if undone == total:  # as forward: the last part that ran completes it
            yield replace(step, statements=(), transactional=True)
        else:
            yield replace(step, resumes=first and _was_tried(standing))


def _record(platform: str, migration: Migration, *, out_of_order: bool) -> Record:
    file = migration.file
    count = len(migration.segments)
    kind = Kind.VERSIONED if file.kind is Kind.BASELINE else file.kind
    return Record(
        platform, kind, file.version, file.name, migration.checksums, segments=count, out_of_order=out_of_order
    )


def completes_baseline(migration: Migration, segment: int) -> bool:
    """Whether with this segment all versions up to the file's own count as there."""
    return migration.file.kind is Kind.BASELINE and segment == len(migration.segments)


def _steps(migration: Migration, record: Record, reason: str, *, skip: int) -> Iterator[Step]:
    """One step per segment from ``skip`` on; each replays what the segments before it set for the session."""
    total = len(migration.segments)
    for number, segment in enumerate(migration.segments, 1):
        if number > skip:
            event = Event.BASELINE if completes_baseline(migration, number) else record.event
            yield Step(
                kind=migration.file.kind,
                subject=migration.file.shown,
                reason=reason + (f", part {number} of {total}" if total > 1 else ""),
                statements=segment.statements,
                transactional=not segment.solo,
                record=replace(record, segment=number, digest=segment.digest, text=segment.text, event=event),
                source=segment.place,
                settings=_settings_before(migration, number),
                lock_timeout=migration.lock_timeout,
                begin=segment.begin,
                leaves=migration.leaves,
            )


def _settings_before(migration: Migration, number: int) -> tuple[Statement, ...]:
    """What the segments before one set for the session."""
    return tuple(setting for before in migration.segments[: number - 1] for setting in before.settings)


def callback_steps(event: str, callbacks: Callbacks) -> tuple[Step, ...]:
    """The steps of one event's callbacks; they leave no row in the history."""
    return tuple(
        Step(
            kind=Kind.CALLBACK,
            subject=migration.file.shown,
            reason=event,
            statements=segment.statements,
            transactional=not segment.solo,
            source=segment.place,
            settings=_settings_before(migration, number),
            lock_timeout=migration.lock_timeout,
            begin=segment.begin,
            leaves=migration.leaves,
        )
        for migration in callbacks.get(event, ())
        for number, segment in enumerate(migration.segments, 1)
        if segment.statements
    )


def failure_steps(verb: str, callbacks: Callbacks) -> tuple[Step, ...]:
    """What runs after a failure: the callbacks of the file that failed, then those of the run."""
    return (*callback_steps(f"afterEach{verb}Error", callbacks), *callback_steps(f"after{verb}Error", callbacks))


def _surrounded(steps: Sequence[Step], verb: str, callbacks: Callbacks) -> tuple[Step, ...]:
    if not steps:
        return ()
    return (*callback_steps(f"before{verb}", callbacks), *steps, *callback_steps(f"after{verb}", callbacks))


def _with_callbacks(steps: Iterable[Step], verb: str, callbacks: Callbacks) -> tuple[Step, ...]:
    """One file's steps between the callbacks of each file."""
    members = tuple(steps)
    if not members:
        return ()
    members = (*_joined(callback_steps(f"beforeEach{verb}", callbacks), members[0], ahead=True), *members[1:])
    return (*members[:-1], *_joined(callback_steps(f"afterEach{verb}", callbacks), members[-1], ahead=False))


def _joined(callbacks: Sequence[Step], step: Step, *, ahead: bool) -> tuple[Step, ...]:
    """The callbacks in the step's transaction, to hold or fall with it; beside it where one of them refuses that."""
    if step.transactional and all(callback.transactional for callback in callbacks):
        more = tuple(statement for callback in callbacks for statement in callback.statements)
        leaves = max((step.leaves, *(callback.leaves for callback in callbacks)))
        whole = (*more, *step.statements) if ahead else (*step.statements, *more)
        return (replace(step, statements=whole, leaves=leaves),)
    return (*callbacks, step) if ahead else (step, *callbacks)
