"""The rules of an index's health: pure. None of them is an error, for each is a guess about what will be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from platformdb.indexes.health.bloat import METHOD, needed_bytes
from platformdb.indexes.health.cover import covers, same, unserved, without
from platformdb.indexes.health.model import Facts, ForeignKey, Index, Limits, Past, Usage
from platformdb.indexes.model import IndexDefinition
from platformdb.report.model import Finding, Severity
from platformdb.report.words import counted
from platformdb.sqltext.quote import quote_identifier

MIB = 1 << 20


def judge_health(
    facts: Facts,
    limits: Limits,
    definitions: Collection[IndexDefinition] = (),
    past: Past | None = None,
) -> tuple[Finding, ...]:
    """What there is to say about the indexes of a database.

    ``definitions`` are those of the tier files, to which what is said of a built one points.
    """
    rules = _Rules(facts, limits, {each.name: each for each in definitions}, past or Past())
    return (*rules.unfinished(), *rules.covered(), *rules.unused(), *rules.bloated(), *rules.foreign_keys())


class _Rules:
    """The facts and what is asked of them, for one look."""

    def __init__(
        self,
        facts: Facts,
        limits: Limits,
        definitions: Mapping[str, IndexDefinition],
        past: Past,
    ) -> None:
        self.facts = facts
        self.limits = limits
        self.definitions = definitions
        self.past = past
        self.usable = [index for index in facts.indexes if index.valid]

    def unfinished(self) -> Iterator[Finding]:
        """Invalid ones that no tier knows; the parts' state is their parents'."""
        for index in self.facts.indexes:
            if index.valid or index.relation.name in self.definitions:
                continue
            if index.building:
                message = f"index {index.relation} is being built"
                yield self._finding("index-building", index, message, "look again when it is done", Severity.NOTE)
            elif index.partitioned:
                message = f"index {index.relation} is not yet on every partition of {index.table}"
                how = "build it on those that lack it, then ALTER INDEX … ATTACH PARTITION"
                yield self._finding("index-incomplete", index, message, how)
            else:
                message = f"index {index.relation} is invalid: it slows writes and serves no query"
                yield self._finding("index-invalid", index, message, _reindex(index), Severity.ERROR)

    def covered(self) -> Iterator[Finding]:
        """Those that another index does the work of."""
        gone: set[int] = set()
        # The last come first, so that of two equal ones the older stays, and what a tier file wants before others.
        for index in sorted(self.usable, key=lambda i: (i.relation.name in self.definitions, -i.oid)):
            others = (o for o in self.usable if o.oid not in gone and covers(o, index))
            other = next(others, None)
            if index.parent is not None or other is None:
                continue
            gone.add(index.oid)
            if same(index, other):
                message = f"index {index.relation} is the same as {other.relation}"
                yield self._finding("index-duplicate", index, message, self._drop(index))
            else:
                message = f"index {index.relation} is redundant: {other.relation} begins with its columns"
                yield self._finding("index-redundant", index, message, self._drop(index))

    def unused(self) -> Iterator[Finding]:
        """Those that no server used, as far as all were asked for long enough; else nothing is said."""
        usage = self.facts.usage
        idle = [index for index in self.usable if self._is_idle(index, usage)]
        if idle and usage.not_asked:
            names = ", ".join(str(index.relation) for index in idle)
            yield Finding(
                "index-usage-unknown",
                f"{counted(len(idle), 'index')} unused here, but {counted(usage.not_asked, 'server')} not asked",
                severity=Severity.NOTE,
                detail=names,
                help="name each of them: platformdb indexes status --replica URL",
            )
            return
        served = unserved(self.facts, self.usable)
        for index in idle:
            # A foreign key asks its index only when a row of the parent is deleted, which may be once a year.
            keys = [key for key in unserved(self.facts, without(self.usable, index)) if key not in served]
            how, severity = self._drop(index), Severity.WARNING
            if keys:
                first, severity = keys[0], Severity.NOTE
                how = f"it alone serves the foreign key {first.name}: keep it where rows of {first.parent} are deleted"
            yield self._finding("index-unused", index, _unused(index, usage), how, severity)

    def _is_idle(self, index: Index, usage: Usage) -> bool:
        counted_everywhere = all(server.counts for server in usage.servers)
        if index.parent is not None or index.unique or index.serves_constraint or not counted_everywhere:
            return False
        now = usage.servers[0].now
        if min(usage.age, self.past.age_of(index.relation.name, now)) < self.limits.unused:
            return False
        if index.scans:
            return index.last_scan is not None and now - index.last_scan >= self.limits.unused
        return True

    def bloated(self) -> Iterator[Finding]:
        """Those far larger than their rows need."""
        for index in self.usable:
            needed = needed_bytes(index)
            if not needed or index.bytes < self.limits.bloat_bytes or index.bytes < self.limits.bloat * needed:
                continue
            message = (
                f"index {index.relation} has {index.bytes / MIB:,.0f} MB where its rows need about "
                f"{needed / MIB:,.0f} MB ({METHOD})"
            )
            yield self._finding("index-bloated", index, message, _reindex(index))

    def foreign_keys(self) -> Iterator[Finding]:
        """Those whose check, when a row of the parent is deleted, reads the whole table; small tables as one note."""
        bare = unserved(self.facts, self.usable)
        for key in bare:
            if key.rows < self.limits.rows:
                continue
            yield Finding(
                "foreign-key-unindexed",
                f"{key.table}: no index begins with ({', '.join(key.columns)}), so deleting from {key.parent} "
                f"reads {key.rows:,.0f} rows",
                f"{key.table}.{key.name}",
                Severity.WARNING,
                help=_create(key),
            )
        small = [f"{key.table}.{key.name}" for key in bare if key.rows < self.limits.rows]
        if small:
            yield Finding(
                "foreign-key-unindexed",
                f"{counted(len(small), 'foreign key')} of small tables without an index",
                severity=Severity.NOTE,
                detail=", ".join(small),
                help=f"nothing to do while these tables have less than {self.limits.rows:,} rows",
            )

    def _drop(self, index: Index) -> str:
        definition = self.definitions.get(index.relation.name)
        first = f"take it out of {definition.place.name}, then: " if definition else ""
        return f"{first}DROP INDEX {'' if index.partitioned else 'CONCURRENTLY '}{index.relation.written}"

    def _finding(
        self, rule: str, index: Index, message: str, how: str, severity: Severity = Severity.WARNING
    ) -> Finding:
        definition = self.definitions.get(index.relation.name)
        return Finding(rule, message, str(index.relation), severity, definition.place if definition else None, how)


def _unused(index: Index, usage: Usage) -> str:
    where = f" on {counted(len(usage.servers), 'server')}" if len(usage.servers) > 1 else ""
    if index.last_scan is not None:
        return f"index {index.relation} was last used on {index.last_scan:%Y-%m-%d}"
    return f"index {index.relation} was not used once in {usage.age.days} days of statistics{where}"


def _reindex(index: Index) -> str:
    return f"REINDEX INDEX CONCURRENTLY {index.relation.written}"


def _create(key: ForeignKey) -> str:
    columns = ", ".join(map(quote_identifier, key.columns))
    if key.partitioned:
        return (
            f"put into a tier file, so that it is built part by part: CREATE INDEX … ON {key.table.written} ({columns})"
        )
    return f"CREATE INDEX CONCURRENTLY ON {key.table.written} ({columns})"


def health_data(facts: Facts) -> dict[str, object]:
    """For programs: what each index was found to be; None where it is not known."""
    return {
        "statistics_age_days": facts.usage.age.days,
        "servers_asked": len(facts.usage.servers),
        "servers_not_asked": facts.usage.not_asked,
        "indexes": [
            {
                "name": str(index.relation),
                "table": str(index.table),
                "bytes": index.bytes,
                "needed_bytes": needed_bytes(index) or None,
                "scans": index.scans,
                "last_scan": index.last_scan.isoformat() if index.last_scan else None,
                "valid": index.valid,
            }
            for index in facts.indexes
            if index.parent is None
        ],
    }
