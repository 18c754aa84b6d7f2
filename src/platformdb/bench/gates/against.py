"""The gates that compare with a reference: what a plan lost, and by how much its work grew. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from platformdb.bench.gates.contract import RANKS
from platformdb.bench.gates.remark import Remark
from platformdb.bench.model import Access, Contract, Gate
from platformdb.workload.model import Work

# PostgreSQL itself calls two paths equal whose costs differ by no more (STD_FUZZ_FACTOR, optimizer/util/pathnode.c),
# and then takes the one that it met first.
FUZZ = 1.01


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of work in the reference and now."""

    what: str
    before: int
    now: int

    def grew(self, tolerance: float) -> bool:
        """Whether there is more of it than tolerated. There is no absolute slack: one page of three is a third."""
        return self.now > self.before * (1 + tolerance)

    def shrank(self, tolerance: float) -> bool:
        """Whether there is less of it than tolerated."""
        return self.before > self.now * (1 + tolerance)

    def __str__(self) -> str:
        return f"{self.what} {self.before:,} → {self.now:,}"


def changes(before: Work, now: Work) -> tuple[Change, ...]:
    """All kinds of work side by side, those of the plan first, then table by table."""
    plain = (
        Change("pages", before.buffers, now.buffers),
        Change("rows touched", before.touched, now.touched),
        Change("rows filtered out", before.removed, now.removed),
        Change("heap fetches", before.heap_fetches, now.heap_fetches),
        Change("temporary blocks", before.temp_blocks, now.temp_blocks),
        Change("WAL records", before.wal_records, now.wal_records),
    )
    return (*plain, *_by_table(before, now))


def _by_table(before: Work, now: Work) -> Iterator[Change]:
    then, later = ({touched.table: touched for touched in work.tables} for work in (before, now))
    for table in sorted(then.keys() | later.keys()):
        old, new = then.get(table), later.get(table)
        rows = [each.sequential + each.indexed if each else 0 for each in (old, new)]
        yield Change(f"rows of {table}", *rows)
        yield Change(f"pages of {table}", old.blocks if old else 0, new.blocks if new else 0)


def is_tie(before: Contract, now: Contract) -> bool:
    """Whether the planner finds both plans equally dear, so that either may come."""
    return _equal(before.cost, now.cost) and _equal(before.startup_cost, now.startup_cost)


def _equal(one: float, other: float) -> bool:
    return max(one, other) <= FUZZ * min(one, other)


def lost(before: Contract, now: Contract) -> Iterator[Remark]:
    """What the plan promised and no longer does, place by place. In which order tables are joined is its own affair."""
    held = {access.place: access for access in before.accesses}
    for access in now.accesses:
        if access.place in held and held[access.place].relation == access.relation:
            yield from _worse(held[access.place], access)
    if now.sorted_rows and not before.sorted_rows:
        yield Remark(
            Gate.PLAN,
            "plan-sort",
            f"sorts {now.sorted_rows:,} rows, which in the reference came in order",
            "is the ORDER BY still the index's, in its columns, their order and their directions?",
        )
    if now.spills and not before.spills:
        yield Remark(
            Gate.PLAN,
            "plan-spill",
            "writes temporary files, the reference none",
            "sort or hash fewer or narrower rows",
        )


def _worse(before: Access, now: Access) -> Iterator[Remark]:
    if now.partitions > before.partitions > 0:
        yield Remark(
            Gate.PLAN,
            "plan-partitions",
            f"{now.place}: reads {now.partitions} partitions of {now.relation}, the reference {before.partitions}",
            "ask for the partition key bare, with a value or a parameter of its own type",
            now.place,
        )
    unsought = [column for column in before.sought if column in now.filtered and column not in now.sought]
    if RANKS[now.method] > RANKS[before.method] or unsought:
        columns = f": {', '.join(unsought)} only checked row by row" if unsought else ""
        yield Remark(
            Gate.PLAN,
            "plan-index-lost",
            f"{now.place}: {described(before)} → {described(now)}{columns}",
            "is the index there and valid (platformdb indexes status)? Are its columns asked for bare, in their type,"
            " and no more columns than before?",
            now.place,
        )


def described(access: Access) -> str:
    """An access in a few words: ``index idx_posts_user_created (user_id)``."""
    if access.method == "seq":
        return "sequential scan"
    columns = f" ({', '.join(access.sought)})" if access.sought else ""
    return f"{access.method} {access.index.replace('public.', '')}{columns}"
