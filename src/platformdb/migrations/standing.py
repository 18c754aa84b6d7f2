"""Where every migration stands, given the files and the history: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from platformdb.migrations.model import (
    Files,
    Identity,
    Kind,
    Migration,
    MigrationFile,
    Past,
    Standing,
    State,
    version_key,
)
from platformdb.migrations.past import Book
from platformdb.report.history import Event


def from_baseline(files: Files, book: Book, target: tuple[int, ...] | None) -> tuple[Files, Book]:
    """The same, with the baseline file among the migrations that stands for all versions up to its own, if one does.

    That is the one that ran; where nothing ran yet the highest, of those up to ``target``.
    """
    chosen = _baseline_file(files.baselines, book, target)
    if chosen is None:
        return files, book
    key = version_key(chosen.version)
    versioned = [file for file in files.migrations if file.kind is Kind.VERSIONED and file.identity != chosen.identity]
    in_order = sorted((chosen, *versioned), key=lambda file: version_key(file.version))
    repeatable = (file for file in files.migrations if file.kind is Kind.REPEATABLE)
    return replace(files, migrations=(*in_order, *repeatable)), replace(book, baseline=max(book.baseline, key))


def _baseline_file(
    baselines: Iterable[MigrationFile], book: Book, target: tuple[int, ...] | None
) -> MigrationFile | None:
    begun = {key: past for key, past in book.pasts.items() if key[0] is Kind.VERSIONED and (past.done or past.started)}
    if begun or book.baseline:
        ran = (file for file in baselines if (past := begun.get(file.identity)) and past.last.record.name == file.name)
        return next(ran, None)
    fitting = [file for file in baselines if target is None or version_key(file.version) <= target]
    return fitting[-1] if fitting else None


def to_be_read(files: Files, book: Book, *, templated: bool) -> tuple[MigrationFile, ...]:
    """The files that must be read to know what to do: all but those whose bytes are the ones that were applied.

    ``templated``: variables may have changed what a repeatable file says, though its bytes are the same.
    """
    return tuple(file for file in files.migrations if _is_open(file, book, templated=templated))


def _is_open(file: MigrationFile, book: Book, *, templated: bool) -> bool:
    past = book.pasts.get(file.identity)
    if file.language:
        return False
    if past is None:
        return file.kind is not Kind.VERSIONED or version_key(file.version) > book.baseline
    if file.kind is Kind.REPEATABLE and (templated or file.reading):  # a tool's own configuration may have changed
        return True
    return _is_unsettled(past) or file.includes or file.raw != past.checksums.raw


def _is_unsettled(past: Past) -> bool:
    return bool(not past.whole or past.started or past.failed or past.undone)


def waiting(found: Iterable[Standing], available: Collection[str]) -> tuple[Standing, ...]:
    """The same, but for what is due and awaits an extension that is not among the server's: that waits."""
    return tuple(_waiting(standing, available) for standing in found)


def _waiting(standing: Standing, available: Collection[str]) -> Standing:
    if standing.migration is None or standing.state not in {State.PENDING, State.CHANGED, State.FAILED}:
        return standing
    awaits = tuple(name for name in standing.migration.needs.awaited if name not in available)
    return replace(standing, state=State.WAITING, awaits=awaits) if awaits else standing


def standings(files: Files, book: Book, migrations: Mapping[str, Migration]) -> tuple[Standing, ...]:
    """Versioned migrations by version, missing ones among them, then repeatable ones.

    ``migrations`` are the files that were read; one that ``to_be_read`` named and that is not there is unreadable.
    """
    versioned: dict[Identity, Standing] = {}
    repeatable: dict[Identity, Standing] = {}
    for file in files.migrations:
        found = repeatable if file.kind is Kind.REPEATABLE else versioned
        found[file.identity] = _standing(file, migrations.get(file.path), book)
    for identity, past in book.pasts.items():
        found = versioned if identity[0] is Kind.VERSIONED else repeatable
        unread = identity in files.unread
        if identity not in found and (past.done or past.started or unread):  # what only failed left nothing
            found[identity] = _without_file(past, unread=unread)
    return (*sorted(versioned.values(), key=lambda s: version_key(s.version)), *repeatable.values())


def _without_file(past: Past, *, unread: bool) -> Standing:
    record = past.last.record
    state = State.UNREADABLE if unread else State.MISSING
    return Standing(Kind(record.kind), record.version, record.name, state, past=past)


def _standing(file: MigrationFile, migration: Migration | None, book: Book) -> Standing:
    past = book.pasts.get(file.identity)
    if file.language:
        below = file.kind is Kind.VERSIONED and version_key(file.version) <= book.baseline
        state = State.APPLIED if past and past.done else State.BASELINE if below else State.NOT_SQL
    elif file.kind is Kind.REPEATABLE:
        state = _repeatable(file, migration, past)
    elif past is None or not past.done or _stands_for(past, file):
        state = _not_begun(file, migration, past, book)
    else:
        state = _begun(file, migration, past)
    return Standing(file.identity[0], file.version, file.name, state, file, migration, past)


def _stands_for(past: Past, file: MigrationFile) -> bool:
    """Whether a baseline file of its version ran instead of it, and is gone."""
    return file.kind is Kind.VERSIONED and past.last.record.event is Event.BASELINE


def _not_begun(file: MigrationFile, migration: Migration | None, past: Past | None, book: Book) -> State:
    # Even where somebody tried it before he set the baseline.
    if file.kind is Kind.VERSIONED and version_key(file.version) <= book.baseline:
        return State.BASELINE
    if migration is None:
        return State.UNREADABLE
    if past is not None and past.started is not None:
        return _cut_short(migration, past)
    if version_key(file.version) < book.newest:
        return State.OUT_OF_ORDER
    return State.FAILED if past else State.PENDING


def _begun(file: MigrationFile, migration: Migration | None, past: Past) -> State:
    """A versioned migration of which something ran: whole, partial, or no longer what was applied."""
    includes_same = migration is None or migration.checksums.tokens == past.checksums.tokens
    going_back = past.undone or (past.whole and past.started)  # its own statements all ran: it was the undo file
    if past.whole and not going_back and file.raw == past.checksums.raw and includes_same:
        return State.APPLIED
    if migration is None:
        return State.UNREADABLE
    if going_back:
        return State.HALF_UNDONE
    if past.whole:
        return _edited(file, migration, past)
    if tuple(segment.digest for segment in migration.segments[: past.done]) != past.digests:
        return State.MODIFIED
    return _cut_short(migration, past) if past.started else State.PARTIAL


def _edited(file: MigrationFile, migration: Migration, past: Past) -> State:
    """What became of a file that, or a file included in it, no longer has the bytes that were applied.

    Line ends and a BOM are a matter of the checkout, not an edit: git may write them anew on every machine.
    """
    now, then = migration.checksums, past.checksums
    same_tokens = now.tokens == then.tokens
    if now.normalised == then.normalised and (same_tokens or not file.includes):
        return State.APPLIED
    return State.COSMETIC if same_tokens else State.MODIFIED


def _cut_short(migration: Migration, past: Past) -> State:
    """Stopped while a statement ran outside any transaction: without a probe nobody can tell whether it ran."""
    if past.done >= len(migration.segments):  # it is gone from the file since
        return State.INTERRUPTED
    segment = migration.segments[past.done]
    if past.started is None or past.started.record.digest != segment.digest:  # it was another one
        return State.INTERRUPTED
    known = not segment.solo or segment.statements[0].probe is not None
    return (State.PARTIAL if past.done else State.FAILED) if known else State.INTERRUPTED


def _repeatable(file: MigrationFile, migration: Migration | None, past: Past | None) -> State:
    if past is not None and not _is_unsettled(past) and _says_the_same(file, migration, past):
        return State.APPLIED
    if migration is None:
        return State.UNREADABLE
    if past is None:
        return State.PENDING
    return State.FAILED if past.failed else State.CHANGED


def _says_the_same(file: MigrationFile, migration: Migration | None, past: Past) -> bool:
    """The same bytes, and where it was rendered the same text."""
    rendered = migration is None or tuple(segment.digest for segment in migration.segments) == past.digests
    return file.raw == past.checksums.raw and rendered


def up_to(found: Iterable[Standing], target: tuple[int, ...] | None) -> tuple[Standing, ...]:
    """What a run to a target version is about; None is the newest.

    Below the newest version repeatable files are left alone: they are written for what comes later.
    """
    every = tuple(found)
    versions = [version_key(s.version) for s in every if s.kind is Kind.VERSIONED and s.file]
    if target is None or all(version <= target for version in versions):
        return every
    return tuple(s for s in every if s.kind is Kind.VERSIONED and version_key(s.version) <= target)
