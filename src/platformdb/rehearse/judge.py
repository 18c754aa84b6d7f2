"""Holds what was measured against the budgets: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from platformdb.rehearse.model import Budget, Guess, Holding, Lock, Measured
from platformdb.rehearse.words import duration, size
from platformdb.report.model import Finding, Severity
from platformdb.report.words import counted

PASSED = "rehearse-budget"
UNKNOWN = "rehearse-unknown"


def judge(measured: Sequence[Measured], budgets: Sequence[Budget], sizes: Mapping[str, int]) -> tuple[Finding, ...]:
    """A finding for each statement and budget that it passes; ``sizes`` are the target's tables, in bytes.

    What cannot be known, for the clone has no rows to measure it by, is a warning.
    """
    return tuple(finding for each in measured for budget in budgets for finding in _remarks(each, budget, sizes))


def _remarks(measured: Measured, budget: Budget, sizes: Mapping[str, int]) -> Iterator[Finding]:
    for holding in measured.holdings:
        if budget.lock is not None and holding.lock >= budget.lock and _counts(holding.bytes, budget):
            yield from _held_too_long(measured, holding, budget)
    tables = {*measured.touched, *(holding.table for holding in measured.holdings)}
    if not any(_counts(sizes.get(table, 0), budget) for table in tables) and budget.tables_over:
        return
    if budget.takes is not None:
        yield from _too_long(measured, measured.guess, budget.takes, f"takes {_about(measured.guess)}", budget)
    rewritten = measured.work.rewritten
    if budget.rewrites is not None and len(rewritten) > budget.rewrites:
        said = f"rewrites {', '.join(rewritten)}"
        yield _finding(measured, f"{said}; the budget is {counted(budget.rewrites, 'rewrite')}{_over(budget)}")
    if budget.wal is not None and measured.wal is not None and measured.wal > budget.wal:
        said = f"writes an estimated {size(measured.wal)} of WAL"
        yield _finding(measured, f"{said}; the budget is {size(budget.wal)}{_over(budget)}")


def _counts(bytes_there: int, budget: Budget) -> bool:
    return not budget.tables_over or bytes_there > budget.tables_over


def _held_too_long(measured: Measured, holding: Holding, budget: Budget) -> Iterator[Finding]:
    what = f"holds {holding.lock.words} on {holding.table} for {_about(holding.guess)}, {holding.lock.waits}"
    yield from _too_long(measured, holding.guess, budget.held, what, budget)


def _too_long(measured: Measured, guess: Guess, most: float, what: str, budget: Budget) -> Iterator[Finding]:
    if guess.ms is None:
        yield _finding(measured, f"{what}; the budget is {duration(most)}{_over(budget)}", known=False)
    elif guess.ms > most:
        yield _finding(measured, f"{what}; the budget is {duration(most)}{_over(budget)}")


def _about(guess: Guess) -> str:
    return "nobody knows how long" if guess.ms is None else f"an estimated {duration(guess.ms)}"


def _over(budget: Budget) -> str:
    return f" on tables over {size(budget.tables_over)}" if budget.tables_over else ""


def _finding(measured: Measured, what: str, *, known: bool = True) -> Finding:
    return Finding(
        PASSED if known else UNKNOWN,
        f"{measured.migration}: {what}",
        subject=measured.migration,
        severity=Severity.ERROR if known else Severity.WARNING,
        place=measured.place,
        help=_gentler(measured) if known else "give the clone rows to measure by: --data TABLE, or --scale",
        detail=f"estimate: {measured.guess.basis}",
    )


def _gentler(measured: Measured) -> str:
    """What takes less, for what this statement does."""
    work, worst = measured.work, measured.worst
    if work.rewritten:
        return "add a new column without a volatile default, fill it in batches, and change over to it"
    if work.built:
        return "CREATE INDEX CONCURRENTLY lets writes go on"
    if work.scanned and worst is not None and worst.lock >= Lock.SHARE:
        return "add the constraint NOT VALID, and VALIDATE CONSTRAINT it in a migration of its own"
    if work.changed:
        return "change rows in batches, each in a transaction of its own"
    return "what comes after it in the same transaction takes the time: put that into a migration of its own"
