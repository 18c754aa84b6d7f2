"""Which partitions to make, mend and retire, and the SQL for it: pure.

What is locked, and why, is measured in docs/partitions.md. Two rules carry it:

- A partition for the future comes in by CREATE TABLE (LIKE …) and ATTACH, which lets everybody go on with the parent;
  CREATE TABLE … PARTITION OF would lock it. One for now or the past, for which rows may lie in the default, or arrive
  there this moment, needs the parent for itself: a reader that planned before ATTACH and then waited for the default
  would find the rows in neither of the two (measured), and a writer would be refused.
- No wait for a lock is as long as PostgreSQL's deadlock_timeout, so that no other session is ever chosen to die for us.
"""

from __future__ import annotations

from datetime import datetime

from platformdb.partitions.model import Policed, Relation, World
from platformdb.partitions.periods import Cover, Period, cover, periods
from platformdb.report.model import Finding, Severity, Statement, Step
from platformdb.report.words import counted
from platformdb.sqltext.quote import quote_identifier

# Whoever comes after a waiting ALTER TABLE waits, too: try briefly, and more often.
PATIENCE = "300ms"
# Identity, where there is one, comes from the parent; a comment of the parent's columns says nothing of a partition.
LIKE = "LIKE {parent} INCLUDING ALL EXCLUDING IDENTITY EXCLUDING COMMENTS"
# The rows do not change, only their place: no trigger of theirs fires, and no foreign key sees them go.
SILENTLY = Statement("SET LOCAL session_replication_role = replica")
ALOUD = Statement("SET LOCAL session_replication_role = origin")


def written(relation: Relation) -> str:
    """A table's name in SQL, whatever the search path is."""
    return f"{quote_identifier(relation.schema)}.{quote_identifier(relation.name)}"


def default_of(policed: Policed) -> Relation:
    """The default partition as it is, or as it will be called."""
    parent = policed.parent
    if parent.default is not None:
        return parent.default.relation
    return Relation(parent.relation.schema, f"{parent.relation.name}_default")


def missing(policed: Policed, now: datetime) -> tuple[Period, ...]:
    """The periods for which a partition is to be made."""
    return tuple(p for p in periods(policed, now) if cover(policed.parent.partitions, p) is Cover.NONE)


def plan_making(world: World, policed: Policed, *, moving: bool) -> tuple[Step, ...]:
    """The default where it is wanted and missing, then every missing partition; with ``moving``, rows come along."""
    wanted = (p for p in missing(policed, world.now) if not obstacle(world, policed, p, moving=moving))
    return (*default_back(policed), *(_make(world, policed, period) for period in wanted))


def obstacle(world: World, policed: Policed, period: Period, *, moving: bool) -> Finding | None:
    """Why a missing partition cannot be made now."""
    relation = period.relation(policed.parent.relation)
    rows = _rows(policed, period)
    if relation.name in policed.parent.taken:
        return Finding(
            "partition-name-taken",
            f"{relation} cannot become a partition of {policed.parent.relation}: a relation of that name is there",
            str(relation),
            help="attach it by hand if it belongs there, or rename it",
        )
    if rows and not world.may_move:
        return Finding(
            "partition-move-forbidden",
            f"{counted(rows, 'row')} for {relation} lie in the default partition, and this role may not move them",
            str(relation),
            help="as a superuser: GRANT SET ON PARAMETER session_replication_role TO the role that runs this",
        )
    if rows and not moving:
        return _not_now(relation, rows)
    return None


def _not_now(relation: Relation, rows: int) -> Finding:
    return Finding(
        "partition-default-rows",
        f"{counted(rows, 'row')} for {relation} lie in the default partition",
        str(relation),
        Severity.WARNING,
        help="run: platformdb partitions ensure",
    )


def _make(world: World, policed: Policed, period: Period) -> Step:
    """One transaction, so that a stop leaves nothing of it."""
    parent, rows = policed.parent, _rows(policed, period)
    relation = period.relation(parent.relation)
    creating, attaching = create(policed, relation), attach(policed, relation, _bounds(policed, period))
    reason = f"from {period.start:%Y-%m-%d %H:%M} to {period.end:%Y-%m-%d %H:%M} UTC"
    if parent.default is None or (period.start > world.now and not rows):
        return step(relation, reason, creating, attaching)
    alone = f"LOCK TABLE ONLY {written(parent.relation)}, {written(default_of(policed))} IN ACCESS EXCLUSIVE MODE"
    moves = (SILENTLY, _move(policed, relation, period), ALOUD) if world.may_move else ()
    said = f"{reason}; {counted(rows, 'row')} of it lie in the default" if rows else reason
    return step(relation, said, Statement(alone), creating, *moves, attaching)


def step(relation: Relation, reason: str, *statements: Statement) -> Step:
    """One transaction about one partition."""
    return Step("partition", str(relation), reason, statements, lock_timeout=PATIENCE)


def create(policed: Policed, relation: Relation) -> Statement:
    """Makes a table that can become a partition: with all that PARTITION OF would give it, but for the bounds."""
    like = LIKE.format(parent=written(policed.parent.relation))
    return Statement(" ".join(filter(None, (f"CREATE TABLE {written(relation)} ({like})", policed.parent.options))))


def attach(policed: Policed, relation: Relation, bounds: str) -> Statement:
    """Makes a table a partition; foreign keys and triggers of the parent come with it."""
    return Statement(f"ALTER TABLE {written(policed.parent.relation)} ATTACH PARTITION {written(relation)} {bounds}")


def _bounds(policed: Policed, period: Period) -> str:
    return f"FOR VALUES FROM ({literal(policed, period.start)}) TO ({literal(policed, period.end)})"


def literal(policed: Policed, moment: datetime) -> str:
    """A moment in the key's own type; without a zone it is UTC."""
    if policed.parent.key_type == "date":
        return f"'{moment:%Y-%m-%d}'"
    zone = "+00" if policed.parent.key_type == "timestamp with time zone" else ""
    return f"'{moment:%Y-%m-%d %H:%M:%S}{zone}'"


def _move(policed: Policed, relation: Relation, period: Period) -> Statement:
    columns = ", ".join(map(quote_identifier, policed.parent.columns))
    key = quote_identifier(policed.parent.key)
    return Statement(
        f"WITH moved AS (DELETE FROM {written(default_of(policed))}"  # noqa: S608 - quoted names
        f" WHERE {key} >= {literal(policed, period.start)} AND {key} < {literal(policed, period.end)}"
        f" RETURNING {columns})"
        f" INSERT INTO {written(relation)} ({columns}) SELECT {columns} FROM moved"
    )


def _rows(policed: Policed, period: Period) -> int:
    return sum(heap.rows for heap in policed.heaps if heap.start == period.start)


def default_back(policed: Policed) -> tuple[Step, ...]:
    """Where the default is wanted and missing: attaches what stands aside under its name, or makes it."""
    if not policed.policy.default or policed.parent.default is not None:
        return ()
    relation = default_of(policed)
    made = () if relation.name in policed.parent.taken else (create(policed, relation),)
    return (step(relation, "the default partition is missing", *made, attach(policed, relation, "DEFAULT")),)


def waits_for_default(policed: Policed, now: datetime) -> int:
    """How many rows will still lie in the default when all that can be made is made."""
    made = {period.start for period in missing(policed, now)}
    return sum(heap.rows for heap in policed.heaps if heap.start not in made)
