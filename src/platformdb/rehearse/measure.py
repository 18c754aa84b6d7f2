"""From what was heard of a run to what each of its statements did: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from platformdb.rehearse.model import BY_MODE, Guess, Holding, Lock, Measured, Work, strongest
from platformdb.rehearse.words import size
from platformdb.report.readings import Heard, Ran, Reading, Relation

# What gives a table a new file and copies no row.
EMPTIES = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*truncate\b", re.IGNORECASE | re.DOTALL)

# What says how many rows it wrote; they may be in tables that were made just now.
WRITES = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:insert|update|delete|merge|copy|create)\b", re.IGNORECASE | re.DOTALL
)

# The locks that a statement took, by the numbers of the tables.
Locks = Mapping[int, Lock]


@dataclass(frozen=True, slots=True)
class Scene:
    """The clone's relations by number, as they were before the run, and the target's sizes by schema and name."""

    relations: Mapping[int, Relation]
    sizes: Mapping[tuple[str, str], int]

    def bytes_there(self, table: Relation) -> int:
        """How large a table of the clone is on the target."""
        return self.sizes.get((table.schema, table.name), 0)


@dataclass(frozen=True, slots=True)
class _Change:
    """What a statement did to one relation, which ``was`` before; None: it was not there."""

    after: Relation
    was: Relation | None

    @property
    def rewritten(self) -> bool:
        return self.was is not None and self.was.file != self.after.file

    @property
    def scanned(self) -> bool:
        return self.was is not None and self.after.scans > self.was.scans

    @property
    def inserted(self) -> int:
        return max(self.after.inserted - (self.was.inserted if self.was else 0), 0)

    @property
    def changed(self) -> int:
        return max(self.after.changed - (self.was.changed if self.was else 0), 0)

    @property
    def works(self) -> bool:
        """Whether it went through rows."""
        return bool(self.rewritten or self.scanned or self.inserted or self.changed)


def measure(heard: Iterable[Heard], scene: Scene) -> tuple[Measured, ...]:
    """What every statement did, in order."""
    now = dict(scene.relations)
    return tuple(measured for step in heard for measured in _step(step, scene, now))


def estimate(ms: float, touched: Sequence[Relation], scene: Scene) -> Guess:
    """What would take ``ms`` here on the target: as much more as the tables whose rows it works through are larger."""
    here = sum(table.bytes for table in touched)
    there = sum(map(scene.bytes_there, touched))
    names = ", ".join(table.shown for table in touched)
    if here == there:
        return Guess(ms, f"{names}: as large here as there" if here else "works through no rows of the target")
    if not here:
        return Guess(None, f"unknown: {names} has no rows here, and {size(there)} there", None)
    return Guess(ms * there / here, f"by size: {names} has {size(here)} here, {size(there)} there", there / here)


def _step(heard: Heard, scene: Scene, now: dict[int, Relation]) -> Iterator[Measured]:
    """``now`` has the relations as they were read last, and follows."""
    before = heard.before
    _follow(before, now)
    done: list[Measured] = []
    taken: list[Locks] = []
    for ran in heard.statements:
        statement = heard.step.statements[ran.number]
        changes = [] if EMPTIES.match(statement.sql) else _changes(ran.reading, now)
        said = (ran.rows or 0) if WRITES.match(statement.sql) else 0
        work = _work(ran, said, changes, before, now)
        known = tuple(scene.relations[table] for table in _tables(changes, now) if table in scene.relations)
        place = statement.origin.place(0) if statement.origin else heard.step.source
        measured = Measured(heard.step.subject, statement.text, place, work, estimate(work.ms, known, scene))
        done.append(replace(measured, touched=tuple(table.shown for table in known)))
        taken.append(_locks(ran.reading, scene))
        _follow(ran.reading, now)
        before = ran.reading or before
    if heard.step.transactional:
        yield from _held(done, taken, heard.commit_seconds * 1000, scene)
    else:
        yield from (replace(each, holdings=_glimpsed(heard, each, scene)) for each in done)


def _follow(reading: Reading | None, now: dict[int, Relation]) -> None:
    now |= {seen.number: seen.relation for seen in (reading.seen if reading else ()) if seen.relation is not None}


def _changes(reading: Reading | None, now: Mapping[int, Relation]) -> list[_Change]:
    """Of tables and their indexes; what is stored out of line belongs to its table."""
    after = (seen.relation for seen in (reading.seen if reading else ()) if seen.relation is not None)
    return [_Change(each, now.get(each.number)) for each in after if each.schema != "pg_toast"]


def _is_built(change: _Change, now: Mapping[int, Relation]) -> bool:
    """A new index of a table that was there; one that took over the file of another was not built."""
    index = change.after
    new = change.was is None and index.kind == "i" and index.table in now
    return new and all(relation.file != index.file for relation in now.values() if relation.table == index.table)


def _tables(changes: Iterable[_Change], now: Mapping[int, Relation]) -> list[int]:
    """The numbers of the tables through whose rows a statement worked."""
    return sorted({change.after.table for change in changes if change.works or _is_built(change, now)})


def _work(ran: Ran, said: int, changes: Sequence[_Change], before: Reading | None, now: Mapping[int, Relation]) -> Work:
    tables = [change for change in changes if change.after.kind != "i"]
    changed = sum(change.changed for change in tables)
    return Work(
        ms=ran.seconds * 1000,
        rows=max(said, changed + sum(change.inserted for change in tables)),
        changed=changed,
        wal=ran.reading.wal - before.wal if ran.reading and before else 0,
        temp=ran.temporary,
        rewritten=tuple(sorted(change.after.shown for change in changes if change.rewritten)),
        scanned=tuple(sorted(change.after.shown for change in tables if change.scanned)),
        built=tuple(sorted(change.after.shown for change in changes if _is_built(change, now))),
    )


def _locks(reading: Reading | None, scene: Scene) -> Locks:
    """The strongest lock on each table that was there before the run: a new one is nobody else's yet.

    A query opens all indexes of its tables, so that a lock on one of them is a lock on the table.
    """
    held: dict[int, Lock] = {}
    for seen in reading.seen if reading else ():
        relation, modes = scene.relations.get(seen.number), [BY_MODE[mode] for mode in seen.modes if mode in BY_MODE]
        if relation is not None and modes:
            held[relation.table] = max(*modes, held.get(relation.table, modes[0]))
    return held


def _held(done: Sequence[Measured], taken: Sequence[Locks], commit_ms: float, scene: Scene) -> Iterator[Measured]:
    """Each statement with the locks that are stronger than those before it, held to the end of the transaction."""
    so_far: dict[int, Holding] = {}
    for number, (measured, locks) in enumerate(zip(done, taken, strict=True)):
        held_ms = sum(each.work.ms for each in done[number:]) + commit_ms
        guess = _together([each.guess for each in done[number:]], commit_ms)
        new = {
            table: _holding(scene.relations[table], lock, held_ms, guess, scene)
            for table, lock in locks.items()
            if table not in so_far or lock > so_far[table].lock
        }
        yield replace(measured, holdings=tuple(new.values()), still=strongest(so_far.values()))
        so_far |= new


def _together(guesses: Sequence[Guess], commit_ms: float) -> Guess:
    """The time from a statement to the end of its transaction."""
    known = [guess.ms for guess in guesses if guess.ms is not None]
    basis = "; ".join(dict.fromkeys(guess.basis for guess in guesses))
    return Guess(sum(known) + commit_ms if len(known) == len(guesses) else None, basis)


def _holding(table: Relation, lock: Lock, held_ms: float, guess: Guess, scene: Scene) -> Holding:
    return Holding(table.shown, lock, held_ms, guess, scene.bytes_there(table))


def _glimpsed(heard: Heard, measured: Measured, scene: Scene) -> tuple[Holding, ...]:
    """The strongest lock on each table that was seen while the statement ran, and how long it was to be seen."""
    longest: dict[int, tuple[Lock, float]] = {}
    for glimpse in heard.glimpsed:
        relation, lock = scene.relations.get(glimpse.number), BY_MODE.get(glimpse.mode)
        if relation is not None and lock is not None:
            known = longest.get(relation.table, (lock, 0.0))
            longest[relation.table] = max(known, (lock, glimpse.seconds * 1000))
    times = measured.guess.times
    return tuple(
        _holding(scene.relations[table], lock, ms, replace(measured.guess, ms=times and ms * times), scene)
        for table, (lock, ms) in longest.items()
    )
