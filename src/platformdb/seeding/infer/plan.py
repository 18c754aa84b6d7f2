"""Decides the whole of a seed.toml from what is known of a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby

from platformdb.seeding.infer import numbers, texts
from platformdb.seeding.infer.apart import apart, equalities
from platformdb.seeding.infer.cases import names_values
from platformdb.seeding.infer.desk import Desk, about
from platformdb.seeding.infer.lexicon import CREATED
from platformdb.seeding.infer.limits import TableLimits, read_limits
from platformdb.seeding.infer.links import wire
from platformdb.seeding.infer.model import Inferred, Known, Link, Options, Outline, Seen, Story, Wiring
from platformdb.seeding.infer.moments import DAY, EPOCH, instant
from platformdb.seeding.infer.names import fresh, plain
from platformdb.seeding.infer.order import arrange
from platformdb.seeding.infer.outline import outline
from platformdb.seeding.infer.uniques import COUNTED, MOMENTS, TEXTS, Roles, assign
from platformdb.seeding.model import ColumnFact, TableFact

PROFILE = "dev"
PERIOD = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
CHILDREN, MEMBERS = 3, 4
# A small profile's largest table has at most so many times as many rows as were asked for.
LARGEST = 50
# Fewer different values than this, and the number of rows is a literal which no scale multiplies.
FEW = 20_000
HOUR = DAY // 24


def plan(known: Known) -> Inferred:
    """The file. Where no way is found for a table it is left out, and so are those which need it."""
    limits = {name: read_limits(fact) for name, fact in known.facts.items()}
    period = _period(known, limits)
    while True:
        planner = _Planner(known, limits, period, _share(known))
        outlines = planner.tables()
        if not planner.troubles:
            break
        known = replace(known, left_out={**known.left_out, **planner.troubles})
    story = Story(instant(period[0]), instant(period[1]), {PROFILE: planner.numbers, **planner.observed()})
    return Inferred(story, outlines, known.left_out)


@dataclass(frozen=True, slots=True)
class _Size:
    """About how many rows a table has at least, and whether no scale changes that."""

    rows: int
    fixed: bool = False
    sure: bool = True


@dataclass(slots=True)
class _Planner:
    known: Known
    limits: Mapping[str, TableLimits]
    period: tuple[int, int]
    share: float = 1.0
    wirings: dict[str, Wiring] = field(default_factory=dict)
    sizes: dict[str, _Size] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    full: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)

    def tables(self) -> tuple[Outline, ...]:
        """Every table, each after those it refers to; what stands in the way is noted."""
        order = arrange(self.known.tables)
        outlines = []
        for name in sorted(order.places, key=order.places.__getitem__):
            fact = self.known.facts[name]
            wiring = self._paired(wire(fact, self.known, order, self.wirings))
            roles = assign(fact, wiring, partial(self._narrow, fact), equalities(fact))
            self.wirings[name] = wiring
            if trouble := "; ".join(filter(None, (wiring.trouble, roles.trouble, _nothing(fact)))):
                self.troubles[name] = trouble
                continue
            seen = self.known.seen.get(name, Seen())
            desk = Desk(fact, wiring, self.limits[name], roles, self.period, seen.columns, apart(fact))
            rows = self._rows(desk)
            outlines.append(outline(desk, self.known, self.wirings, rows))
        return tuple(outlines)

    def observed(self) -> Mapping[str, Mapping[str, int]]:
        """A profile of as many rows as there are."""
        return {"full": self.full} if any(seen.rows for seen in self.known.seen.values()) else {}

    def _paired(self, wiring: Wiring) -> Wiring:
        """Pairs are exact; where it is not sure how many rows there are to pair, repeated ones are dropped instead."""
        if wiring.shape != "pairs" or all(self._size(link.table).sure for link in wiring.links[:2]):
            return wiring
        first, second, *others = wiring.links
        drawn = replace(second, options={"make": "draw", "table": second.table})
        return replace(wiring, shape="per", links=(first, drawn, *others))

    def _size(self, table: str) -> _Size:
        return self.sizes.get(table, _Size(self.known.rows, sure=False))

    def _narrow(self, fact: TableFact, column: ColumnFact) -> bool:
        """Whether a column can take a few values only."""
        limit = self.limits[fact.name].of(column.name)
        if limit.values is not None or column.labels or column.name in self.known.silent.get(fact.name, frozenset()):
            return True
        rule = any(names_values(rule.expression, column.name) for rule in self.limits[fact.name].rules)
        if column.type in COUNTED:
            return (rule and bool(limit.most)) or self._capacity(fact, column) < 2
        return rule and column.type in TEXTS

    def _capacity(self, fact: TableFact, column: ColumnFact) -> int:
        desk = Desk(fact, Wiring("independent"), self.limits[fact.name], Roles(), self.period)
        if column.type in COUNTED:
            return numbers.capacity(desk, column)
        return texts.capacity(desk, column) if column.type in TEXTS else FEW * FEW

    def _rows(self, desk: Desk) -> Options:
        """The shape, as TOML has it; notes how many rows that makes."""
        fact, wiring, roles = desk.fact, desk.wiring, desk.roles
        room = min(
            (self._capacity(fact, fact_column) for name in roles.single if (fact_column := fact.column(name))),
            default=FEW,
        )
        if wiring.shape == "one":
            return self._one(fact, wiring)
        wanted, fixed = self._wanted(fact, wiring), False
        if fact.name in self.known.alone:
            room = 1
        if room < FEW:
            wanted, fixed = min(wanted, room), True
        if wiring.shape == "pairs":
            ends = [self._size(link.table) for link in wiring.links[:2]]
            possible = ends[0].rows * ends[1].rows - (
                ends[0].rows if wiring.links[0].table == wiring.links[1].table else 0
            )
            wanted, fixed = min(wanted, max(possible // 3, min(possible, 1))), fixed or all(end.fixed for end in ends)
        sure = not roles.distinct and not any(link.needed for link in wiring.links) and not desk.limits.orders
        self.sizes[fact.name] = _Size(wanted, fixed, sure)
        number = self._number(fact, wanted, fixed=fixed)
        return self._shape(fact, wiring, number)

    def _one(self, fact: TableFact, wiring: Wiring) -> Options:
        head = wiring.links[0]
        size = self._size(head.table)
        seen, parents = self.known.seen.get(fact.name, Seen()).rows, self.known.seen.get(head.table, Seen()).rows
        share = round(min(1.0, max(seen / parents, 0.01)), 2) if seen and parents else 1.0
        self.sizes[fact.name] = _Size(max(1, int(size.rows * share * 0.7)), size.fixed, sure=False)
        source = {"table": head.table, "link": head.name, **({"share": share} if share < 1 else {})}
        if share == 1.0:
            self.sizes[fact.name] = size
        return {"shape": "per", "of": [source]}

    def _wanted(self, fact: TableFact, wiring: Wiring) -> int:
        """In proportion to the rows that are there; of a table without rows so many as its shape lets expect."""
        if seen := self.known.seen.get(fact.name, Seen()).rows:
            return max(1, round(seen * self.share))
        factor = {"independent": 1, "per": CHILDREN, "pairs": MEMBERS}[wiring.shape]
        return self.known.rows * factor

    def _number(self, fact: TableFact, rows: int, *, fixed: bool) -> object:
        if fixed:
            return rows
        name = fresh(plain(fact.relation), self.numbers)
        self.numbers[name] = rows
        self.full[name] = self.known.seen.get(fact.name, Seen()).rows
        return f"${name}"

    def _skew(self, fact: TableFact, link: Link) -> Options | None:
        """How many children parents have in the database."""
        found = self.known.seen.get(fact.name, Seen()).children.get(link.key.name, ())
        return {"histogram": [list(bucket) for bucket in fan_out(found)]} if len(found) > 1 else None

    def _shape(self, fact: TableFact, wiring: Wiring, number: object) -> Options:
        if wiring.shape == "independent":
            return {"shape": "independent", "count": number}
        if wiring.shape == "per":
            head = wiring.links[0]
            skew = self._skew(fact, head) or {"lognormal": 0.8}
            return {"shape": "per", "of": [{"table": head.table, "link": head.name, "total": number, "skew": skew}]}
        left, right = (
            {"table": link.table, "link": link.name, "skew": self._skew(fact, link) or {"zipf": 0.6}}
            for link in wiring.links[:2]
        )
        return {"shape": "pairs", "left": left, "right": right, "total": number}


def _share(known: Known) -> float:
    """Which share of the rows that are there makes a small profile."""
    roots = [
        known.seen[name].rows for name, fact in known.tables.items() if name in known.seen and not fact.foreign_keys
    ]
    every = [seen.rows for seen in known.seen.values()]
    return min(1.0, known.rows / max(roots, default=known.rows), LARGEST * known.rows / max(every, default=1))


def fan_out(found: Sequence[tuple[int, int]]) -> Iterator[tuple[int, float]]:
    """Numbers of children with the share of parents: 0, 1 and 2 as they are, above by powers of two, as their mean."""
    total = sum(parents for _, parents in found)
    for _, bucket in groupby(found, key=lambda pair: pair[0].bit_length()):
        pairs = list(bucket)
        parents = sum(many for _, many in pairs)
        yield round(sum(children * many for children, many in pairs) / parents), round(parents / total, 4)


def _nothing(fact: TableFact) -> str:
    return "" if any(not column.generated for column in fact.columns) else "it has no columns to fill"


def _period(known: Known, limits: Mapping[str, TableLimits]) -> tuple[int, int]:
    """The story: a year; within the ranges of time that partitions leave, where these have a day in common."""
    low, high = _observed_period(known) or ((moment - EPOCH) // (instant(1) - instant(0)) for moment in PERIOD)
    for name, fact in known.tables.items():
        for column in fact.columns:
            limit = limits[name].of(column.name)
            if (
                fact.partitioning
                and column.name in fact.partitioning.columns
                and column.type in MOMENTS
                and limit.least
                and limit.most
            ):
                begin, end = int(limit.least.value), int(limit.most.value) - HOUR
                apart = begin >= high or end <= low
                inner = (begin, end) if apart else (max(low, begin), min(high, end))
                low, high = inner if inner[1] - inner[0] > 2 * DAY else (low, high)
    return low, high


def _observed_period(known: Known) -> tuple[int, int] | None:
    """From the first to the last day on which rows were made."""
    days = [
        day
        for name, fact in known.tables.items()
        for column in fact.columns
        if column.type in MOMENTS and about(column) & CREATED and column.name in known.seen.get(name, Seen()).columns
        for day in known.seen[name].columns[column.name].quantiles
    ]
    low, high = int(min(days, default=0)), int(max(days, default=0)) + DAY
    return (low, high) if high - low > DAY else None
