"""What the history says of each migration: its rows folded into one value: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from platformdb.migrations.model import Identity, Kind, Past, identify, version_key
from platformdb.report.history import Entry, Event

KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Book:
    """The history, folded. Everything up to ``baseline`` was in the database before platformdb."""

    pasts: Mapping[Identity, Past] = field(default_factory=dict)
    baseline: tuple[int, ...] = ()

    @property
    def newest(self) -> tuple[int, ...]:
        """The highest version of which anything is in the database; () where there is none."""
        keys = (key for (kind, key), past in self.pasts.items() if kind is Kind.VERSIONED and past.done)
        return max((self.baseline, *(key for key in keys if isinstance(key, tuple))))


def fold(entries: Iterable[Entry]) -> Book:
    """Reads rows, oldest first. Rows of other capabilities (indexes) are not about files and are left out."""
    pasts: dict[Identity, Past] = {}
    baseline: tuple[int, ...] = ()
    for entry in entries:
        record = entry.record
        if record.event is Event.BASELINE:
            baseline = version_key(record.version)
        if record.kind in KINDS and (record.event is not Event.BASELINE or record.digest):
            identity = identify(Kind(record.kind), record.version, record.name)
            past = _next(pasts.get(identity), entry)
            if past is not None:
                pasts[identity] = past
                continue
            pasts.pop(identity, None)
            # An undo may drop what functions, views and triggers stand on: all of them are due again.
            pasts = {known: past for known, past in pasts.items() if known[0] is not Kind.REPEATABLE}
    return Book(pasts, baseline)


def _next(past: Past | None, entry: Entry) -> Past | None:
    """A migration's past after one more row; None when it was taken back whole."""
    record = entry.record
    if record.event in {Event.APPLIED, Event.BASELINE}:  # a baseline file, which says both with its last part
        return _applied(past, entry)
    before = past or Past(entry, record.checksums, segments=record.segments)
    if record.event is Event.STARTED:
        return replace(before, started=entry)
    if record.event is Event.FAILED:
        return replace(before, started=None, failed=entry)
    if record.event is Event.ACCEPTED:
        return replace(before, checksums=record.checksums, entries=(entry.id,))
    whole = record.segment == record.segments
    return (
        None
        if whole
        else replace(
            before,
            undone=record.segment,
            undone_digests=(*before.undone_digests, record.digest),
            started=None,
            failed=None,
        )
    )


def _applied(past: Past | None, entry: Entry) -> Past:
    record = entry.record
    again = past is not None and past.whole  # a repeatable file, applied again
    digests, entries, spent = ((), (), 0.0) if past is None or again else (past.digests, past.entries, past.elapsed_ms)
    before = record.segment - 1
    return Past(
        last=entry,
        checksums=record.checksums,
        done=record.segment,
        segments=record.segments,
        digests=(*digests[:before], record.digest),
        entries=(*entries[:before], entry.id),
        elapsed_ms=spent + entry.elapsed_ms,
        out_of_order=record.out_of_order,
    )
