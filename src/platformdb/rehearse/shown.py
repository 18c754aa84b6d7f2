"""What people and programs see of a rehearsal: pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from platformdb.rehearse.model import Holding, Lock, Measured, Work
from platformdb.rehearse.words import duration, size
from platformdb.report.model import Case, Finding, Table
from platformdb.report.words import counted

SQL_SHOWN = 48
# A statement that takes less than one part in so many of its migration's time is only counted.
LEAST_PART = 10
# Of more names than these only the first is said.
MOST_NAMES = 3
COLUMNS = ("statement", "who waits", "what it does", "lock", "ms", "WAL", "estimate")
# What a narrow terminal goes without, the first of them first.
SPARE = ("WAL", "ms", "lock")


def tables(measured: Sequence[Measured]) -> tuple[Table, ...]:
    """A table for each migration that keeps somebody waiting or works through rows."""
    by_migration = ((name, tuple(group)) for name, group in groupby(measured, lambda each: each.migration))
    return tuple(_table(name, group) for name, group in by_migration if any(map(_matters, group)))


def quiet(measured: Sequence[Measured]) -> int:
    """How many migrations have no table."""
    names = dict.fromkeys(each.migration for each in measured)
    return len(names.keys() - {each.migration for each in measured if _matters(each)})


def summary(measured: Sequence[Measured], where: str) -> str:
    """One line: how much was rehearsed where, and the worst of it."""
    migrations = len({each.migration for each in measured})
    done = f"rehearsed {counted(migrations, 'migration')}, {counted(len(measured), 'statement')}, on {where}"
    return f"{done}; {worst_words(measured)}"


def worst_words(measured: Sequence[Measured]) -> str:
    """``reads and writes wait for up to 340 ms (estimate)``."""
    held = [holding for each in measured for holding in each.holdings if holding.lock >= Lock.SHARE]
    if not held:
        return "nothing waits"
    strongest = max(holding.lock.waits == Lock.ACCESS_EXCLUSIVE.waits for holding in held)
    words = Lock.ACCESS_EXCLUSIVE.waits if strongest else Lock.SHARE.waits
    same = [holding for holding in held if holding.lock.waits == words]
    if any(holding.guess.ms is None for holding in same):
        return f"{words}, nobody knows how long"
    return f"{words} for up to {duration(max(holding.guess.ms or 0.0 for holding in same))} (estimate)"


def data(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """Every statement, for programs."""
    return [_statement(each) for each in measured]


def cases(measured: Sequence[Measured], findings: Sequence[Finding], suite: str) -> tuple[Case, ...]:
    """A case for each migration: it failed where a budget was passed."""
    names = dict.fromkeys([*(each.migration for each in measured), *(each.subject for each in findings)])
    return tuple(
        Case(
            suite,
            name,
            tuple(finding for finding in findings if finding.subject == name),
            {"waits": worst_words([each for each in measured if each.migration == name])},
            sum(each.work.ms for each in measured if each.migration == name),
        )
        for name in names
    )


def _matters(each: Measured) -> bool:
    work = each.work
    return bool(each.waits != "nothing waits" or work.rewritten or work.scanned or work.built or work.changed)


def _table(name: str, group: Sequence[Measured]) -> Table:
    """With the statements that matter or take a good part of the time; the others are counted."""
    total = sum(each.work.ms for each in group)
    told = [each for each in group if _matters(each) or each.work.ms * LEAST_PART >= total]
    left = len(group) - len(told)
    others = f"; {counted(left, 'other statement')} not shown" if left else ""
    notable = tuple(place for place, each in enumerate(told) if _matters(each))
    return Table(f"{name}: {worst_words(group)}{others}", COLUMNS, tuple(map(_row, told)), spare=SPARE, notable=notable)


def _row(each: Measured) -> tuple[object, ...]:
    work, worst = each.work, each.worst
    line = f"{each.place.line}: " if each.place and each.place.line else ""
    return (
        line + _short(each.sql),
        _who(each),
        _does(work),
        worst.lock.words if worst else "",
        duration(work.ms),
        size(work.wal),
        _estimate(each),
    )


def _who(each: Measured) -> str:
    """``users: reads and writes, 340 ms``: on the clone."""
    worst, still = each.worst, each.still
    if worst is not None and worst.lock >= Lock.SHARE:
        return f"{_tables(each, worst)}: {worst.lock.blocks}, {duration(worst.held_ms)}"
    if still is not None and still.lock >= Lock.SHARE:
        return f"{still.table}: {still.lock.blocks}, still"
    return each.waits.removesuffix(" wait").removesuffix(" waits")


def _tables(each: Measured, worst: Holding) -> str:
    return ", ".join(holding.table for holding in each.holdings if holding.lock is worst.lock)


def _estimate(each: Measured) -> str:
    """Of the target: how long somebody waits, else how long it takes."""
    worst = each.worst
    return duration(worst.guess.ms if worst is not None and worst.lock >= Lock.SHARE else each.guess.ms)


def _does(work: Work) -> str:
    parts = (
        f"rewrites {_several(work.rewritten)}" if work.rewritten else "",
        f"builds {_several(work.built)}" if work.built else "",
        # What is rewritten or built has been read for that.
        f"scans {_several(work.scanned)}" if work.scanned and not (work.rewritten or work.built) else "",
        f"writes {counted(work.rows, 'row')}" if work.rows else "",
        f"{size(work.temp)} of temporary files" if work.temp else "",
    )
    return "; ".join(part for part in parts if part)


def _several(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{names[0]} and {len(names) - 1} more"


def _short(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= SQL_SHOWN else line[: SQL_SHOWN - 1] + "…"


def _statement(each: Measured) -> dict[str, Any]:
    work, place = each.work, each.place
    return {
        "migration": each.migration,
        "sql": each.sql,
        "file": place.name if place else None,
        "line": place.line if place else None,
        "ms": round(work.ms, 3),
        "rows_written": work.rows,
        "wal_bytes": work.wal,
        "temp_bytes": work.temp,
        "rewritten": list(work.rewritten),
        "scanned": list(work.scanned),
        "built": list(work.built),
        "waits": each.waits,
        "locks": [_lock(holding) for holding in each.holdings],
        "estimate": _guess(each.guess.ms, each.guess.basis) | {"wal_bytes": each.wal and round(each.wal)},
    }


def _lock(holding: Holding) -> dict[str, Any]:
    return {
        "table": holding.table,
        "lock": holding.lock.words,
        "waits": holding.lock.waits,
        "held_ms": round(holding.held_ms, 3),
        "target_bytes": holding.bytes,
        "estimate": _guess(holding.guess.ms, holding.guess.basis),
    }


def _guess(ms: float | None, basis: str) -> dict[str, Any]:
    return {"ms": None if ms is None else round(ms, 3), "basis": basis}
