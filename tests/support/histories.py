"""Files, and histories of them, made of nothing: for tests of decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from platformdb.errors import Place
from platformdb.migrations.model import Files, Kind, Migration, MigrationFile, Segment, Standing
from platformdb.migrations.past import Book, fold
from platformdb.migrations.plan import Callbacks, plan_down, plan_migrate
from platformdb.migrations.standing import standings, to_be_read
from platformdb.report.history import Checksums, Entry, Event
from platformdb.report.model import Probe, Statement, Step

WHEN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Written:
    """A file as a test writes it: one text per segment; ``solo`` has the numbers of those outside a transaction."""

    texts: tuple[str, ...]
    solo: frozenset[int] = frozenset()
    probes: Mapping[int, Probe] | None = None
    comment: str = ""
    settings: Mapping[int, str] | None = None

    def migration(self, kind: Kind, version: str, name: str) -> Migration:
        shown = f"phases/{version}_{name}.sql" if version else name
        raw = digest(self.comment + "\n".join(self.texts))
        file = MigrationFile(kind, version, name, shown, shown, raw)
        sums = Checksums(raw, raw, digest("".join(self.texts)))
        return Migration(file, sums, tuple(self._segment(number, shown) for number in range(1, len(self.texts) + 1)))

    def _segment(self, number: int, shown: str) -> Segment:
        text = self.texts[number - 1]
        probe = (self.probes or {}).get(number)
        setting = (self.settings or {}).get(number)
        return Segment(
            (Statement(text, probe=probe),) if text else (),
            number in self.solo,
            Place(shown, number, 1, text),
            digest(text),
            (Statement(setting),) if setting else (),
        )


def file(*texts: str, solo: Sequence[int] = (), **more: object) -> Written:
    return Written(texts or ("",), frozenset(solo), **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class World:
    """Files by name (``001_a`` is versioned, ``views/v.sql`` repeatable) and what happened to them."""

    files: Mapping[str, Written]
    entries: tuple[Entry, ...] = ()

    @property
    def migrations(self) -> dict[str, Migration]:
        made = [_made(name, written) for name, written in self.files.items()]
        return {migration.file.path: migration for migration in made}

    @property
    def listing(self) -> Files:
        files = [migration.file for migration in self.migrations.values()]
        versioned = sorted((f for f in files if f.kind is Kind.VERSIONED), key=lambda f: f.identity[1])
        return Files("demo", (*versioned, *(f for f in files if f.kind is Kind.REPEATABLE)))

    @property
    def book(self) -> Book:
        return fold(self.entries)

    def standings(self, *, templated: bool = False) -> tuple[Standing, ...]:
        wanted = {f.path for f in to_be_read(self.listing, self.book, templated=templated)}
        read = {path: migration for path, migration in self.migrations.items() if path in wanted}
        return standings(self.listing, self.book, read)

    def states(self) -> dict[str, str]:
        return {s.version or s.name: s.state.value for s in self.standings()}

    def steps(self, *states: str, callbacks: Callbacks | None = None) -> tuple[Step, ...]:
        due = [s for s in self.standings() if s.state.value in (states or ("pending", "changed", "failed", "partial"))]
        return plan_migrate("demo", due, callbacks or {})

    def undone(self, undo: Mapping[str, Written], callbacks: Callbacks | None = None) -> tuple[Step, ...]:
        leaving = [s for s in reversed(self.standings()) if s.version in undo]
        read = {version: written.migration(Kind.UNDO, version, "undo") for version, written in undo.items()}
        return plan_down("demo", leaving, read, callbacks or {})

    def after(self, steps: Sequence[Step]) -> World:
        """The same once these steps ran."""
        world = self
        for step in steps:
            world = world.happened(step)
        return world

    def happened(self, step: Step, event: Event | None = None, error: str = "") -> World:
        """The same with one row more, of a step and what became of it."""
        if step.record is None:
            return self
        record = replace(step.record, event=event or step.record.event)
        number = len(self.entries) + 1
        entry = Entry(record, WHEN + timedelta(minutes=number), 1.5, error, number)
        return replace(self, entries=(*self.entries, entry))

    def migrated(self) -> World:
        return self.after(self.steps())

    def with_files(self, **files: Written | None) -> World:
        kept = {name: written for name, written in {**self.files, **files}.items() if written is not None}
        return replace(self, files=kept)


def _made(name: str, written: Written) -> Migration:
    if "/" in name:
        return written.migration(Kind.REPEATABLE, "", name)
    return written.migration(Kind.VERSIONED, *name.split("_", 1))
