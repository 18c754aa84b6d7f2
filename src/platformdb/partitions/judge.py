"""What a look at the partitions has to say: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platformdb.partitions.model import Partition, Policed, World
from platformdb.partitions.periods import Cover, Period, cover, periods
from platformdb.partitions.plan import missing
from platformdb.partitions.retire import overdue
from platformdb.report.model import Finding, Severity
from platformdb.report.words import counted

ENSURE = "run: platformdb partitions ensure"


def judge(world: World) -> tuple[Finding, ...]:
    """Everything that ensure would have to do, and what it cannot do."""
    return tuple(finding for policed in world.tables for finding in _judged(world, policed))


def _judged(world: World, policed: Policed) -> Iterator[Finding]:
    yield from _uncovered(world, policed)
    yield from unmade(world, policed)
    yield from in_default(world, policed)
    if policed.policy.default and policed.parent.default is None:
        table = policed.parent.relation
        yield Finding(
            "partition-default-missing",
            f"{table} has no default partition: a row without a partition would be refused",
            str(table),
            help=ENSURE,
        )
    yield from _leaving(world, policed)
    yield from _named_otherwise(policed)


def _uncovered(world: World, policed: Policed) -> Iterator[Finding]:
    table, absent = policed.parent.relation, missing(policed, world.now)
    gaps = [period for period in absent if period.start <= world.now]
    if gaps:
        message = f"{table} has no partition for {_listed(gaps)}"
        yield Finding("partition-gap", message, str(table), help=ENSURE)
    ahead = [period for period in absent if period.start > world.now]
    if ahead:
        wanted = policed.policy.premake
        there = counted(wanted - len(ahead), "partition")
        message = f"{table} has {there} ahead of {wanted}: none for {_listed(ahead)}"
        yield Finding("partition-premake", message, str(table), help=ENSURE)


def _listed(found: Sequence[Period]) -> str:
    first, *rest = (period.suffix for period in found)
    return f"{first} to {rest[-1]} ({len(found)})" if len(rest) > 1 else " and ".join((first, *rest))


def unmade(world: World, policed: Policed) -> Iterator[Finding]:
    """Periods that cannot be made, as a partition with other bounds holds a part of them."""
    for period in periods(policed, world.now):
        if cover(policed.parent.partitions, period) is Cover.PART:
            yield Finding(
                "partition-overlap",
                f"{policed.parent.relation} has no partition for all of {period.suffix}: others hold a part of it",
                str(policed.parent.relation),
                help="make a partition for the rest by hand, or attach those again with bounds of whole periods",
            )


def in_default(world: World, policed: Policed) -> Iterator[Finding]:
    """Rows in the default partition: those that ensure moves, and those that nothing is made for."""
    table, made = policed.parent.relation, {period.start for period in missing(policed, world.now)}
    waiting = sum(heap.rows for heap in policed.heaps if heap.start in made)
    if waiting:
        message = f"{counted(waiting, 'row')} of {table} lie in its default partition, and ensure would move them"
        yield Finding("partition-default-rows", message, str(table), help=ENSURE)
    strays = [heap for heap in policed.heaps if heap.start not in made]
    if strays:
        listed = ", ".join(
            f"{policed.policy.interval.suffix(heap.start) if heap.start else 'without a time'}: {heap.rows:,}"
            for heap in strays
        )
        yield Finding(
            "partition-default-strays",
            f"{counted(sum(heap.rows for heap in strays), 'row')} of {table} lie in its default partition, and outside"
            " what is made",
            str(table),
            detail=listed,
            help="correct their times, delete them, or widen from, premake or retention",
        )


def _leaving(world: World, policed: Policed) -> Iterator[Finding]:
    for partition in policed.parent.partitions:
        if partition.pending:
            yield _of("partition-detach-pending", partition, "its detachment was begun and not finished")
    for partition in overdue(world, policed):
        retention = policed.policy.retention
        yield _of("partition-overdue", partition, f"it is older than {retention.text if retention else ''}")
    for relation in policed.parent.stray:
        message = f"{relation} was detached by a run that did not finish"
        yield Finding("partition-left-over", message, str(relation), help=ENSURE)


def _of(rule: str, partition: Partition, message: str) -> Finding:
    return Finding(rule, f"{partition.relation}: {message}", str(partition.relation), help=ENSURE)


def _named_otherwise(policed: Policed) -> Iterator[Finding]:
    interval, parent = policed.policy.interval, policed.parent.relation
    for partition in policed.parent.partitions:
        low, high = partition.low, partition.high
        if low and interval.floor(low) == low and interval.after(low) == high:
            wanted = f"{parent.name}_{interval.suffix(low)}"
            said = f"is called so, and would be {wanted}"
            if wanted == partition.relation.name:
                continue
        else:
            said = f"has bounds that are no {interval.value} of UTC"
        yield Finding(
            "partition-unusual",
            f"{partition.relation} {said}",
            str(partition.relation),
            Severity.NOTE,
            help="nothing has to be done: it is kept and retired by its bounds",
        )
