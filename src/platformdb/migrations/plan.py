"""What to do, given the files and the history: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from platformdb.errors import Place
from platformdb.migrations.model import Kind, Migration, Sources, Standing, State, identify, version_key
from platformdb.report.model import Entry, Finding, History, Record, Severity, Statement, Step

# States that a run cannot pass: the history and the files contradict each other.
CONTRADICTIONS = (State.MODIFIED, State.MISSING, State.OUT_OF_ORDER)


def standings(sources: Sources, history: History) -> tuple[Standing, ...]:
    """Where every migration stands: versioned ones by version (missing ones among them), then repeatable ones."""
    versioned = _versioned(sources, history.of(Kind.VERSIONED))
    latest = {entry.record.name: entry for entry in history.of(Kind.REPEATABLE)}
    repeatable = [_repeatable(m, latest.pop(m.name, None)) for m in sources.migrations if m.kind is Kind.REPEATABLE]
    return (*versioned, *repeatable, *(_missing(entry, sources) for entry in latest.values()))


def _versioned(sources: Sources, entries: tuple[Entry, ...]) -> tuple[Standing, ...]:
    applied = {key: list(rows) for key, rows in groupby(entries, key=lambda e: version_key(e.record.version))}
    files = {m.key: m for m in sources.migrations if m.kind is Kind.VERSIONED}
    newest = max(applied, default=())
    found = []
    for key in sorted({*files, *applied}):
        if key not in files:
            found.append(_missing(applied[key][-1], sources))
        elif key not in applied:
            state = State.OUT_OF_ORDER if key < newest else State.PENDING
            found.append(_standing(files[key], state))
        else:
            found.append(_begun(files[key], applied[key]))
    return tuple(found)


def _standing(migration: Migration, state: State, entry: Entry | None = None, *, done: int = 0) -> Standing:
    return Standing(
        migration.kind,
        migration.version,
        migration.name,
        state,
        applied_at=entry.applied_at if entry else None,
        elapsed_ms=entry.elapsed_ms if entry else None,
        done=done,
        migration=migration,
    )


def _missing(entry: Entry, sources: Sources) -> Standing:
    record = entry.record
    kind = Kind(record.kind)
    state = State.UNREADABLE if identify(kind, record.version, record.name) in sources.unread else State.MISSING
    return Standing(kind, record.version, record.name, state, entry.applied_at, entry.elapsed_ms, record.segment)


def _begun(migration: Migration, entries: list[Entry]) -> Standing:
    """A versioned migration with rows in the history: whole, partial, or no longer what was applied."""
    last = entries[-1]
    if last.record.segment == last.record.segments:
        same = last.record.checksum == migration.source.checksum
        return _standing(migration, State.APPLIED if same else State.MODIFIED, last, done=last.record.segment)
    texts = [segment.sql for segment in migration.segments]
    ran = [entry.record.text for entry in entries]
    state = State.PARTIAL if texts[: len(ran)] == ran else State.MODIFIED
    return _standing(migration, state, last, done=len(ran))


def _repeatable(migration: Migration, entry: Entry | None) -> Standing:
    if entry is None:
        return _standing(migration, State.PENDING)
    whole = entry.record.segment == entry.record.segments
    same = whole and entry.record.checksum == migration.source.checksum
    return _standing(migration, State.APPLIED if same else State.CHANGED, entry)


def plan_steps(sources: Sources, found: Iterable[Standing]) -> tuple[Step, ...]:
    """The steps that bring the database to where the files are, one per segment."""
    return tuple(step for standing in found for step in _steps(sources.platform, standing))


def _steps(platform: str, standing: Standing) -> Iterator[Step]:
    migration = standing.migration
    if migration is None or standing.state not in {State.PENDING, State.PARTIAL, State.CHANGED}:
        return
    total = len(migration.segments)
    replayed = _settings_so_far(migration, standing)
    for number, segment in enumerate(migration.segments, 1):
        ran = standing.state is State.PARTIAL and number <= standing.done
        if ran and number < total:
            continue
        # What had not run may be gone from the file since: then the last part that ran completes it, in the history.
        yield Step(
            kind=migration.kind,
            subject=migration.source.name,
            reason=_reason(standing, number, total),
            statements=() if ran else (*replayed, Statement(segment.sql)),
            transactional=ran or not segment.solo,
            record=Record(
                platform,
                migration.kind,
                migration.version,
                migration.name,
                migration.source.checksum,
                number,
                total,
                segment.sql,
            ),
            source=segment.place,
        )
        replayed = ()


def _settings_so_far(migration: Migration, standing: Standing) -> tuple[Statement, ...]:
    """What the segments that ran had set for their session, which is gone: search_path, role and the like."""
    if standing.state is not State.PARTIAL:
        return ()
    return tuple(Statement(setting) for segment in migration.segments[: standing.done] for setting in segment.settings)


def _reason(standing: Standing, number: int, total: int) -> str:
    why = {State.PENDING: "not applied yet", State.PARTIAL: "stopped here before", State.CHANGED: "the file changed"}
    part = f", part {number} of {total}" if total > 1 else ""
    return why[standing.state] + part


def contradictions(found: Iterable[Standing]) -> tuple[Finding, ...]:
    """Where files and history contradict each other: an error stops a run, a warning does not."""
    return tuple(_contradiction(standing) for standing in found if standing.state in CONTRADICTIONS)


def _contradiction(standing: Standing) -> Finding:
    if standing.kind is Kind.REPEATABLE:
        return _orphan(standing)
    name = standing.migration.source.name if standing.migration else f"{standing.version}_{standing.name}"
    messages = {
        State.MODIFIED: (
            f"{name} was changed after it was applied",
            "restore the file (git log shows it) and put the change in a new migration",
        ),
        State.MISSING: (f"{name} was applied here, but its file is gone", "restore the file, or name the right folder"),
        State.OUT_OF_ORDER: (
            f"{name} is pending below a version that is applied already",
            "give it the next free number",
        ),
    }
    message, help_text = messages[standing.state]
    rule = f"migration-{standing.state.value.replace(' ', '-')}"
    return Finding(rule, message, name, Severity.ERROR, Place(name), help_text)


def _orphan(standing: Standing) -> Finding:
    """A repeatable file that is gone leaves what it made: worth a word, and no reason to stop."""
    return Finding(
        "repeatable-missing",
        f"{standing.name} was applied here, but its file is gone; what it made is still in the database",
        standing.name,
        Severity.WARNING,
        Place(standing.name),
        "drop what it made in a new migration, or restore the file",
    )


def unfinished(found: Iterable[Standing]) -> tuple[Finding, ...]:
    """Migrations that stopped between their segments: the next run goes on there, until then they are half-applied."""
    return tuple(
        Finding(
            "migration-partial",
            f"{migration.source.name} stopped after part {done} of {len(migration.segments)}",
            migration.source.name,
            place=migration.segments[done].place,
            help="correct the rest of the file if that was the cause, then run: platformdb migrate",
        )
        for migration, done in (
            (standing.migration, standing.done) for standing in found if standing.state is State.PARTIAL
        )
        if migration is not None
    )
